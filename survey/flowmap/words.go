package flowmap

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/survey"
)

// Words says a condition in plain words, such as "overall is unsatisfied or neutral".
func Words(c survey.Cond) string {
	switch {
	case len(c.All) > 0:
		return join(c.All, " and ")
	case len(c.Any) > 0:
		return join(c.Any, " or ")
	case c.Not != nil:
		n := *c.Not
		if n.Subject != "" && (len(n.Flags) > 0 || len(n.Values) > 0) {
			return n.Subject + " is not " + options(n)
		}
		return "not (" + Words(n) + ")"
	}
	switch {
	case len(c.Flags) > 0, len(c.Values) > 0:
		return c.Subject + " is " + options(c)
	case c.Below != nil:
		return c.Subject + " is below " + number(*c.Below)
	case c.Above != nil:
		return c.Subject + " is above " + number(*c.Above)
	case c.AtMost != nil:
		return c.Subject + " is at most " + number(*c.AtMost)
	case c.AtLeast != nil:
		return c.Subject + " is at least " + number(*c.AtLeast)
	case c.Contains != "":
		return c.Subject + " contains " + c.Contains
	case c.Answered != nil && *c.Answered:
		return c.Subject + " is answered"
	case c.Answered != nil:
		return c.Subject + " is not answered"
	}
	return c.Subject
}

func join(parts []survey.Cond, word string) string {
	out := make([]string, len(parts))
	for i, c := range parts {
		out[i] = Words(c)
		if len(parts) > 1 && len(c.All)+len(c.Any)+len(c.Flags)+len(c.Values) > 1 {
			out[i] = "(" + out[i] + ")"
		}
	}
	return strings.Join(out, word)
}

func options(c survey.Cond) string {
	words := slices.Clone(c.Values)
	for _, f := range c.Flags {
		words = append(words, string(f))
	}
	return strings.Join(words, " or ")
}

// clean makes words fit for one line of any of the formats: no line breaks, nothing
// that XML does not allow.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r' || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r):
			return ' '
		case unicode.IsControl(r) || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// wide reports whether a character takes two columns, as East Asian ones and emoji do.
func wide(r rune) bool {
	for _, span := range [][2]rune{
		{0x1100, 0x115F},
		{0x2E80, 0xA4CF},
		{0xAC00, 0xD7A3},
		{0xF900, 0xFAFF},
		{0xFE30, 0xFE4F},
		{0xFF00, 0xFF60},
		{0xFFE0, 0xFFE6},
		{0x1F300, 0x1FAFF},
		{0x20000, 0x3FFFD},
	} {
		if r >= span[0] && r <= span[1] {
			return true
		}
	}
	return false
}

func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case wide(r):
		return 2
	}
	return 1
}

// cut shortens a text to at most width columns.
func cut(s string, width int) string {
	if columnsOf(s) <= width {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeColumns(r); n > width-1 {
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s
}

// wrap breaks a text into at most rows rows of width columns, between words where
// there are any and anywhere in a script without spaces.
func wrap(s string, width, rows int) []string {
	var out []string
	for s != "" && len(out) < rows-1 && columnsOf(s) > width {
		at, n, space := 0, 0, -1
		for i, r := range s {
			if n += runeColumns(r); n > width {
				at = i
				break
			}
			if r == ' ' {
				space = i
			}
		}
		if space > at/2 {
			at = space
		}
		if at == 0 {
			break
		}
		out = append(out, strings.TrimSpace(s[:at]))
		s = strings.TrimSpace(s[at:])
	}
	return append(out, cut(s, width))
}
