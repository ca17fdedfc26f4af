package storage

import (
	"cmp"
	"context"
	"iter"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// CaseFilter says which cases are wanted. Every condition that is given must hold.
type CaseFilter struct {
	States []recovery.State // one of these; empty = any
	Sites  []string         // one of these; empty = any
	Holder string           // an id of staff: cases in an active state that this person has; "" = anybody's
	Before Cursor           // behind this place in the order; zero = from the newest on
	Limit  int
}

// Cursor is a place in the order of cases: from the newest to the oldest, and by id where
// several opened at once.
type Cursor struct {
	At time.Time // when a case opened
	ID string
}

// IsZero reports whether the cursor stands before the first case.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// Cursor is the place of the case.
func (c *Case) Cursor() Cursor { return Cursor{At: c.OpenedAt, ID: c.ID} }

// Compare tells the order of two places: it is negative where c comes first.
func (c Cursor) Compare(d Cursor) int {
	if n := d.At.Compare(c.At); n != 0 {
		return n
	}
	return cmp.Compare(d.ID, c.ID)
}

// AllCases reads every case that f wants, f.Limit of them at a time. A case that changes
// meanwhile may be met as it was, or not at all. What is read ends with an error if there
// is one.
func AllCases(ctx context.Context, from Reader, f CaseFilter) iter.Seq2[Case, error] {
	return func(yield func(Case, error) bool) {
		for {
			page, err := from.Cases(ctx, f)
			if err != nil {
				yield(Case{}, err)
				return
			}
			for _, c := range page {
				if !yield(c, nil) {
					return
				}
			}
			if len(page) < f.Limit || len(page) == 0 {
				return
			}
			f.Before = page[len(page)-1].Cursor()
		}
	}
}
