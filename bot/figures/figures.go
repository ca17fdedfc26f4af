// Package figures counts what reports show of answers. Pages, their tables, the API, the commands and
// what staff are told take their figures from here and from nowhere else, so that they are the same.
package figures

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// Most is how many rows are read one by one at most. Of more, what is not added up by day is no figure.
const Most = 200_000

// ErrTooMany says that more than Most rows fit a filter.
var ErrTooMany = errors.New("too many answers to count")

// Metric is what share of what is counted.
type Metric string

// The metrics. All but Answered are shares of the answers that have a level.
const (
	Unsatisfied Metric = "unsatisfied" // levels 1 to 3
	Watch       Metric = "watch"       // level 4
	TopTwo      Metric = "top_two"     // levels 6 and 7
	TopBox      Metric = "top_box"     // level 7
	Answered    Metric = "answered"    // of the invitations that were made, those that led to an answer
)

// Metrics lists every metric.
func Metrics() []Metric { return []Metric{Unsatisfied, Watch, TopTwo, TopBox, Answered} }

// Levels are the levels that count, from the worst to the best; 0 and 0 of Answered.
func (m Metric) Levels() (worst, best int) {
	switch m {
	case Unsatisfied:
		return 1, 3
	case Watch:
		return 4, 4
	case TopTwo:
		return 6, 7
	case TopBox:
		return 7, 7
	}
	return 0, 0
}

// By is what parts figures are made of.
type By string

// The parts.
const (
	Whole    By = "" // no parts
	Site     By = "site"
	Flow     By = "flow"
	Service  By = "service"
	Staff    By = "staff"
	Language By = "language"
	Channel  By = "channel"
	Day      By = "day"
	Week     By = "week" // that begins on Monday
	Month    By = "month"
)

// Divisions lists what figures of a metric can be divided by. An invitation says less than an answer.
func (m Metric) Divisions() []By {
	if m == Answered {
		return []By{Site, Flow, Day, Week, Month}
	}
	return []By{Site, Flow, Service, Staff, Language, Channel, Day, Week, Month}
}

// Part is the figure of a part: of a site by its id, of a space of time by its first day.
type Part struct {
	Key  string
	Last string // the last day of a space of time
	report.Clustered
}

// Unit is what figures are counted from.
type Unit string

// The units.
const (
	Customers Unit = "customers" // answers that are read one by one, clustered by customer
	Days      Unit = "days"      // sums by day, with intervals that are widened by how alike the answers of a customer are
)

// Table is a figure and those of its parts.
type Table struct {
	Unit  Unit
	Total report.Clustered
	Parts []Part // by key; what may not be shown is hidden
}

// Of is the share of conversations with a level between two, clustered by customer. Here and below those
// of a customer stand side by side, as they are read.
func Of(list []storage.JudgedSession, worst, best int) report.Clustered {
	var t report.Run
	for i := range list {
		t.Add(list[i].Customer, worst <= list[i].Level && list[i].Level <= best)
	}
	return t.Rate()
}

// Grouped are those shares of the parts that conversations fall into, nothing of them hidden yet.
func Grouped(list []storage.JudgedSession, key func(*storage.JudgedSession) string, worst, best int) map[string]report.Clustered {
	by := map[string]*report.Run{}
	for i := range list {
		at := key(&list[i])
		if by[at] == nil {
			by[at] = &report.Run{}
		}
		by[at].Add(list[i].Customer, worst <= list[i].Level && list[i].Level <= best)
	}
	rates := make(map[string]report.Clustered, len(by))
	for at, run := range by {
		rates[at] = run.Rate()
	}
	return rates
}

// Question is what customers gave a question of a flow.
type Question struct {
	Flow, Question string
	Scores         report.ClusteredSums // of those that are read one by one
	summed         *report.ClusteredMean
}

// Summed reports whether they were added up by day.
func (q *Question) Summed() bool { return q.summed != nil }

// Mean is the mean of the scores.
func (q *Question) Mean() report.ClusteredMean {
	if q.summed != nil {
		return *q.summed
	}
	return q.Scores.Mean()
}

