package asking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// timely is what a dry run knows of triggers that wait for time.
type timely struct {
	triggers []invitation.Trigger
	services map[string][]storage.StoredEvent // that are done, by customer, in their order
	seen     map[string]bool                  // moments of one customer that were looked at
	made     map[string]int                   // asks of a trigger on a day
	now      time.Time
}

// readTimely collects what triggers look at that wait for time: the services of 400 days.
func (t *trying) readTimely(ctx context.Context, sites []string) error {
	t.time = timely{made: map[string]int{}, services: map[string][]storage.StoredEvent{}, now: t.a.moment()}
	for _, x := range t.p.Triggers {
		if x.Timely() {
			t.time.triggers = append(t.time.triggers, x)
		}
	}
	if len(t.time.triggers) == 0 {
		return nil
	}
	since := t.time.now
	for i := range t.time.triggers {
		if back := t.out.Since.Add(-t.time.triggers[i].Memory()); back.Before(since) {
			since = back
		}
	}
	older := trying{a: t.a}
	by, err := older.read(ctx, since, sites)
	if err != nil {
		return err
	}
	t.out.Cut = t.out.Cut || older.out.Cut
	for customer, list := range by {
		list = slices.DeleteFunc(list, func(e storage.StoredEvent) bool {
			return e.State != storage.EventDone || e.Test || e.Ended.IsZero()
		})
		slices.SortFunc(list, func(a, b storage.StoredEvent) int {
			return cmp.Or(a.Ended.Compare(b.Ended), cmp.Compare(a.Name(), b.Name()))
		})
		t.time.services[customer] = list
	}
	return nil
}

// falls is the next ask that time makes of a customer until a moment, behind offers that were made
// to them; false = there is none.
func (t *trying) falls(customer string, offers []storage.Ask, until time.Time) (storage.Ask, bool) {
	var next storage.Ask
	services := t.time.services[customer]
	if len(services) == 0 {
		return next, false
	}
	var of *invitation.Trigger
	for i := range t.time.triggers {
		tr := &t.time.triggers[i]
		asked := time.Time{}
		for j := range offers {
			if offers[j].Flow == tr.Ask && offers[j].Sent.After(asked) && !offers[j].Sent.After(until) {
				asked = offers[j].Sent
			}
		}
		for _, at := range t.moments(tr, services, asked, until) {
			if of != nil && !at.Before(next.Made) {
				break
			}
			if x, ok := t.fall(tr, customer, services, asked, at); ok {
				next, of = x, tr
				break
			}
		}
	}
	if of == nil {
		return next, false
	}
	t.time.seen[next.ID] = true
	t.time.made[dayOf(of, next.Made)]++
	if r := t.by[of.Name]; r != nil {
		r.Matched++
	}
	return next, true
}

func dayOf(t *invitation.Trigger, at time.Time) string {
	return t.Name + " " + at.UTC().Format(time.DateOnly)
}

// moments are those at which a trigger may begin to hold for a customer, in their order: when the
// time begins that is looked at, with each service, and when so much time has passed.
func (t *trying) moments(tr *invitation.Trigger, services []storage.StoredEvent, asked, until time.Time) []time.Time {
	all := []time.Time{t.out.Since}
	var ended []time.Time
	for i := range services {
		ended = append(ended, services[i].Ended)
		all = append(all, services[i].Ended)
		if usual, ok := invitation.Usually(ended); ok && tr.On == invitation.OnLost {
			all = append(all, services[i].Ended.Add(time.Duration(tr.Intervals)*usual))
		}
	}
	if tr.On == invitation.OnTime {
		if !asked.IsZero() {
			all = append(all, asked.Add(time.Duration(tr.Every)))
		}
		week := int64(invitation.LookAgain / time.Second)
		for n := t.out.Since.Unix()/week + 1; !time.Unix(n*week, 0).After(until); n++ {
			all = append(all, time.Unix(n*week, 0).UTC())
		}
	}
	if tr.PerDay > 0 {
		for at := t.out.Since.Truncate(24 * time.Hour).Add(24 * time.Hour); !at.After(until); at = at.Add(24 * time.Hour) {
			all = append(all, at)
		}
	}
	all = slices.DeleteFunc(all, func(at time.Time) bool { return at.Before(t.out.Since) || at.After(until) })
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// fall is the ask that a trigger makes of a customer at a moment.
func (t *trying) fall(tr *invitation.Trigger, customer string, services []storage.StoredEvent, asked, at time.Time) (x storage.Ask, ok bool) {
	var ended []time.Time
	var newest *storage.StoredEvent
	for i := range services {
		if !services[i].Ended.After(at) && !services[i].Ended.Before(at.Add(-tr.Memory())) {
			ended, newest = append(ended, services[i].Ended), &services[i]
		}
	}
	m, ok := tr.Falls(ended, asked, at)
	if !ok || tr.PerDay > 0 && t.time.made[dayOf(tr, at)] >= tr.PerDay || !tr.When.Holds(eventOf(*newest), t.k.tiers.of(&newest.Event, at)) {
		return x, false
	}
	flow, known := t.flows.of(tr.Ask)
	id := storage.AskID("time "+m.Key, fmt.Sprint(tr.Name, "\x00", customer))
	if !known || t.time.seen[id] {
		return x, false
	}
	x = storage.Ask{
		ID: id, Customer: customer, Trigger: tr.Name, Flow: tr.Ask, Class: string(flow.Class), Site: newest.Site, Made: at, First: at, Due: at, Like: newest.Name(),
	}
	zone := customerOf(&newest.Event).Zone
	if zone == nil {
		zone = t.a.site(newest.Site).Zone
	}
	if x.Due = tr.Opens(at, zone); x.Due.After(at) {
		x.First = x.Due
	}
	return x, true
}
