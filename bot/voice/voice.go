package voice

import (
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// The event attributes with a meaning of their own. Every other attribute is a
// placeholder by its own name and a subject of conditions, no more.
const (
	AttrFirstName = "first_name"
	AttrService   = "service_name"
	AttrBusiness  = "business_name"
	AttrAgent     = "agent_name"
	AttrDate      = "date"
	AttrItem      = "item"
	AttrTicket    = "ticket"
	AttrPromise   = "promise"
	AttrTier      = "tier"
	AttrLate      = "late"
	AttrStandard  = "standard_broken"
	AttrEnds      = "service_ends" // when the service is over, RFC 3339
)

// Attributes lists the event attributes with a meaning of their own.
func Attributes() []string {
	return []string{
		AttrFirstName, AttrService, AttrBusiness, AttrAgent, AttrDate, AttrItem, AttrTicket, AttrPromise,
		AttrTier, AttrLate, AttrStandard, AttrEnds,
	}
}

// Voice is how one message speaks: in which language, about which session.
type Voice struct {
	*Words
	On      chat.Traits // of the platform, to a customer
	Lang    string      // BCP 47, of the message
	Langs   []string    // in which order words of the flow are looked up
	Session *storage.Session
	Name    string // the customer's display name
	Staff   bool   // it speaks to staff
	Masked  bool   // … who know the customer by a pseudonym: Name is that
	Site    snapshot.Site
	Now     time.Time
	Answer  func(survey.Gap) string // what a text repeats of the answers; nil = none is known
}

// Known returns the value that a placeholder has, without any fallback.
func (v *Voice) Known(name string) (string, bool) {
	if v.Masked && name == AttrFirstName {
		return v.Name, true
	}
	if v.Session != nil {
		if a := v.Session.Attributes[name]; a != "" {
			if name == AttrDate {
				a = v.date(a)
			}
			if a = v.line(a); a != "" {
				return a, true
			}
		}
	}
	value := ""
	switch name {
	case AttrFirstName:
		value, _, _ = strings.Cut(v.line(v.Name), " ")
	case AttrService:
		if v.Session != nil {
			value = v.line(v.Session.Service)
		}
	case AttrBusiness:
		value = v.line(v.Site.Name)
	}
	return value, value != ""
}

// Quoted is a customer's name as staff read it: in quotation marks that no name can hold.
// "" where there is none.
func (v *Voice) Quoted(name string) string {
	if name = Called(name); !chat.Visible(name) {
		return ""
	}
	return v.Say("quoted", "words", name)
}

// line is what somebody else named, as the one line that a placeholder or a fact has room
// for; to staff it holds nothing of what a card's own lines are made of.
func (v *Voice) line(s string) string {
	if v.Staff {
		return chat.CleanName(s)
	}
	return chat.CleanLine(s)
}

// value returns what a placeholder is replaced by: what is known, else general words
// that suit any sentence, else nothing.
func (v *Voice) value(name string) (string, bool) {
	if s, ok := v.Known(name); ok {
		return s, true
	}
	s, ok := v.Plain["fallback_"+name]
	return s, ok
}

// foreign reports whether the program itself does not speak the voice's language: what it fills
// a text with is then the same in every language.
func (v *Voice) foreign() bool { return v.Lang != "" && MatchLanguage(Languages, v.Lang) == "" }

// Fill fills words of a flow.
func (v *Voice) Fill(s string, pairs ...string) string {
	own := pairValues(pairs).or(v.value)
	return survey.Fill(v.named(s), func(g survey.Gap) string {
		if !g.Answer {
			value, _ := own(g.Name)
			return value
		}
		if v.Answer == nil {
			return survey.Unanswered
		}
		return v.Answer(g)
	})
}

// Tell is say with the placeholders of the session as well: in brackets only what is
// known, elsewhere with general words for the rest.
func (v *Voice) Tell(id string, pairs ...string) string {
	own := pairValues(pairs)
	return fillBrackets(v.Plain[id], own.or(v.value), own.or(v.Known))
}

// date writes an event's date (a date, or a time of day with its zone) in the
// language's order and the site's zone. What is no date is shown as it came.
func (v *Voice) date(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		if t, err = time.Parse(time.RFC3339, s); err != nil {
			return s
		}
		t = t.In(v.Site.Zone)
	}
	return v.Day(t)
}

// Day is a calendar day in the language's order.
func (v *Voice) Day(t time.Time) string {
	if v.foreign() {
		return t.Format(time.DateOnly)
	}
	return v.Say("date", "day", strconv.Itoa(t.Day()), "month", v.month(t), "year", strconv.Itoa(t.Year()))
}

