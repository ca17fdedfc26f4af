// Package voice is how the program speaks: its own sentences in every language of the
// interface, the placeholders in them and in the words of flows, dates, and lists of
// commands. It decides nothing and knows no chat.
package voice

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/words"
)

//go:embed locales/*.json
var localeFiles embed.FS

// Languages are the languages of the program's own sentences; the first is
// the fallback.
var Languages = []string{"en", "zh-Hans", "es", "ar"}

// Texts are the program's own sentences in every interface language. Read-only.
type Texts struct {
	in map[string]*Words
	// ways are the same sentences as they are said elsewhere: functions that make them, by the
	// command that they are behind, or onPage.
	ways sync.Map
}

// way is the same sentences as they are said elsewhere, made once.
func (t *Texts) way(name string, say func() *Texts) *Texts {
	made, _ := t.ways.LoadOrStore(name, sync.OnceValue(say))
	return made.(func() *Texts)()
}

// Words are the sentences in one language. Those without plural forms are looked up
// once, when the program starts, because the library's look-up is slow beside the
// rest of a tap.
type Words struct {
	Tag   string
	slash string // what commands begin with
	Plain map[string]string
	loc   *i18n.Localizer
	own   map[string]string // a flow's, see Worded
	page  bool              // see OnPage
}

// Load reads the embedded locale files, once for the whole process.
func Load() (*Texts, error) { return loaded() }

var loaded = sync.OnceValues(load) //nolint:gochecknoglobals // what is embedded never changes

func load() (*Texts, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	t := &Texts{in: make(map[string]*Words, len(Languages))}
	for _, tag := range Languages {
		path := "locales/" + tag + ".json"
		source, err := localeFiles.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		file, err := bundle.ParseMessageFileBytes(source, path)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", path, err)
		}
		w := &Words{Tag: tag, slash: "/", Plain: make(map[string]string, len(file.Messages))}
		for _, m := range file.Messages {
			w.Plain[m.ID] = m.Other
		}
		t.in[tag] = w
	}
	for tag, w := range t.in {
		w.loc = i18n.NewLocalizer(bundle, tag, Languages[0])
	}
	return t, nil
}

var commandWord = regexp.MustCompile(`/(` + strings.Join(Commands[:], "|") + `)\b`)

// Behind returns the same sentences for a platform where what are commands elsewhere are
// words behind this one.
func (t *Texts) Behind(command string) *Texts {
	return t.way(command, func() *Texts { return t.putBehind(command) })
}

func (t *Texts) putBehind(command string) *Texts {
	s := &Texts{in: make(map[string]*Words, len(t.in))}
	for tag, w := range t.in {
		n := *w
		n.slash, n.Plain = command+" ", make(map[string]string, len(w.Plain))
		for id, text := range w.Plain {
			n.Plain[id] = commandWord.ReplaceAllStringFunc(text, func(c string) string { return n.command(c[1:]) })
		}
		s.in[tag] = &n
	}
	return s
}

// onPage ends the ids of sentences that take the place of others on a page, which has a menu
// where other chats have commands.
const onPage = "_page"

// OnPage returns the same sentences for a page: none of them names a command.
func (t *Texts) OnPage() *Texts { return t.way(onPage, t.putOnPage) }

func (t *Texts) putOnPage() *Texts {
	s := &Texts{in: make(map[string]*Words, len(t.in))}
	for tag, w := range t.in {
		n := *w
		n.page, n.Plain = true, maps.Clone(w.Plain)
		for id, text := range w.Plain {
			if of, ok := strings.CutSuffix(id, onPage); ok {
				n.Plain[of] = text
			}
		}
		delete(n.Plain, "intro_privacy") // there it is a page of its own
		delete(n.Plain, "intro_privacy_pulse")
		s.in[tag] = &n
	}
	return s
}

// signs stand for words of the frame in a language that neither the program nor the flow has:
// a question in it is shown with signs alone, never with English beside it.
var signs = map[string]string{
	"skip": "⏭", "back": "◀", "later": "⏰", "not_now": "✕", "go_on": "▶", "done": "✓", "change": "✎", "keep": "= {answer}",
	"you_answered": "✓ {answer}", "you_wrote": " (“{words}”)", "you_had": " (← {before})", "you_skipped": "⏭", "choose_then_done": "≤ {max}", "quoted": "“{words}”", "list_comma": ", ",
	"button_of": "{value}/{max} {label}", "button_number": "{value}/{max}", "button_change": "✎ {question}",
	"button_chosen": "☑ {label}", "button_not_chosen": "☐ {label}",
	"type_answer": "✎", "type_number": "{min} – {max}", "type_date": "2026-03-31", "type_phone": "+44 20 7946 0000", "type_email": "@",
	"send_file": "📎", "no_file_here": "⏭",
	"fallback_first_name": "", "fallback_service_name": "…", "fallback_business_name": "…", "fallback_agent_name": "…", "fallback_agent_or_team": "…",
	"fallback_date": "…", "fallback_item": "…", "fallback_ticket": "…", "fallback_promise": "…", "web_way": "",
	"dont_know": "🤷", "prefer_not": "🤐", "you_dont_know": "🤷", "you_prefer_not": "🤐", "you_left": "…",
	"choose_between": "{min} – {max}", "type_whole_number": "{min} – {max}", "example": "{example}",
}

