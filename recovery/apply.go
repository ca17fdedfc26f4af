package recovery

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/access"
)

// MaxText is how many characters a note, a reason, a plan or a reply may have.
const MaxText = 20_000

const (
	maxSeen    = 32                // words are recognised as a repeat among so many
	maxCost    = 1_000_000_000_000 // in the smallest unit of the currency
	maxActions = 20
)

// Apply does act to the case. It is total and pure: every act in every state has an
// answer, and c is not changed. A refused act returns c as it was and a *Refusal; one
// that would change nothing, such as the same act by the same actor again, returns c as
// it was without an error. Only a clock may change the case without an event. Events are to
// be added to the case's history. A time before that of the last change counts as that time.
func Apply(rules Rules, c Case, act Act, by Actor, now time.Time) (Case, []Event, error) {
	m := &move{rules: rules, c: c.clone(), by: by, now: later(later(micro(now), c.Updated), c.OpenedAt)}
	if m.c.State == "" {
		m.c.State = Open
	}
	if r := m.do(act); r != nil {
		if act != nil {
			r.Act = act.Kind()
		}
		r.State = c.State
		return c, nil, r
	}
	if len(m.events) == 0 && !m.silent {
		return c, nil, nil
	}
	m.c.Updated = m.now
	return m.c, m.events, nil
}

// move is one Apply under way. c is its own, as far as it reaches; slices are clipped,
// so that appending copies them.
type move struct {
	rules  Rules
	c      Case
	by     Actor
	now    time.Time
	events []Event
	silent bool // something changed that is no line of the history
}

func (m *move) do(act Act) *Refusal {
	if act == nil {
		return &Refusal{Code: UnknownAct}
	}
	if r := m.may(act.Kind()); r != nil {
		return r
	}
	switch a := act.(type) {
	case Take:
		return m.take()
	case Release:
		return m.release()
	case Assign:
		return m.assign(a.To)
	case Note:
		return m.note(a)
	case Contact:
		return m.contact(a)
	case Agree:
		return m.agree(a)
	case Snooze:
		return m.snooze(a.Until)
	case Resolve:
		return m.resolve(a)
	case NoAction:
		return m.dismiss(a.Reason)
	case Unreachable:
		if m.by.Party == Program {
			return m.lost()
		}
		return m.giveUp(a.Reason)
	case Reopen:
		return m.reopened(a.Reason)
	case CustomerWrote:
		return m.customerWrote(a)
	case CustomerChanged:
		return m.customerChanged(a)
	case Joined:
		return m.join(a.Decision, a.Contact)
	case ClockStruck:
		return m.strike(a.FollowUp)
	case FollowedUp:
		return m.followedUp(a)
	case StaffGone:
		return m.staffGone(a.ID)
	case Returned:
		return m.returned()
	case Reachable:
		return m.found()
	case Seen:
		return m.seen()
	}
	return &Refusal{Code: UnknownAct}
}

// may says whether the actor does such a thing at all.
func (m *move) may(k ActKind) *Refusal {
	switch {
	case m.by.Party != Staff && k.by(m.by.Party), m.by.Can(k.Deed()):
		return nil
	case m.by.Party != Staff, m.by.Can(access.TakeCase):
		return &Refusal{Code: NotTheirs}
	case m.by.Role.Can(access.SeeCases) && !m.by.Role.Can(access.TakeCase):
		return &Refusal{Code: MayNotAct}
	}
	return &Refusal{Code: NotStaff}
}

// tell adds a line to the history.
func (m *move) tell(kind EventKind, detail, note string) {
	e := Event{Kind: kind, At: m.now, Detail: detail, Note: note}
	if m.by.Party == Staff {
		e.By = m.by.Staffer
	}
	m.events = append(m.events, e)
}

// mine refuses what may not be done because the case is closed or somebody else's. Who
// acts on a case that nobody has takes it with that.
func (m *move) mine() *Refusal {
	switch {
	case !m.c.State.Active():
		return m.closed()
	case m.c.State == Open:
		m.hold(m.by.Staffer)
		m.tell(EventTaken, "", "")
	case m.c.Holder.ID != m.by.ID && !m.by.Can(access.ActForOthers):
		return &Refusal{Code: HeldByOther, Holder: m.c.Holder, Since: m.c.HeldAt}
	}
	return nil
}

