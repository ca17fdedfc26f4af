package asking

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"sync"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

func classOf(x *storage.Ask) survey.Class { return survey.Class(x.Class) }

// plan says what follows from events, and stores it. It returns what is planned last of each.
func (a *Asking) plan(ctx context.Context, p invitation.Policy, events []storage.StoredEvent) (map[string]Planned, error) {
	out := map[string]Planned{}
	if err := abreast(ctx, a.bot, sitesOf(events, func(e *storage.StoredEvent) string { return e.Site })); err != nil {
		return nil, err
	}
	tiers, err := a.classes(ctx, customersOf(events))
	if err != nil {
		return nil, err
	}
	flows := a.flows(ctx)
	by := map[storage.Bucket][]planned{}
	var seen []storage.StoredEvent
	for _, e := range events {
		pl, err := a.planOne(ctx, p, flows, tiers, e)
		switch {
		case flows.err != nil:
			return nil, flows.err
		case err != nil:
			return nil, err
		}
		seen = append(seen, e)
		if len(pl.asks) > 0 {
			b := storage.AskBucket(e.Customer.ID, a.store.Buckets())
			by[b] = append(by[b], pl)
		}
	}
	var of sync.Mutex
	err = sideBySide(by, func(b storage.Bucket, list []planned) error {
		into := map[string]Planned{}
		if err := a.keep(ctx, p, b, list, into); err != nil {
			return err
		}
		of.Lock()
		defer of.Unlock()
		maps.Copy(out, into)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(seen) == 0 {
		return out, nil
	}
	return out, a.store.Planned(ctx, seen)
}

// customersOf are the keys of the customers of events.
func customersOf(events []storage.StoredEvent) (all []string) {
	for i := range events {
		if c := events[i].Customer; c != nil {
			all = append(all, c.ID)
		}
	}
	return all
}

// abreast makes sure that sites are known here, also those that were added a moment ago: whose zone is not known
// would be asked, or left to sleep, by that of another place.
func abreast(ctx context.Context, b *bot.Bot, sites iter.Seq[string]) error {
	known := b.Configuration().Now().Sites
	for id := range sites {
		if _, ok := known[id]; !ok && id != "" {
			return b.Configuration().Refresh(ctx)
		}
	}
	return nil
}

// sitesOf are where records are.
func sitesOf[T any](list []T, site func(*T) string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range list {
			if !yield(site(&list[i])) {
				return
			}
		}
	}
}

// sideBySide does something with what is of each bucket, of several buckets at a time: each waits
// for a transaction of its own.
func sideBySide[T any](by map[storage.Bucket][]T, do func(storage.Bucket, []T) error) error {
	var all sync.WaitGroup
	var of sync.Mutex
	var first error
	slots := make(chan struct{}, atOnce)
	for b, list := range by {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if err := do(b, list); err != nil {
				of.Lock()
				defer of.Unlock()
				first = err
			}
		})
	}
	all.Wait()
	return first
}

// Planned is an ask that an event made, as it stands, with why it is over if it is.
type Planned struct {
	Ask storage.Ask
	Why *invitation.Decision
}

// planned is what an event makes of the asks that it has, and the one that it makes.
type planned struct {
	event storage.StoredEvent
	hash  string
	asks  []string // those that it may change
	next  *storage.Ask
	plan  invitation.Plan
	watch *storage.AskChange // that it is watched whether anything is heard of it; nil = it is not
}

