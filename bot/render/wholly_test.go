package render

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
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
  - {key: rude, scale: yesno, ask: {en: "Rude?", es: "¿Mala cara?", de: Unfreundlich?}}
  - {key: paid, number: {min: 0, max: 9}, optional: true, ask: {en: "How much?", es: "¿Cuánto?", de: "Wie viel?"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string][]string{"es": {"es", "en", "en", "es", "es"}, "en": {"en", "en", "en", "en", "en"}, "de": {"de", "en", "de", "en", "de"}} {
		talk := Talk{Texts: texts, Flow: snapshot.NewFlow(f), Session: &storage.Session{Session: survey.Session{Lang: lang, Open: survey.NoQuestion}}}
		for i := range want {
			m := Question(talk.Asks(i), talk.Flow, i)
			if m.Lang != want[i] {
				t.Errorf("%s: question %d is in %s, want %s: %q", lang, i, m.Lang, want[i], m.Text)
			}
		}
	}
}

// A scale that has no words in the language of the question is shown in numbers, with a sign at
// each end, and so is the answer; the ends of a reversed one are where its marks are.
func TestAScaleWithoutWordsIsShownInNumbers(t *testing.T) {
	f, err := flowfile.Parse([]byte(`
flow: f
class: transactional
title: F
languages: [en, de]
scales:
  effort: {generator: linear, min: 1, max: 5, min_text: Easy, max_text: Hard}
questions:
  - {key: overall, scale: csat5, primary: true, weight: 1, ask: {en: How was it?, de: Wie war es?}}
  - {key: tell, scale: nps11, weight: 1, ask: {en: Would you tell?, de: Empfehlen?}}
  - {key: hard, scale: effort, reverse: true, weight: 1, ask: {en: How hard?, de: Wie schwer?}}
`))
	if err != nil {
		t.Fatal(err)
	}
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	two := 2.0
	for _, lays := range []bool{false, true} {
		s := &storage.Session{Session: survey.Session{ID: uuid.NewString(), Lang: "de", Open: survey.NoQuestion, Answers: []survey.Answer{{Question: "overall", Value: &two}}}}
		talk := Talk{Texts: texts, On: chat.Traits{Lays: lays}, Flow: snapshot.NewFlow(f), Session: s}
		for i, ends := range [][2]string{{"1 👎", "5 👍"}, {"0 👎", "10 👍"}, {"1 👍", "5 👎"}} {
			m := Question(talk.Asks(i), talk.Flow, i)
			first, last := m.Rows[0][0].Text, ""
			for _, row := range m.Rows {
				for _, b := range row {
					if tap, ok := Decode(b.Data); ok && tap.Verb == VerbPick {
						last = b.Text
					}
				}
			}
			if lays && i == 1 {
				first, last = m.Layout.Low, m.Layout.High
			}
			if m.Lang != "de" || first != ends[0] || last != ends[1] {
				t.Errorf("lays %v: question %d is in %q from %q to %q, want %q", lays, i, m.Lang, first, last, ends)
			}
			shown, _ := json.Marshal(m)
			for _, word := range []string{"issatisfied", "atisfied", "unlikely", "Easy", "Hard", "neither"} {
				if strings.Contains(string(shown), word) {
					t.Errorf("lays %v: question %d shows English: %s", lays, i, shown)
				}
			}
		}
		if m := Condensed(talk.Asks(0), talk.Flow, 0, true); !strings.Contains(m.Text+" "+partOf(m), "2") || strings.Contains(m.Text+partOf(m), "issatisfied") {
			t.Errorf("lays %v: the answer is shown as %q %q", lays, m.Text, partOf(m))
		}
	}
}

func partOf(m chat.Message) string {
	if m.Layout == nil {
		return ""
	}
	return m.Layout.Answer
}
