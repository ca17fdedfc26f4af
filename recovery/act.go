package recovery

import (
	"time"

	"github.com/aftercare/aftercare/access"
)

// Act is something that is done to a case, or that happens to it: one of the types of
// this file.
type Act interface {
	Kind() ActKind
	act()
}

// ActKind names an act; buttons and stored events carry it.
type ActKind string

// The kinds. The first eleven are what staff do, the rest happens.
const (
	ActTake            ActKind = "take"
	ActRelease         ActKind = "release"
	ActAssign          ActKind = "assign"
	ActNote            ActKind = "note"
	ActContact         ActKind = "contact"
	ActAgree           ActKind = "agree"
	ActSnooze          ActKind = "snooze"
	ActResolve         ActKind = "resolve"
	ActNoAction        ActKind = "no_action"
	ActUnreachable     ActKind = "unreachable"
	ActReopen          ActKind = "reopen"
	ActCustomerWrote   ActKind = "customer_wrote"
	ActCustomerChanged ActKind = "customer_changed"
	ActJoined          ActKind = "joined"
	ActClockStruck     ActKind = "clock_struck"
	ActFollowedUp      ActKind = "followed_up"
	ActStaffGone       ActKind = "staff_gone"
	ActReturned        ActKind = "returned"
	ActReachable       ActKind = "reachable"
	ActSeen            ActKind = "seen"
)

// ActKinds lists every kind.
func ActKinds() []ActKind {
	return []ActKind{
		ActTake, ActRelease, ActAssign, ActNote, ActContact, ActAgree, ActSnooze, ActResolve, ActNoAction,
		ActUnreachable, ActReopen, ActCustomerWrote, ActCustomerChanged, ActJoined, ActClockStruck, ActFollowedUp, ActStaffGone, ActReturned,
		ActReachable, ActSeen,
	}
}

// Deed is what somebody must be allowed to do in order to do this; "" = no member of staff
// does it, it happens.
func (k ActKind) Deed() access.Deed {
	switch k {
	case ActTake:
		return access.TakeCase
	case ActRelease:
		return access.ReleaseCase
	case ActAssign:
		return access.AssignCase
	case ActNote:
		return access.NoteCase
	case ActContact:
		return access.ContactCase
	case ActAgree:
		return access.AgreeCase
	case ActSnooze:
		return access.SnoozeCase
	case ActResolve:
		return access.ResolveCase
	case ActNoAction:
		return access.DismissCase
	case ActUnreachable:
		return access.GiveUpCase
	case ActReopen:
		return access.ReopenCase
	case ActStaffGone:
		return access.ReturnCases
	}
	return ""
}

// by reports whether a party does this by itself. What happens is for the program to
// say; it also reopens a case that the customer did not find settled, and notes that a
// chat takes no messages.
func (k ActKind) by(p Party) bool {
	switch p {
	case Staff:
		return k.Deed() != "" && k != ActStaffGone
	case Customer:
		return k == ActCustomerWrote || k == ActCustomerChanged || k == ActJoined || k == ActFollowedUp
	case Program:
		return !k.by(Staff) || k == ActReopen || k == ActUnreachable
	}
	return false
}

// Party is on which side somebody who does something stands.
type Party string

// The parties.
const (
	Staff    Party = ""         // a member of staff, who has a role
	Customer Party = "customer" // whose case it is
	Program  Party = "program"  // the sweeper, an integration
)

// Actor is who does something.
type Actor struct {
	Staffer
	Role  access.Role // of a member of staff at the site of the case: the shell knows it, the machine is told
	Party Party
}

// Can reports whether the actor is a member of staff who may do this.
func (a Actor) Can(d access.Deed) bool { return a.Party == Staff && a.ID != "" && a.Role.Can(d) }

