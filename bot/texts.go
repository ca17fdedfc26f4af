package bot

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed locales/*.json
var localeFiles embed.FS

// interfaceLanguages are the languages of the program's own sentences; the first is
// the fallback.
var interfaceLanguages = []string{"en", "zh-Hans", "es", "ar"}

// texts are the program's own sentences in every interface language. Read-only.
type texts struct{ in map[string]*words }

// words are the sentences in one language. Those without plural forms are looked up
// once, when the program starts, because the library's look-up is slow beside the
// rest of a tap.
type words struct {
	tag   string
	slash string // what commands begin with
	plain map[string]string
	loc   *i18n.Localizer
}

// loadTexts reads the embedded locale files.
func loadTexts() (*texts, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	t := &texts{in: make(map[string]*words, len(interfaceLanguages))}
	for _, tag := range interfaceLanguages {
		path := "locales/" + tag + ".json"
		source, err := localeFiles.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		file, err := bundle.ParseMessageFileBytes(source, path)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", path, err)
		}
		w := &words{tag: tag, slash: "/", plain: make(map[string]string, len(file.Messages))}
		for _, m := range file.Messages {
			w.plain[m.ID] = m.Other
		}
		t.in[tag] = w
	}
	for tag, w := range t.in {
		w.loc = i18n.NewLocalizer(bundle, tag, interfaceLanguages[0])
	}
	return t, nil
}

// slackCommand is the one slash command of a Slack app: what are commands elsewhere are
// words behind it there.
const slackCommand = "/feedback"

var commandWord = regexp.MustCompile(`/(` + strings.Join(commands[:], "|") + `)\b`)

// onSlack returns the same sentences with commands as Slack's people write them.
func (t *texts) onSlack() *texts {
	s := &texts{in: make(map[string]*words, len(t.in))}
	for tag, w := range t.in {
		n := *w
		n.slash, n.plain = slackCommand+" ", make(map[string]string, len(w.plain))
		for id, text := range w.plain {
			n.plain[id] = commandWord.ReplaceAllStringFunc(text, func(c string) string { return n.command(c[1:]) })
		}
		s.in[tag] = &n
	}
	return s
}

// command is how a command is written.
func (w *words) command(name string) string {
	if name == commands[0] && w.slash != "/" {
		return strings.TrimSpace(w.slash) // alone it goes on
	}
	return w.slash + name
}

// of returns the sentences in the interface language that suits tag, else English.
func (t *texts) of(tag string) *words {
	if w, ok := t.in[tag]; ok {
		return w
	}
	if m := match(interfaceLanguages, tag); m != "" {
		return t.in[m]
	}
	return t.in[interfaceLanguages[0]]
}

// say returns the sentence with this id, its placeholders filled from pairs (name,
// value, name, value, …). A part in square brackets goes away as a whole when one of
// its placeholders has no value.
func (w *words) say(id string, pairs ...string) string {
	own := pairValues(pairs)
	return fillBrackets(w.plain[id], own, own)
}

// count returns the sentence with this id in the plural form for n, which is also
// its placeholder {n}.
func (w *words) count(id string, n int, pairs ...string) string {
	s, err := w.loc.Localize(&i18n.LocalizeConfig{MessageID: id, PluralCount: n})
	if err != nil {
		s = w.plain[id]
	}
	own := pairValues(append(slices.Clip(pairs), "n", strconv.Itoa(n)))
	return fillBrackets(s, own, own)
}

// values looks a placeholder's value up.
type values func(name string) (string, bool)

func pairValues(pairs []string) values {
	return func(name string) (string, bool) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], pairs[i+1] != ""
			}
		}
		return "", false
	}
}

// or looks in other what v does not have.
func (v values) or(other values) values {
	return func(name string) (string, bool) {
		if s, ok := v(name); ok {
			return s, true
		}
		return other(name)
	}
}

// fill replaces each {placeholder} by its value, once: what a value holds is never
// looked at again. One without a value goes away.
func fill(s string, v values) string {
	filled, _ := expand(s, v)
	return filled
}

// expand is fill that also says whether every placeholder had a value.
func expand(s string, v values) (string, bool) {
	if strings.IndexByte(s, '{') < 0 {
		return s, true
	}
	var b strings.Builder
	b.Grow(len(s) + 32)
	all := true
	for {
		i := strings.IndexByte(s, '{')
		if i < 0 {
			break
		}
		n := strings.IndexByte(s[i:], '}')
		if n < 0 {
			break
		}
		name := s[i+1 : i+n]
		if !isName(name) {
			b.WriteString(s[:i+1])
			s = s[i+1:]
			continue
		}
		b.WriteString(s[:i])
		value, ok := v(name)
		all = all && ok
		b.WriteString(value)
		s = s[i+n+1:]
	}
	b.WriteString(s)
	return b.String(), all
}

// fillBrackets is fill with optional parts, whose values come from inside. Only the
// program's own sentences have them.
func fillBrackets(s string, outside, inside values) string {
	open := strings.IndexByte(s, '[')
	end := strings.IndexByte(s, ']')
	if open < 0 || end < open {
		return fill(s, outside)
	}
	part, ok := expand(s[open+1:end], inside)
	if !ok {
		part = ""
	}
	return fill(s[:open], outside) + part + fillBrackets(s[end+1:], outside, inside)
}

// isName reports whether s can be a placeholder's name.
func isName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}
