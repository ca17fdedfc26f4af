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

// A service that was late or below its standard is watched: an Ask that asks nobody, and whose
// time is over when its customer could have said something. Then a case opens for staff, or it is
// said why none does. The case follows from the ask: a crash in between has it opened again, and
// it is the same.

// watched is the ask that watches a service from a moment on, with why it is over already if it is.
func (a *Asking) watched(p invitation.Policy, tiers classes, e *storage.StoredEvent, at time.Time) *storage.AskChange {
	plan, ok := p.Watch(eventOf(*e), tiers.of(&e.Event, at))
	if !ok {
		return nil
	}
	x := storage.Ask{
		ID: watchID(e.Name(), plan.Trigger), Customer: e.Customer.ID, Trigger: plan.Trigger, Site: e.Site, Service: e.Service,
		State: string(invitation.Scheduled), Made: e.Received, First: plan.Due, Due: plan.Due, Like: e.Name(),
	}
	if plan.State == invitation.Scheduled {
		return &storage.AskChange{Ask: x}
	}
	apply(&x, plan.Decision, a.moment())
	return &storage.AskChange{Ask: x, Decision: decisionOf(p, plan.Decision, a.moment())}
}

func watchID(event, trigger string) string { return storage.AskID("watch "+event, trigger) }

// listener decides about services whose time is over.
type listener struct{ of *Asking }

// listen decides about services whose time is over, and opens their cases. What is known of a customer is old once
// a case was to open for them: their other services are left for the next round. Cases that were to open before
// somebody died open first.
func (l listener) listen(ctx context.Context, p invitation.Policy, b storage.Bucket, due []storage.Ask) error {
	if len(due) == 0 {
		return nil
	}
	k, err := learned(ctx, l.of, due)
	if err != nil {
		return err
	}
	slices.SortStableFunc(due, func(x, y storage.Ask) int { return -cmp.Compare(opening(&x), opening(&y)) })
	opened := map[string]bool{}
	for i := range due {
		x := &due[i]
		if opened[x.Customer] {
			continue
		}
		err := l.listenTo(ctx, p, b, k, x)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, storage.ErrUnavailable):
			return err
		case err != nil:
			if err := l.of.postpone(ctx, p, b, x.ID, err); err != nil {
				return err
			}
		}
		opened[x.Customer] = opening(x) > 0
	}
	return nil
}

// opening is 1 of a service whose case is being opened.
func opening(x *storage.Ask) int {
	if x.State == string(invitation.Sending) {
		return 1
	}
	return 0
}

// listening is what is known of services that were watched, and of their customers.
type listening struct {
	known
	offers map[string][]storage.Ask // by customer
}

// learned reads what is known of services whose time is over.
func learned(ctx context.Context, a *Asking, due []storage.Ask) (*listening, error) {
	if err := abreast(ctx, a.bot, sitesOf(due, func(x *storage.Ask) string { return x.Site })); err != nil {
		return nil, err
	}
	k, err := a.gather(ctx, due, true)
	if err != nil {
		return nil, err
	}
	customers := make([]string, len(due))
	for i := range due {
		customers[i] = due[i].Customer
	}
	offers, err := a.store.Offers(ctx, unique(customers))
	return &listening{k, offers}, err
}

