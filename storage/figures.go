package storage

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// Figuring is what reports are counted from. Everything is read as it stands, up to a limit: more reports
// that there is more, and then no figure may be made of it.
type Figuring interface {
	// Judged returns the conversations of customers that have a level, by the day of their event:
	// tests are left out, and surveys of staff, of mystery guests, of who stays away and after a recovery. Those
	// of a customer stand side by side. The filter may ask for those of others instead: of one's own staff
	// nobody may be shown one of them.
	Judged(ctx context.Context, f FigureFilter) (list []JudgedSession, more bool, err error)
	// FigureCases returns the cases of those days: the day is that of the conversation that opened
	// it, else that of its opening, UTC. Tests are left out.
	FigureCases(ctx context.Context, f FigureFilter) (list []FigureCase, more bool, err error)
	// Asked returns the invitations that were made on those days, UTC, with what became of them, of those whom
	// the filter names. Tests are left out, and what asks about a case.
	Asked(ctx context.Context, f FigureFilter) (list []AskedCustomer, more bool, err error)
	// Experimented returns the asks of experiments that were sent since a moment, with what became of them. Tests are
	// left out, and who was erased. Of the filter count sites and limit.
	Experimented(ctx context.Context, f FigureFilter, since time.Time) (list []ExperimentAsk, more bool, err error)
	// Received returns what customers wanted said on those days, UTC: figures.Received, through which all figures read
	// it, makes the days of its sites of them. What belongs to no conversation is of no survey, service, language or
	// channel.
	Received(ctx context.Context, f FigureFilter) (list []ReceivedWords, more bool, err error)
	// PulseWords returns what one's own staff wrote in surveys of staff, by the same days. Tests are left out.
	PulseWords(ctx context.Context, f FigureFilter) (list []PulseWords, more bool, err error)
}

// CustomerClasses are the classes of surveys that say how satisfied customers are.
var CustomerClasses = []string{"transactional", "relationship"}

// Of says whose surveys figures are made of.
type Of string

// Whose surveys there are.
const (
	OfCustomers Of = "" // surveys of the CustomerClasses
	OfStaff     Of = "pulse"
	OfGuests    Of = "mystery"
	OfLost      Of = "lost" // customers who stay away: see CountedAs
	OfAnybody   Of = "all"  // of invitations alone: no figure mixes answers of them
)

// LostSurvey is the survey that is shipped for customers who stay away.
const LostSurvey = "lost_customer"

// CountedAs is the class that a conversation, or an invitation to one, has in figures: that of its survey, unless it
// asks somebody because they stay away. What those say of their latest visit is not how satisfied customers are now.
func CountedAs(class survey.Class, flow string, f recovery.Facts) survey.Class {
	if flow == LostSurvey || f.Lost {
		return survey.Class(OfLost)
	}
	return class
}

// FigureFilter says of what figures are made. Every condition that is given must hold.
type FigureFilter struct {
	Sites    []string // these, no others
	From, To string   // days, "2026-03-05"; To counts as well
	Flow     string   // "" = any, as below
	Flows    []string // of Asked alone: these surveys, no others; nil = any
	Service  string
	Staff    string
	Language string
	Channel  string
	Of       Of   // whose surveys
	Scores   bool // of conversations, the scores of their questions as well
	Limit    int
	Exact    int // above so many answers figures are made of sums by day; 0 = as usual
}

// JudgedSession is what figures need of a conversation.
type JudgedSession struct {
	ID          string
	Day         string
	Flow        string
	Site        string
	Service     string
	Staff       string
	Language    string
	Channel     string
	Level       int
	Unsatisfied bool // staff would be called
	Case        bool
	Customer    string // whose answers belong together; nobody is known by it. Of who was erased it is the conversation
	Scores      []GivenScore
}

// GivenScore is what somebody gave a question, 0–100.
type GivenScore struct {
	Question string
	Score    float64
}

// FigureCase is what figures need of a case, with what its conversation says of where it belongs.
type FigureCase struct {
	ID       string
	Day      string // of its conversation, else of its opening, UTC
	Site     string
	Flow     string
	Service  string
	Staff    string
	Language string
	Channel  string
	Level    int
	Customer string // the key; "" = none is known
	Identity string // of whom no key is known

	OpenedAt                            time.Time // this and all others to the microsecond, UTC
	Taken, Contacted, Resolved, EndedAt time.Time // when it came so far first; zero = it did not
	Missed                              []recovery.Clock
	Reopens                             int
	Cause                               string // that staff gave when they closed it; "" = none yet
	Asked                               bool   // the customer was asked whether it is settled
	Settled                             recovery.Settled
	Recovered                           recovery.Recovered
}

// AskedCustomer is an invitation and what became of it.
type AskedCustomer struct {
	Day      string // on which it was made, UTC
	Site     string
	Flow     string
	Opened   bool
	Answered bool // with a level
	Level    int
	Customer string // as JudgedSession says, of the invitation's customer
}

// ExperimentAsk is somebody who was asked in an arm of an experiment, and what became of it.
type ExperimentAsk struct {
	Experiment string // its key
	Arm        string
	Sent       time.Time
	Customer   string
	Answered   bool // something
	Level      int  // of the answer; 0 = none is known
}

// ReceivedWords is one thing that a customer wanted said.
type ReceivedWords struct {
	Kind     FeedbackKind
	At       time.Time
	Site     string
	Customer string
}

// PulseWords is what one of one's own staff wrote. Whose it was is not said.
type PulseWords struct{ Day, Site, Text string }
