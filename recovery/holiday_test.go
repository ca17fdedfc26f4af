package recovery

import (
	"testing"
	"time"
)

// holidays are days on which a site is closed.
func holidays(days ...Date) []Holiday {
	all := make([]Holiday, 0, len(days))
	for _, d := range days {
		all = append(all, Holiday{From: d, To: d})
	}
	return all
}

func TestHolidaysByYearRangeAndHalfDay(t *testing.T) {
	berlin := in0(t, "Europe/Berlin")
	for _, row := range []struct{ holiday, from, span, due string }{
		{"2026-12-25", "2026-12-24 17:00", "1d", "2026-12-28 17:00"}, // a Friday
		{"12-25", "2026-12-24 17:00", "1d", "2026-12-28 17:00"},
		{"12-25", "2025-12-24 17:00", "1d", "2025-12-26 17:00"}, // each year
		{"2026-12-24 to 2027-01-01", "2026-12-23 17:00", "1d", "2027-01-04 17:00"},
		{"12-24 to 01-01", "2026-12-23 17:00", "1d", "2027-01-04 17:00"}, // over New Year
		{"12-24 to 01-01", "2030-12-31 10:00", "1h", "2031-01-02 10:00"},
		{"12-24 09:00-13:00", "2026-12-24 12:00", "2h", "2026-12-25 10:30"}, // what is usual, to 12:30
		{"12-24 11:00-24:00", "2026-12-24 08:00", "1h", "2026-12-24 12:00"},
		{"12-24 09:00-10:00", "2026-12-23 17:00", "1d", "2026-12-24 10:00"}, // a half day is a day
		{"12-26 to 12-27 09:00-13:00", "2026-12-25 17:30", "1h", "2026-12-28 09:30"},
		{"02-29", "2028-02-28 17:30", "1h", "2028-03-01 09:30"},
		{"02-29", "2027-02-26 17:30", "1h", "2027-03-01 09:30"}, // no such day
	} {
		var h Holiday
		if err := h.UnmarshalText([]byte(row.holiday)); err != nil {
			t.Fatal(err)
		}
		if back, err := h.MarshalText(); err != nil || string(back) != row.holiday {
			t.Errorf("%q is written %q (%v)", row.holiday, back, err)
		}
		var span Span
		if err := span.UnmarshalText([]byte(row.span)); err != nil {
			t.Fatal(err)
		}
		hours := Hours{Zone: berlin, Week: office, Holidays: []Holiday{h}}
		if got := hours.Due(wall(t, berlin, row.from), span); !got.Equal(wall(t, berlin, row.due)) {
			t.Errorf("%s, %s + %s: %v, want %s", row.holiday, row.from, row.span, got.In(berlin), row.due)
		}
	}
	for _, bad := range []string{
		"", "25.12.", "2026-02-30", "02-30", "13-01", "2026-12-24 to 12-26", "2026-12-26 to 2026-12-24", "12-24 13:00-09:00",
		"12-24 9-13", "12-24 until 12-26", "2026-12-24 to", "12-24 to 12-26 to 12-27", "09:00-13:00",
	} {
		var h Holiday
		if err := h.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is %+v", bad, h)
		}
	}
}

// Holidays that would close a site for good are refused.
func TestHolidaysLeaveTimeToWork(t *testing.T) {
	for _, ok := range []string{"12-24 to 01-06", "01-01 to 12-31 09:00-13:00", "2026-01-01 to 2026-12-31"} {
		rules := defaults()
		var h Holiday
		if err := h.UnmarshalText([]byte(ok)); err != nil {
			t.Fatal(err)
		}
		rules.Hours = Hours{Week: office, Holidays: []Holiday{h}}
		if problems := rules.Check(); len(problems) > 0 {
			t.Errorf("%s: %v", ok, problems)
		}
	}
	for _, bad := range []string{"01-01 to 12-31", "01-02 to 01-01", "2026-01-01 to 2036-12-31"} {
		rules := defaults()
		var h Holiday
		if err := h.UnmarshalText([]byte(bad)); err != nil {
			t.Fatal(err)
		}
		rules.Hours = Hours{Week: office, Holidays: []Holiday{h}}
		if problems := rules.Check(); len(problems) != 1 || problems[0].Path != "hours.holidays" {
			t.Errorf("%s: %v", bad, problems)
		}
	}
	if got := (Hours{Week: office, Holidays: holidays(Date{2026, time.March, 2})}); got.Open(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)) {
		t.Error("open on a holiday")
	}
}
