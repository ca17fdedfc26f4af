package draft

import (
	"slices"
	"strings"
)

// model says what an Op makes of values, without any text: what is written is held to it.
func (e *editor) model(root any) (any, bool) {
	switch e.op.Do {
	case Set:
		return e.setIn(root, e.steps)
	case Insert:
		return change(root, e.steps, e.lang, func(v any) (any, bool) {
			list, _ := v.([]any)
			at := len(list)
			if e.op.Before != "" {
				at = elementOf(list, e.op.Before)
			}
			if at < 0 {
				return nil, false
			}
			return slices.Insert(slices.Clone(list), at, e.value), true
		})
	case Remove:
		return (&editor{Doc: e.Doc}).setIn(root, e.steps)
	case Move:
		return change(root, e.steps[:len(e.steps)-1], e.lang, func(v any) (any, bool) {
			list, ok := v.([]any)
			from := elementOf(list, e.steps[len(e.steps)-1])
			to := len(list)
			if e.op.Before != "" {
				to = elementOf(list, e.op.Before)
			}
			if !ok || from < 0 || to < 0 {
				return nil, false
			}
			what := list[from]
			list = slices.Delete(slices.Clone(list), from, from+1)
			if to > from {
				to--
			}
			return slices.Insert(list, to, what), true
		})
	case Rename:
		return change(root, e.steps[:len(e.steps)-1], e.lang, func(v any) (any, bool) {
			m, ok := v.(mapping)
			m = slices.Clone(m)
			for i := range m {
				if keyIs(m[i].key, e.steps[len(e.steps)-1]) {
					m[i].key = show(e.value)
				}
			}
			return m, ok
		})
	}
	return nil, false
}

// setIn is v with the value at the end of the steps.
func (e *editor) setIn(v any, steps []string) (any, bool) {
	return change(v, steps, e.lang, func(any) (any, bool) { return e.value, true })
}

// change is v with what the steps lead to made into something else; nil takes it away.
func change(v any, steps []string, lang string, to func(any) (any, bool)) (any, bool) {
	if len(steps) == 0 {
		return to(v)
	}
	step := steps[0]
	tag, words := strings.CutPrefix(step, "@")
	if words && isScalar(v) {
		switch {
		case sameTag(tag, lang):
			return to(v)
		case v != nil:
			v = mapping{{lang, v}}
		}
	}
	switch in := v.(type) {
	case []any:
		i := elementOf(in, step)
		if i < 0 {
			return nil, false
		}
		x, ok := change(in[i], steps[1:], lang, to)
		if !ok {
			return nil, false
		}
		if x == nil {
			return slices.Delete(slices.Clone(in), i, i+1), true
		}
		in = slices.Clone(in)
		in[i] = x
		return in, true
	case mapping, nil:
		m, _ := in.(mapping)
		i := slices.IndexFunc(m, func(p pair) bool { return keyIs(p.key, step) })
		var old any
		if i >= 0 {
			old = m[i].value
		}
		x, ok := change(old, steps[1:], lang, to)
		if !ok {
			return nil, false
		}
		m = slices.Clone(m)
		switch {
		case x == nil && i >= 0:
			if m = slices.Delete(m, i, i+1); len(m) == 0 {
				return nil, true
			}
		case x == nil:
			return v, true
		case i >= 0:
			m[i].value = x
		default:
			key := strings.TrimPrefix(step, "@")
			at := len(m)
			if q := slices.IndexFunc(m, func(p pair) bool { return p.key == "questions" }); q >= 0 {
				at = q
			}
			m = slices.Insert(m, at, pair{key, x})
		}
		return m, true
	}
	return nil, false
}
