package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	yaml "github.com/goccy/go-yaml"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/trial"
)

// readMap reads a small YAML (or JSON) file of keys and values. Duplicate keys are
// refused with their line.
func readMap(name string, source []byte) (map[string]any, error) {
	if len(source) > flowfile.MaxSize {
		return nil, fmt.Errorf("%s has %d bytes; at most %d are read", name, len(source), flowfile.MaxSize)
	}
	out := map[string]any{}
	if err := yaml.Unmarshal(source, &out); err != nil {
		return nil, fmt.Errorf("%s must be lines of the form \"key: value\":\n%s", name, yaml.FormatError(err, false, true))
	}
	return out, nil
}

// readAnswers reads the answers file of `survey try`: question keys to values. The bare
// word skip skips; {text: skip} is a text that says skip.
func readAnswers(source []byte) (map[string]trial.Answer, error) {
	raw, err := readMap("the answers file", source)
	if err != nil {
		return nil, err
	}
	out := make(map[string]trial.Answer, len(raw))
	var wrong []error
	for _, key := range sorted(raw) {
		a, err := trial.AnswerOf(raw[key])
		if err != nil {
			wrong = append(wrong, fmt.Errorf("the answer to %s: %w", key, err))
			continue
		}
		out[key] = a
	}
	return out, errors.Join(wrong...)
}

// readContext reads the context file of `survey try`.
func readContext(source []byte) (trial.Context, error) {
	raw, err := readMap("the context file", source)
	if err != nil {
		return trial.Context{}, err
	}
	var c trial.Context
	var wrong []error
	refuse := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("the context file: "+format, args...))
	}
	boolean := func(key string) bool {
		b, ok := raw[key].(bool)
		if !ok {
			refuse("%s is true or false", key)
		}
		return b
	}
	for _, key := range sorted(raw) {
		switch key {
		case "tier":
			word, _ := trial.Word(raw[key])
			c.Tier = recovery.Tier(word)
			if tiers := []recovery.Tier{recovery.MVC, recovery.MGC, recovery.Normal, recovery.BZ}; !slices.Contains(tiers, c.Tier) {
				refuse("tier is one of MVC, MGC, normal, BZ, not %q", word)
			}
		case "unsatisfied_last_90_days":
			n, ok := raw[key].(uint64)
			if !ok || n > 1_000_000 {
				refuse("%s is a count of earlier ones, 0 or more", key)
			}
			c.Earlier = int(min(n, 1_000_000))
		case "late":
			c.Late = boolean(key)
		case "standard_broken":
			c.StandardBroken = boolean(key)
		case "event":
			attributes, ok := raw[key].(map[string]any)
			if !ok {
				refuse("event is a list of \"attribute: value\" lines")
			}
			c.Event = map[string]string{}
			for name, v := range attributes {
				word, ok := trial.Word(v)
				if !ok {
					refuse("event.%s is one value", name)
				}
				c.Event[name] = word
			}
		default:
			refuse("%q is not known; the keys are tier, unsatisfied_last_90_days, late, standard_broken, event", key)
		}
	}
	return c, errors.Join(wrong...)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