func (m *move) closed() *Refusal {
	return &Refusal{Code: AlreadyClosed, Holder: m.c.Ended, Since: m.c.EndedAt}
}

// hold makes p the holder; what was reached in this round still stands.
func (m *move) hold(p Staffer) {
	if m.c.State == Open {
		m.late(ClockAcknowledge)
		m.c.mark(func(k *Marks) *time.Time { return &k.Acknowledged }, m.now)
	}
	m.c.Holder, m.c.HeldAt, m.c.Moved = p, m.now, m.now
	switch {
	case m.c.Plan != nil:
		m.c.State = Agreed
	case !m.c.Round.Contacted.IsZero():
		m.c.State = Contacted
	default:
		m.c.State = Taken
	}
}

// queue returns the case to those that nobody has. The clock to take it begins anew.
func (m *move) queue() {
	m.c.State, m.c.Holder, m.c.HeldAt, m.c.Snoozed = Open, Staffer{}, time.Time{}, time.Time{}
	m.c.Struck = slices.DeleteFunc(slices.Clone(m.c.Struck), func(s string) bool {
		return strings.HasPrefix(s, string(ClockAcknowledge)+" ")
	})
	if m.c.Decision.Opens {
		m.c.Since.Acknowledge = m.now
		m.c.Due.Acknowledge = m.rules.DueFrom(m.c.Decision.Priority, m.now).Acknowledge
	}
}

// mark notes when something first happened, ever and in this round.
func (c *Case) mark(which func(*Marks) *time.Time, now time.Time) {
	for _, k := range []*Marks{&c.First, &c.Round} {
		if at := which(k); at.IsZero() {
			*at = now
		}
	}
}

func (m *move) take() *Refusal {
	switch {
	case !m.c.State.Active():
		return m.closed()
	case m.c.State == Open:
		return m.mine()
	case m.c.Holder.ID != m.by.ID:
		return &Refusal{Code: AlreadyTaken, Holder: m.c.Holder, Since: m.c.HeldAt}
	}
	return nil
}

func (m *move) release() *Refusal {
	if m.c.State == Open {
		return nil
	}
	if r := m.mine(); r != nil {
		return r
	}
	m.queue()
	m.tell(EventReleased, "", "")
	return nil
}

func (m *move) assign(to Actor) *Refusal {
	switch {
	case !m.c.State.Active():
		return m.closed()
	case !to.Can(access.TakeCase):
		return &Refusal{Code: NotAssignable}
	case m.c.State != Open && m.c.Holder.ID == to.ID:
		return nil
	case m.c.State != Open && m.c.Holder.ID != m.by.ID && !m.by.Can(access.ActForOthers):
		return &Refusal{Code: HeldByOther, Holder: m.c.Holder, Since: m.c.HeldAt}
	}
	m.hold(to.Staffer)
	m.tell(EventAssigned, to.ID, "")
	return nil
}

func (m *move) note(a Note) *Refusal {
	if r := words(a.Text, TextMissing); r != nil {
		return r
	}
	if m.heard(ActNote, a.Ref, a.Text) {
		return nil
	}
	if m.c.Holder.ID == m.by.ID {
		m.c.Moved = m.now
	}
	if m.c.Unanswered() {
		m.c.Wrote = time.Time{} // somebody read it and says what came of it
	}
	m.tell(EventNoted, "", a.Text)
	return nil
}

func (m *move) contact(a Contact) *Refusal {
	if r := tooLong(a.Text); r != nil {
		return r
	}
	if !m.c.State.Active() {
		return m.closed()
	}
	if r := m.c.allows(a.Means); r != nil {
		return r
	}
	if m.heard(ActContact, a.Ref, string(a.Means)+" "+a.Text) {
		return nil
	}
	if r := m.mine(); r != nil {
		return r
	}
	if a.Waits && m.c.Round.Contacted.IsZero() {
		// The clock runs on until they have it.
		m.c.Moved, m.c.Wrote, m.c.Unseen = m.now, time.Time{}, m.now
		m.tell(EventContacted, spaced(string(a.Means), "waits"), a.Text)
		return nil
	}
	if a.Waits {
		m.c.Unseen = m.now
	}
	m.spoke()
	if m.c.State == Taken {
		m.c.State = Contacted
	}
	m.tell(EventContacted, string(a.Means), a.Text)
	return nil
}

