package storage

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// Unannounced is how many cases of one site and priority in one bucket have no card of
// their own yet although their time has come.
type Unannounced struct {
	Site     string
	Priority recovery.Priority
	Cases    int
}

// Feedback is what a customer said by themselves, or praise that is to be passed on.
type Feedback struct {
	ID        string // UUIDv7
	Kind      FeedbackKind
	Session   string
	Identity  string
	Customer  string // "" = only known by the identity
	Site      string // "" = unknown
	Owner     string // id of the member of staff it is about; "" = unknown
	Case      string // that it opened or joined; "" = none
	Text      string
	At        time.Time
	Announced time.Time // staff have heard of it; zero = they have not
}

// FeedbackKind says what somebody wants with their words.
type FeedbackKind string

// The kinds of feedback.
const (
	Complaint  FeedbackKind = "complaint"
	Suggestion FeedbackKind = "suggestion"
	Enquiry    FeedbackKind = "question"
	Praise     FeedbackKind = "praise" // a delighted answer
	// Remark is what somebody wrote while nothing waited for it. It has a session and a case
	// on the watch list, and no record among the feedback until its writer says what it is.
	Remark FeedbackKind = "remark"
	// Silence is a service that went wrong and of which its customer said nothing. It has a session
	// and a case, and no record among the feedback.
	Silence FeedbackKind = "silence"
)

// Announcements is what is read and written to tell staff of many things at once. Reads
// may be one commit old.
type Announcements interface {
	// CasesOpened returns how many cases opened within each minute from since on, in one
	// bucket.
	CasesOpened(ctx context.Context, b Bucket, since time.Time) ([]recovery.CasesOpened, error)
	// UnannouncedCounts counts the cases of a bucket that staff may be told of at now, and
	// that have no card of their own, by site and priority.
	UnannouncedCounts(ctx context.Context, b Bucket, now time.Time) ([]Unannounced, error)
	// UnannouncedCases returns such cases of one site, the most urgent and then the oldest
	// first.
	UnannouncedCases(ctx context.Context, b Bucket, site string, now time.Time, limit int) ([]Case, error)
	// FeedbackList returns the newest feedback over all buckets, at most limit.
	FeedbackList(ctx context.Context, limit int) ([]Feedback, error)
	// UnannouncedFeedback returns feedback of a bucket that staff have not heard of, oldest
	// first.
	UnannouncedFeedback(ctx context.Context, b Bucket, limit int) ([]Feedback, error)
	// FeedbackAnnounced says that staff have heard of these. It may be repeated.
	FeedbackAnnounced(ctx context.Context, b Bucket, ids []string, at time.Time) error
}
