package render

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/survey/words"
)

// ParseMoment reads a date, a time or both as people type them, in the site's zone: "2026-05-31
// 18:00", "03.12. 17:00", "tomorrow 5pm", "in 3 days", "下周五 15:00". A date alone ends in the
// evening, a time alone is today's, and a date without a year is the next one. What can be
// read in two ways (3/12, "at 5", a weekday's name on that day) is not read.
func ParseMoment(said string, now time.Time, zone *time.Location) (time.Time, bool) {
	now = now.In(zone)
	r := moment{now: now, rest: " " + words.Bare(said) + " "}
	if strings.HasSuffix(strings.TrimSpace(said), ".") {
		r.rest = " " + words.Bare(said) + ". " // the full stop of "3.12." tells a date
	}
	r.rest = strings.NewReplacer("a.m.", "am", "p.m.", "pm", "a.m", "am", "p.m", "pm", "a. m", "am", "p. m", "pm",
		"de la manana", "am", "de la tarde", "pm", "de la noche", "pm").Replace(r.rest)
	for _, m := range moments() {
		if r.broken {
			break
		}
		if at := m.form.FindStringSubmatchIndex(r.rest); at != nil {
			said := make([]string, len(at)/2)
			for i := range said {
				if at[2*i] >= 0 {
					said[i] = r.rest[at[2*i]:at[2*i+1]]
				}
			}
			if m.read(&r, said) {
				r.rest = r.rest[:at[0]] + " " + r.rest[at[1]:]
			}
		}
	}
	if left := fillers().ReplaceAllString(r.rest, " "); r.broken || strings.Trim(fillers().ReplaceAllString(left, " "), " ,.،") != "" {
		return time.Time{}, false
	}
	if !r.at.IsZero() {
		return r.at.UTC(), !r.dated && !r.timed
	}
	if !r.dated && !r.timed {
		return time.Time{}, false
	}
	if !r.dated {
		r.year, r.month, r.day = now.Date()
	}
	if !r.timed {
		r.hour = eveningHour
	}
	at := time.Date(r.year, r.month, r.day, r.hour, r.minute, 0, 0, zone)
	return at.UTC(), at.Day() == r.day && at.Month() == r.month
}

// moment is what has been read of words so far.
type moment struct {
	now          time.Time // in the site's zone
	rest         string    // what is not read yet
	broken       bool      // what was read is no date, or two
	dated, timed bool
	year         int
	month        time.Month
	day          int
	hour, minute int
	at           time.Time // by hours from now
}