// listenTo decides about one service, and opens its case if that is decided. The ask is then as it is stored.
func (l listener) listenTo(ctx context.Context, p invitation.Policy, b storage.Bucket, k *listening, x *storage.Ask) error {
	at := l.of.moment()
	if x.State == string(invitation.Scheduled) {
		d, err := l.heard(ctx, p, k, x, at)
		if err != nil {
			return err
		}
		if err := l.of.changed(ctx, p, b, x, d, func(now *storage.Ask) bool {
			return now.State == string(invitation.Scheduled) && !now.Due.IsZero() && !now.Due.After(at)
		}); err != nil {
			return err
		}
	}
	if x.State != string(invitation.Sending) {
		return nil
	}
	erased := invitation.Decision{State: invitation.Cancelled, Reason: invitation.Erased, Rule: "erased"}
	if e, told := k.events[x.Like]; !told || e.Customer == nil || k.forgotten[x.Customer] == storage.ErasedOnRequest { // since it was decided
		return l.settled(ctx, p, b, *x, erased, bot.Silent{})
	}
	other := invitation.Decision{State: invitation.Suppressed, Reason: invitation.OpenCase, Rule: "triggers." + x.Trigger + ".open"}
	if x.Tries > 0 && k.caseOf(x.Customer, at) != "" { // one opened while this one could not
		return l.settled(ctx, p, b, *x, other, bot.Silent{})
	}
	s, err := l.silence(ctx, p, &k.known, x)
	if err != nil {
		return err
	}
	opened, err := l.of.offers.Open(ctx, s)
	if err != nil {
		return fmt.Errorf("open the case of a service of which nothing was heard: %w", err)
	}
	d := invitation.Decision{State: invitation.Opened, Reason: invitation.Unheard}
	switch {
	case opened.Forgotten:
		d = erased
	case opened.Gone:
		d = invitation.Decision{State: invitation.Suppressed, Reason: invitation.SitePaused, Rule: "site"}
	case !opened.Heard.IsZero():
		d = p.Listen(triggerOf(p, x), invitation.Listened{Event: eventOfWatch(&k.known, x), Heard: opened.Heard})
	case opened.Other:
		d = other
	}
	return l.settled(ctx, p, b, *x, d, opened)
}

// triggerOf is the trigger by which a service is watched. One that was taken out of the file since
// waits as long as is usual.
func triggerOf(p invitation.Policy, x *storage.Ask) invitation.Trigger {
	if t, ok := p.Trigger(x.Trigger); ok && t.Silent() {
		return t
	}
	return invitation.Trigger{Name: x.Trigger, On: invitation.OnSilence, Wait: invitation.UsualWait, Open: invitation.UsualPriority}
}

func eventOfWatch(k *known, x *storage.Ask) invitation.Event { return eventOf(k.events[x.Like]) }

// changed stores what was decided about an ask that still waits for it.
func (a *Asking) changed(ctx context.Context, p invitation.Policy, b storage.Bucket, x *storage.Ask, d invitation.Decision, still func(*storage.Ask) bool) error {
	id := x.ID
	err := a.store.ChangeAsks(ctx, b, []string{id}, nil, func(now map[string]storage.Ask, _ map[string][]storage.Ask) ([]storage.AskChange, error) {
		was, ok := now[id]
		if !ok || !still(&was) {
			*x = was
			return nil, nil
		}
		*x = was
		at := a.moment()
		apply(x, d, at)
		if d.State == invitation.Opened { // until it is
			x.State, x.Reason, x.Began, x.Due = string(invitation.Sending), "", at, at
		}
		return []storage.AskChange{{Ask: *x, Decision: decisionOf(p, d, at)}}, nil
	})
	if err != nil {
		return fmt.Errorf("decide about a service of which nothing was heard: %w", err)
	}
	return nil
}

// settled says that the case is open, or why it is not after all.
func (l listener) settled(ctx context.Context, p invitation.Policy, b storage.Bucket, x storage.Ask, d invitation.Decision, made bot.Silent) error {
	err := l.of.store.ChangeAsks(ctx, b, []string{x.ID}, nil, func(now map[string]storage.Ask, _ map[string][]storage.Ask) ([]storage.AskChange, error) {
		was, ok := now[x.ID]
		if !ok || was.State != string(invitation.Sending) {
			return nil, nil
		}
		at := l.of.moment()
		apply(&was, d, at)
		c := storage.AskChange{Ask: was}
		if d.State != invitation.Opened {
			c.Decision = decisionOf(p, d, at)
			return []storage.AskChange{c}, nil
		}
		c.Ask.Session, c.Ask.At, c.Ask.Ended, c.Ask.With = made.Session, made.At, at, map[string]string{"case": made.Case}
		return []storage.AskChange{c}, nil
	})
	if err != nil {
		return fmt.Errorf("say that a case is open: %w", err)
	}
	return nil
}

