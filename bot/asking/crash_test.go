package asking_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// surveyIn is what each arm of the experiments of these tests is asked.
var surveyIn = map[string]string{"usual": "one_tap_csat", "other": "post_service_3"}

// Whoever dies after a call leaves stored what they leave who die before the next one.
var afterCalls = flag.Bool("aftercalls", false, "let processes die after each call to the database too, not before it alone")

// deaths are the sides of a call to the database at which processes die.
func deaths() []storagetest.When {
	if *afterCalls {
		return []storagetest.When{storagetest.BeforeCall, storagetest.AfterCall}
	}
	return []storagetest.When{storagetest.BeforeCall}
}

// atEveryCall has something happen time after time, looks at it in a process that dies at one of its calls to the
// database, on each of these sides of the call, has another go on, and then sees what became of it. happen is told how
// often it was called, seen where the process died. The first process does not die: it counts the calls.
func (w *world) atEveryCall(looks int, sides []storagetest.When, happen func(n int), seen func(dead string)) {
	w.t.Helper()
	inner := w.store
	calls, began, n := 1, 0, 0
	for at := 0; at <= calls; at++ {
		for _, when := range sides {
			n++
			happen(n)
			mortal := storagetest.Crashing(inner, (began+at)*min(at, 1), when)
			w.on(mortal)
			if at == 0 {
				began = mortal.Calls()
			}
			for range looks {
				_ = w.asking.Look(w.t.Context()) // it may be dead
			}
			if at == 0 {
				calls = mortal.Calls() - began
			}
			w.on(inner)
			w.pass(30 * time.Second)
			seen(fmt.Sprintf("dead at call %d (%v)", at, when))
		}
	}
	if calls < 20 {
		w.t.Errorf("only %d calls: the test shows little", calls)
	}
}

// TestACrashAsksNobodyTwice lets the process that asks die at each of its calls to the database, and another go
// on: everybody is asked once, by one decision, in one arm of an experiment.
func TestACrashAsksNobodyTwice(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers("triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m, experiment: {ask: post_service_3}}\n")
		var customer, user string
		before := 0
		w.atEveryCall(2, deaths(), func(n int) {
			customer, user = fmt.Sprint("C-", n), fmt.Sprint(1000+n)
			w.linked(customer, user)
			before = len(w.questions(user))
			e := storage.Event{Source: "till", ID: customer, State: storage.EventDone, Site: "main", Ended: w.now, Customer: &storage.EventCustomer{ID: customer}}
			_, err := w.store.PutEvents(t.Context(), []storage.Event{e}, w.now, false)
			check(t, err)
		}, func(dead string) {
			x := w.asked(customer, customer)
			if got := len(w.questions(user)) - before; got != 1 || x.State != "sent" {
				t.Fatalf("%s: asked %d times, and it is %s %s", dead, got, x.State, x.Reason)
			}
			all, err := w.store.AskDecisions(t.Context(), x.Bucket, []string{x.ID})
			if err != nil || len(all) != 1 {
				t.Fatalf("%s: %d decisions, %v", dead, len(all), err)
			}
			s, err := w.store.Session(t.Context(), x.At, x.Session)
			check(t, err)
			if flow := surveyIn[x.Arm]; x.Arm == "" || all[0].Evidence["arm"] != x.Arm || s.Flow != flow {
				t.Fatalf("%s: decided for the arm %q, kept as %q, and asked %s", dead, all[0].Evidence["arm"], x.Arm, s.Flow)
			}
		})
	})
}
