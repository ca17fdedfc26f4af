package admin

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// hoursPage is when a place is open: a grid of weekdays, and the holidays.
type hoursPage struct {
	ruleSheet
	Always   bool
	Weekdays []hoursDay
	Holidays []int
	Means    string // what the hours mean for a case that opens now
}

var hoursKind = ruleKind{
	at: "/settings/hours", template: "hours.html", title: "opening", lists: append([]string{"holiday."}, groupsOfDays()...),
	open: func(s *site, words *words, c *ruleScope) rulePage {
		p := hoursOf(words, c, s.Clock())
		p.Means = rulePages{s}.hoursMean(words, p)
		return p
	},
}

// hoursDay is a row of the grid.
type hoursDay struct {
	Key, Name string
	Parts     []int
}

// openDays are the weekdays from Monday, as files name them, with their places in a week.
var openDays = []struct {
	key string
	day time.Weekday
}{{"mon", 1}, {"tue", 2}, {"wed", 3}, {"thu", 4}, {"fri", 5}, {"sat", 6}, {"sun", 0}}

// Of the grid: how many open times a day has at least, and how many empty rows the holidays.
const (
	openParts     = 2
	emptyHolidays = 3
)

// hoursOf is the form of the hours in force.
func hoursOf(words *words, c *ruleScope, now time.Time) *hoursPage {
	p := &hoursPage{ruleSheet: ruleSheet{ruleScope: *c, Own: c.own("hours")}}
	hours, add := p.rules().Hours, p.add
	p.Always = hours.Always()
	always := "times"
	if p.Always {
		always = "always"
	}
	add(field{Name: "open", Label: words.t("hours_open"), Value: always})
	p.Weekdays = p.addWeek(words, "", hours.Week)
	for i := range len(hours.Holidays) + emptyHolidays {
		at, n := fmt.Sprintf("holiday.%d.", i), words.t("holiday_n", i+1)
		from, to, each, open := "", "", false, recovery.Interval{}
		if i < len(hours.Holidays) {
			h := hours.Holidays[i]
			each, open = h.From.Year == 0, h.Open
			from, to = dateText(h.From, now), dateText(h.To, now)
			if to == from {
				to = ""
			}
		}
		none := open == recovery.Interval{}
		add(field{Name: at + "from", Label: n + ", " + words.t("holiday_from"), Kind: "date", Value: from})
		add(field{Name: at + "to", Label: n + ", " + words.t("holiday_to"), Kind: "date", Value: to})
		add(field{Name: at + "each", Label: words.t("holiday_each"), Kind: "check", Value: checked(each)})
		add(field{Name: at + "open", Label: n + ", " + words.t("holiday_open"), Kind: "time", Value: timeText(open.From, none)})
		add(field{Name: at + "shut", Label: n + ", " + words.t("holiday_shut"), Kind: "time", Value: timeText(open.To, none)})
		p.Holidays = append(p.Holidays, i)
	}
	return p
}

