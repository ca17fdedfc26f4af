package main

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// casesOf is a store that has cases and nothing else.
type casesOf struct {
	storage.Store
	all []storage.Case
}

func (s casesOf) Cases(_ context.Context, f storage.CaseFilter) ([]storage.Case, error) {
	sorted := slices.SortedFunc(slices.Values(s.all), func(a, b storage.Case) int { return a.Cursor().Compare(b.Cursor()) })
	sorted = slices.DeleteFunc(sorted, func(c storage.Case) bool { return !f.Before.IsZero() && c.Cursor().Compare(f.Before) <= 0 })
	return sorted[:min(len(sorted), f.Limit)], nil
}

// Two customers open a case at one site in the same moment. The ids of cases are in no order: whoever comes second
// finds their own case whichever of the two ids is the smaller one, and who opened none finds none.
func TestACaseIsThatOfWhoOpenedIt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	first, second, silent := storage.Person{Platform: chat.Web, User: "a"}, storage.Person{Platform: chat.Web, User: "b"}, storage.Person{Platform: chat.Web, User: "c"}
	for _, ids := range [][2]string{{"k1", "k2"}, {"k2", "k1"}} {
		kase := func(id string, who storage.Person, at time.Time) storage.Case {
			return storage.Case{Case: recovery.Case{ID: id, OpenedAt: at}, Identity: who.ID(), Site: "quickfix"}
		}
		from := casesOf{all: []storage.Case{kase(ids[0], first, now), kase(ids[1], second, now), kase("k0", silent, now.Add(-time.Hour))}}
		for _, want := range []struct {
			who storage.Person
			id  string
		}{{first, ids[0]}, {second, ids[1]}, {silent, ""}} {
			if c, err := openedBy(t.Context(), from, "quickfix", want.who, now); err != nil || c.ID != want.id {
				t.Errorf("of the cases %v %q is taken for %q (%v)", ids, c.ID, want.id, err)
			}
		}
	}
}
