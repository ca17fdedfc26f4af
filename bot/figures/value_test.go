package figures

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// pays lets a customer be served for money on a day.
func (c *clientele) pays(key string, day int, amount float64, currency string) {
	c.serve(&storage.ServedEvent{
		Event: storage.Event{
			State: storage.EventDone, Site: "main", Ended: firstDay.AddDate(0, 0, day),
			Amount: &storage.EventAmount{Value: strconv.FormatFloat(amount, 'f', 2, 64), Currency: currency},
		},
		Customer: key,
	}, time.UTC, 0)
	c.order()
}

// is gives a customer a class on a day.
func (c classes) is(key string, day int, tier recovery.Tier) {
	c[key] = append(c[key], storage.TierChange{Customer: key, At: firstDay.AddDate(0, 0, day), Tier: tier})
}

// The first ten are those of vector d08: what each brings, and might bring.
func TestClassesByWhatCustomersPaidAreHeldAgainstThoseTheyHave(t *testing.T) {
	c, of, shares := known(200), classes{}, map[string]float64{}
	for _, x := range []struct {
		key         string
		paid, might float64
		tier        recovery.Tier
	}{
		{"a", 900, 1000, recovery.MVC},
		{"b", 40, 800, recovery.MGC},
		{"c", -30, 0, recovery.BZ},
		{"d", 120, 130, recovery.MVC},
		{"e", 500, 520, ""},
		{"f", 60, 70, ""},
		{"g", 10, 300, recovery.Normal},
		{"h", 0, 0, recovery.Normal},
		{"i", 75, 75, ""},
		{"j", 20, 45, ""},
	} {
		c.pays(x.key, 10, x.paid, "EUR")
		if x.might > 0 {
			shares["p:"+x.key] = x.paid / x.might
		}
		if x.tier != "" {
			of.is(x.key, 5, x.tier)
		}
	}
	c.pays("else", 10, 5000, "USD")
	c.comes("unpaid", "Cut", 10)
	v := valueOfAll(c, of, shares, firstDay.AddDate(0, 0, 200))
	if v.Currency != "EUR" || v.Paid != 10 || v.Others != 2 || !alike(v.TopShare, 0.811594) || v.Tenths != nil {
		t.Errorf("%s of %d, and %d others; the top fifth brings %v", v.Currency, v.Paid, v.Others, v.TopShare)
	}
	if got := fmt.Sprint(v.ByPaid); got != "[{MVC 2 1} {MGC 2 1} {BZ 2 1}]" {
		t.Errorf("by what they paid: %s", got)
	}
	for i, want := range []string{"MVC 2/12 0.5913", "MGC 1/12 0.0232", "normal 2/12 0.0058", "BZ 1/12 0.0000", " 6/12 0.3797"} {
		if one := v.Classes[i]; fmt.Sprintf("%s %d/%d %.4f", one.Tier, one.Customers.K, one.Customers.N, one.Share) != want {
			t.Errorf("the class is %+v, want %s", one, want)
		}
	}
}

func TestEachTenthBringsItsShareFromEnoughCustomersOn(t *testing.T) {
	for _, n := range []int{49, 50, 60} {
		c := known(200)
		for i := range n {
			c.pays(fmt.Sprint(i), 10, float64(i+1), "EUR")
		}
		v := valueOfAll(c, classes{}, nil, firstDay.AddDate(0, 0, 200))
		if (v.Tenths != nil) != (n >= fewestTenths) {
			t.Fatalf("of %d: %v", n, v.Tenths)
		}
		sum := 0.0
		for i, share := range v.Tenths {
			if sum += share; i > 0 && share > v.Tenths[i-1] {
				t.Errorf("tenth %d brings more than the one before: %v", i+1, v.Tenths)
			}
		}
		if v.Tenths != nil && !alike(sum, 1) {
			t.Errorf("all of them bring %v", sum)
		}
	}
}

func TestClassesAreCountedByTheEndOfEachMonth(t *testing.T) {
	c, of := known(334), classes{} // the first of December, less a day
	for i := range 4 {
		c.comes(fmt.Sprint(i), "Cut", 300)
	}
	of.is("0", -40, recovery.MGC) // in November of the year before
	of.is("0", 45, recovery.MVC)  // in February
	of.is("1", -400, recovery.MVC)
	of.is("2", 333, recovery.BZ) // on the last day of November
	v := valueOfAll(c, of, nil, firstDay.AddDate(0, 0, 333))
	if len(v.Classed) != ResultMonths || v.Classed[0].Month != "2025-12" || v.Classed[11].Month != "2026-11" {
		t.Fatalf("the months are %+v", v.Classed)
	}
	for i, want := range map[int]string{0: "[1 1 0 0]", 1: "[1 1 0 0]", 2: "[2 0 0 0]", 11: "[2 0 0 1]"} {
		if got := fmt.Sprint(v.Classed[i].N); got != want {
			t.Errorf("at the end of %s they are %s, want %s", v.Classed[i].Month, got, want)
		}
	}
	if got := fmt.Sprint(v.Moves); got != "[{MVC MVC 1} {MGC MVC 1}]" {
		t.Errorf("they moved %s", got)
	}
	if v.Classes[4].Customers.K != 1 {
		t.Errorf("without a class are %+v", v.Classes[4].Customers)
	}
}

func TestWhatTheUnsatisfiedPaidIsOfTheirNewestAnswer(t *testing.T) {
	c, of := known(200), classes{}
	for i, levels := range [][]int{{3, 7}, {7, 3}, {1}, {4}, {}} {
		key := fmt.Sprint(i)
		of.is(key, 1, recovery.MVC)
		c.pays(key, 10, 100, "EUR")
		for n, level := range levels {
			c.says(key, 20+n, level)
		}
	}
	c.comes("unpaid", "Cut", 10)
	c.says("unpaid", 30, 2)
	v := valueOfAll(c, of, nil, firstDay.AddDate(0, 0, 200))
	if v.Unsatisfied.K != 3 || v.Unsatisfied.N != 5 || !alike(v.Stake, 200) || v.StakeOf != 2 {
		t.Errorf("%d of %d are unsatisfied, %d of them paid %v", v.Unsatisfied.K, v.Unsatisfied.N, v.StakeOf, v.Stake)
	}
	if mvc, all := v.Classes[0].Unsatisfied, v.Felt; mvc.K != 3 || mvc.N != 6 || mvc.Customers != 4 || all.K != 4 || all.N != 7 {
		t.Errorf("of the answers of the most valuable %+v, of all %+v", mvc, all)
	}
	if v.Unsatisfied.Manner != report.Counted {
		t.Errorf("five who answered are %s", v.Unsatisfied.Manner)
	}
}
