package admin

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/aftercare/aftercare/survey"
)

//go:embed locales
var localeFiles embed.FS

// fallback is the language that has every word.
const fallback = "en"

// words are the words of these pages in one language.
type words struct {
	lang string            // BCP 47
	by   map[string]string // text by key, {0}, {1} … where its arguments go
	rest *words            // where to look next; nil for the fallback
}

// tongues are the languages of the pages, by tag. They are read once, by whoever needs them first.
var tongues = sync.OnceValue(readWords)

// readWords reads locales/LANG/ROOM.json: a room of pages has a file of its own, and all
// files of a language are one list of keys.
func readWords() map[string]*words {
	all := map[string]*words{}
	err := fs.WalkDir(localeFiles, "locales", func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := localeFiles.ReadFile(at)
		if err != nil {
			return err
		}
		lang := path.Base(path.Dir(at))
		if all[lang] == nil {
			all[lang] = &words{lang: lang, by: map[string]string{}}
		}
		of := map[string]string{}
		if err := json.Unmarshal(body, &of); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		for key, text := range of {
			if _, twice := all[lang].by[key]; twice {
				return fmt.Errorf("%s: the key %s stands in another file too", at, key)
			}
			all[lang].by[key] = text
		}
		return nil
	})
	if err != nil {
		panic(err) // embedded: cannot fail in a binary that was built
	}
	for lang, w := range all {
		if lang != fallback {
			w.rest = all[fallback]
		}
	}
	return all
}

// words are those that the viewer chose, else what the browser wishes, else English. Of what a browser
// wishes a language counts that is there whole: a page half in another one, and read from its side, is
// worse than English.
func (s *site) words(r *http.Request, v Viewer) *words {
	if m := survey.MatchLanguage(slices.Sorted(maps.Keys(tongues())), v.Language); v.Language != "" && m != "" {
		return tongues()[m]
	}
	whole := pageLanguageTags()
	for _, wish := range wishes(r) {
		if m := survey.MatchLanguage(whole, wish); m != "" {
			return tongues()[m]
		}
	}
	return tongues()[fallback]
}

// wishes are the languages that a browser asks for, in its order.
func wishes(r *http.Request) (tags []string) {
	for wish := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		if tag, _, _ := strings.Cut(strings.TrimSpace(wish), ";"); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// t is the text of a key with its arguments. A key that nobody has is shown as it is: a
// test finds it.
func (w *words) t(key string, args ...any) string {
	text, ok := w.by[key]
	if !ok {
		if w.rest != nil {
			return w.rest.t(key, args...)
		}
		return key
	}
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for i, a := range args {
		pairs = append(pairs, fmt.Sprintf("{%d}", i), fmt.Sprint(a))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// sentences are sentences one behind the other, as the language writes them; those that are empty are left out.
func (w *words) sentences(all ...string) (text string) {
	for _, one := range all {
		switch {
		case text == "":
			text = one
		case one != "":
			text = w.t("sentences", text, one)
		}
	}
	return text
}

// gap is what stands between two sentences, as the language writes them: Chinese has nothing there.
func (w *words) gap() string { return w.t("sentences", "", "") }

// of are the words where what is counted are no answers: a key with this ending takes the place of the key.
func (w *words) of(noun string) *words {
	by := map[string]string{}
	for _, key := range []string{"n_answers", "rate_few", "rate_few_said", "not_shown", "few", "band_legend", "needed_answers"} {
		if w.has(key + "_" + noun) {
			by[key] = w.t(key + "_" + noun)
		}
	}
	return &words{w.lang, by, w}
}

// dir is the direction of a language's script.
func dir(lang string) string {
	switch base, _, _ := strings.Cut(lang, "-"); base {
	case "ar", "fa", "he", "ur":
		return "rtl"
	}
	return "ltr"
}
