package storage

import (
	"context"
	"time"
)

// StandingLink is an address that hangs on a counter or stands in a menu: whoever opens it
// begins a conversation of their own about the survey.
type StandingLink struct {
	ID       string            // in the address; printed, and no secret
	Name     string            // as staff call it
	Flow     string            // the newest version is asked
	Site     string            // "" = none
	Language string            // BCP 47; "" = the customer's
	Event    map[string]string // attributes of the service, as of an invitation
	Created  time.Time
	Closed   time.Time // since when it begins nothing any more; zero = it does
	Opened   int       // conversations that it began
	Last     time.Time // when it began the newest; zero = never
}

// StandingLinks keeps the standing links. They are no configuration: they are read when
// somebody opens one.
type StandingLinks interface {
	// PutStandingLink inserts or updates a link by id, but for what is counted, whatever is there.
	// Whoever read it first takes ReplaceStandingLink.
	PutStandingLink(ctx context.Context, l StandingLink) error
	// ReplaceStandingLink writes now in the place of was, which is as it was read, but for what is
	// counted; without an ID in was, now is new. ErrChanged if was is not there any more as it was,
	// unless now is there already: the same may be repeated.
	ReplaceStandingLink(ctx context.Context, was, now StandingLink) error
	// StandingLink returns one. ErrNotFound.
	StandingLink(ctx context.Context, id string) (StandingLink, error)
	// StandingLinkList returns all, the newest first.
	StandingLinkList(ctx context.Context) ([]StandingLink, error)
	// StandingLinkOpened counts a conversation that a link began.
	StandingLinkOpened(ctx context.Context, id string, at time.Time) error
}
