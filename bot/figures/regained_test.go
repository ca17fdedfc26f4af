package figures

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// letDown is a case of a customer whose unsatisfied answer was on a day; spoke and done are how many days later staff
// spoke to them and resolved it, −1 = never.
func letDown(key string, day, spoke, done int, said recovery.Recovered) storage.FigureCase {
	at := firstDay.AddDate(0, 0, day)
	k := storage.FigureCase{ID: fmt.Sprint(key, "-", day), Day: at.Format("2006-01-02"), Site: "main", Level: 2, Customer: key, OpenedAt: at, Recovered: said}
	if spoke >= 0 {
		k.Contacted = at.AddDate(0, 0, spoke)
	}
	if done >= 0 {
		k.Resolved = at.AddDate(0, 0, done)
	}
	return k
}

// heard has customers give the answers that opened cases.
func heard(c *clientele, cases []storage.FigureCase) {
	for _, k := range cases {
		c.grade(&storage.GivenSession{ID: k.ID, Day: k.Day, Level: k.Level, Customer: "p:" + k.Customer, Site: k.Site})
	}
	c.order()
}

// regainedBy is regainedOf, of who gave the answers.
func regainedBy(c *clientele, cases []storage.FigureCase) Regained {
	heard(c, cases)
	return regainedOf(c, &Source{}, cases)
}

// groups are how many customers are in which group.
func groups(g *Regained) (text string) {
	for i, of := range g.Groups {
		text += fmt.Sprintf("%s %d ", RegainedGroups()[i], of[0].Customers)
	}
	return text
}

func TestWhatBecameOfACaseIsLookedAtOnceAndForAll(t *testing.T) {
	c, none := known(300), -1
	var cases []storage.FigureCase
	for key, k := range map[string]storage.FigureCase{
		"won":            letDown("won", 10, 0, 2, recovery.RecoveredYes),
		"partly":         letDown("partly", 10, 0, 2, recovery.RecoveredPartly),
		"not":            letDown("not", 10, 0, 2, recovery.RecoveredNot),
		"silent":         letDown("silent", 10, 1, 3, recovery.RecoveredUnknown),
		"alone":          letDown("alone", 10, none, none, recovery.RecoveredUnknown),
		"spoken to late": letDown("spoken to late", 10, 15, 16, recovery.RecoveredYes),
		"just in time":   letDown("just in time", 10, 14, 14, recovery.RecoveredYes),
		"resolved late":  letDown("resolved late", 10, 1, 20, recovery.RecoveredYes),
		"young":          letDown("young", 287, 0, 1, recovery.RecoveredYes),
	} {
		c.comes(key, "Cut", 10)
		cases = append(cases, k)
	}
	// The first case counts, whatever became of the next; neither does a complaint without a level, nor a satisfied
	// answer.
	cases = append(cases, letDown("won", 40, none, none, recovery.RecoveredUnknown), letDown("stranger", 10, 0, 1, recovery.RecoveredYes), letDown("", 10, 0, 1, recovery.RecoveredYes))
	complaint := letDown("content", 9, none, none, recovery.RecoveredUnknown)
	complaint.Level = 0
	cases = append(cases, complaint)
	c.comes("content", "Cut", 10)
	c.says("content", 10, 6)
	c.comes("so so", "Cut", 10)
	c.says("so so", 10, 4)
	g := regainedBy(c, cases)
	if want := "recovered 2 not_recovered 2 unsaid 2 unspoken 2 satisfied 1 "; groups(&g) != want || g.Young != 1 || g.After != 14 {
		t.Errorf("they are %s, %d of them young, want %s", groups(&g), g.Young, want)
	}
	if n, ok := g.Unhappy(); ok {
		t.Errorf("%d customers are told, and who are two would follow", n)
	}
}

