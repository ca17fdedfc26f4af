package survey

import (
	"strings"
	"unicode"
)

// textIn looks for words in the order of langs: for each the exact tag first, then
// a tag of the same base language and script, then one of the same base language.
func textIn(t Text, langs []string) string {
	for _, lang := range langs {
		if words := t[lang]; words != "" {
			return words
		}
		if words := sameLanguage(t, lang); words != "" {
			return words
		}
	}
	return ""
}

// sameLanguage finds words in another form of lang's base language. Among several
// the one in the same script wins, then the first tag in alphabetical order, so
// that the result does not depend on the order of the map.
func sameLanguage(t Text, lang string) string {
	base, script := baseAndScript(lang)
	if base == "" {
		return ""
	}
	best, bestSame := "", false
	for tag, words := range t {
		if words == "" {
			continue
		}
		b, s := baseAndScript(tag)
		if b != base {
			continue
		}
		same := s == script
		if best == "" || same && !bestSame || same == bestSame && tag < best {
			best, bestSame = tag, same
		}
	}
	return t[best]
}

// baseAndScript splits a BCP 47 tag: "zh-TW" is "zh" in the script "hant". A script
// is only derived for Chinese, the one language whose regions imply it here.
func baseAndScript(tag string) (base, script string) {
	rest := strings.ToLower(strings.ReplaceAll(tag, "_", "-"))
	base, rest, _ = strings.Cut(rest, "-")
	region := ""
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, "-")
		switch len(part) {
		case 4:
			script = part
		case 2:
			region = part
		}
	}
	if base == "zh" && script == "" {
		script = "hans"
		if region == "tw" || region == "hk" || region == "mo" {
			script = "hant"
		}
	}
	return base, script
}

// Clean makes words fit to be stored anywhere: no NUL (Postgres refuses it), valid
// UTF-8, line feeds only, no space at the ends.
func Clean(words string) string {
	if strings.ContainsAny(words, "\x00\r") {
		words = strings.NewReplacer("\x00", "", "\r\n", "\n", "\r", "\n").Replace(words)
	}
	return strings.TrimSpace(strings.ToValidUTF8(words, "\uFFFD"))
}

// invisible reports whether r shows nothing by itself: joiners, direction marks,
// variation selectors.
func invisible(r rune) bool {
	return r == '\uFEFF' || r >= '\u200B' && r <= '\u200F' || r >= '\u202A' && r <= '\u202E' ||
		r >= '\u2060' && r <= '\u2069' || r >= '\uFE00' && r <= '\uFE0F'
}

// blank reports whether words show nothing at all.
func blank(words string) bool {
	for _, r := range words {
		if !unicode.IsSpace(r) && !invisible(r) {
			return false
		}
	}
	return true
}

// fold brings words into the form in which they are compared: lower case, ASCII
// width, ASCII digits, single spaces, without invisible characters and without
// punctuation at the ends.
func fold(words string) string {
	var b strings.Builder
	b.Grow(len(words))
	space := false
	for _, r := range words {
		switch {
		case invisible(r):
			continue
		case r >= '\uFF01' && r <= '\uFF5E':
			r -= 0xFEE0
		case r == '\u2212' || r == '\u2013' || r == '\u2012' || r == '\uFE63':
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
	return strings.Trim(b.String(), " .,;:!?\"'()[]*。、،؟…“”«»")
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
