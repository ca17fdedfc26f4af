package figures

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// KindDrivers is the kind of the result that says what drives satisfaction.
const KindDrivers = "drivers"

// Drivers is how much the overall answer of a survey goes with each of its attributes. A customer counts
// once: of who answered several times the means.
type Drivers struct {
	Overall    string   `json:"overall"`    // the main question
	Customers  int      `json:"customers"`  // who answered it
	Attributes []Driver `json:"attributes"` // the strongest first
	Complete   int      `json:"complete"`   // customers who answered all whose shares are told apart
	R2         float64  `json:"r2"`         // what these explain together, 0–1; 0 without shares
}

// Driver is one attribute. Where too few answered, what is not told is 0.
type Driver struct {
	Question string  `json:"question"`
	N        int     `json:"n"` // customers who answered both
	Mean     float64 `json:"mean"`
	MeanLow  float64 `json:"mean_low"`
	MeanHigh float64 `json:"mean_high"`
	R        float64 `json:"r"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Share    float64 `json:"share"` // of R2, 0–1
	Shared   bool    `json:"shared"`
}

// Correlated reports whether enough customers answered both for a correlation.
func (d *Driver) Correlated() bool { return d.N >= report.FewestCorrelated }

// gave is what one customer gave the questions of a survey: sums and how many.
type gave []struct{ sum, n float64 }

func (g gave) mean(i int) (float64, bool) {
	if g[i].n == 0 {
		return 0, false
	}
	return g[i].sum / g[i].n, true
}

// makeDrivers makes the drivers of every survey: JSON, by the survey's id.
func makeDrivers(ctx context.Context, from *Source, of ResultKey) ([]byte, error) {
	type asked struct {
		questions []string
		at        map[string]int
		by        map[string]gave
	}
	flows := map[string]*asked{}
	for id, flow := range from.Flows {
		a := &asked{questions: []string{""}, at: map[string]int{}, by: map[string]gave{}}
		for i := range flow.Questions {
			switch q := &flow.Questions[i]; {
			case q.Primary:
				a.questions[0] = q.Key
			case q.Attribute():
				a.questions = append(a.questions, q.Key)
			}
		}
		for i, key := range a.questions {
			a.at[key] = i
		}
		if len(a.questions) > 1 {
			flows[id] = a
		}
	}
	err := from.EachGiven(ctx, of, func(s *storage.GivenSession) {
		f := flows[s.Flow]
		if f == nil {
			return
		}
		for i := range s.Answers {
			a := &s.Answers[i]
			q, ok := f.at[a.Question]
			if !ok || a.Skipped || a.Score == nil {
				continue
			}
			if f.by[s.Customer] == nil {
				f.by[s.Customer] = make(gave, len(f.questions))
			}
			g := f.by[s.Customer]
			g[q].sum, g[q].n = g[q].sum+*a.Score, g[q].n+1
		}
	})
	if err != nil {
		return nil, err
	}
	all := map[string]Drivers{}
	for id, f := range flows {
		if d := driversOf(f.questions, f.by); d.Customers > 0 {
			all[id] = d
		}
	}
	return json.Marshal(all)
}

// DriversIn reads what a result of KindDrivers holds, by survey.
func DriversIn(body []byte) (all map[string]Drivers, err error) {
	return all, json.Unmarshal(body, &all)
}

// driversOf counts drivers of what customers gave questions, of which the first is the overall one.
func driversOf(questions []string, by map[string]gave) Drivers {
	d := Drivers{Overall: questions[0]}
	index := map[string]int{}
	for i, q := range questions {
		index[q] = i
	}
	for _, g := range by {
		if _, ok := g.mean(0); ok {
			d.Customers++
		}
	}
	for i := 1; i < len(questions); i++ {
		c, values := correlated(by, 0, i)
		one := Driver{Question: questions[i], N: int(c.n)}
		if m := report.MeanOf(values); m.Shown() {
			one.Mean, one.MeanLow, one.MeanHigh = m.Mean, max(0, m.Within.Low), min(100, m.Within.High)
		}
		if one.Correlated() {
			one.R = c.r()
			within := report.Correlation(one.R, one.N)
			one.Low, one.High = within.Low, within.High
		}
		d.Attributes = append(d.Attributes, one)
	}
	slices.SortFunc(d.Attributes, func(a, b Driver) int { return cmp.Or(cmp.Compare(b.R, a.R), cmp.Compare(a.Question, b.Question)) })
	d.share(index, by)
	return d
}

// share tells the shares of the strongest attributes apart, of the customers who answered all of them.
func (d *Drivers) share(index map[string]int, by map[string]gave) {
	var told []int // attributes, as they stand
	for i := range d.Attributes {
		if d.Attributes[i].Correlated() && len(told) < report.MostDrivers {
			told = append(told, i)
		}
	}
	if len(told) < 2 {
		return
	}
	asked := []int{0}
	for _, i := range told {
		asked = append(asked, index[d.Attributes[i].Question])
	}
	complete := map[string]gave{}
	for who, g := range by {
		if !slices.ContainsFunc(asked, func(q int) bool { return g[q].n == 0 }) {
			complete[who] = g
		}
	}
	if d.Complete = len(complete); d.Complete < report.FewestShared {
		return
	}
	between, with := make([][]float64, len(told)), make([]float64, len(told))
	for i := range told {
		c, _ := correlated(complete, 0, asked[i+1])
		with[i] = c.r()
		between[i] = make([]float64, len(told))
		for j := range told {
			between[i][j] = 1
			if i != j {
				c, _ := correlated(complete, asked[i+1], asked[j+1])
				between[i][j] = c.r()
			}
		}
	}
	r2, shares, err := report.Drivers(between, with)
	if err != nil || !(r2 > 0) {
		return // one repeats others: then there is no telling apart
	}
	d.R2 = r2
	for i, at := range told {
		d.Attributes[at].Share, d.Attributes[at].Shared = shares[i]/r2, true
	}
}

// products are the sums that a correlation is made of.
type products struct{ n, x, y, xx, yy, xy float64 }

func (p *products) add(x, y float64) {
	p.n, p.x, p.y = p.n+1, p.x+x, p.y+y
	p.xx, p.yy, p.xy = p.xx+x*x, p.yy+y*y, p.xy+x*y
}

// r is Pearson's correlation; 0 where one of both is always the same.
func (p *products) r() float64 {
	x, y := p.n*p.xx-p.x*p.x, p.n*p.yy-p.y*p.y
	if !(x > 1e-9 && y > 1e-9) {
		return 0
	}
	return max(-1, min(1, (p.n*p.xy-p.x*p.y)/math.Sqrt(x*y)))
}

// correlated are the sums over the customers who answered both of two questions, and what these gave the second, in an
// order of their own.
func correlated(by map[string]gave, a, b int) (p products, second []float64) {
	for _, g := range by {
		x, ok := g.mean(a)
		y, also := g.mean(b)
		if ok && also {
			p.add(x, y)
			second = append(second, y)
		}
	}
	slices.Sort(second)
	return p, second
}
