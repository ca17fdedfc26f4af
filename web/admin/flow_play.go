package admin

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/survey"
)

// playing is a conversation that answers itself: with what was said, then on a path.
type playing struct {
	t    *draw.Talk
	said []spoken
	path string // "" = it stops at the first question without an answer

	waits bool     // it stopped there
	kept  []string // what of said applies
}

func (p *playing) step(in survey.Input) survey.Transition {
	tr := survey.Step(p.t.Flow.Flow, p.t.Session.Session, in, p.t.Now)
	p.t.Session.Session = tr.Session
	return tr
}

// play goes through the conversation, and hands on each message with its answer. The result
// is what the answers mean.
func (p *playing) play(tell func(chatTurn)) survey.Judgement {
	t, f := p.t, p.t.Flow.Flow
	shown := func(effects []survey.Effect) {
		for _, e := range effects {
			if m, ok := e.(survey.Tell); ok {
				tell(chatTurn{Message: draw.Question(t.Asks(m.Question), t.Flow, m.Question)})
			}
		}
	}
	shown(p.step(survey.Open{}).Effects)
	for range mostTurns {
		if t.Session.Status == survey.Waiting {
			shown(p.step(survey.Resume{}).Effects)
			continue
		}
		i := t.Session.Open
		if t.Session.Status.Final() || i < 0 || i >= len(f.Questions) {
			break
		}
		q := &f.Questions[i]
		asked := chatTurn{Message: draw.Question(t.Asks(i), t.Flow, i)}
		if t.Greets(i) {
			asked.Message = t.Greeted(t.Person(), asked.Message)
		}
		effects, answered := p.answer(q, i)
		if !answered {
			p.waits = true
			turn := chatTurn{Message: asked.Message, Taps: [][]tap{}}
			if takesWords(q) {
				turn.Box = q.Key
			}
			tell(turn)
			break
		}
		if n := len(t.Session.Answers); n > 0 {
			asked.Answer = saidOn(q, &t.Session.Answers[n-1], t.Asks(i).Langs)
		}
		tell(asked)
		shown(effects)
	}
	return survey.Judge(f, t.Session.Answers, true)
}

// answer answers the open question: with what was said of it, else on the path.
func (p *playing) answer(q *survey.Question, i int) (effects []survey.Effect, answered bool) {
	open := func() bool { return p.t.Session.Open == i && !p.t.Session.Status.Final() }
	for _, s := range p.said {
		if s.key != q.Key || !open() {
			continue
		}
		if in := s.input(q, i); in != nil {
			effects = p.step(in).Effects
			p.kept = append(p.kept, s.text)
		}
	}
	if !open() {
		return effects, true
	}
	if p.path == "" {
		return nil, false
	}
	for _, in := range answerOn(q, i, p.path) {
		effects = p.step(in).Effects
	}
	if open() {
		effects = p.step(survey.Skip{Question: i}).Effects
	}
	return effects, !open()
}

// input is an answer as the engine takes it; nil where the question does not have it any more.
func (s spoken) input(q *survey.Question, i int) survey.Input {
	choice := slices.IndexFunc(q.Choices, func(c survey.Choice) bool { return c.Key == s.with })
	switch {
	case s.do == 'v' && q.Kind == survey.ScaleQ:
		if at := slices.IndexFunc(q.Scale.Options, func(o survey.Option) bool { return trimmed(o.Value) == s.with }); at >= 0 {
			return survey.Pick{Question: i, Option: at}
		}
	case s.do == 'c' && choice >= 0:
		return survey.Pick{Question: i, Option: choice}
	case s.do == 't' && choice >= 0:
		return survey.Toggle{Question: i, Option: choice}
	case s.do == 'd':
		return survey.Done{Question: i}
	case s.do == 's':
		return survey.Skip{Question: i}
	case s.do == 'w':
		return survey.Write{Text: s.with}
	}
	return nil
}

// takesWords reports whether a question is answered by writing; on words a scale is, too.
func takesWords(q *survey.Question) bool { return q.Kind != survey.MessageQ && q.Kind != survey.FileQ }

func trimmed(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// saidOn is an answer as the customer gave it.
func saidOn(q *survey.Question, a *survey.Answer, langs []string) string {
	switch {
	case a.Question != q.Key || a.Skipped:
		return ""
	case a.Value != nil && q.Kind == survey.ScaleQ:
		for _, o := range q.Scale.Options {
			if o.Value == *a.Value {
				return strings.TrimSpace(o.Symbol + " " + cmp.Or(o.Label.In(langs...), fmt.Sprint(o.Value)))
			}
		}
	case a.Value != nil:
		return fmt.Sprint(*a.Value)
	case len(a.Choices) > 0:
		var out []string
		for _, c := range q.Choices {
			if slices.Contains(a.Choices, c.Key) {
				out = append(out, c.Label.In(langs...))
			}
		}
		return strings.Join(out, ", ")
	case len(a.Files) > 0:
		return a.Files[0].Name
	}
	return a.Text
}

// answerOn is what somebody on a path taps or writes.
func answerOn(q *survey.Question, i int, path string) []survey.Input {
	switch q.Kind {
	case survey.ScaleQ:
		return []survey.Input{survey.Pick{Question: i, Option: optionOn(q, path)}}
	case survey.ChoiceQ:
		if q.Max > 1 {
			return []survey.Input{survey.Toggle{Question: i, Option: 0}, survey.Done{Question: i}}
		}
		return []survey.Input{survey.Pick{Question: i, Option: 0}}
	case survey.NumberQ:
		low, high := q.MinValue, q.MaxValue
		if q.Reverse {
			low, high = high, low
		}
		v := map[string]float64{worstPath: low, bestPath: high, neutralPath: float64(int((low + high) / 2))}[path]
		return []survey.Input{survey.Write{Text: fmt.Sprint(v)}}
	case survey.DateQ:
		return []survey.Input{survey.Write{Text: "2026-01-31"}}
	case survey.FileQ:
		return []survey.Input{survey.Attach{Files: []survey.File{{Kind: "photo", ID: "photo", Name: "photo.jpg"}}}}
	}
	example := q.Prompt().Example
	if example == "" || q.Kind == survey.TextQ {
		example = "…"
	}
	return []survey.Input{survey.Write{Text: example}}
}

// optionOn is the option that somebody on a path picks.
func optionOn(q *survey.Question, path string) int {
	worth := func(o survey.Option) float64 {
		if o.Score != nil {
			return *o.Score
		}
		switch o.Flag {
		case survey.Unsatisfied:
			return 0
		case survey.Satisfied:
			return 80
		case survey.Delighted:
			return 100
		case survey.Neutral:
			return 50
		}
		return -1 // it says nothing
	}
	best, found := 0, false
	closer := func(a, b float64) bool {
		switch path {
		case worstPath:
			return a < b
		case bestPath:
			return a > b
		}
		return max(a-55, 55-a) < max(b-55, 55-b)
	}
	for i, o := range q.Scale.Options {
		if w := worth(o); w >= 0 && (!found || closer(w, worth(q.Scale.Options[best]))) {
			best, found = i, true
		}
	}
	if q.Reverse && path != neutralPath {
		best = len(q.Scale.Options) - 1 - best
	}
	return best
}
