// Package invitation decides who is asked after which service, when, and why somebody is not.
//
// A Policy is what an organisation's file of triggers says. Plan says what follows from an
// event as soon as it is told; Decide says, at the moment at which somebody would be asked,
// whether they are, or wait, or are left in peace. Both are pure: everything that they look at
// is an argument, also the time, so that a dry run and what happens are one code.
package invitation

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// On is what a trigger waits for.
type On string

// What triggers wait for.
const (
	OnDone    On = "done"
	OnBooked  On = "booked"
	OnStarted On = "started"
)

// Ons lists what triggers wait for.
func Ons() []On { return []On{OnDone, OnBooked, OnStarted, OnSilence} }

// Way is how somebody is reached.
type Way string

// The ways. A link is made for a person to hand out.
const (
	Telegram Way = "telegram"
	Slack    Way = "slack"
	Web      Way = "web"
)

// Ways lists every way, in the order in which they are tried unless a trigger says otherwise.
func Ways() []Way { return []Way{Telegram, Slack, Web} }

// Trigger asks after services that match it.
type Trigger struct {
	Name     string
	On       On
	When     *When // nil = always
	Ask      string
	After    *recovery.Span // from the end of the service; nil = the flow's own delay
	Stale    recovery.Span  // what is told of later is not asked about
	Sample   int            // per cent
	Language string         // "customer", "site", or a tag
	By       []Way
	Insists  bool // of a person who asks: also whom the clocks would leave in peace

	Experiment *Experiment // nil = all customers are asked alike

	// Of triggers that wait for time.
	Every     recovery.Span // OnTime: how far apart
	AtLeast   int           // of services within Within, OnTime
	Within    recovery.Span // 0 = of all that are known
	PerDay    int           // how many are asked a day at most, 0 = any number
	Between   recovery.Week // when they are asked; empty = at any hour that is not quiet
	Intervals int           // OnLost: of their own usual ones that they stay away

	// Of triggers that open a case instead of asking, OnSilence.
	Wait recovery.Span     // for so long the customer may say something
	Open recovery.Priority // of the case
}

// What a trigger does unless its file says otherwise.
const (
	UsualStale  = recovery.Span(3 * 24 * time.Hour)
	NamedStale  = recovery.Span(30 * 24 * time.Hour) // of an event that names its survey
	UsualSample = 100
	OfCustomer  = "customer"
	OfSite      = "site"
)

// Clock is how often somebody is asked by the surveys of a class.
type Clock struct {
	Every  recovery.Span // 0 = as often as something happens
	Flow   recovery.Span // after an answer to the same survey
	Exempt bool
}

// Contact is whom an organisation leaves in peace.
type Contact struct {
	Classes   map[survey.Class]Clock
	Declined  recovery.Span // after "not now"
	CapOffers int           // over all classes that are not exempt, within CapWithin; 0 = any number
	CapWithin recovery.Span
	Quiet     recovery.Interval // From == To = there are no quiet hours
	QuietSite bool              // by the zone of the site, whatever the customer's is
	Wait      recovery.Span     // how long somebody who would be asked may be kept waiting
	Remind    recovery.Span     // 0 = never
	OpenCase  string            // Hold or Ask
	Consent   []string          // accepted bases; none = nobody is asked for one
}

// What happens to somebody who has an open case.
const (
	HoldCase = "hold"
	AskCase  = "ask"
)

// Policy is what a file of triggers says.
type Policy struct {
	Triggers  []Trigger
	Standards []Standard
	Contact   Contact
	Sites     map[string]Contact
	Version   int  // of the file; 0 = none is published
	Draw      Draw // who is in which arm of an experiment; nil = everybody is asked as usual, and none runs
}

// At is the contact policy of a site.
func (p Policy) At(site string) Contact {
	if c, ok := p.Sites[site]; ok {
		return c
	}
	return p.Contact
}

// Usual is what holds while nothing else is published: nobody is asked by itself, and these
// are the limits for whoever is asked.
func Usual() Policy {
	const day = recovery.Span(24 * time.Hour)
	return Policy{Contact: Contact{
		Classes: map[survey.Class]Clock{
			survey.Transactional: {Every: 7 * day, Flow: 30 * day},
			survey.Relationship:  {Every: 90 * day},
			survey.Recovery:      {Exempt: true},
			survey.Pulse:         {Every: 28 * day},
			survey.Mystery:       {Exempt: true},
		},
		Declined: 30 * day, CapOffers: 8, CapWithin: 180 * day,
		Quiet: recovery.Interval{From: 21 * 60, To: 9 * 60}, Wait: 3 * day, Remind: day, OpenCase: HoldCase,
	}}
}

// Event is a service as triggers look at it.
type Event struct {
	Source, ID        string
	State             string
	Site, Service     string
	Stage, Touchpoint string
	Staff             string
	At                time.Time          // of its end, or when it began or is going to
	Told              time.Time          // when we heard of it
	LateBy            time.Duration      // than promised; 0 = it was not, or nothing was promised
	Measures          map[string]float64 // what standards look at
	Attributes        map[string]any     // strings, numbers, truths
	Ask               string             // the survey that is asked once it is done; "" = the triggers decide
	Test              bool
}

// Name is what tells an event from all others.
func (e Event) Name() string { return e.Source + ":" + e.ID }

