package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// wordJoiner shows nothing and lets no line break. A platform that looks for links in plain
// words finds none across it.
const wordJoiner = '\u2060'

// Tempting are the stretches of s, as pairs of byte offsets, that a platform may make a
// mention, a link, a command or a tag of: whole words, more of them than any platform would.
// Telephone numbers are none: staff are to call them.
func Tempting(s string) [][2]int {
	if !strings.ContainsAny(s, "@/#$.\uFF20\uFF03") {
		return nil
	}
	var all [][2]int
	for at := 0; at < len(s); {
		if r, size := utf8.DecodeRuneInString(s[at:]); unicode.IsSpace(r) {
			at += size
			continue
		}
		end := strings.IndexFunc(s[at:], unicode.IsSpace)
		if end < 0 {
			end = len(s) - at
		}
		if word := s[at : at+end]; tempts(word) {
			all = append(all, [2]int{at, at + end})
		}
		at += end
	}
	return all
}

// tempts reports whether a word has a part that could be made live.
func tempts(word string) bool {
	before := rune(-1)
	for i := 0; i < len(word); {
		r, length := utf8.DecodeRuneInString(word[i:])
		inner := unicode.IsLetter(before) || unicode.IsDigit(before) // "and/or"
		first := i == 0
		before = r
		i += length
		rest := word[i:]
		next, size := utf8.DecodeRuneInString(rest)
		for unicode.In(next, unicode.Cf, unicode.Mn) { // what is not seen parts nothing
			rest = rest[size:]
			next, size = utf8.DecodeRuneInString(rest)
		}
		letter := unicode.IsLetter(next) || next == '_'
		switch r {
		case '@', '\uFF20', '#', '\uFF03':
			if letter || unicode.IsDigit(next) {
				return true
			}
		case '/':
			if letter && !inner || next == '/' {
				return true
			}
		case '$':
			if letter {
				return true
			}
		case '.':
			after, _ := utf8.DecodeRuneInString(rest[min(size, len(rest)):])
			if !first && letter && (unicode.IsLetter(after) || unicode.IsDigit(after) || after == '-' || after == '.') {
				return true // a host name of any top level domain
			}
		}
	}
	return false
}

// Defuse is s with a word joiner behind each sign by which a platform would know a mention, a
// link, a command or a tag. It reads the same; copied, it holds the joiners.
func Defuse(s string) string {
	words := Tempting(s)
	if len(words) == 0 {
		return s
	}
	var b strings.Builder
	at := 0
	for _, w := range words {
		b.WriteString(s[at:w[0]])
		for _, r := range s[w[0]:w[1]] {
			b.WriteRune(r)
			switch r {
			case '@', '\uFF20', '#', '\uFF03', '/', '$', '.', ':':
				b.WriteRune(wordJoiner)
			}
		}
		at = w[1]
	}
	b.WriteString(s[at:])
	return b.String()
}
