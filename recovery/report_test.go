package recovery

import (
	"testing"
	"time"
)

// TestReportsAreDueOnMondaysAndOnTheFirst walks an hour at a time through half a year with both changes of the clock.
func TestReportsAreDueOnMondaysAndOnTheFirst(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	r := Report{Weekly: []Minute{8 * 60}, Monthly: []Minute{9 * 60}}
	seen := map[Reporting]time.Time{}
	for now := time.Date(2026, 2, 20, 0, 30, 0, 0, time.UTC); now.Year() == 2026; now = now.Add(time.Hour) {
		for _, due := range r.Due(now, zone) {
			if _, ok := seen[due]; !ok {
				seen[due] = now
			}
			at := due.At.In(zone)
			if due.At.After(now) || now.Sub(due.At) >= ReportLate || at.Minute() != 0 {
				t.Fatalf("at %v: %+v", now, due)
			}
			switch {
			case !due.Month && (at.Weekday() != time.Monday || at.Hour() != 8), due.Month && (at.Day() != 1 || at.Hour() != 9):
				t.Fatalf("at %v: %+v", now, due)
			}
		}
	}
	weeks, months := 0, 0
	for due, at := range seen {
		if at.Sub(due.At) > time.Hour {
			t.Errorf("%+v was seen at %v only", due, at)
		}
		if due.Month {
			months++
		} else {
			weeks++
		}
	}
	if weeks != 45 || months != 10 {
		t.Errorf("%d weeks and %d months", weeks, months)
	}
	due := r.Due(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), zone)
	want := []Reporting{
		{false, time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC), "2026-02-23", "2026-03-01", "2026-02-16"},
		{true, time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), "2026-02-01", "2026-02-28", "2026-01-01"},
	}
	if len(due) != 2 || due[0] != want[0] || due[1] != want[1] {
		t.Errorf("due are %+v, want %+v", due, want)
	}
	if got := (Report{}).Due(due[0].At, zone); got != nil {
		t.Errorf("nothing is asked for, and due is %+v", got)
	}
}
