package storage

import (
	"cmp"
	"context"

	"github.com/aftercare/aftercare/report"
)

// Answering is what the list of answers is made from: the rows of the read model, which are
// some seconds behind the conversations.
type Answering interface {
	// Answered returns conversations in which something was answered, those of the newest day
	// first, at most f.Limit, with the newest answers of each. Those of a pulse of one's own staff are not
	// among them: colleagues are promised that nobody reads their answers one by one.
	Answered(ctx context.Context, f AnsweredFilter) ([]AnsweredSession, error)
}

// AnsweredFilter says which conversations are wanted. Every condition that is given must hold.
type AnsweredFilter struct {
	Sites    []string // those of these, no others
	From, To string   // days, "2026-03-05"; To counts as well
	Flow     string   // "" = any, as below
	Service  string
	Staff    string // who served
	Language string
	Channel  string
	Judged   bool // those that figures are made of: see Figuring
	Of       Of   // whose, of those
	Worst    int  // the level from which on, 0 = any
	Best     int  // the level up to which, 0 = any
	Words    bool // in which the customer wrote something
	NoGuests bool // none of mystery guests
	Test     bool // test conversations as well
	Before   AnsweredPlace
	Limit    int
}

// AnsweredPlace is a place in the order of that list; the zero one stands before the first.
type AnsweredPlace struct{ Day, Session string }

// AnsweredSession is a conversation with the newest answers to its questions, contact left out.
type AnsweredSession struct {
	Bucket Bucket
	report.Session
	Answers []report.Answer
	Beside  []string // what the customer wrote beside the questions, oldest first
}

// Place is where the conversation stands in the order.
func (s *AnsweredSession) Place() AnsweredPlace { return AnsweredPlace{s.Day, s.ID} }

// Compare tells the order of two places: it is negative where p comes first.
func (p AnsweredPlace) Compare(o AnsweredPlace) int {
	return cmp.Or(cmp.Compare(o.Day, p.Day), cmp.Compare(o.Session, p.Session))
}