// A survey of customers who stay away asks them because they do not come: what it opens is no case of an answer that
// was asked for after a service.
func TestWhoWasAskedBecauseTheyStayAwayIsInNoGroup(t *testing.T) {
	c := known(300)
	c.comes("away", "Cut", 10)
	c.comes("both", "Cut", 10)
	own := letDown("both", 12, -1, -1, recovery.RecoveredUnknown)
	heard(c, []storage.FigureCase{own})
	g := regainedOf(c, &Source{}, []storage.FigureCase{letDown("away", 60, 0, 1, recovery.RecoveredYes), letDown("both", 11, 0, 1, recovery.RecoveredYes), own})
	if want := "recovered 0 not_recovered 0 unsaid 0 unspoken 1 satisfied 0 "; groups(&g) != want {
		t.Errorf("they are %s, want %s", groups(&g), want)
	}
}

// Who comes within the two weeks in which the case is seen to has not come again for that; a visit on the last of
// these days is none, and one on the next is.
func TestVisitsCountFromTheDayAfterTheTwoWeeks(t *testing.T) {
	for day, want := range map[int]int{20: 0, 24: 0, 25: 10, 54: 10, 55: 0} {
		c := known(80)
		var cases []storage.FigureCase
		for i := range 10 {
			key := fmt.Sprint(i)
			c.comes(key, "Cut", 10, day)
			cases = append(cases, letDown(key, 10, 0, 1, recovery.RecoveredYes))
		}
		g := regainedBy(c, cases)
		if r := g.Groups[0][0]; r.Days != 30 || !alike(r.Share, float64(want)/10) {
			t.Errorf("a visit on day %d: %+v, want %d of 10", day, r, want)
		}
	}
}

// The example is vector d13, of customers who were won back; who came for good is counted for as long as they were
// watched.
func TestWhoWasWonBackIsWatchedAsLongAsThereAreDays(t *testing.T) {
	c := known(300)
	days := []int{12, 20, 31, 31, 40, 55, 60, 62, 70, 75, 80, 88, 90, 90, 90, 15, 33, 47, 66, 81}
	var cases []storage.FigureCase
	for i, back := range []bool{true, true, true, true, true, true, false, true, false, true, false, true, false, false, false, false, false, false, false, false} {
		key, at := fmt.Sprint(i), 10
		if !back { // watched for so long
			at = 300 - regainedAfter - days[i]
		}
		c.comes(key, "Cut", at)
		if back {
			c.comes(key, "Cut", at+regainedAfter+days[i])
		}
		cases = append(cases, letDown(key, at, 0, 1, recovery.RecoveredYes))
		c.comes("alone"+key, "Cut", 10) // so that there is somebody beside them
		cases = append(cases, letDown("alone"+key, 10, -1, -1, recovery.RecoveredUnknown))
	}
	g := regainedBy(c, cases)
	won := g.Of(WonBack)
	if r := won[len(won)-1]; r.Days != 90 || !alike(r.Share, 0.610124) || !alike(r.Within.Low, 0.347151) || !alike(r.Within.High, 0.875156) || r.Customers != 20 {
		t.Errorf("within 90 days it is %+v", r)
	}
}

