package asking_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/storage"
)

// TestManyPlanAtOnce has callers of the API tell of services, several of them of the same, while two
// processes ask: each service makes one ask, which is decided once, and everybody is told the same.
func TestManyPlanAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		const services, callers = 60, 4
		w.triggers("triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\n")
		w.now = w.now.Add(time.Minute)
		ctx := t.Context()
		other := asking.New(asking.Config{Store: w.store, Bot: w.bot, Clock: func() time.Time { return w.now }})
		var all sync.WaitGroup
		said := make([]map[string]string, callers)
		for c := range callers {
			all.Go(func() {
				said[c] = map[string]string{}
				for i := range services {
					e := storage.Event{
						Source: "till", ID: fmt.Sprint("e", i), State: storage.EventDone, Site: "main", Ended: noon,
						Customer: &storage.EventCustomer{ID: fmt.Sprint("C-", i)},
					}
					if _, err := w.store.PutEvents(ctx, []storage.Event{e}, w.now, false); err != nil {
						t.Error(err)
						return
					}
					answers, err := w.asking.Told(ctx, []string{e.Name()})
					if err != nil || answers[e.Name()].Invitation == nil {
						t.Errorf("%s is answered %+v, %v", e.Name(), answers[e.Name()].NotAsked, err)
						return
					}
					said[c][e.Name()] = answers[e.Name()].Invitation.ID
				}
			})
		}
		for _, a := range []*asking.Asking{w.asking, other} {
			all.Go(func() {
				for range 6 {
					if err := a.Look(ctx); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		w.pass(time.Minute)
		for i := range services {
			name, customer := fmt.Sprint("e", i), fmt.Sprint("C-", i)
			x := w.asked(name, customer)
			asks, err := w.store.AsksAfter(ctx, customer, "till:"+name)
			check(t, err)
			decided, err := w.store.AskDecisions(ctx, x.Bucket, []string{x.ID})
			if check(t, err); len(asks) != 1 || len(decided) != 1 || x.State != "handed_out" {
				t.Errorf("%s: %d asks, %d decisions, %s", name, len(asks), len(decided), x.State)
			}
			for c := range said {
				if said[c]["till:"+name] != x.ID {
					t.Errorf("of %s caller %d is told %q, not %q", name, c, said[c]["till:"+name], x.ID)
				}
			}
		}
	})
}
