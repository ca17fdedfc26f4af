// Package report is what many answers say. It begins with what all figures are counted from:
// the read model, one row for each conversation and one for each revision of an answer, made
// of the conversations themselves. It is pure: no clock, no store, no network.
package report

import (
	"slices"

	"github.com/aftercare/aftercare/survey"
)

// Conversation is what the rows of one conversation are made from.
type Conversation struct {
	survey.Session
	Earlier   []survey.Answer // revisions that later ones replaced
	Site      string
	Service   string
	Staff     string // who served, as the invitation named them
	Channel   string // the platform
	Day       string // "2026-03-05": of the event, else of the opening, at the site
	Judgement survey.Judgement
	Class     survey.Class
	Case      bool // a case belongs to it
}

// Session is the read model's row of a conversation.
type Session struct {
	ID          string
	Flow        string
	Version     int
	Class       string
	Site        string
	Service     string
	Staff       string
	Language    string
	Channel     string
	Day         string // "2026-03-05"
	Status      string
	Answered    int // questions with an answer that counts
	Composite   *float64
	Level       int
	Flag        string // of the primary question
	Unsatisfied bool
	Case        bool
	Test        bool
}

// Answer is the read model's row of one revision of an answer, with what reports group by.
type Answer struct {
	Session  string
	Question string
	Revision int
	Newest   bool   // no later revision replaced it
	Kind     string // of question
	Value    *float64
	Choices  []string
	Text     string
	Score    *float64 // 0–100
	Level    int
	Flag     string // survey.Flag; of a question that was left, survey.Left
	Skipped  bool
	Dropped  bool
	Test     bool
	AtMicro  int64 // microseconds since 1970
	Flow     string
	Version  int
	Site     string
	Service  string
	Staff    string
	Language string
	Channel  string
	Day      string
}

// Fold makes the rows of a conversation: its own, and one for each revision of its answers, by
// question and revision. It is total: without the flow, scores and flags are left out.
func Fold(f *survey.Flow, c *Conversation) (Session, []Answer) {
	s := Session{
		ID: c.ID, Flow: c.Flow, Version: c.Version, Class: string(c.Class), Site: c.Site, Service: c.Service, Staff: c.Staff,
		Language: c.Lang, Channel: c.Channel, Day: c.Day, Status: string(c.Status), Composite: c.Judgement.Composite,
		Level: c.Judgement.Level, Flag: string(c.Judgement.Flag), Unsatisfied: c.Judgement.Unsatisfied, Case: c.Case, Test: c.Test,
	}
	rows := make([]Answer, 0, len(c.Answers)+len(c.Earlier))
	add := func(a *survey.Answer, newest bool) {
		var m survey.Meaning
		if f != nil {
			m = f.Meaning(a)
		}
		flag := string(m.Flag)
		if a.Skipped {
			flag = string(a.Left)
		}
		rows = append(rows, Answer{
			Session: c.ID, Question: a.Question, Revision: a.Revision, Newest: newest, Kind: string(m.Kind), Value: a.Value,
			Choices: a.Choices, Text: a.Text, Score: m.Score, Level: m.Level, Flag: flag, Skipped: a.Skipped, Dropped: a.Dropped,
			Test: c.Test, AtMicro: a.At.UnixMicro(), Flow: c.Flow, Version: c.Version, Site: c.Site, Service: c.Service, Staff: c.Staff,
			Language: c.Lang, Channel: c.Channel, Day: c.Day,
		})
	}
	for i := range c.Answers {
		add(&c.Answers[i], true)
		if !c.Answers[i].Skipped && !c.Answers[i].Dropped {
			s.Answered++
		}
	}
	for i := range c.Earlier {
		add(&c.Earlier[i], false)
	}
	slices.SortFunc(rows, byKey)
	return s, rows
}

func byKey(a, b Answer) int {
	if a.Question != b.Question {
		if a.Question < b.Question {
			return -1
		}
		return 1
	}
	return a.Revision - b.Revision
}
