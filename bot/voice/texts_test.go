package voice

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	flow := []string{"en", "zh-Hans"}
	for _, c := range []struct {
		want   string
		wishes []string
	}{
		{"zh-Hans", []string{"zh-CN"}},
		{"zh-Hans", []string{"", "", "zh"}},
		{"en", []string{"en-GB"}},
		{"es", []string{"es-MX"}}, // the interface speaks it, the questions fall back
		{"en", []string{"fr"}},
		{"ar", []string{"ar", "en"}},
		{"zh-Hans", []string{"fr", "zh_TW"}},
		{"en", nil},
	} {
		if got := ChooseLanguage(flow, Languages, c.wishes...); got != c.want {
			t.Errorf("choose(%q) = %q; want %q", c.wishes, got, c.want)
		}
	}
	if got := ChooseLanguage(nil, Languages, "fr"); got != "en" {
		t.Errorf("without a flow French becomes %q; want en", got)
	}
}
