package recovery

import (
	"fmt"
	"strings"
	"time"
)

// Event is a line of a case's history. Apply returns them; they are only ever added.
type Event struct {
	Kind   EventKind
	At     time.Time
	By     Staffer  // nobody = the customer or the program
	Detail string   // machine words: a state, a clock, a person's id, reasons; never anybody's own words
	Note   string   // people's own words, or ""
	To     Receiver // of EventStruck and EventUnacknowledged: who must hear of it
}

// EventKind says what happened.
type EventKind string

// The kinds of events.
const (
	EventOpened         EventKind = "opened"           // Detail: priority and reasons
	EventTaken          EventKind = "taken"            //
	EventReleased       EventKind = "released"         //
	EventAssigned       EventKind = "assigned"         // Detail: the new holder's id
	EventNoted          EventKind = "noted"            //
	EventContacted      EventKind = "contacted"        // Detail: the means, "waits" if the customer has yet to see it
	EventAgreed         EventKind = "agreed"           // Detail: the date, RFC 3339
	EventSnoozed        EventKind = "snoozed"          // Detail: until, RFC 3339
	EventWoke           EventKind = "woke"             // a snooze lapsed
	EventResolved       EventKind = "resolved"         // Detail: cause, failure, actions with costs
	EventNoAction       EventKind = "no_action"        //
	EventUnreachable    EventKind = "unreachable"      // given up
	EventLost           EventKind = "lost"             // the chat takes no messages
	EventReachable      EventKind = "reachable"        // the chat takes messages again
	EventReopened       EventKind = "reopened"         // Detail: from which state
	EventCustomerWrote  EventKind = "customer_wrote"   //
	EventChanged        EventKind = "customer_changed" // Detail: the reasons that remain
	EventPermission     EventKind = "permission"       // Detail: what the customer says about contact now
	EventJoined         EventKind = "joined"           // Detail: all reasons
	EventRaised         EventKind = "raised"           // Detail: the new priority
	EventStruck         EventKind = "clock"            // Detail: clock and percent; To must hear
	EventUnacknowledged EventKind = "unacknowledged"   // nobody moved it; Detail: the former holder's id
	EventFollowUp       EventKind = "follow_up"        // the customer is to be asked whether it is settled
	EventFollowedUp     EventKind = "followed_up"      // Detail: recovered, settled, level; "earlier" before them if it is about a round that is over
	EventVerified       EventKind = "verified"         //
	EventClosed         EventKind = "closed"           // no verdict, or a lukewarm one
	EventStaffGone      EventKind = "staff_gone"       // Detail: the former holder's id
	EventReturned       EventKind = "returned"         // the customer came again
	EventSeen           EventKind = "seen"             // the customer opened the page where the answer waited
)

// EventKinds lists every kind.
func EventKinds() []EventKind {
	return []EventKind{
		EventOpened, EventTaken, EventReleased, EventAssigned, EventNoted, EventContacted, EventAgreed, EventSnoozed,
		EventWoke, EventResolved, EventNoAction, EventUnreachable, EventLost, EventReachable, EventReopened, EventCustomerWrote, EventChanged,
		EventPermission, EventJoined, EventRaised, EventStruck, EventUnacknowledged, EventFollowUp, EventFollowedUp,
		EventVerified, EventClosed, EventStaffGone, EventReturned, EventSeen,
	}
}

// joined writes a list of machine words.
func joined[S ~string](words []S) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	return strings.Join(all, ", ")
}

// spaced writes machine words in a row, without the empty ones.
func spaced(words ...string) string {
	var all []string
	for _, w := range words {
		if w != "" {
			all = append(all, w)
		}
	}
	return strings.Join(all, " ")
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// told writes a step of a clock, "contact 100".
func told(c Clock, percent int) string { return fmt.Sprintf("%s %d", c, percent) }