// DayOfYear is a date of a year that goes without saying.
func (v *Voice) DayOfYear(t time.Time) string {
	if v.foreign() {
		return t.Format(time.DateOnly)
	}
	return v.Say("date_near", "day", strconv.Itoa(t.Day()), "month", v.month(t))
}

// WeekdayOfYear is DayOfYear with the day of the week.
func (v *Voice) WeekdayOfYear(t time.Time) string {
	if v.foreign() {
		return t.Format(time.DateOnly)
	}
	return v.Say("date_weekday", "weekday", v.Plain["weekday_"+strconv.Itoa(int(t.Weekday()))], "date", v.DayOfYear(t))
}

// Moment is a time of a case's clocks: day and time in the site's zone.
func (v *Voice) Moment(t time.Time) string {
	t = t.In(v.Site.Zone)
	if v.foreign() {
		return t.Format("2006-01-02 15:04")
	}
	return v.Say("date_time", "day", strconv.Itoa(t.Day()), "month", v.month(t), "time", t.Format("15:04"))
}

// Soon is a moment near now as briefly as it can be told: the time of today, the day of the
// week within six days, else the date.
func (v *Voice) Soon(t time.Time) string {
	t = t.In(v.Site.Zone)
	now := v.Now.In(v.Site.Zone)
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	switch days := int(day(t).Sub(day(now)) / (24 * time.Hour)); {
	case days == 0:
		return t.Format("15:04")
	case days == 1:
		return v.Say("moment_tomorrow", "time", t.Format("15:04"))
	case days > -7 && days < 7:
		return v.Say("moment_weekday", "weekday", v.Plain["weekday_"+strconv.Itoa(int(t.Weekday()))], "time", t.Format("15:04"))
	}
	return v.Moment(t)
}

// Span is a span of time as briefly as it can be told, "25 min", rounded to what matters.
func (v *Voice) Span(d time.Duration) string {
	id, n := "span_days", d.Round(24*time.Hour)/(24*time.Hour)
	switch {
	case d < 90*time.Minute:
		id, n = "span_minutes", max(1, d.Round(time.Minute)/time.Minute)
	case d < 48*time.Hour:
		id, n = "span_hours", d.Round(time.Hour)/time.Hour
	}
	return v.Say(id, "n", strconv.Itoa(int(n)))
}

// Relative is how far away a deadline is: "in 25 min", "late by 10 min".
func (v *Voice) Relative(left time.Duration) string {
	if left < 0 {
		return v.Say("late_by", "span", v.Span(-left))
	}
	return v.Say("in_span", "span", v.Span(left))
}

func (v *Voice) month(t time.Time) string { return v.Plain["month_"+strconv.Itoa(int(t.Month()))] }

// Within is a span of time in its largest whole unit, "4 hours".
func (v *Voice) Within(d time.Duration) string {
	const day = 24 * time.Hour
	if v.foreign() {
		return inSigns(d)
	}
	switch {
	case d >= 2*day && d%day == 0:
		return v.Count("days", int(d/day))
	case d >= time.Hour:
		return v.Count("hours", int((d+time.Hour-1)/time.Hour))
	}
	return v.Count("minutes", int((d+time.Minute-1)/time.Minute))
}

// inSigns is a span of time in its largest whole unit, without a word: "4 h".
func inSigns(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day && d%day == 0:
		return strconv.Itoa(int(d/day)) + " d"
	case d >= time.Hour:
		return strconv.Itoa(int((d+time.Hour-1)/time.Hour)) + " h"
	}
	return strconv.Itoa(int((d+time.Minute-1)/time.Minute)) + " min"
}

// Files says in words what was sent: "📷 photo, 📎 bill.pdf".
func (v *Voice) Files(fs []survey.File) string {
	named := make([]string, 0, len(fs))
	for _, f := range fs {
		id := "file_" + f.Kind
		if v.Plain[id] == "" {
			id = "file_document"
		}
		if f.ID == "" {
			named = append(named, v.told(id, f.Name))
			continue
		}
		if f.Name != "" && !v.Masked {
			id = "file_named"
		}
		named = append(named, v.Say(id, "name", Called(f.Name)))
	}
	return strings.Join(named, v.Plain["list_comma"])
}

// told is what somebody sent that is no file, in words: what it is, and what it says.
func (v *Voice) told(id, says string) string {
	if says = Cut(chat.CleanLine(says), longestTold); says == "" || v.Masked {
		return v.Plain[id]
	}
	return v.Plain[id] + ": " + says
}

// longestTold is how much is said of what somebody sent, in runes.
const longestTold = 300

// Ago is how long something has lasted, "3 seconds".
func (v *Voice) Ago(d time.Duration) string {
	if d < time.Minute {
		return v.Count("seconds", max(1, int(d/time.Second)))
	}
	return v.Within(d)
}
