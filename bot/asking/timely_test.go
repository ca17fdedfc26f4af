package asking_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/storage"
)

// Time asks, too: every customer again after a while, so many a day, and once whoever does not
// come any more; by the limits that hold for everybody.
func TestTimeAsksWhoComesAndWhoDoesNot(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers(`
triggers:
  - {name: quarterly, every: 90d, who: {events: {at_least: 3, within: 60d}}, when: {service: cut}, ask: six_measures, per_day: 2}
  - {name: gone, on: lost, intervals: 3, ask: one_tap_csat}
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
		for of, want := range map[storage.Of]int{storage.OfLost: 1, storage.OfCustomers: 5} { // why, and not by which survey, says whose figures it is in
			f := storage.FigureFilter{Sites: []string{"main"}, From: "2026-01-01", To: "2026-12-31", Limit: 100, Of: of}
			if list, _, err := w.store.Asked(t.Context(), f); err != nil || len(list) != want {
				t.Errorf("asked of %q are %d, not %d: %v", of, len(list), want, err)
			}
		}
		for _, x := range asked("quarterly") {
			if x[:5] != "often" {
				t.Errorf("asked: %s", x)
			}
		}
	})
}

// What a dry run says of triggers that wait for time is what then happens: how many customers each
// asks, also where it asks at some hours of the week alone; and at no other hour is anybody asked.
func TestADryRunSaysWhatTimeThenDoes(t *testing.T) {
	const file = `
triggers:
  - {name: often, every: 10d, who: {events: {at_least: 2, within: 40d}}, when: {service: cut}, ask: six_measures, between: {week: {tue: ["10:00-12:00"], thu: ["14:00-17:00"]}}}
  - {name: gone, on: lost, intervals: 3, ask: lost_customer}
contact:
  classes: {relationship: {every: 5d}, transactional: {every: 5d}}
  cap: {offers: 0}
  wait: 6d
`
	engines(t, func(t *testing.T, w *world) {
		berlin, err := time.LoadLocation("Europe/Berlin") // where the site is
		check(t, err)
		r := rand.New(rand.NewPCG(3, 4))
		var customers []string
		for c := range 6 {
			customer := fmt.Sprint("C-", c)
			customers = append(customers, customer)
			for i := range 2 + r.IntN(4) {
				w.told(fmt.Sprint(customer, "-", i), customer, func(e *storage.Event) {
					e.Ended = w.now.AddDate(0, 0, -4*i-r.IntN(4)-1)
					e.Service = []string{"cut", "cut", "colour"}[c%3]
				})
			}
		}
		w.triggers(file)
		begin := w.now
		for range 30 {
			w.passes(24 * time.Hour)
		}
		p, err := triggerfile.Parse([]byte(file))
		check(t, err)
		tried, err := w.asking.Try(t.Context(), p, begin, nil)
		check(t, err)
		for _, x := range tried.Triggers {
			all, err := w.store.Asks(t.Context(), storage.AskFilter{Since: begin, Trigger: x.Name, Limit: 1000})
			check(t, err)
			asked := 0
			for _, a := range all {
				if a.Sent.IsZero() {
					continue
				}
				asked++
				here := a.Sent.In(berlin)
				if day, hour := here.Weekday(), here.Hour(); x.Name == "often" &&
					!(day == time.Tuesday && hour >= 10 && hour < 12) && !(day == time.Thursday && hour >= 14 && hour < 17) {
					t.Errorf("somebody is asked on %s", here)
				}
			}
			if asked != x.WouldAsk || asked == 0 {
				t.Errorf("%s asked %d of %v; the dry run says %d (%v)", x.Name, asked, customers, x.WouldAsk, x.NotAsked)
			}
		}
	})
}
