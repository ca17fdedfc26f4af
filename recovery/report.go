package recovery

import (
	"fmt"
	"slices"
	"time"
)

// Report says what leads of a site are told of its figures by themselves. Nothing is, unless it is named here.
type Report struct {
	Weekly  []Minute `json:"weekly,omitempty"`  // on Mondays, at this time at the site, of the week before; empty = not
	Monthly []Minute `json:"monthly,omitempty"` // on the first of a month, of the month before; empty = not
	Target  int      `json:"target,omitempty"`  // how many per cent of the answers may be unsatisfied, 1–99; 0 = no such target
	Targets []Goal   `json:"targets,omitempty"` // others, and for some days only
	Alarm   bool     `json:"alarm,omitempty"`   // told when more, or fewer, are unsatisfied than usual
}

// Goal is a target: what a figure of a site is to keep to, always or on some days. It is set before, and judged by the
// whole range of the figure.
type Goal struct {
	Figure  Figure `json:"figure"`
	AtMost  int    `json:"at_most,omitempty"`  // per cent, 1–99; of the unsatisfied
	AtLeast int    `json:"at_least,omitempty"` // per cent, 1–99; of all others
	From    string `json:"from,omitempty"`     // the first day, as 2026-07-01; "" = whatever days are looked at
	Until   string `json:"until,omitempty"`    // the last day; "" = without an end
}

// Figure is what a target is about.
type Figure string

// The figures, as bot/figures has them.
const (
	FigureUnsatisfied Figure = "unsatisfied" // levels 1 to 3
	FigureTopTwo      Figure = "top_two"     // levels 6 and 7
	FigureTopBox      Figure = "top_box"     // level 7
	FigureAnswered    Figure = "answered"    // of those who were asked
)

// GoalFigures lists every figure of a target.
func GoalFigures() []Figure {
	return []Figure{FigureUnsatisfied, FigureTopTwo, FigureTopBox, FigureAnswered}
}

// Percent is what the figure is to keep to.
func (g Goal) Percent() int { return max(g.AtMost, g.AtLeast) }

// Dated reports whether it is for days of its own.
func (g Goal) Dated() bool { return g.From != "" }

// Days are those that it is judged by, of what is known up to a day. ok is false before they begin.
func (g Goal) Days(today string) (from, to string, ok bool) {
	if to = g.Until; to == "" || to > today {
		to = today
	}
	return g.From, to, g.From <= to
}

// Goals are all targets.
func (r Report) Goals() (all []Goal) {
	if r.Target > 0 {
		all = append(all, Goal{Figure: FigureUnsatisfied, AtMost: r.Target})
	}
	return append(all, r.Targets...)
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

// LastWeek is the report of the last whole week, seen at a time in the zone of the site.
func LastWeek(now time.Time, zone *time.Location) Reporting {
	here := now.In(zone)
	monday := time.Date(here.Year(), here.Month(), here.Day()-(int(here.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
	day := func(back int) string { return monday.AddDate(0, 0, -back).Format(time.DateOnly) }
	return Reporting{At: now, First: day(7), Last: day(1), Before: day(14)}
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
	if len(r.Targets) > MaxGoals {
		say("report.targets", "report.targets has %d targets; at most %d are allowed.", len(r.Targets), MaxGoals)
	}
	for i, g := range r.Targets {
		g.check(fmt.Sprintf("report.targets.%d", i), say)
	}
}

// MaxGoals is how many targets a site may have in its list.
const MaxGoals = 10

func (g Goal) check(path string, say func(path, format string, args ...any)) {
	if !slices.Contains(GoalFigures(), g.Figure) {
		say(path+".figure", "a target needs a figure: unsatisfied, top_two, top_box or answered.")
		return
	}
	most := g.Figure == FigureUnsatisfied
	want, other, name := g.AtLeast, g.AtMost, "at_least"
	if most {
		want, other, name = other, want, "at_most"
	}
	if other != 0 || want < 1 || want > 99 {
		say(path, "a target of %s has %s, of 1 to 99 per cent, and nothing else.", g.Figure, name)
	}
	for _, day := range []string{g.From, g.Until} {
		if _, err := time.Parse(time.DateOnly, day); err != nil && day != "" {
			say(path, "%q is no day; write it as 2026-07-01.", day)
			return
		}
	}
	if g.Until != "" && (g.From == "" || g.Until < g.From) {
		say(path, "a target that ends has a day from which it counts, and ends no sooner.")
	}
}
