package survey

import (
	"fmt"
	"math"
)

// The five quality dimensions of SERVQUAL, in the order of its items. Chinese texts
// have two sets of names for them; these are the one set of keys.
const (
	Tangibles      = "tangibles"
	Reliability    = "reliability"
	Responsiveness = "responsiveness"
	Assurance      = "assurance"
	Empathy        = "empathy"
)

// ServqualWeights are the published average weights of the five dimensions, summing
// to 1. They are a start that each business replaces by its own 100 points.
func ServqualWeights() map[string]float64 {
	return map[string]float64{Reliability: 0.32, Responsiveness: 0.22, Assurance: 0.19, Empathy: 0.16, Tangibles: 0.11}
}

// Reversed turns a value of a negatively worded item round: low + high − x.
func Reversed(x, low, high float64) float64 { return low + high - x }

// Linear is 100·(x−low)/(high−low): where x stands between low and high, from 0 to 100.
// It has no level on the ladder unless x is a percentage by meaning. An x outside
// [low, high], or an empty range, is an error.
func Linear(x, low, high float64) (float64, error) {
	if !(low < high) || !(x >= low && x <= high) {
		return 0, fmt.Errorf("linear value of %v: it is not within %v to %v", x, low, high)
	}
	return 100 * (x - low) / (high - low), nil
}

// Loyalty is 100·A·S·P (顾客忠诚度 = 吸引力 × 满意度 × 参与度), each factor from 0 to 1, and
// beside it 100 times the cube root of the product, because products look low. A
// factor outside [0, 1] is an error; without satisfaction there is no loyalty.
func Loyalty(attraction, satisfaction, participation float64) (index, cubeRoot float64, err error) {
	for _, x := range [3]float64{attraction, satisfaction, participation} {
		if !(x >= 0 && x <= 1) {
			return 0, 0, fmt.Errorf("loyalty of factor %v: it is not between 0 and 1", x)
		}
	}
	product := attraction * satisfaction * participation
	return 100 * product, 100 * math.Cbrt(product), nil
}

// ACSI is an index in the manner of the American Customer Satisfaction Index from its
// three questions on 1 to 10 (overall, against expectations, against the ideal):
// Σ wᵢ(xᵢ−1)/9·100 / Σ wᵢ. Its true weights are not public; nil stands for equal ones. An
// answer outside [1, 10], or weights that are negative or all zero, are an error.
func ACSI(answers [3]float64, weights *[3]float64) (float64, error) {
	if weights == nil {
		weights = &[3]float64{1, 1, 1}
	}
	sum, all := 0.0, 0.0
	for i, x := range answers {
		score, err := Linear(x, 1, 10)
		if err != nil {
			return 0, fmt.Errorf("satisfaction index: %w", err)
		}
		if !(weights[i] >= 0) || math.IsInf(weights[i], 1) {
			return 0, fmt.Errorf("satisfaction index: weight %v is negative or no number", weights[i])
		}
		sum, all = sum+weights[i]*score, all+weights[i]
	}
	if all == 0 {
		return 0, fmt.Errorf("satisfaction index: all weights are zero")
	}
	return sum / all, nil
}

// MetricClass is where an answer stands in a metric with three classes.
type MetricClass int8

// The classes: detractor, passive, promoter (NPS); hard, neither, easy (CES);
// unsatisfied, neutral, satisfied (CSAT).
const (
	ClassLow    MetricClass = -1
	ClassMiddle MetricClass = 0
	ClassHigh   MetricClass = 1
)

// NPSClass is the class of an answer from 0 to 10 to the recommendation question:
// 0–6 detractor, 7–8 passive, 9–10 promoter. Another value is an error.
func NPSClass(x float64) (MetricClass, error) {
	switch {
	case !(x >= 0 && x <= 10):
		return ClassMiddle, fmt.Errorf("recommendation %v: it is not between 0 and 10", x)
	case x >= 9:
		return ClassHigh, nil
	case x >= 7:
		return ClassMiddle, nil
	}
	return ClassLow, nil
}

// CESClass is the class of an answer from 1 to 7 to the effort question (CES 2.0): 1–3
// hard, 5–7 easy. Another value is an error.
func CESClass(x float64) (MetricClass, error) {
	switch {
	case !(x >= 1 && x <= 7):
		return ClassMiddle, fmt.Errorf("effort %v: it is not between 1 and 7", x)
	case x >= 5:
		return ClassHigh, nil
	case x <= 3:
		return ClassLow, nil
	}
	return ClassMiddle, nil
}

// CSATClass is the class of a flagged answer: delighted counts as satisfied. ok is
// false for an answer without a flag.
func CSATClass(flag Flag) (class MetricClass, ok bool) {
	switch flag {
	case Satisfied, Delighted:
		return ClassHigh, true
	case Neutral:
		return ClassMiddle, true
	case Unsatisfied:
		return ClassLow, true
	}
	return ClassMiddle, false
}

// Item is one item of a SERVQUAL form, raw on 1 to 7 and already reversed where it is
// worded negatively.
type Item struct {
	Dimension   string
	Expectation float64 // unused by SERVPERF
	Perception  float64
}

// Quality is a service quality score: by dimension, over all, and weighted.
type Quality struct {
	Dimensions map[string]float64 // mean of the dimension's items
	Mean       float64            // mean of the dimensions, each counting the same
	ItemMean   float64            // mean of the items; not the same where dimensions differ in length
	Weighted   float64            // Σ wᵢdᵢ / Σ wᵢ over the dimensions that have items
}

// SERVQUAL scores the gaps perception − expectation (Parasuraman, Zeithaml, Berry 1988).
// Weights are by dimension; nil stands for ServqualWeights. No items is an error, and
// so are weights that leave nothing to divide by.
func SERVQUAL(items []Item, weights map[string]float64) (Quality, error) {
	return quality(items, weights, func(i Item) float64 { return i.Perception - i.Expectation })
}

// SERVPERF scores the perceptions alone (Cronin, Taylor 1992), on the items' own 1 to
// 7; Linear(x, 1, 7) makes an index of it.
func SERVPERF(items []Item, weights map[string]float64) (Quality, error) {
	return quality(items, weights, func(i Item) float64 { return i.Perception })
}

func quality(items []Item, weights map[string]float64, value func(Item) float64) (Quality, error) {
	if len(items) == 0 {
		return Quality{}, fmt.Errorf("service quality: there are no items")
	}
	if weights == nil {
		weights = ServqualWeights()
	}
	q := Quality{Dimensions: make(map[string]float64, 5)}
	count := make(map[string]int, 5)
	var order []string // sums must not depend on the order of a map
	for _, item := range items {
		if count[item.Dimension] == 0 {
			order = append(order, item.Dimension)
		}
		count[item.Dimension]++
		q.Dimensions[item.Dimension] += value(item)
		q.ItemMean += value(item)
	}
	q.ItemMean /= float64(len(items))
	weighted, all := 0.0, 0.0
	for _, d := range order {
		q.Dimensions[d] /= float64(count[d])
		q.Mean += q.Dimensions[d] / float64(len(order))
		weighted, all = weighted+weights[d]*q.Dimensions[d], all+weights[d]
	}
	if !(all > 0) {
		return Quality{}, fmt.Errorf("service quality: no dimension has a weight")
	}
	q.Weighted = weighted / all
	return q, nil
}
