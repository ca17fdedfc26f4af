package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery"
)

// hoursPage is when a place is open: a grid of weekdays, and the holidays.
type hoursPage struct {
	form
	ruleScope
	Own      bool
	Always   bool
	Weekdays []hoursDay
	Holidays []int
	Means    string // what the hours mean for a case that opens now
	Problem  string
}

// hoursDay is a row of the grid.
type hoursDay struct {
	Key, Name string
	Parts     []int
}

// Of is a field of the form by its name.
func (p hoursPage) Of(name string) *field { return p.field(name) }

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

func (s *site) hoursAsked(r *http.Request, v Viewer, id string) (p hoursPage, err error) {
	if err := mayRule(v); err != nil {
		return p, err
	}
	words := s.words(r, v)
	c, err := s.scopeOf(r.Context(), words, id)
	if err != nil {
		return p, err
	}
	return s.hoursOf(words, c), nil
}

// hoursOf is the form of the hours in force.
func (s *site) hoursOf(words *words, c *ruleScope) hoursPage {
	p := hoursPage{ruleScope: *c}
	hours := p.rules().Hours
	p.Always, p.Own = hours.Always(), p.own("hours")
	add := func(x field) { x.Was = x.Value; p.Fields = append(p.Fields, x) }
	always := "times"
	if p.Always {
		always = "always"
	}
	add(field{Name: "open", Label: words.t("hours_open"), Value: always})
	parts := openParts
	for _, day := range hours.Week {
		parts = max(parts, len(day))
	}
	for _, d := range openDays {
		row := hoursDay{Key: d.key, Name: words.t("day_" + d.key)}
		for i := range parts {
			var x recovery.Interval
			if open := hours.Week[d.day]; i < len(open) {
				x = open[i]
			}
			at, none := fmt.Sprintf("%s.%d.", d.key, i), x == recovery.Interval{}
			add(field{Name: at + "from", Label: words.t("hours_from", row.Name), Kind: "time", Value: timeText(x.From, none)})
			add(field{Name: at + "to", Label: words.t("hours_to", row.Name), Kind: "time", Value: timeText(x.To, none)})
			row.Parts = append(row.Parts, i)
		}
		p.Weekdays = append(p.Weekdays, row)
	}
	for i := range len(hours.Holidays) + emptyHolidays {
		at, n := fmt.Sprintf("holiday.%d.", i), words.t("holiday_n", i+1)
		from, to, each, open := "", "", false, recovery.Interval{}
		if i < len(hours.Holidays) {
			h := hours.Holidays[i]
			each, open = h.From.Year == 0, h.Open
			from, to = dateText(h.From, s.Clock()), dateText(h.To, s.Clock())
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

func (s *site) hours(w http.ResponseWriter, r *http.Request, v Viewer) error {
	p, err := s.hoursAsked(r, v, r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	return s.showHours(w, r, v, http.StatusOK, p)
}

func (s *site) showHours(w http.ResponseWriter, r *http.Request, v Viewer, status int, p hoursPage) error {
	words := s.words(r, v)
	zone := s.at(p.Site).Zone
	if p.Site == "" {
		zone = nil
		if len(p.Sites) == 2 { // the one there is
			zone = s.at(p.Sites[1].Value).Zone
		}
	}
	if zone != nil {
		hours, now := p.rules().Hours, s.Clock()
		hours.Zone = zone
		due := hours.Due(now, p.rules().SLA.P2.Acknowledge)
		p.Means = words.t("hours_means", words.moment(now, due, zone))
	}
	f := frame{Title: words.t("opening"), Meta: p.Title, Here: "/settings", Back: &link{"/settings", words.t("settings")}, Styles: []string{"forms.css"}}
	return s.show(w, r, v, status, "hours.html", f, p)
}

// week is the grid as the form has it. What is wrong stands at its field.
func (p *hoursPage) week(words *words) (week recovery.Week) {
	for _, d := range openDays {
		for i := range p.Weekdays[0].Parts {
			at := fmt.Sprintf("%s.%d.", d.key, i)
			x, err := intervalOf(p.field(at+"from").Value, p.field(at+"to").Value)
			if err != nil {
				p.field(at + "from").Fault = words.t("times_fault")
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

// saveHours makes the hours those in force.
func (s *site) saveHours(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	words := s.words(r, v)
	p, err := s.hoursAsked(r, v, r.PostForm.Get("site"))
	if err != nil {
		return err
	}
	now := map[string]string{}
	for _, x := range p.Fields {
		now[x.Name] = x.Value
	}
	if err := p.read(w, r); err != nil {
		return err
	}
	p.readChecks(r.PostForm)
	for _, group := range append([]string{"holiday."}, groupsOfDays()...) {
		p.together(group, now, words.t("changed_meanwhile"))
	}
	for i := range p.Fields {
		p.Fields[i].merge(now[p.Fields[i].Name], words.t("changed_meanwhile"))
	}
	p.Always = p.field("open").Value == "always"
	hours, changes := p.rules().Hours, []change(nil)
	week, holidays := p.week(words), p.holidays(words)
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
	if r.PostForm.Get("do") == "same" && p.Own {
		changes = []change{{at: "hours", label: words.t("opening"), was: weekText(hours.Week), now: words.t("rules_same_as")}}
	} else if len(p.Faults()) > 0 {
		return s.showHours(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if p.Problem, err = s.publishChanges(r.Context(), v, &p.ruleScope, changes); err != nil {
		return err
	}
	if p.Problem != "" {
		return s.showHours(w, r, v, http.StatusUnprocessableEntity, p)
	}
	http.Redirect(w, r, s.Prefix+"/settings/hours"+p.query("rules_saved"), http.StatusSeeOther)
	return nil
}

func groupsOfDays() []string {
	days := make([]string, len(openDays))
	for i, d := range openDays {
		days[i] = d.key + "."
	}
	return days
}