// By hand: 24 of 40 against 12 of 40 are 60 % and 30 %, and their ranges are those of the complementary log-log.
func TestWhoWasWonBackIsComparedFromEnoughOn(t *testing.T) {
	for _, n := range []int{9, 10, 29, 30, 40} {
		c := known(300)
		var cases []storage.FigureCase
		for i := range n {
			for group, said := range []recovery.Recovered{recovery.RecoveredYes, recovery.RecoveredUnknown} {
				key := fmt.Sprint(group, "-", i)
				c.comes(key, "Cut", 10)
				if i%10 < []int{6, 3}[group] {
					c.comes(key, "Cut", 40)
				}
				cases = append(cases, letDown(key, 10, -group, -group, said)) // −1 = never
			}
		}
		g := regainedBy(c, cases)
		if r := g.Of(WonBack)[0]; r.Customers != n || (r.Share > 0) != (n >= report.FewestRated) {
			t.Errorf("of %d: %+v", n, r)
		}
		d, ok := g.Difference(Unspoken)
		if ok != (n >= report.FewestPlain) {
			t.Errorf("of %d they are compared: %v", n, ok)
		}
		if n != 40 {
			continue
		}
		reach := func(k float64) report.Interval {
			s := 1 - k/40
			half := report.Z95 * math.Sqrt(k/(40*(40-k))) / math.Abs(math.Log(s))
			theta := math.Log(-math.Log(s))
			return report.Interval{Low: 1 - math.Exp(-math.Exp(theta-half)), High: 1 - math.Exp(-math.Exp(theta+half))}
		}
		a, b := reach(24), reach(12)
		low, high := 0.3-math.Hypot(0.6-a.Low, b.High-0.3), 0.3+math.Hypot(a.High-0.6, 0.3-b.Low)
		if !alike(d.By, 0.3) || !alike(d.Within.Low, low) || !alike(d.Within.High, high) || !d.Clear() {
			t.Errorf("they differ by %+v, want 0.3 (%.4f to %.4f)", d, low, high)
		}
		if all, ok := g.Unhappy(); !ok || all != 80 {
			t.Errorf("%d are told, %v", all, ok)
		}
	}
}

func TestAResultFromBeforeSaysThatItWasNotCounted(t *testing.T) {
	all, err := CustomersIn([]byte(`{"From":"2025-01-01","To":"2025-12-31"}`))
	if err != nil || all.Regained.After != 0 || all.Regained.Of(WonBack) != nil {
		t.Errorf("%+v, %v", all.Regained, err)
	}
	if _, ok := all.Regained.Difference(Unspoken); ok {
		t.Error("nobody is compared")
	}
	c := known(300)
	text, err := json.Marshal(regainedOf(c, &Source{}, nil))
	if err != nil || len(text) > 4096 {
		t.Errorf("nobody: %s, %v", text, err)
	}
}

// What leads of a site are told is what the result of their site says: visits and answers at another do not count.
func TestASiteIsCountedByItselfInOnePass(t *testing.T) {
	c, alone := known(300), known(300)
	var cases []storage.FigureCase
	for i := range 40 {
		for _, kind := range []string{"won", "content"} {
			key := fmt.Sprint(kind, i)
			for _, of := range []*clientele{c, alone} {
				of.comes(key, "Cut", 10)
				if i%10 < 3 {
					of.comes(key, "Cut", 40)
				}
			}
			c.serve(&storage.ServedEvent{Event: storage.Event{State: storage.EventDone, Site: "other", Ended: firstDay.AddDate(0, 0, 30)}, Customer: key}, time.UTC, 0)
			if kind == "won" {
				cases = append(cases, letDown(key, 10, 0, 1, recovery.RecoveredYes))
				continue
			}
			for _, of := range []*clientele{c, alone} {
				of.grade(&storage.GivenSession{ID: "a", Day: firstDay.AddDate(0, 0, 10).Format("2006-01-02"), Level: 6, Customer: "p:" + key, Site: "main"})
			}
			c.grade(&storage.GivenSession{ID: "b", Day: firstDay.AddDate(0, 0, 5).Format("2006-01-02"), Level: 1, Customer: "p:" + key, Site: "other"})
		}
	}
	heard(c, cases)
	g := regainedBy(alone, cases)
	got := comebacks(c, &Source{}, cases)
	last := len(g.Of(WonBack)) - 1
	want := map[string]Comeback{"main": {g.Of(WonBack)[last], g.Of(Content)[last]}}
	if len(got) != 1 || got["main"] != want["main"] || got["main"].Won.Customers != 40 || !alike(got["main"].Won.Share, 0.3) {
		t.Errorf("of the sites it says %+v, of the site alone %+v", got, want)
	}
}