// Customer is what is known of who was served.
type Customer struct {
	ID       string
	Tier     recovery.Tier
	Language string
	Zone     *time.Location // nil = the site's
	Internal bool           // a colleague
	Basis    string         // on which they may be asked; "" = nobody said
	Stopped  bool           // on any of their channels
	Erased   bool           // they asked to be forgotten
	Case     string         // an open case of theirs; "" = none
}

// Flow is the survey that would be asked.
type Flow struct {
	ID        string
	Class     survey.Class
	Delay     time.Duration
	Languages []string
	Paused    bool // or retired
	Before    bool // something is asked before the service
}

// Site is where it happened.
type Site struct {
	ID       string
	Zone     *time.Location
	Language string
	Gone     bool
}

// Past is an offer that was made to the customer before.
type Past struct {
	At    time.Time // when it was sent, or given to somebody to hand out
	Flow  string
	Class survey.Class
	Site  string
	Day   string // of the service, at the site: "2026-03-05"
	State State
	Ended time.Time // when it was answered, declined or over
}

// open reports whether it still may be answered.
func (p Past) open() bool {
	return slices.Contains([]State{Sending, Sent, HandedOut, Seen, Started}, p.State)
}

// Reach is one way to the customer as it is now.
type Reach struct {
	Way     Way
	Problem Reason // why it does not lead to them; "" = it does
}

// Facts is everything that is looked at when somebody would be asked.
type Facts struct {
	Now      time.Time
	Event    Event
	Customer Customer
	Flow     Flow
	Site     Site
	Past     []Past // in any order
	Reach    []Reach
	Due      time.Time // when they would have been asked at first
}

// zone is that in which the customer's night is.
func (f *Facts) zone(c *Contact) *time.Location {
	switch {
	case f.Customer.Zone != nil && !c.QuietSite:
		return f.Customer.Zone
	case f.Site.Zone != nil:
		return f.Site.Zone
	}
	return time.UTC
}

// sampled reports whether an event is among the share that a trigger asks about. The same
// event is always on the same side.
func (t *Trigger) sampled(e Event) bool {
	sum := sha256.Sum256([]byte(t.Name + "\x00" + e.Source + "\x00" + e.ID))
	return binary.BigEndian.Uint64(sum[:])/(1<<32) < uint64(t.Sample)*(1<<32)/100
}

// language is the one in which somebody is asked; "" = theirs as the chat knows it.
func (t *Trigger) language(f *Facts) string {
	switch t.Language {
	case OfCustomer, "":
		return f.Customer.Language
	case OfSite:
		return f.Site.Language
	}
	return t.Language
}

// When is a condition on an event. Exactly one of All, Any, Not and Field is set.
type When struct {
	All, Any []When
	Not      *When
	Field    string // site, service, tier, …, event.KEY
	Is       []string
	Low      *float64 // at least
	High     *float64 // at most
	Above    *float64
	Below    *float64
	Known    *bool
}

// Fields lists what conditions look at, beside event.KEY.
func Fields() []string {
	return []string{"site", "service", "tier", "language", "staff", "owner", "stage", "touchpoint"}
}

// Holds reports whether a condition holds.
func (w *When) Holds(e Event, c Customer) bool {
	switch {
	case w == nil:
		return true
	case w.All != nil:
		return !slices.ContainsFunc(w.All, func(x When) bool { return !x.Holds(e, c) })
	case w.Any != nil:
		return slices.ContainsFunc(w.Any, func(x When) bool { return x.Holds(e, c) })
	case w.Not != nil:
		return !w.Not.Holds(e, c)
	}
	word, number, isNumber, known := fieldOf(w.Field, e, c)
	switch {
	case w.Known != nil:
		return known == *w.Known
	case !known:
		return false
	case w.Is != nil:
		return slices.ContainsFunc(w.Is, func(is string) bool { return alike(w.Field, is, word) })
	case !isNumber:
		return false
	}
	within := func(limit *float64, holds func(l float64) bool) bool { return limit == nil || holds(*limit) }
	return within(w.Low, func(l float64) bool { return number >= l }) && within(w.High, func(l float64) bool { return number <= l }) &&
		within(w.Above, func(l float64) bool { return number > l }) && within(w.Below, func(l float64) bool { return number < l })
}

// alike compares words as admins write them: "zh" holds for "zh-Hans" too.
func alike(field, is, word string) bool {
	if strings.EqualFold(is, word) {
		return true
	}
	return field == "language" && strings.HasPrefix(strings.ToLower(word), strings.ToLower(is)+"-")
}

func fieldOf(field string, e Event, c Customer) (word string, number float64, isNumber, known bool) {
	if key, ok := strings.CutPrefix(field, "event."); ok {
		switch v := e.Attributes[key].(type) {
		case string:
			return v, 0, false, true
		case float64:
			return fmt.Sprint(v), v, true, true
		case bool:
			return fmt.Sprint(v), 0, false, true
		}
		return "", 0, false, false
	}
	tier := string(c.Tier)
	if tier == "" {
		tier = string(recovery.Normal)
	}
	word = map[string]string{
		"site": e.Site, "service": e.Service, "tier": tier, "language": c.Language, "staff": e.Staff, "owner": e.Staff,
		"stage": e.Stage, "touchpoint": e.Touchpoint,
	}[field]
	return word, 0, false, word != ""
}
