package recovery

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func interval(t interface{ Fatal(...any) }, text string) Interval {
	var i Interval
	if err := i.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return i
}

var nineToSix = []Interval{{9 * 60, 12*60 + 30}, {13*60 + 30, 18 * 60}}

// office is Monday to Friday, 8 hours with a break.
var office = Week{nil, nineToSix, nineToSix, nineToSix, nineToSix, nineToSix, nil}

func in0(t interface{ Fatal(...any) }, zone string) *time.Location {
	l, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// wall reads "2026-03-02 12:00" on the zone's wall clock.
func wall(t *testing.T, zone *time.Location, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestDueInBusinessHours(t *testing.T) {
	berlin := in0(t, "Europe/Berlin")
	h := Hours{Zone: berlin, Week: office, Holidays: holidays(Date{2026, time.April, 3}, Date{2026, time.April, 6})}
	for _, row := range []struct{ from, span, want string }{
		// 2026-03-02 is a Monday.
		{"2026-03-02 10:00", "15m", "2026-03-02 10:15"},
		{"2026-03-02 12:20", "15m", "2026-03-02 13:35"}, // over the break
		{"2026-03-02 12:30", "15m", "2026-03-02 13:45"}, // in it
		{"2026-03-02 17:50", "30m", "2026-03-03 09:20"}, // over the night
		{"2026-03-02 17:50", "10m", "2026-03-02 18:00"}, // exactly to the end
		{"2026-03-02 07:00", "4h", "2026-03-02 14:00"},  // before the opening
		{"2026-03-06 17:00", "4h", "2026-03-09 12:00"},  // over the weekend
		{"2026-03-07 03:00", "15m", "2026-03-09 09:15"}, // in it
		{"2026-03-02 10:00", "1d", "2026-03-03 10:00"},  // a business day
		{"2026-03-02 10:00", "24h", "2026-03-03 10:00"}, // the same
		{"2026-03-06 10:00", "1d", "2026-03-09 10:00"},  // Friday to Monday
		{"2026-03-07 03:00", "1d", "2026-03-10 09:00"},  // from the weekend: from Monday's opening
		{"2026-03-02 20:00", "1d", "2026-03-04 09:00"},
		{"2026-03-02 12:45", "1d", "2026-03-03 13:30"},  // from the break: from its end
		{"2026-03-02 10:00", "5d", "2026-03-09 10:00"},  //
		{"2026-04-02 10:00", "2d", "2026-04-08 10:00"},  // over Easter
		{"2026-04-02 17:30", "1h", "2026-04-07 09:30"},  //
		{"2026-03-02 10:00", "30h", "2026-03-03 17:00"}, // a day and six hours
		{"2026-03-27 10:00", "1d", "2026-03-30 10:00"},  // daylight saving begins between
		{"2026-10-23 17:00", "2h", "2026-10-26 10:00"},  // and ends
		{"2026-03-02 10:00", "0m", "2026-03-02 10:00"},
	} {
		var span Span
		if err := span.UnmarshalText([]byte(row.span)); err != nil {
			t.Fatal(err)
		}
		got, want := h.Due(wall(t, berlin, row.from), span), wall(t, berlin, row.want)
		if !got.Equal(want) {
			t.Errorf("%s + %s: %s, want %s", row.from, row.span, got.In(berlin).Format("2006-01-02 15:04"), row.want)
		}
	}
	always := Hours{Zone: berlin}
	from := wall(t, berlin, "2026-03-28 12:00")
	if got := always.Due(from, Span(day)); got.Sub(from) != day {
		t.Errorf("a site that never closes counts what passes, not %v", got.Sub(from))
	}
}

// A day that closes earlier than the time of day asked for is due at its end; one that
// opens later, at its beginning.
func TestDaysOfOtherHours(t *testing.T) {
	week := office
	week[time.Tuesday] = []Interval{interval(t, "10:00-13:00")}
	h := Hours{Week: week}
	for from, want := range map[string]string{
		"2026-03-02 09:10": "2026-03-03 10:00",
		"2026-03-02 11:00": "2026-03-03 11:00",
		"2026-03-02 17:00": "2026-03-03 13:00",
	} {
		if got := h.Due(wall(t, time.UTC, from), Span(day)); !got.Equal(wall(t, time.UTC, want)) {
			t.Errorf("%s: %v, want %s", from, got, want)
		}
	}
}

// On the two nights of the year, a bar that is open from ten to four works five or
// seven hours, and the clocks count them.
func TestNightsWhenClocksChange(t *testing.T) {
	berlin := in0(t, "Europe/Berlin")
	night := []Interval{interval(t, "00:00-04:00"), interval(t, "22:00-24:00")}
	h := Hours{Zone: berlin, Week: Week{night, night, night, night, night, night, night}}
	for _, row := range []struct {
		evening string
		want    time.Duration
	}{{"2026-03-21 22:00", 6 * time.Hour}, {"2026-03-28 22:00", 5 * time.Hour}, {"2026-10-24 22:00", 7 * time.Hour}} {
		from := wall(t, berlin, row.evening)
		if got := h.Between(from, from.Add(12*time.Hour)); got != row.want {
			t.Errorf("the night of %s: %v, want %v", row.evening, got, row.want)
		}
		if got := h.Add(from, row.want); got.In(berlin).Hour() != 4 || got.Sub(from) != row.want {
			t.Errorf("the night of %s ends at %v", row.evening, got.In(berlin))
		}
	}
}

// Wall clock times that do not exist or exist twice, in zones with their own ideas.
func TestTimesOnTheWall(t *testing.T) {
	for _, row := range []struct {
		zone string
		date Date
		wall string
		want string // UTC
	}{
		{"Europe/Berlin", Date{2026, time.March, 29}, "02:30", "2026-03-29 01:00"},
		{"Europe/Berlin", Date{2026, time.March, 29}, "03:00", "2026-03-29 01:00"},
		{"Europe/Berlin", Date{2026, time.October, 25}, "02:30", "2026-10-25 00:30"}, // the first of two
		{"Europe/Berlin", Date{2026, time.October, 25}, "03:00", "2026-10-25 02:00"},
		{"Australia/Lord_Howe", Date{2026, time.April, 5}, "01:45", "2026-04-04 14:45"}, // by half an hour
		{"Australia/Lord_Howe", Date{2026, time.October, 4}, "02:15", "2026-10-03 15:30"},
		{"America/Sao_Paulo", Date{2018, time.November, 4}, "00:00", "2018-11-04 03:00"}, // midnight is skipped
		{"Pacific/Apia", Date{2011, time.December, 30}, "09:00", "2011-12-30 10:00"},     // so is the whole day
		{"America/New_York", Date{2026, time.November, 1}, "01:30", "2026-11-01 05:30"},
		{"Asia/Kathmandu", Date{2026, time.March, 2}, "24:00", "2026-03-02 18:15"},
	} {
		var m Minute
		if err := m.UnmarshalText([]byte(row.wall)); err != nil {
			t.Fatal(err)
		}
		if got := at(row.date, m.duration(), in0(t, row.zone)); !got.Equal(wall(t, time.UTC, row.want)) {
			t.Errorf("%s %v %s: %v, want %s", row.zone, row.date, row.wall, got.UTC(), row.want)
		}
	}
}

// A bar that is open in the night of Friday only works one day a week, whichever way its
// night is written.
func TestANightIsOneBusinessDay(t *testing.T) {
	berlin := in0(t, "Europe/Berlin")
	one := Week{time.Friday: {interval(t, "18:00-02:00")}}
	two := Week{time.Friday: {interval(t, "18:00-24:00")}, time.Saturday: {interval(t, "00:00-02:00")}}
	lunch := Week{time.Friday: {interval(t, "11:00-14:00"), interval(t, "18:00-02:00")}, time.Saturday: {interval(t, "18:00-02:00")}}
	for _, row := range []struct {
		name     string
		week     Week
		holiday  Date
		from     string
		span     Span
		due      string
		openness string
	}{
		{"one", one, Date{}, "2026-03-06 23:00", Span(day), "2026-03-13 23:00", "2026-03-07 01:59"},
		{"two", two, Date{}, "2026-03-06 23:00", Span(day), "2026-03-13 23:00", "2026-03-07 01:59"},
		{"after midnight", one, Date{}, "2026-03-07 01:00", Span(day), "2026-03-14 01:00", "2026-03-07 00:00"},
		{"after midnight, two", two, Date{}, "2026-03-07 01:00", 2 * Span(day), "2026-03-21 01:00", "2026-03-07 00:00"},
		{"hours", one, Date{}, "2026-03-07 01:00", Span(2 * time.Hour), "2026-03-13 19:00", "2026-03-06 18:00"},
		{"a holiday on the day of its end", two, Date{2026, time.March, 7}, "2026-03-06 23:00", Span(2 * time.Hour), "2026-03-07 01:00", "2026-03-07 01:00"},
		{"a holiday on the day of its beginning", one, Date{2026, time.March, 13}, "2026-03-06 23:00", Span(day), "2026-03-20 23:00", "2026-03-06 23:00"},
		{"with a lunch, to the next evening", lunch, Date{}, "2026-03-06 12:00", Span(day), "2026-03-07 18:00", "2026-03-07 01:00"},
		{"the clocks are put on", Week{time.Saturday: one[time.Friday]}, Date{}, "2026-03-28 23:00", Span(day), "2026-04-04 23:00", "2026-03-29 01:30"},
	} {
		h := Hours{Zone: berlin, Week: row.week, Holidays: holidays(row.holiday)}
		if got := h.Due(wall(t, berlin, row.from), row.span); !got.Equal(wall(t, berlin, row.due)) {
			t.Errorf("%s: due %v, want %s", row.name, got.In(berlin), row.due)
		}
		if !h.Open(wall(t, berlin, row.openness)) {
			t.Errorf("%s: closed at %s", row.name, row.openness)
		}
		if closed := wall(t, berlin, "2026-03-08 02:30"); h.Open(closed) {
			t.Errorf("%s: open at %v", row.name, closed)
		}
	}
	closed := Hours{Zone: berlin, Week: two, Holidays: holidays(Date{2026, time.March, 6})}
	if night := wall(t, berlin, "2026-03-07 01:00"); closed.Open(night) {
		t.Errorf("open at %v, in the night that a holiday begins", night)
	}
}

// What people reported of business time that passes over clocks that change, over midnight too
// and by half hours, over a day that a country left out, and where one day a week is open.
func TestBusinessTimeWherePeopleReportedItWrong(t *testing.T) {
	all := []Interval{interval(t, "00:00-24:00")}
	always := Week{all, all, all, all, all, all, all}
	tuesday := Week{time.Tuesday: {interval(t, "08:00-17:00")}}
	for _, row := range []struct {
		zone       string
		week       Week
		from, span string
		due        string
	}{
		{"Europe/Berlin", tuesday, "2026-11-27 17:30", "10h", "2026-12-08 09:00"},
		{"Europe/Berlin", tuesday, "2026-11-24 16:30", "2d", "2026-12-08 16:30"},
		{"America/New_York", always, "2027-03-13 22:00", "6h", "2027-03-14 05:00"},
		{"America/New_York", always, "2026-10-31 22:00", "6h", "2026-11-01 03:00"},
		{"America/New_York", always, "2027-03-13 10:30", "1d", "2027-03-14 10:30"},
		{"Africa/Cairo", always, "2026-04-23 22:00", "4h", "2026-04-24 03:00"}, // midnight is skipped
		{"Africa/Cairo", always, "2026-04-23 10:00", "1d", "2026-04-24 10:00"},
		{"Australia/Lord_Howe", always, "2026-10-03 22:00", "6h", "2026-10-04 04:30"},
		{"Pacific/Apia", always, "2011-12-29 10:00", "1d", "2011-12-31 10:00"},
		{"Africa/Casablanca", always, "2026-02-14 22:00", "8h", "2026-02-15 05:00"},
	} {
		var span Span
		if err := span.UnmarshalText([]byte(row.span)); err != nil {
			t.Fatal(err)
		}
		h := Hours{Zone: in0(t, row.zone), Week: row.week}
		if got := h.Due(wall(t, h.Zone, row.from), span); !got.Equal(wall(t, h.Zone, row.due)) {
			t.Errorf("%s, %s + %s: %v, want %s", row.zone, row.from, row.span, got.In(h.Zone), row.due)
		}
	}
}

func randomHours(t *rapid.T) Hours {
	h := Hours{Zone: in0(t, rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "Africa/Cairo", "America/St_Johns"}).Draw(t, "zone"))}
	for i := range h.Week {
		var last Minute
		for range rapid.IntRange(0, 3).Draw(t, "times") {
			from := last + Minute(rapid.IntRange(0, 600).Draw(t, "from"))
			to := from + Minute(rapid.IntRange(60, 700).Draw(t, "to"))
			if to > 24*60 {
				break
			}
			h.Week[i], last = append(h.Week[i], Interval{from, to}), to
		}
	}
	for i, open := range h.Week { // some evenings are nights
		if n, next := len(open), h.Week[(i+1)%7]; n > 0 && open[n-1].From > 0 && rapid.Bool().Draw(t, "night") {
			to := Minute(rapid.IntRange(0, min(600, int(open[n-1].From)-1)).Draw(t, "until"))
			if len(next) == 0 || to <= next[0].From {
				open[n-1].To = to
			}
		}
	}
	for range rapid.IntRange(0, 5).Draw(t, "holidays") {
		d := Date{2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day")}
		day := Holiday{From: d, To: d}
		switch rapid.IntRange(0, 3).Draw(t, "holiday") {
		case 0: // each year
			day.From.Year, day.To.Year = 0, 0
		case 1:
			day.To = dateOf(d.utc().AddDate(0, 0, rapid.IntRange(0, 20).Draw(t, "more")), time.UTC)
		case 2:
			day.Open = Interval{Minute(rapid.IntRange(0, 700).Draw(t, "open from")), Minute(rapid.IntRange(701, 1440).Draw(t, "open to"))}
		}
		h.Holidays = append(h.Holidays, day)
	}
	return h
}

// some instant near a change of clocks, or anywhere in the year.
func randomTime(t *rapid.T, zone *time.Location, name string) time.Time {
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 400*24*60).Draw(t, name)) * time.Minute)
	if rapid.Bool().Draw(t, name+" near a change") {
		if _, end := base.In(zone).ZoneBounds(); !end.IsZero() && end.Year() < 2028 {
			base = end.Add(time.Duration(rapid.IntRange(-48*60, 48*60).Draw(t, name+" from it")) * time.Minute)
		}
	}
	return base.Add(time.Duration(rapid.IntRange(0, 59).Draw(t, name+" s")) * time.Second)
}

