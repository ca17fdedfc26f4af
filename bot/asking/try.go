package asking

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Tried is what a file of triggers would have done with the events of some time.
type Tried struct {
	Since       time.Time      `json:"since"`
	Events      int            `json:"events"`
	WouldAsk    int            `json:"would_ask"`
	WouldOpen   int            `json:"would_open"` // cases, of services of which nothing was heard
	NotAsked    map[string]int `json:"not_asked"`  // by reason
	Triggers    []TriedTrigger `json:"triggers"`
	Differences []TriedEvent   `json:"differences"`
	More        int            `json:"more_differences"` // that are not listed
	Cut         bool           `json:"cut"`              // there were more events than are looked at
}

// TriedTrigger is what one trigger would have done.
type TriedTrigger struct {
	Name     string         `json:"name"`
	Matched  int            `json:"matched"`
	WouldAsk int            `json:"would_ask"`
	PerWeek  float64        `json:"would_ask_per_week"`
	NotAsked map[string]int `json:"not_asked"` // or, of a trigger that opens cases, why none would
	// WouldOpen is how many cases it would have opened.
	WouldOpen int  `json:"would_open,omitempty"`
	Silent    bool `json:"opens_cases,omitempty"` // it asks nobody
	// Arms is how many it would have asked in each arm of its experiment; nil = it has none.
	Arms map[invitation.Arm]int `json:"would_ask_by_arm,omitempty"`
}

// TriedEvent is an event with which something else would have happened.
type TriedEvent struct {
	Event    string `json:"event"`
	Customer string `json:"customer"`
	Was      string `json:"was"` // a state, with its reason; "" = nobody looked at it
	Would    string `json:"would"`
	Arm      string `json:"arm,omitempty"` // of the experiment of its trigger
	Reason   string `json:"reason,omitempty"`
	Words    string `json:"words,omitempty"`
}

// Of a dry run.
const (
	mostTried       = 200_000 // events
	mostDifferences = 500
	casesBefore     = 90 // days before its time
)

// trying is a dry run.
type trying struct {
	a       *Asking
	p       invitation.Policy
	k       known
	flows   *flows
	expires map[string]time.Duration
	time    timely
	of      string                   // the customer who is looked at
	offers  map[string][]storage.Ask // that were made, by customer
	truth   map[string]storage.Ask   // offers that were made to them, by their ids
	out     Tried
	by      map[string]*TriedTrigger
	ends    func(context.Context, *storage.Ask, invitation.Decision) error // hears of each event
}

// Try says whom a file of triggers would have asked, and whom not, had it been in force since a
// moment: by the same decisions, in their order, behind what had happened by then. What became of
// an offer that was made counts as long after it as it was; of one that was not, nobody knows what
// it would have been answered: it counts as not answered. A service that was told in another way
// later is looked at as it was told last.
func (a *Asking) Try(ctx context.Context, p invitation.Policy, since time.Time, sites []string) (Tried, error) {
	p.Draw = a.draw
	t := trying{a: a, p: p, flows: a.flows(ctx), expires: map[string]time.Duration{}, by: map[string]*TriedTrigger{}}
	t.out = Tried{Since: since, NotAsked: map[string]int{}, Triggers: []TriedTrigger{}, Differences: []TriedEvent{}}
	t.ends = t.end
	for _, x := range p.Triggers {
		t.by[x.Name] = &TriedTrigger{Name: x.Name, NotAsked: map[string]int{}, Silent: x.Silent()}
		if x.Experiment != nil {
			t.by[x.Name].Arms = map[invitation.Arm]int{invitation.UsualArm: 0, invitation.OtherArm: 0}
		}
	}
	byCustomer, err := t.read(ctx, since, sites)
	if err != nil {
		return t.out, err
	}
	if err := t.readTimely(ctx, sites); err != nil {
		return t.out, err
	}
	customers := make([]string, 0, len(byCustomer))
	for c := range byCustomer {
		customers = append(customers, c)
	}
	for c := range t.time.services {
		if _, ok := byCustomer[c]; !ok {
			customers = append(customers, c)
		}
	}
	slices.Sort(customers)
	cases, err := t.cases(ctx, since)
	if err != nil {
		return t.out, err
	}
	for part := range slices.Chunk(customers, batch) {
		var all []storage.Ask
		for _, c := range part {
			all = append(all, storage.Ask{Customer: c})
		}
		if t.k, err = a.gather(ctx, all, true); err != nil {
			return t.out, err
		}
		t.k.past, t.k.events = true, map[string]storage.StoredEvent{}
		for account, list := range cases {
			t.k.cases[account] = list
		}
		if t.offers, err = a.store.Offers(ctx, part); err != nil {
			return t.out, err
		}
		for _, c := range part {
			for _, e := range slices.Concat(t.time.services[c], byCustomer[c]) {
				t.k.events[e.Name()] = e
			}
			t.of, t.time.seen = c, map[string]bool{}
			if err := t.customer(ctx, byCustomer[c], t.given(t.offers[c], since)); err != nil {
				return t.out, err
			}
			if err := t.silences(ctx, byCustomer[c]); err != nil {
				return t.out, err
			}
		}
	}
	weeks := max(a.now().Sub(since).Hours()/24/7, 1)
	for _, x := range p.Triggers {
		r := t.by[x.Name]
		r.PerWeek = report.Rounded(float64(r.WouldAsk)/weeks, 1)
		t.out.Triggers = append(t.out.Triggers, *r)
	}
	return t.out, nil
}

