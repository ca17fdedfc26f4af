package recovery

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"
)

// Rules say when a case opens, by when what must happen to it, and who hears when it
// does not. They are data: admins edit them as JSON, a site may have its own.
type Rules struct {
	Primary   bool `json:"primary"`   // R1: the main answer is unsatisfied
	Composite bool `json:"composite"` // R2: all answers together are
	Critical  bool `json:"critical"`  // R3: a critical answer
	Attribute bool `json:"attribute"` // R4: one aspect at the bottom
	Complaint bool `json:"complaint"` // R5: a complaint
	Gap       bool `json:"gap"`       // R6: worse than expected

	Neutral bool `json:"mvc_neutral"` // a most valuable customer who is neutral opens a case
	Watch   bool `json:"watch"`       // other neutral answers go on the watch list

	Tier     bool `json:"raise_tier"`     // MVC is more urgent by one
	Repeat   bool `json:"raise_repeat"`   // so is who was unsatisfied in the last 90 days
	Standard bool `json:"raise_standard"` // so is an event that was late or broke a standard

	SLA      SLA      `json:"sla"`
	Chain    []Step   `json:"chain"`
	FollowUp FollowUp `json:"follow_up"`
	Causes   []Cause  `json:"causes"`
	Currency string   `json:"currency,omitempty"` // in which staff say what an action cost, such as EUR

	Hours  Hours  `json:"hours,omitzero"`    // of the site
	OnCall string `json:"on_call,omitempty"` // receiver of pages; while set, the clocks of a P1 run day and night

	Storm  Storm  `json:"storm"`
	Digest Digest `json:"digest,omitzero"`
	Mutes  []Mute `json:"mutes,omitempty"`
	Report Report `json:"report,omitzero"` // what leads are told of figures

	Snippets []Snippet `json:"snippets,omitempty"` // saved words for replies
	Texts    []Wording `json:"texts,omitempty"`    // of the frame of surveys, in words of one's own
}

// SLA is the table of domain 2.4: by when what must have happened, by priority.
type SLA struct {
	P1 Targets `json:"P1"`
	P2 Targets `json:"P2"`
	P3 Targets `json:"P3"`
}

// Targets are one priority's times, in business hours; 0 = no such clock.
type Targets struct {
	Acknowledge Span `json:"acknowledge"` // until a person takes it
	Contact     Span `json:"contact"`     // until the customer hears from a person
	Resolve     Span `json:"resolve"`     // until it is resolved or a plan is agreed
	Idle        Span `json:"idle"`        // a taken case that nobody moves for so long returns to the queue
	Snooze      Span `json:"snooze"`      // the longest snooze, in elapsed time
}

// Of returns the times of a priority; None has none.
func (s SLA) Of(p Priority) Targets {
	switch p {
	case P1:
		return s.P1
	case P2:
		return s.P2
	case P3:
		return s.P3
	}
	return Targets{}
}

// Receiver is a step of the escalation: who hears of it.
type Receiver string

// The receivers, nearest first.
const (
	ToThread  Receiver = "thread"  // the case's own thread, where its holder reads
	ToLead    Receiver = "lead"    // the site's lead
	ToManager Receiver = "manager" // the lead's manager
	ToOnCall  Receiver = "on_call" // whoever is on call; nobody while Rules.OnCall is ""
)

// Receivers lists every receiver.
func Receivers() []Receiver { return []Receiver{ToThread, ToLead, ToManager, ToOnCall} }

// Step is one step of the chain that every clock climbs.
type Step struct {
	At      int        `json:"at"` // percent of the clock, in working time
	To      Receiver   `json:"to"`
	For     []Priority `json:"for,omitempty"`     // empty = every priority
	Outside bool       `json:"outside,omitempty"` // only for the first clock, if it began while the site was closed
}

// FollowUp is what comes after a case is resolved, in elapsed time.
type FollowUp struct {
	After   Span     `json:"after"`            // until the customer is asked whether it is settled; 0 = nobody asks
	Close   Span     `json:"close"`            // until a resolved case without a verdict is closed
	Daytime Interval `json:"daytime,omitzero"` // when customers are asked, in the site's zone; zero = at any time (domain 2.5: not at night)
}