// dateText is a date as the browser's control has it; one without a year stands in this one.
func dateText(d recovery.Date, now time.Time) string {
	if d.Year == 0 {
		d.Year = now.Year()
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// hoursMean says by when a case that opens now would have to be taken.
func (s rulePages) hoursMean(words *words, p *hoursPage) string {
	zone := s.at(p.Site).Zone
	if p.Site == "" {
		zone = nil
		if len(p.Sites) == 2 { // the one there is
			zone = s.at(p.Sites[1].Value).Zone
		}
	}
	if zone == nil {
		return ""
	}
	hours, now := p.rules().Hours, s.Clock()
	hours.Zone = zone
	return words.t("hours_means", words.moment(now, hours.Due(now, p.rules().SLA.P2.Acknowledge), zone))
}

// addWeek are the fields of a grid of weekdays, whose names begin with a prefix.
func (f *form) addWeek(words *words, prefix string, week recovery.Week) (rows []hoursDay) {
	parts := openParts
	for _, day := range week {
		parts = max(parts, len(day))
	}
	for _, d := range openDays {
		row := hoursDay{Key: d.key, Name: words.t("day_" + d.key)}
		for i := range parts {
			var x recovery.Interval
			if open := week[d.day]; i < len(open) {
				x = open[i]
			}
			at, none := fmt.Sprintf("%s%s.%d.", prefix, d.key, i), x == recovery.Interval{}
			f.add(field{Name: at + "from", Label: words.t("hours_from", row.Name), Kind: "time", Value: timeText(x.From, none)})
			f.add(field{Name: at + "to", Label: words.t("hours_to", row.Name), Kind: "time", Value: timeText(x.To, none)})
			row.Parts = append(row.Parts, i)
		}
		rows = append(rows, row)
	}
	return rows
}

// week is what such a grid says.
func (f *form) week(words *words, prefix string) (week recovery.Week) {
	for _, d := range openDays {
		for i := 0; f.field(fmt.Sprintf("%s%s.%d.from", prefix, d.key, i)) != nil; i++ {
			at := fmt.Sprintf("%s%s.%d.", prefix, d.key, i)
			x, err := intervalOf(f.field(at+"from").Value, f.field(at+"to").Value)
			if err != nil {
				f.field(at + "from").Fault = words.t("times_fault")
				continue
			}
			if x != (recovery.Interval{}) {
				week[d.day] = append(week[d.day], x)
			}
		}
		slices.SortFunc(week[d.day], func(a, b recovery.Interval) int { return int(a.From - b.From) })
	}
	return week
}

// holidays are the list as the form has it; each as the file writes it.
func (p *hoursPage) holidays(words *words) (list []recovery.Holiday) {
	for _, i := range p.Holidays {
		at := fmt.Sprintf("holiday.%d.", i)
		from, to := p.field(at+"from"), p.field(at+"to")
		if from.Value == "" && to.Value == "" {
			continue
		}
		text, each := from.Value, p.field(at+"each").Value != ""
		if to.Value != "" && to.Value != from.Value {
			text += " to " + to.Value
		}
		if each {
			text = strings.Join(yearless(strings.Fields(text)), " ")
		}
		open, err := intervalOf(p.field(at+"open").Value, p.field(at+"shut").Value)
		if err == nil && open != (recovery.Interval{}) {
			span, _ := open.MarshalText()
			text += " " + string(span)
		}
		var h recovery.Holiday
		if err != nil {
			p.field(at + "open").Fault = words.t("times_fault")
		} else if err := h.UnmarshalText([]byte(text)); err != nil {
			from.Fault = words.t("holiday_fault")
		} else {
			list = append(list, h)
		}
	}
	return list
}

// yearless takes the years off dates.
func yearless(parts []string) []string {
	for i, x := range parts {
		if len(x) == len("2026-12-24") {
			parts[i] = x[len("2026-"):]
		}
	}
	return parts
}

// weekText and holidayText are hours as the file has them.
func weekText(week recovery.Week) string {
	var days []string
	for _, d := range openDays {
		var open []string
		for _, x := range week[d.day] {
			open = append(open, intervalText(x))
		}
		if len(open) > 0 {
			days = append(days, d.key+": ["+strings.Join(open, ", ")+"]")
		}
	}
	return "{" + strings.Join(days, ", ") + "}"
}

func holidayText(list []recovery.Holiday) string {
	if len(list) == 0 {
		return "[]"
	}
	lines := make([]string, len(list))
	for i, h := range list {
		text, _ := h.MarshalText()
		lines[i] = `- "` + string(text) + `"`
	}
	return strings.Join(lines, "\n")
}

// settle says what is to change. What is wrong stands at its field.
func (p *hoursPage) settle(words *words) (changes []change) {
	p.Always = p.field("open").Value == "always"
	hours := p.rules().Hours
	week, holidays := p.week(words, ""), p.holidays(words)
	switch {
	case p.Always && hours.Always() && !(recovery.Hours{Week: week}).Always():
		p.Always, p.field("open").Value = false, "times" // whoever writes times means them
	case p.Always:
		week = recovery.Week{}
	}
	if !p.Always && len(p.Faults()) == 0 && (recovery.Hours{Week: week}).Always() {
		p.field("mon.0.from").Fault = words.t("hours_none")
	}
	if weekText(week) != weekText(hours.Week) {
		changes = append(changes, change{"hours/week", words.t("opening"), weekText(hours.Week), weekText(week), weekText(week)})
	}
	if holidayText(holidays) != holidayText(hours.Holidays) {
		changes = append(changes, change{"hours/holidays", words.t("holidays"), holidayText(hours.Holidays), holidayText(holidays), holidayText(holidays)})
	}
	return changes
}

func (p *hoursPage) same(words *words) []change {
	return []change{{at: "hours", label: words.t("opening"), was: weekText(p.rules().Hours.Week), now: words.t("rules_same_as")}}
}

func groupsOfDays() []string {
	days := make([]string, len(openDays))
	for i, d := range openDays {
		days[i] = d.key + "."
	}
	return days
}
