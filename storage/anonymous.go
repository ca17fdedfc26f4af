package storage

import (
	"cmp"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// Anonymous is how records are rewritten so that they tell of nobody any more, and figures
// made of them are as they were.
type Anonymous struct {
	// Day is the day of a moment at a site: all that is left of it.
	Day func(site string, t time.Time) time.Time
	// Edit is what a staff chat shows in the place of a message about somebody who is
	// forgotten; false = it stays as it is. nil = all stay.
	Edit func(d Delivery, k Case) (chat.Message, bool)
	// Settle is that of a Folding; nil = nothing is to be settled.
	Settle func(s *Session) bool
}

// NewID is an id that tells nothing: not whose it was, and of the time no more than the day.
// n keeps what happened on one day in its order.
func NewID(day time.Time, n int) string {
	id := uuid.New()
	if !day.IsZero() {
		ms := uint64(max(day.UnixMilli(), 0))
		binary.BigEndian.PutUint32(id[:4], uint32(ms>>16))
		binary.BigEndian.PutUint16(id[4:6], uint16(ms))
		binary.BigEndian.PutUint16(id[6:8], 0x8000|uint16(n&0xfff))
	}
	return id.String()
}

// Session is a conversation of which only marks and choices are left. One that was still open
// has ended.
func (a Anonymous) Session(s Session, id, kase string) Session {
	if a.Settle != nil {
		a.Settle(&s)
	}
	day := func(t time.Time) time.Time { return a.day(s.Site, t) }
	n := Session{
		Session: survey.Session{
			ID: id, Flow: s.Flow, Version: s.Version, Status: s.Status, Lang: s.Lang, Open: survey.NoQuestion, Test: s.Test,
			Started: day(s.Started), Last: day(s.Last), Ended: day(s.Ended),
		},
		Bucket: s.Bucket, Site: s.Site, Service: s.Service, Case: kase, Day: s.Day, Staff: s.Staff, Channel: cmp.Or(s.Channel, string(s.Address.Platform)),
		Facts: recovery.Facts{
			Class: s.Facts.Class, Late: s.Facts.Late, StandardBroken: s.Facts.StandardBroken, Complaint: s.Facts.Complaint, Lost: s.Facts.Lost,
		},
		Judgement: s.Clone().Judgement,
	}
	for _, answer := range s.Answers {
		n.Answers = append(n.Answers, a.Answer(s.Site, answer))
	}
	for _, answer := range s.Earlier {
		n.Earlier = append(n.Earlier, a.Answer(s.Site, answer))
	}
	if !n.Status.Final() {
		if n.Status = survey.Expired; len(n.Answers) > 0 {
			n.Status = survey.Partial
		}
	}
	if n.Ended.IsZero() {
		n.Ended = n.Started
	}
	return n
}

// Answer is one whose words and files are gone.
func (a Anonymous) Answer(site string, v survey.Answer) survey.Answer {
	cloneAnswer(&v)
	v.Text, v.Files, v.At = "", nil, a.day(site, v.At)
	return v
}

// Case is one of nobody. One that was open is closed: nobody is left whom it could help.
func (a Anonymous) Case(k Case, id, session string) Case {
	day := func(t time.Time) time.Time { return a.day(k.Site, t) }
	marks := func(m recovery.Marks) recovery.Marks {
		return recovery.Marks{
			Acknowledged: day(m.Acknowledged), Contacted: day(m.Contacted), Agreed: day(m.Agreed), Resolved: day(m.Resolved), Verified: day(m.Verified),
		}
	}
	n := Case{
		Case: recovery.Case{
			ID: id, Number: k.Number, Bucket: k.Case.Bucket, Session: session, State: k.State, Decision: k.Decision, Changed: k.Changed,
			OpenedAt: day(k.OpenedAt), HeldAt: day(k.HeldAt), Updated: day(k.Updated), First: marks(k.First), Round: marks(k.Round),
			Missed: k.Missed, Struck: k.Struck, Reopens: k.Reopens, Ended: k.Ended, EndedAt: day(k.EndedAt), Returned: day(k.Returned),
			Outcome: recovery.Outcome{
				Asked: day(k.Outcome.Asked), At: day(k.Outcome.At), Level: k.Outcome.Level, Settled: k.Outcome.Settled, Recovered: k.Outcome.Recovered,
				Contradictory: k.Outcome.Contradictory,
			},
		},
		Bucket: k.Bucket, Site: k.Site,
	}
	if k.Resolution != nil {
		r := *k.Resolution
		r.Note = ""
		n.Resolution = &r
	}
	switch {
	case n.State.Active():
		n.State = recovery.Dismissed
	case n.State == recovery.Resolved:
		n.State = recovery.Closed
	}
	if n.EndedAt.IsZero() {
		n.EndedAt = n.Updated
	}
	return n
}

// Event is a line of the history of a case that says what happened, and on which day.
func (a Anonymous) Event(site string, e CaseEvent, id, kase string) CaseEvent {
	n := CaseEvent{ID: id, Case: kase, At: a.day(site, e.At), Kind: e.Kind, By: e.By}
	if n.Kind == "attempted" {
		n.By = "" // somebody who is no staff, perhaps
	}
	return n
}

// Feedback is one whose words are gone; nobody is told of it any more.
func (a Anonymous) Feedback(f Feedback, id, session, kase string) Feedback {
	at := a.day(f.Site, f.At)
	return Feedback{ID: id, Kind: f.Kind, Session: session, Site: f.Site, Owner: f.Owner, Case: kase, At: at, Announced: at}
}

// NobodysCase is what an invitation that is nobody's any more says of its case: that it asked about one, not which.
const NobodysCase = "nobody's"

// Invitation is one that leads nowhere any more. What was answered is what the conversation says, or its level where
// that is unknown: see Invitation.Level.
func (a Anonymous) Invitation(i Invitation, id, session string) Invitation {
	at := a.day(i.Site, i.Created)
	n := Invitation{
		ID: id, Bucket: i.Bucket, Flow: i.Flow, Version: i.Version, Site: i.Site, Channel: i.Channel, Session: session, Created: at, Expires: at, Test: i.Test, Level: i.Level,
		Facts: recovery.Facts{Class: i.Facts.Class, Late: i.Facts.Late, StandardBroken: i.Facts.StandardBroken, Lost: i.Facts.Lost},
	}
	if i.Case != "" {
		n.Case = NobodysCase
	}
	if i.RedeemedBy != "" {
		n.RedeemedAt = a.day(i.Site, i.RedeemedAt)
	}
	return n
}

// Ask is an offer of which only what became of it is left. One that was not made yet is
// cancelled.
func (a Anonymous) Ask(x Ask, n int) Ask {
	made := x.Made.Truncate(24 * time.Hour)
	sent := x.Sent.Truncate(24 * time.Hour)
	if a.Day != nil {
		made, sent = a.day(x.Site, x.Made), a.day(x.Site, x.Sent)
	}
	out := Ask{
		ID: NewID(made, n), Bucket: x.Bucket, Trigger: x.Trigger, Flow: x.Flow, Class: x.Class, Site: x.Site, State: x.State, Reason: x.Reason,
		Test: x.Test, Made: made, Sent: sent, Day: x.Day, Service: x.Service, By: x.By,
	}
	if !x.Due.IsZero() && x.Sent.IsZero() {
		out.State, out.Reason = "cancelled", "erased"
	}
	return out
}

func (a Anonymous) day(site string, t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return a.Day(site, t)
}

// DayIn is the first moment of the day of t in a time zone, UTC.
func DayIn(zone *time.Location, t time.Time) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone).UTC()
}
