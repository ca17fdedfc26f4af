package voice

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Number writes a value of a scale without needless digits.
func Number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// Join joins the parts that are not empty.
func Join(sep string, parts ...string) string {
	joined := ""
	for _, p := range parts {
		switch {
		case p == "":
		case joined == "":
			joined = p
		default:
			joined += sep + p
		}
	}
	return joined
}

// Paragraphs joins the parts that are not empty by blank lines.
func Paragraphs(parts ...string) string { return Join("\n\n", parts...) }

// Cut shortens words to at most n runes.
func Cut(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return strings.TrimRight(string(r[:n-1]), " ") + "…"
}

// PlainDigits writes what an Asian or an Arabic keyboard writes wider or with digits of its
// own as others do: \uFF12\uFF1A\u0663 is 2:3.
func PlainDigits(words string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '\uFF01' && r <= '\uFF5E':
			return r - 0xFEE0
		case r == '\u3000':
			return ' '
		case r >= '\u0660' && r <= '\u0669':
			return '0' + r - '\u0660'
		case r >= '\u06F0' && r <= '\u06F9':
			return '0' + r - '\u06F0'
		case r == '\u066B':
			return '.'
		}
		return r
	}, words)
}

// LongestPart is how much one message of the conversation carries, in UTF-16 units: every
// platform shows so much beside a title. What is longer becomes several messages.
const LongestPart = 2800

// InParts splits words where a line or a word ends.
func InParts(text string) []string {
	var parts []string
	for len(text) > 0 {
		end, units, last := len(text), 0, 0
		for i, r := range text {
			if units += utf16.RuneLen(r); units > LongestPart {
				end = i
				break
			}
			if (r == ' ' || r == '\n') && units > LongestPart/2 {
				last = i + 1
			}
		}
		if end < len(text) && last > 0 {
			end = last
		}
		if part := strings.TrimSpace(text[:end]); part != "" {
			parts = append(parts, part)
		}
		text = text[end:]
	}
	return parts
}

// Called is a name as staff read it among a card's own words: one short line that holds
// nothing of what these lines are made of.
func Called(name string) string { return Cut(chat.CleanName(name), LongestName) }

// LongestName is how much of a name is shown, in runes.
const LongestName = 60

// Sentence begins words with a capital where their script has any: a general word may have
// taken the place of a name there.
func Sentence(words string) string {
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:]
}