func (a *Asking) planOne(ctx context.Context, p invitation.Policy, flows *flows, tiers classes, e storage.StoredEvent) (planned, error) {
	pl := planned{event: e, hash: e.Hash()}
	if e.Customer == nil {
		return pl, nil
	}
	if !e.Changed.Equal(e.Received) { // it was told before in another way
		before, err := a.store.AsksAfter(ctx, e.Customer.ID, e.Name())
		if err != nil {
			return pl, err
		}
		for _, x := range before {
			pl.asks = append(pl.asks, x.ID)
		}
	}
	now := a.moment()
	pl.watch = a.watched(p, tiers, &e, now)
	if pl.watch != nil {
		pl.asks = append(pl.asks, pl.watch.Ask.ID)
	}
	if e.State == storage.EventCancelled || e.State == storage.EventReopened || len(p.Triggers) == 0 && e.Ask == "" {
		return pl, nil
	}
	pl.plan = p.Plan(eventOf(e), tiers.of(&e.Event, now), flows.of)
	if flows.err != nil {
		return pl, flows.err
	}
	if pl.plan.Reason == invitation.NoTrigger && e.State != storage.EventDone {
		return pl, nil // it may still be asked about
	}
	flow, _ := flows.of(pl.plan.Flow)
	zone := a.site(e.Site).Zone
	pl.next = &storage.Ask{
		ID: askOf(e.Name(), pl.plan), Customer: e.Customer.ID, Event: e.Name(), Trigger: pl.plan.Trigger,
		Flow: pl.plan.Flow, Class: string(flow.Class), Site: e.Site, Service: e.Service, Test: e.Test, State: string(invitation.Scheduled), Made: e.Received,
		First: pl.plan.Due, Due: pl.plan.Due, Told: pl.hash, Experiment: pl.plan.Experiment, Arm: string(pl.plan.Arm),
	}
	if at := e.At(); !at.IsZero() {
		pl.next.Day = at.In(zone).Format(time.DateOnly)
	}
	pl.asks = append(pl.asks, pl.next.ID, again2(pl.next.ID))
	return pl, nil
}

// askOf names the ask that follows from an event.
func askOf(event string, p invitation.Plan) string {
	if p.Trigger == "" && p.Flow != "" {
		return storage.AskID(event, "by hand "+p.Flow) // no trigger is called so
	}
	return storage.AskID(event, p.Trigger)
}

// again2 is the ask of a service that was done once more.
func again2(id string) string { return storage.AskID(id, "again") }

// keep writes what events of one bucket's customers make of their asks.
func (a *Asking) keep(ctx context.Context, p invitation.Policy, b storage.Bucket, list []planned, into map[string]Planned) error {
	var ids []string
	for _, pl := range list {
		ids = append(ids, pl.asks...)
	}
	var withdrawn []storage.Ask
	var ended []served
	err := a.store.ChangeAsks(ctx, b, ids, nil, func(now map[string]storage.Ask, _ map[string][]storage.Ask) ([]storage.AskChange, error) {
		withdrawn, ended = nil, nil
		var out []storage.AskChange
		for i := range list {
			m := merging{a: a, p: p, pl: &list[i], now: now}
			m.merge()
			out = append(out, m.out...)
			if m.last.Ask.ID != "" {
				into[list[i].event.Name()] = m.last
			}
			withdrawn, ended = append(withdrawn, m.withdrawn...), append(ended, m.served...)
		}
		return out, nil
	})
	if err != nil {
		return fmt.Errorf("plan events: %w", err)
	}
	for _, x := range withdrawn {
		if err := (sending{a}).withdraw(ctx, &x); err != nil {
			a.log.Error("a survey that nobody needs any more stays open", "ask", x.ID, "err", err)
		}
	}
	for _, x := range ended {
		err := a.offers.Served(ctx, personOf(&x.ask), x.ask.ID, x.at)
		if errors.Is(err, storage.ErrUnavailable) || ctx.Err() != nil {
			return fmt.Errorf("tell that a service is over: %w", err)
		}
		if err != nil { // what always fails must not keep other events waiting
			a.log.Error("a conversation does not hear that its service is over", "ask", x.ask.ID, "err", err)
		}
	}
	return nil
}

// served is a conversation whose service is over.
type served struct {
	ask storage.Ask
	at  time.Time
}

// merging is what one event makes of its asks as they are.
type merging struct {
	a         *Asking
	p         invitation.Policy
	pl        *planned
	now       map[string]storage.Ask
	out       []storage.AskChange
	withdrawn []storage.Ask // open conversations that are to end
	served    []served      // that go on after it
	last      Planned       // what there is to tell of the event
}

