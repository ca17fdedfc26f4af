package flowfile

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/survey"
)

// maxConditionDepth is how deep all, any and not may be nested.
const maxConditionDepth = 8

// conditions reads `when`.
type conditions struct {
	r         *reader
	questions []survey.Question
	keys      []string
	depth     int
}

// read reads a mapping of conditions that must all hold. One condition is itself;
// several are an All.
func (c conditions) read(n ast.Node) *survey.Cond {
	c.depth++
	if c.depth > maxConditionDepth {
		c.r.failAt(n, "This condition is nested too deeply. Use at most %d levels of all, any and not.", maxConditionDepth)
		return nil
	}
	entries, ok := c.r.mapping(n, "a condition")
	if !ok {
		return nil
	}
	if len(entries) == 0 {
		c.r.failAt(n, "This condition is empty. Remove \"when\" if the question is always asked.")
		return nil
	}
	var all []survey.Cond
	for _, e := range entries {
		all = append(all, c.entry(e)...)
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return &all[0]
	}
	return &survey.Cond{All: all}
}

func (c conditions) entry(e entry) []survey.Cond {
	if len(c.r.errs) >= maxErrors {
		return nil // finding the nearest of many unknown words would take its time
	}
	switch e.key {
	case "all", "any":
		nodes, ok := c.r.list(e.value, e.key)
		if !ok {
			return nil
		}
		if len(nodes) == 0 {
			c.r.failAt(e.value, "%q is empty. Write at least one condition into it.", e.key)
			return nil
		}
		var parts []survey.Cond
		for _, n := range nodes {
			if part := c.read(n); part != nil {
				parts = append(parts, *part)
			}
		}
		if e.key == "all" {
			return []survey.Cond{{All: parts}}
		}
		return []survey.Cond{{Any: parts}}
	case "not":
		if part := c.read(e.value); part != nil {
			return []survey.Cond{{Not: part}}
		}
		return nil
	}
	return c.test(e)
}

// subject says what a condition is about and how its words are to be read.
type subject struct {
	kind    survey.Kind // "" for primary, judgement and event attributes
	choices []string    // keys of a choice question
	flags   bool        // a flag makes sense
	numbers bool        // a number makes sense
	words   bool        // any word makes sense
}

func (c conditions) subject(e entry) (subject, bool) {
	switch {
	case e.key == "primary":
		return subject{flags: true, numbers: true}, true
	case e.key == "judgement":
		return subject{flags: true}, true
	case strings.HasPrefix(e.key, "event."):
		if !namePattern.MatchString(strings.TrimPrefix(e.key, "event.")) {
			c.r.failAt(e.at, "The name of an attribute is made of small letters, digits and _, as in event.tier.")
			return subject{}, false
		}
		return subject{words: true, numbers: true}, true
	}
	i := slices.IndexFunc(c.questions, func(q survey.Question) bool { return q.Key == e.key })
	if i < 0 {
		known := append(slices.Clone(c.keys), "primary", "judgement", "all", "any", "not")
		c.r.failAt(e.at, "There is no question %q in this flow. %s", short(e.key), meant(e.key, known))
		return subject{}, false
	}
	q := c.questions[i]
	s := subject{kind: q.Kind}
	switch q.Kind {
	case survey.ScaleQ:
		s.flags, s.numbers = true, true
	case survey.NumberQ:
		s.numbers = true
	case survey.ChoiceQ:
		for _, ch := range q.Choices {
			s.choices = append(s.choices, ch.Key)
		}
	case survey.MessageQ:
		c.r.failAt(e.at, "%q is a message and has no answer. Name a question.", e.key)
		return subject{}, false
	default:
		s.words = true
	}
	return s, true
}

// test reads the condition about one subject.
func (c conditions) test(e entry) []survey.Cond {
	s, ok := c.subject(e)
	if !ok {
		return nil
	}
	resolved := c.r.resolve(e.value)
	switch resolved.(type) {
	case nil:
		return nil
	case *ast.MappingNode, *ast.MappingValueNode:
		return c.comparison(e, s)
	}
	cond := survey.Cond{Subject: e.key}
	for _, n := range c.r.oneOrMore(e.value) {
		c.value(n, s, &cond)
	}
	if len(cond.Flags) > 0 && len(cond.Values) > 0 {
		c.r.failAt(e.value, "List either flags (unsatisfied, neutral, satisfied, delighted) or values, not both.")
		return nil
	}
	return []survey.Cond{cond}
}

// value adds one flag or value that the subject may have.
func (c conditions) value(n ast.Node, s subject, cond *survey.Cond) {
	if v, ok := asNumber(orNull(c.r.resolve(n))); ok && s.numbers {
		cond.Values = append(cond.Values, formatNumber(v))
		return
	}
	w, ok := c.r.str(n, "the value of a condition")
	switch {
	case !ok:
	case s.flags && isFlag(w):
		cond.Flags = append(cond.Flags, survey.Flag(w))
	case s.words:
		cond.Values = append(cond.Values, w)
	case s.kind == survey.ChoiceQ:
		if len(s.choices) > 0 && !slices.Contains(s.choices, w) {
			c.r.failAt(n, "%q is not an option of %s. %s", short(w), cond.Subject, meant(w, s.choices))
			return
		}
		cond.Values = append(cond.Values, w)
	case s.flags && s.numbers:
		c.r.failAt(n, "%q is neither a flag nor a number. %s", short(w), meant(w, flags))
	case s.flags:
		c.r.failAt(n, "%q is not a flag. %s", short(w), meant(w, flags))
	default:
		c.r.failAt(n, "%q is not a number.", short(w))
	}
}

// orNull keeps asNumber away from a value that could not be resolved.
func orNull(n ast.Node) ast.Node {
	if n == nil {
		return &ast.NullNode{}
	}
	return n
}

// comparison reads {below: n}, {contains: key}, {answered: false} and the like. Several
// of them are several conditions.
func (c conditions) comparison(e entry, s subject) []survey.Cond {
	o, ok := c.r.object(e.value, "a comparison", "below", "above", "at_most", "at_least", "contains", "answered")
	if !ok {
		return nil
	}
	if len(o.fields) == 0 {
		c.r.failAt(e.value, "This comparison is empty. Write for example {below: 3} or {answered: true}.")
		return nil
	}
	var out []survey.Cond
	for _, key := range []string{"below", "above", "at_most", "at_least"} {
		if !o.has(key) {
			continue
		}
		if !s.numbers && e.key != "judgement" {
			c.r.failAt(o.at(key), "%s has no number to compare. Name its options instead.", e.key)
			continue
		}
		v, ok := c.r.number(o.get(key), key)
		if !ok {
			continue
		}
		cond := survey.Cond{Subject: e.key}
		switch key {
		case "below":
			cond.Below = &v
		case "above":
			cond.Above = &v
		case "at_most":
			cond.AtMost = &v
		case "at_least":
			cond.AtLeast = &v
		}
		out = append(out, cond)
	}
	if o.has("contains") {
		if s.kind != survey.ChoiceQ {
			c.r.failAt(o.at("contains"), "Only a choice can contain an option.")
		} else if w, ok := c.r.word(o.get("contains"), "an option of "+e.key, s.choices...); ok {
			out = append(out, survey.Cond{Subject: e.key, Contains: w})
		}
	}
	if o.has("answered") {
		v := c.r.boolean(o.get("answered"), "answered")
		out = append(out, survey.Cond{Subject: e.key, Answered: &v})
	}
	return out
}