// Questions adds up the scores of questions, by customer; they are in the order of their flows and names.
func Questions(list []storage.JudgedSession) (all []Question) {
	type key struct{ flow, question string }
	at, sums := map[key]int{}, [][2]float64{} // of the customer whose conversations are looked at
	var gave []int
	for i := 0; i < len(list); {
		for of := list[i].Customer; i < len(list) && list[i].Customer == of; i++ {
			for _, x := range list[i].Scores {
				n, ok := at[key{list[i].Flow, x.Question}]
				if !ok {
					n = len(all)
					at[key{list[i].Flow, x.Question}] = n
					all, sums = append(all, Question{Flow: list[i].Flow, Question: x.Question}), append(sums, [2]float64{})
				}
				if sums[n][0] == 0 {
					gave = append(gave, n)
				}
				sums[n][0], sums[n][1] = sums[n][0]+1, sums[n][1]+report.Rounded(x.Score, 3) // as sums by day hold it
			}
		}
		for _, n := range gave {
			all[n].Scores.Add(sums[n][0], sums[n][1])
			sums[n] = [2]float64{}
		}
		gave = gave[:0]
	}
	slices.SortFunc(all, func(a, b Question) int {
		return cmp.Or(cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Question, b.Question))
	})
	return all
}

// Read counts the figures of a filter; its limit is Most. ErrTooMany: more rows fit it.
func Read(ctx context.Context, from Store, f storage.FigureFilter, m Metric, by By) (Table, error) {
	if by != Whole && !slices.Contains(m.Divisions(), by) {
		return Table{}, fmt.Errorf("%s is not divided by %s", m, by)
	}
	f.Limit = Most
	over := Spaces(f.From, f.To, by)
	t := Table{Unit: Customers}
	var rates map[string]report.Clustered
	if m == Answered {
		all, err := GatherAsked(ctx, from, f)
		if err != nil {
			return t, err
		}
		if all.Summed() {
			t.Unit = Days
		}
		if t.Total = all.Answered(); by != Whole {
			parts, err := all.Parts(ctx, by, over)
			if err != nil {
				return t, err
			}
			rates = AnsweredBy(parts)
		}
	} else {
		all, err := Gather(ctx, from, f)
		if err != nil {
			return t, err
		}
		if all.Summed() {
			t.Unit = Days
		}
		worst, best := m.Levels()
		t.Total = all.Rate(worst, best)
		if by != Whole {
			parts, err := all.Parts(ctx, by, over)
			if err != nil {
				return t, err
			}
			rates = Rates(parts, worst, best)
		}
	}
	if by != Whole {
		t.Parts = parts(rates, over)
	}
	return t, nil
}

func tooMany(more bool, err error) error {
	if err == nil && more {
		return ErrTooMany
	}
	return err
}

func judgedIn(j *storage.JudgedSession, by By, over []Space) string {
	switch by {
	case Site:
		return j.Site
	case Flow:
		return j.Flow
	case Service:
		return j.Service
	case Staff:
		return j.Staff
	case Language:
		return j.Language
	case Channel:
		return j.Channel
	}
	return SpaceOf(over, j.Day)
}

func askedIn(a *storage.AskedCustomer, by By, over []Space) string {
	switch by {
	case Site:
		return a.Site
	case Flow:
		return a.Flow
	}
	return SpaceOf(over, a.Day)
}

// parts puts rates in their order, spaces without answers among them, and hides what must be.
func parts(rates map[string]report.Clustered, over []Space) (list []Part) {
	for _, s := range over {
		rate, ok := rates[s.First]
		if !ok {
			rate = report.Tally{}.Rate()
		}
		list = append(list, Part{s.First, s.Last, rate})
	}
	if over == nil {
		for key, rate := range rates {
			list = append(list, Part{Key: key, Clustered: rate})
		}
		slices.SortFunc(list, func(a, b Part) int { return cmp.Compare(a.Key, b.Key) })
	}
	keys, of := make([]string, len(list)), make([]*report.Clustered, len(list))
	for i := range list {
		keys[i], of[i] = list[i].Key, &list[i].Clustered
	}
	report.Protect(keys, of)
	return list
}
