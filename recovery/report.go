package recovery

import (
	"fmt"
	"time"
)

// Report says what leads of a site are told of its figures by themselves. Nothing is, unless it is named here.
type Report struct {
	Weekly  []Minute `json:"weekly,omitempty"`  // on Mondays, at this time at the site, of the week before; empty = not
	Monthly []Minute `json:"monthly,omitempty"` // on the first of a month, of the month before; empty = not
	Target  int      `json:"target,omitempty"`  // how many per cent of the answers may be unsatisfied, 1–99; 0 = no target
	Alarm   bool     `json:"alarm,omitempty"`   // told when more, or fewer, are unsatisfied than usual
}

// Reporting is a report that is due: of which days, and from when on.
type Reporting struct {
	Month       bool // else of a week
	At          time.Time
	First, Last string // days, as 2026-03-05
	Before      string // the first day of what it is compared with, which ends the day before First
}

// ReportLate is how long after its moment a report is still told: a server may have stood still.
const ReportLate = 48 * time.Hour

// Due are the reports whose moment came within ReportLate, at a time in the zone of the site.
func (r Report) Due(now time.Time, zone *time.Location) (due []Reporting) {
	here := now.In(zone)
	day := func(t time.Time, months, days int) time.Time {
		return time.Date(t.Year(), t.Month()+time.Month(months), t.Day()+days, 0, 0, 0, 0, time.UTC)
	}
	today := day(here, 0, 0)
	add := func(month bool, begins time.Time, at Minute, first, before time.Time) {
		told := time.Date(begins.Year(), begins.Month(), begins.Day(), int(at)/60, int(at)%60, 0, 0, zone)
		if late := now.Sub(told); late >= 0 && late < ReportLate {
			due = append(due, Reporting{month, told.UTC(), first.Format(time.DateOnly), day(begins, 0, -1).Format(time.DateOnly), before.Format(time.DateOnly)})
		}
	}
	monday := day(today, 0, -(int(today.Weekday())+6)%7)
	for _, at := range r.Weekly {
		add(false, monday, at, day(monday, 0, -7), day(monday, 0, -14))
	}
	first := day(today, 0, 1-today.Day())
	for _, at := range r.Monthly {
		add(true, first, at, day(first, -1, 0), day(first, -2, 0))
	}
	return due
}

// check says what is wrong with it.
func (r Report) check(say func(path, format string, args ...any)) {
	for _, x := range []struct {
		name string
		at   []Minute
	}{{"weekly", r.Weekly}, {"monthly", r.Monthly}} {
		if len(x.at) > 1 {
			say("report."+x.name, "report.%s has %d times; name one.", x.name, len(x.at))
		}
		for i, m := range x.at {
			if m < 0 || m >= 24*60 {
				say(fmt.Sprintf("report.%s.%d", x.name, i), "report.%s has %s; use a time from 00:00 to 23:59.", x.name, m)
			}
		}
	}
	if r.Target < 0 || r.Target > 99 {
		say("report.target", "report.target is %d; use 1 to 99 per cent, or 0 for none.", r.Target)
	}
}
