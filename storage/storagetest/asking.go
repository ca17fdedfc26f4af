package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/storage"
)

// askOf is an ask of a customer of this number.
func askOf(b *bench, n int, made time.Time) storage.Ask {
	customer := fmt.Sprint("C-", n)
	return storage.Ask{
		ID: storage.AskID(fmt.Sprint("till:", n), "visit"), Bucket: storage.AskBucket(customer, b.store.Buckets()), Customer: customer,
		Event: fmt.Sprint("till:", n), Trigger: "visit", Flow: "f", Class: "transactional", Site: "main", State: "scheduled", Made: made, Due: made.Add(time.Hour),
		First: made.Add(time.Hour), Day: "2026-03-05", Service: "cut",
	}
}

// putAsk stores an ask, with a decision if there is one.
func putAsk(t *testing.T, b *bench, a storage.Ask, d *storage.AskDecision) {
	t.Helper()
	check(t, b.store.ChangeAsks(t.Context(), a.Bucket, nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) {
		return []storage.AskChange{{Ask: a, Decision: d}}, nil
	}))
}

var askingTests = group{
	"chat accounts of customers are found, however many are looked for": func(t *testing.T, b *bench) {
		now := b.clock.Now()
		want := map[string]int{"C-1": 2, "C-2": 1}
		for n, customer := range []string{"C-1", "C-1", "C-2", ""} {
			p := person(n + 1)
			i := identity(p, newID(), now)
			i.Customer = customer
			b.advance(t, change(fmt.Sprint("k", n), storage.Change{Identity: &i}))
		}
		for _, more := range []int{0, 500} { // few, and very many
			ask := []string{"C-1", "C-2", "C-none"}
			for n := range more {
				ask = append(ask, fmt.Sprint("C-more-", n))
			}
			got := map[string]int{}
			for customer, list := range must(b.store.CustomerAccounts(t.Context(), ask))(t) {
				for _, i := range list {
					if i.Customer != customer || i.Person.User == "" {
						t.Errorf("of %s: %+v", customer, i)
					}
				}
				got[customer] = len(list)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("of %d: %s", len(ask), diff)
			}
		}
	},
	"triggers have versions of their own": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		if _, err := b.store.Triggers(ctx, 0); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("before any: %v", err)
		}
		_, _, err := b.store.PublishRules(ctx, "rules", now)
		check(t, err)
		for i, source := range []string{"a", "a", "b"} {
			v, created, err := b.store.PublishTriggers(ctx, source, now)
			check(t, err)
			if want := []int{1, 1, 2}[i]; v != want || created != (i != 1) {
				t.Errorf("version %d, created %v", v, created)
			}
		}
		same(t, "the newest", must(b.store.Triggers(ctx, 0))(t), storage.RulesSource{Version: 2, Source: "b", Published: now})
		same(t, "the rules", must(b.store.Rules(ctx, 0))(t).Source, "rules")
	},
	"an event waits for the triggers until they looked at it as it is": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		e := storage.Event{Source: "till", ID: "1", State: storage.EventDone, Ended: now, Customer: &storage.EventCustomer{ID: "C-1"}}
		nobody := storage.Event{Source: "till", ID: "2", State: storage.EventDone, Ended: now}
		_ = must(b.store.PutEvents(ctx, []storage.Event{e, nobody}, now, false))(t)
		waiting := func() (all []storage.StoredEvent) {
			for bucket := range b.store.Buckets() {
				all = append(all, must(b.store.ToPlan(ctx, storage.Bucket(bucket), 10))(t)...)
			}
			return all
		}
		before := waiting()
		same(t, "what waits", before, []storage.StoredEvent{{Event: e, Received: now, Changed: now}})
		later := now.Add(time.Minute)
		_ = must(b.store.ChangeEvent(ctx, "till", "1", later, func(e *storage.Event) (*storage.Event, error) {
			n := *e
			n.Service = "cut"
			return &n, nil
		}))(t)
		check(t, b.store.Planned(ctx, before))
		if n := len(waiting()); n != 1 {
			t.Errorf("%d wait after it changed", n)
		}
		check(t, b.store.Planned(ctx, waiting()))
		if n := len(waiting()); n != 0 {
			t.Errorf("%d wait", n)
		}
		same(t, "by name", len(must(b.store.EventsOf(ctx, []string{"till:1", "till:9"}))(t)), 1)
		past := must(b.store.ToldSince(ctx, storage.EventBucket("till:2", b.store.Buckets()), now, "", 10))(t)
		if len(past) == 0 {
			t.Error("nothing took place")
		}
	},
	"asks are due, offered, counted, explained and erased": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		for n := range 5 {
			a := askOf(b, n, now.Add(time.Duration(n)*time.Minute))
			if n == 3 {
				a.State, a.Sent, a.Due, a.Session = "sent", now, time.Time{}, "s-3"
			}
			putAsk(t, b, a, &storage.AskDecision{At: now, State: a.State, Reason: "quiet", Rule: "contact.quiet", Policy: 2, Evidence: map[string]string{"until": "x"}})
		}
		due := 0
		for bucket := range b.store.Buckets() {
			due += len(must(b.store.AsksDue(ctx, storage.Bucket(bucket), now.Add(61*time.Minute), 10))(t))
		}
		equal(t, "due in an hour", due, 2)
		want := askOf(b, 2, now.Add(2*time.Minute))
		want.Decided = 1
		same(t, "of a customer", must(b.store.AsksOf(ctx, "C-2", 5))(t), []storage.Ask{want})
		same(t, "of an event", must(b.store.AsksAfter(ctx, "C-2", "till:2"))(t), []storage.Ask{want})
		same(t, "decided", must(b.store.AskDecisions(ctx, want.Bucket, []string{want.ID}))(t), []storage.AskDecision{
			{Ask: want.ID, Seq: 1, At: now, State: "scheduled", Reason: "quiet", Rule: "contact.quiet", Policy: 2, Evidence: map[string]string{"until": "x"}},
		})
		offers := must(b.store.Offers(ctx, []string{"C-2", "C-3"}))(t)
		if len(offers["C-2"]) != 0 || len(offers["C-3"]) != 1 || offers["C-3"][0].Session != "s-3" {
			t.Errorf("offers: %+v", offers)
		}
		same(t, "the newest first", must(b.store.Asks(ctx, storage.AskFilter{Since: now, Limit: 2}))(t)[0].Customer, "C-4")
		same(t, "of a site and state", len(must(b.store.Asks(ctx, storage.AskFilter{Sites: []string{"main"}, State: "sent", Since: now, Limit: 9}))(t)), 1)
		every := must(b.store.Asks(ctx, storage.AskFilter{Since: now, Limit: 9}))(t)
		same(t, "of every site and of none", len(must(b.store.Asks(ctx, storage.AskFilter{Sites: []string{"", "main"}, Since: now, Limit: 9}))(t)), len(every))
		same(t, "of another site", len(must(b.store.Asks(ctx, storage.AskFilter{Sites: []string{"x"}, Since: now, Limit: 9}))(t)), 0)
		same(t, "counted", must(b.store.CountAsks(ctx, now))(t), []storage.AskCount{
			{Site: "main", Trigger: "visit", State: "scheduled", N: 4}, {Site: "main", Trigger: "visit", State: "sent", N: 1},
		})

		own := errors.New("mine")
		err := b.store.ChangeAsks(ctx, want.Bucket, []string{want.ID}, []string{"C-2"}, func(asks map[string]storage.Ask, offers map[string][]storage.Ask) ([]storage.AskChange, error) {
			if asks[want.ID].Customer != "C-2" || len(offers) != 0 {
				t.Errorf("%+v, %+v", asks, offers)
			}
			return nil, own
		})
		if !errors.Is(err, own) {
			t.Errorf("the change's own error is %v", err)
		}
		d := must(b.store.Dossier(ctx, storage.Anchor{Customers: []string{"C-2"}}))(t)
		if len(d.Asks) != 1 || len(d.Asks[0].Decisions) != 1 {
			t.Errorf("the dossier tells %+v", d.Asks)
		}
		erased := 0
		for bucket := range b.store.Buckets() {
			erased += must(b.store.EraseIn(ctx, storage.Bucket(bucket), storage.Erasure{ID: "x", Begun: now, Of: storage.Anchor{Customers: []string{"C-2"}}}, storage.Anonymous{}))(t).Asks
		}
		equal(t, "erased", erased, 1)
		same(t, "of them", len(must(b.store.AsksOf(ctx, "C-2", 5))(t)), 0)
		same(t, "decided of them", len(must(b.store.AskDecisions(ctx, want.Bucket, []string{want.ID}))(t)), 0)
		total := 0
		for _, c := range must(b.store.CountAsks(ctx, now.AddDate(0, 0, -2)))(t) {
			total += c.N
			if c.State == "cancelled" && c.Reason != "erased" {
				t.Errorf("%+v", c)
			}
		}
		equal(t, "still counted", total, 5)
		for bucket := range b.store.Buckets() {
			for must(b.store.Prune(ctx, storage.Bucket(bucket), storage.Retention{Events: now.AddDate(0, 0, 1)}, 2))(t) > 0 {
				continue
			}
		}
		same(t, "left", len(must(b.store.CountAsks(ctx, now.AddDate(0, 0, -2)))(t)), 0)
	},
	"offers that are to be made are due by themselves, a part at a time": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		in := askOf(b, 0, now).Bucket
		for n, of := range []struct{ state, flow string }{{"sending", "f"}, {"sending", "f"}, {"sending", "f"}, {"sending", ""}, {"scheduled", "f"}, {"sent", "f"}} {
			a := askOf(b, n, now)
			a.Bucket, a.State, a.Flow, a.Due = in, of.state, of.flow, now.Add(time.Duration(n)*time.Second)
			putAsk(t, b, a, nil)
		}
		customers := func(all []storage.Ask) (of []string) {
			for _, a := range all {
				of = append(of, a.Customer)
			}
			return of
		}
		same(t, "all but them", customers(must(b.store.AsksDue(ctx, in, now.Add(time.Minute), 9))(t)), []string{"C-3", "C-4", "C-5"})
		they := must(b.store.AsksSending(ctx, in, now.Add(time.Minute), storage.AskPlace{}, 2))(t)
		same(t, "they", customers(they), []string{"C-0", "C-1"})
		behind := storage.AskPlace{Due: they[1].Due, ID: they[1].ID}
		same(t, "behind two", customers(must(b.store.AsksSending(ctx, in, now.Add(time.Minute), behind, 2))(t)), []string{"C-2"})
		same(t, "so far", customers(must(b.store.AsksSending(ctx, in, now, storage.AskPlace{}, 9))(t)), []string{"C-0"})
	},
	"what is due is found among many that are not": func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now()
		by := map[storage.Bucket][]storage.AskChange{}
		for n := range 2000 {
			a := askOf(b, n, now)
			a.Due = now.Add(time.Duration(n-5) * time.Hour)
			by[a.Bucket] = append(by[a.Bucket], storage.AskChange{Ask: a})
		}
		for bucket, changes := range by {
			check(t, b.store.ChangeAsks(ctx, bucket, nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) {
				return changes, nil
			}))
		}
		due := 0
		for bucket := range b.store.Buckets() {
			due += len(must(b.store.AsksDue(ctx, storage.Bucket(bucket), now, 100))(t))
		}
		equal(t, "due", due, 6)
	},
}
