package voice

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/internal/wording"
	"github.com/aftercare/aftercare/survey"
)

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// TestEveryLanguageSaysEverything compares the locale files: the same ids, and in each
// sentence the same placeholders.
func TestEveryLanguageSaysEverything(t *testing.T) {
	said, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	english := said.Of("en").Plain
	if len(english) == 0 {
		t.Fatal("there are no English sentences")
	}
	for _, tag := range Languages {
		other := said.Of(tag).Plain
		for id := range other {
			if _, ok := english[id]; !ok {
				t.Errorf("%s: %s is not in English", tag, id)
			}
		}
		for id, sentence := range english {
			translated, ok := other[id]
			if !ok || translated == "" {
				t.Errorf("%s: %s is missing", tag, id)
				continue
			}
			if id == "date" || id == "date_time" {
				continue // each language has its own parts and order
			}
			if diff := cmp.Diff(placeholders(sentence), placeholders(translated)); diff != "" {
				t.Errorf("%s: %s has other placeholders (-en +%s):\n%s", tag, id, tag, diff)
			}
		}
	}
}

func placeholders(s string) []string {
	found := placeholder.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestPlaceholders(t *testing.T) {
	v := pairValues([]string{"a", "1", "b", "{a}", "empty", ""})
	for in, want := range map[string]string{
		"no placeholder": "no placeholder",
		"{a} and {b}":    "1 and {a}", // a value is never looked at again
		"{unknown}!":     "!",
		"{empty}!":       "!",
		"{not a name}":   "{not a name}",
		"{a":             "{a",
		"a}{a}{":         "a}1{",
		"{}{a}":          "{}1",
	} {
		if got := fill(in, v); got != want {
			t.Errorf("fill(%q) = %q; want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"Hi[ {a}].":        "Hi 1.",
		"Hi[ {unknown}].":  "Hi.",
		"Hi[ {empty}] {a}": "Hi 1",
		"]Hi[":             "]Hi[",
	} {
		if got := fillBrackets(in, v, v); got != want {
			t.Errorf("fillBrackets(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestLanguages(t *testing.T) {
	flow := []string{"en", "zh-Hans", "zh-Hant", "nb", "he", "id", "fil", "pt-BR"}
	for _, c := range []struct {
		want   string
		wishes []string
	}{
		{"zh-Hans", []string{"zh-CN"}},
		{"zh-Hans", []string{"", "", "zh"}},
		{"zh-Hans", []string{"zh-SG"}},
		{"zh-Hant", []string{"fr", "zh_TW"}},
		{"zh-Hant", []string{"zh-HK"}},
		{"zh-Hans", []string{"cmn-CN"}},
		{"en", []string{"en-GB"}},
		{"en", []string{"fr"}},
		{"nb", []string{"no"}},
		{"nb", []string{"nn-NO"}},
		{"he", []string{"iw"}},
		{"he", []string{"iw-IL"}},
		{"id", []string{"in"}},
		{"fil", []string{"tl"}},
		{"pt-BR", []string{"pt-PT"}},
		{"en", nil},
	} {
		if got := ChooseLanguage(flow, nil, c.wishes...); got != c.want {
			t.Errorf("choose(%q) = %q; want %q", c.wishes, got, c.want)
		}
	}
	for wish, want := range map[string]string{"no": "no", "nb": "no", "he": "iw", "zh-TW": "zh-Hans"} {
		if got := ChooseLanguage([]string{"en", "no", "iw", "zh-Hans"}, nil, wish); got != want {
			t.Errorf("%s finds %q; want %q", wish, got, want)
		}
	}
	if got := ChooseLanguage(flow, Languages, "es-MX"); got != "es" {
		t.Errorf("what the interface speaks becomes %q", got)
	}
	if got := ChooseLanguage(nil, Languages, "fr"); got != "en" {
		t.Errorf("without a flow French becomes %q; want en", got)
	}
}

// TestEverySentenceKeepsItsLanguage reads the program's own sentences: full-width marks and 您
// in Chinese, usted and « » in Spanish, Arabic marks, no word of another language.
func TestEverySentenceKeepsItsLanguage(t *testing.T) {
	said, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range Languages {
		for id, sentence := range said.Of(tag).Plain {
			if strings.HasPrefix(id, "phrases_") || id == "turns" {
				continue // words that customers type, as they type them
			}
			for _, fault := range wording.Faults(tag, sentence) {
				t.Errorf("%s: %s, %q: %s", tag, id, sentence, fault)
			}
		}
	}
}

// TestEveryFrameTextIsASentence compares the names that a flow may word with the sentences of
// the program, and the signs with them.
func TestEveryFrameTextIsASentence(t *testing.T) {
	said, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	english := said.Of("en")
	for _, name := range survey.FrameTexts() {
		if english.Plain[name] == "" && name != "help" {
			t.Errorf("%s is no sentence of the program", name)
		}
	}
	for id, sign := range signs {
		sentence, known := english.Plain[id]
		if !known {
			t.Errorf("%s is no sentence of the program", id)
		}
		for _, p := range placeholders(sign) {
			if !slices.Contains(placeholders(sentence), p) {
				t.Errorf("the sign of %s has %s", id, p)
			}
		}
	}
	if !slices.Equal(survey.Languages(), Languages) {
		t.Errorf("a survey counts on %v, the program speaks %v", survey.Languages(), Languages)
	}
	foreign := said.Worded("he", map[string]string{"skip": "דלג", "help": "/start"})
	if foreign.Say("skip") != "דלג" || foreign.Say("back") != "◀" || foreign.Help() != "/start" || english.Say("back") != "Back" {
		t.Errorf("words of a flow do not take the place of the program's: %q, %q, %q, %q", foreign.Say("skip"), foreign.Say("back"), foreign.Help(), english.Say("back"))
	}
	if slack := said.Behind("/feedback").Worded("he", map[string]string{"help": "/start"}); slack.Help() != "/feedback" {
		t.Errorf("behind a command it is %q", slack.Help())
	}
}

// A page has a menu and no commands: none of its sentences names one, whoever wrote them.
func TestNothingOnAPageNamesACommand(t *testing.T) {
	said, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	page := said.OnPage()
	named := 0
	for _, tag := range Languages {
		own := map[string]string{"notice_nothing": "Choose, or send /skip.", "help": "/start goes on", "skip": "Leave out"}
		for _, w := range []*Words{page.Of(tag), page.Worded(tag, own)} {
			for id, sentence := range w.Plain {
				if commandWord.MatchString(sentence) {
					t.Errorf("%s: %s names a command: %q", tag, id, sentence)
				}
			}
			if help := w.Help(); commandWord.MatchString(help) || !strings.Contains(help, "⋯") {
				t.Errorf("%s: help on a page is %q", tag, help)
			}
		}
		if page.Worded(tag, own).Say("skip") != "Leave out" {
			t.Errorf("%s: words of a flow that name no command are not shown", tag)
		}
		for _, sentence := range said.Of(tag).Plain {
			if commandWord.MatchString(sentence) {
				named++
			}
		}
	}
	if named == 0 {
		t.Error("no sentence of another chat names a command: this test would see none")
	}
}

// TestPlaceholdersOfTheFrameAreKnown: whoever words a text anew may name what the shipped one names, and
// nothing that the program would not fill in.
func TestPlaceholdersOfTheFrameAreKnown(t *testing.T) {
	said, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range survey.SiteTexts() {
		if name == "invitation" { // it stands for several
			continue
		}
		known := survey.FrameGaps(name)
		for _, lang := range Languages {
			words := said.Of(lang).Plain[name]
			if words == "" || strings.ContainsAny(words, "[]") {
				t.Errorf("%s in %s is %q", name, lang, words)
			}
			for _, g := range survey.Gaps(words) {
				if !slices.Contains(known, g.Name) {
					t.Errorf("%s in %s names {%s}, which a site may not", name, lang, g.Name)
				}
			}
		}
	}
}
