package sheet

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/survey/words"
)

// Order says what stands where in a day of numbers.
type Order string

// The orders. A year of four digits in front needs none.
const (
	DayMonth Order = "day.month"
	MonthDay Order = "month/day"
	YearDay  Order = "year-month-day"
	Serial   Order = "excel" // the number of days that Excel keeps
)

// Orders lists every order.
func Orders() []Order { return []Order{DayMonth, MonthDay, YearDay, Serial} }

var (
	dayShape = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(\d{1,4})\s?([./\-]|年)\s?(\d{1,2})\s?(?:[./\-]|月)\s?(\d{1,4})日?(.*)$`)
	})
	namedDay = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(\d{1,2})\.?[ -](?:de )?(\p{L}+)\.?,?[ -](?:de )?(\d{4})(.*)$`)
	})
	dayNamed = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(\p{L}+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(.*)$`)
	})
	clock = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(上午|下午|中午|晚上)?\s?(\d{1,2})[:：.h时点](\d{2})分?(?:[:：.](\d{2})秒?(?:[.,]\d+)?)?\s?(am|pm|a\.m\.|p\.m\.|a\. m\.|p\. m\.|uhr|h)?\s?(z|utc|[+-]\d{2}:?\d{2})?$`)
	})
	emails = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]{2,}$`) })
	phones = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\+?[0-9][0-9 ()/.\-]{5,24}$`) })
)

var months = map[string]time.Month{}

func init() {
	for i, names := range []string{
		"jan january januar enero ene janner jaenner", "feb february februar febrero", "mar march marz maerz marzo mrz", "apr april abril abr",
		"may mai mayo", "jun june juni junio", "jul july juli julio", "aug august agosto ago", "sep sept september septiembre", "oct october oktober okt octubre",
		"nov november noviembre", "dec december dezember dez diciembre dic",
	} {
		for n := range strings.FieldsSeq(names) {
			months[n] = time.Month(i + 1)
		}
	}
}

// written is a moment as it was written.
type written struct {
	a, b, c int    // of the day, in the order of the writing
	sign    string // between them
	month   bool   // b is a month that was written as a word: a is the day, c the year
	time    string // what follows
}

func split(text string) (w written, ok bool) {
	text = strings.TrimSpace(text)
	num := func(s string) int { n, _ := strconv.Atoi(s); return n }
	if m := dayShape().FindStringSubmatch(text); m != nil {
		return written{num(m[1]), num(m[3]), num(m[4]), m[2], false, m[5]}, true
	}
	if m := namedDay().FindStringSubmatch(text); m != nil {
		month := months[words.Bare(m[2])]
		return written{num(m[1]), int(month), num(m[3]), " ", true, m[4]}, month > 0
	}
	if m := dayNamed().FindStringSubmatch(text); m != nil {
		month := months[words.Bare(m[1])]
		return written{num(m[2]), int(month), num(m[3]), " ", true, m[4]}, month > 0
	}
	return w, false
}

// day is the day in an order; false = there is none.
func (w written) day(o Order) (y, m, d int, ok bool) {
	switch {
	case w.month:
		d, m, y = w.a, w.b, w.c
	case w.a > 999:
		y, m, d = w.a, w.b, w.c
	case o == DayMonth:
		d, m, y = w.a, w.b, w.c
	case o == MonthDay:
		m, d, y = w.a, w.b, w.c
	case o == YearDay:
		y, m, d = w.a, w.b, w.c
	default:
		return 0, 0, 0, false
	}
	if y < 100 {
		y += 2000
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return y, m, d, m >= 1 && m <= 12 && d >= 1 && t.Day() == d && y > 1900 && y < 2200
}

// hour reads a time of day; none is midnight. zone is nil where the writing names none.
func hour(text string) (h, m, s int, zone *time.Location, ok bool) {
	text = strings.ToLower(strings.Trim(strings.TrimPrefix(strings.TrimSpace(text), "T"), " ,"))
	if text == "" {
		return 0, 0, 0, nil, true
	}
	g := clock().FindStringSubmatch(text)
	if g == nil {
		return 0, 0, 0, nil, false
	}
	h, _ = strconv.Atoi(g[2])
	m, _ = strconv.Atoi(g[3])
	s, _ = strconv.Atoi(g[4])
	half := strings.NewReplacer(".", "", " ", "").Replace(g[5])
	switch {
	case half == "pm" && h < 12, (g[1] == "下午" || g[1] == "晚上") && h < 12, g[1] == "中午" && h < 3:
		h += 12
	case half == "am" && h == 12:
		h = 0
	}
	switch z := g[6]; {
	case z == "z" || z == "utc":
		zone = time.UTC
	case z != "":
		z = strings.ReplaceAll(z, ":", "")
		n, _ := strconv.Atoi(z[1:])
		seconds := n/100*3600 + n%100*60
		if z[0] == '-' {
			seconds = -seconds
		}
		zone = time.FixedZone("", seconds)
	}
	return h, m, s, zone, h < 24 && m < 60 && s < 60
}

func isSerial(v string) bool {
	f, err := strconv.ParseFloat(v, 64)
	return err == nil && f >= 20000 && f < 80000 // 1954 to 2119
}

// isShare reports whether a cell is a part of a day, as Excel keeps times of day.
func isShare(v string) bool {
	f, err := strconv.ParseFloat(v, 64)
	return err == nil && f >= 0 && f < 1
}

func isTime(v string) bool {
	w, ok := split(v)
	if !ok {
		return false
	}
	_, _, _, _, timed := hour(w.time)
	return timed && slices.ContainsFunc(Orders(), func(o Order) bool { _, _, _, ok := w.day(o); return ok })
}

func isClock(v string) bool {
	_, _, _, _, ok := hour(v)
	return ok
}

func isEmail(v string) bool { return emails().MatchString(v) }

func isPhone(v string) bool {
	digits := 0
	for _, r := range v {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	return phones().MatchString(v) && digits >= 7 && digits <= 15 && !isTime(v)
}

func isNumber(v string) bool {
	_, err := strconv.ParseInt(v, 10, 64)
	return err == nil
}

func times(values []string) bool {
	return len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !isTime(v) })
}

