package storage

import (
	"context"
	"time"
)

// Giving is what figures of questions are counted from: what each customer gave all of them, side by side.
type Giving interface {
	// Given returns conversations that Judged returns of the same filter, with what was given in them, up to
	// the limit; more reports that there are more. Those of a customer stand side by side.
	Given(ctx context.Context, f FigureFilter) (list []GivenSession, more bool, err error)
	// GivenAfter returns those of one bucket behind a conversation, in the order of their sites, days and ids, at most
	// f.Limit: the zero place begins. It is for whoever has time.
	GivenAfter(ctx context.Context, b Bucket, after GivenPlace, f FigureFilter) ([]GivenSession, error)
}

// GivenSession is a conversation with the newest answers to its questions, words and contact left out.
type GivenSession struct {
	ID       string
	Day      string
	Flow     string
	Site     string
	Level    int
	Customer string // as JudgedSession says
	Answers  []GivenAnswer
}

// GivenPlace is where a conversation stands among others of its bucket.
type GivenPlace struct{ Site, Day, ID string }

// Place is where the conversation stands.
func (g *GivenSession) Place() GivenPlace { return GivenPlace{g.Site, g.Day, g.ID} }

// GivenAnswer is what was given to a question.
type GivenAnswer struct {
	Question string
	Kind     string
	Value    *float64
	Score    *float64 // 0–100
	Choices  []string
	Skipped  bool
	At       time.Time // of who was erased the day
}

// Answer is what was given to a question; nil where it was not asked, or was skipped.
func (s *GivenSession) Answer(question string) *GivenAnswer {
	for i := range s.Answers {
		if s.Answers[i].Question == question && !s.Answers[i].Skipped {
			return &s.Answers[i]
		}
	}
	return nil
}