// read collects the events of these sites, nil = of all, by their customers.
func (t *trying) read(ctx context.Context, since time.Time, sites []string) (map[string][]storage.StoredEvent, error) {
	by := map[string][]storage.StoredEvent{}
	for b := range storage.Bucket(t.a.store.Buckets()) {
		from, after := since, ""
		for {
			page, err := t.a.store.ToldSince(ctx, b, from, after, 1000)
			if err != nil {
				return nil, err
			}
			for _, e := range page {
				if e.Customer == nil || sites != nil && !slices.Contains(sites, e.Site) || e.State == storage.EventReopened || e.State == storage.EventCancelled && !calledOff(&e) {
					continue
				}
				if t.out.Events >= mostTried {
					t.out.Cut = true
					return by, nil
				}
				t.out.Events++
				by[e.Customer.ID] = append(by[e.Customer.ID], e)
			}
			if len(page) < 1000 {
				break
			}
			last := page[len(page)-1]
			if from, after = last.At(), last.Name(); from.IsZero() {
				from = last.Received
			}
		}
	}
	return by, nil
}

// expiry is how long an offer of a survey can be answered.
func (t *trying) expiry(ctx context.Context, id string) (time.Duration, error) {
	if d, ok := t.expires[id]; ok {
		return d, nil
	}
	f, _, err := t.a.offers.Flow(ctx, id)
	if err != nil {
		return 0, err
	}
	t.expires[id] = cmp.Or(f.Expires, survey.DefaultExpires)
	return t.expires[id], nil
}

