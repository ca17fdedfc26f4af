package survey

import (
	"strings"
	"unicode"

	"github.com/aftercare/aftercare/survey/words"
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
	if same := sameAs[base]; same != "" {
		base = same
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

// blank reports whether words show nothing at all.
func blank(s string) bool {
	for _, r := range s {
		if !unicode.IsSpace(r) && !words.Invisible(r) {
			return false
		}
	}
	return true
}

// fold brings words into the form in which they are compared.
func fold(s string) string { return words.Fold(s) }

// bare is fold without accents, vowel signs and what else people leave out.
func bare(s string) string { return words.Bare(s) }