func (m *merging) put(x storage.Ask, d *invitation.Decision) {
	var made *storage.AskDecision
	if d != nil {
		x.State, x.Reason = string(d.State), string(d.Reason)
		if d.State != invitation.Scheduled && d.State != invitation.Sending {
			x.Due = time.Time{}
		}
		made = decisionOf(m.p, inArm(*d, &x), m.a.moment())
		herald(m.a.bot, &x, m.a.moment())
	}
	m.now[x.ID] = x
	m.last = Planned{x, d}
	m.out = append(m.out, storage.AskChange{Ask: x, Decision: made})
}

// inArm is a decision with the arm in which the customer is, among what it looked at.
func inArm(d invitation.Decision, x *storage.Ask) invitation.Decision {
	return d.With("experiment", x.Experiment).With("arm", x.Arm)
}

func decisionOf(p invitation.Policy, d invitation.Decision, at time.Time) *storage.AskDecision {
	return &storage.AskDecision{
		At: at, State: string(d.State), Reason: string(d.Reason), Rule: d.Rule, Policy: p.Version, Evidence: d.Evidence,
	}
}

func (m *merging) merge() {
	e, next := &m.pl.event, m.pl.next
	ahead := false // a conversation from before the service goes on by itself
	for _, id := range m.pl.asks {
		x, ok := m.now[id]
		if !ok || x.Event != e.Name() {
			continue
		}
		waits := x.State == string(invitation.Scheduled)
		switch {
		case e.State == storage.EventCancelled && waits:
			m.cancel(x, invitation.EventCancelled)
		case e.State == storage.EventReopened && waits:
			x.Again = true
			m.cancel(x, invitation.EventReopened)
		case e.State == storage.EventReopened && !x.Again:
			x.Again = true
			m.put(x, nil)
		case e.State == storage.EventCancelled && x.Session != "" && pastOpen(&x):
			m.withdrawn = append(m.withdrawn, x)
			x.Due = m.a.moment() // to see what became of it
			m.now[x.ID], m.out = x, append(m.out, storage.AskChange{Ask: x})
		case next != nil && id != next.ID && id != again2(next.ID) && waits:
			m.cancel(x, invitation.Superseded)
		}
		if t, ok := m.p.Trigger(x.Trigger); ok && t.On == invitation.OnBooked && e.State == storage.EventDone && x.Offer != "" && goesOn(&x) {
			ahead = true
			m.served = append(m.served, served{x, e.At()})
		}
	}
	if next != nil && !ahead {
		m.make()
	}
	if w := m.pl.watch; w != nil {
		if _, known := m.now[w.Ask.ID]; !known {
			m.now[w.Ask.ID] = w.Ask
			m.out = append(m.out, *w)
		}
	}
}

// goesOn reports whether a conversation may have questions left for after the service.
func goesOn(x *storage.Ask) bool {
	return pastOpen(x) || x.State == string(invitation.Partial)
}

func pastOpen(x *storage.Ask) bool {
	switch invitation.State(x.State) {
	case invitation.Sent, invitation.HandedOut, invitation.Seen, invitation.Started:
		return true
	}
	return false
}

func (m *merging) cancel(x storage.Ask, why invitation.Reason) {
	d := cancelled(why, m.pl.event.State)
	m.put(x, &d)
}

// cancelled is the decision that nobody is asked any more about a service in this state.
func cancelled(why invitation.Reason, state storage.EventState) invitation.Decision {
	return invitation.Decision{State: invitation.Cancelled, Reason: why, Rule: "event.state", Evidence: map[string]string{"state": string(state)}}
}

// make stores the ask that the event makes, unless it did before.
func (m *merging) make() {
	x := *m.pl.next
	d := m.pl.plan.Decision
	if was, ok := m.now[x.ID]; ok {
		switch {
		case was.Again:
			x.ID = again2(x.ID)
			if twice, ok := m.now[x.ID]; ok {
				m.last = Planned{Ask: twice}
				return
			}
		case was.State == string(invitation.Scheduled) && was.Told != x.Told:
			x.Decided, x.Not = was.Decided, was.Not
		default:
			m.last = Planned{Ask: was}
			return
		}
	}
	if d.State == invitation.Scheduled {
		m.put(x, nil)
		return
	}
	m.put(x, &d)
}