// Worded returns the sentences for a language with those of a flow in the place of the
// program's own. Where the program does not speak the language, what the flow does not word
// either is a sign beside a question and English elsewhere.
func (t *Texts) Worded(tag string, own map[string]string) *Words {
	w := t.Of(tag)
	foreign := MatchLanguage(Languages, tag) == ""
	if !foreign && len(own) == 0 {
		return w
	}
	n := *w
	n.Plain, n.own = maps.Clone(w.Plain), own
	if foreign {
		maps.Copy(n.Plain, signs)
	}
	for id, words := range own {
		if w.page && !foreign && commandWord.MatchString(words) {
			continue // a page has no commands, and a sentence of ours that names none
		}
		n.Plain[id] = commandWord.ReplaceAllStringFunc(words, func(c string) string { return n.command(c[1:]) })
	}
	return &n
}

// command is how a command is written.
func (w *Words) command(name string) string {
	if name == Commands[0] && w.slash != "/" {
		return strings.TrimSpace(w.slash) // alone it goes on
	}
	return w.slash + name
}

// Of returns the sentences in the interface language that suits tag, else English.
func (t *Texts) Of(tag string) *Words {
	if w, ok := t.in[tag]; ok {
		return w
	}
	if m := MatchLanguage(Languages, tag); m != "" {
		return t.in[m]
	}
	return t.in[Languages[0]]
}

// Say returns the sentence with this id, its placeholders filled from pairs (name,
// value, name, value, …). A part in square brackets goes away as a whole when one of
// its placeholders has no value.
func (w *Words) Say(id string, pairs ...string) string {
	own := pairValues(pairs)
	return fillBrackets(w.Plain[id], own, own)
}

// Channel is what people call a platform: one that the language has no word for by its own
// name.
func (w *Words) Channel(p chat.Platform) string {
	if name := w.Say("channel_" + string(p)); name != "" || p == "" {
		return name
	}
	return strings.ToUpper(string(p[:1])) + string(p[1:])
}

// Count returns the sentence with this id in the plural form for n, which is also
// its placeholder {n}.
func (w *Words) Count(id string, n int, pairs ...string) string {
	s, err := w.loc.Localize(&i18n.LocalizeConfig{MessageID: id, PluralCount: n})
	if err != nil {
		s = w.Plain[id]
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
		if !IsName(name) {
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

// IsName reports whether s can be a placeholder's name.
func IsName(s string) bool {
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

// Phrase is the kind of feedback whose phrase a text begins with, in any language, and
// the words: all of them, unless there is nothing but the phrase. Words that only mention a
// complaint are none.
func (t *Texts) Phrase(text string) (storage.FeedbackKind, string) {
	text = strings.TrimSpace(text)
	if is, more := words.Complains(text); is == words.WillComplain {
		if !more {
			text = ""
		}
		return storage.Complaint, text
	}
	said := strings.ToLower(PlainDigits(text))
	for command, kind := range FeedbackCommands {
		for _, w := range t.in {
			for p := range strings.SplitSeq(w.Plain["phrases_"+command], "|") {
				rest, found := strings.CutPrefix(said, p)
				if p == "" || !found {
					continue
				}
				rest = strings.TrimFunc(rest, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) })
				if rest == "" {
					return kind, ""
				}
				if next, _ := utf8.DecodeRuneInString(said[len(p):]); !unicode.IsLetter(next) || unicode.Is(unicode.Han, next) {
					return kind, text
				}
			}
		}
	}
	return "", ""
}

// Turns reports whether words that follow an answer do not go on with it: they ask something,
// or hold one of the closed list of words, in any language, by which people take back or
// complain. What is not sure is no addition.
func (t *Texts) Turns(text string) bool {
	said := strings.ToLower(PlainDigits(text))
	if strings.ContainsAny(said, "?؟") {
		return true
	}
	letter := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }
	for _, w := range t.in {
		for p := range strings.SplitSeq(w.Plain["turns"], "|") {
			for rest := said; p != ""; {
				before, after, found := strings.Cut(rest, p)
				if !found {
					break
				}
				last, _ := utf8.DecodeLastRuneInString(before)
				next, _ := utf8.DecodeRuneInString(after)
				if first, _ := utf8.DecodeRuneInString(p); unicode.Is(unicode.Han, first) || !letter(last) && !letter(next) {
					return true
				}
				rest = after
			}
		}
	}
	return false
}

// Matches reports whether text is the sentence with this id in any language, or one of several
// ways to say it, whatever its case, its accents and the full stop at its end.
func (t *Texts) Matches(id, text string) bool {
	if text = words.Bare(text); text == "" {
		return false
	}
	for _, w := range t.in {
		for way := range strings.SplitSeq(w.Plain[id], "|") {
			if words.Bare(way) == text {
				return true
			}
		}
	}
	return false
}

// Shipped is each sentence in the interface language that suits tag, as it is shipped: for who shows it
// beside words of their own.
func Shipped(tag string) func(id string) string {
	t, err := Load()
	if err != nil {
		return func(string) string { return "" } // every test meets it
	}
	return func(id string) string { return t.Of(tag).Plain[id] }
}
