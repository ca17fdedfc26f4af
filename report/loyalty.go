package report

import "math"

// Loyalty is what makes a customer loyal, each 0–1: how much they are drawn to the business, how satisfied they are,
// and how far they are heard.
type Loyalty struct{ Attraction, Satisfaction, Participation float64 }

// Index is the customer's loyalty, 0–100: the product, so that none can stand in for another.
func (l Loyalty) Index() float64 { return 100 * l.Attraction * l.Satisfaction * l.Participation }

// Root is the index on the scale of its parts, 0–100.
func (l Loyalty) Root() float64 { return 100 * math.Cbrt(l.Index()/100) }

// LoyaltyOf is the mean index of customers. It is not the product of the means: that is another
// number, of nobody.
//
// Source: the formula of textbooks of service marketing, loyalty = attraction × satisfaction × participation; the
// mean by Student.
func LoyaltyOf(customers []Loyalty) Mean {
	each := make([]float64, 0, len(customers))
	for _, c := range customers {
		each = append(each, c.Index())
	}
	return MeanOf(each)
}

// Why customers come.
const (
	ByValue       = "value"
	ByConvenience = "convenience"
	ByPrice       = "price"
	ByReward      = "reward"
	ByHabit       = "habit"
	ByMonopoly    = "monopoly"
)

// Comes is how satisfied those are who come for one reason.
type Comes struct {
	Why                             string
	Unsatisfied, Neutral, Satisfied int
}

func (c Comes) n() int { return c.Unsatisfied + c.Neutral + c.Satisfied }

// Kinds is who stays without being glad of it, and who is glad.
type Kinds struct {
	N           int
	Captive     Rate            // unsatisfied, and here by habit or for lack of a choice
	Safe        Rate            // satisfied, and here for the value
	Unsatisfied map[string]Rate // among those who come for a reason
}

// KindsOf crosses why customers come with how satisfied they are.
//
// Source: T. O. Jones, W. E. Sasser, Harvard Business Review 73 (1995) 88–99.
func KindsOf(reasons []Comes) Kinds {
	k := Kinds{Unsatisfied: map[string]Rate{}}
	var captive, safe int
	for _, r := range reasons {
		k.N += r.n()
		k.Unsatisfied[r.Why] = Show(r.Unsatisfied, r.n())
		switch r.Why {
		case ByHabit, ByMonopoly:
			captive += r.Unsatisfied
		case ByValue:
			safe += r.Satisfied
		}
	}
	k.Captive, k.Safe = Show(captive, k.N), Show(safe, k.N)
	return k
}
