package figures

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// firstDay is the day that days of these tests are counted from.
var firstDay = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// known is a clientele that is looked at so many days after the first.
func known(days int) *clientele {
	return &clientele{by: map[string]*patron{}, services: map[string]int{}, today: dayAt(firstDay, time.UTC) + days}
}

// comes lets a customer be served on days.
func (c *clientele) comes(key, service string, days ...int) {
	for _, d := range days {
		c.serve(&storage.ServedEvent{
			Event:    storage.Event{State: storage.EventDone, Site: "main", Service: service, Ended: firstDay.AddDate(0, 0, d)},
			Customer: key,
		}, time.UTC, 0)
	}
	c.order()
}

// says lets a customer answer on a day.
func (c *clientele) says(key string, day, level int) {
	c.grade(&storage.GivenSession{ID: fmt.Sprint(day), Day: firstDay.AddDate(0, 0, day).Format(time.DateOnly), Level: level, Customer: "p:" + key})
	c.order()
}

func alike(a, b float64) bool { return math.Abs(a-b) < 1e-4 }

// The example is vector d13: how many days passed until somebody came again, or since they came.
func TestWhoComesAgainIsCountedFromTheFirstVisit(t *testing.T) {
	c := known(200)
	days := []int{12, 20, 31, 31, 40, 55, 60, 62, 70, 75, 80, 88, 90, 90, 90, 15, 33, 47, 66, 81}
	for i, back := range []bool{true, true, true, true, true, true, false, true, false, true, false, true} {
		if back {
			c.comes(fmt.Sprint(i), "Cut", 3, 3, 3+days[i]) // twice on a day is once
		}
	}
	for i, d := range days {
		if c.by[fmt.Sprint(i)] == nil {
			c.comes(fmt.Sprint(i), "Cut", 200-d)
		}
	}
	m := measuresOf(c, nil)
	if m.Customers != 20 || m.Visits != 29 || m.Repeat.K != 9 || m.Repeat.N != 20 {
		t.Errorf("served are %d on %d days, of whom %d came again", m.Customers, m.Visits, m.Repeat.K)
	}
	r := m.Returned[5]
	if r.Days != 90 || !alike(r.Share, 0.610124) || !alike(r.Within.Low, 0.347151) || !alike(r.Within.High, 0.875156) || r.Customers != 20 {
		t.Errorf("within 90 days it is %+v", r)
	}
	if last := m.Returned[len(m.Returned)-1]; last.Known == 0 {
		t.Errorf("nobody was watched for %d days", last.Days)
	}
}

func TestThoseLetDownAreHeldAgainstTheSatisfiedFromEnoughOn(t *testing.T) {
	for _, n := range []int{8, 29, 60} {
		c := known(200)
		for i := range n {
			for group, key := range []string{"unhappy", "between", "happy"} {
				key = fmt.Sprint(key, i)
				c.comes(key, "Cut", 10)
				c.says(key, 10, []int{3, 4, 5}[group])
				c.says(key, 12, 7) // the first answer counts
				if i%10 < []int{2, 5, 8}[group] {
					c.comes(key, "Cut", 30)
				}
			}
		}
		m := measuresOf(c, nil)
		unhappy, happy := m.After[0][0], m.After[2][0]
		if unhappy.Customers != n || happy.Customers != n || unhappy.Days != 30 {
			t.Fatalf("of %d: %+v, %+v", n, unhappy, happy)
		}
		if told := unhappy.Within.High < 1; told != (n >= report.FewestRated) {
			t.Errorf("of %d a rate stands: %+v", n, unhappy)
		}
		if d, ok := unhappy.Less(happy); ok != (n >= report.FewestPlain) || ok && (!alike(d.By, -0.6) || !d.Clear()) {
			t.Errorf("of %d they are compared: %v, %+v", n, ok, d)
		}
	}
}

func TestNobodyIsCountedWhoWasNotServedOrOnlyBooked(t *testing.T) {
	c := known(100)
	c.says("stranger", 5, 7)
	c.serve(&storage.ServedEvent{Event: storage.Event{State: storage.EventBooked, Booked: firstDay}, Customer: "booked"}, time.UTC, 0)
	c.serve(&storage.ServedEvent{Event: storage.Event{State: storage.EventDone, Ended: firstDay.AddDate(0, 0, -3)}, Customer: "before"}, time.UTC, dayAt(firstDay, time.UTC))
	c.serve(&storage.ServedEvent{Event: storage.Event{State: storage.EventDone, Ended: firstDay.AddDate(0, 0, 101)}, Customer: "tomorrow"}, time.UTC, 0)
	if m := measuresOf(c, nil); m.Customers != 0 || m.Visits != 0 || len(c.by) != 1 {
		t.Errorf("%d customers on %d days, of %d known", m.Customers, m.Visits, len(c.by))
	}
}

func TestKindsOfServicesAreCountedOfWhoIsServedOne(t *testing.T) {
	c := known(100)
	for i := range 40 {
		key := fmt.Sprint(i)
		c.comes(key, "Cut", 1, 5)
		if i < 10 {
			c.comes(key, "Colour", 9)
		}
		if i < 3 {
			c.comes(key, "Shave", 12)
			c.comes(key, "Wash", 12)
			c.comes(key, "Braid", 13)
		}
	}
	c.comes("unsaid", "", 3)
	m := measuresOf(c, nil)
	if m.Customers != 41 || m.Several().K != 10 || m.Several().N != 40 || !alike(m.Kinds.Mean, 1.475) || m.Kinds.N != 40 {
		t.Errorf("%+v use several, %+v kinds", m.Several(), m.Kinds)
	}
	for i, want := range []int{30, 7, 0, 3} {
		if m.Variety[i].K != want {
			t.Errorf("%d use %d kinds, want %d", m.Variety[i].K, i+1, want)
		}
	}
}