// heard decides about a service, as it stands at a moment.
func (l listener) heard(ctx context.Context, p invitation.Policy, k *listening, x *storage.Ask, at time.Time) (invitation.Decision, error) {
	t, ok := p.Trigger(x.Trigger)
	e, told := k.events[x.Like]
	switch {
	case !ok || !t.Silent():
		return invitation.Decision{State: invitation.Cancelled, Reason: invitation.Superseded, Rule: "triggers", Evidence: map[string]string{"trigger": x.Trigger}}, nil
	case !told || e.Customer == nil:
		return invitation.Decision{State: invitation.Cancelled, Reason: invitation.EventCancelled, Rule: "event", Evidence: map[string]string{"event": x.Like}}, nil
	}
	said := invitation.Listened{Event: eventOf(e), Customer: k.tiers.of(&e.Event, at), NoSite: noSite(l.of.bot, x.Site)}
	said.Customer.Erased, said.Customer.Case = k.forgotten[x.Customer] == storage.ErasedOnRequest, k.caseOf(x.Customer, at)
	for _, o := range k.offers[x.Customer] {
		if o.Session == "" || o.Test || !o.Ended.IsZero() && o.Ended.Before(e.At()) {
			continue
		}
		s, _, err := l.of.conversation(ctx, &o)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return invitation.Decision{}, err
		}
		if first := bot.Spoke(&s, e.At()); !first.IsZero() && !first.After(at) && (said.Heard.IsZero() || first.Before(said.Heard)) {
			said.Heard = first
		}
	}
	return p.Listen(t, said), nil
}

// silence is the case that opens for a service: in the conversation in which its customer was asked
// about it, else in the chat where they were last, else in the one that a link of theirs leads to, which
// they have not opened, else in none.
func (l listener) silence(ctx context.Context, p invitation.Policy, k *known, x *storage.Ask) (bot.Silence, error) {
	e := k.events[x.Like]
	s := bot.Silence{
		Of: x.ID, Priority: triggerOf(p, x).Open, Since: e.At(), Site: x.Site, Customer: x.Customer, Event: attributes(p, &e, l.of.site(x.Site).Zone),
	}
	if e.Customer != nil {
		s.Name = cmp.Or(e.Customer.Name, e.Customer.FirstName)
	}
	asks, err := l.of.store.AsksAfter(ctx, x.Customer, x.Like)
	if err != nil {
		return s, err
	}
	for i := range asks {
		x := &asks[i]
		if x.Session == "" || x.Offer == "" || x.Test {
			continue
		}
		_, link, err := l.of.conversation(ctx, x)
		switch {
		case err == nil:
			s.At, s.Session = x.At, x.Session
		case !errors.Is(err, storage.ErrNotFound):
			return s, err
		case link.RedeemedBy == "":
			s.Link = link
		}
	}
	var last time.Time
	for _, id := range k.accounts[x.Customer] {
		if way := invitation.Way(id.Person.Platform); way != invitation.Web && id.Blocked.IsZero() && id.Seen.After(last) {
			s.To, s.Address, last = id.Person, id.Address, id.Seen
		}
	}
	return s, nil
}

// watching are the asks that watch events of one customer.
func (a *Asking) watching(ctx context.Context, p invitation.Policy, events ...storage.StoredEvent) ([]storage.Ask, error) {
	var ids []string
	var of string
	for i := range events {
		e := &events[i]
		if e.Customer == nil {
			continue
		}
		of = e.Customer.ID
		for j := range p.Triggers {
			if t := &p.Triggers[j]; t.Silent() {
				ids = append(ids, watchID(e.Name(), t.Name))
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	b := storage.AskBucket(of, a.store.Buckets())
	return a.store.AsksNamed(ctx, b, ids)
}