// moments are the ways in which people write, dates ahead of times.
var moments = sync.OnceValue(func() []wayToWrite {
	return []wayToWrite{
		{regexp.MustCompile(`(?:^|[ ,])(\d{4})(?:[-/.]|年) ?(\d{1,2})(?:[-/.]|月) ?(\d{1,2})(?:日|号|t|[ ,])`), func(r *moment, s []string) bool {
			return r.date(number(s[1]), number(s[2]), number(s[3]))
		}},
		{regexp.MustCompile(`[ ,](\d{1,2})\. ?(\d{1,2})\.(\d{4}|\d{2})?[ ,]`), func(r *moment, s []string) bool {
			year := number(s[3])
			if len(s[3]) == 2 {
				year += 2000
			}
			return r.date(year, number(s[2]), number(s[1]))
		}},
		{regexp.MustCompile(`[ ,](\d{1,2})/(\d{1,2})(?:/(\d{4}))?[ ,]`), func(r *moment, s []string) bool {
			day, month := number(s[1]), number(s[2])
			if month > 12 {
				day, month = month, day
			} else if day <= 12 && day != month {
				r.broken = true // the third of December, or the twelfth of March
			}
			return r.date(number(s[3]), month, day)
		}},
		{regexp.MustCompile(`(\d{1,2})月(\d{1,2})[日号]?`), func(r *moment, s []string) bool {
			return r.date(0, number(s[1]), number(s[2]))
		}},
		{regexp.MustCompile(` (\d{1,2})(?:st|nd|rd|th|\.)? (?:of |de )?(` + either(months) + `)\.?(?: de)?,?(?: (\d{4}))?[ ,]`), func(r *moment, s []string) bool {
			return r.date(number(s[3]), int(months[s[2]]), number(s[1]))
		}},
		{regexp.MustCompile(` (` + either(months) + `)\.? (\d{1,2})(?:st|nd|rd|th)?,?(?: (\d{4}))?[ ,]`), func(r *moment, s []string) bool {
			return r.date(number(s[3]), int(months[s[1]]), number(s[2]))
		}},
		{regexp.MustCompile(` (?:in|within|en|dentro de|خلال|بعد) (\d{1,3}|an?|una?)? ?(` + either(units) + `) `), (*moment).later},
		{regexp.MustCompile(`(\d{1,3}) ?个?(分钟|小时|钟头|天|周|星期) ?[之以]?[后内]`), (*moment).later},
		{regexp.MustCompile(`(大后天|后天|明天|明日|今天|今日)`), (*moment).near},
		{regexp.MustCompile(` (` + either(near) + `)[ ,]`), (*moment).near},
		{regexp.MustCompile(`(下|这|本)?(?:周|星期|礼拜)([一二三四五六日天])`), func(r *moment, s []string) bool {
			day := strings.Index("日一二三四五六天", s[2]) / len("日") % 7
			monday := (int(r.now.Weekday()) + 6) % 7
			switch s[1] {
			case "下":
				return r.on(r.now.AddDate(0, 0, 7-monday+(day+6)%7))
			case "":
				return r.weekday(time.Weekday(day))
			}
			return r.on(r.now.AddDate(0, 0, (day+6)%7-monday))
		}},
		{regexp.MustCompile(` (?:(next|this) |el |يوم )?(` + either(weekdays) + `)( القادم| proximo| que viene)?[ ,]`), func(r *moment, s []string) bool {
			day := weekdays[s[2]]
			if s[1] == "next" || s[3] != "" {
				// This week's or next week's: both are meant by people, unless this week's is over.
				if monday := (r.now.Weekday() + 6) % 7; (day+6)%7 > monday {
					r.broken = true
					return true
				}
				return r.on(r.now.AddDate(0, 0, 7-int((r.now.Weekday()-day+7)%7)))
			}
			return r.weekday(day)
		}},
		{regexp.MustCompile(`(上午|早上|下午|晚上|中午)? ?(\d{1,2})(?:点|时|:)(?:(\d{2})分?|(半))?`), func(r *moment, s []string) bool {
			if s[1] == "" && strings.Contains(s[0], ":") {
				return false // as everybody writes it: below
			}
			hour, minute := number(s[2]), number(s[3])
			if s[4] != "" {
				minute = 30
			}
			if slices.Contains([]string{"下午", "晚上"}, s[1]) && hour < 12 {
				hour += 12
			} else if s[1] == "" && hour < 8 {
				r.broken = true // in the morning, or in the afternoon
			}
			return r.time(hour, minute)
		}},
		{regexp.MustCompile(` (\d{1,2})(?:[:.h](\d{2}))? ?(am|pm|صباحا|مساء|h|uhr|o'clock)?[ ,]`), func(r *moment, s []string) bool {
			hour, minute := number(s[1]), number(s[2])
			switch s[3] {
			case "am", "صباحا":
				if hour == 12 {
					hour = 0
				}
				r.broken = r.broken || hour > 12
			case "pm", "مساء":
				r.broken = r.broken || hour > 12 || hour == 0
				if hour < 12 {
					hour += 12
				}
			case "h", "uhr":
			default:
				// "at 5" and "5 o'clock" are twice a day.
				r.broken = r.broken || s[2] == "" && hour <= 12
				// "3.12" is a day, too.
				r.broken = r.broken || !r.dated && strings.Contains(s[0], ".") && minute >= 1 && minute <= 12
			}
			return r.time(hour, minute)
		}},
		{regexp.MustCompile(`(?: (noon|midday|mediodia|الظهر) |(中午))`), func(r *moment, _ []string) bool { return r.time(12, 0) }},
	}
})

// wayToWrite is one of them.
type wayToWrite struct {
	form *regexp.Regexp
	read func(r *moment, said []string) bool
}

