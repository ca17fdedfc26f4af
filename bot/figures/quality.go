package figures

import (
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
	Unweighted, Weighted float64 // of the dimensions with a mean; NaN where one of those asked has none
}

// QualityDimension is one of them.
type QualityDimension struct {
	Name           string
	Questions      []Question // what was asked, without its scores: flow and key
	Perceived, Gap report.ClusteredMean
	Weight         float64 // 0–1
	Compared       bool    // it is held against the mean of the others
	Behind         bool    // its range lies below that
	// Alpha is whether its questions belong together, of so many customers; NaN where there are too few of either.
	Alpha   float64
	AlphaIn report.Interval
	AlphaOf int
}

// OwnWeights reports whether the weights are what customers said.
func (q *Quality) OwnWeights() bool { return q.Sharers >= report.FewestRated }

// QualityOf counts what was given.
func QualityOf(list []storage.GivenSession, flows map[string]*survey.Flow) (q Quality) {
	perceived, gaps := map[string]means{}, map[string]means{}
	items := map[string]map[Question]bool{}
	shared := map[string][]float64{} // by customer, in the order of the dimensions
	rows := map[string]map[string]map[string][]float64{}
	for _, name := range Dimensions {
		perceived[name], gaps[name], items[name], rows[name] = means{}, means{}, map[Question]bool{}, map[string]map[string][]float64{}
	}
	for i := range list {
		s := &list[i]
		f := flows[s.Flow]
		if f == nil {
			continue
		}
		var points []float64
		sum, n, gap, paired := map[string]float64{}, map[string]float64{}, map[string]float64{}, map[string]float64{}
		whole := map[string][]float64{}
		for j := range f.Questions {
			x := &f.Questions[j]
			if x.Dimension == "" || x.Phase == survey.Pre {
				continue
			}
			if at := slices.Index(Dimensions, x.Dimension); x.Kind == survey.NumberQ && at >= 0 {
				if given := s.Answer(x.Key); given != nil && given.Value != nil {
					if points == nil {
						points = make([]float64, len(Dimensions))
					}
					points[at] += *given.Value
				}
				continue
			}
			height, ok := heightOf(s, x)
			if !ok {
				continue
			}
			items[x.Dimension][Question{Flow: s.Flow, Question: x.Key}] = true
			sum[x.Dimension], n[x.Dimension] = sum[x.Dimension]+height, n[x.Dimension]+1
			whole[x.Dimension] = append(whole[x.Dimension], height)
			if asked := QuestionOf(f, x.Pair); asked != nil {
				if expected, ok := heightOf(s, asked); ok {
					gap[x.Dimension], paired[x.Dimension] = gap[x.Dimension]+height-expected, paired[x.Dimension]+1
				}
			}
		}
		if points != nil {
			shared[s.Customer] = points
		}
		for name, of := range n {
			perceived[name].add(s.Customer, sum[name]/of)
			if paired[name] > 0 {
				gaps[name].add(s.Customer, gap[name]/paired[name])
			}
			if len(whole[name]) == asksOf(f, name) && len(whole[name]) > 1 {
				if rows[name][s.Flow] == nil {
					rows[name][s.Flow] = map[string][]float64{}
				}
				rows[name][s.Flow][s.Customer] = whole[name]
			}
		}
	}
	q.weigh(perceived, gaps, items, shared)
	for i := range q.Dimensions {
		q.Dimensions[i].together(rows[q.Dimensions[i].Name])
	}
	return q
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
func (q *Quality) weigh(perceived, gaps map[string]means, items map[string]map[Question]bool, shared map[string][]float64) {
	weights := make([]float64, len(Dimensions))
	for i, name := range Dimensions {
		weights[i] = survey.ServqualWeights()[name]
	}
	var points [][]float64
	for _, row := range shared {
		points = append(points, row)
	}
	if q.Sharers = len(points); q.OwnWeights() {
		if own := report.Shares100(points); own != nil {
			weights = own
		}
	}
	var sum, weighted, of float64
	for i, name := range Dimensions {
		if len(items[name]) == 0 {
			continue
		}
		d := QualityDimension{Name: name, Perceived: perceived[name].mean(), Gap: gaps[name].mean(), Weight: weights[i], Alpha: math.NaN()}
		for of := range items[name] {
			d.Questions = append(d.Questions, of)
		}
		q.Dimensions = append(q.Dimensions, d)
		if !d.Perceived.Shown() {
			sum = math.NaN()
		}
		sum, weighted, of = sum+d.Perceived.Mean, weighted+weights[i]*d.Perceived.Mean, of+weights[i]
	}
	n := float64(len(q.Dimensions))
	q.Unweighted, q.Weighted = sum/n, weighted/of+0*sum
	for i := range q.Dimensions {
		d := &q.Dimensions[i]
		d.Compared = n > 1 && !math.IsNaN(sum) && min(d.Perceived.N, d.Perceived.Customers) >= report.FewestPlain
		d.Behind = d.Compared && d.Perceived.Within.High < (sum-d.Perceived.Mean)/(n-1)
	}
}

// together says whether the questions of a dimension belong together: of the survey whose customers are most.
func (d *QualityDimension) together(flows map[string]map[string][]float64) {
	var of [][]float64
	for _, customers := range flows {
		if len(customers) > len(of) {
			of = nil
			for _, row := range customers {
				of = append(of, row)
			}
		}
	}
	if d.AlphaOf = len(of); len(of) >= report.FewestAlpha {
		d.Alpha, d.AlphaIn = report.Alpha(of)
	}
}
