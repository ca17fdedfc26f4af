package figures

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// ErrNotYet says that the days of a filter are being added up, and are too many to be read one by one until then.
var ErrNotYet = errors.New("answers are not added up yet")

// ChoiceStore is what is read to count what was chosen.
type ChoiceStore interface {
	Store
	storage.Giving
}

// Chosen is how often each choice of a question was taken by those who answered it.
type Chosen struct {
	Flow     string
	Question *survey.Question
	Answered int
	Taken    []report.Clustered // as the choices of the question stand
}

// Choices counts what was chosen in conversations of a filter with a level from worst to best, 0 and 0 = any, of the
// questions that surveys ask now; those that were answered most come first. Up to Exact answered conversations on
// the days and at the sites they are read one by one; above, they are added up by day, unless the filter
// says something of a service, of staff, a language or a channel, or not all days are added up yet. ErrTooMany,
// ErrNotYet: so it is, and more than Most fit the filter.
func Choices(ctx context.Context, from ChoiceStore, f storage.FigureFilter, worst, best int, flows map[string]*survey.Flow) (all []Chosen, summed bool, err error) {
	f.Limit = Most
	if worst < 1 || best > 7 || worst > best {
		worst, best = 1, 7
	}
	among, err := amongOf(ctx, from, f)
	if err != nil {
		return nil, false, err
	}
	if among > cmp.Or(f.Exact, Exact) && len(conditions(&f, "")) == 0 {
		cells, err := from.CellChoices(ctx, f)
		if err != nil {
			return nil, false, err
		}
		if cells.Ready {
			return chosenOf(&cells, f, worst, best, flows), true, nil
		}
	}
	list, more, err := from.Given(ctx, f)
	switch {
	case err != nil:
		return nil, false, err
	case more && len(conditions(&f, "")) == 0: // more than are added up so far
		return nil, false, ErrNotYet
	case more:
		return nil, false, ErrTooMany
	}
	return ChosenOf(list, worst, best, flows), false, nil
}

// amongOf is how many conversations there are on the days and at the sites of a filter, whatever else it says, as far
// as they are added up; 0 where sums are not of them.
func amongOf(ctx context.Context, from Store, f storage.FigureFilter) (int, error) {
	if f.Of != storage.OfCustomers {
		return 0, nil
	}
	f.Flow, f.Service, f.Staff, f.Language, f.Channel = "", "", "", "", ""
	cells, err := from.Cells(ctx, f, storage.CellsWhole)
	return counted(cells), err
}

// choiceQuestions calls each for every question with choices.
func choiceQuestions(flows map[string]*survey.Flow, each func(flow string, q *survey.Question)) {
	for id, f := range flows {
		for i := range f.Questions {
			if q := &f.Questions[i]; q.Kind == survey.ChoiceQ {
				each(id, q)
			}
		}
	}
}

// ChosenOf counts what was chosen in conversations that were read one by one.
func ChosenOf(list []storage.GivenSession, worst, best int, flows map[string]*survey.Flow) (all []Chosen) {
	type tallied struct {
		*survey.Question
		answered int
		taken    []report.Run
	}
	by := map[string][]*tallied{}
	choiceQuestions(flows, func(flow string, q *survey.Question) {
		by[flow] = append(by[flow], &tallied{Question: q, taken: make([]report.Run, len(q.Choices))})
	})
	for i := range list { // those of a customer side by side
		g := &list[i]
		if g.Level < worst || g.Level > best {
			continue
		}
		for _, t := range by[g.Flow] {
			given := g.Answer(t.Key)
			if given == nil || given.Kind != string(survey.ChoiceQ) {
				continue
			}
			t.answered++
			for n := range t.Choices {
				t.taken[n].Add(g.Customer, slices.Contains(given.Choices, t.Choices[n].Key))
			}
		}
	}
	for flow, questions := range by {
		for _, t := range questions {
			if t.answered == 0 {
				continue
			}
			c := Chosen{Flow: flow, Question: t.Question, Answered: t.answered}
			for n := range t.taken {
				c.Taken = append(c.Taken, t.taken[n].Rate())
			}
			all = append(all, c)
		}
	}
	return sorted(all)
}

func sorted(all []Chosen) []Chosen {
	slices.SortFunc(all, func(a, b Chosen) int {
		return cmp.Or(cmp.Compare(b.Answered, a.Answered), cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Question.Key, b.Question.Key))
	})
	return all
}

// choiceSums are the answers to one question, added up.
type choiceSums struct {
	answered int
	months   map[group]int // answers in a month, at a site
	taken    map[string]int
	fewest   int                        // of how many customers they are, at the least
	near     report.Clusters            // of the answers of these months
	alike    map[string]report.Clusters // of those that took a choice: K, MK and KK
}

// chosenOf counts what was chosen of sums by day. The likeness of what a customer chose is that of whole months at the
// sites, whatever the level.
func chosenOf(cells *storage.CellChoices, f storage.FigureFilter, worst, best int, flows map[string]*survey.Flow) (all []Chosen) {
	type key struct{ flow, question string }
	by := map[key]*choiceSums{}
	for i := range cells.Sums {
		c := &cells.Sums[i]
		n := 0
		for _, k := range c.Levels[worst-1 : best] {
			n += int(k)
		}
		if n == 0 {
			continue
		}
		s := by[key{c.Flow, c.Question}]
		if s == nil {
			s = &choiceSums{months: map[group]int{}, taken: map[string]int{}, alike: map[string]report.Clusters{}}
			by[key{c.Flow, c.Question}] = s
		}
		if c.Choice == "" {
			s.answered += n
			s.months[group{c.Site, c.Month, c.Flow}] += n
		} else {
			s.taken[c.Choice] += n
		}
	}
	for i := range cells.Months {
		m := &cells.Months[i]
		if s := by[key{m.Flow, m.Question}]; s != nil {
			s.add(m, worst == 1 && best == 7 && wholeMonth(m.Month, f.From, f.To))
		}
	}
	choiceQuestions(flows, func(flow string, q *survey.Question) {
		s := by[key{flow, q.Key}]
		if s == nil {
			return
		}
		c := Chosen{Flow: flow, Question: q, Answered: s.answered}
		for i := range q.Choices {
			c.Taken = append(c.Taken, s.rate(q.Choices[i].Key))
		}
		all = append(all, c)
	})
	return sorted(all)
}

// add takes a month in; whole: all answers of it are among these.
func (s *choiceSums) add(m *storage.CellChoiceMonth, whole bool) {
	n := s.months[group{m.Site, m.Month, m.Flow}]
	if n == 0 {
		return
	}
	s.near.Customers += m.Customers
	s.near.M, s.near.MM = s.near.M+float64(m.M), s.near.MM+float64(m.MM)
	for i := range m.Choices {
		of := &m.Choices[i]
		c := s.alike[of.Choice]
		c.K, c.MK, c.KK = c.K+float64(of.K), c.MK+float64(of.MK), c.KK+float64(of.KK)
		s.alike[of.Choice] = c
	}
	if m.Most > 0 {
		s.fewest = max(s.fewest, (n+m.Most-1)/m.Most)
	}
	if whole {
		s.fewest = max(s.fewest, min(m.Customers, n))
	}
}

// rate is the share of those who took a choice.
func (s *choiceSums) rate(choice string) report.Clustered {
	c, of := s.near, s.alike[choice]
	c.K, c.MK, c.KK = of.K, of.MK, of.KK
	effect := 1.0
	if c.M > 0 {
		effect = c.Rate().Effect
	}
	return report.Summed(s.taken[choice], s.answered, s.fewest, effect)
}
