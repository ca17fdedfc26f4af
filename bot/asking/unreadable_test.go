package asking_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/storage"
)

// damages has nobody be able to read some records.
func (w *world) damages(table, column, like string) {
	w.t.Helper()
	db, err := w.raw()
	check(w.t, err)
	defer db.Close()
	done, err := db.ExecContext(w.t.Context(), fmt.Sprintf("UPDATE %s SET body = '[]' WHERE %s LIKE '%s'", table, column, like))
	check(w.t, err)
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		w.t.Fatalf("nothing of %s is damaged: %v", table, err)
	}
}

// TestOneRecordThatCannotBeReadStopsNobodyElse: of one customer some record cannot be read that a round reads. Others
// are asked in the same round, in the same bucket and in every other, and those who are late are brought to staff.
func TestOneRecordThatCannotBeReadStopsNobodyElse(t *testing.T) {
	for table, damage := range map[string]func(w *world){
		"sessions":   func(w *world) { w.damages("sessions", "id", w.asked("1", "broken").Session) },
		"identities": func(w *world) { w.damages("identities", "customer", "broken") },
		"cases":      func(w *world) { w.damages("cases", "id", w.opened("broken").ID) },
		"events":     func(w *world) { w.damages("events", "name", "till:3") },
		"asks":       func(w *world) { w.damages("asks", "event", "till:1") },
		"the ask":    func(w *world) { w.damages("asks", "event", "till:3") },
		"to plan":    func(w *world) { w.damages("events", "name", "till:4") },
	} {
		t.Run(strings.ReplaceAll(table, " ", "_"), func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, w *world) {
				w.linked("broken", "7")
				w.triggers(unheard)
				w.told("1", "broken", lateBy(time.Hour))
				w.pass(2 * time.Hour)
				if table == "cases" {
					w.taps("7")
				}
				others := map[storage.Bucket]string{}
				for i := 0; len(others) < w.store.Buckets(); i++ {
					id := fmt.Sprint("C-", i)
					others[storage.AskBucket(id, w.store.Buckets())] = id
				}
				w.told("3", "broken")
				e := storage.Event{Source: "till", ID: "4", State: storage.EventDone, Site: "main", Ended: w.now, Customer: &storage.EventCustomer{ID: "broken"}}
				_, err := w.store.PutEvents(t.Context(), []storage.Event{e}, w.now, false)
				check(t, err)
				for _, id := range others {
					w.told(id, id, lateBy(time.Hour))
				}
				damage(w)
				w.now = w.now.Add(90 * time.Minute)
				check(t, w.asking.Look(t.Context()))
				for b, id := range others {
					if got := w.state(id, id); got != "handed_out" {
						t.Errorf("in bucket %d they are %s", b, got)
					}
				}
				w.now = w.now.Add(48 * time.Hour)
				check(t, w.asking.Look(t.Context()))
				for b, id := range others {
					if x, _ := w.watch(id, id); x.State != "opened" {
						t.Errorf("in bucket %d the late service is %s %s", b, x.State, x.Reason)
					}
				}
			})
		})
	}
}

// TestOneWhoCannotBeToldKeepsNobodyElseWaiting: the first of those who said why cannot be decided about, or told. The
// others are, of this change and of the next, and both end.
func TestOneWhoCannotBeToldKeepsNobodyElseWaiting(t *testing.T) {
	for table, column := range map[string]string{"identities": "customer", "sessions": "customer"} {
		t.Run(table, func(t *testing.T) {
			engines(t, func(t *testing.T, w *world) {
				_ = w.said("1", "A-broken", "en", 1)
				whole := w.said("2", "C-whole", "en", 1)
				for _, id := range []string{"i1", "i2"} {
					w.changes(id)
					check(t, asking.Telling{By: w.asking}.Say(t.Context(), id, "robin", tills, storage.Audit{}))
				}
				w.damages(table, column, "A-broken")
				for range 3 {
					w.pass(time.Minute)
				}
				if got := w.heard(whole); len(got) != 2 {
					t.Errorf("who can be told is told %d times", len(got))
				}
			})
		})
	}
}

// TestWhatIsUnreadableIsNoDatabaseThatIsAway: a record that cannot be read is told as that.
func TestWhatIsUnreadableIsNoDatabaseThatIsAway(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.told("1", "C-1")
		w.damages("events", "name", "till:1")
		_, err := w.store.EventsOf(t.Context(), []string{"till:1"})
		if !errors.Is(err, storage.ErrUnreadable) || errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("it is %v", err)
		}
	})
}
