package draft

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/survey/flowfile"
)

// duration is what needs no quotes although it begins with a digit.
var duration = regexp.MustCompile(`^(\d+[dhms])+$`)

func itoa(i int) string { return strconv.Itoa(i) }

func lineEnd(src string, at int) int {
	if i := strings.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(src)
}

// inline writes a value on one line.
func inline(v any) string {
	switch v := v.(type) {
	case string:
		if duration.MatchString(v) {
			return v
		}
		return flowfile.Scalar(v)
	case bare:
		return string(v)
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = inline(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case mapping:
		parts := make([]string, len(v))
		for i, p := range v {
			parts[i] = flowfile.Scalar(p.key) + ": " + inline(p.value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return "null"
}

// show writes a value as people edit it: a scalar by itself, anything else on one line.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bare:
		return string(v)
	}
	return inline(v)
}

// asBlock reports whether a value is written over several lines.
func asBlock(v any) bool {
	switch v := v.(type) {
	case mapping:
		return len(v) > 0
	case []any:
		for _, x := range v {
			if !isScalar(x) {
				return true
			}
		}
	}
	return false
}

// afterKey writes what follows a key's colon: conditions and ranges stay on its line.
func afterKey(key string, v any, indent int) string {
	if key == "when" || key == "number" {
		return " " + inline(v)
	}
	return after(v, indent)
}

// after writes a value behind a colon.
func after(v any, indent int) string {
	if !asBlock(v) {
		return " " + inline(v)
	}
	return block(v, indent)
}

// block writes a value on lines of its own.
func block(v any, indent int) string {
	var b strings.Builder
	pad := "\n" + strings.Repeat(" ", indent)
	switch v := v.(type) {
	case mapping:
		for _, p := range v {
			b.WriteString(pad + flowfile.Scalar(p.key) + ":" + afterKey(p.key, p.value, indent+2))
		}
	case []any:
		for _, x := range v {
			b.WriteString(pad + "-" + item(x, indent+2, nil))
		}
	}
	return b.String()
}

// item writes an element behind its dash, as its neighbours are written: on one line where
// they are.
func item(v any, indent int, in *node) string {
	short := in != nil && len(in.entries) > 0 && in.entries[0].val.flow
	if m, ok := v.(mapping); ok && len(m) > 0 && !short {
		return " " + strings.TrimLeft(block(m, indent), "\n ")
	}
	return " " + inline(v)
}

// quoted writes a text between double quotes.
func quoted(text string) string {
	if s := flowfile.Scalar(text); strings.HasPrefix(s, `"`) {
		return s
	}
	return `"` + text + `"`
}