func TestFromTheFirstQuestionToTheBookingHalfTakeSoLong(t *testing.T) {
	c := known(100)
	var asked []storage.ReceivedWords
	for i := range 12 {
		key := fmt.Sprint(i)
		at := firstDay.AddDate(0, 0, 10)
		asked = append(asked, storage.ReceivedWords{Kind: storage.Enquiry, At: at, Customer: "p:" + key}, storage.ReceivedWords{Kind: storage.Enquiry, At: at.AddDate(0, 0, 3), Customer: "p:" + key},
			storage.ReceivedWords{Kind: storage.Complaint, At: at.AddDate(0, 0, -5), Customer: "p:" + key})
		booked := at.AddDate(0, 0, i+1)
		if i == 11 {
			booked = at.AddDate(0, 0, -1) // which was before
		}
		c.serve(&storage.ServedEvent{Event: storage.Event{State: storage.EventBooked, Booked: booked}, Customer: key}, time.UTC, 0)
	}
	asked = append(asked, storage.ReceivedWords{Kind: storage.Enquiry, At: firstDay, Customer: "s:stranger"})
	if b := bookingOf(c, asked); b != (Took{N: 12, Median: 6, Half: true}) {
		t.Errorf("%+v", b)
	}
	if b := bookingOf(c, asked[:9*3]); b.N != 9 || b.Half || b.Median != 0 {
		t.Errorf("of nine: %+v", b)
	}
}

// likely is a question whether somebody would stay, on five steps.
func likely(key, measure string) survey.Question {
	q := survey.Question{Key: key, Kind: survey.ScaleQ, Measure: measure}
	for i, flag := range []survey.Flag{survey.Unsatisfied, survey.Unsatisfied, survey.Neutral, survey.Satisfied, survey.Satisfied} {
		q.Scale.Options = append(q.Scale.Options, survey.Option{Value: float64(i + 1), Flag: flag})
	}
	return q
}

// gives is an answer to a scale.
func gives(question string, value float64) storage.GivenAnswer {
	return storage.GivenAnswer{Question: question, Value: &value}
}

func TestWhatCustomersWouldDoIsCountedByMeasureAndSurvey(t *testing.T) {
	chosen := survey.Question{Key: "long", Kind: survey.ChoiceQ, Measure: MeasureChoosing, Choices: []survey.Choice{{Key: "minutes"}, {Key: "days"}, {Key: noTime}}}
	spent := survey.Question{Key: "spent", Kind: survey.NumberQ, Measure: MeasureSpending}
	flows := map[string]*survey.Flow{
		"one": {Questions: []survey.Question{likely("price", MeasurePrice), likely("slip", MeasureMistake), chosen, spent}},
		"two": {Questions: []survey.Question{likely("more", MeasurePrice)}},
	}
	n, c := newIntending(flows), known(100)
	for i := range 20 {
		key := fmt.Sprint(i)
		c.serve(&storage.ServedEvent{Event: storage.Event{State: storage.EventDone, Ended: firstDay, Amount: &storage.EventAmount{Value: "50.00", Currency: "EUR"}}, Customer: key}, time.UTC, 0)
		choice := "minutes"
		switch {
		case i >= 15:
			choice = noTime
		case i >= 6:
			choice = "days"
		}
		n.add(&storage.GivenSession{ID: "a", Day: "2026-02-01", Flow: "one", Customer: "p:" + key, Answers: []storage.GivenAnswer{
			gives("price", float64(1+i%5)), gives("slip", 3), {Question: "long", Choices: []string{choice}}, gives("spent", 10),
		}})
		n.add(&storage.GivenSession{ID: "b", Day: "2026-02-02", Flow: "one", Customer: "p:" + key, Answers: []storage.GivenAnswer{gives("spent", []float64{50, 25}[i%2]), {Question: "price", Skipped: true}}})
		n.add(&storage.GivenSession{ID: "c", Day: "2026-02-03", Flow: "two", Customer: "p:" + key, Answers: []storage.GivenAnswer{gives("more", 5)}})
		n.add(&storage.GivenSession{ID: "d", Flow: "gone", Customer: "p:" + key, Answers: []storage.GivenAnswer{gives("price", 5)}})
	}
	var m Measures
	n.tell(&m, c)
	got := ""
	for _, i := range m.Intents {
		got += fmt.Sprintf("%s %s %d-%d/%d/%d ", i.Measure, i.Flow, i.Stays.K, i.Leaves.K, i.Stays.N, i.Stays.Customers)
	}
	if want := "price_sensitivity  28-8/40/20 price_sensitivity one 8-8/20/20 price_sensitivity two 20-0/20/20 tolerance  0-0/20/20 tolerance one 0-0/20/20 "; got != want {
		t.Errorf("they would\n%s, want\n%s", got, want)
	}
	if len(m.Choosing) != 1 || m.Choosing[0].Median != "days" || m.Choosing[0].Parts[0].Rate.K != 6 || m.Choosing[0].Parts[2].Rate.K != 5 {
		t.Errorf("they thought %+v", m.Choosing)
	}
	// Each paid 50: half of 100, or a quarter of 200.
	if s := m.Spending; s.Currency != "EUR" || s.Paid != 20 || !alike(s.OfCustomers.Mean, 37.5) || !alike(s.OfTotal, 1.0/3) {
		t.Errorf("they spend %+v", s)
	}
}
