package report

// Quadrant says what to do about an attribute.
type Quadrant string

// The quadrants.
const (
	Concentrate Quadrant = "concentrate here"
	KeepUp      Quadrant = "keep up the good work"
	LowPriority Quadrant = "low priority"
	Overkill    Quadrant = "possible overkill"
)

// Attribute is how important something is to customers and how well it is done.
type Attribute struct {
	Importance, Performance float64
	Within                  Interval // of the performance
}

// Placed is where an attribute stands.
type Placed struct {
	Quadrant Quadrant
	Decided  bool // the interval of the performance does not hold the cut
}

// Quadrants places attributes. The cuts are the means over the attributes; at a cut is above it.
//
// Source: J. A. Martilla, J. C. James, Journal of Marketing 41 (1977) 77–79.
func Quadrants(attributes []Attribute) (importance, performance float64, placed []Placed) {
	for _, a := range attributes {
		importance, performance = importance+a.Importance, performance+a.Performance
	}
	n := float64(max(1, len(attributes)))
	importance, performance = importance/n, performance/n
	for _, a := range attributes {
		p := Placed{LowPriority, !a.Within.Holds(performance)}
		switch important, good := a.Importance >= importance, a.Performance >= performance; {
		case important && good:
			p.Quadrant = KeepUp
		case important:
			p.Quadrant = Concentrate
		case good:
			p.Quadrant = Overkill
		}
		placed = append(placed, p)
	}
	return importance, performance, placed
}
