package survey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// checkConditions looks at every `when`: what it is written about first, then whether
// any answers at all can make it true.
func (c *checker) checkConditions() {
	before := len(c.problems)
	for i := range c.flow.Questions {
		if q := &c.flow.Questions[i]; q.When != nil {
			c.checkCond(i, q.When)
		}
	}
	if len(c.problems) > before && slices.ContainsFunc(c.problems[before:], func(p Problem) bool { return p.Severity == Fatal }) {
		return // what a broken condition can reach means nothing
	}
	places := order(c.flow, "")
	for i := range c.flow.Questions {
		q := &c.flow.Questions[i]
		if q.When == nil {
			continue
		}
		s := search{flow: c.flow, places: places, target: i}
		switch {
		case !s.possible(false):
			c.fatal(q, "dead_condition", "The condition of %q can never be true. Correct it, or remove the question.", q.Key)
		case !s.possible(true):
			c.fatal(q, "unreachable", "%q is never asked: whenever its condition could be true, a question that it depends on is not asked.", q.Key)
		}
	}
}

// checkThanks looks at the last words that hang on conditions. They are said when everything
// was answered, so no question is too late for them.
func (c *checker) checkThanks() {
	last := len(c.flow.Thanks) - 1
	for k := range c.flow.Thanks {
		t := &c.flow.Thanks[k]
		what := fmt.Sprintf("the words %d of thanks", k+1)
		c.words(nil, what, t.Say, true)
		c.checkGaps(nil, what, t.Say, thanksGaps...)
		if t.When == nil {
			if k < last {
				c.fatal(nil, "thanks_always", "%s have no condition, so those after them are never said. Move them to the end.", capital(what))
			}
			continue
		}
		if c.checkCond(NoQuestion, t.When); t.When.Subject == "" && len(t.When.All)+len(t.When.Any) == 0 && t.When.Not == nil {
			continue
		}
	}
}

// checkCond looks at the shape and the subjects of one condition of question i; NoQuestion:
// of one that is looked at in the end.
func (c *checker) checkCond(i int, cond *Cond) {
	q := &Question{Key: "thanks"}
	if i != NoQuestion {
		q = &c.flow.Questions[i]
	}
	forms := 0
	for _, used := range []bool{len(cond.All) > 0, len(cond.Any) > 0, cond.Not != nil, cond.Subject != ""} {
		if used {
			forms++
		}
	}
	if forms != 1 {
		c.fatal(q, "condition_form", "A condition of %q must be exactly one of all, any, not, or a test of one answer.", q.Key)
		return
	}
	for k := range cond.All {
		c.checkCond(i, &cond.All[k])
	}
	for k := range cond.Any {
		c.checkCond(i, &cond.Any[k])
	}
	if cond.Not != nil {
		c.checkCond(i, cond.Not)
	}
	if cond.Subject != "" {
		c.checkTest(i, cond)
	}
}

func (c *checker) checkTest(i int, cond *Cond) {
	q := &Question{Key: "thanks"}
	if i != NoQuestion {
		q = &c.flow.Questions[i]
	}
	if cond.Answered == nil && cond.onlyAnswered() {
		c.fatal(q, "condition_empty", "The condition of %q on %q asks for nothing. Give it a flag, a value or a bound.", q.Key, cond.Subject)
	}
	for _, flag := range cond.Flags {
		switch {
		case strings.HasPrefix(cond.Subject, "event."):
		case flag == Unhappy && cond.Subject != "judgement":
			c.fatal(q, "bad_flag", "Only the judgement can be unhappy; of %q ask for unsatisfied, neutral, satisfied or delighted.", cond.Subject)
		case rank(flag) < 0 && flag != Unhappy:
			c.fatal(q, "bad_flag", "%q is no flag. Use unsatisfied, neutral, satisfied or delighted.", flag)
		}
	}
	if strings.HasPrefix(cond.Subject, "event.") {
		return
	}
	if cond.Subject == "judgement" {
		if cond.Contains != "" {
			c.fatal(q, "condition_kind", "The judgement contains no choices.")
		}
		return
	}
	of := c.flow.index(cond.Subject)
	if of == NoQuestion && cond.Subject == "primary" {
		of = c.flow.primary()
	}
	if of == NoQuestion || c.flow.Questions[of].Kind == MessageQ {
		c.fatal(q, "condition_unknown", "The condition of %q names %q, which is no question with an answer.", q.Key, cond.Subject)
		return
	}
	about := &c.flow.Questions[of]
	switch {
	case i == NoQuestion:
	case of == i:
		c.fatal(q, "condition_self", "%q depends on its own answer.", q.Key)
		return
	case q.Rotate != "" && q.Rotate == about.Rotate:
		c.fatal(q, "condition_rotated", "%q depends on %q, which rotates with it and may come later. Take one of them out of the group.", q.Key, about.Key)
		return
	case !c.comesBefore(of, i):
		c.fatal(q, "condition_later", "%q depends on %q, which is asked later. Move %q up.", q.Key, about.Key, about.Key)
		return
	}
	c.checkKinds(q, about, cond)
}