// fillers are what may stand between a date and a time.
var fillers = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:之前|以前|前| (?:at|on|by|until|before|the|el|a las?|para|antes de|hasta|الساعه|يوم|في|قبل|حتي|حتى|um|bis) )`)
})

func (r *moment) date(year, month, day int) bool {
	if r.dated {
		r.broken = true
	}
	r.dated, r.year, r.month, r.day = true, year, time.Month(month), day
	if year == 0 {
		y, m, d := r.now.Date()
		r.year = y
		if r.month < m || r.month == m && day < d {
			r.year++
		}
	}
	r.broken = r.broken || month < 1 || month > 12 || day < 1 || day > 31
	return true
}

func (r *moment) on(day time.Time) bool {
	y, m, d := day.Date()
	return r.date(y, int(m), d)
}

func (r *moment) weekday(day time.Weekday) bool {
	ahead := int(day-r.now.Weekday()+7) % 7
	if ahead == 0 {
		r.broken = true // today, or in a week
	}
	return r.on(r.now.AddDate(0, 0, ahead))
}

func (r *moment) time(hour, minute int) bool {
	r.broken = r.broken || r.timed || hour > 23 || minute > 59
	r.timed, r.hour, r.minute = true, hour, minute
	return true
}

func (r *moment) near(said []string) bool { return r.on(r.now.AddDate(0, 0, near[said[1]])) }

func (r *moment) later(said []string) bool {
	n := number(said[1])
	if n == 0 {
		n = 1 // an hour
		if slices.Contains(pairs, said[2]) {
			n = 2
		}
	}
	if by := units[said[2]]; by < 24*60 {
		r.broken = r.broken || !r.at.IsZero()
		r.at = r.now.Add(time.Duration(n*by) * time.Minute)
		return true
	}
	return r.on(r.now.AddDate(0, 0, n*units[said[2]]/(24*60)))
}

// number is the value of up to four digits; 0 where there are none.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// either matches one of the words, the longest first.
func either[V any](words map[string]V) string {
	var list []string
	for w := range words {
		list = append(list, regexp.QuoteMeta(w))
	}
	slices.SortFunc(list, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return strings.Join(list, "|")
}

// The words of the shipped languages, bare.
var (
	near = map[string]int{
		"today": 0, "tomorrow": 1, "tmrw": 1, "the day after tomorrow": 2, "day after tomorrow": 2, "tonight": 0,
		"hoy": 0, "manana": 1, "pasado manana": 2, "اليوم": 0, "غدا": 1, "بعد غد": 2,
		"今天": 0, "今日": 0, "明天": 1, "明日": 1, "后天": 2, "大后天": 3,
	}
	months = map[string]time.Month{
		"january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8,
		"september": 9, "october": 10, "november": 11, "december": 12, "jan": 1, "feb": 2, "mar": 3, "apr": 4,
		"jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11, "dec": 12,
		"enero": 1, "febrero": 2, "marzo": 3, "abril": 4, "mayo": 5, "junio": 6, "julio": 7, "agosto": 8,
		"septiembre": 9, "setiembre": 9, "octubre": 10, "noviembre": 11, "diciembre": 12,
		"يناير": 1, "فبراير": 2, "مارس": 3, "ابريل": 4, "مايو": 5, "يونيو": 6, "يوليو": 7, "اغسطس": 8,
		"سبتمبر": 9, "اكتوبر": 10, "نوفمبر": 11, "ديسمبر": 12,
	}
	weekdays = map[string]time.Weekday{
		"sunday": 0, "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6,
		"sun": 0, "mon": 1, "tue": 2, "tues": 2, "wed": 3, "thu": 4, "thur": 4, "thurs": 4, "fri": 5, "sat": 6,
		"domingo": 0, "lunes": 1, "martes": 2, "miercoles": 3, "jueves": 4, "viernes": 5, "sabado": 6,
		"الاحد": 0, "الاثنين": 1, "الثلاثاء": 2, "الاربعاء": 3, "الخميس": 4, "الجمعه": 5, "السبت": 6,
	}
	units = map[string]int{ // in minutes
		"min": 1, "mins": 1, "minute": 1, "minutes": 1, "h": 60, "hour": 60, "hours": 60, "day": 1440, "days": 1440, "week": 10080, "weeks": 10080,
		"minuto": 1, "minutos": 1, "hora": 60, "horas": 60, "dia": 1440, "dias": 1440, "semana": 10080, "semanas": 10080,
		"دقيقه": 1, "دقائق": 1, "ساعه": 60, "ساعات": 60, "ساعتين": 60, "يوم": 1440, "ايام": 1440, "يومين": 1440, "اسبوع": 10080, "اسابيع": 10080, "اسبوعين": 10080,
		"分钟": 1, "小时": 60, "钟头": 60, "天": 1440, "周": 10080, "星期": 10080,
	}
	pairs = []string{"ساعتين", "يومين", "اسبوعين"} // a word is two of them
)
