package figures

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// added is a store whose sums are made of a list of conversations.
type added struct {
	Store

	list  []storage.JudgedSession
	ready bool
}

func (s *added) fitting(f *storage.FigureFilter) (list []storage.JudgedSession) {
	is := func(want, got string) bool { return want == "" || want == got }
	for _, j := range s.list {
		if slices.Contains(f.Sites, j.Site) && f.From <= j.Day && j.Day <= f.To && is(f.Flow, j.Flow) && is(f.Service, j.Service) && is(f.Staff, j.Staff) {
			list = append(list, j)
		}
	}
	return list
}

func (s *added) Judged(_ context.Context, f storage.FigureFilter) ([]storage.JudgedSession, bool, error) {
	list := s.fitting(&f)
	return list, len(list) > f.Limit, nil
}

func (s *added) CellsReady(context.Context) (bool, error) { return s.ready, nil }

func keyOf(j *storage.JudgedSession, by storage.CellsBy) string {
	switch by {
	case storage.CellsDay:
		return j.Day
	case storage.CellsService:
		return j.Service
	case storage.CellsStaff:
		return j.Staff
	}
	return ""
}

func (s *added) Cells(_ context.Context, f storage.FigureFilter, by storage.CellsBy) (cells []storage.Cell, _ error) {
	at := map[storage.Cell]*[7]int{}
	for _, j := range s.fitting(&f) {
		key := storage.Cell{Site: j.Site, Month: j.Day[:7], Flow: j.Flow, Key: keyOf(&j, by)}
		if at[key] == nil {
			at[key] = &[7]int{}
		}
		at[key][j.Level-1]++
	}
	for c, levels := range at {
		c.Levels = *levels
		cells = append(cells, c)
	}
	return cells, nil
}

func (s *added) CellMonths(_ context.Context, f storage.FigureFilter, dimensions ...storage.CellsBy) (months []storage.CellMonth, _ error) {
	for _, d := range dimensions {
		given := map[storage.CellMonth]map[string]*[7]int64{}
		for i := range s.list {
			j := &s.list[i]
			key := storage.CellMonth{Site: j.Site, Month: j.Day[:7], Flow: j.Flow, Dimension: d, Key: keyOf(j, d)}
			if !slices.Contains(f.Sites, j.Site) || key.Month < f.From[:7] || key.Month > f.To[:7] || d.Of(&f) != "" && d.Of(&f) != key.Key {
				continue
			}
			if given[key] == nil {
				given[key] = map[string]*[7]int64{}
			}
			if given[key][j.Customer] == nil {
				given[key][j.Customer] = &[7]int64{}
			}
			given[key][j.Customer][j.Level-1]++
		}
		for m, customers := range given {
			for _, levels := range customers {
				n := 0
				for i, k := range levels {
					n, m.Levels[i] = n+int(k), m.Levels[i]+k
				}
				m.Customers, m.Most = m.Customers+1, max(m.Most, n)
				m.Pairs.Add(levels)
			}
			months = append(months, m)
		}
	}
	return months, nil
}

// atRandom are conversations of customers whose answers are alike, each at one site, in one month, of one survey.
func atRandom(r *rand.Rand, n int) *added {
	s := &added{ready: true}
	for i := 0; len(s.list) < n; i++ {
		mood, month := 1+r.IntN(7), time.Date(2026, time.Month(1+r.IntN(4)), 1, 0, 0, 0, 0, time.UTC)
		site, flow := fmt.Sprint("s", r.IntN(2)), fmt.Sprint("f", r.IntN(2))
		for range 1 + r.IntN(4) {
			s.list = append(s.list, storage.JudgedSession{
				Customer: fmt.Sprintf("c%05d", i), Site: site, Flow: flow, Day: month.AddDate(0, 0, r.IntN(28)).Format(time.DateOnly),
				Service: []string{"cut", "dye"}[r.IntN(2)], Staff: []string{"Bo", "Eve", ""}[r.IntN(3)], Level: min(7, max(1, mood+r.IntN(3)-1)),
			})
		}
	}
	slices.SortStableFunc(s.list, func(a, b storage.JudgedSession) int { return cmp.Compare(a.Customer, b.Customer) })
	return s
}

