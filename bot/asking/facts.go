package asking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// eventOf is an event as triggers look at it.
func eventOf(e storage.StoredEvent) invitation.Event {
	return invitation.Event{
		Source: e.Source, ID: e.ID, State: string(e.State), Site: e.Site, Service: e.Service, Stage: e.Stage, Touchpoint: e.Touchpoint,
		Staff: e.Staff, At: e.At(), Told: e.Received, LateBy: late(&e.Event), Measures: e.Measures, Attributes: e.Attributes, Test: e.Test, Ask: e.Ask,
	}
}

// late is by how much a promise was not kept in time; 0 = it was, or nothing was promised.
func late(e *storage.Event) time.Duration {
	if e.Promised == nil || e.Promised.By.IsZero() || !e.Ended.After(e.Promised.By) {
		return 0
	}
	return e.Ended.Sub(e.Promised.By)
}

// customerOf is what an event says of its customer.
func customerOf(e *storage.Event) invitation.Customer {
	c := e.Customer
	if c == nil {
		return invitation.Customer{}
	}
	out := invitation.Customer{ID: c.ID, Tier: recovery.Tier(c.Tier), Language: c.Language, Internal: c.Kind == "internal"}
	if z, err := time.LoadLocation(c.Zone); err == nil && c.Zone != "" {
		out.Zone = z
	}
	if c.Consent != nil {
		out.Basis = c.Consent.Basis
	}
	return out
}

// attributes are what a conversation is told of a service.
func attributes(p invitation.Policy, e *storage.StoredEvent, zone *time.Location) map[string]string {
	out := map[string]string{}
	put := func(name, value string) {
		if value != "" {
			out[name] = value
		}
	}
	for k, v := range e.Attributes {
		switch v := v.(type) {
		case string:
			put(k, v)
		case float64:
			put(k, strconv.FormatFloat(v, 'f', -1, 64))
		case bool:
			put(k, strconv.FormatBool(v))
		}
	}
	put(voice.AttrService, e.Service)
	put(voice.AttrAgent, e.Staff)
	if at := e.At(); !at.IsZero() {
		put(voice.AttrDate, at.In(zone).Format(time.DateOnly))
	}
	if e.Promised != nil {
		put(voice.AttrPromise, e.Promised.Words)
	}
	if late(&e.Event) > 0 {
		put(voice.AttrLate, "true")
	}
	if p.Broken(eventOf(*e)) != nil {
		put(voice.AttrStandard, "true")
	}
	if c := e.Customer; c != nil {
		put(voice.AttrTier, c.Tier)
		put(voice.AttrFirstName, c.FirstName)
		if c.FirstName == "" {
			first, _, _ := strings.Cut(c.Name, " ")
			put(voice.AttrFirstName, first)
		}
	}
	return out
}

// site is where something happened, as the program knows it now.
func (a *Asking) site(id string) invitation.Site {
	snap := a.bot.Configuration().Now()
	s, ok := snap.Sites[id]
	if !ok {
		return invitation.Site{ID: id, Zone: time.UTC}
	}
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	return invitation.Site{ID: id, Zone: zone, Language: s.Language, Gone: !s.Gone.IsZero()}
}

// noSite reports whether a place is not there, or not any more.
func noSite(b *bot.Bot, id string) bool {
	s, ok := b.Configuration().Now().Sites[id]
	return id != "" && (!ok || !s.Gone.IsZero())
}

// flows are the surveys that one round looks at, read once.
type flows struct {
	a     *Asking
	ctx   context.Context //nolint:containedctx // it lives as long as one round
	known map[string]invitation.Flow
	err   error
}

func (a *Asking) flows(ctx context.Context) *flows {
	return &flows{a: a, ctx: ctx, known: map[string]invitation.Flow{}}
}

// of is a survey; false where there is none.
func (f *flows) of(id string) (invitation.Flow, bool) {
	if known, ok := f.known[id]; ok {
		return known, known.ID != ""
	}
	flow, paused, err := f.a.offers.Flow(f.ctx, id)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		f.known[id] = invitation.Flow{}
		return invitation.Flow{}, false
	case err != nil:
		f.err = err
		return invitation.Flow{}, false
	}
	f.known[id] = invitation.Flow{ID: id, Class: flow.Class, Delay: flow.Delay, Languages: flow.Languages, Paused: paused, Before: flow.Before()}
	return f.known[id], true
}

