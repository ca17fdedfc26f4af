package asking_test

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// TestConditionsLookAtTheClassThatIsKept: a trigger on a class by value asks whoever has it, whoever gave it to
// them and however long ago; what a service tells comes first; and a dry run says the same.
func TestConditionsLookAtTheClassThatIsKept(t *testing.T) {
	const file = `
triggers:
  - {name: best, when: {tier: MVC}, ask: six_measures, after: 0m}
  - {name: others, ask: one_tap_csat, after: 0m}
`
	engines(t, func(t *testing.T, w *world) {
		w.triggers(file)
		begin := w.now
		by := func(id, customer, tier string) string {
			t.Helper()
			w.now = w.now.Add(time.Hour)
			w.told(id, customer, func(e *storage.Event) { e.Customer.Tier = tier })
			w.pass(time.Minute)
			return w.asked(id, customer).Trigger
		}
		for _, x := range []struct{ id, customer, tier, want string }{
			{"1", "told", "MVC", "best"}, {"2", "none", "", "others"}, {"3", "staff", "", "others"}, {"4", "less", "MVC", "best"},
		} {
			if got := by(x.id, x.customer, x.tier); got != x.want {
				t.Errorf("%s is asked by %s, not %s", x.customer, got, x.want)
			}
		}
		if _, err := w.store.SetTier(t.Context(), storage.TierChange{Customer: "staff", At: w.now, Tier: recovery.MVC, Told: storage.TierByStaff + "mei"}); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.AddDate(0, 0, 100) // nobody was asked lately
		for _, x := range []struct{ id, customer, tier, want string }{
			{"5", "told", "", "best"}, {"6", "staff", "", "best"}, {"7", "less", "BZ", "others"}, {"8", "none", "", "others"},
		} {
			if got := by(x.id, x.customer, x.tier); got != x.want {
				t.Errorf("later %s is asked by %s, not %s", x.customer, got, x.want)
			}
		}
		p, err := triggerfile.Parse([]byte(file))
		check(t, err)
		tried, err := w.asking.Try(t.Context(), p, begin, nil)
		check(t, err)
		if best, others := tried.Triggers[0], tried.Triggers[1]; best.Matched != 4 || others.Matched != 4 {
			t.Errorf("the dry run has %d and %d: %+v", best.Matched, others.Matched, tried.Differences)
		}
	})
}
