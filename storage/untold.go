package storage

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// Untold is how many cases of one site and priority in one bucket have no card of their
// own yet although their time has come.
type Untold struct {
	Site     string
	Priority recovery.Priority
	Cases    int
}

// Feedback is what a customer said by themselves, or praise that is to be passed on.
type Feedback struct {
	ID       string // UUIDv7
	Kind     FeedbackKind
	Session  string
	Identity string
	Customer string // "" = only known by the identity
	Site     string // "" = unknown
	Owner    string // id of the member of staff it is about; "" = unknown
	Case     string // that it opened or joined; "" = none
	Text     string
	At       time.Time
	Told     time.Time // staff have heard of it; zero = they have not
}

// FeedbackKind says what somebody wants with their words.
type FeedbackKind string

// The kinds of feedback.
const (
	Complaint  FeedbackKind = "complaint"
	Suggestion FeedbackKind = "suggestion"
	Enquiry    FeedbackKind = "question"
	Praise     FeedbackKind = "praise" // a delighted answer
)

// Told is what is read and written to tell staff of many things at once. Reads may be
// one commit old.
type Told interface {
	// Tallies returns how many cases opened within each minute from since on, in one
	// bucket.
	Tallies(ctx context.Context, b Bucket, since time.Time) ([]recovery.Tally, error)
	// UntoldCounts counts the cases of a bucket that staff may be told of at now, and that
	// have no card of their own, by site and priority.
	UntoldCounts(ctx context.Context, b Bucket, now time.Time) ([]Untold, error)
	// UntoldCases returns such cases of one site, the most urgent and then the oldest
	// first.
	UntoldCases(ctx context.Context, b Bucket, site string, now time.Time, limit int) ([]Case, error)
	// FeedbackList returns the newest feedback over all buckets, at most limit.
	FeedbackList(ctx context.Context, limit int) ([]Feedback, error)
	// UntoldFeedback returns feedback of a bucket that staff have not heard of, oldest
	// first.
	UntoldFeedback(ctx context.Context, b Bucket, limit int) ([]Feedback, error)
	// SettleFeedback says that staff have heard of these. It may be repeated.
	SettleFeedback(ctx context.Context, b Bucket, ids []string, at time.Time) error
}
