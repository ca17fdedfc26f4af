package flowfile

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/internal/wording"
	"github.com/aftercare/aftercare/survey"
)

// filled are the placeholders that a shipped text may hold: those for which there are words
// where the value is not known, and the address of a ticket, which its condition asks for.
var filled = []string{
	"{first_name}", "{service_name}", "{business_name}", "{agent_name}", "{date}", "{item}", "{ticket}", "{promise}", "{ticket_url}",
}

// TestEveryShippedTextIsWholeInFourLanguages reads every text of every template, scale, list
// and level: there in four languages, with known placeholders, the same in each, in the marks
// and the form of address of its language, one question at a time, balanced where the scale
// has two sides.
func TestEveryShippedTextIsWholeInFourLanguages(t *testing.T) {
	texts := 0
	read := func(t *testing.T, where string, words survey.Text) {
		t.Helper()
		for lang := range words {
			if !slices.Contains(wording.Languages(), lang) {
				t.Errorf("%s is in %s", where, lang)
			}
		}
		placeholders := func(lang string) []string {
			found := wording.Placeholders(words[lang])
			slices.Sort(found)
			return found
		}
		for _, lang := range wording.Languages() {
			texts++
			for _, fault := range wording.Faults(lang, words[lang]) {
				t.Errorf("%s in %s, %q: %s", where, lang, words[lang], fault)
			}
			for _, p := range placeholders(lang) {
				if !slices.Contains(filled, p) {
					t.Errorf("%s in %s: nothing is known to stand for %s", where, lang, p)
				}
			}
			if !slices.Equal(placeholders(lang), placeholders("en")) {
				t.Errorf("%s in %s has the placeholders %v, in English %v", where, lang, placeholders(lang), placeholders("en"))
			}
			if n := strings.Count(words[lang], "?") + strings.Count(words[lang], "？") + strings.Count(words[lang], "؟"); n > 1 {
				t.Errorf("%s in %s asks %d questions: %q", where, lang, n, words[lang])
			}
		}
	}
	for _, key := range Scales() {
		s, _ := Scale(key)
		for i := range s.Options {
			if _, number := numeric(s.Options[i].Label); !number {
				read(t, fmt.Sprintf("scale %s, option %v", key, s.Options[i].Value), s.Options[i].Label)
			}
		}
		balanced(t, key, s, read)
		if len(s.MinText) > 0 {
			read(t, key+", its lower end", s.MinText)
			read(t, key+", its upper end", s.MaxText)
		}
	}
	for _, name := range Lists() {
		for _, c := range shippedChoices()[name].Choices {
			read(t, "list "+name+", "+c.Key, c.Label)
		}
	}
	for _, b := range Bands() {
		read(t, fmt.Sprintf("level %d", b.Level), b.Name)
		read(t, fmt.Sprintf("level %d, expectation", b.Level), b.Expectation)
		read(t, fmt.Sprintf("level %d, mood", b.Level), b.Indication)
	}
	for _, f := range Templates() {
		t.Run(f.ID, func(t *testing.T) {
			if !slices.Equal(f.Languages, wording.Languages()) {
				t.Errorf("its languages are %v", f.Languages)
			}
			for where, words := range textsIn(f) {
				read(t, where, words)
			}
			for i := range f.Questions {
				q := &f.Questions[i]
				for _, c := range q.Choices {
					if len(c.Label) == 0 {
						t.Errorf("%s: the choice %s has no label", q.Key, c.Key)
					}
				}
				for _, o := range q.Scale.Options {
					if len(o.Label) == 0 {
						t.Errorf("%s: %v has no label", q.Key, o.Value)
					}
				}
				for lang, words := range q.Ask {
					if q.Kind == survey.ScaleQ && !wording.Balanced(q.Scale.Key, lang, words) {
						t.Errorf("%s in %s leans to one side of %s: %q", q.Key, lang, q.Scale.Key, words)
					}
				}
			}
		})
	}
	if texts < 1000 {
		t.Errorf("only %d texts were read", texts)
	}
}

// textsIn is every text that a flow holds, wherever it stands, by its place; labels that are the
// same bare number in every language are none.
func textsIn(f survey.Flow) map[string]survey.Text {
	all := map[string]survey.Text{}
	var walk func(where string, v reflect.Value)
	walk = func(where string, v reflect.Value) {
		if words, ok := v.Interface().(survey.Text); ok {
			if _, number := numeric(words); len(words) > 0 && !number {
				all[where] = words
			}
			return
		}
		switch v.Kind() { //nolint:exhaustive // the others hold no text
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				walk(where, v.Elem())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(where+"."+v.Type().Field(i).Name, v.Field(i))
				}
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(fmt.Sprintf("%s %d", where, i), v.Index(i))
			}
		case reflect.Map:
			for _, key := range v.MapKeys() {
				walk(fmt.Sprintf("%s %v", where, key), v.MapIndex(key))
			}
		}
	}
	walk("the flow", reflect.ValueOf(f))
	return all
}