// comesBefore reports whether question a is asked before question b in every order.
func (c *checker) comesBefore(a, b int) bool {
	preA, preB := c.flow.Questions[a].Phase == Pre, c.flow.Questions[b].Phase == Pre
	if preA != preB {
		return preA
	}
	first, last := c.placesOf(a)
	firstB, _ := c.placesOf(b)
	return first < firstB && last < firstB
}

// placesOf is where question i can stand in the file's order, its group rotated.
func (c *checker) placesOf(i int) (first, last int) {
	group := c.flow.Questions[i].Rotate
	if group == "" {
		return i, i
	}
	first, last = i, i
	for k := range c.flow.Questions {
		if c.flow.Questions[k].Rotate == group {
			first, last = min(first, k), max(last, k)
		}
	}
	return first, last
}

// checkKinds looks at whether about can have the answers that cond asks for.
func (c *checker) checkKinds(q, about *Question, cond *Cond) {
	switch {
	case len(cond.Flags) > 0 && about.Kind != ScaleQ:
		c.fatal(q, "condition_kind", "The condition of %q asks for a flag of %q, which has none.", q.Key, about.Key)
	case cond.compares() && !about.Kind.Info().Numeric:
		c.fatal(q, "condition_kind", "The condition of %q compares %q with a number, but it has no numbers.", q.Key, about.Key)
	case cond.Contains != "" && about.Kind != ChoiceQ:
		c.fatal(q, "condition_kind", "The condition of %q looks for a choice in %q, which has none.", q.Key, about.Key)
	}
	if len(cond.Mentions) > 0 && (about.Kind.Info().Way != Typed || about.Kind.Info().Numeric) {
		c.fatal(q, "condition_kind", "The condition of %q looks for words in %q, which is not answered in words.", q.Key, about.Key)
	}
	for _, w := range cond.Mentions {
		if bare(w) == "" {
			c.warn(q, "condition_value", "Nobody can write %q: nothing is left of it where words are compared.", w)
		}
	}
	switch cond.Left {
	case "", LeftUnclear:
	case LeftDontKnow, LeftPreferNot:
		if !about.Offers(cond.Left) {
			c.warn(q, "condition_left", "The condition of %q asks whether %q was left with %s, but it has no such button.", q.Key, about.Key, cond.Left)
		}
	default:
		c.fatal(q, "condition_left", "%q is no reason to leave a question. Use dont_know, prefer_not or unclear.", cond.Left)
	}
	if about.Reverse {
		c.reversedTest(q, about, cond)
	}
	for _, flag := range cond.Flags {
		if about.Kind == ScaleQ && !slices.ContainsFunc(about.Scale.Options, func(o Option) bool { return o.Flag == flag }) {
			c.warn(q, "condition_flag", "The condition of %q asks whether %q is %s, but no option of it is.", q.Key, about.Key, flag)
		}
	}
	known := func(value string) bool {
		switch about.Kind {
		case ScaleQ, NumberQ:
			x, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return false
			}
			low, high, bounded := about.span()
			return about.option(x) != nil || about.Kind == NumberQ && (!bounded || x >= low && x <= high)
		case ChoiceQ:
			return slices.ContainsFunc(about.Choices, func(ch Choice) bool { return ch.Key == value })
		}
		return true
	}
	for _, value := range cond.Values {
		if !known(value) {
			c.warn(q, "condition_value", "The condition of %q asks for %q, which is no answer to %q.", q.Key, value, about.Key)
		}
	}
	if cond.Contains != "" && about.Kind == ChoiceQ && !known(cond.Contains) {
		c.warn(q, "condition_value", "The condition of %q asks for %q, which is no choice of %q.", q.Key, cond.Contains, about.Key)
	}
}

