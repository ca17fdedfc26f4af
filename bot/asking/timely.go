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

// timelyEvery is how often it is looked who is to be asked because time has passed.
const timelyEvery = time.Hour

// byTime is what is left alone for a while where it failed: to look who is asked because time has passed.
const byTime = "who is asked because time has passed"

// visits are the services of one customer.
type visits struct {
	ended []time.Time
	name  string // of the newest event
	last  time.Time
}

// timely plans whom triggers ask because time has passed: who is asked every so often, and who
// does not come any more. It goes through the services of 400 days, once an hour.
func (a *Asking) timely(ctx context.Context, p invitation.Policy) error {
	triggers := slices.DeleteFunc(slices.Clone(p.Triggers), func(t invitation.Trigger) bool { return !t.Timely() })
	now := a.moment()
	if len(triggers) == 0 || now.Sub(a.swept) < timelyEvery && !now.Before(a.swept) || a.rests(byTime) {
		return nil
	}
	served, err := a.served(ctx, now, triggers)
	if err != nil {
		return err
	}
	for i := range triggers {
		if err := a.fall(ctx, &triggers[i], served, now); err != nil {
			return fmt.Errorf("trigger %s: %w", triggers[i].Name, err)
		}
	}
	a.swept = now
	return nil
}

// served are the services that are done, by customer.
func (a *Asking) served(ctx context.Context, now time.Time, triggers []invitation.Trigger) (map[string]*visits, error) {
	since := now
	for i := range triggers {
		if t := now.Add(-triggers[i].Memory()); t.Before(since) {
			since = t
		}
	}
	all := map[string]*visits{}
	for b := range storage.Bucket(a.store.Buckets()) {
		from, after := since, ""
		for {
			page, err := a.store.ToldSince(ctx, b, from, after, 1000)
			if err != nil {
				return nil, err
			}
			for i := range page {
				e := &page[i]
				if e.Customer == nil || e.State != storage.EventDone || e.Test || e.Ended.IsZero() {
					continue
				}
				v := all[e.Customer.ID]
				if v == nil {
					v = &visits{}
					all[e.Customer.ID] = v
				}
				if v.ended = append(v.ended, e.Ended); !e.Ended.Before(v.last) {
					v.last, v.name = e.Ended, e.Name()
				}
			}
			if len(page) < 1000 {
				break
			}
			last := page[len(page)-1]
			from, after = cmp.Or(last.At(), last.Received), last.Name()
		}
	}
	return all, nil
}

// fall makes the asks of one trigger that fall due now. Who was asked least lately is first where
// there are more than a day has room for.
func (a *Asking) fall(ctx context.Context, t *invitation.Trigger, served map[string]*visits, now time.Time) error {
	customers := make([]string, 0, len(served))
	for c := range served {
		customers = append(customers, c)
	}
	slices.Sort(customers)
	type one struct {
		customer string
		moment   invitation.Moment
		asked    time.Time
	}
	var due []one
	for part := range slices.Chunk(customers, batch) {
		offers, err := a.store.Offers(ctx, part)
		if err != nil {
			return err
		}
		for _, c := range part {
			var asked time.Time
			for i := range offers[c] {
				if o := &offers[c][i]; o.Flow == t.Ask && !o.Test && o.Sent.After(asked) {
					asked = o.Sent
				}
			}
			if m, ok := t.Falls(served[c].ended, asked, now); ok {
				due = append(due, one{c, m, asked})
			}
		}
	}
	slices.SortStableFunc(due, func(x, y one) int { return x.asked.Compare(y.asked) })
	room, err := a.room(ctx, t, now)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(due, batch) {
		if room == 0 {
			return nil
		}
		names, keys := make([]string, len(part)), make([]string, len(part))
		for i := range part {
			names[i], keys[i] = served[part[i].customer].name, part[i].customer
		}
		events, err := a.store.EventsOf(ctx, names)
		if err != nil {
			return err
		}
		tiers, err := a.classes(ctx, keys)
		if err != nil {
			return err
		}
		for i, x := range part {
			e, ok := events[names[i]]
			if !ok || e.Customer == nil || !t.When.Holds(eventOf(e), tiers.of(&e.Event, now)) {
				continue
			}
			made, err := a.falls(ctx, t, x.customer, x.moment, &e, now)
			if err != nil {
				return err
			}
			if made && room > 0 {
				if room--; room == 0 {
					return nil
				}
			}
		}
	}
	return nil
}

// room is how many more a trigger asks today; -1 = any number.
func (a *Asking) room(ctx context.Context, t *invitation.Trigger, now time.Time) (int, error) {
	if t.PerDay == 0 {
		return -1, nil
	}
	made, err := a.store.Asks(ctx, storage.AskFilter{Trigger: t.Name, Since: now.Truncate(24 * time.Hour), Limit: t.PerDay})
	return t.PerDay - len(made), err
}

// falls makes one ask, unless it was made before.
func (a *Asking) falls(ctx context.Context, t *invitation.Trigger, customer string, m invitation.Moment, e *storage.StoredEvent, now time.Time) (made bool, err error) {
	flows := a.flows(ctx)
	flow, ok := flows.of(t.Ask)
	if err := flows.err; err != nil || !ok {
		return false, err
	}
	x := storage.Ask{
		ID: storage.AskID("time "+m.Key, t.Name+"\x00"+customer), Customer: customer, Trigger: t.Name, Flow: t.Ask, Class: string(flow.Class),
		Site: e.Site, State: string(invitation.Scheduled), Made: now, First: now, Due: now, Like: e.Name(),
	}
	zone := customerOf(&e.Event).Zone
	if zone == nil {
		zone = a.site(e.Site).Zone
	}
	if x.Due = t.Opens(now, zone); x.Due.After(now) {
		x.First = x.Due
	}
	b := storage.AskBucket(customer, a.store.Buckets())
	err = a.store.ChangeAsks(ctx, b, []string{x.ID}, nil, func(known map[string]storage.Ask, _ map[string][]storage.Ask) ([]storage.AskChange, error) {
		if _, made = known[x.ID]; made {
			made = false
			return nil, nil
		}
		made = true
		return []storage.AskChange{{Ask: x}}, nil
	})
	return made, err
}
