package slack

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// units is the length of s as Slack counts it: characters, not bytes.
func units(s string) int { return utf8.RuneCountInString(s) }

// marksPerLetter bounds a pile of combining marks: no script needs as many, and a
// pile of a thousand paints over the messages around it.
const marksPerLetter = 16

// clean makes foreign words inert: what reverses the reading direction of the text
// after it, what no font shows, and invalid bytes are taken out. Joiners and
// zero-width letters stay, because scripts and emoji need them.
func clean(s string) string {
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

// cleanLine is clean for what has one line only.
func cleanLine(s string) string {
	return strings.Join(strings.Fields(clean(s)), " ")
}

// visible reports whether a reader would see anything of s.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Cc) &&
			r != '\u2800' && r != '\u3164' && r != '\u115F' && r != '\u1160' && r != '\uFFA0'
	})
}

// cut shortens s to at most limit units, the ellipsis included. It does not part a
// letter from its marks, nor a joined emoji.
func cut(s string, limit int) string {
	if units(s) <= limit {
		return s
	}
	if limit < 1 {
		return ""
	}
	end, n := 0, 0
	for i := range s {
		if n++; n > limit-1 {
			end = i
			break
		}
	}
	for range 4 * marksPerLetter {
		if end == 0 || !joined(s[:end], s[end:]) {
			break
		}
		_, size := utf8.DecodeLastRuneInString(s[:end])
		end -= size
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

// rightToLeft reports whether s has a letter of a script written from the right.
func rightToLeft(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko)
	})
}

const (
	isolate    = "\u2068" // first strong isolate: what follows finds its own direction
	endIsolate = "\u2069"
)

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape makes s plain words in mrkdwn: nothing in it is a mention or a link.
func escape(s string) string { return escaper.Replace(s) }

// escapeWithin is escape of as much of s as fits the limit after escaping.
func escapeWithin(s string, limit int) string {
	for n := limit; ; {
		out := escape(cut(s, n))
		over := units(out) - limit
		if over <= 0 {
			return out
		}
		n = max(min(n, units(s))-max(over/5, 1), 1)
	}
}

var unescaper = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// controlForm is what Slack makes of mentions, links and dates in people's words.
var controlForm = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)

// spoken turns words as Slack delivers them into what the person wrote.
func spoken(s string) string {
	s = controlForm.ReplaceAllStringFunc(s, func(form string) string {
		m := controlForm.FindStringSubmatch(form)
		target, label := m[1], m[2]
		switch {
		case target == "":
			return form
		case label != "" && strings.HasPrefix(target, "#"):
			return "#" + strings.TrimPrefix(label, "#")
		case label != "" && (strings.HasPrefix(target, "@") || strings.HasPrefix(target, "!")):
			return "@" + strings.TrimPrefix(label, "@")
		case label != "" && strings.HasSuffix(target, label): // a bare word that Slack made a link
			return label
		case label != "":
			return label + " (" + target + ")"
		case strings.HasPrefix(target, "!"):
			return "@" + strings.TrimPrefix(target, "!")
		}
		return strings.TrimPrefix(target, "mailto:")
	})
	return unescaper.Replace(s)
}
