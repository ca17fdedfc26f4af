package report

// TargetState is how a rate stands to its target.
type TargetState string

// The states.
const (
	Met    TargetState = "met"    // the whole interval keeps to it
	Missed TargetState = "missed" // the whole interval is beyond it
	Open   TargetState = "open"   // the interval holds it, or there are too few answers
)

// AtMost judges a rate by a share, 0–1, that it is not to exceed. A target is met or missed only if the
// interval says so, never by the rate alone.
func (r Rate) AtMost(share float64) TargetState {
	switch {
	case !r.Rated():
		return Open
	case r.High() <= share:
		return Met
	case r.Low() > share:
		return Missed
	}
	return Open
}

// AtLeast judges a rate by a share, 0–1, that it is to reach.
func (r Rate) AtLeast(share float64) TargetState {
	switch {
	case !r.Rated():
		return Open
	case r.Low() >= share:
		return Met
	case r.High() < share:
		return Missed
	}
	return Open
}
