package bot

import (
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// The event attributes with a meaning of their own. Every other attribute is a
// placeholder by its own name and a subject of conditions, no more.
const (
	attrFirstName = "first_name"
	attrService   = "service_name"
	attrBusiness  = "business_name"
	attrAgent     = "agent_name"
	attrDate      = "date"
	attrItem      = "item"
	attrTicket    = "ticket"
	attrPromise   = "promise"
	attrTier      = "tier"
	attrLate      = "late"
	attrStandard  = "standard_broken"
)

// voice is how one message speaks: in which language, about which session.
type voice struct {
	*words
	lang    string   // BCP 47, of the message
	langs   []string // in which order words of the flow are looked up
	session *storage.Session
	name    string // the customer's display name
	site    site
	now     time.Time
}

// known returns the value that a placeholder has, without any fallback.
func (v *voice) known(name string) (string, bool) {
	if v.session != nil {
		if a := v.session.Attributes[name]; a != "" {
			if name == attrDate {
				return v.date(a), true
			}
			return a, true
		}
	}
	value := ""
	switch name {
	case attrFirstName:
		value, _, _ = strings.Cut(strings.TrimSpace(v.name), " ")
	case attrService:
		if v.session != nil {
			value = v.session.Service
		}
	case attrBusiness:
		value = v.site.Name
	case "agent_or_team":
		return v.known(attrAgent)
	}
	return value, value != ""
}

// value returns what a placeholder is replaced by: what is known, else general words
// that suit any sentence, else nothing.
func (v *voice) value(name string) (string, bool) {
	if s, ok := v.known(name); ok {
		return s, true
	}
	s, ok := v.plain["fallback_"+name]
	return s, ok
}

// fill fills words of a flow.
func (v *voice) fill(s string, pairs ...string) string {
	if strings.IndexByte(s, '{') < 0 {
		return s
	}
	return fill(s, pairValues(pairs).or(v.value))
}

// tell is say with the placeholders of the session as well: in brackets only what is
// known, elsewhere with general words for the rest.
func (v *voice) tell(id string, pairs ...string) string {
	own := pairValues(pairs)
	return fillBrackets(v.plain[id], own.or(v.value), own.or(v.known))
}

// date writes an event's date (a date, or a time of day with its zone) in the
// language's order and the site's zone. What is no date is shown as it came.
func (v *voice) date(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		if t, err = time.Parse(time.RFC3339, s); err != nil {
			return s
		}
		t = t.In(v.site.Zone)
	}
	return v.day(t)
}

// day is a calendar day in the language's order.
func (v *voice) day(t time.Time) string {
	return v.say("date", "day", strconv.Itoa(t.Day()), "month", v.month(t), "year", strconv.Itoa(t.Year()))
}

// moment is a time of a case's clocks: day and time in the site's zone.
func (v *voice) moment(t time.Time) string {
	t = t.In(v.site.Zone)
	return v.say("date_time", "day", strconv.Itoa(t.Day()), "month", v.month(t), "time", t.Format("15:04"))
}

func (v *voice) month(t time.Time) string { return v.plain["month_"+strconv.Itoa(int(t.Month()))] }

// within is a span of time in its largest whole unit, "4 hours".
func (v *voice) within(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day && d%day == 0:
		return v.count("days", int(d/day))
	case d >= time.Hour:
		return v.count("hours", int((d+time.Hour-1)/time.Hour))
	}
	return v.count("minutes", int((d+time.Minute-1)/time.Minute))
}