// Every text of a flow is read, wherever it stands: also where no template has one today.
func TestTextsAreFoundWhereverTheyStand(t *testing.T) {
	kinds := map[string]bool{}
	for _, f := range Templates() {
		for where := range textsIn(f) {
			for _, part := range []string{".Title", ".Ask", ".Label", ".Options", ".Choices"} {
				kinds[part] = kinds[part] || strings.Contains(where, part)
			}
		}
	}
	for part, found := range kinds {
		if !found {
			t.Errorf("no text is read in %s", part)
		}
	}
	f, _, _ := Template("one_tap_csat")
	was := len(textsIn(f))
	f.Thanks = append(f.Thanks, survey.Thanks{Say: survey.Text{"en": "Bye"}})
	f.Texts = map[string]survey.Text{"help": {"en": "Help"}}
	f.Questions[0].Choices = append(f.Questions[0].Choices, survey.Choice{Label: survey.Text{"en": "Other"}})
	if got := len(textsIn(f)); got != was+3 {
		t.Errorf("of three further texts %d are found", got-was)
	}
}

// numeric reports whether a label is the same bare number in every language.
func numeric(words survey.Text) (string, bool) {
	for _, lang := range wording.Languages() {
		if words[lang] == "" || words[lang] != words["en"] || strings.Trim(words[lang], "0123456789") != "" {
			return "", false
		}
	}
	return words["en"], true
}

// Whoever may say "by phone" is asked for the number, and what is shipped has no problem.
func TestShippedSurveysAreSound(t *testing.T) {
	for _, f := range Templates() {
		for _, p := range survey.Check(f) {
			t.Errorf("%s: %s", f.ID, p.Message)
		}
		for i := range f.Questions {
			offers := slices.ContainsFunc(f.Questions[i].Choices, func(c survey.Choice) bool { return c.Key == "phone" })
			if !offers {
				continue
			}
			next := survey.Question{}
			if i+1 < len(f.Questions) {
				next = f.Questions[i+1]
			}
			if next.Contact != "phone" || next.When == nil || next.When.Subject != f.Questions[i].Key {
				t.Errorf("%s offers a call after %q and does not ask for the number next, but %q for %q if %+v", f.ID, f.Questions[i].Key, next.Key, next.Contact, next.When)
			}
		}
	}
}

// The places and keys of lists that flows in use name must stay: buttons in chats hold the
// place, conditions the key.
func TestShippedListsOnlyGrow(t *testing.T) {
	for name, keys := range map[string][]string{
		"reason":    {"reliability", "responsiveness", "assurance", "empathy", "tangibles", "product", "price", "other"},
		"shortfall": {"reliability", "responsiveness", "attitude", "skill", "empathy", "tangibles", "product", "price", "other"},
		"contact":   {"here", "phone", "no"},
		"lost":      {"price", "product", "service", "competitor", "need", "moved", "care", "other"},
		"left":      {"service", "product", "price", "competitor", "need", "moved", "care", "other"},
		"loyal":     {"value", "convenience", "price", "reward", "habit", "monopoly"},
		"expsrc":    {"past", "wom", "promise", "competitor"},
		"choosing":  {"at_once", "minutes", "hours", "days", "longer", "compared"},
	} {
		list := shippedChoices()[name].Choices
		for i, key := range keys {
			if i >= len(list) || list[i].Key != key {
				t.Errorf("%s: %q is no longer choice %d", name, key, i+1)
			}
		}
	}
}

// widest is how many characters of a button phones show whole beside its number; those of Chinese
// are two wide.
const widest = 32 - len("-2 · ") + 1

// balanced holds that what stands on the buttons of a scale is whole on every phone, and that an
// option has fewer words on its button only if the one on the other side has, too.
func balanced(t *testing.T, key string, s survey.Scale, read func(*testing.T, string, survey.Text)) {
	t.Helper()
	n := len(s.Options)
	for i := range s.Options {
		o := &s.Options[i]
		if len(o.Short) > 0 {
			read(t, fmt.Sprintf("scale %s, the button of %v", key, o.Value), o.Short)
		}
		if (len(o.Short) > 0) != (len(s.Options[n-1-i].Short) > 0) {
			t.Errorf("scale %s: %v has fewer words on its button, and the other side has not", key, o.Value)
		}
		for lang, label := range o.Label {
			if short := o.Short.Exactly(lang); short != "" {
				label = short
			}
			width := 0
			for _, r := range label {
				if width++; r >= 0x2e80 {
					width++
				}
			}
			if width > widest {
				t.Errorf("scale %s in %s: %q is %d wide on its button, at most %d are shown", key, lang, label, width, widest)
			}
		}
	}
}
