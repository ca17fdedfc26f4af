package figures

import (
	"slices"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Expectation is how what customers got compares with what they expected. What too few gave is hidden in it, and what
// that would follow from.
type Expectation struct {
	Below, Met, Above report.Clustered // parts of all
	Delighted         report.Clustered // better by a whole step or more
	Mean              report.ClusteredMean
	Pairs             []ExpectedPair
	Sources           []ExpectedSource // the most frequent first
	Promise           [3]report.Clustered
	// Broken says that what the business promised is behind enough of the expectations that were broken lately.
	Broken bool
}

// Promises are the parts of Expectation.Promise: kept, in part, not kept, of those to whom something was promised.
var Promises = [3]float64{2, 1, 0}

// When "our promise" is worth a notice: of the broken expectations of the newest 30 days so many, and this share.
const (
	fewestBroken = 3
	shareBroken  = 0.2
	newestDays   = 30
)

// ExpectedPair is a question that was asked before a service and one that was asked after it, 0–100.
type ExpectedPair struct {
	Flow, Question           string
	Expected, Perceived, Gap report.ClusteredMean
}

// ExpectedSource is where an expectation came from that was not met.
type ExpectedSource struct {
	Flow, Question, Choice string
	Rate                   report.Clustered // of those who were let down and said where it came from
}

// promiseScale is the scale of the question whether what was promised was kept.
const promiseScale = "promise3"

// sourceOf is the question of a flow that asks where an expectation came from: the choice that has "our
// promise" among its answers.
func sourceOf(f *survey.Flow) *survey.Question {
	for i := range f.Questions {
		q := &f.Questions[i]
		if q.Kind == survey.ChoiceQ && slices.ContainsFunc(q.Choices, func(c survey.Choice) bool { return c.Key == "promise" }) {
			return q
		}
	}
	return nil
}

// ExpectationOf counts what was given. Days from lately on are the newest ones.
func ExpectationOf(list []storage.GivenSession, flows map[string]*survey.Flow, lately string) Expectation {
	c := newExpectationCount(newWhom(), flows, lately)
	for i := range list {
		c.add(&list[i])
	}
	return c.expectation("")
}

// Lately is the first of the newest days up to one.
func Lately(to string) string {
	t, err := time.Parse(time.DateOnly, to)
	if err != nil {
		return to
	}
	return t.AddDate(0, 0, 1-newestDays).Format(time.DateOnly)
}
