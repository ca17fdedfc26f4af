package figures

import (
	"math"

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
	c := newQualityCount(newWhom(), flows)
	for i := range list {
		c.add(&list[i])
	}
	return c.quality("")
}

// weigh makes the dimensions of what was added up, with their weights.
func (q *Quality) weigh(all *qualitySums, asked [dimensions][]AskedQuestion) {
	weights := make([]float64, len(Dimensions))
	for i, name := range Dimensions {
		weights[i] = survey.ServqualWeights()[name]
	}
	if q.Sharers = all.points.customers; q.OwnWeights() {
		if own := all.points.weights(); own != nil {
			weights = own
		}
	}
	var sum, weighted, of float64
	for i, name := range Dimensions {
		if len(asked[i]) == 0 {
			continue
		}
		d := QualityDimension{Name: name, Questions: asked[i], Perceived: all.perceived[i].mean(), Gap: all.gaps[i].mean(), Weight: weights[i], Alpha: Optional(math.NaN())}
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

// belong says whether the questions of a dimension belong together.
func (d *QualityDimension) belong(rows *belonging) {
	if d.AlphaOf = rows.customers; rows.customers < report.FewestAlpha {
		return
	}
	alpha, within := rows.alpha()
	if d.Alpha = Optional(alpha); d.Alpha.Known() {
		d.AlphaIn = within
	}
}
