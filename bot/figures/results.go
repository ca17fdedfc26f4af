package figures

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// ResultMonths is how many months a kept result is of.
const ResultMonths = 12

// ResultKey is what a result is of: a survey, a site, or all of them.
type ResultKey struct{ Flow, Site string } // "" = all

// String is the key as it is stored. Neither part has a slash.
func (k ResultKey) String() string { return k.Flow + "/" + k.Site }

// ResultKeyOf reads what String wrote.
func ResultKeyOf(text string) ResultKey {
	flow, at, _ := strings.Cut(text, "/")
	return ResultKey{flow, at}
}

// Source is what results are made from.
type Source struct {
	storage.Store
	Flows map[string]*survey.Flow // the newest version of each survey of customers
	Sites []string                // every site
	Zone  func(site string) *time.Location
	Today time.Time // the newest day that any of them has
	Now   time.Time
	// Standards are those of services that are in force; nil = there are none.
	Standards func(ctx context.Context) ([]invitation.Standard, error)
	// Held is how many records of customers a count of expectation, quality or standards holds at once; 0 = as usual.
	Held int
}

// most is how many records are held at once.
func (s *Source) most(usual int) int { return cmp.Or(s.Held, usual) }

// Filter says of which answers a result is: those of the last twelve months.
func (s *Source) Filter(of ResultKey) storage.FigureFilter {
	f := storage.FigureFilter{Flow: of.Flow, Sites: s.Sites, Limit: resultBatch}
	if of.Site != "" {
		f.Sites = []string{of.Site}
	}
	f.From, f.To = s.Today.AddDate(0, -ResultMonths, 1).Format(time.DateOnly), s.Today.Format(time.DateOnly)
	return f
}

// resultBatch is how many conversations are held in memory at a time.
const resultBatch = 1000

// EachGiven calls each for every conversation of a result, in an order that means nothing.
func (s *Source) EachGiven(ctx context.Context, of ResultKey, each func(*storage.GivenSession)) error {
	return s.givenUntil(ctx, of, func(g *storage.GivenSession) bool {
		each(g)
		return false
	})
}

// givenUntil is EachGiven that ends where enough says so.
func (s *Source) givenUntil(ctx context.Context, of ResultKey, enough func(*storage.GivenSession) bool) error {
	f := s.Filter(of)
	for b := range storage.Bucket(s.Buckets()) {
		for after := (storage.GivenPlace{}); ; {
			list, err := s.GivenAfter(ctx, b, after, f)
			if err != nil {
				return err
			}
			for i := range list {
				if enough(&list[i]) {
					return nil
				}
			}
			if len(list) < f.Limit {
				break
			}
			after = list[len(list)-1].Place()
		}
	}
	return nil
}

// Maker makes results of a kind.
type Maker struct {
	Kind string
	// Whole says that one result holds every survey, so that none is made of one alone.
	Whole bool
	// Make returns the result's body, JSON. It reads page by page, and keeps sums.
	Make func(ctx context.Context, from *Source, of ResultKey) ([]byte, error)
}

// Makers lists what is made in the background.
func Makers() []Maker {
	return []Maker{
		{Kind: KindDrivers, Whole: true, Make: makeDrivers},
		{Kind: KindCustomers, Whole: true, Make: makeCustomers},
		{Kind: KindCare, Whole: true, Make: makeCare},
		{Kind: KindGiven, Whole: true, Make: makeGiven},
		{Kind: KindStandards, Whole: true, Make: makeStandards},
	}
}

// has reports whether a result of this key can be made at all.
func (m *Maker) has(from *Source, of ResultKey) bool {
	if of.Site != "" && !slices.Contains(from.Sites, of.Site) {
		return false
	}
	return of.Flow == "" || !m.Whole && from.Flows[of.Flow] != nil
}
