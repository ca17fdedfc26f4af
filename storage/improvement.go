package storage

import (
	"context"
	"time"
)

// Improvement is something that was changed because of what customers said, or a note about a day. Charts
// mark both.
type Improvement struct {
	ID   string // UUIDv7
	Site string // "" = every site
	Day  string // the first day with it: "2026-03-05"
	Made time.Time
	Gone time.Time // when it was taken back; zero = it stands
	ImprovementTerms
}

// ImprovementTerms are what is said of an improvement.
type ImprovementTerms struct {
	Note   bool     `json:"note,omitempty"`   // it changed nothing: it explains a day
	Reason string   `json:"reason,omitempty"` // why, in plain words; a note has none
	Of     Naming   `json:"of,omitzero"`      // what is counted before and after it
	Change string   `json:"change"`           // what was changed, or the note
	Owner  string   `json:"owner,omitempty"`  // who sees to it, in plain words
	By     string   `json:"by,omitempty"`     // who wrote it down: a sign-in name; "" = a command
	Said   *Telling `json:"said,omitempty"`   // how far those who said it have been told; nil = nobody decided to
}

// Naming is a reason as an answer names it: one choice of a question of a survey. The zero value is being
// unsatisfied, whatever the reason.
type Naming struct {
	Flow     string `json:"flow,omitempty"`
	Question string `json:"question,omitempty"`
	Choice   string `json:"choice,omitempty"`
}

// Any reports whether it is about being unsatisfied at all.
func (n Naming) Any() bool { return n == Naming{} }

// Telling is that customers are told what their words changed.
type Telling struct {
	At    time.Time         `json:"at"`             // when somebody decided so
	By    string            `json:"by,omitempty"`   // who: a sign-in name; "" = a command
	Words map[string]string `json:"words"`          // what was changed, by language
	Until time.Time         `json:"until"`          // who cannot be told by then is not
	Ended time.Time         `json:"ended,omitzero"` // when nobody was left to be told; zero = it is under way
	Told  int               `json:"told"`           // customers who were told
	Not   map[string]int    `json:"not,omitempty"`  // how many were not, by reason
}

// SayingDays is for how many days before a change those are looked for who said why.
const SayingDays = 90

// SaidPart is the part of the slot, of a chat account, in which an improvement is told.
func (i *Improvement) SaidPart() string { return "improved-" + i.ID }

// Sayer is a conversation in which somebody said why something was changed, and whose it is.
type Sayer struct {
	Bucket   Bucket
	Session  string
	Day      string
	Flow     string
	Class    string
	Site     string
	Service  string
	Language string
	Identity Identity
	State    DeliveryState // of the message that tells them; "" = there is none
	Told     time.Time     // when it was written
}

// Improvements keeps what was changed. It is no configuration.
type Improvements interface {
	// PutImprovement stores a new one.
	PutImprovement(ctx context.Context, i Improvement, a Audit) error
	// Improvement returns one, also one that was taken back. ErrNotFound.
	Improvement(ctx context.Context, id string) (Improvement, error)
	// ImprovementList returns all that stand, the newest day first.
	ImprovementList(ctx context.Context) ([]Improvement, error)
	// ChangeImprovement has change work on one as it is in the transaction, and stores what it left. An
	// error of change changes nothing. ErrNotFound.
	ChangeImprovement(ctx context.Context, id string, a Audit, change func(*Improvement) error) (Improvement, error)
	// Named returns which conversations of a filter name a reason, by their ids, up to f.Limit.
	Named(ctx context.Context, f FigureFilter, of Naming) (ids []string, more bool, err error)
	// Sayers returns the conversations of customers of a filter that began before a moment and may have
	// named a reason of an improvement, with whose they are, up to f.Limit. Where any choice is meant it is
	// for Named to say which of them did.
	Sayers(ctx context.Context, f FigureFilter, i *Improvement, before time.Time) (list []Sayer, more bool, err error)
}
