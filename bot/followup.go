package bot

import (
	"context"
	"fmt"
	"maps"
	"strconv"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// followUpFlow asks the customer of a resolved case whether it is settled.
const followUpFlow = "post_recovery"

// strikeTurn is the turn that does what has fallen due at a case. It is idempotent.
func (b *Bot) strikeTurn(ctx context.Context, k storage.Case) (storage.Turn, error) {
	var ask *Flow
	if k.State == recovery.Resolved {
		var err error
		if ask, err = b.newestFlow(ctx, followUpFlow); err != nil {
			return storage.Turn{}, err
		}
	}
	return b.caseTurn("clock", k, func(t *turn) error { return t.strike(ask) }), nil
}

// caseTurn is a turn of our own about a case that exists.
func (b *Bot) caseTurn(name string, k storage.Case, f func(*turn) error) storage.Turn {
	return b.turnOf("", name, storage.Load{Case: k.ID}, nil, func(t *turn) error {
		if t.kase == nil {
			return nil
		}
		if err := t.configure(); err != nil {
			return err
		}
		return f(t)
	})
}

// strike does what has fallen due and notes when the case is to be looked at again. ask is
// the follow-up's flow, as long as the case was resolved when the turn was made.
func (t *turn) strike(ask *Flow) error {
	t.out.Case = t.kase
	next, ok := recovery.NextClock(t.rules(), t.kase.Case)
	if !ok || t.strikes(next).After(t.now) {
		return nil // the rules changed, or somebody was faster
	}
	session, unasked := "", ""
	if next.Clock == recovery.ClockFollowUp {
		unasked = t.whyNotAsked()
		if unasked == "" && ask == nil {
			return nil // it was resolved a moment ago: the next round has the flow
		}
		if unasked == "" {
			session = t.b.derive("session", t.followUpID())
		}
	}
	id := t.followUpID()
	events := len(t.out.Events)
	if err := t.apply(recovery.ClockStruck{FollowUp: session}, recovery.Actor{Role: recovery.Program}); err != nil {
		return err
	}
	if still, ok := recovery.NextClock(t.rules(), t.kase.Case); ok && still == next {
		return fmt.Errorf("case %s: the %s clock was due at %v and did not strike", t.kase.ID, next.Clock, next.At)
	}
	for i := range t.out.Events[events:] {
		if e := &t.out.Events[events+i]; e.Kind == string(recovery.EventFollowUp) {
			e.Detail = unasked
		}
	}
	t.showCard()
	if session == "" {
		return nil
	}
	return t.followUp(id, session, ask)
}

// whyNotAsked says why the customer is sent no follow-up: "" = they are. Who does not
// want to be contacted has no such clock at all.
func (t *turn) whyNotAsked() string {
	switch {
	case t.origin == nil || t.origin.identity == nil:
		return "unknown"
	case !t.origin.identity.Stopped.IsZero():
		return "stopped"
	case !t.origin.identity.Blocked.IsZero():
		return "blocked"
	}
	return ""
}

// followUpID is the id of the invitation of the case's newest round.
func (t *turn) followUpID() string {
	return t.b.derive("follow-up", t.kase.ID+":"+strconv.Itoa(t.kase.Reopens))
}

// followUp asks the customer, in the chat in which they answered, whether the matter is
// settled. Caps of invitations do not count here (domain 2.5).
func (t *turn) followUp(id, session string, ask *Flow) error {
	from, kase, origin := t.origin.session, t.kase, t.origin
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
		inv.Attributes[AttrAgent] = t.signature(kase.Ended.Name)
	}
	t.out.Invitation = &inv
	t.identity = origin.identity
	err := t.open(inv, history{customer: kase.Customer, previous: from.Judgement.Level})
	t.kase, t.origin = kase, origin
	return err
}
