package survey_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// ways are the paths of a flow file, each as the keys of what is asked.
func ways(t *testing.T, source string, attributes map[string]string, most int) (all []string, more bool) {
	t.Helper()
	f, err := flowfile.Parse([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	paths, more := survey.Paths(f, attributes, most)
	for _, p := range paths {
		var keys []string
		for _, i := range p.Asked {
			keys = append(keys, f.Questions[i].Key)
		}
		all = append(all, strings.Join(keys, " "))
	}
	slices.Sort(all)
	return all, more
}

const forked = `flow: forked
class: transactional
title: Forked
questions:
  - {key: overall, scale: csat5, primary: true, ask: How was it?}
  - {key: speed, scale: csat5, ask: How fast?}
  - {key: why, text: long, optional: true, when: {overall: unsatisfied}, ask: Why?}
  - {key: more, text: long, when: {why: {answered: true}}, ask: More?}
  - {key: room, scale: csat5, when: {event.service_name: stay}, ask: And the room?}
`

func TestPathsAreTheWaysThatConditionsMake(t *testing.T) {
	got, more := ways(t, forked, nil, 200)
	want := []string{"overall speed", "overall speed why", "overall speed why more"}
	if !slices.Equal(got, want) || more {
		t.Errorf("the ways are %q (more: %t), want %q", got, more, want)
	}
	got, _ = ways(t, forked, map[string]string{"service_name": "stay"}, 200)
	if len(got) != 3 || got[0] != "overall speed room" {
		t.Errorf("after a stay the ways are %q", got)
	}
	if got, more = ways(t, forked, nil, 2); len(got) != 2 || !more {
		t.Errorf("of three ways two are asked for, and %q are found (more: %t)", got, more)
	}
}

func TestAPathHasItsWorstAndItsBestAnswers(t *testing.T) {
	f, err := flowfile.Parse([]byte(forked))
	if err != nil {
		t.Fatal(err)
	}
	paths, _ := survey.Paths(f, nil, 200)
	for _, p := range paths {
		worst, best := survey.Judge(f, p.Worst, true), survey.Judge(f, p.Best, true)
		switch len(p.Asked) {
		case 2: // whoever is not unsatisfied: from neutral, with the worst speed, to delighted
			if worst.Mood >= best.Mood || best.Mood != 7 {
				t.Errorf("%v: level %d to %d", p.Asked, worst.Mood, best.Mood)
			}
		default:
			if worst.Mood > 2 || best.Mood > 3 {
				t.Errorf("%v: unsatisfied, and level %d to %d", p.Asked, worst.Mood, best.Mood)
			}
		}
	}
}

// TestTheJudgementMakesWaysToo: whoever is happy with the main thing and unhappy with the others goes
// another way than whoever is happy with all, and both are found, with the levels between which they are.
func TestTheJudgementMakesWaysToo(t *testing.T) {
	f, _, ok := flowfile.Template("restaurant")
	if !ok {
		t.Fatal("the survey is not shipped")
	}
	paths, _ := survey.Paths(f, nil, 200)
	calm := 0
	for _, p := range paths {
		worst, best := survey.Judge(f, p.Worst, true).Mood, survey.Judge(f, p.Best, true).Mood
		if worst > best {
			t.Errorf("%v: the worst answers are at level %d, the best at %d", p.Asked, worst, best)
		}
		if best == 7 {
			calm++
			if worst == 7 {
				t.Errorf("%v: nobody but the delighted goes there", p.Asked)
			}
		}
	}
	if calm == 0 {
		t.Errorf("no way of the delighted is among %v", paths)
	}
}

// TestEveryPathCanBeWalked: the engine asks what a path says when its answers are given, in every
// shipped survey.
func TestEveryPathCanBeWalked(t *testing.T) {
	for _, f := range flowfile.Templates() {
		for i := range f.Questions {
			f.Questions[i].Rotate = "" // the order is each session's own
		}
		paths, _ := survey.Paths(f, nil, 200)
		if len(paths) == 0 {
			t.Errorf("%s: there is no way", f.ID)
		}
		for _, p := range paths {
			for which, answers := range map[string][]survey.Answer{"worst": p.Worst, "best": p.Best} {
				if got := asksOf(t, f, answers); got != fmt.Sprint(p.Asked) {
					t.Errorf("%s, %s: asked are %s, want %v", f.ID, which, got, p.Asked)
				}
			}
		}
	}
}

// asksOf are the questions that the engine asks of whoever gives these answers.
func asksOf(t *testing.T, f survey.Flow, answers []survey.Answer) string {
	t.Helper()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := survey.Session{ID: "s", Flow: f.ID, Lang: "en", Open: survey.NoQuestion, Status: survey.New, Attributes: map[string]string{}}
	step := func(in survey.Input) (told []int) {
		tr := survey.Step(f, s, in, now)
		for _, e := range tr.Effects {
			if m, ok := e.(survey.Tell); ok {
				told = append(told, m.Question)
			}
		}
		s = tr.Session
		return told
	}
	asked := step(survey.Open{})
	for !s.Status.Final() {
		if s.Status == survey.Waiting {
			asked = append(asked, step(survey.Resume{})...)
			continue
		}
		i := s.Open
		if len(asked) > len(f.Questions) {
			t.Fatalf("%s goes round: %v", f.ID, asked)
		}
		asked = append(asked, i)
		q := &f.Questions[i]
		at := slices.IndexFunc(answers, func(a survey.Answer) bool { return a.Question == q.Key })
		if at < 0 {
			return fmt.Sprintf("%v, and there is no answer to the last", asked)
		}
		a := answers[at]
		switch {
		case a.Skipped:
			asked = append(asked, step(survey.Skip{Question: i})...)
		case q.Kind == survey.ScaleQ:
			o := slices.IndexFunc(q.Scale.Options, func(o survey.Option) bool { return o.Value == *a.Value })
			asked = append(asked, step(survey.Pick{Question: i, Option: o})...)
		case q.Kind == survey.ChoiceQ:
			for _, key := range a.Choices {
				o := slices.IndexFunc(q.Choices, func(c survey.Choice) bool { return c.Key == key })
				if q.Max > 1 {
					asked = append(asked, step(survey.Toggle{Question: i, Option: o})...)
				} else {
					asked = append(asked, step(survey.Pick{Question: i, Option: o})...)
				}
			}
			if s.Open == i {
				asked = append(asked, step(survey.Done{Question: i})...)
			}
		case q.Kind == survey.FileQ:
			asked = append(asked, step(survey.Attach{Files: []survey.File{{Kind: "photo", ID: "p"}}})...)
		default:
			for _, words := range []string{a.Text, q.Prompt().Example, "2026-01-31", "5"} {
				if s.Open == i && !s.Status.Final() && words != "" {
					asked = append(asked, step(survey.Write{Text: words})...)
				}
			}
		}
		if s.Open == i && !s.Status.Final() {
			return fmt.Sprintf("%v, and the last takes no answer", asked)
		}
	}
	slices.Sort(asked)
	return fmt.Sprint(asked)
}
