package storage

import "context"

// AskedSums are the sums by day of who was asked, beside those of what was answered: see Cells. The day is that on
// which an invitation was made, UTC. Whoever writes or removes an invitation, or the level of the conversation that it
// led to, marks its day in the same transaction. Of who served, of services, languages and channels they say nothing.
type AskedSums interface {
	// CountAsked is CountCells for marked days of invitations.
	CountAsked(ctx context.Context, l Lease, limit int) (CountedCells, error)
	// CountAskedMonths is CountMonths for marked months of invitations.
	CountAskedMonths(ctx context.Context, l Lease, limit int) (CountedCells, error)
	// AskedReady reports whether every day of invitations was counted once.
	AskedReady(ctx context.Context) (bool, error)
	// AskedPending returns the surveys of which days of invitations are to be counted, for the first time or anew.
	AskedPending(ctx context.Context) ([]string, error)
	// AskedCells adds up the days of a filter, by site, month, survey and class, and by day as well if that is asked
	// for. What the filter says of a service, of staff, a language or a channel does not count.
	AskedCells(ctx context.Context, f FigureFilter, byDay bool) ([]AskedCell, error)
	// AskedMonths returns how alike what became of the invitations of a customer was in the months that a filter
	// touches.
	AskedMonths(ctx context.Context, f FigureFilter) ([]AskedMonth, error)
}

// What became of an invitation: one of these. An answer has a level, 1–7; see OutcomeOfAsk.
const (
	Unopened  = 0
	Unsaid    = 1 // it was opened, and not answered
	Outcomes  = 9 // how many there are
	beforeOne = 1 // the outcome of a level, less the level
)

// OutcomeOfAsk is what became of an invitation that was opened, or not, and answered with a level; 0 = it was not
// answered.
func OutcomeOfAsk(opened bool, level int) int {
	switch {
	case level > 0:
		return beforeOne + min(level, 7)
	case opened:
		return Unsaid
	}
	return Unopened
}

// AskedCell is how many invitations had each outcome.
type AskedCell struct {
	Site, Month, Flow string
	Class             string // whom they ask: an Of, "customers" of OfCustomers
	Day               string // "" = of all days
	Outcomes          [Outcomes]int
}

// AskedMonth is what is needed of a whole month of invitations for the width of intervals.
type AskedMonth struct {
	Site, Month, Flow, Class string

	Customers, Most   int // who were asked; invitations that one of them got, at most
	Answerers, Spoken int // who answered; answers that one of them gave, at most
	Outcomes          [Outcomes]int64
	Pairs             OutcomePairs
}

// OutcomePairs are the sums over customers of the products of how often each had two outcomes: those of the outcomes 0
// and 0, 0 and 1 … 8 and 8. What else is needed of customers follows from them.
type OutcomePairs [45]int64

// Add adds a customer who had each outcome so often.
func (p *OutcomePairs) Add(had *[Outcomes]int64) {
	at := 0
	for a := range had {
		for b := a; b < len(had); b++ {
			p[at] += had[a] * had[b]
			at++
		}
	}
}

// Products is the sum over customers of two weighted sums of outcomes, multiplied.
func (p *OutcomePairs) Products(x, y [Outcomes]float64) (sum float64) {
	at := 0
	for a := range x {
		for b := a; b < len(x); b++ {
			if product := float64(p[at]); a == b {
				sum += x[a] * y[a] * product
			} else {
				sum += (x[a]*y[b] + x[b]*y[a]) * product
			}
			at++
		}
	}
	return sum
}
