package storage

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// TestWhoIsErasedCountsAsBefore makes nobody's what somebody was asked because they stay away: it stays apart from what
// customers say.
func TestWhoIsErasedCountsAsBefore(t *testing.T) {
	as := Anonymous{Day: func(_ string, at time.Time) time.Time { return at.Truncate(24 * time.Hour) }}
	facts := recovery.Facts{Class: survey.Relationship, Lost: true}
	s := as.Session(Session{Session: survey.Session{Flow: "own"}, Facts: facts}, "s", "")
	i := as.Invitation(Invitation{Flow: "own", Facts: facts}, "i", "s")
	for what, left := range map[string]recovery.Facts{"conversation": s.Facts, "invitation": i.Facts} {
		if got := CountedAs(left.Class, "own", left); got != survey.Class(OfLost) {
			t.Errorf("the %s counts as %q", what, got)
		}
	}
}