func TestHoursHold(t *testing.T) {
	checks(t, "4000")
	rapid.Check(t, func(t *rapid.T) {
		h := randomHours(t)
		a, b := randomTime(t, h.zone(), "a"), randomTime(t, h.zone(), "b")
		if b.Before(a) {
			a, b = b, a
		}
		d := time.Duration(rapid.IntRange(0, 60*100).Draw(t, "minutes")) * time.Minute
		if h.Always() {
			if got := h.Add(a, d); !got.Equal(a.Add(d)) {
				t.Fatalf("%v", got)
			}
			return
		}
		end := h.Add(a, d)
		if end.Before(a) || end.Sub(a) < d || h.Between(a, end) != d {
			t.Fatalf("%v + %v open = %v, which are %v", a, d, end, h.Between(a, end))
		}
		if d > 0 && h.Between(a, end.Add(-time.Microsecond)) >= d {
			t.Fatalf("%v is not the first instant", end)
		}
		if h.Add(b, d).Before(end) {
			t.Fatalf("%v, later than %v, ends earlier", b, a)
		}
		if c := a.Add(b.Sub(a) / 3); h.Between(a, c)+h.Between(c, b) != h.Between(a, b) {
			t.Fatalf("the parts of %v … %v do not add up", a, b)
		}
		next := h.Next(a)
		if next.Before(a) || !h.Open(next) || h.Between(a, next) != 0 || h.Open(a) != next.Equal(a) {
			t.Fatalf("next after %v is %v, open %v", a, next, h.Open(next))
		}
		days := Span(rapid.IntRange(1, 6).Draw(t, "days")) * Span(day)
		first, second := h.Due(a, days), h.Due(b, days)
		if second.Before(first) {
			t.Fatalf("%v of %v days from %v is %v, from %v %v", h.Zone, days, a.In(h.Zone), first.In(h.Zone), b.In(h.Zone), second.In(h.Zone))
		}
		if longer := h.Due(a, days+Span(time.Hour)); !longer.After(first) && h.Between(first, longer) != time.Hour {
			t.Fatalf("%v and an hour more: %v", first, longer)
		}
		if !first.After(a) || h.Due(a, days+Span(day)).Before(first) {
			t.Fatalf("%v from %v is %v", days, a, first)
		}
		if h.Between(first.Add(-time.Microsecond), first.Add(time.Microsecond)) == 0 {
			t.Fatalf("due on %v, when the site is closed", first.In(h.zone()))
		}
	})
}

