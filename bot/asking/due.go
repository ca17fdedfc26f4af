package asking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// attend does what is due of some asks of a bucket. It returns those whose customer is to be looked for on a platform
// first: that takes as long as the platform does.
func (a *Asking) attend(ctx context.Context, p invitation.Policy, b storage.Bucket, due []storage.Ask) (sought []storage.Ask, _ error) {
	var decide, send, follow, watch, tell []storage.Ask
	slices.SortStableFunc(due, inTurn)
	for _, x := range due {
		switch {
		case a.rests(x.ID):
		case x.Tell:
			tell = append(tell, x)
		case x.Silent():
			watch = append(watch, x)
		case x.State == string(invitation.Scheduled):
			decide = append(decide, x)
		case x.State == string(invitation.Sending):
			send = append(send, x)
		default:
			follow = append(follow, x)
		}
	}
	for _, step := range []struct {
		asks *[]storage.Ask
		do   func([]storage.Ask) error
	}{
		{&tell, func(some []storage.Ask) error { return a.tell(ctx, b, some) }},
		{&watch, func(some []storage.Ask) error { return listener{a}.listen(ctx, p, b, some) }},
		{&decide, func(some []storage.Ask) error {
			made, err := a.decide(ctx, p, b, some)
			send = append(send, made...)
			return err
		}},
		{&send, func(some []storage.Ask) error {
			later, err := (sending{a}).send(ctx, p, b, some, nil)
			if err == nil {
				sought = append(sought, later...)
			}
			return err
		}},
		{&follow, func(some []storage.Ask) error { return a.follow(ctx, p, b, some) }},
	} {
		if err := a.apartly(ctx, p, b, *step.asks, step.do); err != nil {
			return nil, err
		}
	}
	return sought, nil
}

// inTurn is the order in which it is decided about asks of one customer, here and in a dry run.
func inTurn(x, y storage.Ask) int { return cmp.Or(x.Due.Compare(y.Due), cmp.Compare(x.ID, y.ID)) }

// decide says of asks whose time has come whether they are made. It returns those that are.
func (a *Asking) decide(ctx context.Context, p invitation.Policy, b storage.Bucket, due []storage.Ask) (made []storage.Ask, _ error) {
	if len(due) == 0 {
		return nil, nil
	}
	k, err := a.gather(ctx, due, true)
	if err != nil {
		return nil, err
	}
	flows := a.flows(ctx)
	fresh, err := a.fresh(ctx, due)
	if err != nil {
		return nil, err
	}
	var ids, customers []string
	for i := range due {
		ids, customers = append(ids, due[i].ID), append(customers, due[i].Customer)
		if _, ok := flows.of(due[i].Flow); !ok && flows.err != nil {
			return nil, flows.err
		}
	}
	err = a.store.ChangeAsks(ctx, b, ids, unique(customers), func(now map[string]storage.Ask, offers map[string][]storage.Ask) ([]storage.AskChange, error) {
		made = nil
		var out []storage.AskChange
		at := a.moment()
		for _, id := range ids {
			x, ok := now[id]
			if !ok || x.State != string(invitation.Scheduled) || x.Due.IsZero() || x.Due.After(at) {
				continue
			}
			for i, o := range offers[x.Customer] {
				if now, ok := fresh[o.ID]; ok && now.Due.Equal(o.Due) {
					offers[x.Customer][i].State, offers[x.Customer][i].Ended, offers[x.Customer][i].Until = now.State, now.Ended, now.Until
				}
			}
			d := a.decideOne(p, &k, flows, &x, offers[x.Customer], at)
			apply(&x, d, at)
			herald(a.bot, &x, at)
			if x.State == string(invitation.Sending) {
				offers[x.Customer] = append(offers[x.Customer], x)
				made = append(made, x)
			}
			out = append(out, storage.AskChange{Ask: x, Decision: decisionOf(p, d, at)})
		}
		return out, nil
	})
	if err != nil {
		return nil, fmt.Errorf("decide whom to ask: %w", err)
	}
	for i := range made {
		made[i].Decided++ // as it is stored
	}
	return made, nil
}

