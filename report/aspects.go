package report

import "math"

// Aspects is an index of several questions, 0–100.
type Aspects struct {
	Index         Mean      // over those who answered at least half of the weight
	Each          []float64 // one customer's index, NaN where too little was answered
	Means         []float64 // of each question, over all who answered it; NaN where nobody did
	Contributions []float64 // weight × mean of the question
	Sum           float64   // of the contributions: not the index where answers are missing
}

// AspectsOf is the index of customers' answers: a row a customer, a column a question, each
// 0–100, NaN where it was not answered. Weights need not add up to 1. A customer's index is the
// weighted mean of what they answered, and none where that is below half of the weight.
//
// Source: the weighted satisfaction index as textbooks of quality management give it; the mean
// over customers by Student.
func AspectsOf(weights []float64, rows [][]float64) Aspects {
	var all float64
	for _, w := range weights {
		all += w
	}
	sums, counts := make([]float64, len(weights)), make([]float64, len(weights))
	var a Aspects
	var held []float64
	for _, row := range rows {
		var sum, of float64
		for i, x := range row {
			if i >= len(weights) || math.IsNaN(x) {
				continue
			}
			sum, of = sum+weights[i]*x, of+weights[i]
			sums[i], counts[i] = sums[i]+x, counts[i]+1
		}
		index := math.NaN()
		if of > 0 && 2*of >= all {
			index = sum / of
			held = append(held, index)
		}
		a.Each = append(a.Each, index)
	}
	a.Index = MeanOf(held)
	for i := range weights {
		mean := sums[i] / counts[i]
		a.Means = append(a.Means, mean)
		a.Contributions = append(a.Contributions, weights[i]/all*mean)
		if !math.IsNaN(mean) {
			a.Sum += weights[i] / all * mean
		}
	}
	return a
}

// Shares100 is how customers weigh: each shares 100 points over the same things, each row is
// divided by its own sum, and the rows are averaged. A row of zeros, or with less than nothing
// in it, is left out. The weights add up to 1; nil without a row.
//
// Source: V. A. Zeithaml, A. Parasuraman, L. L. Berry, Delivering Quality Service (1990).
func Shares100(rows [][]float64) []float64 {
	var weights []float64
	n := 0.0
	for _, row := range rows {
		sum := 0.0
		for _, x := range row {
			if !(x >= 0) {
				sum = math.NaN()
			}
			sum += x
		}
		if !(sum > 0) || math.IsInf(sum, 0) || weights != nil && len(row) != len(weights) {
			continue
		}
		if weights == nil {
			weights = make([]float64, len(row))
		}
		for i, x := range row {
			weights[i] += x / sum
		}
		n++
	}
	for i := range weights {
		weights[i] /= n
	}
	return weights
}