// spoke notes that a person spoke with the customer: nothing is unanswered any more.
func (m *move) spoke() {
	m.late(ClockContact)
	m.c.mark(func(k *Marks) *time.Time { return &k.Contacted }, m.now)
	m.c.Moved, m.c.Wrote = m.now, time.Time{}
}

func (m *move) agree(a Agree) *Refusal {
	due := micro(a.Due)
	if p := m.c.Plan; p != nil && m.c.State == Agreed && p.Text == a.Plan && p.Due.Equal(due) && p.By.ID == m.by.ID {
		return nil
	}
	if r := m.mine(); r != nil {
		return r
	}
	if len(m.c.AllowedMeans()) == 0 {
		return m.c.allows(InChat)
	}
	if r := words(a.Plan, PlanMissing); r != nil {
		return r
	}
	if !due.After(m.now) {
		return &Refusal{Code: PlanPast}
	}
	m.late(ClockResolve)
	m.spoke()
	m.c.mark(func(k *Marks) *time.Time { return &k.Agreed }, m.now)
	m.c.Plan = &Plan{Text: a.Plan, Due: due, By: m.by.Staffer, At: m.now}
	m.c.Struck = slices.DeleteFunc(slices.Clone(m.c.Struck), func(s string) bool {
		return strings.HasPrefix(s, string(ClockPlan)+" ")
	})
	m.c.State = Agreed
	m.tell(EventAgreed, stamp(due), a.Plan)
	return nil
}

func (m *move) snooze(until time.Time) *Refusal {
	until = micro(until)
	if r := m.mine(); r != nil {
		return r
	}
	longest := m.rules.SLA.Of(m.c.Decision.Priority).Snooze
	if longest <= 0 {
		longest = maxSpan
	}
	limit := m.now.Add(time.Duration(longest))
	switch {
	case m.c.Snoozed.Equal(until) && until.After(m.now):
		return nil
	case !until.After(m.now):
		return &Refusal{Code: SnoozePast}
	case until.After(limit):
		return &Refusal{Code: SnoozeTooLong, Limit: limit}
	}
	m.c.Snoozed = until
	m.tell(EventSnoozed, stamp(until), "")
	return nil
}

func (m *move) resolve(a Resolve) *Refusal {
	cause, known := m.rules.cause(a.Cause)
	done := Resolution{Cause: a.Cause, Failure: a.Failure, Actions: slices.Clone(a.Actions), Note: a.Note}
	if done.Failure == "" {
		done.Failure = cause.Failure
	}
	if was := m.c.Resolution; !m.c.State.Active() {
		if m.c.State != Dismissed && m.c.State != Unreached && was != nil && m.c.Ended.ID == m.by.ID && same(*was, done) {
			return nil
		}
		return m.closed()
	}
	if r := m.mine(); r != nil {
		return r
	}
	switch {
	case a.Cause == "":
		return &Refusal{Code: CauseMissing}
	case !known:
		return &Refusal{Code: CauseUnknown}
	case !slices.Contains(Failures(), done.Failure):
		return &Refusal{Code: FailureUnknown}
	case len(a.Actions) == 0:
		return &Refusal{Code: ActionMissing}
	case len(a.Actions) > maxActions:
		return &Refusal{Code: ActionUnknown}
	}
	detail := []string{a.Cause, string(done.Failure)}
	for _, x := range a.Actions {
		if !slices.Contains(ActionKinds(), x.Kind) {
			return &Refusal{Code: ActionUnknown}
		}
		if x.Cost < 0 || x.Cost > maxCost {
			return &Refusal{Code: CostWrong}
		}
		if x.Cost > 0 {
			detail = append(detail, fmt.Sprintf("%s=%d", x.Kind, x.Cost))
		} else {
			detail = append(detail, string(x.Kind))
		}
	}
	if r := tooLong(a.Note); r != nil {
		return r
	}
	m.end(Resolved)
	m.c.mark(func(k *Marks) *time.Time { return &k.Resolved }, m.now)
	m.c.newOutcome()
	m.c.Resolution = &done
	m.tell(EventResolved, spaced(detail...), a.Note)
	return nil
}