// customer goes through the events of one customer, in the order in which they fall due, behind
// offers that were made to them.
func (t *trying) customer(ctx context.Context, events []storage.StoredEvent, offers []storage.Ask) error {
	var queue []storage.Ask
	off := map[string]time.Time{} // when services were called off, by their asks
	for _, e := range events {
		called := calledOff(&e)
		if called {
			e.State = storage.EventDone
		}
		plan := t.p.Plan(eventOf(e), t.k.tiers.of(&e.Event, e.Received), t.flows.of)
		if t.flows.err != nil {
			return t.flows.err
		}
		if r := t.by[plan.Trigger]; r != nil {
			r.Matched++
		}
		flow, _ := t.flows.of(plan.Flow)
		x := storage.Ask{
			ID: askOf(e.Name(), plan), Customer: e.Customer.ID, Event: e.Name(), Trigger: plan.Trigger, Flow: plan.Flow,
			Class: string(flow.Class), Site: e.Site, Test: e.Test, Made: e.Received, First: plan.Due, Due: plan.Due,
			Experiment: plan.Experiment, Arm: string(plan.Arm),
		}
		if at := e.At(); !at.IsZero() {
			x.Day = at.In(t.a.site(e.Site).Zone).Format(time.DateOnly)
		}
		if plan.State == invitation.Suppressed {
			if err := t.ends(ctx, &x, plan.Decision); err != nil {
				return err
			}
			continue
		}
		if x.Due.Before(e.Received) { // we heard of it later
			x.Due = e.Received
		}
		if called {
			off[x.ID] = e.Changed
		}
		queue = append(queue, x)
	}
	for {
		slices.SortStableFunc(queue, inTurn)
		until := t.time.now
		if len(queue) > 0 && queue[0].Due.Before(until) {
			until = queue[0].Due
		}
		if x, ok := t.falls(t.of, offers, until); ok {
			queue = append(queue, x)
			continue
		}
		if t.flows.err != nil {
			return t.flows.err
		}
		if len(queue) == 0 {
			return nil
		}
		x := queue[0]
		called, isOff := off[x.ID]
		if isOff && !x.Due.Before(called) {
			if err := t.ends(ctx, &x, cancelled(invitation.EventCancelled, storage.EventCancelled)); err != nil {
				return err
			}
			queue = queue[1:]
			continue
		}
		d := t.a.decideOne(t.p, &t.k, t.flows, &x, asOf(offers, x.Due), x.Due)
		if d.State == invitation.Scheduled {
			queue[0].Due = d.From
			continue
		}
		if d.State == invitation.Sending || d.State == invitation.HandedOut {
			x.State, x.Sent, x.By = string(d.State), x.Due, string(d.By)
			if d.State == invitation.Sending {
				x.State = string(invitation.Sent)
			}
			lasts, err := t.expiry(ctx, x.Flow)
			if err != nil {
				return err
			}
			if d.State == invitation.HandedOut {
				lasts = bot.DefaultInviteExpires
			}
			if x.Until = x.Sent.Add(lasts); isOff {
				x.Until = called
			}
			offers = append(offers, t.becomes(x))
		}
		if err := t.ends(ctx, &x, d); err != nil {
			return err
		}
		queue = queue[1:]
	}
}

// end counts what would have become of one event, and tells it from what did.
func (t *trying) end(ctx context.Context, x *storage.Ask, d invitation.Decision) error {
	asked := d.State == invitation.Sending || d.State == invitation.HandedOut
	r := t.by[x.Trigger]
	if asked {
		t.out.WouldAsk++
		if r != nil {
			if r.WouldAsk++; r.Arms != nil {
				r.Arms[invitation.Arm(x.Arm)]++
			}
		}
	} else {
		t.out.NotAsked[string(d.Reason)]++
		if r != nil {
			r.NotAsked[string(d.Reason)]++
		}
	}
	if x.Event == "" { // time made it: which ask it would have been depends on when it was looked
		return nil
	}
	before, err := t.a.store.AsksAfter(ctx, x.Customer, x.Event)
	if err != nil {
		return err
	}
	was := ""
	for i := range before {
		b := &before[i]
		was = strings.TrimSuffix(b.State+" "+b.Reason, " ")
		if !b.Sent.IsZero() {
			was = "asked"
			break
		}
		if b.State == string(invitation.Scheduled) {
			return nil // nobody knows yet
		}
	}
	would := strings.TrimSuffix(string(d.State)+" "+string(d.Reason), " ")
	if asked {
		would = "asked"
	}
	if was == would || was == "" && d.Reason == invitation.NoTrigger {
		return nil
	}
	if len(t.out.Differences) >= mostDifferences {
		t.out.More++
		return nil
	}
	e := TriedEvent{Event: x.Event, Customer: x.Customer, Was: was, Would: would, Arm: x.Arm, Reason: string(d.Reason)}
	if !asked {
		e.Words = d.Words(t.a.site(x.Site).Zone)
	}
	t.out.Differences = append(t.out.Differences, e)
	return nil
}
