package voice

import (
	"strings"

	"github.com/aftercare/aftercare/survey"
)

// selfNames are the languages by their own names, for the buttons of /language. A
// language that is not listed is shown by its tag.
var selfNames = map[string]string{
	"ar": "العربية", "bg": "Български", "bn": "বাংলা", "cs": "Čeština", "da": "Dansk", "de": "Deutsch",
	"el": "Ελληνικά", "en": "English", "es": "Español", "et": "Eesti", "fa": "فارسی", "fi": "Suomi",
	"fr": "Français", "he": "עברית", "hi": "हिन्दी", "hr": "Hrvatski", "hu": "Magyar", "id": "Indonesia",
	"it": "Italiano", "ja": "日本語", "ko": "한국어", "lt": "Lietuvių", "lv": "Latviešu", "ms": "Melayu",
	"nb": "Norsk", "nl": "Nederlands", "pl": "Polski", "pt": "Português", "ro": "Română", "ru": "Русский",
	"sk": "Slovenčina", "sl": "Slovenščina", "sr": "Српски", "sv": "Svenska", "sw": "Kiswahili", "th": "ไทย",
	"tr": "Türkçe", "uk": "Українська", "ur": "اردو", "vi": "Tiếng Việt",
	"zh": "中文", "zh-Hans": "简体中文", "zh-Hant": "繁體中文",
}

// SelfName is a language's name in that language.
func SelfName(tag string) string {
	if n, ok := selfNames[tag]; ok {
		return n
	}
	if n, ok := selfNames[base(tag)]; ok {
		return n
	}
	return tag
}

// MatchLanguage is survey.MatchLanguage.
func MatchLanguage(have []string, want ...string) string { return survey.MatchLanguage(have, want...) }

// base is the language of a tag without script or region.
func base(tag string) string {
	b, _, _ := strings.Cut(tag, "-")
	return b
}

// ChooseLanguage returns the language to speak with a person: the first of wishes (what they
// chose, what the invitation says, what the platform tells) that the flow or the
// interface has, else the flow's first, else English.
func ChooseLanguage(flowLangs, interfaceLangs []string, wishes ...string) string {
	for _, w := range wishes {
		if m := MatchLanguage(flowLangs, w); m != "" {
			return m
		}
		if m := MatchLanguage(interfaceLangs, w); m != "" {
			return m
		}
	}
	if len(flowLangs) > 0 {
		return flowLangs[0]
	}
	return "en"
}
