package render

import (
	"strconv"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/survey"
)

// Asks is the voice of one question: that of the others where the question is whole in their
// language, else that of the first of the flow's languages in which it is. Nobody reads two
// languages in one message.
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

// wholly reports whether all words of a question are there in a language: those of its scale
// and its choices as well.
func wholly(q *survey.Question, lang string) bool {
	there := func(t survey.Text) bool { return t.Exactly(lang) != "" || figure(t) }
	if !there(q.Ask) || !there(q.Scale.MinText) || !there(q.Scale.MaxText) {
		return false
	}
	for i := range q.Scale.Options {
		if !there(q.Scale.Options[i].Label) {
			return false
		}
	}
	for i := range q.Choices {
		if !there(q.Choices[i].Label) {
			return false
		}
	}
	return true
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
