package asking

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// Forecast says what would come of events that nobody has told yet, one part of them after the
// other: by the decisions that are made of them once they are told, and as if those before had
// been. It remembers little of each customer, so that a million of them fit.
type Forecast struct {
	t     trying
	seed  maphash.Seed
	first map[uint64]offered
	more  map[uint64][]offered
	kinds []offerKind // by their numbers
	at    map[offerKind]uint32
	out   []Foretold
}

// Foretold is what would come of one event.
type Foretold struct {
	Event  string
	Asked  bool
	By     string    // how
	At     time.Time // when
	Reason string    // why not
}

// offered is one offer that would have been made, in 16 bytes.
type offered struct {
	sent, until uint32 // seconds since 1970; 0 = never
	kind        uint32
	day         uint16 // days since 1970; 0 = none
}

// offerKind is what many offers have in common.
type offerKind struct {
	flow, class, site string
	out               bool // handed out
}

// Forecast begins one, by the triggers that hold now.
func (a *Asking) Forecast(ctx context.Context) (*Forecast, error) {
	p, err := a.Policy(ctx)
	if err != nil {
		return nil, err
	}
	f := &Forecast{seed: maphash.MakeSeed(), first: map[uint64]offered{}, more: map[uint64][]offered{}, at: map[offerKind]uint32{}}
	f.t = trying{a: a, p: p, flows: a.flows(ctx), expires: map[string]time.Duration{}}
	f.t.ends = f.ends
	return f, nil
}

// Of says what would come of these events, told now.
func (f *Forecast) Of(ctx context.Context, events []storage.Event) ([]Foretold, error) {
	f.out = nil
	at := f.t.a.moment()
	by := map[string][]storage.StoredEvent{}
	var all []storage.Ask
	for i := range events {
		e := &events[i]
		switch {
		case e.Customer == nil:
			f.out = append(f.out, Foretold{Event: e.Name(), Reason: string(invitation.Erased)})
			continue
		case e.State == storage.EventCancelled || e.State == storage.EventReopened:
			continue
		}
		if by[e.Customer.ID] == nil {
			all = append(all, storage.Ask{Customer: e.Customer.ID})
		}
		by[e.Customer.ID] = append(by[e.Customer.ID], storage.StoredEvent{Event: *e, Received: at, Changed: at})
	}
	for part := range slices.Chunk(all, batch) {
		if err := f.part(ctx, part, by); err != nil {
			return nil, err
		}
	}
	return f.out, nil
}

// part goes through the events of some customers.
func (f *Forecast) part(ctx context.Context, customers []storage.Ask, by map[string][]storage.StoredEvent) (err error) {
	a := f.t.a
	if f.t.k, err = a.gather(ctx, customers, true); err != nil {
		return err
	}
	f.t.k.events = map[string]storage.StoredEvent{}
	var ids []string
	for i := range customers {
		ids = append(ids, customers[i].Customer)
	}
	offers, err := a.store.Offers(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		for _, e := range by[id] {
			f.t.k.events[e.Name()] = e
		}
		if err := f.t.customer(ctx, by[id], append(offers[id], f.before(id)...)); err != nil {
			return err
		}
	}
	return nil
}

// ends hears what would become of one event.
func (f *Forecast) ends(_ context.Context, x *storage.Ask, d invitation.Decision) error {
	out := Foretold{Event: x.Event, Reason: string(d.Reason)}
	if d.State == invitation.Sending || d.State == invitation.HandedOut {
		out = Foretold{Event: x.Event, Asked: true, By: string(d.By), At: x.Due}
		f.remember(x)
	}
	f.out = append(f.out, out)
	return nil
}

func (f *Forecast) key(customer string) uint64 { return maphash.String(f.seed, customer) }

// number is a short name of a kind.
func (f *Forecast) number(k offerKind) uint32 {
	n, ok := f.at[k]
	if !ok {
		n = uint32(len(f.kinds))
		f.kinds, f.at[k] = append(f.kinds, k), n
	}
	return n
}

// seconds are those since 1970, to 2106; 0 = never.
func seconds(at time.Time) uint32 {
	if at.IsZero() {
		return 0
	}
	return uint32(min(max(at.Unix(), 1), math.MaxUint32))
}

