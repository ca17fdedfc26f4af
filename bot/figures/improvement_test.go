package figures

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// changed are answers of as many customers, k of n unsatisfied, at a site on a day; those who are also name "waiting".
type changed struct {
	storage.Figuring
	list  []storage.JudgedSession
	named []string
	asked storage.FigureFilter
}

func (c *changed) add(site, day string, k, n int) {
	for i := range n {
		id := fmt.Sprintf("%06d", len(c.list))
		j := storage.JudgedSession{ID: id, Day: day, Site: site, Level: 7, Customer: "p:" + id}
		if i < k {
			j.Level = 2
			c.named = append(c.named, id)
		}
		c.list = append(c.list, j)
	}
}

func (c *changed) Judged(_ context.Context, f storage.FigureFilter) (list []storage.JudgedSession, more bool, err error) {
	c.asked = f
	for _, j := range c.list {
		for _, at := range f.Sites {
			if j.Site == at && j.Day >= f.From && j.Day <= f.To {
				list = append(list, j)
			}
		}
	}
	return list, len(list) > f.Limit, nil
}

func (c *changed) Named(context.Context, storage.FigureFilter, storage.Naming) ([]string, bool, error) {
	return c.named, false, nil
}

func day(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// The vectors d21 and d22: before and after a change, and against a site without it. Ranges allow
// for customers who answer several times, as everywhere: of n customers with an answer each they
// are wider by n/(n−1), which is less than a thousandth here.
func TestAChangeIsCountedAsTheVectorsSay(t *testing.T) {
	for _, of := range []storage.Naming{{}, {Flow: "f", Question: "why", Choice: "waiting"}} {
		c := &changed{}
		c.add("a", "2026-01-10", 41, 150)
		c.add("a", "2026-02-10", 22, 160)
		c.add("b", "2026-01-10", 33, 145)
		c.add("b", "2026-02-10", 30, 140)
		c.add("a", "2025-11-30", 50, 50) // before all its days
		i := Improvement{Improvement: storage.Improvement{ID: "1", Site: "a", Day: "2026-02-01", ImprovementTerms: storage.ImprovementTerms{Of: of}}, Sites: []string{"a", "b"}, Today: day(t, "2026-06-01")}
		m, err := i.Read(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for name, x := range map[string][2]float64{
			"d21 by": {m.By.By, -0.135833}, "d21 low": {m.By.Within.Low, -0.224381}, "d21 high": {m.By.Within.High, -0.046073},
			"d22 by": {m.Against.By, -0.122533}, "d22 low": {m.Against.Within.Low, -0.253556}, "d22 high": {m.Against.Within.High, 0.008723},
		} {
			if math.Abs(x[0]-x[1]) > 1e-3 {
				t.Errorf("%+v: %s is %f, not %f", of, name, x[0], x[1])
			}
		}
		if m.Effect() != Better || !m.Beside || m.Against.Clear() {
			t.Errorf("%s, %+v", m.Effect(), m.Against)
		}
		if m.From != "2025-12-07" || m.Last != "2026-01-31" || m.First != "2026-02-01" || m.To != "2026-03-28" || c.asked.Flow != of.Flow {
			t.Errorf("its days are %s to %s and %s to %s, of %q", m.From, m.Last, m.First, m.To, c.asked.Flow)
		}
	}
}

func TestWhatCameOfAChangeIsSaidOnlyWhereItIsClear(t *testing.T) {
	for name, x := range map[string]struct {
		k, after int
		n        int
		today    string
		want     Effect
	}{
		"better, before its days are over": {40, 10, 80, "2026-02-20", Better},
		"worse":                            {10, 40, 80, "2026-02-20", Worse},
		"not clear, days are to come":      {20, 18, 80, "2026-03-28", Early},
		"not clear, and its days are over": {20, 18, 80, "2026-03-29", Unchanged},
		"too few, days are to come":        {10, 1, 29, "2026-03-28", Early},
		"too few":                          {10, 1, 29, "2026-03-29", TooFew},
	} {
		c := &changed{}
		c.add("a", "2026-01-10", x.k, x.n)
		c.add("a", "2026-02-10", x.after, x.n)
		i := Improvement{Improvement: storage.Improvement{ID: "1", Site: "a", Day: "2026-02-01"}, Sites: []string{"a"}, Today: day(t, x.today)}
		m, err := i.Read(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Effect(); got != x.want || m.Beside {
			t.Errorf("%s: it is %s, %+v", name, got, m)
		}
	}
}

// A site with a change of the same kind on those days is none without it, and what is of too few hides its other half.
func TestAChangeIsHeldAgainstSitesWithoutIt(t *testing.T) {
	c := &changed{}
	for _, site := range []string{"a", "b", "c", "d"} {
		c.add(site, "2026-01-10", 20, 80)
		c.add(site, "2026-02-10", 20, 80)
	}
	at := func(id, site, day string, of storage.Naming) storage.Improvement {
		return storage.Improvement{ID: id, Site: site, Day: day, ImprovementTerms: storage.ImprovementTerms{Of: of}}
	}
	other := storage.Naming{Flow: "f", Question: "why", Choice: "price"}
	i := Improvement{Improvement: at("1", "a", "2026-02-01", storage.Naming{}), Sites: []string{"a", "b", "c", "d"}, Today: day(t, "2026-06-01")}
	i.Among = []storage.Improvement{i.Improvement, at("2", "b", "2026-02-05", storage.Naming{}), at("3", "c", "2025-06-01", storage.Naming{}), at("4", "d", "2026-02-05", other)}
	m, err := i.Read(t.Context(), c)
	if err != nil || m.OtherAfter.N != 160 || m.After.N != 80 {
		t.Errorf("held against %d answers, %v", m.OtherAfter.N, err)
	}
	i.Site = "" // at every site there is none without it
	if m, err = i.Read(t.Context(), c); err != nil || m.Beside || m.After.N != 320 {
		t.Errorf("a change of every site: %+v, %v", m, err)
	}
	few := &changed{}
	few.add("a", "2026-01-10", 1, 3)
	few.add("a", "2026-02-10", 20, 80)
	i.Site = "a"
	if m, err = i.Read(t.Context(), few); err != nil || m.Before.Manner != report.Hidden || m.After.Manner != report.Hidden {
		t.Errorf("beside 3 answers 80 are shown: %+v, %v", m, err)
	}
	i.Day = "soon"
	if _, err = i.Read(t.Context(), few); err == nil {
		t.Error("a day that is none is counted")
	}
}
