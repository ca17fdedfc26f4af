package flowfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/survey"
)

var errCondition = errors.New("a condition is neither all, any, not nor a single test")

// condition writes a condition on one line.
func condition(c survey.Cond, questions []survey.Question) (string, error) {
	parts, err := conditionEntries(c, questions)
	if err != nil {
		return "", err
	}
	return "{" + strings.Join(parts, ", ") + "}", nil
}

// conditionEntries are the entries of the mapping that means c. Conditions that must all
// hold share one mapping when their keys differ.
func conditionEntries(c survey.Cond, questions []survey.Question) ([]string, error) {
	switch {
	case len(c.All) > 0:
		keys := map[string]bool{}
		var joined []string
		for _, part := range c.All {
			entries, err := conditionEntries(part, questions)
			if err != nil {
				return nil, err
			}
			key := entryKey(part)
			if len(entries) != 1 || keys[key] || len(c.All) == 1 {
				return conditionList("all", c.All, questions)
			}
			keys[key] = true
			joined = append(joined, entries...)
		}
		return joined, nil
	case len(c.Any) > 0:
		return conditionList("any", c.Any, questions)
	case c.Not != nil:
		s, err := condition(*c.Not, questions)
		return []string{"not: " + s}, err
	case c.Subject == "":
		return nil, errCondition
	}
	s, err := conditionTest(c, questions)
	return []string{scalar(c.Subject) + ": " + s}, err
}

func entryKey(c survey.Cond) string {
	switch {
	case len(c.All) > 0:
		return "all"
	case len(c.Any) > 0:
		return "any"
	case c.Not != nil:
		return "not"
	}
	return c.Subject
}

func conditionList(key string, list []survey.Cond, questions []survey.Question) ([]string, error) {
	parts := make([]string, len(list))
	for i, c := range list {
		s, err := condition(c, questions)
		if err != nil {
			return nil, err
		}
		parts[i] = s
	}
	return []string{key + ": [" + strings.Join(parts, ", ") + "]"}, nil
}

func conditionTest(c survey.Cond, questions []survey.Question) (string, error) {
	numbers := []struct {
		key   string
		value *float64
	}{{"below", c.Below}, {"above", c.Above}, {"at_most", c.AtMost}, {"at_least", c.AtLeast}}
	for _, n := range numbers {
		if n.value != nil {
			return fmt.Sprintf("{%s: %s}", n.key, formatNumber(*n.value)), nil
		}
	}
	switch {
	case c.Contains != "":
		return fmt.Sprintf("{contains: %s}", scalar(c.Contains)), nil
	case c.Answered != nil:
		return fmt.Sprintf("{answered: %t}", *c.Answered), nil
	case c.Left != "":
		return fmt.Sprintf("{left: %s}", c.Left), nil
	case len(c.Mentions) > 0:
		words := make([]string, len(c.Mentions))
		for i, s := range c.Mentions {
			words[i] = scalar(s)
		}
		return fmt.Sprintf("{mentions: [%s]}", strings.Join(words, ", ")), nil
	}
	numeric := c.Subject == "primary" || slices.ContainsFunc(questions, func(q survey.Question) bool {
		return q.Key == c.Subject && (q.Kind == survey.ScaleQ || q.Kind == survey.NumberQ)
	})
	var words []string
	for _, f := range c.Flags {
		words = append(words, scalar(string(f)))
	}
	for _, v := range c.Values {
		if numeric {
			words = append(words, v)
		} else {
			words = append(words, scalar(v))
		}
	}
	switch len(words) {
	case 0:
		return "", errCondition
	case 1:
		return words[0], nil
	}
	return "[" + strings.Join(words, ", ") + "]", nil
}
