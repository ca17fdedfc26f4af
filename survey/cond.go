package survey

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/survey/words"
)

// truth has three values, because nothing but `answered` is true about an answer
// that is missing: not of unknown is unknown, and a question whose condition is
// unknown is not asked.
type truth int8

const (
	unknown truth = iota
	no
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// reply is what became of one question so far.
type reply struct {
	answer  *Answer // nil: not answered, skipped or dropped
	skipped bool
	left    Left // why, where that was said
}

// view is what conditions and judgements look at: the replies by the question's
// index, and the event's attributes.
type view struct {
	flow       *Flow
	replies    []reply
	attributes map[string]string
	settling   bool // asked by settled: a condition on the judgement is unknown then
	assumed    *assumption
}

// assumption stands in for the judgement while Check tries what a condition can come to.
type assumption struct {
	flag    Flag
	unhappy bool
	within  bool // a level that is asked for lies within its bounds
}

// newView enters the answers of a session, or of a whole list of them.
func newView(f *Flow, answers []Answer, attributes map[string]string) view {
	v := view{flow: f, replies: make([]reply, len(f.Questions)), attributes: attributes}
	for i := range answers {
		if q := f.index(answers[i].Question); q != NoQuestion && !answers[i].Dropped {
			v.enter(q, &answers[i])
		}
	}
	return v
}

func (v *view) enter(q int, a *Answer) {
	if a.Skipped {
		v.replies[q] = reply{skipped: true, left: a.Left}
	} else {
		v.replies[q] = reply{answer: a}
	}
}

// applies reports whether question q is asked, given what was entered so far.
func (v *view) applies(q int) bool {
	c := v.flow.Questions[q].When
	return c == nil || v.holds(c) == yes
}

func (v *view) holds(c *Cond) truth {
	switch {
	case len(c.All) > 0:
		all := yes
		for i := range c.All {
			switch v.holds(&c.All[i]) {
			case no:
				return no
			case unknown:
				all = unknown
			}
		}
		return all
	case len(c.Any) > 0:
		some := no
		for i := range c.Any {
			switch v.holds(&c.Any[i]) {
			case yes:
				return yes
			case unknown:
				some = unknown
			}
		}
		return some
	case c.Not != nil:
		switch v.holds(c.Not) {
		case yes:
			return no
		case no:
			return yes
		}
		return unknown
	}
	return v.test(c)
}

// test judges one subject. Every part that is given must hold.
func (v *view) test(c *Cond) truth {
	if name, ok := strings.CutPrefix(c.Subject, "event."); ok {
		return testAttribute(c, v.attributes[name])
	}
	if c.Subject == "judgement" {
		return v.testJudgement(c)
	}
	q := v.flow.index(c.Subject)
	if c.Subject == "primary" && q == NoQuestion {
		q = v.flow.primary()
	}
	if q == NoQuestion {
		return unknown
	}
	a := v.replies[q].answer
	if c.Answered != nil && *c.Answered != (a != nil) {
		return no
	}
	if c.Left != "" && (a != nil || v.replies[q].skipped) {
		return truthOf(a == nil && v.replies[q].left == c.Left)
	}
	if a == nil {
		if c.Answered != nil && c.onlyAnswered() {
			return yes
		}
		return unknown
	}
	return truthOf(v.flow.Questions[q].meets(c, a))
}

// Holds reports whether a condition holds of everything that a session was answered.
func Holds(f Flow, s Session, c Cond) bool {
	v := newView(&f, s.Answers, s.Attributes)
	return v.holds(&c) == yes
}

// onlyAnswered reports whether the condition looks at nothing but `answered`.
func (c *Cond) onlyAnswered() bool {
	return len(c.Flags) == 0 && len(c.Values) == 0 && c.Contains == "" && len(c.Mentions) == 0 && c.Left == "" && !c.compares()
}

func (c *Cond) compares() bool {
	return c.Below != nil || c.Above != nil || c.AtMost != nil || c.AtLeast != nil
}

// within reports whether x lies within the condition's bounds.
func (c *Cond) within(x float64) bool {
	return (c.Below == nil || x < *c.Below) && (c.Above == nil || x > *c.Above) &&
		(c.AtMost == nil || x <= *c.AtMost) && (c.AtLeast == nil || x >= *c.AtLeast)
}

// meets reports whether an answer to q has everything that the condition asks for.
func (q *Question) meets(c *Cond, a *Answer) bool {
	var meant float64
	if a.Value != nil {
		meant = q.meant(*a.Value)
	}
	if len(c.Flags) > 0 {
		if a.Value == nil {
			return false
		}
		o := q.option(meant)
		if o == nil || !slices.Contains(c.Flags, o.Flag) {
			return false
		}
	}
	if c.compares() && (a.Value == nil || !c.within(meant)) {
		return false
	}
	if c.Contains != "" && !slices.Contains(a.Choices, c.Contains) {
		return false
	}
	if len(c.Mentions) > 0 && !mentions(a.Text, c.Mentions) {
		return false
	}
	return len(c.Values) == 0 || slices.ContainsFunc(c.Values, func(want string) bool {
		switch {
		case a.Value != nil:
			x, err := strconv.ParseFloat(want, 64)
			return err == nil && sameValue(x, meant)
		case len(a.Choices) > 0:
			return slices.Contains(a.Choices, want)
		}
		return a.Text == want
	})
}

// mentions reports whether words hold one of these, as words of their own and whatever the
// keyboard that they come from.
func mentions(said string, of []string) bool {
	return slices.ContainsFunc(of, func(w string) bool { return words.Holds(said, w) })
}

// testJudgement compares the judgement of the answers so far: its flag, or its level
// on the ladder where a number is asked for.
func (v *view) testJudgement(c *Cond) truth {
	if v.settling {
		return unknown
	}
	var m measures
	var flag Flag
	var unhappy bool
	if v.assumed != nil {
		flag, unhappy = v.assumed.flag, v.assumed.unhappy
	} else {
		m = v.measure(false)
		flag, unhappy = m.verdict(), m.unhappy()
	}
	is := func(f Flag) bool { return f == flag || f == Unhappy && unhappy }
	if c.Answered != nil && *c.Answered != (flag != NoFlag) {
		return no
	}
	if len(c.Flags) > 0 && !slices.ContainsFunc(c.Flags, is) {
		return no
	}
	if len(c.Values) > 0 && !slices.ContainsFunc(c.Values, func(f string) bool { return is(Flag(f)) }) {
		return no
	}
	if c.compares() {
		if v.assumed != nil {
			return truthOf(v.assumed.within)
		}
		if m.level == 0 {
			return unknown
		}
		return truthOf(c.within(float64(m.level)))
	}
	return yes
}

// testAttribute compares an attribute of the event. Unlike an answer, an attribute
// that is missing is known to be none of the values asked for.
func testAttribute(c *Cond, value string) truth {
	switch {
	case c.Answered != nil && *c.Answered != (value != ""):
		return no
	case value == "":
		return truthOf(c.Answered != nil && c.onlyAnswered())
	case len(c.Flags) > 0 && !slices.Contains(c.Flags, Flag(value)):
		return no
	case len(c.Values) > 0 && !slices.ContainsFunc(c.Values, func(want string) bool { return strings.EqualFold(want, value) }):
		return no
	case c.Contains != "" && !strings.Contains(value, c.Contains):
		return no
	case len(c.Mentions) > 0 && !mentions(value, c.Mentions):
		return no
	case c.compares():
		x, err := strconv.ParseFloat(value, 64)
		return truthOf(err == nil && c.within(x))
	}
	return yes
}
