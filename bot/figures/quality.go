package figures

import (
	"maps"
	"math"
	"slices"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Dimensions are the five dimensions of the quality of a service, in the order of their published weights.
var Dimensions = []string{survey.Reliability, survey.Responsiveness, survey.Assurance, survey.Empathy, survey.Tangibles}

// Quality is how customers see the five dimensions, each 0–100 of the scale.
type Quality struct {
	Dimensions []QualityDimension // those that were asked about
	// Sharers are the customers who shared 100 points over the dimensions. With fewer than ten the weights are
	// the published ones.
	Sharers              int
	Unweighted, Weighted Optional // of the dimensions with a mean; none where one of those asked has none
}

// QualityDimension is one of them.
type QualityDimension struct {
	Name           string
	Questions      []AskedQuestion // what was asked, by survey and key
	Perceived, Gap report.ClusteredMean
	Weight         float64 // 0–1
	Compared       bool    // it is held against the mean of the others
	Behind         bool    // its range lies below that
	// Alpha is whether its questions belong together, of so many customers; none where there are too few of either.
	Alpha   Optional
	AlphaIn report.Interval
	AlphaOf int
}

// AskedQuestion is a question of a survey.
type AskedQuestion struct{ Flow, Question string }

// OwnWeights reports whether the weights are what customers said.
func (q *Quality) OwnWeights() bool { return q.Sharers >= report.FewestRated }

// QualityOf counts what was given.
func QualityOf(list []storage.GivenSession, flows map[string]*survey.Flow) Quality {
	c := newQualityCount(flows)
	for i := range list {
		c.add(&list[i])
	}
	return c.quality("")
}

// dimensions is how many there are.
const dimensions = 5

// qualityCount adds up conversations in any order. It keeps sums by customer.
type qualityCount struct {
	whom
	flows map[string]*survey.Flow
	by    map[string]*flowQuality
}

// flowQuality is what was given in one survey.
type flowQuality struct {
	customers map[uint64]*[dimensions]felt
	items     [dimensions]map[string]bool         // the questions that somebody answered
	rows      [dimensions]map[uint64]newestValues // of who answered all questions of a dimension
	points    map[uint64]newestValues             // that were shared over the dimensions
}

// felt is what a customer found of a dimension, and how that differs from what they expected.
type felt struct{ perceived, gap given }

// newestValues are those of the newest conversation that has them.
type newestValues struct {
	newest
	values []float64
}

// keepNewest keeps values of a customer unless newer ones are there.
func keepNewest(all map[uint64]newestValues, who uint64, values newestValues) {
	if was, known := all[who]; !known || was.before(values.newest) {
		all[who] = values
	}
}

func newQualityCount(flows map[string]*survey.Flow) *qualityCount {
	return &qualityCount{whom: newWhom(), flows: flows, by: map[string]*flowQuality{}}
}

func newFlowQuality() *flowQuality {
	of := &flowQuality{customers: map[uint64]*[dimensions]felt{}, points: map[uint64]newestValues{}}
	for i := range dimensions {
		of.items[i], of.rows[i] = map[string]bool{}, map[uint64]newestValues{}
	}
	return of
}

// add counts a conversation.
func (c *qualityCount) add(s *storage.GivenSession) {
	f := c.flows[s.Flow]
	if f == nil {
		return
	}
	who, of := c.of(s), c.by[s.Flow]
	if of == nil {
		of = newFlowQuality()
		c.by[s.Flow] = of
	}
	var points []float64
	var sum, gap, n, paired [dimensions]float64
	var whole [dimensions][]float64
	for j := range f.Questions {
		x := &f.Questions[j]
		at := slices.Index(Dimensions, x.Dimension)
		if at < 0 || x.Phase == survey.Pre {
			continue
		}
		if x.Kind == survey.NumberQ {
			if a := s.Answer(x.Key); a != nil && a.Value != nil {
				if points == nil {
					points = make([]float64, dimensions)
				}
				points[at] += *a.Value
			}
			continue
		}
		height, ok := heightOf(s, x)
		if !ok {
			continue
		}
		of.items[at][x.Key] = true
		sum[at], n[at] = sum[at]+height, n[at]+1
		whole[at] = append(whole[at], height)
		if asked := QuestionOf(f, x.Pair); asked != nil {
			if expected, ok := heightOf(s, asked); ok {
				gap[at], paired[at] = gap[at]+height-expected, paired[at]+1
			}
		}
	}
	if points != nil {
		keepNewest(of.points, who, newestValues{newestOf(s), points})
	}
	for at := range dimensions {
		if n[at] == 0 {
			continue
		}
		if of.customers[who] == nil {
			of.customers[who] = &[dimensions]felt{}
		}
		x := &of.customers[who][at]
		x.perceived.add(fixedOf(sum[at] / n[at]))
		if paired[at] > 0 {
			x.gap.add(fixedOf(gap[at] / paired[at]))
		}
		if len(whole[at]) > 1 && len(whole[at]) == asksOf(f, Dimensions[at]) {
			keepNewest(of.rows[at], who, newestValues{newestOf(s), whole[at]})
		}
	}
}

// quality is what was counted of a survey; "" = of all.
func (c *qualityCount) quality(flow string) (q Quality) {
	all := newFlowQuality()
	var asked [dimensions][]AskedQuestion
	var together [dimensions][][]float64
	for _, id := range slices.Sorted(maps.Keys(c.by)) {
		if flow != "" && flow != id {
			continue
		}
		of := c.by[id]
		for who, x := range of.customers {
			if all.customers[who] == nil {
				all.customers[who] = &[dimensions]felt{}
			}
			for at, one := range x {
				sum := &all.customers[who][at]
				sum.perceived.n, sum.perceived.sum = sum.perceived.n+one.perceived.n, sum.perceived.sum+one.perceived.sum
				sum.gap.n, sum.gap.sum = sum.gap.n+one.gap.n, sum.gap.sum+one.gap.sum
			}
		}
		for who, one := range of.points {
			keepNewest(all.points, who, one)
		}
		for at := range dimensions {
			for _, key := range slices.Sorted(maps.Keys(of.items[at])) {
				asked[at] = append(asked[at], AskedQuestion{id, key})
			}
			if len(of.rows[at]) > len(together[at]) { // of the survey whose customers are most
				together[at] = rowsOf(of.rows[at])
			}
		}
	}
	q.weigh(all, asked)
	for i := range q.Dimensions {
		q.Dimensions[i].together(together[slices.Index(Dimensions, q.Dimensions[i].Name)])
	}
	return q
}

// rowsOf are the values of customers, in an order that none of them has a part in.
func rowsOf(all map[uint64]newestValues) (rows [][]float64) {
	for _, one := range all {
		rows = append(rows, one.values)
	}
	slices.SortFunc(rows, slices.Compare)
	return rows
}

// asksOf is how many questions of a flow are about a dimension.
func asksOf(f *survey.Flow, dimension string) (n int) {
	for i := range f.Questions {
		if q := &f.Questions[i]; q.Dimension == dimension && q.Phase != survey.Pre && q.Kind == survey.ScaleQ {
			n++
		}
	}
	return n
}

// weigh makes the dimensions of what was added up, with their weights.
func (q *Quality) weigh(all *flowQuality, asked [dimensions][]AskedQuestion) {
	weights := make([]float64, len(Dimensions))
	for i, name := range Dimensions {
		weights[i] = survey.ServqualWeights()[name]
	}
	if q.Sharers = len(all.points); q.OwnWeights() {
		if own := report.Shares100(rowsOf(all.points)); own != nil {
			weights = own
		}
	}
	var sum, weighted, of float64
	for i, name := range Dimensions {
		if len(asked[i]) == 0 {
			continue
		}
		var perceived, gaps []given
		for _, x := range all.customers {
			perceived, gaps = append(perceived, x[i].perceived), append(gaps, x[i].gap)
		}
		d := QualityDimension{Name: name, Questions: asked[i], Perceived: meanOf(perceived), Gap: meanOf(gaps), Weight: weights[i], Alpha: Optional(math.NaN())}
		q.Dimensions = append(q.Dimensions, d)
		if !d.Perceived.Shown() {
			sum = math.NaN()
		}
		sum, weighted, of = sum+d.Perceived.Mean, weighted+weights[i]*d.Perceived.Mean, of+weights[i]
	}
	n := float64(len(q.Dimensions))
	q.Unweighted, q.Weighted = Optional(sum/n), Optional(weighted/of+0*sum)
	for i := range q.Dimensions {
		d := &q.Dimensions[i]
		d.Compared = n > 1 && !math.IsNaN(sum) && min(d.Perceived.N, d.Perceived.Customers) >= report.FewestPlain
		d.Behind = d.Compared && d.Perceived.Within.High < (sum-d.Perceived.Mean)/(n-1)
	}
}

// together says whether the questions of a dimension belong together, of a row of each customer.
func (d *QualityDimension) together(rows [][]float64) {
	if d.AlphaOf = len(rows); len(rows) < report.FewestAlpha {
		return
	}
	alpha, within := report.Alpha(rows)
	if d.Alpha = Optional(alpha); d.Alpha.Known() {
		d.AlphaIn = within
	}
}
