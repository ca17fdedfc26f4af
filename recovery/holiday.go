package recovery

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Holiday is a day on which a site is closed, or days; of a half day some hours stay open. It
// is written "2026-12-25", "12-25" (each year), "2026-12-24 to 2027-01-02", "12-24 to 01-01",
// and with the hours that stay open, "12-24 09:00-13:00".
type Holiday struct {
	From, To Date     // both included; without a year they come each year
	Open     Interval // what of the usual hours stays open; the zero value = nothing does
}

var errHoliday = errors.New(`a holiday is written "2026-12-25", "12-25" for each year, "2026-12-24 to 2027-01-02", or with its open hours, "12-24 09:00-13:00"`)

// each reports whether the holiday comes each year.
func (h Holiday) each() bool { return h.From.Year == 0 }

// holds reports whether a date is of the holiday.
func (h Holiday) holds(d Date) bool {
	if !h.each() {
		return !d.utc().Before(h.From.utc()) && !d.utc().After(h.To.utc())
	}
	at, from, to := monthday(d), monthday(h.From), monthday(h.To)
	if from <= to {
		return from <= at && at <= to
	}
	return at >= from || at <= to // over New Year
}

func monthday(d Date) int { return int(d.Month)*100 + d.Day }

// days is how many days of a year the holiday closes at most, or of all years where it comes
// once; a half day closes none.
func (h Holiday) days() int {
	if h.Open != (Interval{}) {
		return 0
	}
	from, to := h.From.utc(), h.To.utc()
	if h.each() {
		from, to = Date{2027, h.From.Month, h.From.Day}.utc(), Date{2027, h.To.Month, h.To.Day}.utc()
		if to.Before(from) {
			to = to.AddDate(1, 0, 0)
		}
	}
	return int(to.Sub(from)/day) + 1
}

// MarshalText implements encoding.TextMarshaler.
func (h Holiday) MarshalText() ([]byte, error) {
	write := func(d Date) string {
		if h.each() {
			return fmt.Sprintf("%02d-%02d", d.Month, d.Day)
		}
		return d.utc().Format(time.DateOnly)
	}
	s := write(h.From)
	if h.To != h.From {
		s += " to " + write(h.To)
	}
	if h.Open != (Interval{}) {
		s += fmt.Sprintf(" %s-%s", h.Open.From, h.Open.To)
	}
	return []byte(s), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Holiday) UnmarshalText(text []byte) error {
	fields := strings.Fields(string(text))
	var read Holiday
	if n := len(fields); n > 1 && strings.Contains(fields[n-1], ":") {
		if err := read.Open.UnmarshalText([]byte(fields[n-1])); err != nil {
			return err
		}
		if read.Open.From >= read.Open.To {
			return fmt.Errorf("%q: the hours that stay open end before they begin", text)
		}
		fields = fields[:n-1]
	}
	if len(fields) != 1 && (len(fields) != 3 || fields[1] != "to") {
		return fmt.Errorf("%q: %w", text, errHoliday)
	}
	from, ok := holidate(fields[0])
	to, known := holidate(fields[len(fields)-1])
	switch {
	case !ok || !known || (from.Year == 0) != (to.Year == 0):
		return fmt.Errorf("%q: %w", text, errHoliday)
	case from.Year != 0 && to.utc().Before(from.utc()):
		return fmt.Errorf("%q: the holiday ends before it begins", text)
	}
	read.From, read.To = from, to
	*h = read
	return nil
}

// holidate reads a date, or the month and the day of each year.
func holidate(s string) (Date, bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil && t.Year() > 0 {
		return dateOf(t, time.UTC), true
	}
	t, err := time.Parse(time.DateOnly, "2028-"+s) // with a 29 February
	if err != nil {
		return Date{}, false
	}
	return Date{Month: t.Month(), Day: t.Day()}, true
}

// holiday cuts the open times of a date by the holidays that it is of.
func (h Hours) holiday(d Date, open []Interval) []Interval {
	for _, day := range h.Holidays {
		if !day.holds(d) {
			continue
		}
		var left []Interval
		for _, i := range open {
			if i.From, i.To = max(i.From, day.Open.From), min(i.To, day.Open.To); i.From < i.To {
				left = append(left, i)
			}
		}
		open = left
	}
	return open
}

// Most days of a year, and days in all, that holidays may close.
const (
	mostHolidays     = 1000
	mostHolidaysYear = 250
)

func checkHolidays(all []Holiday) (string, bool) {
	once, each := 0, 0
	for _, h := range all {
		if h.each() {
			each += h.days()
		} else {
			once += h.days()
		}
	}
	switch {
	case len(all) > mostHolidays || once > mostHolidays:
		return fmt.Sprintf("There are %d holidays of %d days; keep to %d.", len(all), once, mostHolidays), false
	case each > mostHolidaysYear:
		return fmt.Sprintf("Holidays close the site on %d days of each year; keep to %d.", each, mostHolidaysYear), false
	}
	return "", true
}