// reversedTest warns of a test of a value that was turned round.
func (c *checker) reversedTest(q, about *Question, cond *Cond) {
	for _, value := range cond.Values {
		if x, err := strconv.ParseFloat(value, 64); err == nil {
			c.warn(q, "reversed_condition", "%q is reversed: %s: %s holds for the tap on %v. Write %s: %v for the tap on %s.", about.Key, about.Key, value, about.meant(x), about.Key, about.meant(x), value)
		}
	}
	if cond.compares() {
		c.warn(q, "reversed_condition", "%q is reversed: what the condition of %q compares is its value after it was turned round, where the lowest is the worst.", about.Key, q.Key)
	}
}

// search tries answers until a condition holds. It tries too much rather than too
// little, so that it never calls a question unreachable that can be reached.
type search struct {
	flow   *Flow
	places []int
	target int

	chain      bool // questions are only answered where their own condition holds
	tries      int
	questions  []int // that the target depends on, in the order asked
	attributes []string
	judgement  bool
	view       view
}

// maxTries bounds the search; a condition that needs more counts as possible.
const maxTries = 20000

// possible reports whether any answers make the target's condition true. With chain
// the questions that it depends on must themselves be asked.
func (s *search) possible(chain bool) bool {
	s.chain, s.tries = chain, 0
	s.questions, s.attributes, s.judgement = nil, nil, false
	s.collect(s.flow.Questions[s.target].When)
	slices.SortFunc(s.questions, func(a, b int) int { return slices.Index(s.places, a) - slices.Index(s.places, b) })
	s.view = view{flow: s.flow, replies: make([]reply, len(s.flow.Questions)), attributes: map[string]string{}}
	return s.tryAttributes(0)
}

// collect notes what a condition depends on, and with chain what that depends on.
func (s *search) collect(c *Cond) {
	for _, test := range tests(c, nil) {
		if name, ok := strings.CutPrefix(test.Subject, "event."); ok {
			if !slices.Contains(s.attributes, name) {
				s.attributes = append(s.attributes, name)
			}
			continue
		}
		if test.Subject == "judgement" {
			s.judgement = true
			if p := s.flow.primary(); p != NoQuestion && slices.Index(s.places, p) < slices.Index(s.places, s.target) {
				s.include(p)
			}
			continue
		}
		i := s.flow.index(test.Subject)
		if i == NoQuestion {
			i = s.flow.primary()
		}
		s.include(i)
	}
}

func (s *search) include(i int) {
	if i == NoQuestion || slices.Contains(s.questions, i) {
		return
	}
	s.questions = append(s.questions, i)
	if s.chain && s.flow.Questions[i].When != nil {
		s.collect(s.flow.Questions[i].When)
	}
}

// tests lists the tests of single subjects within a condition.
func tests(c *Cond, found []*Cond) []*Cond {
	if c == nil {
		return found
	}
	if c.Subject != "" {
		return append(found, c)
	}
	for i := range c.All {
		found = tests(&c.All[i], found)
	}
	for i := range c.Any {
		found = tests(&c.Any[i], found)
	}
	return tests(c.Not, found)
}

// about lists the tests of one subject anywhere in the flow.
func (s *search) about(is func(subject string) bool) []*Cond {
	var found []*Cond
	for i := range s.flow.Questions {
		for _, test := range tests(s.flow.Questions[i].When, nil) {
			if is(test.Subject) {
				found = append(found, test)
			}
		}
	}
	return found
}

func (s *search) tryAttributes(n int) bool {
	if n == len(s.attributes) {
		return s.tryQuestions(0)
	}
	name := s.attributes[n]
	tests := s.about(func(subject string) bool { return subject == "event."+name })
	values := []string{"", "something else"}
	for _, t := range tests {
		values = append(values, t.Values...)
		values = append(values, t.Mentions...)
		for _, flag := range t.Flags {
			values = append(values, string(flag))
		}
		if t.Contains != "" {
			values = append(values, t.Contains)
		}
		for _, x := range around(t) {
			values = append(values, strconv.FormatFloat(x, 'g', -1, 64))
		}
	}
	for _, value := range values {
		s.view.attributes[name] = value
		if s.tryQuestions(0) {
			return true
		}
	}
	return false
}

// tryQuestions tries every answer to the n-th question and those after it.
func (s *search) tryQuestions(n int) bool {
	if s.tries++; s.tries > maxTries {
		return true
	}
	if n == len(s.questions) {
		return s.holds(s.flow.Questions[s.target].When)
	}
	i := s.questions[n]
	s.view.replies[i] = reply{}
	if s.tryQuestions(n + 1) {
		return true
	}
	if s.chain && s.flow.Questions[i].When != nil && !s.holds(s.flow.Questions[i].When) {
		return false
	}
	for _, a := range s.candidates(i) {
		s.view.replies[i] = reply{answer: &a}
		if s.tryQuestions(n + 1) {
			return true
		}
	}
	for _, why := range []Left{LeftDontKnow, LeftPreferNot, LeftUnclear} {
		if !s.flow.Questions[i].Offers(why) && why != LeftUnclear {
			continue
		}
		s.view.replies[i] = reply{skipped: true, left: why}
		if s.tryQuestions(n + 1) {
			return true
		}
	}
	s.view.replies[i] = reply{}
	return false
}

