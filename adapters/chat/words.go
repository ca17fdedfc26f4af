package chat

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// marksPerLetter bounds a pile of combining marks: no script needs as many, and a
// pile of a thousand paints over the messages around it.
const marksPerLetter = 16

// Clean makes foreign words inert, for adapters that show them: what reverses the
// reading direction of the text after it, what no font shows, and invalid bytes are
// taken out. Joiners and zero-width letters stay, because scripts and emoji need them.
func Clean(s string) string {
	if harmless(s) {
		return s
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	marks := 0
	return strings.Map(func(r rune) rune {
		switch {
		case r >= ' ' && r < 0x7F, r == '\n', r == '\t':
		case r == '\r', r == '\u2028', r == '\u2029', r == '\u0085':
			return '\n'
		case unicode.Is(unicode.Cc, r),
			r >= '\u202A' && r <= '\u202E', // embeddings and overrides
			r >= '\u2066' && r <= '\u2069', // isolates: ours alone are balanced
			r >= '\uFFF9' && r <= '\uFFFB', // interlinear annotation
			r == '\uFEFF':
			return -1
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks++; marks > marksPerLetter {
				return -1
			}
			return r
		}
		marks = 0
		return r
	}, s)
}

// harmless reports whether Clean would return s as it is, as of most words in English.
func harmless(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7F || c < ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// CleanLine is Clean for what has one line only.
func CleanLine(s string) string {
	return strings.Join(strings.Fields(Clean(s)), " ")
}

// CleanName is CleanLine for a name that staff read among a card's own words: nothing in it
// looks like a sign of a card's state, like what stands between a title's parts, or like a
// quotation mark, and nothing in it is invisible or turns the reading direction. Letters of
// every script stay.
func CleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\u00B7', '\u2022', '\u2027', '\u2219', '\u22C5', '\u25CF', '\u25CB', '\u25E6', '\u2B24', '\u26AB', '\u26AA', '\u2B55':
			return '-' // dots and circles
		case '"', '\u201C', '\u201D', '\u201E', '\u201F', '\u00AB', '\u00BB', '\u2039', '\u203A', '\u300C', '\u300D', '\u300E', '\u300F', '\uFF02', '\u301D', '\u301E', '\u301F':
			return '\''
		case '\u2800', '\u3164', '\u115F', '\u1160', '\uFFA0':
			return ' ' // letters that show nothing
		case '\u00AD', '\u034F', '\u061C', '\u180E', '\u200B', '\u200E', '\u200F', '\u2060', '\u2061', '\u2062', '\u2063', '\u2064':
			return -1
		}
		if r >= 0x1F534 && r <= 0x1F535 || r >= 0x1F7E0 && r <= 0x1F7EB || r == 0x1F441 || r == 0x1F440 || r == 0x1F518 {
			return -1 // circles, squares and eyes in colour
		}
		return r
	}, Clean(s))
	return strings.TrimLeft(strings.Join(strings.Fields(s), " "), "\uFE0E\uFE0F\u200D ")
}

// Visible reports whether a reader would see anything of s.
func Visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Cc) &&
			r != '\u2800' && r != '\u3164' && r != '\u115F' && r != '\u1160' && r != '\uFFA0'
	})
}

// Cut shortens s to at most limit units, the ellipsis included; size is how many units a
// rune has, as the platform counts them: no more than it has bytes. It does not part a
// letter from its marks, nor a joined emoji.
func Cut(s string, limit int, size func(rune) int) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	for _, r := range s {
		n += size(r)
	}
	if n <= limit {
		return s
	}
	if limit < 1 {
		return ""
	}
	end := 0
	n = 0
	for i, r := range s {
		if n += size(r); n > limit-1 {
			end = i
			break
		}
	}
	for range 4 * marksPerLetter {
		if end == 0 || !joined(s[:end], s[end:]) {
			break
		}
		_, last := utf8.DecodeLastRuneInString(s[:end])
		end -= last
	}
	return strings.TrimRightFunc(s[:end], unicode.IsSpace) + "…"
}

// joined reports whether no cut may fall between before and after.
func joined(before, after string) bool {
	const joiner = '\u200D'
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	return last == joiner || next == joiner ||
		unicode.In(next, unicode.Mn, unicode.Me, unicode.Mc) ||
		next >= 0x1F3FB && next <= 0x1F3FF || // skin tones
		next >= 0xE0020 && next <= 0xE007F || // flags of regions
		flagLetter(next) && halfFlag(before)
}

// flagLetter reports whether r is half of a country's flag.
func flagLetter(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

// halfFlag reports whether s ends in the first half of a flag.
func halfFlag(s string) bool {
	half := false
	for {
		r, size := utf8.DecodeLastRuneInString(s)
		if !flagLetter(r) {
			return half
		}
		half, s = !half, s[:len(s)-size]
	}
}

// RightToLeft reports whether s has a letter of a script written from the right.
func RightToLeft(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko)
	})
}

// MixesDirections reports whether facts written from the right and from the left may meet
// in one line of m.
func MixesDirections(m Message) bool {
	switch base, _, _ := strings.Cut(strings.ToLower(m.Lang), "-"); base {
	case "ar", "he", "fa", "ur":
		return true
	}
	return slices.ContainsFunc(m.Facts, func(f Fact) bool { return RightToLeft(f.Label) || RightToLeft(f.Value) })
}

// What stands between the two finds its own reading direction within a text of the other.
const (
	Isolate    = "\u2068"
	EndIsolate = "\u2069"
)
