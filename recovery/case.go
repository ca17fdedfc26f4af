package recovery

import (
	"slices"
	"strconv"
	"time"
)

// State is where a case stands. The texts are fixed: stored cases and programs have them.
type State string

// The states, in the order of domain 3.1.
const (
	Open      State = "open"        // nobody has it
	Taken     State = "taken"       // a person has it: acknowledged
	Contacted State = "contacted"   // that person has spoken with the customer
	Agreed    State = "agreed"      // a plan and a date are agreed with the customer
	Resolved  State = "resolved"    // closed with a cause and an action; the customer's verdict is awaited
	Verified  State = "verified"    // the customer says that it is settled
	Closed    State = "closed"      // resolved; the verdict never came or is lukewarm
	Unreached State = "unreachable" // given up: the customer could not be reached
	Dismissed State = "no_action"   // closed with a reason, nothing to be done
)

// States lists every state in that order.
func States() []State {
	return []State{Open, Taken, Contacted, Agreed, Resolved, Verified, Closed, Unreached, Dismissed}
}

// Active reports whether somebody still has to do something.
func (s State) Active() bool {
	return s == Open || s == Taken || s == Contacted || s == Agreed
}

// ActiveStates lists the states that are active.
func ActiveStates() []State { return []State{Open, Taken, Contacted, Agreed} }

// Resting lists the states in which no clock runs and nothing is left to show.
func Resting() []State {
	return []State{Verified, Closed, Unreached, Dismissed}
}

// Permission is what the customer said about being contacted. The texts are the choices
// of the shipped question.
type Permission string

// The permissions.
const (
	NotAsked     Permission = ""      // may be answered in the same chat
	ContactHere  Permission = "here"  // yes, in this chat
	ContactPhone Permission = "phone" // yes, by phone and any other means
	NoContact    Permission = "no"    // must not be contacted
)

// Staffer is a member of staff as a case remembers them.
type Staffer struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"` // as shown to staff
}

// Case is one unsatisfied customer's recovery. Its history is the events that Apply
// returns; it holds itself only what decides.
type Case struct {
	ID       string     `json:"id"`     // UUID
	Number   int        `json:"number"` // counted per bucket; Name shows it with the bucket's letters
	Bucket   int        `json:"bucket"`
	Session  string     `json:"session,omitempty"`
	State    State      `json:"state"`
	Decision Decision   `json:"decision"`
	Contact  Permission `json:"contact,omitempty"`
	Changed  bool       `json:"changed,omitempty"` // the customer changed the low answer afterwards
	OpenedAt time.Time  `json:"opened_at"`
	Due      Clocks     `json:"due,omitzero"`
	Since    Clocks     `json:"since,omitzero"` // when each clock began; zero = when the case opened

	Holder  Staffer   `json:"holder,omitzero"`   // who has it; nobody exactly while Open
	HeldAt  time.Time `json:"held_at,omitzero"`  // since when
	Moved   time.Time `json:"moved,omitzero"`    // when its holder last did something
	Wrote   time.Time `json:"wrote,omitzero"`    // when the customer wrote what nobody has answered yet
	Lost    time.Time `json:"lost,omitzero"`     // since when the customer's chat takes no messages
	Unseen  time.Time `json:"unseen,omitzero"`   // when the newest answer was put on a page that the customer has not opened since
	Snoozed time.Time `json:"snoozed,omitzero"`  // quiet until
	Updated time.Time `json:"updated,omitzero"`  // when anything last happened
	Plan    *Plan     `json:"plan,omitempty"`    // the newest one that is still to be kept
	First   Marks     `json:"first,omitzero"`    // when each thing first happened
	Round   Marks     `json:"round,omitzero"`    // when it first happened since the case last opened
	Missed  []Clock   `json:"missed,omitempty"`  // clocks that ran out, ever
	Struck  []string  `json:"struck,omitempty"`  // steps of the chain taken in this round
	Seen    []string  `json:"seen,omitempty"`    // marks of the newest words, so that a repeat adds nothing
	Reopens int       `json:"reopens,omitempty"` // how often it was reopened

	Resolution *Resolution `json:"resolution,omitempty"` // the newest; kept when the case is reopened
	Reason     string      `json:"reason,omitempty"`     // why no action was taken, or how the customer was sought
	Ended      Staffer     `json:"ended,omitzero"`       // who closed it
	EndedAt    time.Time   `json:"ended_at,omitzero"`
	Before     *Ending     `json:"before,omitempty"`   // how the newest round that is over ended
	Outcome    Outcome     `json:"outcome,omitzero"`   // of the newest round
	Followed   []string    `json:"followed,omitempty"` // sessions in which the customer was asked in earlier rounds
	Returned   time.Time   `json:"returned,omitzero"`  // when the customer first came again after the case was closed
}

// Marks are moments of a case; zero = has not happened.
type Marks struct {
	Acknowledged time.Time `json:"acknowledged,omitzero"`
	Contacted    time.Time `json:"contacted,omitzero"`
	Agreed       time.Time `json:"agreed,omitzero"`
	Resolved     time.Time `json:"resolved,omitzero"`
	Verified     time.Time `json:"verified,omitzero"`
}

// Ending is how a round of a case ended: its story stays with the case when it is reopened.
type Ending struct {
	State      State       `json:"state"`
	By         Staffer     `json:"by,omitzero"`     // who closed it
	Holder     Staffer     `json:"holder,omitzero"` // who had it
	At         time.Time   `json:"at"`
	Reason     string      `json:"reason,omitempty"`
	Plan       *Plan       `json:"plan,omitempty"` // what was agreed by then
	Resolution *Resolution `json:"resolution,omitempty"`
}

// Plan is what was agreed with the customer.
type Plan struct {
	Text string    `json:"text"`
	Due  time.Time `json:"due"` // by when it will be done
	By   Staffer   `json:"by"`
	At   time.Time `json:"at"` // when it was agreed
}

// OpenCase begins the recovery: c carries its id, number, bucket, session, permission,
// d says why. A decision that does not open makes a case on the watch list.
func OpenCase(rules Rules, c Case, d Decision, now time.Time) (Case, []Event) {
	now = micro(now)
	c.State, c.Decision, c.OpenedAt, c.Updated = Open, Merge(Decision{}, d), now, now
	c.Due, c.Since = Clocks{}, Clocks{}
	if d.Opens {
		c.start(rules, now)
	}
	return c, []Event{{Kind: EventOpened, At: now, Detail: spaced(d.Priority.String(), joined(d.Reasons))}}
}

// Watched reports whether the case is only on the watch list: the customer is neutral
// now and nobody has taken it, so that no clock runs.
func (c Case) Watched() bool { return c.State == Open && c.Decision.Watch && !c.Decision.Opens }

// clone copies what a change could reach through c.
func (c Case) clone() Case {
	c.Missed, c.Struck, c.Seen, c.Followed = slices.Clip(c.Missed), slices.Clip(c.Struck), slices.Clip(c.Seen), slices.Clip(c.Followed)
	return c
}

// Name is the number as people say it: the bucket's letters and the number, "A-17".
// Buckets count A … Z, AA … as spreadsheets do.
func (c Case) Name() string { return caseName(c.Bucket, c.Number) }

func caseName(bucket, number int) string {
	letters := ""
	for b := bucket; ; b = b/26 - 1 {
		letters = string(rune('A'+b%26)) + letters
		if b < 26 {
			break
		}
	}
	return letters + "-" + strconv.Itoa(number)
}

// micro is the precision of every stored time.
func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