// defaults returns fresh rules, so that reading others over them changes nobody's.
func defaults() Rules {
	hours := func(n int) Span { return Span(time.Duration(n) * time.Hour) }
	minutes := func(n int) Span { return Span(time.Duration(n) * time.Minute) }
	return Rules{
		Primary: true, Composite: true, Critical: true, Attribute: true, Complaint: true, Gap: true,
		Neutral: true, Watch: true, Tier: true, Repeat: true, Standard: true,
		SLA: SLA{
			P1: Targets{minutes(15), hours(1), hours(24), hours(1), hours(4)},
			P2: Targets{minutes(30), hours(4), hours(48), hours(4), hours(24)},
			P3: Targets{hours(4), hours(24), hours(5 * 24), hours(24), hours(5 * 24)},
		},
		Chain: []Step{
			{At: 0, To: ToOnCall, For: []Priority{P1}, Outside: true},
			{At: 50, To: ToThread},
			{At: 100, To: ToLead},
			{At: 200, To: ToManager},
			{At: 200, To: ToOnCall, For: []Priority{P1}},
		},
		FollowUp: FollowUp{After: hours(24), Close: hours(7 * 24), Daytime: Interval{9 * 60, 21 * 60}},
		Causes:   causes(),
		Storm:    Storm{Cases: 10, Within: minutes(1)},
	}
}

// currency is a code of ISO 4217, or nothing.
var currency = regexp.MustCompile(`^([A-Z]{3})?$`)

// DefaultRules has every rule on, with the clocks of domain 2.4, for a site that never
// closes. It is to be read, not changed: copies share its lists.
var DefaultRules = defaults()

// ParseRules reads rules as JSON. What the source leaves out is as in DefaultRules; a
// list that it names replaces the whole list. Rules with problems are refused with all
// of them.
func ParseRules(source []byte) (Rules, error) {
	r := defaults()
	// Decoding into a list would keep what the source's entries leave out.
	var named map[string]json.RawMessage
	if err := json.Unmarshal(source, &named); err != nil {
		return Rules{}, fmt.Errorf("read rules: %w", err)
	}
	if _, ok := named["chain"]; ok {
		r.Chain = nil
	}
	if _, ok := named["causes"]; ok {
		r.Causes = nil
	}
	d := json.NewDecoder(bytes.NewReader(source))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Rules{}, fmt.Errorf("read rules: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Rules{}, errors.New("read rules: more than one value")
	}
	var all []error
	for _, p := range r.Check() {
		all = append(all, errors.New(p.Message))
	}
	if len(all) > 0 {
		return Rules{}, errors.Join(all...)
	}
	return r, nil
}

// Problem is one thing that is wrong with rules.
type Problem struct {
	Path    string // where: the keys from the outside in, entries of lists by number from 0, "chain.2.to"
	Message string // a sentence that says what to do
}

// maxSpan bounds every length of time in rules.
const maxSpan = Span(60 * day)

