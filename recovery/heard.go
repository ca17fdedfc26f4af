package recovery

import (
	"slices"
	"time"
)

// What the customer and the program report.

func (m *move) customerWrote(a CustomerWrote) *Refusal {
	if m.heard(ActCustomerWrote, a.Ref, a.Text) {
		return nil
	}
	m.c.Lost, m.c.Snoozed = time.Time{}, time.Time{}
	m.tell(EventCustomerWrote, "", a.Text)
	if m.c.State == Unreached {
		m.reopen("")
	}
	m.c.Wrote = m.now
	return nil
}

// lost: a person may still reach the customer otherwise, so the case stays.
func (m *move) lost() *Refusal {
	if m.c.Lost.IsZero() {
		m.c.Lost = m.now
		m.tell(EventLost, "", "")
	}
	return nil
}

// seen: the answer that waited has reached the customer, and only now were they spoken with.
func (m *move) seen() *Refusal {
	if m.c.Unseen.IsZero() {
		return nil
	}
	m.c.Unseen = time.Time{}
	m.tell(EventSeen, "", "")
	if m.c.State.Active() {
		m.late(ClockContact)
		m.c.mark(func(k *Marks) *time.Time { return &k.Contacted }, m.now)
		if m.c.State == Taken {
			m.c.State = Contacted
		}
	}
	return nil
}

// found undoes lost. A case that was given up stays closed until the customer writes.
func (m *move) found() *Refusal {
	if !m.c.Lost.IsZero() {
		m.c.Lost = time.Time{}
		m.tell(EventReachable, "", "")
	}
	return nil
}

func (m *move) customerChanged(a CustomerChanged) *Refusal {
	was := m.c.Decision
	if a.Decision.Opens && (!was.Opens || a.Decision.Priority <= was.Priority) {
		return m.join(a.Decision, a.Contact)
	}
	m.permit(a.Contact)
	if !was.Opens {
		return nil
	}
	drops := !a.Decision.Opens && m.c.State == Open && m.c.Round.Acknowledged.IsZero()
	if drops {
		m.c.Decision.Opens, m.c.Decision.Watch, m.c.Snoozed = false, true, time.Time{}
	}
	if drops || !m.c.Changed {
		m.c.Changed = true
		m.tell(EventChanged, joined(a.Decision.Reasons), "")
	}
	return nil
}

// join adds a later signal. A closed case is reopened only by one that makes it more
// urgent; the rest is noted.
func (m *move) join(d Decision, contact *Permission) *Refusal {
	m.permit(contact)
	if !d.Opens {
		return nil
	}
	was := m.c.Decision
	m.c.Decision = Merge(was, d)
	if len(m.c.Decision.Reasons) > len(was.Reasons) || len(m.c.Decision.Raised) > len(was.Raised) {
		m.tell(EventJoined, joined(m.c.Decision.Reasons), "")
	}
	if was.Opens && m.c.Decision.Priority == was.Priority {
		return nil
	}
	m.tell(EventRaised, m.c.Decision.Priority.String(), "")
	m.c.Snoozed = time.Time{}
	if !m.c.State.Active() {
		m.reopen("")
		return nil
	}
	m.c.hasten(m.rules)
	return nil
}

func (m *move) permit(p *Permission) {
	if p == nil || *p == m.c.Contact || !slices.Contains([]Permission{NotAsked, ContactHere, ContactPhone, NoContact}, *p) {
		return
	}
	m.c.Contact = *p
	m.tell(EventPermission, string(*p), "")
}

func (m *move) followedUp(a FollowedUp) *Refusal {
	if a.Level < 0 || a.Level > 7 {
		a.Level = 0
	}
	if !slices.Contains([]Settled{SettledYes, SettledPartly, SettledNo}, a.Settled) {
		a.Settled = SettledUnknown
	}
	was := m.c.Outcome
	if a.Level == 0 && a.Settled == SettledUnknown ||
		!was.At.IsZero() && was.Session == a.Session && was.Level == a.Level && was.Settled == a.Settled &&
			was.Contradictory == a.Contradictory {
		return nil
	}
	verdict, reopens := Verdict(a.Level, a.Settled)
	if slices.Contains(m.c.Followed, a.Session) {
		said := followed(verdict, a)
		if !m.heard(ActFollowedUp, "", a.Session+" "+said) {
			m.tell(EventFollowedUp, spaced(earlier, said), "")
		}
		return nil
	}
	m.c.Outcome = Outcome{Session: a.Session, Asked: was.Asked, At: m.now, Level: a.Level, Settled: a.Settled, Recovered: verdict, Contradictory: a.Contradictory}
	m.tell(EventFollowedUp, followed(verdict, a), "")
	switch {
	case m.c.State.Active():
	case reopens:
		m.reopen("")
	case m.c.State == Dismissed, m.c.State == Unreached:
	case settles(verdict, a.Settled):
		if m.c.State != Verified {
			m.c.State = Verified
			m.c.mark(func(k *Marks) *time.Time { return &k.Verified }, m.now)
			m.tell(EventVerified, "", "")
		}
	case m.c.State != Closed:
		m.c.State = Closed
		m.tell(EventClosed, "", "")
	}
	return nil
}

// earlier marks what is said of a round that is over.
const earlier = "earlier"

// followed writes what the customer said after the recovery, "recovered yes 6".
func followed(verdict Recovered, a FollowedUp) string {
	level := ""
	if a.Level > 0 {
		level = string(rune('0' + a.Level))
	}
	return spaced(string(verdict), string(a.Settled), level)
}

// returned is what the recovery was for: that the customer comes again (domain 2.4).
func (m *move) returned() *Refusal {
	if !m.c.State.Active() && m.c.Returned.IsZero() {
		m.c.Returned = m.now
		m.tell(EventReturned, "", "")
	}
	return nil
}

func (m *move) staffGone(id string) *Refusal {
	if m.c.State.Active() && m.c.State != Open && m.c.Holder.ID == id && id != "" {
		m.queue()
		m.tell(EventStaffGone, id, "")
	}
	return nil
}
