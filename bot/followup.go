package bot

import (
	"context"
	"fmt"
	"maps"
	"strconv"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// followUpFlow asks the customer of a resolved case whether it is settled.
const followUpFlow = "post_recovery"

// strikeTurn is the turn that does what has fallen due at a case. It is idempotent.
func (b *Bot) strikeTurn(ctx context.Context, k storage.Case) (storage.Turn, error) {
	var ask *snapshot.Flow
	if k.State == recovery.Resolved {
		var err error
		if ask, err = b.newestFlow(ctx, followUpFlow); err != nil {
			return storage.Turn{}, err
		}
	}
	return b.caseTurn("clock", k, func(t *turn) error {
		id, session, err := t.desk.strike(ask)
		if err != nil || session == "" {
			return err
		}
		return t.followUp(id, session, ask)
	}), nil
}

// caseTurn is a turn of our own about a case that exists.
func (b *Bot) caseTurn(name string, k storage.Case, f func(*turn) error) storage.Turn {
	return b.turnOf("", name, storage.Load{Case: k.ID}, nil, func(t *turn) error {
		if t.desk == nil {
			return nil
		}
		if err := t.configure(); err != nil {
			return err
		}
		return f(t)
	})
}

// strike does what has fallen due and notes when the case is to be looked at again. ask is
// the follow-up's flow, as long as the case was resolved when the turn was made. It
// returns the ids of the invitation and the session of the follow-up that is to be sent;
// session is "" if none is.
func (d *desk) strike(ask *snapshot.Flow) (id, session string, _ error) {
	d.out.Case = d.kase
	d.lapse()
	rules := d.rules()
	next, ok := recovery.NextClock(rules, d.kase.Case)
	if !ok || strikes(rules, d.kase, next).After(d.now) {
		return "", "", nil // the rules changed, or somebody was faster
	}
	id = d.b.key.derive("follow-up", d.kase.ID+":"+strconv.Itoa(d.kase.Reopens)) // one in each round of the case
	unasked := ""
	if next.Clock == recovery.ClockFollowUp {
		unasked = whyNotAsked(d.owner)
		if unasked == "" && ask == nil {
			return "", "", nil // it was resolved a moment ago: the next round has the flow
		}
		if unasked == "" {
			session = d.b.key.derive("session", id)
		}
	}
	if err := d.apply(recovery.ClockStruck{FollowUp: session}, recovery.Actor{Party: recovery.Program}); err != nil {
		return "", "", err
	}
	if still, ok := recovery.NextClock(d.rules(), d.kase.Case); ok && still == next {
		return "", "", fmt.Errorf("case %s: the %s clock was due at %v and did not strike", d.kase.ID, next.Clock, next.At)
	}
	for i := range d.out.Events {
		if e := &d.out.Events[i]; e.Kind == string(recovery.EventFollowUp) {
			e.Detail = unasked
		}
	}
	d.redraw = true
	return id, session, nil
}

// whyNotAsked says why the customer is sent no follow-up: "" = they are. Who does not
// want to be contacted has no such clock at all.
func whyNotAsked(customer *storage.Identity) string {
	switch {
	case customer == nil:
		return "unknown"
	case !customer.Stopped.IsZero():
		return "stopped"
	case !customer.Blocked.IsZero():
		return "blocked"
	}
	return ""
}

// followUp asks the customer, in the chat in which they answered, whether the matter is
// settled. Caps of invitations do not count here (domain 2.5).
func (t *turn) followUp(id, session string, ask *snapshot.Flow) error {
	d := t.desk
	from, kase := d.session, d.kase
	inv := storage.Invitation{
		ID: id, Bucket: kase.Bucket, Flow: ask.ID, Version: ask.Version, Site: kase.Site, Customer: kase.Customer, Case: kase.ID,
		Channel: string(from.Address.Platform), Language: from.Lang, Attributes: maps.Clone(from.Attributes),
		Facts:      recovery.Facts{Class: ask.Class, Tier: from.Facts.Tier},
		RedeemedBy: kase.Identity, RedeemedAt: t.now, Session: session, Created: t.now, Test: from.Test,
	}
	if inv.Attributes == nil {
		inv.Attributes = map[string]string{}
	}
	if kase.Ended.Name != "" {
		inv.Attributes[voice.AttrAgent] = d.view().Signature(d.customer(), kase.Ended.Name)
	}
	t.out.Invitation = &inv
	t.identity = d.owner
	err := t.open(inv, history{customer: kase.Customer, last: from, previous: from.Judgement.Level})
	t.desk = d
	return err
}
