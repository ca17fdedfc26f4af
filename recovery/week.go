package recovery

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Week is the open times of each weekday, Sunday first as package time counts. Its JSON
// is {"mon": ["09:00-12:30", "13:30-18:00"], …}; a day that is absent is closed, and a
// week without any open time means that the site never closes.
type Week [7][]Interval

var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// shifts are the open times that begin on a weekday, with their ends counted from that
// day's midnight. A night is one of them, whether it is written as one (18:00-02:00) or as
// two, until 24:00 and from 00:00 to the morning of the next day.
func (w *Week) shifts(d time.Weekday) []Interval {
	open := slices.Clone(w[d])
	if w.morning(d) > 0 {
		open = open[1:]
	}
	for i := range open {
		switch last := &open[i]; {
		case last.night():
			last.To += 24 * 60
		case last.To == 24*60:
			last.To += w.morning((d + 1) % 7)
		}
	}
	return open
}

// morning is when the night ends that was written as two, on the day of its end; 0 if
// there is none.
func (w *Week) morning(d time.Weekday) Minute {
	before, open := w[(d+6)%7], w[d]
	if len(before) == 0 || len(open) == 0 || before[len(before)-1].To != 24*60 || open[0].From != 0 || open[0].To >= 12*60 {
		return 0
	}
	return open[0].To
}

// MarshalJSON implements json.Marshaler.
func (w Week) MarshalJSON() ([]byte, error) {
	m := map[string][]Interval{}
	for i, open := range w {
		if len(open) > 0 {
			m[weekdays[i]] = open
		}
	}
	return json.Marshal(m)
}

// UnmarshalJSON implements json.Unmarshaler.
func (w *Week) UnmarshalJSON(data []byte) error {
	var m map[string][]Interval
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	*w = Week{}
	for i, name := range weekdays {
		w[i] = m[name]
		delete(m, name)
	}
	for name := range m {
		return fmt.Errorf("%q is no weekday; write sun, mon, tue, wed, thu, fri or sat", name)
	}
	return nil
}

// Minute is a time of day on the wall clock, in minutes after midnight; 1440 is the
// midnight that ends the day.
type Minute int

func (m Minute) duration() time.Duration { return time.Duration(m) * time.Minute }

// String writes "09:30".
func (m Minute) String() string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }

// MarshalText implements encoding.TextMarshaler.
func (m Minute) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Minute) UnmarshalText(text []byte) error {
	if len(text) != 5 || text[2] != ':' {
		return errMinute
	}
	n := 0
	for i, weight := range []int{600, 60, 0, 10, 1} {
		if i == 2 {
			continue
		}
		if text[i] < '0' || text[i] > '9' {
			return errMinute
		}
		n += int(text[i]-'0') * weight
	}
	if text[3] > '5' || n > 24*60 {
		return errMinute
	}
	*m = Minute(n)
	return nil
}

var errMinute = errors.New(`a time of day is written "09:30", from "00:00" to "24:00"`)

// Interval is an open time, To excluded. One that ends before it begins is a night: it ends
// on the next day.
type Interval struct{ From, To Minute }

func (i Interval) night() bool { return i.To < i.From }

// MarshalText implements encoding.TextMarshaler: "09:00-18:00".
func (i Interval) MarshalText() ([]byte, error) {
	return []byte(i.From.String() + "-" + i.To.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *Interval) UnmarshalText(text []byte) error {
	from, to, ok := strings.Cut(string(text), "-")
	if !ok {
		return fmt.Errorf("%q: an open time is written \"09:00-18:00\"", text)
	}
	if err := i.From.UnmarshalText([]byte(from)); err != nil {
		return fmt.Errorf("%q: %w", text, err)
	}
	if err := i.To.UnmarshalText([]byte(to)); err != nil {
		return fmt.Errorf("%q: %w", text, err)
	}
	return nil
}

// Date is a calendar date without a zone, written "2026-12-25".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// MarshalText implements encoding.TextMarshaler.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.utc().Format(time.DateOnly)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Date) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%q: a date is written \"2026-12-25\"", text)
	}
	*d = dateOf(t, time.UTC)
	return nil
}

func (d Date) utc() time.Time        { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }
func (d Date) weekday() time.Weekday { return d.utc().Weekday() }
func (d Date) next() Date            { return dateOf(d.utc().AddDate(0, 0, 1), time.UTC) }
func (d Date) previous() Date        { return dateOf(d.utc().AddDate(0, 0, -1), time.UTC) }

func dateOf(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return Date{y, m, d}
}

// at is the instant when the wall clock of the zone shows a time of that date. One that
// the clocks skip is the moment of the skip; of one that they repeat, it is the first.
// package time leaves both open.
func at(d Date, wall time.Duration, zone *time.Location) time.Time {
	want := d.utc().Add(wall)
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, int(wall), zone)
	start, end := t.ZoneBounds()
	switch shown := onWall(t); {
	case shown.After(want):
		return start
	case shown.Before(want):
		return end
	}
	if start.IsZero() {
		return t
	}
	if first := t.Add(-fallback(start)); first.Before(start) {
		return first
	}
	return t
}

// onWall is what the wall clock shows at t, as if it hung in Greenwich.
func onWall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}

// fallback is how far the clocks are put back at this change, or 0 if they are put on.
func fallback(change time.Time) time.Duration {
	_, before := change.Add(-1).Zone()
	_, after := change.Zone()
	return time.Duration(max(0, before-after)) * time.Second
}

// sinceMidnight is the time of day at t. While the clocks repeat an hour it stands at
// that hour's end, so that of two instants the later never shows less.
func sinceMidnight(t time.Time, zone *time.Location) time.Duration {
	t = t.In(zone)
	midnight := dateOf(t, zone).utc()
	shown := onWall(t).Sub(midnight)
	if start, _ := t.ZoneBounds(); !start.IsZero() {
		if top := onWall(start).Add(fallback(start)).Sub(midnight); shown < top && t.Sub(start) < fallback(start) {
			return top
		}
	}
	return shown
}