// Hours without any open minute left do not hang, and time never runs back.
func TestHoursThatNeverOpen(t *testing.T) {
	h := Hours{Zone: in0(t, "Pacific/Apia"), Week: Week{time.Friday: {{0, 60}}}}
	for d := (Date{2026, 1, 2}); d.Year < 2040; d = d.next() {
		h.Holidays = append(h.Holidays, Holiday{From: d, To: d})
	}
	from := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	for _, got := range []time.Time{h.Add(from, time.Hour), h.Next(from), h.Due(from, Span(30*time.Hour))} {
		if !got.After(from) {
			t.Errorf("%v", got)
		}
	}
	if h.Between(from, from.AddDate(50, 0, 0)) != 0 || h.Open(from) {
		t.Errorf("open after all: %v, %t", h.Between(from, from.AddDate(50, 0, 0)), h.Open(from))
	}
}

func TestHoursAsJSON(t *testing.T) {
	source := `{"week":{"fri":["09:00-12:30"],"mon":["09:00-12:30","13:30-24:00"]},"holidays":["2026-12-25"]}`
	var h Hours
	if err := json.Unmarshal([]byte(source), &h); err != nil {
		t.Fatal(err)
	}
	if got := frozen(t, h); got != source {
		t.Errorf("%s, want %s", got, source)
	}
	if !slices.Equal(h.Week[time.Monday], []Interval{{540, 750}, {810, 1440}}) {
		t.Errorf("Monday is %v", h.Week[time.Monday])
	}
	if want := holidays(Date{2026, time.December, 25})[0]; h.Holidays[0] != want {
		t.Errorf("h.Holidays[0] is %v, want %v", h.Holidays[0], want)
	}
	for _, bad := range []string{
		`{"week":{"noday":[]}}`, `{"week":{"mon":["9-12"]}}`, `{"week":{"mon":["09:00"]}}`, `{"week":{"mon":["09:60-10:00"]}}`,
		`{"week":{"mon":["09:00-24:01"]}}`, `{"week":{"mon":["0a:00-10:00"]}}`, `{"holidays":["25.12."]}`, `{"week":[]}`, `{"holidays":["2026-02-30"]}`,
	} {
		if err := json.Unmarshal([]byte(bad), &h); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}