// fresh is how far the open offers of customers have got since it was looked at them last.
func (a *Asking) fresh(ctx context.Context, due []storage.Ask) (map[string]storage.Ask, error) {
	var customers []string
	for i := range due {
		customers = append(customers, due[i].Customer)
	}
	offers, err := a.store.Offers(ctx, unique(customers))
	if err != nil {
		return nil, err
	}
	out := map[string]storage.Ask{}
	for _, list := range offers {
		for _, x := range list {
			if !pastOpen(&x) || x.Offer == "" {
				continue
			}
			_, err := a.state(ctx, &x)
			switch {
			case err == nil:
				out[x.ID] = x
			case fatal(ctx, err):
				return nil, err
			case !a.rests(x.ID): // it is as it was when it was looked at last
				a.fail(x.ID, err)
			}
		}
	}
	return out, nil
}

func unique(list []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// decideOne decides about one ask.
func (a *Asking) decideOne(p invitation.Policy, k *known, flows *flows, x *storage.Ask, offers []storage.Ask, at time.Time) invitation.Decision {
	flow, ok := flows.known[x.Flow]
	if !ok || flow.ID == "" {
		return invitation.Decision{State: invitation.Suppressed, Reason: invitation.SitePaused, Rule: "flow", Evidence: map[string]string{"flow": x.Flow}}
	}
	t, ok := p.Trigger(x.Trigger)
	if x.Trigger == "" {
		t, ok = invitation.ByHand(x.Flow), true
		if t.Insists = x.Against != ""; x.Language != "" {
			t.Language = x.Language
		}
	}
	if !ok { // it was taken out of the file since
		return invitation.Decision{State: invitation.Cancelled, Reason: invitation.Superseded, Rule: "triggers", Evidence: map[string]string{"trigger": x.Trigger}}
	}
	if _, ok := k.events[x.Event]; !ok && x.Event != "" {
		return invitation.Decision{State: invitation.Cancelled, Reason: invitation.EventCancelled, Rule: "event", Evidence: map[string]string{"event": x.Event}}
	}
	d := inArm(p.Decide(t, a.facts(k, x, flow, offers, at)), x)
	if x.Asker != "" {
		d = d.With("asker", x.Asker).With("why", x.Against)
	}
	return d
}

// apply makes an ask what was decided about it.
func apply(x *storage.Ask, d invitation.Decision, at time.Time) {
	x.State, x.Reason, x.Due = string(d.State), string(d.Reason), time.Time{}
	switch d.State {
	case invitation.Scheduled:
		x.Due = d.From
	case invitation.Sending, invitation.HandedOut:
		x.State = string(invitation.Sending) // until it is made
		x.By, x.Language = string(d.By), d.Language
		x.Began, x.Sent, x.Due = at, at, at
	}
}

// sent is what became of making an offer.
type sent struct {
	to       *storage.Identity
	invite   bot.Invite
	bucket   storage.Bucket
	session  string
	decision *invitation.Decision // it was not made, for this reason
	nobody   bool                 // the way leads to nobody: another may
	late     bool                 // it was decided so long ago that it is decided again
	later    time.Duration        // the platform is to be asked again after this time, and after a longer one each time
	err      error                // nobody knows why
}

// settle is the ask after its offer was made, or was not.
func (r *sent) settle(p invitation.Policy, x storage.Ask, at time.Time) storage.AskChange {
	c := storage.AskChange{}
	switch {
	case r.decision != nil:
		apply(&x, *r.decision, at)
		x.Sent = time.Time{}
		c.Decision = decisionOf(p, *r.decision, at)
	case r.nobody: // it is decided again, without this way
		x.Not = append(x.Not, x.By)
		x.State, x.Sent, x.Began, x.Due = string(invitation.Scheduled), time.Time{}, time.Time{}, at
	case r.late:
		x.State, x.Sent, x.Began, x.Due = string(invitation.Scheduled), time.Time{}, time.Time{}, at
	case r.later > 0:
		return triedLater(p, x, r.later, at)
	case r.err != nil:
		return failedAgain(p, x, at)
	default:
		x.Offer, x.At, x.To = r.invite.ID, r.bucket, r.to
		x.State, x.Session, x.Tries = string(invitation.Sent), r.session, 0
		if x.By == string(invitation.Web) {
			x.State = string(invitation.HandedOut)
		}
		x.Due = at.Add(firstLook)
	}
	c.Ask = x
	return c
}

// personOf is who was asked by name; zero = whoever opens the link.
func personOf(x *storage.Ask) storage.Person {
	if x.To == nil {
		return storage.Person{}
	}
	return x.To.Person
}

// offer makes the offer of one ask. Made again, it is the same. before says that its survey asks
// something before the service, too.
func (a *Asking) offer(ctx context.Context, p invitation.Policy, k *known, before bool, x storage.Ask) (r sent) {
	req := bot.InviteRequest{Flow: x.Flow, Site: x.Site, Customer: x.Customer, Language: x.Language, Event: x.With, Test: x.Test, Lost: asksLost(p, x.Trigger)}
	e, known := k.events[x.Event]
	if known {
		req.Event = attributes(p, &e, a.site(x.Site).Zone)
		if before && e.State == storage.EventDone {
			req.Ends = e.At() // else somebody will say
		}
	}
	if x.By != string(invitation.Web) {
		tells, _ := k.tells(&x)
		found, err := a.person(ctx, k, &x, &tells.Event)
		switch {
		case errors.Is(err, ErrNobody):
			r.nobody = true
			return r
		case pause(err) > 0:
			a.hold(err)
			r.later, r.err = pause(err), err
			return r
		case err != nil:
			r.err = err
			return r
		}
		req.To, req.Address, req.Name, req.Spoken, req.Channel = found.To, found.Address, found.Name, found.Spoken, x.By
		r.to = &storage.Identity{Person: found.To, Address: found.Address}
	}
	if why, off := noMore[e.State]; known && off {
		if over, err := a.callOff(ctx, req.To, &x); err != nil || over {
			d := cancelled(why, e.State)
			r.decision, r.err = &d, err
			return r
		}
	}
	r.invite, r.err = a.offers.Make(ctx, req, x.ID, x.Began)
	var not *bot.NotInvitedError
	refused := func(state invitation.State, why invitation.Reason, rule string) {
		r.decision, r.err = &invitation.Decision{State: state, Reason: why, Rule: rule}, nil
	}
	switch {
	case r.err == nil:
		r.bucket, _, r.session = a.offers.Where(req.To, x.ID, x.Began)
	case errors.Is(r.err, bot.ErrStopped):
		refused(invitation.Suppressed, invitation.Stopped, "stop")
	case errors.Is(r.err, bot.ErrBlocked):
		refused(invitation.Unreachable, invitation.Blocked, "chat")
	case errors.Is(r.err, bot.ErrNotAsked):
		refused(invitation.Suppressed, invitation.SitePaused, "flow")
		r.decision.Evidence = map[string]string{"flow": x.Flow}
	case errors.As(r.err, &not) && not.Why == storage.WantsNone:
		refused(invitation.Suppressed, invitation.Stopped, "stop")
	case errors.As(r.err, &not):
		refused(invitation.Cancelled, invitation.Erased, "erased")
	case errors.Is(r.err, storage.ErrNotFound):
		refused(invitation.Suppressed, invitation.SitePaused, "site")
	}
	return r
}

// asksLost reports whether a trigger asks those who stay away.
func asksLost(p invitation.Policy, trigger string) bool {
	t, ok := p.Trigger(trigger)
	return ok && t.On == invitation.OnLost
}
