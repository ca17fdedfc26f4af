package survey

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Path is one way through a survey: what is asked of whoever answers like this.
type Path struct {
	Asked []int    // questions, by their index, in the order of the file
	Worst []Answer // the worst answers that were found to lead along it
	Best  []Answer // and the best
}

// Paths are the different ways through a survey about such an event, of which most are found at most;
// more says that there are others. Conditions decide which ways there are: answers that no condition
// tells apart are not tried one by one.
func Paths(f Flow, attributes map[string]string, most int) (all []Path, more bool) {
	p := &pathing{search: search{flow: &f}, most: most, by: map[string]int{}}
	for i := range f.Questions {
		p.places = append(p.places, i)
	}
	for _, aim := range []float64{0, 50, 75, 100} { // unhappy, indifferent, content, delighted
		p.aim, p.tries = aim, 0
		p.view = view{flow: &f, replies: make([]reply, len(f.Questions)), attributes: attributes}
		p.from(0, nil, nil)
		more = more || p.tries > maxTries
	}
	return p.all, more || p.over
}

// pathing is the search for ways.
type pathing struct {
	search
	aim  float64 // the score that answers come as close to as they can
	most int
	over bool // there are more than that
	all  []Path
	by   map[string]int // ways by what they ask
	span [][2]int       // of each way, the levels of its worst and of its best answers
}

// from goes on at a question.
func (p *pathing) from(i int, asked []int, answers []Answer) {
	if p.tries++; p.tries > maxTries {
		return
	}
	for i < len(p.flow.Questions) && !p.view.applies(i) {
		i++
	}
	if i == len(p.flow.Questions) {
		p.note(asked, answers)
		return
	}
	q := &p.flow.Questions[i]
	asked = append(slices.Clone(asked), i)
	if q.Kind == MessageQ {
		p.from(i+1, asked, answers)
		return
	}
	for _, a := range p.apart(i) {
		a.Question = q.Key
		p.view.enter(i, &a)
		p.from(i+1, asked, append(slices.Clone(answers), a))
		p.view.replies[i] = reply{}
	}
}

// note keeps a way.
func (p *pathing) note(asked []int, answers []Answer) {
	var name strings.Builder
	for _, i := range asked {
		name.WriteString(p.flow.Questions[i].Key + "\n")
	}
	at, known := p.by[name.String()]
	if !known {
		if len(p.all) == p.most {
			p.over = true
			return
		}
		at = len(p.all)
		p.by[name.String()] = at
		p.all = append(p.all, Path{Asked: asked, Worst: answers, Best: answers})
		p.span = append(p.span, [2]int{100, -1})
	}
	level := Judge(*p.flow, answers, true).Mood
	if level < p.span[at][0] {
		p.all[at].Worst, p.span[at][0] = answers, level
	}
	if level > p.span[at][1] {
		p.all[at].Best, p.span[at][1] = answers, level
	}
}

// apart are answers to a question of which conditions tell each from the others: of those that they take
// for the same, the one that comes closest to what is aimed at.
func (p *pathing) apart(i int) []Answer {
	q := &p.flow.Questions[i]
	about := p.about(func(subject string) bool { return subject == q.Key || subject == "primary" && q.Primary })
	if q.Primary { // a condition on the judgement reads its answer
		about = append(about, p.about(func(subject string) bool { return subject == "judgement" })...)
	}
	candidates := p.candidates(i)
	worth := func(a Answer) float64 {
		if a.Value == nil {
			return 0
		}
		if score, ok := q.Worth(*a.Value); ok {
			return score
		}
		if o := q.option(q.meant(*a.Value)); o != nil {
			return map[Flag]float64{Unsatisfied: 0, NoFlag: 45, Neutral: 50, Satisfied: 80, Delighted: 100}[o.Flag]
		}
		return q.meant(*a.Value)
	}
	slices.SortStableFunc(candidates, func(a, b Answer) int {
		return cmp.Compare(math.Abs(worth(a)-p.aim), math.Abs(worth(b)-p.aim))
	})
	if len(about) > 0 && q.Optional {
		candidates = append(candidates, Answer{Skipped: true})
	}
	var out []Answer
	seen := map[string]bool{}
	for _, a := range candidates {
		a.Question = q.Key
		p.view.enter(i, &a)
		var said strings.Builder
		for _, t := range about {
			said.WriteByte('0' + byte(p.view.holds(t)))
		}
		p.view.replies[i] = reply{}
		if !seen[said.String()] {
			seen[said.String()] = true
			out = append(out, a)
		}
	}
	return out
}
