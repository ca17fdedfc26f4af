package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

func init() {
	inboxTests["a customer's class by value changes with what is newer, and what it was is kept"] = func(t *testing.T, b *bench) {
		ctx, now := t.Context(), b.clock.Now().UTC().Truncate(time.Microsecond)
		day := func(n int) time.Time { return now.AddDate(0, 0, n) }
		told := func(id, customer string, at time.Time, tier recovery.Tier) storage.Event {
			return storage.Event{Source: "till", ID: id, State: storage.EventDone, Site: "a", Ended: at, Customer: &storage.EventCustomer{ID: customer, Tier: string(tier)}}
		}
		put := func(partial bool, all ...storage.Event) {
			t.Helper()
			if _, err := b.store.PutEvents(ctx, all, now, partial); err != nil {
				t.Fatal(err)
			}
		}
		is := func(customer string, want ...string) {
			t.Helper()
			var got []string
			all := must(b.store.TiersOf(ctx, customer))(t)
			for _, c := range all {
				got = append(got, fmt.Sprintf("%s %s %s %d", c.Customer, c.Tier, c.Told, int(c.At.Sub(now).Round(time.Hour).Hours()/24)))
			}
			same(t, "the classes of "+customer, got, want)
			last := recovery.Tier("")
			if len(all) > 0 {
				last = all[len(all)-1].Tier
			}
			same(t, "the class of "+customer, must(b.store.Customer(ctx, customer))(t).Tier, last)
			among := must(b.store.TiersAmong(ctx, []string{"nobody", customer}))(t)
			equal(t, "the changes among others of "+customer, len(among), len(all))
			for i := range among {
				same(t, "a change of "+customer, among[i], all[i])
			}
			same(t, "the class now of "+customer, must(b.store.TiersNow(ctx, []string{customer, "nobody"}))(t)[customer], last)
		}
		// In one batch, in any order, with one who has no class, one who is new, and a service that is still to come.
		put(false, told("3", "ann", day(-1), recovery.MVC), told("1", "ann", day(-30), recovery.MGC), told("2", "ann", day(-20), recovery.MGC), told("4", "bo", day(-9), ""), told("5", "cy", day(9), recovery.BZ))
		is("ann", "ann MGC till -30", "ann MVC till -1")
		is("bo")
		is("cy", "cy BZ till 0")
		// What is older than the newest change changes nothing, what is known and what contradicts it neither.
		put(false, told("6", "ann", day(-5), recovery.BZ), told("3", "ann", day(-1), recovery.MVC))
		put(true, told("4", "bo", day(-9), recovery.MVC))
		is("ann", "ann MGC till -30", "ann MVC till -1")
		is("bo")
		// A late word about the time in which a class was confirmed changes nothing.
		put(false, told("7", "ella", day(-30), recovery.MGC))
		put(false, told("8", "ella", day(-3), recovery.MGC), told("9", "ella", day(-2), recovery.MGC))
		put(false, told("10", "ella", day(-10), recovery.MVC))
		is("ella", "ella MGC till -30")
		same(t, "when it was confirmed", must(b.store.TiersOf(ctx, "ella"))(t)[0].Confirmed, day(-2))
		put(false, told("11", "ella", day(-1), recovery.MVC))
		is("ella", "ella MGC till -30", "ella MVC till -1")
		check(t, b.store.EndErasure(ctx, storage.Erasure{ID: "ella", Of: storage.Anchor{Customers: []string{"ella"}}}))
		// A person, and an event that is corrected.
		set := func(c storage.TierChange) bool { t.Helper(); return must(b.store.SetTier(ctx, c))(t) }
		if set(storage.TierChange{Customer: "ann", At: now, Tier: recovery.MVC}) || set(storage.TierChange{Customer: "ann", At: day(-2), Tier: recovery.Normal}) {
			t.Error("what says the same, or is older, changed something")
		}
		if !set(storage.TierChange{Customer: "ann", At: now, Tier: recovery.Normal, Told: storage.TierByStaff + "mei"}) {
			t.Error("a person changed nothing")
		}
		_, err := b.store.ChangeEvent(ctx, "till", "4", now, func(e *storage.Event) (*storage.Event, error) {
			e.Customer.Tier = string(recovery.MGC)
			return e, nil
		})
		check(t, err)
		is("ann", "ann MGC till -30", "ann MVC till -1", "ann normal staff:mei 0")
		is("bo", "bo MGC till -9")
		check(t, b.store.PutCustomer(ctx, storage.Customer{ID: "di", Name: "Di", Tier: recovery.MGC, Created: day(-3)}))
		check(t, b.store.PutCustomer(ctx, storage.Customer{ID: "di", Name: "Diana", Tier: recovery.MVC, Created: day(-2)}))
		is("di", "di MGC invitation -3", "di MVC invitation -2")
		if _, err := b.store.SetTier(ctx, storage.TierChange{Customer: "nobody", At: now, Tier: recovery.MVC}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("of nobody: %v", err)
		}
		// All of them, two at a time, and after one of them was erased.
		all := func() (got []string) {
			for after := (storage.TierChange{}); ; {
				some := must(b.store.TiersAfter(ctx, after, 2))(t)
				for _, c := range some {
					got = append(got, c.Customer+" "+string(c.Tier))
					after = c
				}
				if len(some) < 2 {
					return got
				}
			}
		}
		same(t, "all of them", all(), []string{"ann MGC", "ann MVC", "ann normal", "bo MGC", "cy BZ", "di MGC", "di MVC"})
		d := must(b.store.Dossier(ctx, storage.Anchor{Customers: []string{"ann"}}))(t)
		same(t, "in what is known of a person", len(d.Tiers), 3)
		check(t, b.store.EndErasure(ctx, storage.Erasure{ID: "x", Of: storage.Anchor{Customers: []string{"ann"}}}))
		same(t, "without who was erased", all(), []string{"bo MGC", "cy BZ", "di MGC", "di MVC"})
	}
}
