package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

var eventTests = group{
	"events are stored once, all or those that contradict nothing": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		var all []storage.Event
		for i := range 150 {
			all = append(all, storage.Event{
				Source: "till", ID: fmt.Sprint(i), State: storage.EventDone, Site: "main", Ended: now.Add(-time.Hour),
				Customer:   &storage.EventCustomer{ID: fmt.Sprint("C-", i%7), FirstName: "Anna", Reach: []storage.EventReach{{Kind: "telegram", To: "customer"}}},
				Attributes: map[string]any{"item": "cut", "n": float64(i)},
			})
		}
		count := func(outcomes []storage.EventOutcome) (stored, conflicts int) {
			for _, o := range outcomes {
				if o.Stored {
					stored++
				}
				if o.Conflict != nil {
					conflicts++
				}
			}
			return stored, conflicts
		}
		twice := append(all[:100:100], all[0])
		if stored, bad := count(must(b.store.PutEvents(ctx, twice, now, false))(t)); stored != 100 || bad != 0 {
			t.Fatalf("%d stored, %d refused", stored, bad)
		}
		same(t, "as it was told", must(b.store.Event(ctx, "till", "7"))(t), storage.StoredEvent{Event: all[7], Received: now, Changed: now})
		same(t, "its customer", must(b.store.Customer(ctx, "C-3"))(t).Name, "Anna")

		later := now.Add(time.Minute)
		other := all[7]
		other.Service = "colour"
		batch := append(append([]storage.Event{}, all[90:]...), other)
		outcomes := must(b.store.PutEvents(ctx, batch, later, false))(t)
		if stored, bad := count(outcomes); stored != 0 || bad != 1 {
			t.Fatalf("%d stored, %d refused", stored, bad)
		}
		same(t, "what is stored", *outcomes[len(outcomes)-1].Conflict, all[7])
		if _, err := b.store.Event(ctx, "till", "120"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("some of them are stored: %v", err)
		}
		if stored, bad := count(must(b.store.PutEvents(ctx, batch, later, true))(t)); stored != 50 || bad != 1 {
			t.Errorf("%d stored, %d refused", stored, bad)
		}
	},
	"an event is changed on purpose, removed, erased with its customer and forgotten in time": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		old := storage.Event{Source: "till", ID: "1", State: storage.EventBooked, Booked: now.AddDate(0, 0, -500), Customer: &storage.EventCustomer{ID: "C-1"}}
		e := storage.Event{Source: "till", ID: "2", State: storage.EventBooked, Booked: now, Customer: &storage.EventCustomer{ID: "C-1"}}
		_ = must(b.store.PutEvents(ctx, []storage.Event{old, e}, now, false))(t)
		later := now.Add(time.Minute)
		put := func(to *storage.Event, err error) (storage.StoredEvent, error) {
			return b.store.ChangeEvent(ctx, "till", "2", later, func(*storage.Event) (*storage.Event, error) { return to, err })
		}
		if _, err := put(nil, storage.ErrTaken); !errors.Is(err, storage.ErrTaken) {
			t.Errorf("the change's own error is %v", err)
		}
		done := e
		done.State, done.Ended = storage.EventDone, now
		same(t, "changed", must(put(&done, nil))(t), storage.StoredEvent{Event: done, Received: now, Changed: later})
		same(t, "read", must(b.store.Event(ctx, "till", "2"))(t), storage.StoredEvent{Event: done, Received: now, Changed: later})

		d := must(b.store.Dossier(ctx, storage.Anchor{Customers: []string{"C-1"}}))(t)
		if len(d.Events) != 2 {
			t.Errorf("%d events are told of the customer", len(d.Events))
		}
		total := 0
		for bucket := range b.store.Buckets() {
			total += must(b.store.Prune(ctx, storage.Bucket(bucket), storage.Retention{Events: now.AddDate(0, 0, -storage.EventDays)}, 10))(t)
		}
		if _, err := b.store.Event(ctx, "till", "1"); !errors.Is(err, storage.ErrNotFound) || total != 1 {
			t.Errorf("%d went, and the old one: %v", total, err)
		}
		erased := 0
		for bucket := range b.store.Buckets() {
			erased += must(b.store.EraseIn(ctx, storage.Bucket(bucket), storage.Erasure{ID: "x", Begun: now, Of: storage.Anchor{Customers: []string{"C-1"}}}, storage.Anonymous{}))(t).Events
		}
		if _, err := b.store.Event(ctx, "till", "2"); !errors.Is(err, storage.ErrNotFound) || erased != 1 {
			t.Errorf("%d are erased, and it: %v", erased, err)
		}
		_ = must(put(&done, nil))(t)
		_ = must(put(nil, nil))(t)
		if _, err := b.store.Event(ctx, "till", "2"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("removed: %v", err)
		}
	},
}
