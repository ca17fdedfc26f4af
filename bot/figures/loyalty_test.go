package figures

import (
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// standingsOf are how many stand where, and the moves.
func standingsOf(c *clientele) (now, moves string, l Loyalty) {
	c.standing(&l)
	for i, s := range Standings() {
		if k := l.Standing[i].K; k > 0 {
			now += fmt.Sprintf("%s %d ", s, k)
		}
	}
	for _, m := range l.Moves {
		moves += fmt.Sprintf("%s-%s %d ", m.From, m.To, m.N)
	}
	return now, moves, l
}

func TestCustomersStandWhereTheirVisitsPutThem(t *testing.T) {
	c := known(300)
	for i := range 11 { // who make it known that one comes every 30 days
		c.comes(fmt.Sprint("usual", i), "Cut", 240, 270)
	}
	c.comes("new", "Cut", 290)
	c.comes("gone", "Cut", 100)
	c.comes("left", "Cut", 150, 180, 195)
	c.comes("fond", "Cut", 150, 190, 295)
	for i, day := range []int{150, 190, 295} {
		c.says("fond", day, 6+i%2)
	}
	c.comes("once fond", "Cut", 150, 190, 205, 295)
	for i, day := range []int{150, 190, 205, 295} {
		c.says("once fond", day, []int{7, 7, 6, 3}[i])
	}
	c.serve(&storage.ServedEvent{Event: storage.Event{State: storage.EventBooked, Booked: firstDay.AddDate(0, 0, 320)}, Customer: "booked"}, time.UTC, 0)
	now, moves, l := standingsOf(c)
	if want := "potential 1 first 1 repeat 12 loyal 1 lost 2 "; now != want {
		t.Errorf("they stand %s, want %s", now, want)
	}
	// Ninety days ago, on day 210, "gone" was lost already, "left" was there for the third time.
	if want := "repeat-loyal 1 repeat-lost 1 loyal-repeat 1 lost-lost 1 "; moves != want {
		t.Errorf("they moved %s, want %s", moves, want)
	}
	if !l.Usual || l.Standing[0].N != 17 || l.Stood[0].N != 4 {
		t.Errorf("of %d now and %d then, known %v", l.Standing[0].N, l.Stood[0].N, l.Usual)
	}
}

func TestNobodyIsLostWhereItIsNotKnownHowOftenOneComes(t *testing.T) {
	c := known(300)
	for i := range fewestIntervals - 1 {
		c.comes(fmt.Sprint(i), "Cut", 10, 20)
	}
	c.comes("own", "Cut", 10, 20, 30) // whose own intervals are known
	c.by["own"].site = "elsewhere"
	c.comes("once", "Cut", 10)
	now, _, l := standingsOf(c)
	if want := "first 1 repeat 9 lost 1 "; now != want || l.Usual {
		t.Errorf("they stand %s, want %s", now, want)
	}
}

// bonding is a survey that asks what makes loyal.
var bonding = func() map[string]*survey.Flow {
	five := func(key string) survey.Question {
		q := likely(key, "")
		q.Scale.Options = q.Scale.Options[:5]
		return q
	}
	overall, attract, heard := five("overall"), five("attract"), five("heard")
	overall.Primary, attract.Factor, heard.Factor = true, "attraction", "participation"
	why := survey.Question{Key: "why", Kind: survey.ChoiceQ}
	for _, key := range LoyaltyKinds() {
		why.Choices = append(why.Choices, survey.Choice{Key: key})
	}
	return map[string]*survey.Flow{"bond": {Questions: []survey.Question{overall, why, attract, heard}}}
}()

// The example is vector d10, with each of the factors on five steps as far as they go.
func TestTheIndexOfLoyaltyIsTheMeanOfProducts(t *testing.T) {
	b := newBonds(bonding)
	each := [][3]float64{{4, 5, 4}, {5, 4, 3}, {3, 3, 2}, {1, 2, 1}, {5, 5, 5}, {4, 4, 4}, {3, 4, 5}, {2, 2, 3}, {5, 1, 5}, {4, 4, 4}}
	sum := 0.0
	for i, x := range each {
		sum += 100 * (x[0] - 1) / 4 * (x[1] - 1) / 4 * (x[2] - 1) / 4
		who := fmt.Sprint("p:", i)
		b.add(&storage.GivenSession{ID: "old", Day: "2026-01-01", Flow: "bond", Customer: who, Answers: []storage.GivenAnswer{gives("attract", 1), gives("overall", 1), gives("heard", 1)}})
		b.add(&storage.GivenSession{ID: "new", Day: "2026-01-02", Flow: "bond", Customer: who, Answers: []storage.GivenAnswer{gives("attract", x[0]), gives("overall", x[1]), gives("heard", x[2])}})
		b.add(&storage.GivenSession{ID: "half", Day: "2026-01-03", Flow: "bond", Customer: who, Answers: []storage.GivenAnswer{gives("attract", 1), gives("overall", 1)}})
		var l Loyalty
		if b.tell(&l); l.Index.Shown() != (i+1 >= report.FewestMeant) || l.Index.N != i+1 {
			t.Errorf("of %d customers there is %+v", i+1, l.Index)
		}
	}
	var l Loyalty
	b.tell(&l)
	if !alike(l.Index.Mean, sum/10) || !alike(l.Factors[0].Mean, 65) || l.Root() <= l.Index.Mean {
		t.Errorf("the index is %+v, want %v; attraction %+v; root %v", l.Index, sum/10, l.Factors[0], l.Root())
	}
}

// The example is vector d11: why customers come, and how many of them are unsatisfied, in between and satisfied.
func TestWhoStaysForWantOfAChoiceIsCaptive(t *testing.T) {
	b, n := newBonds(bonding), 0
	for why, of := range map[string][3]int{"value": {2, 5, 40}, "convenience": {4, 8, 25}, "price": {5, 9, 18}, "reward": {2, 4, 9}, "habit": {6, 7, 12}, "monopoly": {9, 6, 5}} {
		for i, level := range []int{3, 4, 5} {
			for range of[i] {
				n++
				who := fmt.Sprint("p:", n)
				said := func(id, day, why string, level int) {
					b.add(&storage.GivenSession{ID: id, Day: day, Flow: "bond", Customer: who, Level: level, Answers: []storage.GivenAnswer{{Question: "why", Choices: []string{why}}}})
				}
				said("new", "2026-01-02", why, level)
				said("old", "2026-01-01", "monopoly", 1)
				said("odd", "2026-01-03", "other", 7)
			}
		}
	}
	var l Loyalty
	b.tell(&l)
	if l.Captive.K != 15 || l.Captive.N != 176 || l.Safe.K != 40 || !alike(l.Captive.Low(), 0.052328) || !alike(l.Safe.High(), 0.294622) {
		t.Errorf("captive %+v, safe %+v", l.Captive, l.Safe)
	}
	habit := l.Kinds[4]
	if habit.Why != report.ByHabit || habit.N != 25 || habit.Unsatisfied.K != 6 || habit.Neutral != 7 || habit.Satisfied != 12 || !alike(habit.Unsatisfied.High(), 0.434297) {
		t.Errorf("by habit: %+v", habit)
	}
}

// Who answered one survey alone counts in it and in all of them together; of several the newest answer of all counts.
func TestLoyaltyIsToldOfEachSurvey(t *testing.T) {
	flows := map[string]*survey.Flow{"bond": bonding["bond"], "other": bonding["bond"]}
	b := newBonds(flows)
	for i := range 30 {
		who := fmt.Sprint("p:", i)
		said := func(flow, day, why string, level int, x float64) {
			b.add(&storage.GivenSession{ID: flow + day, Day: day, Flow: flow, Customer: who, Level: level, Answers: []storage.GivenAnswer{
				gives("attract", x), gives("overall", x), gives("heard", x), {Question: "why", Choices: []string{why}},
			}})
		}
		said("bond", "2026-01-01", "monopoly", 1, 1)
		if i < 20 {
			said("other", "2026-01-02", "value", 7, 5)
		}
	}
	var l Loyalty
	b.tell(&l)
	for flow, want := range map[string][3]int{"": {30, 20, 10}, "bond": {30, 0, 30}, "other": {20, 20, 0}, "none": {}} {
		one := l.Of(flow)
		if one.Index.N != want[0] || one.Safe.K != want[1] || one.Captive.K != want[2] {
			t.Errorf("of %q: %d in the index, %d safe, %d captive; want %v", flow, one.Index.N, one.Safe.K, one.Captive.K, want)
		}
	}
}
