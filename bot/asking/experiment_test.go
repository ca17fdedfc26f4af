package asking_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
)

// armed is how often an arm was asked, and answered.
type armed struct{ Asked, Answered int }

// TestAnExperimentIsAskedKeptAndCounted tells of services of many customers, some of whom answer: each is asked as
// their arm is, which is the same for a later process, and what is counted is what happened.
func TestAnExperimentIsAskedKeptAndCounted(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers("triggers:\n  - {name: visit, ask: one_tap_csat, after: 1h, experiment: {name: words, ask: post_service_3}}\n")
		const n = 24
		want, began := map[string]armed{}, w.now
		for i := range n {
			customer := fmt.Sprint("C-", i)
			w.linked(customer, fmt.Sprint(1000+i))
			w.told(customer, customer)
		}
		before := map[string]string{}
		for i := range n {
			x := w.asked(fmt.Sprint("C-", i), fmt.Sprint("C-", i))
			before[x.Customer] = x.Arm
		}
		w.start() // another process
		for i := range n {
			w.told(fmt.Sprint("C-", i), fmt.Sprint("C-", i), func(e *storage.Event) { e.Service, e.Ended = "colour", began }) // told once more, and planned anew
		}
		w.pass(2 * time.Hour)
		for i := range n {
			customer, user := fmt.Sprint("C-", i), fmt.Sprint(1000+i)
			x := w.asked(customer, customer)
			all, err := w.store.AskDecisions(t.Context(), x.Bucket, []string{x.ID})
			check(t, err)
			last := all[len(all)-1].Evidence
			if x.Arm == "" || x.Arm != before[customer] || x.Flow != surveyIn[x.Arm] || last["arm"] != x.Arm || last["experiment"] != x.Experiment || x.State != "sent" {
				t.Errorf("%s was in %q, is in %q of %q, is asked %s (%s), decided by %v", customer, before[customer], x.Arm, x.Experiment, x.Flow, x.State, last)
			}
			a := want[x.Arm]
			a.Asked++
			if i%3 == 0 {
				w.answersAll(user)
				a.Answered++
			}
			want[x.Arm] = a
		}
		for b := range storage.Bucket(w.store.Buckets()) {
			for more := true; more; {
				got, err := w.store.Fold(t.Context(), b, bot.Rows(w.bot), 100)
				check(t, err)
				more = got.More
			}
		}
		f := storage.FigureFilter{Sites: []string{"main"}, Limit: 100}
		list, more, err := w.store.Experimented(t.Context(), f, began)
		check(t, err)
		got := map[string]armed{}
		for _, x := range list {
			a := got[x.Arm]
			a.Asked++
			if x.Answered {
				a.Answered++
			}
			got[x.Arm] = a
			if x.Experiment != "words/50/ask/one_tap_csat/post_service_3" {
				t.Errorf("it is kept as %q", x.Experiment)
			}
		}
		if d := cmp.Diff(want, got); d != "" || more || len(got) != 2 {
			t.Errorf("%s %v", d, more)
		}

		w.triggers("triggers:\n  - {name: visit, ask: post_service_3, after: 1h}\n") // it ends with the other arm
		w.told("after", "C-100")
		if x := w.asked("after", "C-100"); x.Flow != "post_service_3" || x.Arm != "" || x.Experiment != "" {
			t.Errorf("after it has ended: %+v", x)
		}
	})
}