func same(a, b Resolution) bool {
	return a.Cause == b.Cause && a.Failure == b.Failure && a.Note == b.Note && slices.Equal(a.Actions, b.Actions)
}

func (m *move) dismiss(reason string) *Refusal {
	if m.c.State == Dismissed && m.c.Ended.ID == m.by.ID && m.c.Reason == reason {
		return nil
	}
	return m.closeWith(Dismissed, EventNoAction, reason)
}

func (m *move) giveUp(reason string) *Refusal {
	if m.c.State == Unreached && m.c.Ended.ID == m.by.ID && m.c.Reason == reason {
		return nil
	}
	return m.closeWith(Unreached, EventUnreachable, reason)
}

func (m *move) closeWith(s State, kind EventKind, reason string) *Refusal {
	if r := m.mine(); r != nil {
		return r
	}
	if r := words(reason, ReasonMissing); r != nil {
		return r
	}
	m.end(s)
	m.c.Reason = reason
	m.tell(kind, "", reason)
	return nil
}

// end closes the case; its holder stays on it.
func (m *move) end(s State) {
	m.late(ClockResolve)
	m.c.Before = &Ending{State: s, By: m.by.Staffer, Holder: m.c.Holder, At: m.now, Plan: m.c.Plan}
	m.c.State, m.c.Ended, m.c.EndedAt = s, m.by.Staffer, m.now
	m.c.Moved, m.c.Snoozed, m.c.Wrote, m.c.Plan, m.c.Reason = m.now, time.Time{}, time.Time{}, nil, ""
}

func (m *move) reopened(reason string) *Refusal {
	if m.c.State.Active() {
		return nil
	}
	if r := tooLong(reason); r != nil {
		return r
	}
	m.reopen(reason)
	return nil
}

// reopen puts a closed case back into the queue: a new round, with clocks of its own.
func (m *move) reopen(reason string) {
	from := m.c.State
	past := Ending{By: m.c.Ended, Holder: m.c.Holder, At: m.c.EndedAt}
	if p := m.c.Before; p != nil && p.At.Equal(m.c.EndedAt) {
		past = *p
	}
	past.State, past.Reason, past.Resolution = from, m.c.Reason, m.c.Resolution
	m.c.Before = &past
	m.c.State, m.c.Holder, m.c.HeldAt = Open, Staffer{}, time.Time{}
	m.c.Round, m.c.Struck, m.c.Plan, m.c.Moved = Marks{}, nil, nil, time.Time{}
	m.c.Ended, m.c.EndedAt, m.c.Reason = Staffer{}, time.Time{}, ""
	m.c.Decision.Opens, m.c.Decision.Watch = true, false
	if m.c.Decision.Priority == None {
		m.c.Decision.Priority = P3
	}
	m.c.Reopens++
	m.c.start(m.rules, m.now)
	m.tell(EventReopened, string(from), reason)
}

// words refuses a text that is blank or too long.
func words(text string, missing Code) *Refusal {
	if strings.TrimSpace(text) == "" {
		return &Refusal{Code: missing}
	}
	return tooLong(text)
}

func tooLong(text string) *Refusal {
	if utf8.RuneCountInString(text) > MaxText {
		return &Refusal{Code: TextTooLong}
	}
	return nil
}

// heard reports whether these words were among the newest, and remembers them. With a
// Ref that alone tells; without, the same words of the same person are the same.
func (m *move) heard(kind ActKind, ref, text string) bool {
	h := fnv.New64a()
	said := "r" + ref
	if ref == "" {
		said = "t" + text
	}
	fmt.Fprintf(h, "%s\x00%s\x00%s", kind, m.by.ID, said)
	mark := fmt.Sprintf("%016x", h.Sum64())
	if slices.Contains(m.c.Seen, mark) {
		return true
	}
	m.c.Seen = append(m.c.Seen, mark)
	if n := len(m.c.Seen); n > maxSeen {
		m.c.Seen = slices.Clone(m.c.Seen[n-maxSeen:])
	}
	return false
}
