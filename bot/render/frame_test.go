package render

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// A message that holds words of a flow holds no words of another language: a flow in a fifth
// language shows its own frame texts, and signs where it has none.
func TestNoMessageIsInTwoLanguages(t *testing.T) {
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	f := survey.Flow{
		ID: "f", Version: 1, Class: survey.Transactional, Languages: []string{"de"}, Title: survey.Text{"de": "Besuch"},
		Questions: []survey.Question{
			{Key: "why", Kind: survey.TextQ, Optional: true, Ask: survey.Text{"de": "Was war nicht gut?"}},
			{Key: "more", Kind: survey.TextQ, Optional: true, Ask: survey.Text{"de": "Und was noch?"}},
		},
	}
	shown := func() (all string) {
		talk := &Talk{
			Texts: texts, On: chat.Traits{}, Flow: snapshot.NewFlow(f),
			Session: &storage.Session{Session: survey.Session{ID: "s", Flow: "f", Version: 1, Lang: "de", Status: survey.Active, Open: 1}},
		}
		for i := range f.Questions {
			m := Question(talk.Question(), talk.Flow, i)
			all += m.Text + "\n" + m.Hint
			for _, row := range m.Rows {
				for _, b := range row {
					all += "\n" + b.Text + " " + b.Label
				}
			}
		}
		return all + "\n" + talk.Intro(talk.Person()).Text
	}
	english := []string{"Skip", "Back", "Later", "Type your answer", "Not now"}
	bare := shown()
	for _, words := range english {
		if strings.Contains(bare, words) {
			t.Errorf("without texts of its own %q stands beside German:\n%s", words, bare)
		}
	}
	if !strings.Contains(bare, "⏭") {
		t.Errorf("no sign stands for Skip:\n%s", bare)
	}
	f.Texts = map[string]survey.Text{"invitation": {"de": "Guten Tag"}}
	for _, name := range survey.FrameTexts() {
		f.Texts[name] = survey.Text{"de": "Wort " + name}
	}
	whole := shown()
	for _, words := range append(english, "⏭", "sees your answers") {
		if strings.Contains(whole, words) {
			t.Errorf("with all texts %q is shown:\n%s", words, whole)
		}
	}
	for _, words := range []string{"Guten Tag", "Wort skip", "Wort intro_privacy", "Wort type_answer"} {
		if !strings.Contains(whole, words) {
			t.Errorf("%q is not shown:\n%s", words, whole)
		}
	}
}
