package recovery

import (
	"testing"
	"time"
)

func TestCaseNames(t *testing.T) {
	for _, row := range []struct {
		bucket, number int
		want           string
	}{{0, 17, "A-17"}, {25, 1, "Z-1"}, {26, 2, "AA-2"}, {27, 3, "AB-3"}, {701, 4, "ZZ-4"}, {702, 5, "AAA-5"}} {
		if got := (Case{Bucket: row.bucket, Number: row.number}).Name(); got != row.want {
			t.Errorf("bucket %d, number %d: %q, want %q", row.bucket, row.number, got, row.want)
		}
	}
}

func TestClocksByPriority(t *testing.T) {
	opened := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for p, want := range map[Priority]Clocks{
		P1: {opened.Add(15 * time.Minute), opened.Add(time.Hour), opened.Add(24 * time.Hour)},
		P2: {opened.Add(30 * time.Minute), opened.Add(4 * time.Hour), opened.Add(48 * time.Hour)},
		P3: {opened.Add(4 * time.Hour), opened.Add(24 * time.Hour), opened.Add(5 * 24 * time.Hour)},
	} {
		if got := DueFrom(p, opened); got != want {
			t.Errorf("%v: %+v, want %+v", p, got, want)
		}
	}
	if got := DueFrom(None, opened); got != (Clocks{}) {
		t.Errorf("no case has the clocks %+v", got)
	}
}
