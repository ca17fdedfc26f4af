package figures

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// KindCustomers is the kind of the result that says what customers do over a year, and what they would do.
const KindCustomers = "customers"

// CustomerFigures is such a result. Its parts are made in one pass: all of them need every service and every answer
// of a customer side by side.
type CustomerFigures struct {
	From, To string // the days that it is of
	Measures Measures
	Loyalty  Loyalty
	Value    Value
	Regained Regained
	// Sites is whether customers who were won back come again as often as those who were satisfied, of each site by
	// itself, as far as that may be compared: what leads are told.
	Sites map[string]Comeback `json:",omitempty"`
}

// Comeback is how many of a site's customers who were won back came again, and of those who were satisfied.
type Comeback struct {
	Won, Content Return // within the same days
}

// Difference is how much more often those who were won back came again.
func (c Comeback) Difference() (report.Difference, bool) { return c.Won.Less(c.Content) }

// zone is that of a site.
func (s *Source) zone(site string) *time.Location { return zoneIn(s.Zone, site) }

// zoneIn is the zone of a site, where one is known.
func zoneIn(zones func(site string) *time.Location, site string) *time.Location {
	if zones != nil {
		if zone := zones(site); zone != nil {
			return zone
		}
	}
	return time.UTC
}

// makeCustomers makes what is known of customers: JSON.
func makeCustomers(ctx context.Context, from *Source, of ResultKey) ([]byte, error) {
	c, err := clienteleOf(ctx, from, of)
	if err != nil {
		return nil, fmt.Errorf("read services: %w", err)
	}
	said, more, err := from.Received(ctx, asFigures(from.Filter(of)))
	if err != nil {
		return nil, fmt.Errorf("read what customers asked: %w", err)
	}
	if more { // then it is not known who asked first
		said = nil
	}
	cases, many, err := from.FigureCases(ctx, asFigures(from.Filter(of)))
	if err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	intending, bonds := newIntending(from.Flows), newBonds(from.Flows)
	err = from.EachGiven(ctx, of, func(s *storage.GivenSession) {
		c.grade(s)
		intending.add(s)
		bonds.add(s)
	})
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	c.order()
	f := from.Filter(of)
	all := CustomerFigures{From: f.From, To: f.To, Measures: measuresOf(c, said)}
	intending.tell(&all.Measures, c)
	if all.Regained = regainedOf(c, from, cases); many { // then it is not known which was the first
		all.Regained = Regained{After: regainedAfter, Many: true}
	}
	if of.Site == "" && !many {
		all.Sites = comebacks(c, from, cases)
	}
	c.standing(&all.Loyalty)
	bonds.tell(&all.Loyalty)
	tiers, err := classesOf(ctx, from, c)
	if err != nil {
		return nil, fmt.Errorf("read the classes of customers: %w", err)
	}
	all.Value = valueOfAll(c, tiers, intending.shares, from.Today)
	return json.Marshal(all)
}

// asFigures is a filter whose rows are read at once.
func asFigures(f storage.FigureFilter) storage.FigureFilter {
	f.Limit = Most
	return f
}

// CustomersIn reads what a result of KindCustomers holds.
func CustomersIn(body []byte) (all CustomerFigures, err error) {
	return all, json.Unmarshal(body, &all)
}
