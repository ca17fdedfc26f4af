package figures

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Measures are the six measures of satisfaction: what customers do, and what they say that they would do.
type Measures struct {
	Customers int // who were served
	Visits    int // days on which somebody was
	Repeat    report.Clustered
	Returned  []Return
	After     [3][]Return // after the first answer: unsatisfied, in between, satisfied; within the same days
	Variety   []report.Clustered
	Kinds     report.ClusteredMean // services that a customer uses
	Spending  Spending
	Booking   Took
	Choosing  []Choosing
	Intents   []Intent
}

// mostKinds is from how many kinds of services on they are one part of Variety.
const mostKinds = 4

// Several is the share of customers who use two kinds of services or more.
func (m *Measures) Several() report.Clustered {
	all, one := 0, 0
	for i, part := range m.Variety {
		if all += part.K; i == 0 {
			one = part.K
		}
	}
	return PerCustomer(all-one, all)
}

// Spending is which share of what customers spend on such services stays here, 0–100.
type Spending struct {
	OfCustomers report.ClusteredMean // where customers count alike
	OfTotal     float64              // where money does
	Paid        int                  // the customers of whom it is known what they paid
	Currency    string
}

// Took is how many days something took for half of those whom it is known of.
type Took struct {
	N      int
	Median float64
	Half   bool // half of them have come so far
}

// Choosing is how long customers thought before they chose, as they say.
type Choosing struct {
	Flow, Question string
	Parts          []ChosenPart // in the order of the question
	Median         string       // half of those who name a time took so long at most; "" = too few
}

// ChosenPart is a choice of a question.
type ChosenPart struct {
	Choice string
	Rate   report.Clustered // of those who answered
}

// Intent is what customers say that they would do, of the questions of a measure.
type Intent struct {
	Measure, Flow string // "" = in every survey
	Stays, Leaves report.Clustered
}

// The measures that questions are marked with.
const (
	MeasurePrice    = "price_sensitivity"
	MeasureRival    = "competitor_attitude"
	MeasureMistake  = "tolerance"
	MeasureChoosing = "choosing_time"
	MeasureSpending = "share_of_spending"
)

// IntentMeasures are the measures that say what customers would do, in their order.
func IntentMeasures() []string { return []string{MeasurePrice, MeasureRival, MeasureMistake} }

// noTime is the shipped choice of how long somebody thought that is no time.
const noTime = "compared"

// returnDays are the days within which customers come again, as the line of them has them.
func returnDays() (days []int) {
	for d := 15; d <= 180; d += 15 {
		days = append(days, d)
	}
	return days
}

// PerCustomer is a rate in which every customer counts once.
func PerCustomer(k, n int) report.Clustered {
	r := report.Clustered{Rate: report.Show(k, n), Customers: n, Effect: 1, Effective: float64(n)}
	return r
}

// measuresOf counts what customers did.
func measuresOf(c *clientele, asked []storage.ReceivedWords) (m Measures) {
	var firsts []report.Wait
	var after [3][]report.Wait
	var variety [mostKinds]int
	var kinds report.ClusteredSums
	repeat, named := 0, 0
	c.came(func(_ string, p *patron) {
		m.Customers, m.Visits = m.Customers+1, m.Visits+len(p.visits)
		if len(p.visits) > 1 {
			repeat++
		}
		firsts = append(firsts, again(p.visits, p.visits[0], c.today))
		if n := len(p.services); n > 0 {
			named++
			variety[min(n, mostKinds)-1]++
			kinds.Add(1, float64(n))
		}
		if len(p.levels) > 0 {
			first := p.levels[0]
			group := 2
			if worst, best := Unsatisfied.Levels(); worst <= first.level && first.level <= best {
				group = 0
			} else if worst, best := Watch.Levels(); worst <= first.level && first.level <= best {
				group = 1
			}
			after[group] = append(after[group], again(p.visits, first.day, c.today))
		}
	})
	m.Repeat = PerCustomer(repeat, m.Customers)
	m.Returned = ReturnsBy(firsts, returnDays()...)
	copy(m.After[:], returnsOfGroups(after[:], 0, 2))
	for _, n := range variety {
		m.Variety = append(m.Variety, PerCustomer(n, named))
	}
	m.Kinds = keptMean(kinds.Mean())
	m.Booking = bookingOf(c, asked)
	return m
}

// keptMean is a mean as a result holds it: without numbers where too few are in it.
func keptMean(m report.ClusteredMean) report.ClusteredMean {
	if !m.Shown() || math.IsInf(m.Within.Low, 0) || math.IsNaN(m.Mean) {
		m.Mean, m.Within = 0, report.Interval{}
	}
	return m
}

// bookingOf is how many days passed from a customer's first question to their next booking.
func bookingOf(c *clientele, asked []storage.ReceivedWords) (t Took) {
	first := map[*patron]time.Time{}
	for _, said := range asked {
		p := c.by[customerKey(&storage.GivenSession{Customer: said.Customer})]
		if said.Kind != storage.Enquiry || p == nil {
			continue
		}
		if at, ok := first[p]; !ok || said.At.Before(at) {
			first[p] = said.At
		}
	}
	var waits []report.Wait
	for p, at := range first {
		wait := report.Wait{Took: math.Inf(1)}
		for _, booked := range p.booked {
			if days := booked.Sub(at).Hours() / 24; days >= 0 && days < wait.Took {
				wait = report.Wait{Took: days, Over: true}
			}
		}
		if !wait.Over {
			wait.Took = max(0, float64(c.today)-float64(at.Unix())/86400)
		}
		waits = append(waits, wait)
	}
	t.N = len(waits)
	if t.N >= report.FewestMeant {
		t.Median, t.Half = report.TookMost(waits, 0.5)
	}
	return t
}

