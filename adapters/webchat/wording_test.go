package webchat

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/aftercare/aftercare/internal/wording"
)

// TestEveryWordOfThePagesKeepsItsLanguage reads every text of the pages in every language:
// each has all of them, in its own marks and words.
func TestEveryWordOfThePagesKeepsItsLanguage(t *testing.T) {
	source, err := os.ReadFile("words.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(source, &all); err != nil {
		t.Fatal(err)
	}
	texts := map[string]map[string]string{}
	for lang, words := range all {
		if !slices.Contains(wording.Languages(), lang) {
			t.Errorf("there are words in %s", lang)
		}
		texts[lang] = map[string]string{}
		readWords(t, words, "", texts[lang])
	}
	for _, lang := range wording.Languages() {
		for path := range texts["en"] {
			for _, fault := range wording.Faults(lang, texts[lang][path]) {
				t.Errorf("%s%s, %q: %s", lang, path, texts[lang][path], fault)
			}
		}
		if len(texts[lang]) != len(texts["en"]) {
			t.Errorf("%s has %d texts, English %d", lang, len(texts[lang]), len(texts["en"]))
		}
	}
}

// readWords gathers the texts of words.json by their places.
func readWords(t *testing.T, words any, path string, into map[string]string) {
	t.Helper()
	switch w := words.(type) {
	case string:
		into[path] = w
	case map[string]any:
		for key, inner := range w {
			readWords(t, inner, path+"/"+key, into)
		}
	case []any:
		for i, inner := range w {
			readWords(t, inner, fmt.Sprint(path, "/", i), into)
		}
	default:
		t.Errorf("%s is %T", path, words)
	}
}
