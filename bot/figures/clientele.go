package figures

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// clientele is what is known of each customer over the days of a result: sums and days, nobody's words.
type clientele struct {
	by       map[string]*patron // by the organisation's own key
	services map[string]int     // what is done, by a number
	today    int
}

// patron is what is known of one customer. Days are counted from 1970.
type patron struct {
	visits   []int // on which they were served, in order, each once
	services []int // what was done for them, by number, each once
	site     string
	newest   time.Time // of the services that are done: at that site
	paid     map[string]float64
	booked   []time.Time
	levels   []graded // in order
	places   []placed // where they were served, in no order
}

// placed is a day on which somebody was served at a site.
type placed struct {
	day  int
	site string
}

// graded is an answer with a level.
type graded struct {
	day, level int
	id, site   string
}

// dayNumber is a day, as "2026-03-05", counted from 1970; 0 = it is none.
func dayNumber(day string) int {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0
	}
	return int(t.Unix() / 86400)
}

// dayAt is the day of a moment at a place.
func dayAt(at time.Time, zone *time.Location) int {
	y, m, d := at.In(zone).Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// bookedAhead is how far ahead of today services are read that are only booked.
const bookedAhead = 400 * 24 * time.Hour

// clienteleOf reads the services of a result: those that are done in its days, and those that are booked.
func clienteleOf(ctx context.Context, from *Source, of ResultKey) (*clientele, error) {
	f := from.Filter(of)
	first, err := time.Parse(time.DateOnly, f.From)
	if err != nil {
		return nil, err
	}
	c := &clientele{by: map[string]*patron{}, services: map[string]int{}, today: dayNumber(f.To)}
	served := storage.ServedFilter{Sites: f.Sites, From: first.AddDate(0, 0, -1), To: from.Today.Add(bookedAhead), Limit: resultBatch}
	since := dayNumber(f.From)
	for b := range storage.Bucket(from.Buckets()) {
		for after := (storage.ServedPlace{}); ; {
			list, err := from.ServedAfter(ctx, b, after, served)
			if err != nil {
				return nil, err
			}
			for i := range list {
				c.serve(&list[i], from.zone(list[i].Site), since)
				after = list[i].Place()
			}
			if len(list) < served.Limit {
				break
			}
		}
	}
	return c, nil
}

// serve counts a service.
func (c *clientele) serve(e *storage.ServedEvent, zone *time.Location, since int) {
	day := dayAt(e.At(), zone)
	if day < since || e.State == storage.EventDone && day > c.today {
		return
	}
	p := c.by[e.Customer]
	if p == nil {
		p = &patron{}
		c.by[e.Customer] = p
	}
	if !e.Booked.IsZero() {
		p.booked = append(p.booked, e.Booked)
	}
	if e.State != storage.EventDone {
		return
	}
	p.visits = append(p.visits, day)
	p.places = append(p.places, placed{day, e.Site})
	if at := e.At(); at.After(p.newest) || at.Equal(p.newest) && e.Site < p.site {
		p.newest, p.site = at, e.Site
	}
	if e.Service != "" {
		n, known := c.services[e.Service]
		if !known {
			n = len(c.services)
			c.services[e.Service] = n
		}
		if !slices.Contains(p.services, n) {
			p.services = append(p.services, n)
		}
	}
	if e.Amount != nil {
		if paid, err := strconv.ParseFloat(e.Amount.Value, 64); err == nil {
			if p.paid == nil {
				p.paid = map[string]float64{}
			}
			p.paid[e.Amount.Currency] += paid
		}
	}
}

// customerKey is the organisation's own key of who answered; "" where they have none.
func customerKey(s *storage.GivenSession) string {
	key, ok := strings.CutPrefix(s.Customer, "p:")
	if !ok {
		return ""
	}
	return key
}

// grade counts the level of an answer of a customer who was served, or has booked.
func (c *clientele) grade(s *storage.GivenSession) {
	if p := c.by[customerKey(s)]; p != nil && s.Level > 0 {
		p.levels = append(p.levels, graded{dayNumber(s.Day), s.Level, s.ID, s.Site})
	}
}

// order puts the visits and answers of each in their order, once all are counted.
func (c *clientele) order() {
	for _, p := range c.by {
		slices.Sort(p.visits)
		p.visits = slices.Compact(p.visits)
		slices.SortFunc(p.levels, func(a, b graded) int { return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.id, b.id)) })
	}
}

// bySite are the customers of each site, with what they did at it alone.
func (c *clientele) bySite() map[string]*clientele {
	all := map[string]*clientele{}
	for key, p := range c.by {
		for _, at := range p.places {
			if all[at.site] == nil {
				all[at.site] = &clientele{by: map[string]*patron{}, today: c.today}
			}
			of := all[at.site].by[key]
			if of == nil {
				of = &patron{}
				all[at.site].by[key] = of
			}
			of.visits = append(of.visits, at.day)
		}
		for _, said := range p.levels {
			if site := all[said.site]; site != nil && site.by[key] != nil {
				site.by[key].levels = append(site.by[key].levels, said)
			}
		}
	}
	for _, site := range all {
		site.order()
	}
	return all
}

// came are the customers who were served, in an order that means nothing.
func (c *clientele) came(each func(key string, p *patron)) {
	for key, p := range c.by {
		if len(p.visits) > 0 {
			each(key, p)
		}
	}
}

// currency is the one that most customers paid in; the first by its code where several are as frequent. "" =
// nothing is known of what was paid.
func (c *clientele) currency() (most string) {
	count := map[string]int{}
	for _, p := range c.by {
		for currency := range p.paid {
			count[currency]++
		}
	}
	for currency, n := range count {
		if n > count[most] || n == count[most] && (most == "" || currency < most) {
			most = currency
		}
	}
	return most
}
