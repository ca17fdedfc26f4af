package draft

import (
	"strings"
	"unicode/utf8"
)

// Plain is what stands at a path: string, a number or truth as it is written, []any, or
// nil for nothing.
func (d *Doc) Plain(path string) any {
	chain, at := d.find(steps(path))
	if len(at) < len(steps(path)) {
		return nil
	}
	return chain[len(chain)-1].plain()
}

// Show is what stands at a path as people edit it: a scalar by itself, anything else as one
// line of YAML, nothing as "".
func (d *Doc) Show(path string) string { return show(d.Plain(path)) }

// Has reports whether something stands at a path.
func (d *Doc) Has(path string) bool {
	_, at := d.find(steps(path))
	return len(at) == len(steps(path))
}

// Keys are the keys of the mapping at a path, in the order of the file.
func (d *Doc) Keys(path string) []string {
	m, _ := d.Plain(path).(mapping)
	keys := make([]string, 0, len(m))
	for _, p := range m {
		keys = append(keys, p.key)
	}
	return keys
}

// Elements are the steps that name the elements of the list at a path: by their names where
// these are there and differ.
func (d *Doc) Elements(path string) []string {
	list, _ := d.Plain(path).([]any)
	out, seen := make([]string, 0, len(list)), map[string]bool{}
	for i, v := range list {
		step, name := "#"+itoa(i), nameOf(v)
		if name != "" && !strings.Contains(name, "/") && !seen[name] {
			step = "=" + name
		}
		seen[name] = true
		out = append(out, step)
	}
	return out
}

// Language is the first of the flow: that of words which name none.
func (d *Doc) Language() string { return d.lang }

// Words are the words at a path in a language, as they stand there: "" where there are none.
func (d *Doc) Words(path, lang string) string { return d.Show(path + "/@" + lang) }

// Tags are the languages in which there are words at a path.
func (d *Doc) Tags(path string) []string {
	switch v := d.Plain(path).(type) {
	case mapping:
		return d.Keys(path)
	case nil, []any:
		return nil
	default:
		_ = v
		return []string{d.lang}
	}
}

// Line is the line on which a path stands, counted from 1; 0 = nowhere.
func (d *Doc) Line(path string) int {
	chain, at := d.find(steps(path))
	if len(at) < len(steps(path)) {
		return 0
	}
	return strings.Count(d.src[:chain[len(chain)-1].start], "\n") + 1
}

// At is the path of what stands at a place, as far as there are keys and elements that lead to it:
// lines and columns count from 1, columns in characters. Elements are named by their number.
func (d *Doc) At(line, column int) string {
	at := 0
	for range line - 1 {
		at = lineEnd(d.src, at) + 1
	}
	if at > len(d.src) {
		return ""
	}
	end := lineEnd(d.src, at)
	for range column - 1 {
		if at >= end {
			break
		}
		_, size := utf8.DecodeRuneInString(d.src[at:])
		at += size
	}
	var path []string
	for n := d.root; n != nil; {
		i := -1
		for k, e := range n.entries {
			if e.start <= at {
				i = k
			}
		}
		if i < 0 {
			break
		}
		step := n.entries[i].key
		if n.shape == listShape {
			step = "#" + itoa(i)
		}
		path, n = append(path, step), n.entries[i].val
	}
	return strings.Join(path, "/")
}
