package recovery

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Clocks are the times by which something must have happened.
type Clocks struct {
	Acknowledge time.Time `json:"acknowledge,omitzero"`
	Contact     time.Time `json:"contact,omitzero"`
	Resolve     time.Time `json:"resolve,omitzero"`
}

// Clock names something that falls due.
type Clock string

// The clocks. The first three are promises and climb the chain.
const (
	ClockAcknowledge Clock = "acknowledge"
	ClockContact     Clock = "contact"
	ClockResolve     Clock = "resolve"
	ClockPlan        Clock = "plan"      // the date that was agreed with the customer
	ClockIdle        Clock = "idle"      // a taken case that nobody moves
	ClockSnooze      Clock = "snooze"    // a snooze lapses
	ClockFollowUp    Clock = "follow_up" // the customer is asked whether it is settled
	ClockClose       Clock = "close"     // no verdict came
)

// AllClocks lists every clock.
func AllClocks() []Clock {
	return []Clock{ClockAcknowledge, ClockContact, ClockResolve, ClockPlan, ClockIdle, ClockSnooze, ClockFollowUp, ClockClose}
}

var promises = [3]Clock{ClockAcknowledge, ClockContact, ClockResolve}

// Of returns one clock's time; clocks that are no promise have none.
func (c Clocks) Of(which Clock) time.Time {
	if at := c.of(which); at != nil {
		return *at
	}
	return time.Time{}
}

func (c *Clocks) of(which Clock) *time.Time {
	switch which {
	case ClockAcknowledge:
		return &c.Acknowledge
	case ClockContact:
		return &c.Contact
	case ClockResolve:
		return &c.Resolve
	}
	return nil
}

// DueFrom returns the clocks of a case of priority p that begin at t, by the site's
// hours. None has none.
func (r Rules) DueFrom(p Priority, t time.Time) Clocks {
	var c Clocks
	targets, hours := r.SLA.Of(p), r.hours(p)
	for which, span := range map[Clock]Span{ClockAcknowledge: targets.Acknowledge, ClockContact: targets.Contact, ClockResolve: targets.Resolve} {
		if span > 0 {
			*c.of(which) = hours.Due(t, span)
		}
	}
	return c
}

// DueFrom returns the default clocks of a case of priority p that opened at t, for a
// site that never closes. None has none.
func DueFrom(p Priority, t time.Time) Clocks { return DefaultRules.DueFrom(p, t) }

// hours are those in which a priority's clocks run: the site's, but day and night for a
// P1 while somebody is on call.
func (r Rules) hours(p Priority) Hours {
	if p == P1 && r.OnCall != "" {
		return Hours{}
	}
	return r.Hours
}

// start begins every clock anew.
func (c *Case) start(rules Rules, now time.Time) {
	c.Due, c.Since = rules.DueFrom(c.Decision.Priority, now), Clocks{now, now, now}
}

// since is when a clock began.
func (c Case) since(which Clock) time.Time {
	if at := c.Since.Of(which); !at.IsZero() {
		return at
	}
	return c.OpenedAt
}

// hasten sets the clocks of a more urgent priority: each from when it began, and none
// gets later.
func (c *Case) hasten(rules Rules) {
	for _, which := range promises {
		due := rules.DueFrom(c.Decision.Priority, c.since(which)).Of(which)
		if at := c.Due.of(which); at.IsZero() || !due.IsZero() && due.Before(*at) {
			*at = due
		}
	}
}

// runs reports whether a promise is still to be kept.
func (c Case) runs(which Clock) bool {
	if !c.State.Active() || !c.Decision.Opens || c.Due.Of(which).IsZero() {
		return false
	}
	switch which {
	case ClockAcknowledge:
		return c.State == Open
	case ClockContact:
		return c.Round.Contacted.IsZero() && c.Contact != NoContact
	}
	return c.Plan == nil
}

// late notes that a promise was kept too late. It is called just before it is kept.
func (m *move) late(which Clock) {
	if m.c.runs(which) && m.now.After(m.c.Due.Of(which)) {
		m.c.miss(which)
	}
}

func (c *Case) miss(which Clock) {
	if !slices.Contains(c.Missed, which) {
		c.Missed = append(c.Missed, which)
	}
}

// Timer is something that falls due.
type Timer struct {
	At      time.Time
	Clock   Clock
	Percent int      // of a promise
	To      Receiver // who hears of it; "" = the program acts
}

// key marks a timer as struck.
func (t Timer) key() string {
	return string(t.Clock) + " " + strconv.Itoa(t.Percent) + " " + string(t.To)
}

// Timers returns what is still to fall due, the earliest first. A snooze puts off what
// would fall due before it lapses.
func (r Rules) Timers(c Case) []Timer {
	var all []Timer
	if c.State.Active() {
		all = r.active(c)
	} else if c.State == Resolved {
		all = r.afterwards(c)
	}
	slices.SortStableFunc(all, func(a, b Timer) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Percent, b.Percent))
	})
	return all
}

