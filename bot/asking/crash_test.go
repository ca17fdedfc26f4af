package asking_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// surveyIn is what each arm of the experiments of these tests is asked.
var surveyIn = map[string]string{"usual": "one_tap_csat", "other": "post_service_3"}

// TestACrashAsksNobodyTwice lets the process that asks die at each of its calls to the database,
// before and after the call, and another go on: everybody is asked once, by one decision, in one arm of an experiment.
func TestACrashAsksNobodyTwice(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers("triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m, experiment: {ask: post_service_3}}\n")
		inner := w.store
		calls, began, n := 1, 0, 0 // the first round, in which nobody dies, counts them
		for at := 0; at <= calls; at++ {
			for _, when := range []storagetest.When{storagetest.BeforeCall, storagetest.AfterCall} {
				n++
				customer, user := fmt.Sprint("C-", n), fmt.Sprint(1000+n)
				w.linked(customer, user)
				before := len(w.questions(user))
				e := storage.Event{Source: "till", ID: customer, State: storage.EventDone, Site: "main", Ended: w.now, Customer: &storage.EventCustomer{ID: customer}}
				_, err := inner.PutEvents(t.Context(), []storage.Event{e}, w.now, false)
				check(t, err)

				mortal := storagetest.Crashing(inner, (began+at)*min(at, 1), when)
				w.on(mortal)
				if at == 0 {
					began = mortal.Calls()
				}
				for range 2 {
					_ = w.asking.Look(t.Context()) // it may be dead
				}
				if at == 0 {
					calls = mortal.Calls() - began
				}
				w.on(inner)
				w.pass(30 * time.Second)
				x := w.asked(customer, customer)
				if got := len(w.questions(user)) - before; got != 1 || x.State != "sent" {
					t.Fatalf("dead at call %d (%v): asked %d times, and it is %s %s", at, when, got, x.State, x.Reason)
				}
				all, err := inner.AskDecisions(t.Context(), x.Bucket, []string{x.ID})
				if err != nil || len(all) != 1 {
					t.Fatalf("dead at call %d: %d decisions, %v", at, len(all), err)
				}
				s, err := inner.Session(t.Context(), x.At, x.Session)
				check(t, err)
				if flow := surveyIn[x.Arm]; x.Arm == "" || all[0].Evidence["arm"] != x.Arm || s.Flow != flow {
					t.Fatalf("dead at call %d: decided for the arm %q, kept as %q, and asked %s", at, all[0].Evidence["arm"], x.Arm, s.Flow)
				}
			}
		}
		if calls < 20 {
			t.Errorf("only %d calls: the test shows little", calls)
		}
	})
}