// holds reports whether a condition is true for some judgement that goes with the
// answers under trial.
func (s *search) holds(c *Cond) bool {
	if !s.judgement {
		return s.view.holds(c) == yes
	}
	flags := s.verdicts()
	moods := []bool{false}
	if s.mayBeUnhappy() {
		moods = append(moods, true)
	}
	for _, flag := range flags {
		for _, mood := range moods {
			for _, within := range []bool{true, false} {
				s.view.assumed = &assumption{flag: flag, unhappy: mood || flag == Unsatisfied, within: within}
				holds := s.view.holds(c) == yes
				s.view.assumed = nil
				if holds {
					return true
				}
			}
		}
	}
	return false
}

// mayBeUnhappy reports whether a question before the target, other than the primary one,
// can be answered so that it calls staff by itself.
func (s *search) mayBeUnhappy() bool {
	for _, i := range s.places[:slices.Index(s.places, s.target)] {
		if q := &s.flow.Questions[i]; !q.Primary && q.Alert != AlertNever &&
			(q.Attribute() || q.Kind == ScaleQ && q.Alert != AlertDefault) {
			return true
		}
	}
	return false
}

// verdicts lists what the judgement can be beside the primary answer under trial. An
// unsatisfied primary answer decides; another leaves it open only while something else
// before the target can make the judgement unsatisfied.
func (s *search) verdicts() []Flag {
	p := s.flow.primary()
	if p == NoQuestion || !slices.Contains(s.questions, p) {
		return []Flag{Unsatisfied, Neutral, Satisfied, Delighted, NoFlag}
	}
	own := []Flag{NoFlag, Satisfied}
	if a := s.view.replies[p].answer; a != nil && a.Value != nil {
		own = own[:1]
		if o := s.flow.Questions[p].option(s.flow.Questions[p].meant(*a.Value)); o != nil {
			own[0] = o.Flag
		}
		if own[0] == Unsatisfied {
			return own
		}
	}
	for _, i := range s.places[:slices.Index(s.places, s.target)] {
		q := &s.flow.Questions[i]
		if len(q.Critical) > 0 || len(q.Calls) > 0 || q.Reported != "" || q.Pair != "" || q.Scored() && (i != p || !q.Scale.Ladder) {
			return append(own, Unsatisfied)
		}
	}
	return own
}

// candidates lists answers to question i that conditions could tell apart.
func (s *search) candidates(i int) []Answer {
	q := &s.flow.Questions[i]
	tests := s.about(func(subject string) bool { return subject == q.Key || subject == "primary" && q.Primary })
	var out []Answer
	number := func(x float64) { out = append(out, Answer{Value: &x}) }
	switch q.Kind {
	case ScaleQ:
		for o := range q.Scale.Options {
			number(q.Scale.Options[o].Value)
		}
	case NumberQ:
		low, high, bounded := q.span()
		xs := []float64{low, high}
		for _, t := range tests {
			xs = append(xs, around(t)...)
			for _, value := range t.Values {
				if x, err := strconv.ParseFloat(value, 64); err == nil {
					xs = append(xs, x)
				}
			}
		}
		for _, x := range xs {
			if !bounded || x >= low && x <= high {
				number(x)
			}
		}
	case ChoiceQ:
		for a := range q.Choices {
			out = append(out, Answer{Choices: []string{q.Choices[a].Key}})
			for b := a + 1; b < len(q.Choices) && q.isMultiple(); b++ {
				out = append(out, Answer{Choices: []string{q.Choices[a].Key, q.Choices[b].Key}})
			}
		}
	default:
		out = append(out, Answer{Text: "something else"})
		for _, t := range tests {
			for _, value := range slices.Concat(t.Values, t.Mentions) {
				out = append(out, Answer{Text: value})
			}
		}
	}
	return out
}

// around lists numbers on, under and over the bounds of a test.
func around(t *Cond) []float64 {
	var xs []float64
	for _, bound := range []*float64{t.Below, t.Above, t.AtMost, t.AtLeast} {
		if bound != nil {
			xs = append(xs, *bound, *bound-0.5, *bound+0.5)
		}
	}
	return xs
}
