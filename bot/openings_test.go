package bot

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// TestACaseIsCountedOnceWhateverComesBetweenItsCommitAndItsCount: a look at the database sees
// a case before this process has counted it, and the other way round.
func TestACaseIsCountedOnceWhateverComesBetweenItsCommitAndItsCount(t *testing.T) {
	minute := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	in := func(n int) []recovery.CasesOpened {
		return []recovery.CasesOpened{{Site: "main", Minute: minute, P1: n}}
	}
	var o openings
	known := func(when string, want int) {
		t.Helper()
		sum := 0
		for _, opened := range o.all()["main"] {
			sum += opened.P1 + opened.P2 + opened.P3
		}
		if sum != want {
			t.Errorf("%s: %d are known, want %d", when, sum, want)
		}
	}
	o.add("main", minute.Add(time.Second), recovery.P1)
	known("a commit of this process", 1)
	o.look()
	known("while the database is looked at", 1)
	o.learned(in(1))
	known("once it was looked at", 1)
	o.look() // the next look sees a case that is committed and not counted here yet
	o.learned(in(2))
	known("seen before it was counted", 2)
	o.add("main", minute.Add(2*time.Second), recovery.P1)
	o.look()
	o.learned(in(2))
	known("after the next look", 2)
	o.look() // this one fails
	o.add("main", minute.Add(3*time.Second), recovery.P1)
	known("after a look that failed", 3)
	o.look()
	o.add("main", minute.Add(4*time.Second), recovery.P1) // committed after the look
	o.learned(in(3))
	known("counted while the database was looked at", 4)
	o.add("main", minute, recovery.None)
	known("the watch list", 4)
}
