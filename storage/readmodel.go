package storage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/survey"
)

// ReadModel keeps the rows that reports are counted from. They follow from the conversations
// and from nothing else, some seconds later: nothing that decides about a customer reads them.
// Each change of a conversation is noted in the transaction that makes it, under the bucket's
// lock, with a number that rises from transaction to transaction; the mark of a bucket is the
// number up to which its notes are folded, and rises in the transaction that writes the rows.
type ReadModel interface {
	// Fold makes the rows of up to about limit conversations of a bucket that changed since
	// the mark, the oldest changes first, and then, while a pass over all is under way, those of
	// up to limit that the pass comes to next. Concurrent calls for a bucket wait for each
	// other. What it finds done stays as it is.
	Fold(ctx context.Context, b Bucket, f Folding, limit int) (Folded, error)
	// FoldAll begins a pass: Fold comes to every conversation again, and removes the rows of
	// those that are not there. It says how many there are.
	FoldAll(ctx context.Context) (conversations int, err error)
	// Behind says what is still to be folded.
	Behind(ctx context.Context) (Behind, error)
	// Compare compares the rows of up to limit conversations of a bucket, by id, behind after,
	// with what is folded from them now, all as they are at one moment.
	Compare(ctx context.Context, b Bucket, after string, limit int, f Folding) (Compared, error)
}

// Folding says how the rows of a conversation are made. It may read, and must not write.
type Folding interface {
	// Settle completes a conversation of an earlier release by what newer ones begin with, and
	// reports whether anything was missing.
	Settle(s *Session) bool
	// Rows are those of a conversation. What is wrong with it is no error: it has fewer rows then.
	Rows(ctx context.Context, s *Session) (report.Session, []report.Answer, error)
}

// Folded is what one call of Fold did.
type Folded struct {
	Conversations int // that had changed
	Passed        int // that the pass came to
	Rows          int // written or removed
	Unread        int // conversations that could not be read: their rows stay as they were
	More          bool
}

// Behind says how far the read model is behind the conversations.
type Behind struct {
	Since   time.Time // of the oldest change that is not folded; zero = all are
	Changes int       // transactions with changes that are not folded
	In      []Bucket  // that have something to fold, or a pass under way
	Passing int       // buckets in which a pass over all is under way
	Passed  int       // conversations that passes came to since the last one began
	Answers int       // revisions ever stored: by how it grows a load is seen
}

// Lag is how far behind it is at now.
func (b Behind) Lag(now time.Time) time.Duration {
	if b.Since.IsZero() {
		return 0
	}
	return max(now.Sub(b.Since), 0)
}

// Compared is what one call of Compare found.
type Compared struct {
	Conversations int
	Answers       int
	Waiting       int    // conversations that are not folded yet: nothing is said of them
	Missing       int    // rows that are not there
	Extra         int    // rows that should not be there
	Different     int    // rows that say something else
	Unread        int    // conversations that could not be read
	First         string // what is wrong with the first conversation that differs; "" = none does
	Next          string // what to go on behind; "" = that was all
}

// Equal reports whether nothing differs.
func (c Compared) Equal() bool { return c.Missing+c.Extra+c.Different == 0 }

// Add adds what a further call found.
func (c *Compared) Add(o Compared) {
	c.Conversations, c.Answers, c.Waiting = c.Conversations+o.Conversations, c.Answers+o.Answers, c.Waiting+o.Waiting
	c.Missing, c.Extra, c.Different, c.Unread = c.Missing+o.Missing, c.Extra+o.Extra, c.Different+o.Different, c.Unread+o.Unread
	c.First, c.Next = cmp.Or(c.First, o.First), o.Next
}

// AnsweredLevel is the level of a conversation of which an answer counts; 0 = none does, or it has no level. It is what
// report.Fold makes of it.
func (s *Session) AnsweredLevel() int {
	if slices.ContainsFunc(s.Answers, func(a survey.Answer) bool { return !a.Skipped && !a.Dropped }) {
		return s.Judgement.Level
	}
	return 0
}

// Revisions are all revisions of a session's answers, oldest first.
func (s *Session) Revisions() []survey.Answer {
	all := slices.Concat(s.Earlier, s.Answers)
	slices.SortStableFunc(all, func(a, b survey.Answer) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Question, b.Question))
	})
	return all
}