type (
	// Take makes the actor the holder. The first one wins.
	Take struct{}
	// Release returns the case to the queue.
	Release struct{}
	// Assign makes To the holder.
	Assign struct{ To Actor }
	// Note adds words that only staff see. Ref names the update they came with: the same
	// Ref by the same person is a repeat and adds nothing. Without one, the same words are.
	Note struct{ Text, Ref string }
	// Contact says that a person spoke with the customer: a reply in the chat, or by other
	// means. Text is what was said or a summary; Ref as in Note.
	// Waits says that the words stand on a page which the customer has yet to open: they
	// are spoken with once they have Seen them.
	Contact struct {
		Means     Means
		Text, Ref string
		Waits     bool
	}
	// Agree records what was agreed with the customer and by when it will be done.
	Agree struct {
		Plan string
		Due  time.Time
	}
	// Snooze keeps reminders quiet until then.
	Snooze struct{ Until time.Time }
	// Resolve closes the case. Cause and at least one action are required.
	Resolve struct {
		Cause   string
		Failure Failure // "" = the cause's own
		Actions []Action
		Note    string
	}
	// NoAction closes the case without doing anything. The reason is required.
	NoAction struct{ Reason string }
	// Unreachable by staff gives the case up, with how the customer was sought as the
	// reason. By the program it says that the chat takes no messages (blocked, left): the
	// case stays, because a person may reach the customer otherwise.
	Unreachable struct{ Reason string }
	// Reopen takes a closed case up again. The reason is optional.
	Reopen struct{ Reason string }

	// CustomerWrote says that the customer wrote something to this case.
	CustomerWrote struct{ Text, Ref string }
	// CustomerChanged says that the customer revised an answer; Decision is by the answers
	// as they are now. The case stays and is marked; if nobody acknowledged it, it drops
	// to the watch list once nothing calls for a case any more.
	CustomerChanged struct {
		Decision Decision
		Contact  *Permission // nil = as it was
	}
	// Joined attaches a later signal: reasons are added, the case becomes more urgent,
	// never less.
	Joined struct {
		Decision Decision
		Contact  *Permission // nil = as it was
	}
	// ClockStruck does all that is due by now, see NextClock. Hearing it early, late or
	// twice is harmless. FollowUp names the session in which the customer will be asked
	// whether it is settled, should that fall due; "" = not known.
	ClockStruck struct{ FollowUp string }
	// FollowedUp is the customer's answer to the survey after the recovery, so far. One to a
	// survey of an earlier round is written down and decides nothing any more.
	FollowedUp struct {
		Session string
		Level   int // 1–7; 0 = none
		Settled Settled

		Contradictory bool // the answers cannot all be meant (survey.Judgement)
	}
	// StaffGone says that a member of staff may no longer act at this site. What they
	// hold returns to the queue.
	StaffGone struct{ ID string }
	// Returned says that the customer came again, for another service. What counts is the
	// first time after the case was closed.
	Returned struct{}
	// Reachable says that the chat of a customer who was lost takes messages again.
	Reachable struct{}
	// Seen says that the customer has opened the page where the answer waited for them.
	Seen struct{}
)

// Means is how a customer was contacted.
type Means string

// The means.
const (
	InChat  Means = "chat"
	ByPhone Means = "phone"
	ByEmail Means = "email"
	OnSite  Means = "on_site"
	Other   Means = "other"
)

// AllMeans lists every means.
func AllMeans() []Means { return []Means{InChat, ByPhone, ByEmail, OnSite, Other} }

// Kind implements Act.
func (Take) Kind() ActKind { return ActTake }

// Kind implements Act.
func (Release) Kind() ActKind { return ActRelease }

// Kind implements Act.
func (Assign) Kind() ActKind { return ActAssign }

// Kind implements Act.
func (Note) Kind() ActKind { return ActNote }

// Kind implements Act.
func (Contact) Kind() ActKind { return ActContact }

// Kind implements Act.
func (Agree) Kind() ActKind { return ActAgree }

// Kind implements Act.
func (Snooze) Kind() ActKind { return ActSnooze }

// Kind implements Act.
func (Resolve) Kind() ActKind { return ActResolve }

// Kind implements Act.
func (NoAction) Kind() ActKind { return ActNoAction }

// Kind implements Act.
func (Unreachable) Kind() ActKind { return ActUnreachable }

// Kind implements Act.
func (Reopen) Kind() ActKind { return ActReopen }

// Kind implements Act.
func (CustomerWrote) Kind() ActKind { return ActCustomerWrote }

// Kind implements Act.
func (CustomerChanged) Kind() ActKind { return ActCustomerChanged }

// Kind implements Act.
func (Joined) Kind() ActKind { return ActJoined }

// Kind implements Act.
func (ClockStruck) Kind() ActKind { return ActClockStruck }

// Kind implements Act.
func (FollowedUp) Kind() ActKind { return ActFollowedUp }

// Kind implements Act.
func (StaffGone) Kind() ActKind { return ActStaffGone }

// Kind implements Act.
func (Returned) Kind() ActKind { return ActReturned }

// Kind implements Act.
func (Reachable) Kind() ActKind { return ActReachable }

// Kind implements Act.
func (Seen) Kind() ActKind { return ActSeen }

func (Take) act()            {}
func (Release) act()         {}
func (Assign) act()          {}
func (Note) act()            {}
func (Contact) act()         {}
func (Agree) act()           {}
func (Snooze) act()          {}
func (Resolve) act()         {}
func (NoAction) act()        {}
func (Unreachable) act()     {}
func (Reopen) act()          {}
func (CustomerWrote) act()   {}
func (CustomerChanged) act() {}
func (Joined) act()          {}
func (ClockStruck) act()     {}
func (FollowedUp) act()      {}
func (StaffGone) act()       {}
func (Returned) act()        {}
func (Reachable) act()       {}
func (Seen) act()            {}