// Check returns what is wrong with the rules, in the order of the messages.
func (r Rules) Check() []Problem {
	var out []Problem
	say := func(path, format string, args ...any) { out = append(out, Problem{path, fmt.Sprintf(format, args...)}) }
	spans := map[string]Span{"follow_up.after": r.FollowUp.After, "follow_up.close": r.FollowUp.Close, "storm.within": r.Storm.Within}
	for p := P1; p <= P3; p++ {
		t := r.SLA.Of(p)
		for name, s := range map[string]Span{"acknowledge": t.Acknowledge, "contact": t.Contact, "resolve": t.Resolve, "idle": t.Idle, "snooze": t.Snooze} {
			spans["sla."+p.String()+"."+name] = s
		}
	}
	for name, s := range spans {
		if s < 0 || s > maxSpan {
			say(name, "%s is %v; use a time from 0m to %v.", name, s, maxSpan)
		}
	}
	if r.FollowUp.After > 0 && r.FollowUp.Close <= r.FollowUp.After {
		say("follow_up.close", "follow_up.close is %v; it must be longer than follow_up.after (%v), or no answer could count.", r.FollowUp.Close, r.FollowUp.After)
	}
	if d := r.FollowUp.Daytime; d != (Interval{}) && (d.From < 0 || d.To > 24*60 || d.From >= d.To) {
		say("follow_up.daytime", "follow_up.daytime is %s-%s; write a time within one day, such as 09:00-21:00.", d.From, d.To)
	}
	for i, s := range r.Chain {
		at := fmt.Sprintf("chain.%d", i)
		if s.At < 0 || s.At > 1000 {
			say(at+".at", "chain step %d is at %d %%; use 0 to 1000.", i+1, s.At)
		}
		if !slices.Contains(Receivers(), s.To) {
			say(at+".to", "chain step %d goes to %q; use thread, lead, manager or on_call.", i+1, s.To)
		}
		for _, p := range s.For {
			if p < P1 || p > P3 {
				say(at+".for", "chain step %d is for priority %d; use 1, 2 or 3.", i+1, p)
			}
		}
	}
	out = append(out, checkCauses(r.Causes)...)
	out = append(out, checkSnippets(r.Snippets)...)
	out = append(out, checkWordings(r.Texts)...)
	if !currency.MatchString(r.Currency) {
		say("currency", "currency is %q; use its three letters, such as EUR.", r.Currency)
	}
	out = append(out, checkWeek("hours", "hours.week", r.Hours.Week)...)
	if problem, ok := checkHolidays(r.Hours.Holidays); !ok {
		say("hours.holidays", "%s", problem)
	}
	if r.Storm.Within > Span(time.Hour) {
		say("storm.within", "storm.within is %v; use an hour at most.", r.Storm.Within)
	}
	if r.Storm.Cases < 0 || r.Storm.Cases == 1 {
		say("storm.cases", "storm.cases is %d; use 2 or more, or 0 for no grouping.", r.Storm.Cases)
	}
	for i, m := range r.Mutes {
		at := fmt.Sprintf("mutes.%d", i)
		if m.Until.IsZero() == m.Week.empty() {
			say(at, "Mute %d needs either a time that it ends or a week, not both.", i+1)
		}
		out = append(out, checkWeek(fmt.Sprintf("mute %d", i+1), at+".week", m.Week)...)
	}
	if len(out) == 0 && r.alwaysMuted() {
		say("mutes", "The weekly mutes leave no time to tell staff; leave some of the week open.")
	}
	for i, m := range r.Digest.At {
		if m < 0 || m >= 24*60 {
			say(fmt.Sprintf("digest.at.%d", i), "digest.at has %s; use times from 00:00 to 23:59.", m)
		}
	}
	r.Report.check(say)
	slices.SortFunc(out, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.Message, b.Message), cmp.Compare(a.Path, b.Path)) })
	return out
}

func checkWeek(name, path string, w Week) []Problem {
	var out []Problem
	for i, open := range w {
		for k, o := range open {
			at := fmt.Sprintf("%s.%s.%d", path, weekdays[i], k)
			next := w[(i+1)%7]
			switch {
			case o.From < 0 || o.From >= 24*60 || o.To < 0 || o.To > 24*60 || o.From == o.To:
				out = append(out, Problem{at, fmt.Sprintf("%s, %s: %s-%s is no open time; write 09:00-18:00, a night as 18:00-02:00, and a whole day as 00:00-24:00.", name, weekdays[i], o.From, o.To)})
			case o.night() && k < len(open)-1:
				out = append(out, Problem{at, fmt.Sprintf("%s, %s: %s-%s ends on the next day; put it last.", name, weekdays[i], o.From, o.To)})
			case o.night() && len(next) > 0 && next[0].From < o.To:
				out = append(out, Problem{at, fmt.Sprintf("%s, %s: %s-%s goes on when the next day begins at %s; end it there.", name, weekdays[i], o.From, o.To, next[0].From)})
			case k > 0 && o.From < open[k-1].To:
				out = append(out, Problem{at, fmt.Sprintf("%s, %s: %s-%s begins before the one ahead of it ends; put them in order.", name, weekdays[i], o.From, o.To)})
			}
		}
	}
	return out
}
