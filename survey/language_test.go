package survey

import (
	"slices"
	"testing"
)

// A flow in a language that is not shipped can carry all of its frame, and Check says what
// of it is missing.
func TestFlowInAFifthLanguage(t *testing.T) {
	f := flow("f", primaryQ(scaleQ("q", csat5(), 1)))
	f.Languages = []string{"en", "de"}
	unworded := func() (found []Problem) {
		for _, p := range Check(f) {
			if p.Code == "unworded_language" {
				found = append(found, p)
			}
		}
		return found
	}
	if got := f.Unworded("de"); len(got) != 1+len(frameTexts) || !slices.Contains(got, "skip") {
		t.Errorf("without texts German lacks %v", got)
	}
	if p := unworded(); len(p) != 1 || p[0].Severity != Warning {
		t.Errorf("it is told as %+v", p)
	}
	f.Texts = map[string]Text{"invitation": {"en": "Hello", "de": "Hallo"}}
	for _, name := range FrameTexts() {
		f.Texts[name] = Text{"en": name, "de": name}
	}
	delete(f.Texts, "back")
	if got := f.Unworded("de-AT"); !slices.Equal(got, []string{"back"}) {
		t.Errorf("all but one: %v", got)
	}
	f.Texts["back"] = Text{"en": "Back", "de": "Zurück"}
	if p := unworded(); len(p) != 0 {
		t.Errorf("whole: %+v", p)
	}
	for _, lang := range []string{"en-GB", "zh-TW", "es-MX", "ar"} {
		if got := f.Unworded(lang); len(got) != 0 {
			t.Errorf("%s lacks %v", lang, got)
		}
	}
}
