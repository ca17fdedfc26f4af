package asking_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/storage"
)

// TestADryRunSaysWhatThenHappens tells of random services of some customers, has time pass until
// all is decided, and compares what happened with what the dry run says, event by event.
func TestADryRunSaysWhatThenHappens(t *testing.T) {
	const file = `
triggers:
  - {name: colour, when: {service: colour}, ask: post_service_3, after: 2h, sample: 60}
  - {name: visit, ask: one_tap_csat, after: 1h, stale: 2d, experiment: {after: 5h}}
contact:
  classes: {transactional: {every: 4d, same_flow: 10d}}
  cap: {offers: 3, within: 30d}
`
	engines(t, func(t *testing.T, w *world) {
		r := rand.New(rand.NewPCG(1, 2))
		for c := range 4 {
			w.linked(fmt.Sprint("C-", c), fmt.Sprint(100+c))
		}
		w.triggers(file)
		begin := w.now
		customers := map[string]string{}
		for i := range 40 {
			w.passes(time.Duration(r.IntN(16)) * time.Hour)
			id, customer := fmt.Sprint("e", i), fmt.Sprint("C-", r.IntN(6))
			customers["till:"+id] = customer
			w.told(id, customer, func(e *storage.Event) {
				e.Service = []string{"cut", "colour"}[r.IntN(2)]
				e.Ended = w.now.Add(-time.Duration(r.IntN(60)) * time.Hour)
				e.Customer.Zone = []string{"", "America/New_York", "Asia/Kathmandu"}[r.IntN(3)]
			})
		}
		w.passes(7 * 24 * time.Hour)
		p, err := triggerfile.Parse([]byte(file))
		check(t, err)
		tried, err := w.asking.Try(t.Context(), p, begin.AddDate(0, 0, -5), nil)
		check(t, err)
		for _, d := range tried.Differences {
			t.Errorf("%s of %s was %s, and would be %s", d.Event, d.Customer, d.Was, d.Would)
		}
		arms := tried.Triggers[1].Arms
		if n := arms[invitation.UsualArm] + arms[invitation.OtherArm]; n != tried.Triggers[1].WouldAsk || len(arms) != 2 || tried.Triggers[0].Arms != nil {
			t.Errorf("the dry run counts %v of %d in arms", arms, tried.Triggers[1].WouldAsk)
		}
		asked, total := 0, 0
		reasons := map[string]int{}
		for name, customer := range customers {
			x := w.asked(strings.TrimPrefix(name, "till:"), customer)
			total++
			if !x.Sent.IsZero() {
				asked++
			} else {
				reasons[x.Reason]++
			}
			if x.State == "scheduled" || x.State == "sending" {
				t.Errorf("%s is still %s", name, x.State)
			}
		}
		if tried.WouldAsk != asked || tried.Events != total || asked < 6 || len(reasons) < 3 {
			t.Errorf("%d of %d were asked (%v); the dry run says %d of %d (%v)", asked, total, reasons, tried.WouldAsk, tried.Events, tried.NotAsked)
		}
	})
}