// timed reports whether days have their time with them.
func timed(values []string) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		if w, ok := split(v); ok {
			return strings.TrimSpace(w.time) != ""
		}
		f, err := strconv.ParseFloat(v, 64)
		return err == nil && f != math.Trunc(f)
	})
}

// exists reports whether a day can be meant in any order.
func (w written) exists() bool {
	return w.a > 999 || w.month || slices.ContainsFunc([]Order{DayMonth, MonthDay, YearDay}, func(o Order) bool {
		_, _, _, ok := w.day(o)
		return ok
	})
}

// OrderOf is the only order in which these days can be meant; "" = more than one is, or none,
// and somebody has to say.
func OrderOf(values []string) Order {
	can := map[Order]bool{}
	for _, o := range Orders() {
		can[o] = true
	}
	known, dots := 0, true
	for _, v := range values {
		if isSerial(v) {
			known++
			can[DayMonth], can[MonthDay], can[YearDay] = false, false, false
			continue
		}
		w, ok := split(v)
		if !ok {
			continue // it is told row by row
		}
		if !w.exists() {
			continue // a day that there is not, such as the 31st of November: a fault of its row
		}
		known++
		can[Serial] = false
		dots = dots && (w.sign == "." || w.month || w.a > 999)
		for _, o := range []Order{DayMonth, MonthDay, YearDay} {
			_, _, _, ok := w.day(o)
			if w.a > 999 || w.month {
				ok = true // whatever the order of others
			}
			can[o] = can[o] && ok
		}
	}
	if known == 0 {
		return ""
	}
	if can[DayMonth] && can[MonthDay] && can[YearDay] && !slices.ContainsFunc(values, func(v string) bool { w, ok := split(v); return ok && w.a <= 999 && !w.month }) {
		return YearDay // every year stands in front, or the months are words
	}
	can[YearDay] = can[YearDay] && !can[DayMonth] && !can[MonthDay]
	// Who writes dots writes the day first.
	if dots && can[DayMonth] {
		can[MonthDay] = false
	}
	var only Order
	for _, o := range Orders() {
		switch {
		case can[o] && only != "":
			return ""
		case can[o]:
			only = o
		}
	}
	return only
}

// days says how they are written.
type days struct {
	order     Order
	since1904 bool
}

// first is the day from which Excel counts, which once thought that 1900 had a 29th of February.
func (d days) first() time.Time {
	if d.since1904 {
		return time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
}

// moment reads when something was, in an order and a zone. A day without a time is its beginning.
func moment(day, at string, o days, zone *time.Location) (time.Time, bool) {
	day, at = strings.TrimSpace(day), strings.TrimSpace(at)
	var y, m, d, h, min, s int
	var ok bool
	var own *time.Location
	if n, err := strconv.ParseFloat(day, 64); err == nil && isSerial(day) {
		if o.order != Serial {
			return time.Time{}, false
		}
		seconds := int64(math.Round(n * 24 * 3600))
		t := o.first().Add(time.Duration(seconds) * time.Second)
		y, m, d = t.Year(), int(t.Month()), t.Day()
		h, min, s = t.Hour(), t.Minute(), t.Second()
	} else {
		w, is := split(day)
		if !is {
			return time.Time{}, false
		}
		if y, m, d, ok = w.day(o.order); !ok {
			return time.Time{}, false
		}
		if h, min, s, own, ok = hour(w.time); !ok {
			return time.Time{}, false
		}
	}
	if at != "" {
		if n, err := strconv.ParseFloat(at, 64); err == nil && n >= 0 && n < 1 {
			seconds := int(math.Round(n * 24 * 3600))
			h, min, s = seconds/3600, seconds/60%60, seconds%60
		} else if h, min, s, own, ok = hour(at); !ok {
			return time.Time{}, false
		}
	}
	if own != nil {
		zone = own
	}
	return time.Date(y, time.Month(m), d, h, min, s, 0, zone), true
}
