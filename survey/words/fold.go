// Package words knows what people write: how to compare words whatever keyboard they were
// typed on, and which few plain words of a language mean something by themselves. The words
// are closed lists, one file a language (lists); nothing is guessed beyond them.
package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Invisible reports whether r shows nothing by itself: joiners, direction marks,
// variation selectors.
func Invisible(r rune) bool {
	return r == '\uFEFF' || r == '\u00AD' || r >= '\u200B' && r <= '\u200F' || r >= '\u202A' && r <= '\u202E' ||
		r >= '\u2060' && r <= '\u2069' || r >= '\uFE00' && r <= '\uFE0F'
}

// edges is what is no part of words at their ends.
const edges = " .,;:!?\"'()[]*。、،؛؟…“”«»¡¿"

// Fold brings words into the form in which they are compared first: lower case, ASCII
// width, ASCII digits, single spaces, accents composed, without invisible characters and
// without punctuation at the ends.
func Fold(words string) string {
	if !norm.NFC.IsNormalString(words) {
		words = norm.NFC.String(words)
	}
	var b strings.Builder
	b.Grow(len(words))
	space := false
	for _, r := range words {
		switch {
		case Invisible(r):
			continue
		case r >= '\uFF01' && r <= '\uFF5E':
			r -= 0xFEE0
		case r == '\u2212' || r >= '\u2010' && r <= '\u2013' || r == '\uFE63':
			r = '-'
		case r == '\u2018' || r == '\u2019':
			r = '\''
		case unicode.IsSpace(r):
			space = true
			continue
		case r > unicode.MaxASCII && unicode.Is(unicode.Nd, r):
			r = '0' + digit(r)
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Trim(Emoji(b.String()), edges)
}

// Bare is Fold without what people leave out: accents and vowel signs, the circle round a
// digit, skin tones, the different forms of one letter.
func Bare(words string) string {
	words = Fold(words)
	if isASCII(words) {
		return words
	}
	var b strings.Builder
	b.Grow(len(words))
	for _, r := range words {
		if n, ok := circled(r); ok {
			b.WriteString(n)
			continue
		}
		if r >= '\u2100' && r <= '\u214F' { // № and ™ are no words
			b.WriteRune(r)
			continue
		}
		for _, part := range norm.NFKD.String(string(r)) {
			if omitted(part) {
				continue
			}
			if s, ok := letters[part]; ok {
				b.WriteString(s)
				continue
			}
			b.WriteRune(unicode.ToLower(part))
		}
	}
	return strings.Trim(norm.NFC.String(b.String()), edges)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// omitted reports whether r is an accent, a vowel sign or an ornament that people leave out.
// The vowel signs of Indic and Thai words are letters of theirs, and stay.
func omitted(r rune) bool {
	switch {
	case r >= 0x0300 && r <= 0x036F, // accents
		r >= 0x0591 && r <= 0x05C7,              // Hebrew points
		r >= 0x0610 && r <= 0x061A, r == 0x0640, // Arabic honorifics, the stretching stroke
		r >= 0x064B && r <= 0x065F, r == 0x0670, // Arabic vowel signs, hamza on its bearer
		r >= 0x06D6 && r <= 0x06ED && r != 0x06DD && r != 0x06E9,
		r >= 0x20D0 && r <= 0x20F0,   // keycaps and rings
		r >= 0x1F3FB && r <= 0x1F3FF: // skin tones
		return true
	}
	return false
}

// letters are forms of letters that Unicode does not take apart.
var letters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ı': "i", 'þ': "th", 'ð': "d",
	'ى': "ي", 'ة': "ه", 'ی': "ي", 'ک': "ك",
}

// circled is a number in a circle that Unicode does not take apart, as digits.
func circled(r rune) (string, bool) {
	switch {
	case r >= '❶' && r <= '❿':
		return number(r - '❶' + 1), true
	case r >= '➀' && r <= '➉':
		return number(r - '➀' + 1), true
	case r >= '➊' && r <= '➓':
		return number(r - '➊' + 1), true
	case r >= '⓵' && r <= '⓾':
		return number(r - '⓵' + 1), true
	case r == '🔟':
		return "10", true
	case r == '⓿' || r == '🄋':
		return "0", true
	}
	return "", false
}

func number(n rune) string {
	if n == 10 {
		return "10"
	}
	return string('0' + n)
}

// digit is the value of a decimal digit of any script. Unicode keeps the digits of
// a script together, from nought to nine, in ranges of tens.
func digit(r rune) rune {
	for _, block := range unicode.Nd.R16 {
		if lo := rune(block.Lo); r >= lo && r <= rune(block.Hi) {
			return (r - lo) % 10
		}
	}
	for _, block := range unicode.Nd.R32 {
		if lo := rune(block.Lo); r >= lo && r <= rune(block.Hi) {
			return (r - lo) % 10
		}
	}
	return 0
}

// Emoji writes the emoji for the names that Slack has for them, ":+1:" and
// ":thumbsup::skin-tone-3:". Names that are none stay as they are.
func Emoji(words string) string {
	if strings.Count(words, ":") < 2 {
		return words
	}
	var b strings.Builder
	for rest := words; ; {
		i := strings.IndexByte(rest, ':')
		if i < 0 {
			b.WriteString(rest)
			return b.String()
		}
		b.WriteString(rest[:i])
		name, after, ok := strings.Cut(rest[i+1:], ":")
		symbol := ""
		if ok {
			symbol = named(name)
		}
		last, _ := utf8.DecodeLastRuneInString(b.String())
		tone := strings.HasPrefix(name, "skin-tone-")
		switch {
		case ok && tone && b.Len() > 0:
			rest = after
		case symbol != "" && !unicode.IsLetter(last) && !unicode.IsDigit(last):
			b.WriteString(symbol)
			rest = after
		default:
			b.WriteByte(':')
			rest = rest[i+1:]
		}
	}
}

// Length counts characters as people see them: a family of four is one, and so is a letter
// with its accents.
func Length(s string) int {
	n, joined, flag := 0, false, false
	for _, r := range s {
		region := r >= 0x1F1E6 && r <= 0x1F1FF
		switch {
		case r == '\u200D':
			joined = true
			continue
		case r >= 0x1F3FB && r <= 0x1F3FF, r >= 0xE0020 && r <= 0xE007F, Invisible(r), unicode.In(r, unicode.Mn, unicode.Me):
			continue
		case joined:
		case region && flag:
			flag = false
			continue
		default:
			n++
		}
		joined, flag = false, region
	}
	return n
}