// moment is the time of seconds.
func moment(seconds uint32) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// remember keeps what later rows of the customer are decided by.
func (f *Forecast) remember(x *storage.Ask) {
	o := offered{
		sent: seconds(x.Sent), until: seconds(x.Until),
		kind: f.number(offerKind{x.Flow, x.Class, x.Site, x.State == string(invitation.HandedOut)}),
	}
	if day, err := time.Parse(time.DateOnly, x.Day); err == nil {
		o.day = uint16(min(max(day.Unix()/86400, 0), math.MaxUint16))
	}
	k := f.key(x.Customer)
	if _, ok := f.first[k]; !ok {
		f.first[k] = o
		return
	}
	f.more[k] = append(f.more[k], o)
}

// before are the offers that earlier rows of the customer would have made.
func (f *Forecast) before(customer string) (out []storage.Ask) {
	k := f.key(customer)
	first, ok := f.first[k]
	if !ok {
		return nil
	}
	for i, o := range append([]offered{first}, f.more[k]...) {
		kind := &f.kinds[o.kind]
		x := storage.Ask{
			ID: string(binary.AppendVarint([]byte("foretold "), int64(i))), Customer: customer, Flow: kind.flow, Class: kind.class,
			Site: kind.site, Sent: moment(o.sent), Until: moment(o.until), State: string(invitation.Sent),
		}
		if kind.out {
			x.State = string(invitation.HandedOut)
		}
		if o.day != 0 {
			x.Day = time.Unix(int64(o.day)*86400, 0).UTC().Format(time.DateOnly)
		}
		out = append(out, x)
	}
	return out
}

// CallOff cancels what is not sent yet of the events of a source that were told in a span of
// time. It returns how many are not asked because of it.
func (a *Asking) CallOff(ctx context.Context, source string, from, to time.Time) (n int, err error) {
	p, err := a.Policy(ctx)
	if err != nil {
		return 0, err
	}
	if err := a.planRest(ctx, p); err != nil {
		return 0, err
	}
	d := invitation.Decision{State: invitation.Cancelled, Reason: invitation.ByPerson, Rule: "import"}
	before := time.Time{}
	for {
		list, err := a.store.Asks(ctx, storage.AskFilter{Since: from, Before: before, State: string(invitation.Scheduled), Limit: 1000})
		if err != nil || len(list) == 0 {
			return n, err
		}
		by := map[storage.Bucket][]string{}
		for i := range list {
			x := &list[i]
			if s, _, _ := strings.Cut(x.Event, ":"); s == source && !x.Made.After(to) {
				b := storage.AskBucket(x.Customer, a.store.Buckets())
				by[b] = append(by[b], x.ID)
			}
		}
		off := 0
		for b, ids := range by {
			here := 0
			err := a.store.ChangeAsks(ctx, b, ids, nil, func(now map[string]storage.Ask, _ map[string][]storage.Ask) (out []storage.AskChange, _ error) {
				for _, id := range ids {
					if x, ok := now[id]; ok && x.State == string(invitation.Scheduled) {
						x.State, x.Reason, x.Due = string(d.State), string(d.Reason), time.Time{}
						out = append(out, storage.AskChange{Ask: x, Decision: decisionOf(p, d, a.moment())})
					}
				}
				here = len(out)
				return out, nil
			})
			if err != nil {
				return n, err
			}
			off += here
		}
		if n += off; off > 0 {
			continue
		}
		last := list[len(list)-1].Made
		if len(list) < 1000 || last.Equal(before) {
			return n, nil
		}
		before = last
	}
}

// planRest lets the triggers look at all that was told.
func (a *Asking) planRest(ctx context.Context, p invitation.Policy) error {
	for b := range storage.Bucket(a.store.Buckets()) {
		for {
			events, err := a.store.ToPlan(ctx, b, batch)
			if err != nil {
				return err
			}
			if _, err := a.plan(ctx, p, events); err != nil {
				return err
			}
			if len(events) < batch {
				break
			}
		}
	}
	return nil
}