func gather(t *testing.T, s *added, f storage.FigureFilter, exact int) *Answers {
	t.Helper()
	f.Exact = exact
	a, err := Gather(t.Context(), s, f)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func near9(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// TestSumsOfWholeMonthsAreClusteredByCustomer: who answers in one month, at one site and one survey only, is as much
// one customer in sums as in rows.
func TestSumsOfWholeMonthsAreClusteredByCustomer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 75))
	for range 50 {
		s := atRandom(r, 100+r.IntN(900))
		f := storage.FigureFilter{Sites: []string{"s0", "s1"}, From: "2026-01-01", To: "2026-04-30"}
		if r.IntN(2) == 0 {
			f.Sites, f.Flow = []string{"s1"}, "f0"
		}
		one, sum := gather(t, s, f, Most), gather(t, s, f, 1)
		if one.Summed() || !sum.Summed() {
			t.Fatal("which is which?")
		}
		for _, m := range Metrics()[:4] {
			a, b := one.Rate(m.Levels()), sum.Rate(m.Levels())
			if a.K != b.K || a.N != b.N || !near9(a.Effect, b.Effect) || a.Manner == b.Manner && !near9(a.Low(), b.Low()) {
				t.Errorf("%s: read one by one %+v, added up %+v", m, a, b)
			}
		}
		a, b := one.Mean(), sum.Mean()
		if a.N != b.N || !near9(a.Mean, b.Mean) {
			t.Errorf("mean: read one by one %+v, added up %+v", a, b)
		}
		if wide := (b.Within.High - b.Within.Low) / (a.Within.High - a.Within.Low); a.Customers > 100 && (wide < 1-1e-9 || wide > 1.3) { // t is of the fewest
			t.Errorf("mean: read one by one %+v, added up %+v", a, b)
		}
	}
}

// TestSumsClaimNoCustomersWhoAreNotThere cuts months, sites, services and who served at random: counts are the
// same, and never are more customers said to be there than there are.
func TestSumsClaimNoCustomersWhoAreNotThere(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 75))
	compared := 0
	for range 100 {
		s := atRandom(r, 300)
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(60))
		f := storage.FigureFilter{Sites: []string{"s0", "s1"}, From: from.Format(time.DateOnly), To: from.AddDate(0, 0, r.IntN(80)).Format(time.DateOnly)}
		f.Service, f.Staff = []string{"", "cut"}[r.IntN(2)], []string{"", "Bo"}[r.IntN(2)]
		one, sum := gather(t, s, f, Most), gather(t, s, f, 1)
		if !sum.Summed() {
			continue // nothing is there
		}
		for _, by := range []By{Site, Flow, Service, Staff, Day, Week, Month} {
			over := Spaces(f.From, f.To, by)
			a, err := one.Parts(t.Context(), by, over)
			if err != nil {
				t.Fatal(err)
			}
			b, err := sum.Parts(t.Context(), by, over)
			if err != nil || len(a) != len(b) {
				t.Fatalf("by %s: %d and %d parts, %v", by, len(a), len(b), err)
			}
			for key := range a {
				compared++
				x, y := a[key].Unsatisfied(), b[key].Unsatisfied()
				if a[key].Levels() != b[key].Levels() || x.K != y.K || x.N != y.N || y.Customers > x.Customers || y.Customers < 1 {
					t.Errorf("%s of %s: read one by one %+v, added up %+v", key, by, x, y)
				}
				rest := [2]int{Besides(a, key).Unsatisfied().Customers, Besides(b, key).Unsatisfied().Customers}
				if rest[1] > rest[0] {
					t.Errorf("all but %s of %s: %d customers, added up %d", key, by, rest[0], rest[1])
				}
			}
		}
		from = from.AddDate(0, 0, 7)
		x, err := one.Narrow(t.Context(), from.Format(time.DateOnly), f.To, []string{"s1"})
		y, more := sum.Narrow(t.Context(), from.Format(time.DateOnly), f.To, []string{"s1"})
		if err != nil || more != nil || x.Levels() != y.Levels() || !y.Summed() {
			t.Errorf("narrower: %v and %v, %v, %v", x.Levels(), y.Levels(), err, more)
		}
	}
	if compared < 1000 {
		t.Errorf("%d parts were compared", compared)
	}
}

func TestSumsThatAreNotMadeYetAreNotUsed(t *testing.T) {
	s := atRandom(rand.New(rand.NewPCG(3, 75)), 300)
	s.ready = false
	f := storage.FigureFilter{Sites: []string{"s0", "s1"}, From: "2026-01-01", To: "2026-12-31"}
	if gather(t, s, f, 1).Summed() {
		t.Error("days that were never counted are added up")
	}
	s.ready, f.Of = true, storage.OfStaff
	if gather(t, s, f, 1).Summed() {
		t.Error("a pulse is added up")
	}
}
