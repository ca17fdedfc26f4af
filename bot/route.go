package bot

import (
	"slices"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// matter is what the routes look at in a case: the session that opened it, and what was
// bad in it.
func (t *turn) matter() recovery.Matter {
	about := t.ofCase()
	s := about.session
	return recovery.Matter{
		Site: t.kase.Site, Service: s.Service, Dimensions: about.bad(), Language: s.Lang, Tier: s.Facts.Tier,
		Owner: t.snap.Team.Named(s.Attributes[AttrAgent]), Priority: t.kase.Decision.Priority,
	}
}

// bad are the quality dimensions of what the customer was unsatisfied with: of low
// answers and of the reasons that they chose.
func (t *turn) bad() []string {
	var all []string
	add := func(d string) {
		if d != "" && !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	j := &t.session.Judgement
	for i := range t.session.Answers {
		a := &t.session.Answers[i]
		at, ok := t.flow.Index[a.Question]
		if !ok || a.Dropped || a.Skipped {
			continue
		}
		q := &t.flow.Questions[at]
		if slices.Contains(j.Bottom, q.Key) || slices.Contains(j.Critical, q.Key) || lowAnswer(q, a) {
			add(q.Dimension)
		}
		for _, c := range q.Choices {
			if slices.Contains(a.Choices, c.Key) {
				add(c.Dimension)
			}
		}
	}
	return all
}

func lowAnswer(q *survey.Question, a *survey.Answer) bool {
	return a.Value != nil && slices.ContainsFunc(q.Scale.Options, func(o survey.Option) bool {
		return o.Value == *a.Value && o.Flag == survey.Unsatisfied
	})
}

// places are the chats where the case's cards hang from now on: those where they hang
// already, those of its route, and those of whom a clock of the case calls now: they can
// act in their own chats, and see what becomes of it. A chat that takes no messages is left out.
func (t *turn) places() []chat.Address {
	m := t.matter()
	all := slices.Concat(t.kase.Cards, t.snap.Hears(m))
	for _, e := range t.news {
		if e.Kind == recovery.EventStruck && e.To != recovery.ToThread {
			all = append(all, t.escalated(e.To, m)...)
		}
	}
	all = t.snap.Distinct(all)
	if len(all) > len(t.kase.Cards) {
		t.kase.Cards, t.out.Case = all, t.kase
	}
	return slices.DeleteFunc(slices.Clone(all), func(a chat.Address) bool { return t.snap.Lost(a) || t.snap.Former(a) })
}
