package storage

import (
	"cmp"
	"context"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// Inbox is what staff's list of cases is made from. What it returns may be one commit old.
type Inbox interface {
	// Standing returns cases that stand somewhere, by their next clock, at most f.Limit.
	Standing(ctx context.Context, f StandingFilter) ([]Case, error)
	// CountStanding says how many cases f finds, whatever its Limit and After. It counts up to
	// most in each bucket and says so: a full house costs no more than a large one.
	CountStanding(ctx context.Context, f StandingFilter, most int) (n int, more bool, err error)
	// CountHeld says how many cases each member of staff has who has any.
	CountHeld(ctx context.Context) (map[string]int, error)
	// CaseNumbered returns the case of a bucket with this number. ErrNotFound.
	CaseNumbered(ctx context.Context, b Bucket, number int) (Case, error)
	// Case returns the case of a bucket with this id. ErrNotFound.
	Case(ctx context.Context, b Bucket, id string) (Case, error)
	// CasesNamed returns cases of a bucket by their ids; one that there is not is left out.
	CasesNamed(ctx context.Context, b Bucket, ids []string) ([]Case, error)
	// Openings returns, by the id of its case, the session and the identity with which each of
	// these cases began: in one question where the engine can be asked so, else in two a bucket.
	Openings(ctx context.Context, cases []Case) (map[string]Opening, error)
}

// Opening is what a case began with; nil where it is gone.
type Opening struct {
	Session  *Session
	Identity *Identity
}

// StandingFilter says which cases are wanted. Every condition that is given must hold.
type StandingFilter struct {
	Standing recovery.Standing
	Sites    []string          // one of these; nil = any
	Holder   string            // an id of staff: those that this person has; "" = anybody's
	Without  string            // an id of staff: those that this person has not
	Priority recovery.Priority // 0 = any
	Reason   string            // the beginning of one of the reasons why it opened; "" = any
	After    Place             // behind this place in the order; zero = from the first on
	Limit    int
}

// Place is a place in the order of the list: the next clock, and the id where several are due
// at once.
type Place struct {
	At time.Time
	ID string
}

// Never is the clock of a case that has none: later than any.
var Never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// Place is where the case stands in the order of the list.
func (c *Case) Place() Place {
	at := Never
	if c.Unanswered() {
		at = c.Wrote
	} else if p, ok := c.NextPromise(); ok {
		at = p.Due
	}
	return Place{At: at, ID: c.ID}
}

// Compare tells the order of two places: it is negative where p comes first.
func (p Place) Compare(o Place) int { return cmp.Or(p.At.Compare(o.At), cmp.Compare(p.ID, o.ID)) }

// Writing is what members of staff are writing on a case: words in progress, and words that
// are about to be sent.
type Writing interface {
	// PutPending keeps words that become a reply once p.Due is over. The same id again changes
	// nothing, and reports false.
	PutPending(ctx context.Context, p PendingReply) (fresh bool, err error)
	// TakeBackPending removes words that were not sent yet, and returns them. ErrNotFound if they
	// are being sent, or were.
	TakeBackPending(ctx context.Context, b Bucket, id string) (PendingReply, error)
	// PendingOf lists the words of a case that wait, or that were refused, by their time.
	PendingOf(ctx context.Context, b Bucket, caseID string) ([]PendingReply, error)
	// PendingDue lists words of a bucket whose time has come, the earliest first.
	PendingDue(ctx context.Context, b Bucket, now time.Time, limit int) ([]PendingReply, error)
	// SendPending says that words are being sent: they cannot be taken back from then on.
	// ErrNotFound if they were taken back meanwhile.
	SendPending(ctx context.Context, b Bucket, id string) error
	// EndPending ends it: refused = "" removes the words, anything else keeps them, with the
	// reason, for the one who wrote them.
	EndPending(ctx context.Context, b Bucket, id, refused string) error

	// PutDraft keeps what somebody has typed into a box; no text forgets it.
	PutDraft(ctx context.Context, b Bucket, d Draft) error
	// Drafts lists what people have typed on a case, by person and box.
	Drafts(ctx context.Context, b Bucket, caseID string) ([]Draft, error)

	// PutView saves a view of the list of cases under its name; no query removes it.
	PutView(ctx context.Context, v SavedView) error
	// Views lists what somebody saved, the oldest first.
	Views(ctx context.Context, person string) ([]SavedView, error)
}

// PendingReply is words that a member of staff is about to send to a customer.
type PendingReply struct {
	Bucket  Bucket // of the case
	ID      string // names the sending: the same twice is one reply
	Case    string
	Person  string // id of a member of staff
	Text    string
	Due     time.Time // when it is sent
	Sending bool      // it cannot be taken back any more
	Refused string    // why it was not sent, a code of recovery; "" = it was not refused
}

// Draft is what a member of staff has typed and not sent yet.
type Draft struct {
	Case   string
	Person string
	Box    string // where it was typed: "reply", "note"
	Text   string
	At     time.Time
}

// SavedView is filters of the list of cases under a name.
type SavedView struct {
	Person  string
	Name    string
	Query   string // of the address, without the question mark
	Created time.Time
}
