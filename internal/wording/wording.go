// Package wording says what a text for people must keep in each language that is shipped:
// the marks of its script, its form of address, no word of another language. Tests read every
// text with it.
package wording

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Languages are the languages that every shipped text has.
func Languages() []string { return []string{"en", "zh-Hans", "es", "ar"} }

var (
	placeholder = regexp.MustCompile(`\{[a-z_]+\}`)
	command     = regexp.MustCompile(`/[a-z]+( (copy|erase)\b)?`)
	address     = regexp.MustCompile(`[a-z]+@[a-z.]+`)
	latin       = regexp.MustCompile(`[A-Za-z]{2,}`)
	// halfWidth is a mark that Chinese writes full-width, beside a Chinese character, a
	// placeholder or a full-width mark.
	halfWidth = regexp.MustCompile(`[\p{Han}}）”】][,!?:;()"]|[,!?:;()"][\p{Han}{（“【]|\p{Han}\.(\s|$)|[^…]…([^…]|$)`)
	// names are those that are written alike in every language.
	names = map[string]bool{
		"Slack": true, "Telegram": true, "Aftercare": true, "NPS": true, "CES": true, "CSAT": true, "SERVQUAL": true,
		"IT": true, "QR": true, "MVC": true, "MGC": true, "BZ": true, "SMS": true, "CODE": true, "Cookie": true,
	}
	english = regexp.MustCompile(`(?i)\b(the|you|your|yours|our|we|how|what|which|with|was|were|is|are|please|thank|thanks|and|of|not|this|that|from|for|here|yes)\b`)
	// intimate are forms of "tú", for readers who are addressed as "usted" throughout.
	intimate = regexp.MustCompile(`(?i)(^|[^\p{L}])(tú|tu|tus|ti|contigo|tienes|puedes|quieres|has|eres|estás|toca|pulsa|léelo|cuéntanos)([^\p{L}]|$)`)
	// spaced is a space where Chinese has none; beside a number it may have one.
	spaced = regexp.MustCompile(`\p{Han} \p{Han}|\p{Han} \{N\}|\{N\} \p{Han}`)
	// numbers are the placeholders that stand for a figure or a moment.
	numbers = regexp.MustCompile(`\{(n|seconds|min|max|value|level|sla|at|due|date|time|since|until|limit|priority|count|mark|day|month|year|hours|days)\}`)
)

// Placeholders lists the placeholders of a text, each once, in the order they come.
func Placeholders(text string) []string {
	var found []string
	seen := map[string]bool{}
	for _, p := range placeholder.FindAllString(text, -1) {
		if !seen[p] {
			seen[p] = true
			found = append(found, p)
		}
	}
	return found
}

// Faults lists what is wrong with a text in a language. Placeholders and commands are words
// of no language.
func Faults(language, text string) []string {
	var found []string
	fault := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if strings.TrimSpace(text) == "" {
		return []string{"it is empty"}
	}
	if strings.Contains(text, "  ") {
		fault("two spaces stand side by side")
	}
	bare := address.ReplaceAllString(numbers.ReplaceAllString(text, "9"), "@")
	bare = command.ReplaceAllString(placeholder.ReplaceAllString(bare, "{N}"), "/")
	switch language {
	case "zh-Hans":
		if at := halfWidth.FindString(bare); at != "" {
			fault("%q is not full-width", at)
		}
		if at := spaced.FindString(bare); at != "" {
			fault("a space stands in %q", at)
		}
		if strings.Contains(text, "你") {
			fault("it says 你; customers and staff are addressed as 您")
		}
		for _, w := range []string{"个案", "立案"} {
			if strings.Contains(text, w) {
				fault("%s is a word of courts; write 跟进单", w)
			}
		}
	case "es":
		if at := english.FindString(bare); at != "" && !strings.EqualFold(at, "are") {
			fault("%q is English", at)
		}
		if at := intimate.FindString(bare); at != "" {
			fault("%q addresses as tú", strings.TrimSpace(at))
		}
		if strings.ContainsAny(text, "“”") {
			fault("quotations stand in « »")
		}
		if strings.Count(text, "?") != strings.Count(text, "¿") || strings.Count(text, "!") != strings.Count(text, "¡") {
			fault("a question or call is opened and closed")
		}
	case "ar":
		if at := strings.IndexAny(bare, ",;?"); at >= 0 {
			fault("%q is no Arabic mark", bare[at:at+1])
		}
		if strings.Contains(text, "زبون") || strings.Contains(text, "الزبائن") {
			fault("a customer is called عميل")
		}
	}
	if language == "zh-Hans" || language == "ar" {
		for _, w := range latin.FindAllString(bare, -1) {
			if !names[w] {
				fault("%q is a word of another language", w)
			}
		}
		if language == "ar" && strings.ContainsFunc(bare, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			fault("it has Chinese in it")
		}
	}
	return found
}

// balanced says, for each scale with two sides, how a question names both in a language, or
// asks in a form that names none.
var balanced = map[string]map[string]*regexp.Regexp{
	"satisfaction": {
		"en": regexp.MustCompile(`satisfied or dissatisfied`), "zh-Hans": regexp.MustCompile(`是否(让您)?满意|满意程度`),
		"es": regexp.MustCompile(`grado de satisfacción|^¿Y con`), "ar": regexp.MustCompile(`مدى رضاك`),
	},
	"ease": {
		"en": regexp.MustCompile(`easy or difficult`), "zh-Hans": regexp.MustCompile(`容易还是困难`),
		"es": regexp.MustCompile(`fácil o difícil`), "ar": regexp.MustCompile(`سهولة أو صعوبة`),
	},
	"likelihood": {
		"en": regexp.MustCompile(`likely or unlikely`), "zh-Hans": regexp.MustCompile(`多大可能|可能性有多大`),
		"es": regexp.MustCompile(`qué probabilidad`), "ar": regexp.MustCompile(`احتمال`),
	},
	"fairness": {
		"en": regexp.MustCompile(`fair(ly)? or unfair`), "zh-Hans": regexp.MustCompile(`是否(公平)?合理`),
		"es": regexp.MustCompile(`justo o injusto`), "ar": regexp.MustCompile(`عدالة`),
	},
	"interest": {
		"en": regexp.MustCompile(`interested or uninterested`), "zh-Hans": regexp.MustCompile(`多大兴趣`),
		"es": regexp.MustCompile(`[Cc]uánto le interesa`), "ar": regexp.MustCompile(`مدى اهتمامك`), //nolint:misspell // Spanish
	},
	"expectation": {
		"en": regexp.MustCompile(`^Compared with what you expected`), "zh-Hans": regexp.MustCompile(`预期相比`),
		"es": regexp.MustCompile(`^En comparación con lo que esperaba`), "ar": regexp.MustCompile(`مقارنةً بما كنت تتوقعه`),
	},
}

// sides are what the shipped scales with two sides ask about.
var sides = map[string]string{
	"csat5": "satisfaction", "ladder7": "satisfaction", "thumbs2": "satisfaction", "ces7": "ease", "nps11": "likelihood",
	"likely5": "likelihood", "fair5": "fairness", "interest5": "interest", "expect5": "expectation",
}

// Balanced reports whether a question over this shipped scale leans to neither side.
func Balanced(scale, language, question string) bool {
	side, two := sides[scale]
	if !two {
		return true
	}
	form, known := balanced[side][language]
	if !known {
		return true
	}
	return form.MatchString(question) || form.MatchString(strings.ToLower(question))
}
