package recovery

import (
	"slices"
	"time"
)

// Hours are when a site works: by weekday, with breaks, without its holidays. The zero
// value is a site that never closes.
type Hours struct {
	Zone     *time.Location `json:"-"` // the site's; nil = UTC
	Week     Week           `json:"week,omitzero"`
	Holidays []Holiday      `json:"holidays,omitempty"`
}

// horizon bounds every search for an open hour, in days. Check refuses hours and spans
// that would come near it; beyond it, time stands at the horizon.
const horizon = 4000

// Always reports whether the site never closes.
func (h Hours) Always() bool {
	return !slices.ContainsFunc(h.Week[:], func(d []Interval) bool { return len(d) > 0 })
}

func (h Hours) zone() *time.Location {
	if h.Zone == nil {
		return time.UTC
	}
	return h.Zone
}

// stretch is one open time as instants, closed at its end.
type stretch struct{ from, to time.Time }

// on returns the open times that begin on a date, in order; a night ends on the next one.
// Ones that the clocks skip are absent.
func (h Hours) on(d Date) []stretch {
	var open []stretch
	for _, i := range h.holiday(d, h.Week.shifts(d.weekday())) {
		s := stretch{at(d, i.From.duration(), h.zone()), at(d, i.To.duration(), h.zone())}
		if s.from.Before(s.to) {
			open = append(open, s)
		}
	}
	return open
}

// workday is the date on which the night began that goes on at t, else t's own date.
func (h Hours) workday(t time.Time) Date {
	d := dateOf(t, h.zone())
	if open := h.on(d.previous()); len(open) > 0 && t.Before(open[len(open)-1].to) {
		return d.previous()
	}
	return d
}

// Open reports whether the site works at t.
func (h Hours) Open(t time.Time) bool {
	if h.Always() {
		return true
	}
	return slices.ContainsFunc(h.on(h.workday(t)), func(s stretch) bool {
		return !t.Before(s.from) && t.Before(s.to)
	})
}

// Next is t if the site works then, else when it opens next.
func (h Hours) Next(t time.Time) time.Time {
	if h.Always() {
		return t
	}
	d := h.workday(t)
	for range horizon {
		for _, s := range h.on(d) {
			if t.Before(s.to) {
				return later(t, s.from)
			}
		}
		d = d.next()
	}
	return at(d, 0, h.zone()).UTC()
}

// Add is the first instant by which the site has worked for d since t. Hours that
// daylight saving skips or repeats count as what really passes.
func (h Hours) Add(t time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return t
	}
	if h.Always() {
		return t.Add(d)
	}
	date := h.workday(t)
	for range horizon {
		for _, s := range h.on(date) {
			from := later(t, s.from)
			if !from.Before(s.to) {
				continue
			}
			open := s.to.Sub(from)
			if open >= d {
				return from.Add(d).UTC()
			}
			d -= open
		}
		date = date.next()
	}
	return at(date, 0, h.zone()).UTC()
}

// Between is how long the site works from a to b; nothing if b is not after a.
func (h Hours) Between(a, b time.Time) time.Duration {
	if !b.After(a) {
		return 0
	}
	if h.Always() {
		return b.Sub(a)
	}
	var sum time.Duration
	date, last := h.workday(a), dateOf(b, h.zone())
	for range horizon {
		for _, s := range h.on(date) {
			from, to := later(a, s.from), s.to
			if b.Before(to) {
				to = b
			}
			if from.Before(to) {
				sum += to.Sub(from)
			}
		}
		if date == last {
			break
		}
		date = date.next()
	}
	return sum
}

// Due is when something must have happened that was due within span of t. Whole days
// are business days: the same time of day, that many open days on (the end of the day
// if the site has closed by then). The rest is counted in open hours. A "day" counted
// in open hours would make a P2 of 48 hours later than a P3 of five days. A night counts
// to the day on which it begins. For a site that never closes it is elapsed time.
func (h Hours) Due(t time.Time, span Span) time.Time {
	if h.Always() || span <= 0 {
		return t.Add(time.Duration(max(span, 0)))
	}
	days, rest := time.Duration(span)/day, time.Duration(span)%day
	if days > 0 {
		t = h.days(h.Next(t), int(days))
	}
	return h.Add(t, rest)
}

// days is the same time of day n open days after t, at which the site is open.
func (h Hours) days(t time.Time, n int) time.Time {
	date, wall := h.workday(t), sinceMidnight(t, h.zone())
	if date != dateOf(t, h.zone()) {
		wall += day // of the night before
	}
	var open []stretch
	for range horizon {
		date = date.next()
		if open = h.on(date); len(open) > 0 {
			if n--; n == 0 {
				break
			}
		}
	}
	to := at(date, wall, h.zone())
	for _, s := range open {
		if to.Before(s.from) {
			return s.from.UTC()
		}
		if !to.After(s.to) {
			return to.UTC()
		}
	}
	if len(open) > 0 {
		to = open[len(open)-1].to
	}
	return to.UTC()
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
