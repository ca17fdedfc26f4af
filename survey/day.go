package survey

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/survey/words"
)

// Day is a calendar day as a flow says it: "2026-01-31", or counted from the day on which
// somebody answers: "today", "today-30d", "today+1d".
type Day string

// maxDays is how far from today a day of a flow may lie.
const maxDays = 36500

// On is the day that is meant on a day; ok is false where d is none.
func (d Day) On(today time.Time) (date string, ok bool) {
	rest, counted := strings.CutPrefix(string(d), "today")
	if !counted {
		t, err := time.Parse(time.DateOnly, string(d))
		return string(d), err == nil && t.Year() >= 1
	}
	if rest == "" {
		return today.Format(time.DateOnly), true
	}
	digits, isDays := strings.CutSuffix(rest[1:], "d")
	n, err := strconv.Atoi(digits)
	if !isDays || err != nil || n < 0 || n > maxDays || digits[0] == '+' || digits[0] == '-' || rest[0] != '+' && rest[0] != '-' {
		return "", false
	}
	if rest[0] == '-' {
		n = -n
	}
	return today.AddDate(0, 0, n).Format(time.DateOnly), true
}

// Days are the first and the last day that q takes on a day; "" = no bound.
func (q *Question) Days(today time.Time) (from, until string) {
	if q.From != "" {
		from, _ = q.From.On(today)
	}
	if q.Until != "" {
		until, _ = q.Until.On(today)
	}
	return from, until
}

// within reports whether q takes this day.
func (q *Question) within(date string, today time.Time) bool {
	from, until := q.Days(today)
	return (from == "" || date >= from) && (until == "" || date <= until)
}

// readDay reads a date as an answer to q: one that is sure, those that may be meant, or why
// there is none.
func (q *Question) readDay(said string, today time.Time) ([]Reading, Answer, NoticeCode) {
	found, sure := datesFrom(said, today)
	fits := slices.DeleteFunc(slices.Clone(found), func(d string) bool { return !q.within(d, today) })
	switch {
	case len(found) == 0:
		return nil, Answer{}, NoticeBadDate
	case len(fits) == 0:
		return nil, Answer{}, NoticeDayRange
	case len(fits) == 1 && (sure || len(found) > 1):
		return nil, Answer{Text: fits[0]}, ""
	}
	if len(fits) > mostReadings {
		return nil, Answer{}, NoticeBadDate
	}
	return texts(fits), Answer{}, ""
}

// surelyNear is how many days away a day without its year may be, for it to be the one that
// is meant.
const surelyNear = 120

// datesFrom are the dates that words can be on a day: also "yesterday", and days without
// their year, of which the nearest is meant.
func datesFrom(said string, today time.Time) (found []string, sure bool) {
	if found, sure = dates(said); len(found) > 0 {
		return found, sure
	}
	today = time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	if n, ok := words.DaysAway(said); ok {
		return []string{today.AddDate(0, 0, n).Format(time.DateOnly)}, true
	}
	if found = shortYear(said); len(found) > 0 {
		return found, false
	}
	for _, md := range monthAndDay(said) {
		near := nearDays(md[0], md[1], today)
		if len(near) > 1 && away(near[0], today) <= surelyNear {
			near = near[:1]
		}
		found = append(found, near[:min(2, len(near))]...)
	}
	return found, len(found) == 1
}

// shortYear are the days that words can be whose year has two digits at their end.
func shortYear(said string) (found []string) {
	n := shortDate.FindStringSubmatch(bare(said))
	if n == nil {
		return nil
	}
	a, _ := strconv.Atoi(n[1])
	b, _ := strconv.Atoi(n[2])
	year, _ := strconv.Atoi(n[3])
	for _, md := range [2][2]int{{b, a}, {a, b}} { // day first, then month first
		if d, ok := dateOf(2000+year, md[0], md[1]); ok && !slices.Contains(found, d) {
			found = append(found, d)
		}
	}
	return found
}

var shortDate = regexp.MustCompile(`^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{2})$`)

// nearDays are the days of this month and day around today, the nearest first.
func nearDays(month, day int, today time.Time) []string {
	var found []string
	for y := today.Year() - 4; y <= today.Year()+4; y++ { // a leap year is among them
		if d, ok := dateOf(y, month, day); ok {
			found = append(found, d)
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return away(a, today) - away(b, today) })
	return found
}

// away is how many days a date lies from today.
func away(date string, today time.Time) int {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 1 << 20
	}
	days := int(t.Sub(today).Hours() / 24)
	return max(days, -days)
}

// monthAndDay are the days of a year that words can be, written without one.
func monthAndDay(said string) [][2]int {
	plain := bare(said)
	han := strings.NewReplacer("月", "-", "日", "", "号", "", "號", "").Replace(plain)
	parts := strings.FieldsFunc(han, func(r rune) bool { return strings.ContainsRune("-/.", r) })
	if han != plain || len(parts) == 2 && !strings.ContainsRune(plain, ' ') {
		if len(parts) != 2 {
			return nil
		}
		a, err1 := strconv.Atoi(strings.TrimSpace(parts[0]))
		b, err2 := strconv.Atoi(strings.TrimSpace(parts[1]))
		if err1 == nil && err2 == nil && len(parts[0]) <= 2 && len(parts[1]) <= 2 {
			var both [][2]int
			for _, md := range [][2]int{{b, a}, {a, b}} { // day first, then month first
				if _, ok := dateOf(2024, md[0], md[1]); ok && !slices.Contains(both, md) && (han == plain || md == [2]int{a, b}) {
					both = append(both, md)
				}
			}
			return both
		}
	}
	if month, days, year := monthInLetters(plain); month > 0 && len(days) == 1 && year == 0 {
		if _, ok := dateOf(2024, month, days[0]); ok {
			return [][2]int{{month, days[0]}}
		}
	}
	return nil
}
