package render

import (
	"testing"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// A question that lacks a word in somebody's language is asked, buttons and all, in one that it
// is whole in; the next one is theirs again.
func TestAQuestionIsInOneLanguage(t *testing.T) {
	f, err := flowfile.Parse([]byte(`
flow: f
class: transactional
title: F
languages: [en, es, de]
questions:
  - {key: overall, scale: csat5, primary: true, weight: 1, ask: {en: How was it?, es: ¿Qué tal?, de: Wie war es?}}
  - {key: why, text: short, optional: true, ask: {en: "Why?"}}
  - {key: what, options: [{key: a, label: {en: A thing, es: Una cosa, de: Ein Ding}}, {key: b, label: {en: Another, de: Anderes}}], ask: {en: "What?", es: "¿Qué?", de: Was?}}
  - {key: paid, number: {min: 0, max: 9}, optional: true, ask: {en: "How much?", es: "¿Cuánto?", de: "Wie viel?"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string][]string{"es": {"es", "en", "en", "es"}, "en": {"en", "en", "en", "en"}, "de": {"en", "en", "de", "de"}} {
		talk := Talk{Texts: texts, Flow: snapshot.NewFlow(f), Session: &storage.Session{Session: survey.Session{Lang: lang, Open: survey.NoQuestion}}}
		for i := range want {
			m := Question(talk.Asks(i), talk.Flow, i)
			if m.Lang != want[i] {
				t.Errorf("%s: question %d is in %s, want %s: %q", lang, i, m.Lang, want[i], m.Text)
			}
		}
	}
}
