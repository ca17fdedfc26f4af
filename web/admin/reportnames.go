package admin

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// How many characters of a question's words stand in a row, and in a drawing.
const (
	askedInRow  = 90
	askedInMenu = 40
	askedInMark = 28
)

// namer says what surveys, their questions and the choices of these are called, in the language of the reader: as the
// newest version of each asks. What it does not know it says as words.
type namer struct {
	flows map[string]*survey.Flow
	as    *voice.Voice
}

// namer knows the surveys of these classes; of every class if none is named.
func (s *site) namer(w *words, classes ...survey.Class) namer {
	texts, err := voice.Load()
	if err != nil {
		panic(err) // embedded: cannot fail in a binary that was built
	}
	n := namer{flows: map[string]*survey.Flow{}}
	n.as = &voice.Voice{Words: texts.Of(w.lang), Lang: w.lang, Langs: []string{w.lang, voice.Languages[0]}}
	for key, f := range s.Bot.Configuration().Now().Flows {
		if known := n.flows[key.ID]; (len(classes) == 0 || slices.Contains(classes, f.Class)) && (known == nil || known.Version < key.Version) {
			n.flows[key.ID] = &f.Flow
		}
	}
	return n
}

// survey is a survey as its customers know it.
func (n namer) survey(flow string) string {
	if f := n.flows[flow]; f != nil {
		return f.Title.In(n.as.Langs...)
	}
	return cmp.Or(shippedTitle(flow, n.as.Langs), readable(flow))
}

// shippedTitle is what a survey is called that is shipped, and that nobody was asked yet; "" = it is not.
func shippedTitle(flow string, langs []string) string {
	f, _, _ := flowfile.Template(flow)
	return f.Title.In(langs...)
}

// question is what a question of a survey asks, in so many characters; of a row of a matrix what the row is called.
func (n namer) question(flow, key string, most int) string {
	q := figures.QuestionOf(n.flows[flow], key)
	if q == nil {
		return readable(key)
	}
	text := q.Ask.In(n.as.Langs...)
	if row := q.Row.In(n.as.Langs...); row != "" {
		text = row
	}
	if text = strings.Join(strings.Fields(n.as.Fill(text)), " "); text == "" {
		return readable(key)
	}
	return voice.Cut(text, most)
}

// differing are names without what all of them begin with, for a drawing that has little room: whole words of it, where
// words stand apart.
func differing(names []string, most int) []string {
	if len(names) == 0 {
		return nil
	}
	first := []rune(names[0])
	same := len(first)
	for _, name := range names[1:] {
		i := 0
		for _, c := range name {
			if i == same || first[i] != c {
				break
			}
			i++
		}
		same = i
	}
	if strings.ContainsRune(names[0], ' ') {
		for same > 0 && first[same-1] != ' ' {
			same--
		}
	}
	short := make([]string, len(names))
	for i, name := range names {
		if short[i] = name; same > 0 && len(names) > 1 {
			short[i] = "…" + string([]rune(name)[same:])
		}
		short[i] = voice.Cut(short[i], most)
	}
	return short
}

// choice is an answer that a question of a survey offers.
func (n namer) choice(flow, question, choice string) string {
	if q := figures.QuestionOf(n.flows[flow], question); q != nil {
		for _, c := range q.Choices {
			if c.Key == choice {
				return n.as.Fill(c.Label.In(n.as.Langs...))
			}
		}
	}
	return readable(choice)
}

// readable is a key as words: nobody said what it is called.
func readable(key string) string {
	return strings.Join(strings.FieldsFunc(key, func(c rune) bool { return c == '_' || c == ' ' }), " ")
}

// units are the endings of measures that say in what they are.
var units = map[string]string{
	"s": "seconds", "sec": "seconds", "secs": "seconds", "seconds": "seconds", "min": "minutes", "mins": "minutes", "minutes": "minutes",
	"h": "hours", "hours": "hours", "d": "days", "days": "days", "pct": "percent", "percent": "percent", "km": "kilometres", "m": "metres",
}

// measure is what was measured of a service, as words: wait_min is "wait (minutes)".
func (w *words) measure(key string) string {
	i := strings.LastIndexByte(key, '_')
	if unit := units[strings.ToLower(key[i+1:])]; i > 0 && unit != "" {
		return w.t("measure_in", readable(key[:i]), w.t("unit_"+unit))
	}
	return readable(key)
}
