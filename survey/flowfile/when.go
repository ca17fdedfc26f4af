package flowfile

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/strictyaml"
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
		c.r.FailAt(n, "This condition is nested too deeply. Use at most %d levels of all, any and not.", maxConditionDepth)
		return nil
	}
	entries, ok := c.r.Mapping(n, "a condition")
	if !ok {
		return nil
	}
	if len(entries) == 0 {
		c.r.FailAt(n, "This condition is empty. Remove \"when\" if the question is always asked.")
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

func (c conditions) entry(e strictyaml.Entry) []survey.Cond {
	if c.r.Full() {
		return nil // finding the nearest of many unknown words would take its time
	}
	switch e.Key {
	case "all", "any":
		nodes, ok := c.r.List(e.Value, e.Key)
		if !ok {
			return nil
		}
		if len(nodes) == 0 {
			c.r.FailAt(e.Value, "%q is empty. Write at least one condition into it.", e.Key)
			return nil
		}
		var parts []survey.Cond
		for _, n := range nodes {
			if part := c.read(n); part != nil {
				parts = append(parts, *part)
			}
		}
		if e.Key == "all" {
			return []survey.Cond{{All: parts}}
		}
		return []survey.Cond{{Any: parts}}
	case "not":
		if part := c.read(e.Value); part != nil {
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
	unhappy bool        // it can be unhappy
	numbers bool        // a number makes sense
	words   bool        // any word makes sense
}

func (c conditions) subject(e strictyaml.Entry) (subject, bool) {
	switch {
	case e.Key == "primary":
		return subject{flags: true, numbers: true}, true
	case e.Key == "judgement":
		return subject{flags: true, unhappy: true}, true
	case strings.HasPrefix(e.Key, "event."):
		if !namePattern.MatchString(strings.TrimPrefix(e.Key, "event.")) {
			c.r.FailAt(e.At, "The name of an attribute is made of small letters, digits and _, as in event.tier.")
			return subject{}, false
		}
		return subject{words: true, numbers: true}, true
	}
	i := slices.IndexFunc(c.questions, func(q survey.Question) bool { return q.Key == e.Key })
	if i < 0 {
		known := append(slices.Clone(c.keys), "primary", "judgement", "all", "any", "not")
		c.r.FailAt(e.At, "There is no question %q in this flow. %s", strictyaml.Short(e.Key), strictyaml.Meant(e.Key, known))
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
		c.r.FailAt(e.At, "%q is a message and has no answer. Name a question.", e.Key)
		return subject{}, false
	default:
		s.words = true
	}
	return s, true
}

// test reads the condition about one subject.
func (c conditions) test(e strictyaml.Entry) []survey.Cond {
	s, ok := c.subject(e)
	if !ok {
		return nil
	}
	resolved := c.r.Resolve(e.Value)
	switch resolved.(type) {
	case nil:
		return nil
	case *ast.MappingNode, *ast.MappingValueNode:
		return c.comparison(e, s)
	}
	cond := survey.Cond{Subject: e.Key}
	for _, n := range c.r.OneOrMore(e.Value) {
		c.value(n, s, &cond)
	}
	if len(cond.Flags) > 0 && len(cond.Values) > 0 {
		c.r.FailAt(e.Value, "List either flags (unsatisfied, neutral, satisfied, delighted) or values, not both.")
		return nil
	}
	return []survey.Cond{cond}
}

// value adds one flag or value that the subject may have.
func (c conditions) value(n ast.Node, s subject, cond *survey.Cond) {
	if v, ok := strictyaml.AsNumber(orNull(c.r.Resolve(n))); ok && s.numbers {
		cond.Values = append(cond.Values, formatNumber(v))
		return
	}
	w, ok := c.r.Str(n, "the value of a condition")
	switch {
	case !ok:
	case s.flags && isFlag(w), s.unhappy && w == string(survey.Unhappy):
		cond.Flags = append(cond.Flags, survey.Flag(w))
	case s.words:
		cond.Values = append(cond.Values, w)
	case s.kind == survey.ChoiceQ:
		if len(s.choices) > 0 && !slices.Contains(s.choices, w) {
			c.r.FailAt(n, "%q is not an option of %s. %s", strictyaml.Short(w), cond.Subject, strictyaml.Meant(w, s.choices))
			return
		}
		cond.Values = append(cond.Values, w)
	case w == string(survey.Unhappy) && s.flags:
		c.r.FailAt(n, "Only the judgement can be unhappy. Write \"judgement: unhappy\", or one of: %s.", strings.Join(flags, ", "))
	case s.unhappy:
		c.r.FailAt(n, "%q is not a flag. %s", strictyaml.Short(w), strictyaml.Meant(w, append([]string{string(survey.Unhappy)}, flags...)))
	case s.flags && s.numbers:
		c.r.FailAt(n, "%q is neither a flag nor a number. %s", strictyaml.Short(w), strictyaml.Meant(w, flags))
	default:
		c.r.FailAt(n, "%q is not a number.", strictyaml.Short(w))
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
func (c conditions) comparison(e strictyaml.Entry, s subject) []survey.Cond {
	o, ok := c.r.Object(e.Value, "a comparison", "below", "above", "at_most", "at_least", "contains", "answered", "mentions", "left")
	if !ok {
		return nil
	}
	if len(o.Fields) == 0 {
		c.r.FailAt(e.Value, "This comparison is empty. Write for example {below: 3} or {answered: true}.")
		return nil
	}
	var out []survey.Cond
	for _, key := range []string{"below", "above", "at_most", "at_least"} {
		if !o.Has(key) {
			continue
		}
		if !s.numbers && e.Key != "judgement" {
			c.r.FailAt(o.At(key), "%s has no number to compare. Name its options instead.", e.Key)
			continue
		}
		v, ok := c.r.Number(o.Get(key), key)
		if !ok {
			continue
		}
		cond := survey.Cond{Subject: e.Key}
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
	if o.Has("contains") {
		if s.kind != survey.ChoiceQ {
			c.r.FailAt(o.At("contains"), "Only a choice can contain an option.")
		} else if w, ok := c.r.Word(o.Get("contains"), "an option of "+e.Key, s.choices...); ok {
			out = append(out, survey.Cond{Subject: e.Key, Contains: w})
		}
	}
	if o.Has("mentions") {
		if words := c.mentions(o, s); len(words) > 0 {
			out = append(out, survey.Cond{Subject: e.Key, Mentions: words})
		}
	}
	if o.Has("left") {
		if s.kind == "" {
			c.r.FailAt(o.At("left"), "Name the question that was left by its key.")
		} else if w, ok := c.r.Word(o.Get("left"), "a reason to leave a question", string(survey.LeftDontKnow), string(survey.LeftPreferNot), string(survey.LeftUnclear)); ok {
			out = append(out, survey.Cond{Subject: e.Key, Left: survey.Left(w)})
		}
	}
	if o.Has("answered") {
		v := c.r.Boolean(o.Get("answered"), "answered")
		out = append(out, survey.Cond{Subject: e.Key, Answered: &v})
	}
	return out
}

// mentions reads the words that an answer in words may hold.
func (c conditions) mentions(o *strictyaml.Object, s subject) []string {
	const most, longest = 50, 75
	if !s.words {
		c.r.FailAt(o.At("mentions"), "Only an answer in words can mention something.")
		return nil
	}
	nodes := c.r.OneOrMore(o.Get("mentions"))
	if len(nodes) > most {
		c.r.FailAt(o.Get("mentions"), "A condition looks for at most %d words. Remove some.", most)
		return nil
	}
	var out []string
	for _, n := range nodes {
		w, ok := c.r.words(n, "a word of mentions")
		switch {
		case !ok:
		case utf8.RuneCountInString(w) > longest:
			c.r.FailAt(n, "This is longer than %d characters. Write a word, or a few in a row.", longest)
		case slices.Contains(out, w):
			c.r.FailAt(n, "%q is already in the list. Remove one of the two.", strictyaml.Short(w))
		default:
			out = append(out, w)
		}
	}
	return out
}
