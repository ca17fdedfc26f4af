package figures

import (
	"slices"
	"time"
)

// UsualWeeks is how many weeks figures are of unless somebody says otherwise.
const UsualWeeks = 13

// Usual are the days that figures are of unless somebody says otherwise, seen on a day: whole weeks
// and what there is of the running one.
func Usual(today time.Time) (first, last string) {
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	return monday.AddDate(0, 0, -7*(UsualWeeks-1)).Format(time.DateOnly), today.Format(time.DateOnly)
}

// Space is a space of time; both days count.
type Space struct{ First, Last string }

// Spaces divide the days from one to another into days, weeks that begin on Monday or months. The first and
// the last are cut where the days begin and end. By what is no time it is nil, and so of what is no day.
func Spaces(first, last string, by By) (all []Space) {
	var next func(time.Time) time.Time
	switch by {
	case Day:
		next = func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	case Week:
		next = func(t time.Time) time.Time { return t.AddDate(0, 0, 7-(int(t.Weekday())+6)%7) }
	case Month:
		next = func(t time.Time) time.Time { return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC) }
	default:
		return nil
	}
	from, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return nil
	}
	to, err := time.Parse(time.DateOnly, last)
	if err != nil {
		return nil
	}
	for at := from; !at.After(to); at = next(at) {
		end := next(at).AddDate(0, 0, -1)
		if end.After(to) {
			end = to
		}
		all = append(all, Space{at.Format(time.DateOnly), end.Format(time.DateOnly)})
	}
	return all
}

// Fine is how fine a line over some days is drawn: by the day up to a month, by the week up to a
// year and a bit, else by the month.
func Fine(first, last string) By {
	from, _ := time.Parse(time.DateOnly, first)
	to, _ := time.Parse(time.DateOnly, last)
	switch days := int(to.Sub(from)/(24*time.Hour)) + 1; {
	case days <= 31:
		return Day
	case days <= 400:
		return Week
	}
	return Month
}

// At is the space that a day lies in.
func At(all []Space, day string) (int, bool) {
	return slices.BinarySearchFunc(all, day, func(s Space, day string) int {
		switch {
		case s.Last < day:
			return -1
		case s.First > day:
			return 1
		}
		return 0
	})
}

// SpaceOf is the first day of the space that a day lies in, "" where it lies in none.
func SpaceOf(all []Space, day string) string {
	if i, ok := At(all, day); ok {
		return all[i].First
	}
	return ""
}
