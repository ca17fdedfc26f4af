package admin

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// when is a moment as people say it, and how near it is.
type when struct {
	Text  string // "13 min left", "late by 2 h", "tomorrow"
	At    string // "09:15", "Nov 26, 17:00"
	Class string // "late", "soon" or ""
	Unix  int64  // for the module that counts down
}

// soonWithin is from when on a clock is shown as near.
const soonWithin = 30 * time.Minute

// until is how far a moment is away, and the moment in its zone.
func (w *words) until(now, at time.Time, zone *time.Location) when {
	d := at.Sub(now)
	out := when{At: w.moment(now, at, zone), Unix: at.Unix()}
	switch {
	case d < 0:
		out.Class, out.Text = "late", w.t("late_by", w.span(-d))
	case d < 6*time.Hour:
		out.Text = w.t("time_left", w.span(d))
		if d < soonWithin {
			out.Class = "soon"
		}
	default:
		out.Text = w.day(now, at, zone)
	}
	return out
}

// span is a length of time in few words: of two units at most.
func (w *words) span(d time.Duration) string {
	minutes := int(d / time.Minute)
	switch {
	case minutes < 1:
		return w.t("under_a_minute")
	case minutes < 60:
		return w.t("minutes", minutes)
	case minutes < 6*60 && minutes%60 != 0:
		return w.t("hours_minutes", minutes/60, minutes%60)
	case minutes < 48*60:
		return w.t("hours", minutes/60)
	}
	return w.t("days", minutes/60/24)
}

// day is the day of a moment: today, tomorrow, yesterday, or its date.
func (w *words) day(now, at time.Time, zone *time.Location) string {
	now, at = now.In(zone), at.In(zone)
	is := func(days int) bool {
		y, m, d := now.AddDate(0, 0, days).Date()
		ay, am, ad := at.Date()
		return y == ay && m == am && d == ad
	}
	switch {
	case is(0):
		return w.t("today_word")
	case is(1):
		return w.t("tomorrow")
	case is(-1):
		return w.t("yesterday")
	}
	text := w.t("month_day", w.t("month_"+strconv.Itoa(int(at.Month()))), at.Day())
	if at.Year() != now.Year() {
		text = w.t("date_year", text, at.Year())
	}
	return text
}

// date is a day with its weekday.
func (w *words) date(at time.Time, zone *time.Location) string {
	at = at.In(zone)
	month := w.t("month_day", w.t("month_"+strconv.Itoa(int(at.Month()))), at.Day())
	return w.t("weekday_date", w.t("day_"+strings.ToLower(at.Weekday().String()[:3])), month)
}

// moment is a time of day, with its day where that is not today.
func (w *words) moment(now, at time.Time, zone *time.Location) string {
	clock := at.In(zone).Format("15:04")
	y, m, d := now.In(zone).Date()
	if ay, am, ad := at.In(zone).Date(); ay == y && am == m && ad == d {
		return clock
	}
	return w.t("day_at", w.day(now, at, zone), clock)
}

// houseZone is the time zone of what belongs to no site, such as drafts and backups: that of most sites, and
// of the first by its ID among as many; UTC without any site.
func (s *site) houseZone() *time.Location {
	sites := s.Bot.Configuration().Now().Sites
	count, zone := map[string]int{}, time.UTC
	for _, at := range sites {
		if at.Zone != nil {
			count[at.Zone.String()]++
		}
	}
	most := 0
	for _, id := range slices.Sorted(maps.Keys(sites)) {
		if at := sites[id].Zone; at != nil && count[at.String()] > most {
			most, zone = count[at.String()], at
		}
	}
	return zone
}

// dayAt is a day of a site, as it stands on the site's calendar, as people say it; what is no day is left as it is.
func (s *site) dayAt(w *words, at, day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	y, m, d := s.Clock().In(s.zoneOf([]string{at})).Date()
	return w.day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), t, time.UTC)
}
