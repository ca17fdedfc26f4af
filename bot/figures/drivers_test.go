package figures

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/aftercare/aftercare/report"
)

// crowd are customers who gave an overall answer that goes with the first attribute and hardly with the second.
func crowd(n int) map[string]gave {
	r := rand.New(rand.NewPCG(1, 2))
	by := map[string]gave{}
	for i := range n {
		first, second := 20*r.Float64(), 20*r.Float64()
		g := make(gave, 3)
		for q, x := range []float64{3*first + 0.3*second + 20*r.Float64(), 3 * first, 3 * second} {
			g[q].sum, g[q].n = 2*x, 2 // twice the same is once
		}
		by[fmt.Sprint(i)] = g
	}
	return by
}

func TestDriversAreToldFromEnoughCustomersOn(t *testing.T) {
	for _, n := range []int{0, 9, 49, 50, 99, 100, 400} {
		d := driversOf([]string{"overall", "speed", "price"}, crowd(n))
		if d.Customers != n || len(d.Attributes) != 2 {
			t.Fatalf("of %d: %+v", n, d)
		}
		for _, a := range d.Attributes {
			if told := a.R != 0; told != (n >= report.FewestCorrelated) || a.Correlated() != told || a.N != n {
				t.Errorf("of %d customers %+v", n, a)
			}
			if a.Shared != (n >= report.FewestShared) || (a.Mean != 0) != (n >= report.FewestMeant) {
				t.Errorf("of %d customers %+v", n, a)
			}
			if a.Correlated() && !(a.Low < a.R && a.R < a.High && a.High <= 1) {
				t.Errorf("the interval of %+v", a)
			}
		}
		if n < report.FewestShared {
			continue
		}
		speed, price := d.Attributes[0], d.Attributes[1]
		if speed.Question != "speed" || speed.R < 0.9 || price.R > 0.3 || speed.Share < 0.9 || math.Abs(speed.Share+price.Share-1) > 1e-9 || d.R2 < 0.8 || d.Complete != n {
			t.Errorf("of %d: %+v", n, d)
		}
	}
}

func TestWhoDidNotAnswerAnAttributeIsNotAmongItsCustomers(t *testing.T) {
	by := crowd(200)
	for i := range 120 {
		by[fmt.Sprint(i)][2] = struct{ sum, n float64 }{}
	}
	d := driversOf([]string{"overall", "speed", "price"}, by)
	if d.Attributes[0].N != 200 || d.Attributes[1].N != 80 || d.Complete != 80 || d.R2 != 0 || d.Attributes[0].Shared {
		t.Errorf("%+v", d)
	}
}

func TestAnAttributeThatRepeatsAnotherIsNotToldApart(t *testing.T) {
	by := crowd(200)
	for _, g := range by {
		g[2] = g[1]
	}
	if d := driversOf([]string{"overall", "speed", "price"}, by); d.R2 != 0 || d.Attributes[0].Shared || math.Abs(d.Attributes[0].R-d.Attributes[1].R) > 1e-9 {
		t.Errorf("%+v", d)
	}
}
