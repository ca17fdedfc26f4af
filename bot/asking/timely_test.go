package asking_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// Time asks, too: every customer again after a while, so many a day, and once whoever does not
// come any more; by the limits that hold for everybody.
func TestTimeAsksWhoComesAndWhoDoesNot(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers(`
triggers:
  - {name: quarterly, every: 90d, who: {events: {at_least: 3, within: 60d}}, when: {service: cut}, ask: six_measures, per_day: 2}
  - {name: gone, on: lost, intervals: 3, ask: lost_customer}
`)
		served := func(customer string, ago ...int) {
			for i, d := range ago {
				w.told(fmt.Sprint(customer, "-", i, "-", d), customer, func(e *storage.Event) { e.Ended = w.now.AddDate(0, 0, -d) })
			}
		}
		for i := range 5 {
			served(fmt.Sprint("often", i), 1, 30, 40)
		}
		served("once", 1)
		served("gone", 100, 110, 120, 130) // since 70 days: too long ago
		served("lost", 45, 55, 65, 75)
		asked := func(trigger string) (customers []string) {
			list, err := w.store.Asks(t.Context(), storage.AskFilter{Since: noon.AddDate(0, 0, -1), Trigger: trigger, Limit: 100})
			check(t, err)
			for _, x := range list {
				customers = append(customers, x.Customer+" "+x.State)
			}
			return customers
		}
		w.pass(time.Minute)
		if got := asked("quarterly"); len(got) != 2 {
			t.Errorf("on the first day: %q", got)
		}
		if got := fmt.Sprint(asked("gone")); got != "[lost handed_out]" {
			t.Errorf("who does not come any more: %s", got)
		}
		for range 6 {
			w.pass(24 * time.Hour)
		}
		if got := asked("quarterly"); len(got) != 5 {
			t.Errorf("within a week: %q", got)
		}
		if got := asked("gone"); len(got) != 1 {
			t.Errorf("who does not come any more is asked twice: %q", got)
		}
		for _, x := range asked("quarterly") {
			if x[:5] != "often" {
				t.Errorf("asked: %s", x)
			}
		}
	})
}