func (r Rules) active(c Case) []Timer {
	var all []Timer
	add := func(t Timer) {
		if !slices.Contains(c.Struck, t.key()) {
			t.At = later(t.At, c.Snoozed)
			all = append(all, t)
		}
	}
	hours := r.hours(c.Decision.Priority)
	for _, which := range promises {
		if !c.runs(which) {
			continue
		}
		since, due := c.since(which), c.Due.Of(which)
		whole := min(hours.Between(since, due), horizon*day)
		for _, s := range r.Chain {
			if !r.concerns(s, which, c) {
				continue
			}
			at := due
			switch {
			case s.At < 100:
				at = hours.Add(since, whole/100*time.Duration(s.At))
			case s.At > 100:
				at = later(due, hours.Add(since, whole/100*time.Duration(s.At)))
			}
			add(Timer{At: later(at, since), Clock: which, Percent: s.At, To: s.To})
		}
	}
	if c.Plan != nil {
		add(Timer{At: c.Plan.Due, Clock: ClockPlan, Percent: 100, To: ToThread})
	}
	if owed := c.owed(); !owed.IsZero() {
		if idle := r.SLA.Of(c.Decision.Priority).Idle; idle > 0 {
			add(Timer{At: hours.Due(later(owed, c.Snoozed), idle), Clock: ClockIdle})
		}
	}
	if !c.Snoozed.IsZero() {
		add(Timer{At: c.Snoozed, Clock: ClockSnooze, To: ToThread})
	}
	return all
}

// concerns reports whether a step of the chain is climbed by this clock.
func (r Rules) concerns(s Step, which Clock, c Case) bool {
	switch {
	case len(s.For) > 0 && !slices.Contains(s.For, c.Decision.Priority):
		return false
	case s.To == ToOnCall && r.OnCall == "":
		return false
	case s.Outside:
		return which == ClockAcknowledge && !r.Hours.Open(c.since(which))
	}
	return true
}

// owed is since when the holder owes a move: since they took the case or did something
// about it, since the customer wrote, since the agreed date. Zero = the case waits for
// the customer or for that date.
func (c Case) owed() time.Time {
	switch {
	case c.State == Open:
		return time.Time{}
	case !c.Wrote.IsZero():
		return later(c.Wrote, c.Moved)
	case c.State == Taken:
		return later(c.HeldAt, c.Moved)
	case c.State == Agreed && c.Plan != nil:
		return later(c.Plan.Due, c.Moved)
	}
	return time.Time{}
}

// afterwards is what follows a resolution: the question whether it is settled, unless
// the customer must not or cannot be asked, then the end of waiting for its answer. It does not end while what they
// wrote is not answered.
func (r Rules) afterwards(c Case) []Timer {
	after, end := time.Duration(r.FollowUp.After), time.Duration(r.FollowUp.Close)
	if after > 0 && c.Outcome.Asked.IsZero() && c.Outcome.At.IsZero() && c.Contact != NoContact && c.Lost.IsZero() {
		return []Timer{{At: r.FollowUp.awake(c.EndedAt.Add(after), r.Hours.zone()), Clock: ClockFollowUp}}
	}
	if end <= 0 || c.Unanswered() {
		return nil
	}
	at := c.EndedAt.Add(end)
	if !c.Outcome.Asked.IsZero() {
		at = later(at, c.Outcome.Asked.Add(end-after))
	}
	return []Timer{{At: at, Clock: ClockClose}}
}

// awake is t, or when the next day begins at which customers may be asked.
func (f FollowUp) awake(t time.Time, zone *time.Location) time.Time {
	if f.Daytime.From >= f.Daytime.To {
		return t
	}
	for d := dateOf(t, zone); ; d = d.next() {
		from, to := at(d, f.Daytime.From.duration(), zone), at(d, f.Daytime.To.duration(), zone)
		if from.Before(to) && t.Before(to) {
			return later(t, from).UTC()
		}
	}
}

// NextClock is what falls due next; false = nothing will by itself. The shell looks at
// the case then and applies ClockStruck.
func NextClock(rules Rules, c Case) (Timer, bool) {
	if all := rules.Timers(c); len(all) > 0 {
		return all[0], true
	}
	return Timer{}, false
}

// strike does all that is due. What that starts may be due at once itself. followUp is
// the session of the follow-up, should it be due.
func (m *move) strike(followUp string) *Refusal {
	for range 8 {
		next, ok := NextClock(m.rules, m.c)
		if !ok || next.At.After(m.now) {
			break
		}
		for _, t := range m.rules.Timers(m.c) {
			if t.At.After(m.now) || !m.struck(t, followUp) {
				break
			}
		}
	}
	return nil
}

// struck does what one timer says; false = the others have to be looked at anew.
func (m *move) struck(t Timer, followUp string) bool {
	to := func(kind EventKind, detail string) {
		m.tell(kind, detail, "")
		m.events[len(m.events)-1].To = t.To
	}
	switch t.Clock {
	case ClockSnooze:
		// A snooze does not count as idling: the idle clock begins anew when it ends.
		m.c.Moved, m.c.Snoozed = later(m.c.Moved, m.c.Snoozed), time.Time{}
		to(EventWoke, "")
	case ClockIdle:
		former := m.c.Holder.ID
		m.queue()
		t.To = ToThread
		to(EventUnacknowledged, former)
		return false
	case ClockFollowUp:
		m.c.Outcome.Asked, m.c.Outcome.Session = m.now, followUp
		to(EventFollowUp, "")
		return false
	case ClockClose:
		m.c.State = Closed
		to(EventClosed, "")
		return false
	default:
		m.c.Struck = append(m.c.Struck, t.key())
		due := m.c.Due.Of(t.Clock)
		over := !due.IsZero() && !m.now.Before(due)
		if over {
			m.c.miss(t.Clock)
		}
		// After an outage nobody is reminded of what has run out already.
		if !over || t.Percent >= 100 {
			to(EventStruck, told(t.Clock, t.Percent))
		}
		m.silent = true
	}
	return true
}