// known is what is known of customers beside their events.
type known struct {
	accounts  map[string][]storage.Identity
	cases     map[string][]openFor // of accounts, by their ids, the newest first
	forgotten map[string]storage.ForgottenWhy
	events    map[string]storage.StoredEvent
	tiers     classes
	can       bool // links lead somewhere
	past      bool // it is looked at as it was at moments that are over
}

// openFor is how long a case was open; to is zero while it is.
type openFor struct{ from, to time.Time }

func openOf(c *storage.Case) openFor {
	if c.State.Active() {
		return openFor{from: c.OpenedAt}
	}
	return openFor{c.OpenedAt, c.EndedAt}
}

// hasCase reports whether the newest case that an account had opened by then was open then.
func (k *known) hasCase(account string, at time.Time) bool {
	for _, c := range k.cases[account] {
		if !k.past || !c.from.After(at) {
			return c.to.IsZero() || k.past && at.Before(c.to)
		}
	}
	return false
}

// caseOf is the case that a customer had open at a moment; "" = none.
func (k *known) caseOf(customer string, at time.Time) string {
	for _, id := range k.accounts[customer] {
		if k.hasCase(id.ID, at) && id.Case != "" {
			return id.Case
		}
	}
	return ""
}

// since reports whether what began at a moment, zero = never, holds at another.
func (k *known) since(began, at time.Time) bool {
	return !began.IsZero() && (!k.past || !began.After(at))
}

// tells is the event that tells of the customer of an ask.
func (k *known) tells(x *storage.Ask) (storage.StoredEvent, bool) {
	e, ok := k.events[x.Event]
	if !ok {
		e, ok = k.events[x.Like]
	}
	return e, ok && e.Customer != nil
}

// gather reads what is known of the customers of these asks. thorough also looks whether they
// asked to be left in peace before everything about them was forgotten.
func (a *Asking) gather(ctx context.Context, asks []storage.Ask, thorough bool) (k known, err error) {
	k.can = a.offers.CanLink()
	var customers, events []string
	for _, x := range asks {
		customers = append(customers, x.Customer)
		for _, name := range []string{x.Event, x.Like} {
			if name != "" {
				events = append(events, name)
			}
		}
	}
	customers = unique(customers)
	if k.accounts, err = a.store.CustomerAccounts(ctx, customers); err != nil {
		return k, err
	}
	if k.tiers, err = a.classes(ctx, customers); err != nil {
		return k, err
	}
	for i := range asks {
		if err := a.named(ctx, &k, &asks[i]); err != nil {
			return k, err
		}
	}
	if err := a.casesOf(ctx, &k); err != nil {
		return k, err
	}
	if k.events, err = a.store.EventsOf(ctx, events); err != nil || !thorough {
		return k, err
	}
	if k.forgotten, err = a.offers.Forgotten(ctx, customers...); err != nil {
		return k, fmt.Errorf("find out whether somebody may be asked: %w", err)
	}
	return k, nil
}

// casesOf reads the newest case of each account that has one. An account names it for as long as its
// customer may write to it, also when it is closed.
func (a *Asking) casesOf(ctx context.Context, k *known) error {
	k.cases = map[string][]openFor{}
	named := map[storage.Bucket][]string{}
	for _, list := range k.accounts {
		for i := range list {
			if id := &list[i]; id.Case != "" {
				named[id.Bucket] = append(named[id.Bucket], id.Case)
			}
		}
	}
	of := map[storage.Bucket]map[string]openFor{}
	for b, ids := range named {
		cases, err := a.store.CasesNamed(ctx, b, ids)
		if err != nil {
			return fmt.Errorf("read the cases of customers: %w", err)
		}
		of[b] = make(map[string]openFor, len(cases))
		for i := range cases {
			of[b][cases[i].ID] = openOf(&cases[i])
		}
	}
	for _, list := range k.accounts {
		for i := range list {
			if open, ok := of[list[i].Bucket][list[i].Case]; ok {
				k.cases[list[i].ID] = []openFor{open}
			}
		}
	}
	return nil
}

