package voice

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/aftercare/aftercare/internal/wording"
)

// forms are those that a sentence about a number has in each language.
var forms = map[string][]string{"en": {"one", "other"}, "zh-Hans": {"other"}, "es": {"many", "one", "other"}, "ar": {"few", "many", "one", "other", "two", "zero"}}

// A sentence about a number has each form that its language needs, for one, for two, for few, and each
// keeps its language and has no placeholder that the English has not.
func TestEveryFormOfANumberKeepsItsLanguage(t *testing.T) {
	counted := map[string]map[string]map[string]string{} // language, sentence, form
	for _, tag := range Languages {
		source, err := localeFiles.ReadFile("locales/" + tag + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]any
		if err := json.Unmarshal(source, &all); err != nil {
			t.Fatal(err)
		}
		counted[tag] = map[string]map[string]string{}
		for id, sentence := range all {
			if of, counts := sentence.(map[string]any); counts {
				counted[tag][id] = map[string]string{}
				for form, text := range of {
					counted[tag][id][form], _ = text.(string)
				}
			}
		}
	}
	ids := slices.Sorted(maps.Keys(counted["en"]))
	if len(ids) < 8 {
		t.Fatalf("only %v are about numbers", ids)
	}
	for _, tag := range Languages {
		if got := slices.Sorted(maps.Keys(counted[tag])); !slices.Equal(got, ids) {
			t.Errorf("%s: %v are about numbers, in English %v", tag, got, ids)
		}
		for id, of := range counted[tag] {
			if got := slices.Sorted(maps.Keys(of)); !slices.Equal(got, forms[tag]) {
				t.Errorf("%s: %s has the forms %v, want %v", tag, id, got, forms[tag])
			}
			for form, text := range of {
				for _, fault := range wording.Faults(tag, text) {
					t.Errorf("%s: %s for %s, %q: %s", tag, id, form, text, fault)
				}
				for _, p := range wording.Placeholders(text) {
					if !slices.Contains(wording.Placeholders(counted["en"][id]["other"]), p) {
						t.Errorf("%s: %s for %s has %s, which nothing fills", tag, id, form, p)
					}
				}
			}
		}
	}
}
