package storage

import "context"

// Cells are the sums by day that figures of many answers are counted from. They follow from the rows of the
// read model and from nothing else: whoever writes or removes rows marks their days in the same transaction,
// and what is marked is counted anew, some seconds later. Counting is done again at will; two who do it at
// once do not disturb each other, as only who has the lease may write.
type Cells interface {
	AskedSums
	// CountCells counts up to limit marked days of a site and a survey anew, and marks their months: those behind the
	// ones that it counted last, in the order of days, sites and surveys, until the way begins anew. So no day
	// that is marked again and again keeps others waiting.
	CountCells(ctx context.Context, l Lease, limit int) (CountedCells, error)
	// CountMonths counts up to limit marked months anew: of these only intervals are made.
	CountMonths(ctx context.Context, l Lease, limit int) (CountedCells, error)
	// CountCases puts up to limit days of each bucket together that cases opened on, and that were emptied since: see
	// Figuring.FigureCases. It writes nothing that was true once and is no more, whoever has the lease.
	CountCases(ctx context.Context, l Lease, limit int) (CountedCells, error)
	// CellsReady reports whether every day was counted once.
	CellsReady(ctx context.Context) (bool, error)
	// Cells adds up the days of a filter, by site, month, survey and what by says.
	Cells(ctx context.Context, f FigureFilter, by CellsBy) ([]Cell, error)
	// CellMonths returns how alike the answers of a customer were in the months that a filter touches: of each
	// of the dimensions that are asked for, of what the filter says of it, or of everything.
	CellMonths(ctx context.Context, f FigureFilter, dimensions ...CellsBy) ([]CellMonth, error)
	// CellQuestions adds up the scores of questions on the days of a filter that says nothing of a service, of
	// staff, a language or a channel.
	CellQuestions(ctx context.Context, f FigureFilter) ([]CellQuestion, error)
	// CellChoices adds up what was chosen on the days of a filter that says nothing of a service, of staff, a language
	// or a channel.
	CellChoices(ctx context.Context, f FigureFilter) (CellChoices, error)
	// CompareCells compares every sum that is not marked with what is counted now.
	CompareCells(ctx context.Context) (ComparedCells, error)
}

// CountingLease is the name of the lease of who counts.
const CountingLease = "cells"

// CountedCells is what one call counted.
type CountedCells struct {
	Counted int
	More    bool // others are marked behind these
	Lost    bool // the lease is another's: nothing was written
}

// CellsBy is what sums are grouped by, beside site, month and survey.
type CellsBy string

// What sums are grouped by.
const (
	CellsWhole    CellsBy = ""
	CellsDay      CellsBy = "day"
	CellsService  CellsBy = "service"
	CellsStaff    CellsBy = "staff"
	CellsLanguage CellsBy = "language"
	CellsChannel  CellsBy = "channel"
)

// CellDimensions are those of which a conversation has one value each.
func CellDimensions() []CellsBy {
	return []CellsBy{CellsService, CellsStaff, CellsLanguage, CellsChannel}
}

// Of is what a filter says of a dimension; "" = nothing.
func (by CellsBy) Of(f *FigureFilter) string {
	switch by {
	case CellsService:
		return f.Service
	case CellsStaff:
		return f.Staff
	case CellsLanguage:
		return f.Language
	case CellsChannel:
		return f.Channel
	}
	return ""
}

// Cell is how many conversations there were of each level.
type Cell struct {
	Site, Month, Flow string
	Key               string // of what it is grouped by
	Levels            [7]int
}

// CellMonth is what is needed of a whole month for the width of intervals.
type CellMonth struct {
	Site, Month, Flow string
	Dimension         CellsBy // "" = of all
	Key               string
	Customers         int
	Most              int      // conversations that one customer had, at most
	Levels            [7]int64 // conversations of each level
	Pairs             LevelPairs
}

// LevelPairs are the sums over customers of the products of how often each gave two levels: those of the
// levels 1 and 1, 1 and 2 … 7 and 7. What else is needed of customers follows from them.
type LevelPairs [28]int64

// Pair is where the sum of two levels, 0–6, stands.
func Pair(a, b int) int {
	if a > b {
		a, b = b, a
	}
	return a*7 - a*(a-1)/2 + b - a
}

// Add adds a customer who gave each level so often.
func (p *LevelPairs) Add(levels *[7]int64) {
	at := 0
	for a := range levels {
		for b := a; b < len(levels); b++ {
			p[at] += levels[a] * levels[b]
			at++
		}
	}
}

// Products is the sum over customers of two weighted sums of levels, multiplied.
func (p *LevelPairs) Products(x, y [7]float64) (sum float64) {
	for a := range x {
		for b := range y {
			sum += x[a] * y[b] * float64(p[Pair(a, b)])
		}
	}
	return sum
}

// CellQuestion is what customers gave a question of a survey. Sums are of thousandths, so that they are exact.
type CellQuestion struct {
	Site, Month, Flow, Question string
	N                           int
	Sum                         int64 // of scores, in thousandths
	Squares                     int64 // of scores in thousandths, squared
}

// ComparedCells is what a comparison found.
type ComparedCells struct {
	Days, Months int // of a site and a survey each
	CaseDays     int // of a site each, that cases opened on
	AskedDays    int // of a site and a survey each, on which somebody was asked
	AskedMonths  int
	Waiting      int // of all: marked or emptied, and counted soon
	Different    int
	First        string // what is wrong with the first that differs
}