// named adds the chat account of somebody who has no key: staff who ask by hand name it.
func (a *Asking) named(ctx context.Context, k *known, x *storage.Ask) error {
	if x.Asker == "" || x.To == nil || len(k.accounts[x.Customer]) > 0 {
		return nil
	}
	if !x.To.Created.IsZero() { // it is known already
		k.accounts[x.Customer] = append(k.accounts[x.Customer], *x.To)
		return nil
	}
	id, err := a.store.Identity(ctx, storage.BucketOf(x.To.Person.Hash16(), a.store.Buckets()), x.To.Person.ID())
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err == nil {
		k.accounts[x.Customer] = append(k.accounts[x.Customer], id)
	}
	return err
}

// facts is what is looked at to decide about an ask.
func (a *Asking) facts(k *known, x *storage.Ask, flow invitation.Flow, offers []storage.Ask, now time.Time) invitation.Facts {
	f := invitation.Facts{Now: now, Flow: flow, Site: a.site(x.Site), Due: x.First}
	f.Customer.ID = x.Customer
	var reach []storage.EventReach
	f.Event = invitation.Event{ID: x.ID, Site: x.Site, Service: x.Service, Test: x.Test, Told: x.Made}
	if e, ok := k.events[x.Event]; ok {
		f.Event = eventOf(e)
	}
	if e, ok := k.tells(x); ok {
		f.Customer, reach = k.tiers.of(&e.Event, now), e.Customer.Reach
	}
	switch k.forgotten[x.Customer] {
	case storage.WantsNone:
		f.Customer.Stopped = true
	case storage.ErasedOnRequest:
		f.Customer.Erased = true
	}
	accounts := k.accounts[x.Customer]
	for _, id := range accounts {
		f.Customer.Stopped = f.Customer.Stopped || k.since(id.Stopped, now)
		if k.hasCase(id.ID, now) {
			f.Customer.Case = cmp.Or(id.Case, id.ID)
		}
	}
	f.Reach = a.reach(k, x, reach, now)
	for i := range offers {
		if o := &offers[i]; o.ID != x.ID && !o.Test && o.State != string(invitation.Unreachable) {
			f.Past = append(f.Past, pastOf(o, now))
		}
	}
	return f
}

func pastOf(o *storage.Ask, now time.Time) invitation.Past {
	p := invitation.Past{
		At: o.Sent, Flow: o.Flow, Class: classOf(o), Site: o.Site, Day: o.Day, State: invitation.State(o.State), Ended: o.Ended,
	}
	if pastOpen(o) && !o.Until.IsZero() && !now.Before(o.Until) {
		p.State, p.Ended = invitation.Expired, o.Until
	}
	return p
}

// reach is how somebody can be reached now: by the ways that their event names, or by all that
// are known.
func (a *Asking) reach(k *known, x *storage.Ask, told []storage.EventReach, now time.Time) []invitation.Reach {
	var out []invitation.Reach
	add := func(way invitation.Way, problem invitation.Reason) {
		if slices.Contains(x.Not, string(way)) && problem == "" {
			if problem = invitation.NoIdentity; way == invitation.Slack {
				problem = invitation.NotInWorkspace
			}
		}
		if i := slices.IndexFunc(out, func(r invitation.Reach) bool { return r.Way == way }); i >= 0 {
			if out[i].Problem != "" {
				out[i].Problem = problem
			}
			return
		}
		out = append(out, invitation.Reach{Way: way, Problem: problem})
	}
	named := func(kinds ...string) bool {
		return len(told) == 0 || slices.ContainsFunc(told, func(r storage.EventReach) bool { return slices.Contains(kinds, r.Kind) })
	}
	for _, id := range k.accounts[x.Customer] {
		problem := invitation.Reason("")
		if k.since(id.Blocked, now) {
			problem = invitation.Blocked
		}
		switch invitation.Way(id.Person.Platform) {
		case invitation.Telegram:
			if named("telegram") {
				add(invitation.Telegram, problem)
			}
		case invitation.Slack:
			if named("slack_user", "slack_email") {
				add(invitation.Slack, problem)
			}
		}
	}
	for _, r := range told {
		if r.To == "" {
			continue
		}
		switch {
		case r.Kind == "telegram" && r.To != "customer":
			add(invitation.Telegram, "")
		case (r.Kind == "slack_user" || r.Kind == "slack_email") && a.find != nil:
			add(invitation.Slack, "")
		}
	}
	if named("web") {
		problem := invitation.NoAddress
		if k.can {
			problem = ""
		}
		add(invitation.Web, problem)
	}
	return out
}
