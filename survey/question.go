package survey

import "math"

// span is the lowest and the highest value that an answer to q can have. ok is false
// where q has no values.
func (q *Question) span() (low, high float64, ok bool) {
	switch {
	case q.Kind == NumberQ && q.MinValue < q.MaxValue:
		return q.MinValue, q.MaxValue, true
	case q.Kind == ScaleQ && len(q.Scale.Options) > 0:
		low, high, found := 0.0, 0.0, false
		for i := range q.Scale.Options {
			o := &q.Scale.Options[i]
			switch {
			case o.apart():
			case !found:
				low, high, found = o.Value, o.Value, true
			default:
				low, high = min(low, o.Value), max(high, o.Value)
			}
		}
		if !found { // no option says anything
			low, high = q.Scale.Options[0].Value, q.Scale.Options[0].Value
			for i := range q.Scale.Options {
				low, high = min(low, q.Scale.Options[i].Value), max(high, q.Scale.Options[i].Value)
			}
		}
		return low, high, true
	}
	return 0, 0, false
}

// meant is the value that a raw answer stands for: a reversed item turns it round,
// x′ = min + max − x, before anything else looks at it.
func (q *Question) meant(raw float64) float64 {
	if !q.Reverse {
		return raw
	}
	low, high, ok := q.span()
	if !ok {
		return raw
	}
	return Reversed(raw, low, high)
}

// Worth is the score of the option that an answer of this value, as it was given, stands for.
func (q *Question) Worth(given float64) (score float64, ok bool) {
	if o := q.option(q.meant(given)); o != nil && o.Score != nil {
		return *o.Score, true
	}
	return 0, false
}

// apart reports whether an option stands beside the points of its scale and says nothing
// about them: "nothing was promised". It is neither the lowest nor the highest.
func (o *Option) apart() bool { return o.Flag == NoFlag && o.Score == nil }

// option returns the option of q with this value, or nil.
func (q *Question) option(value float64) *Option {
	if q.Kind != ScaleQ {
		return nil
	}
	for i := range q.Scale.Options {
		if sameValue(q.Scale.Options[i].Value, value) {
			return &q.Scale.Options[i]
		}
	}
	return nil
}

// sameValue compares values of scales, which are small decimals.
func sameValue(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// isPercentage reports whether a number is a percentage by meaning: asked from 0 to
// 100, it is on the ladder's own scale and has a level without any labels.
func (q *Question) isPercentage() bool {
	return q.Kind == NumberQ && q.MinValue == 0 && q.MaxValue == 100
}

// score is what an answer with this meant value is worth, 0–100. ladder says that the
// score lies in the ladder's range of the level with the option's name.
func (q *Question) score(meant float64) (score float64, ladder, ok bool) {
	if q.Kind == NumberQ {
		low, high, bounded := q.span()
		if !bounded || meant < low || meant > high {
			return 0, false, false
		}
		return 100 * (meant - low) / (high - low), q.isPercentage(), true
	}
	o := q.option(meant)
	if o == nil || o.Score == nil {
		return 0, false, false
	}
	return *o.Score, q.Scale.Ladder, true
}

// Attribute reports whether q is an attribute in the sense of rule R4: a scale
// question other than the primary one with a weight or a dimension, asked after the
// service, and no justice, factor or measure question.
func (q *Question) Attribute() bool {
	return q.Kind == ScaleQ && !q.Primary && (q.Weight > 0 || q.Dimension != "") &&
		q.Phase != Pre && q.Justice == "" && q.Factor == "" && q.Measure == ""
}

// isMultiple reports whether q takes more than one choice.
func (q *Question) isMultiple() bool { return q.Kind == ChoiceQ && q.Max > 1 }

// primary returns the index of the primary question, or NoQuestion.
func (f *Flow) primary() int {
	for i := range f.Questions {
		if f.Questions[i].Primary {
			return i
		}
	}
	return NoQuestion
}

// index returns the index of the question with this key, or NoQuestion.
func (f *Flow) index(key string) int {
	for i := range f.Questions {
		if f.Questions[i].Key == key {
			return i
		}
	}
	return NoQuestion
}
