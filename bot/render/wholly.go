package render

import (
	"slices"
	"strconv"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/survey"
)

// Asks is the voice of one question: that of the others where the question is whole in their
// language, else that of the first of the flow's languages in which it is. Nobody reads two
// languages in one message. A scale whose points are numbers needs no words: where it has none
// in their language it is shown in numbers, see wordless.
func (t *Talk) Asks(i int) *voice.Voice {
	lang := t.spoken()
	if q := &t.Flow.Questions[i]; !wholly(q, lang) {
		for _, other := range t.Flow.Languages {
			if wholly(q, other) {
				lang = other
				break
			}
		}
	}
	return t.voice(t.worded(lang), lang, lang)
}

// wholly reports whether all words that a question needs are there in a language: those of its
// choices as well, and those of a scale that cannot be shown without.
func wholly(q *survey.Question, lang string) bool {
	if !there(q.Ask, lang) || !worded(&q.Scale, lang) && inWords(&q.Scale) {
		return false
	}
	for i := range q.Choices {
		if !there(q.Choices[i].Label, lang) {
			return false
		}
	}
	return true
}

// there reports whether a text can be shown to who reads this language.
func there(t survey.Text, lang string) bool { return t.Exactly(lang) != "" || figure(t) }

// worded reports whether all words of a scale are there in a language.
func worded(s *survey.Scale, lang string) bool {
	return there(s.MinText, lang) && there(s.MaxText, lang) &&
		!slices.ContainsFunc(s.Options, func(o survey.Option) bool { return !there(o.Label, lang) })
}

// wordless reports whether a scale is shown in numbers alone, because its words are not there in
// the language of the question. Staff read them in any.
func wordless(v *voice.Voice, s *survey.Scale) bool {
	return !v.Staff && v.Lang != "" && !inWords(s) && !worded(s, v.Lang)
}

// The signs of the ends of a scale that is shown without words.
const (
	worstEnd = "👎"
	bestEnd  = "👍"
)

// symbol stands beside the number of an option: its own or, where words are missing, a sign
// at each end, since 1 is the best mark to some people and the worst to others.
func symbol(v *voice.Voice, q *survey.Question, i int) string {
	options := q.Scale.Options
	last := len(options) - 1
	if options[i].Symbol != "" || i > 0 && i < last || !wordless(v, &q.Scale) {
		return options[i].Symbol
	}
	here, scored := q.Worth(options[i].Value)
	there, too := q.Worth(options[last-i].Value)
	switch {
	case !scored || !too || here == there:
		return ""
	case here < there:
		return worstEnd
	}
	return bestEnd
}

// figure reports whether a text is nothing but a number, which is the same in each language.
func figure(t survey.Text) bool {
	for _, words := range t {
		if _, err := strconv.ParseFloat(words, 64); err != nil {
			return false
		}
	}
	return true
}
