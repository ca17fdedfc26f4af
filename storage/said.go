package storage

import (
	"context"
	"time"
)

// Saying is what customers wanted said, with their words.
type Saying interface {
	// Said returns what customers wrote to say something of a kind, the newest first, at most f.Limit. Tests
	// are left out, and what belongs to a pulse of one's own staff.
	Said(ctx context.Context, f SaidFilter) ([]SaidWords, error)
}

// SaidFilter says which words are wanted. Days are of when they were said, UTC.
type SaidFilter struct {
	FigureFilter
	Kind        FeedbackKind
	Worst, Best int // the levels of their conversation from which and up to which; 0 = any
	Before      Place
}

// SaidWords are words that a customer wanted said.
type SaidWords struct {
	Bucket  Bucket
	ID      string
	Kind    FeedbackKind
	At      time.Time
	Site    string
	Text    string
	Session string // "" = outside of any
	Flow    string // of the session, as are the next
	Service string
	Staff   string
	Level   int // 0 = none
	Case    int // its number; 0 = none
}

// Place is where the words stand in the order.
func (s *SaidWords) Place() Place { return Place{s.At, s.ID} }
