package sqlstore

import (
	"testing"
	"time"
)

// TestAMonthIsReadInPartsThatFitAStatement: every day is in one part, and no part has more days than it needs.
func TestAMonthIsReadInPartsThatFitAStatement(t *testing.T) {
	for _, month := range []string{"2024-02", "2026-02", "2026-03", "2026-04"} {
		first, err := time.Parse("2006-01", month)
		if err != nil {
			t.Fatal(err)
		}
		last := first.AddDate(0, 1, -1)
		for _, n := range []int{0, 1, readAtOnce - 1, readAtOnce, 3 * readAtOnce, 12 * readAtOnce, 400_000, 10_000_000} {
			day, most := first, 0
			list := parts(first, last, n)
			for _, part := range list {
				days := 0
				for day.Format(time.DateOnly) <= part[1] && !day.After(last) {
					if days == 0 && day.Format(time.DateOnly) != part[0] {
						t.Fatalf("%s with %d conversations: a part begins at %s, want %s", month, n, part[0], day.Format(time.DateOnly))
					}
					day, days = day.AddDate(0, 0, 1), days+1
				}
				most = max(most, days)
			}
			if !day.After(last) {
				t.Errorf("%s with %d conversations: %s is in no part", month, n, day.Format(time.DateOnly))
			}
			of := last.Day()
			if most > 1 && n*most/of > readAtOnce {
				t.Errorf("%s with %d conversations: a part has %d days, about %d conversations", month, n, most, n*most/of)
			}
			if n < readAtOnce && len(list) != 1 {
				t.Errorf("%s with %d conversations is read in %d parts, want 1", month, n, len(list))
			}
		}
	}
}