// intending counts what customers say of themselves in questions that are marked with a measure.
type intending struct {
	flows   map[string]*survey.Flow
	stays   map[Intent]report.Tally // by measure and survey
	leaves  map[Intent]report.Tally
	thought map[Question]map[string]report.Tally
	shares  map[string]float64 // of what a customer spends, 0–1, as they said last
	said    map[string]graded  // when that was
}

func newIntending(flows map[string]*survey.Flow) *intending {
	return &intending{
		flows: flows, stays: map[Intent]report.Tally{}, leaves: map[Intent]report.Tally{}, thought: map[Question]map[string]report.Tally{},
		shares: map[string]float64{}, said: map[string]graded{},
	}
}

// add counts a conversation.
func (n *intending) add(s *storage.GivenSession) {
	f := n.flows[s.Flow]
	if f == nil {
		return
	}
	for i := range f.Questions {
		q := &f.Questions[i]
		a := s.Answer(q.Key)
		if q.Measure == "" || a == nil {
			continue
		}
		switch {
		case q.Measure == MeasureSpending && q.Kind == survey.NumberQ && a.Value != nil:
			now := graded{day: dayNumber(s.Day), id: s.ID}
			if was, known := n.said[s.Customer]; !known || cmp.Or(cmp.Compare(now.day, was.day), cmp.Compare(now.id, was.id)) > 0 {
				n.said[s.Customer], n.shares[s.Customer] = now, min(1, max(0, *a.Value/100))
			}
		case q.Measure == MeasureChoosing && q.Kind == survey.ChoiceQ && len(a.Choices) == 1:
			key := Question{Flow: s.Flow, Question: q.Key}
			if n.thought[key] == nil {
				n.thought[key] = map[string]report.Tally{}
				for _, c := range q.Choices {
					n.thought[key][c.Key] = report.Tally{}
				}
			}
			for choice, tally := range n.thought[key] {
				tally.Add(s.Customer, choice == a.Choices[0])
			}
		case slices.Contains(IntentMeasures(), q.Measure) && q.Kind == survey.ScaleQ && a.Value != nil:
			n.intend(q, s)
		}
	}
}

// intend counts what somebody would do: whether the answer is one that its scale calls satisfied, or unsatisfied.
func (n *intending) intend(q *survey.Question, s *storage.GivenSession) {
	value, _ := valueOf(s, q)
	at := slices.IndexFunc(q.Scale.Options, func(o survey.Option) bool { return o.Value == value })
	if at < 0 {
		return
	}
	flag := q.Scale.Options[at].Flag
	for _, flow := range []string{"", s.Flow} {
		key := Intent{Measure: q.Measure, Flow: flow}
		if n.stays[key] == nil {
			n.stays[key], n.leaves[key] = report.Tally{}, report.Tally{}
		}
		n.stays[key].Add(s.Customer, flag == survey.Satisfied || flag == survey.Delighted)
		n.leaves[key].Add(s.Customer, flag == survey.Unsatisfied)
	}
}

// tell puts what was said into the measures.
func (n *intending) tell(m *Measures, c *clientele) {
	for key, stays := range n.stays {
		m.Intents = append(m.Intents, Intent{key.Measure, key.Flow, stays.Rate(), n.leaves[key].Rate()})
	}
	slices.SortFunc(m.Intents, func(a, b Intent) int {
		place := func(i Intent) int { return slices.Index(IntentMeasures(), i.Measure) }
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Flow, b.Flow))
	})
	for of, parts := range n.thought {
		t := Choosing{Flow: of.Flow, Question: of.Question}
		timed, so := 0, 0
		for _, choice := range QuestionOf(n.flows[of.Flow], of.Question).Choices {
			rate := parts[choice.Key].Rate()
			if t.Parts = append(t.Parts, ChosenPart{choice.Key, rate}); choice.Key != noTime {
				timed += rate.K
			}
		}
		for _, part := range t.Parts {
			if part.Choice == noTime || timed < report.FewestMeant || t.Median != "" {
				continue
			}
			if so += part.Rate.K; 2*so >= timed {
				t.Median = part.Choice
			}
		}
		m.Choosing = append(m.Choosing, t)
	}
	slices.SortFunc(m.Choosing, func(a, b Choosing) int {
		return cmp.Or(cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Question, b.Question))
	})
	n.spend(m, c)
}

// spend tells which share of what customers spend stays here. What they spend in all follows from the share that
// they name and from what they paid.
func (n *intending) spend(m *Measures, c *clientele) {
	var said report.ClusteredSums
	var spent []report.Spending
	m.Spending.Currency = c.currency()
	for customer, share := range n.shares {
		said.Add(1, 100*share)
		p := c.by[customerKey(&storage.GivenSession{Customer: customer})]
		if p != nil && p.paid[m.Spending.Currency] > 0 && share > 0 {
			paid := p.paid[m.Spending.Currency]
			spent = append(spent, report.Spending{Here: paid, Category: paid / share})
		}
	}
	m.Spending.OfCustomers = keptMean(said.Mean())
	if m.Spending.Paid = len(spent); m.Spending.Paid >= report.FewestMeant {
		_, m.Spending.OfTotal = report.ShareOfSpending(spent)
	}
}
