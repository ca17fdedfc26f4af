package voice

import (
	"regexp"
	"strings"
)

// determiner is what the name of a service has before it in the middle of a sentence. People name
// services as in a list, "Haircut", and "how satisfied were you with Haircut" is no sentence.
type determiner struct {
	word   string
	before *regexp.Regexp // words of a flow after which the name of a service stands bare
	has    *regexp.Regexp // names that need none
}

// determiners are those of the languages that need one. What an author wrote before the name, as
// in "your last {service_name}", stays theirs: only after these words nothing but a bare name can
// have been meant. Where the name is a plural, Spanish needs another word, and gets none.
var determiners = map[string]determiner{
	"en": {
		"your ", regexp.MustCompile(`(?i)\b((?:with|was|is|were|are|expect|about|of|for|from|find|rate) )\{service_name\}`),
		regexp.MustCompile(`(?i)^(?:the|an?|your|our|my|this|that|these|those|all|every) `),
	},
	"es": {
		"su ", regexp.MustCompile(`(?i)(?:^|\P{L})((?:dejó|fue|sea|es|con|de|sobre|por|para|parece|pareció) )\{service_name\}`),
		regexp.MustCompile(`(?i)^(?:el|la|los|las|un|una|su|sus|mi|tu|este|esta|nuestr[oa]s?) |^\P{Z}*(?:as|os|es)(?:\P{L}|$)`),
	},
	"ar": {
		"خدمة ", regexp.MustCompile(`((?:عن|كانت|تكون|من|في|مع) )\{service_name\}`),
		regexp.MustCompile(`^(?:ال)?خدم`),
	},
}

// named puts before {service_name} what the name of the service lacks.
func (v *Voice) named(words string) string {
	if !strings.Contains(words, "{"+AttrService+"}") {
		return words
	}
	service, known := v.Known(AttrService)
	d, needs := determiners[MatchLanguage(Languages, v.Lang)]
	if !known || !needs || d.has.MatchString(service) {
		return words
	}
	return d.before.ReplaceAllStringFunc(words, func(found string) string {
		return strings.TrimSuffix(found, "{"+AttrService+"}") + d.word + "{" + AttrService + "}"
	})
}
