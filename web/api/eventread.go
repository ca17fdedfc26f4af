package api

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/language"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// What an event may hold.
const (
	maxEvents     = 1000
	maxID         = 200
	maxWords      = 500
	maxAttributes = 40
	aheadOfUs     = 5 * time.Minute // by which the clocks of others may be wrong
)

var (
	sourceShape    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9_-]{1,40}$`) })
	attributeShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`) })
	moneyShape     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?[0-9]{1,12}(\.[0-9]{1,4})?$`) })
	currencyShape  = regexp.MustCompile(`^[A-Z]{3}$`)
)

// reader reads what was sent, and collects what is wrong with it.
type reader struct {
	now    time.Time
	sites  map[string]storage.Site // that the token may tell of
	only   string                  // the one site of the token; "" = it has none or several
	some   bool                    // it is a token of some sites alone
	asks   func() []string         // surveys that an event may name
	faults []fault
}

// mostFaults are told of one request.
const mostFaults = 100

func (r *reader) fault(at, code, format string, args ...any) {
	if len(r.faults) < mostFaults {
		r.faults = append(r.faults, fault{at, code, fmt.Sprintf(format, args...)})
	}
}

// object checks that v is an object with no other members than these.
func (r *reader) object(v value, known ...string) bool {
	if v.kind != object {
		r.fault(v.at, "type", "This is %s; an object is meant.", v.kind)
		return false
	}
	for _, name := range v.names {
		if !slices.Contains(known, name) {
			r.fault(below(v.at, name), "unknown", "There is no member %q here.%s", short(name), meant(name, known))
		}
	}
	return true
}

// meant guesses what somebody wanted to write.
func meant(given string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if n := distance(strings.ToLower(given), k); n < least {
			best, least = k, n
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}

// distance is how many letters must be changed, added or taken away, up to 3 or so.
func distance(a, b string) int {
	if len(a) > 60 || len(b) > 60 {
		return 99
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			last, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, last+cost)
		}
	}
	return row[len(b)]
}

// words reads a member that is a string of at most so many letters; "" = it is not there.
func (r *reader) words(v value, name string, most int) string {
	m, ok := v.members[name]
	switch {
	case !ok:
		return ""
	case m.kind == number:
		r.fault(m.at, "type", "This is a number; write it as a string: %q.", m.text)
	case m.kind != text:
		r.fault(m.at, "type", "This is %s; a string is meant.", m.kind)
	case len([]rune(m.text)) > most:
		r.fault(m.at, "too_long", "At most %d letters are kept here.", most)
	case strings.ContainsFunc(m.text, unicode.IsControl):
		r.fault(m.at, "control", "There is a control character in it.")
	default:
		return storage.Clean(m.text)
	}
	return ""
}

// one reads a member that is one of these words.
func (r *reader) one(v value, name string, of ...string) string {
	w := r.words(v, name, maxID)
	if w != "" && !slices.Contains(of, w) {
		r.fault(v.members[name].at, "unknown_value", "%q is none of %s.%s", short(w), strings.Join(of, ", "), meant(w, of))
		return ""
	}
	return w
}

// moment reads a time with its zone.
func (r *reader) moment(v value, name string, site storage.Site) time.Time {
	w := r.words(v, name, 40)
	if w == "" {
		return time.Time{}
	}
	at := v.members[name].at
	t, err := time.Parse(time.RFC3339, w)
	if err == nil {
		return t.UTC().Truncate(time.Microsecond)
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, w); err == nil {
			zone, err := time.LoadLocation(site.Zone)
			if err != nil || site.ID == "" {
				zone = time.UTC
			}
			here := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone)
			hint := ""
			if site.ID != "" {
				hint = fmt.Sprintf(" Write %s for %s.", here.Format(time.RFC3339), site.Name)
			}
			r.fault(at, "no_zone", "%s has no zone.%s", w, hint)
			return time.Time{}
		}
	}
	r.fault(at, "no_time", "%q is no time such as 2026-11-27T17:42:00+01:00.", short(w))
	return time.Time{}
}

var eventMembers = []string{
	"source", "id", "state", "site", "service", "booked", "started", "ended", "promised", "measures", "staff", "touchpoint", "stage",
	"amount", "customer", "attributes", "reason", "updated", "test", "ask",
}

// event reads one event.
func (r *reader) event(v value) (e storage.Event) {
	if !r.object(v, eventMembers...) {
		return e
	}
	need := func(name, why string) {
		if _, ok := v.members[name]; !ok {
			r.fault(below(v.at, name), "missing", "%s", why)
		}
	}
	need("source", "Say which system tells it, such as \"till\".")
	need("id", "Say which service it is: your own number of it, that no other has.")
	if e.Source = r.words(v, "source", maxID); e.Source != "" && !sourceShape().MatchString(e.Source) {
		r.fault(v.members["source"].at, "source", "A source is at most 40 of a–z, 0–9, _ and -.")
	}
	if e.ID = r.words(v, "id", maxID); e.ID == "" && v.members["id"].kind == text {
		r.fault(v.members["id"].at, "missing", "It is empty.")
	}
	states := make([]string, 0, len(storage.EventStates()))
	for _, s := range storage.EventStates() {
		states = append(states, string(s))
	}
	if e.State = storage.EventState(r.one(v, "state", states...)); e.State == "" {
		e.State = storage.EventDone
	}
	site := r.site(v, &e)
	e.Service = r.words(v, "service", maxID)
	e.Booked, e.Started, e.Ended = r.moment(v, "booked", site), r.moment(v, "started", site), r.moment(v, "ended", site)
	e.Updated = r.moment(v, "updated", site)
	e.Staff, e.Touchpoint, e.Stage = r.words(v, "staff", maxID), r.words(v, "touchpoint", maxID), r.one(v, "stage", "pre_sale", "in_sale", "after_sale")
	e.Reason = r.words(v, "reason", maxWords)
	if e.Ask = r.words(v, "ask", maxID); e.Ask != "" {
		if all := r.asks(); !slices.Contains(all, e.Ask) {
			r.fault(v.members["ask"].at, "unknown_flow", "There is no survey %q.%s", short(e.Ask), meant(e.Ask, all))
		}
	}
	if t, ok := v.members["test"]; ok && t.kind != boolean {
		r.fault(t.at, "type", "This is %s; true or false is meant.", t.kind)
	} else {
		e.Test = t.truth
	}
	r.when(v, e)
	if p, ok := v.members["promised"]; ok && r.object(p, "by", "words") {
		e.Promised = &storage.EventPromise{By: r.moment(p, "by", site), Words: r.words(p, "words", maxWords)}
		if _, ok := p.members["by"]; !ok {
			r.fault(below(p.at, "by"), "missing", "Say until when it was promised.")
		}
	}
	if a, ok := v.members["amount"]; ok && r.object(a, "value", "currency") {
		e.Amount = &storage.EventAmount{Value: r.words(a, "value", 20), Currency: r.words(a, "currency", 20)}
		if !moneyShape().MatchString(e.Amount.Value) || !currencyShape.MatchString(e.Amount.Currency) {
			r.fault(a.at, "amount", "Write it as {\"value\": \"25.50\", \"currency\": \"EUR\"}.")
		}
	}
	if m, ok := v.members["measures"]; ok && r.object(m, m.names...) {
		e.Measures = map[string]float64{}
		for _, name := range m.names {
			x := m.members[name]
			n, err := strconv.ParseFloat(x.text, 64)
			if x.kind != number || err != nil {
				r.fault(x.at, "type", "This is %s; a number is meant.", x.kind)
			}
			if !attributeShape().MatchString(name) {
				r.fault(x.at, "name", "A measure is called by at most 40 of a–z, 0–9 and _.")
			}
			e.Measures[name] = n
		}
	}
	e.Attributes = r.attributes(v)
	e.Customer = r.customer(v, site)
	return e
}

// site reads where it took place.
func (r *reader) site(v value, e *storage.Event) storage.Site {
	e.Site = r.words(v, "site", maxID)
	m, given := v.members["site"]
	if !given {
		if e.Site = r.only; e.Site == "" {
			r.fault(below(v.at, "site"), "missing", "Say at which site: more than one is possible here.")
		}
		return r.sites[e.Site]
	}
	site, ok := r.sites[e.Site]
	if !ok && m.kind == text {
		of := ""
		if r.some {
			of = " for this token"
		}
		r.fault(m.at, "unknown_site", "There is no site %q%s.%s", short(e.Site), of, meant(e.Site, slices.Sorted(maps.Keys(r.sites))))
	}
	return site
}

// when checks that the times of an event can be right.
func (r *reader) when(v value, e storage.Event) {
	wrong := func(name string) bool { // it has a fault of its own
		_, ok := v.members[name]
		return ok && map[string]time.Time{"started": e.Started, "ended": e.Ended, "booked": e.Booked}[name].IsZero()
	}
	if e.State == storage.EventDone && e.Ended.IsZero() && !wrong("ended") {
		r.fault(below(v.at, "ended"), "missing", "Say when it ended, as it is done.")
	}
	for name, t := range map[string]time.Time{"started": e.Started, "ended": e.Ended} {
		if t.After(r.now.Add(aheadOfUs)) {
			r.fault(v.members[name].at, "future", "It is %s now: this has not happened yet.", r.now.Format(time.RFC3339))
		}
	}
	if t := e.At(); !t.IsZero() && t.Before(r.now.AddDate(0, 0, -storage.EventDays)) {
		r.fault(v.at, "too_old", "It is more than %d days ago.", storage.EventDays)
	}
	if !e.Started.IsZero() && !e.Ended.IsZero() && e.Ended.Before(e.Started) {
		r.fault(v.members["ended"].at, "order", "It ended before it started.")
	}
}

// reserved are filled from other members.
var reserved = map[string]string{"late": "promised", "standard_broken": "measures", "service_name": "service", "agent_name": "staff", "date": "ended"}

func (r *reader) attributes(v value) map[string]any {
	m, ok := v.members["attributes"]
	if !ok || !r.object(m, m.names...) {
		return nil
	}
	if len(m.names) > maxAttributes {
		r.fault(m.at, "too_many", "At most %d attributes are kept.", maxAttributes)
	}
	out := map[string]any{}
	for _, name := range m.names {
		x := m.members[name]
		switch from := reserved[name]; {
		case from != "":
			r.fault(x.at, "reserved", "%q is filled from %q: leave it out here.", name, from)
		case !attributeShape().MatchString(name):
			r.fault(x.at, "name", "An attribute is called by at most 40 of a–z, 0–9 and _, a letter first.")
		case x.kind == text:
			out[name] = r.words(m, name, maxWords)
		case x.kind == number:
			n, err := strconv.ParseFloat(x.text, 64)
			if err != nil {
				r.fault(x.at, "type", "This number is too large.")
			}
			out[name] = n
		case x.kind == boolean:
			out[name] = x.truth
		default:
			r.fault(x.at, "type", "This is %s; a string, a number, true or false is meant.", x.kind)
		}
	}
	return out
}

func (r *reader) customer(v value, site storage.Site) *storage.EventCustomer {
	m, ok := v.members["customer"]
	if !ok || !r.object(m, "id", "name", "first_name", "language", "zone", "tier", "kind", "reach", "consent") {
		return nil
	}
	c := &storage.EventCustomer{
		ID: r.words(m, "id", maxID), Name: r.words(m, "name", maxID), FirstName: r.words(m, "first_name", maxID),
		Language: r.words(m, "language", 40), Zone: r.words(m, "zone", 60), Kind: r.one(m, "kind", "external", "internal"),
		Tier: r.one(m, "tier", string(recovery.MVC), string(recovery.MGC), string(recovery.BZ), string(recovery.Normal)),
	}
	if id, ok := m.members["id"]; !ok || id.kind == text && id.text == "" {
		r.fault(below(m.at, "id"), "missing", "Say who: your own key of the customer.")
	}
	if c.Language != "" {
		if _, err := language.Parse(c.Language); err != nil {
			r.fault(m.members["language"].at, "language", "%q is no language such as en or zh-Hans.", short(c.Language))
		}
	}
	if c.Zone != "" {
		if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "Local" {
			r.fault(m.members["zone"].at, "zone", "%q is no zone such as Europe/Berlin.", short(c.Zone))
		}
	}
	if x, ok := m.members["consent"]; ok && r.object(x, "basis", "from") {
		c.Consent = &storage.EventConsent{Basis: r.one(x, "basis", "contract", "consent", "legitimate_interest"), From: r.moment(x, "from", site)}
		if _, ok := x.members["basis"]; !ok {
			r.fault(below(x.at, "basis"), "missing", "Say contract, consent or legitimate_interest.")
		}
	}
	x, ok := m.members["reach"]
	switch {
	case !ok:
		return c
	case x.kind != list || len(x.items) > 8:
		r.fault(x.at, "type", "A list of at most 8 ways is meant, such as [{\"telegram\": \"customer\"}].")
		return c
	}
	for _, way := range x.items {
		if !r.object(way, "telegram", "slack_user", "slack_email", "web") {
			continue
		}
		if len(way.names) != 1 {
			r.fault(way.at, "reach", "Each entry is one way, such as {\"slack_email\": \"anna@example.com\"}.")
			continue
		}
		c.Reach = append(c.Reach, storage.EventReach{Kind: way.names[0], To: r.words(way, way.names[0], maxID)})
	}
	return c
}
