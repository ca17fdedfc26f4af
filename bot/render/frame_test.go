package render

import (
	"strings"
	"testing"
	"time"

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

// What fills a flow's own words is in no other language than they are.
func TestWhatFillsAForeignTextIsNotEnglish(t *testing.T) {
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	f := survey.Flow{
		ID: "f", Version: 1, Class: survey.Transactional, Languages: []string{"de"},
		Questions: []survey.Question{{Key: "day", Kind: survey.DateQ, Ask: survey.Text{"de": "Wann?"}}},
		Thanks:    []survey.Thanks{{Say: survey.Text{"de": "Danke für {answer of day}, {service_name}. {agent_or_team} meldet sich in {sla}."}}},
	}
	s := &storage.Session{Session: survey.Session{
		ID: "s", Flow: "f", Version: 1, Lang: "de", Status: survey.Completed, Open: survey.NoQuestion,
		Answers: []survey.Answer{{Question: "day", Text: "2026-02-27", Revision: 1}},
	}}
	talk := &Talk{Texts: texts, Flow: snapshot.NewFlow(f), Session: s, Site: snapshot.Site{Zone: time.UTC}, Now: now}
	v, text := talk.hung(Hearing{}.by(talk.Question(), 4*time.Hour))
	if want := "Danke für 2026-02-27, …. … meldet sich in 4 h."; text != want || v.Lang != "de" {
		t.Errorf("%q in %s, want %q", text, v.Lang, want)
	}
	f.Texts = map[string]survey.Text{"fallback_service_name": {"de": "unseren Dienst"}, "fallback_agent_or_team": {"de": "Unser Team"}}
	talk.Flow = snapshot.NewFlow(f)
	if _, text = talk.hung(Hearing{}.by(talk.Question(), 90*time.Minute)); text != "Danke für 2026-02-27, unseren Dienst. Unser Team meldet sich in 2 h." {
		t.Errorf("with words of its own: %q", text)
	}
	if _, text = talk.hung(nil); text != "" {
		t.Errorf("nobody will be in touch, yet %q", text)
	}
}

// An answer that would say who somebody is stays hidden where a later question repeats it.
func TestARepeatedNumberIsHiddenFromThoseWhoKnowAMark(t *testing.T) {
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	f := snapshot.NewFlow(survey.Flow{
		ID: "f", Version: 1, Class: survey.Transactional, Naming: survey.Pseudonymous, Languages: []string{"en"},
		Questions: []survey.Question{
			{Key: "phone", Kind: survey.ContactQ, Contact: "phone", Ask: survey.Text{"en": "Your number?"}},
			{Key: "when", Kind: survey.TextQ, Ask: survey.Text{"en": "When may we call {answer of phone}?"}},
		},
	})
	s := &storage.Session{Session: survey.Session{
		ID: "s", Flow: "f", Version: 1, Status: survey.Completed, Open: survey.NoQuestion,
		Answers: []survey.Answer{{Question: "phone", Text: "+442079460000", Revision: 1}, {Question: "when", Text: "after six\n== Title", Revision: 1}},
	}}
	c := &CaseView{Texts: texts, Session: s, Flow: f, Site: snapshot.Site{Zone: time.UTC}, Mark: "482913"}
	for _, a := range c.Answers(c.StaffVoice()) {
		if strings.Contains(a.Question, "7946") || strings.Contains(a.Question, "{") {
			t.Errorf("staff who know a mark read %q", a.Question)
		}
	}
	talk := &Talk{Texts: texts, Flow: f, Session: s, Site: snapshot.Site{Zone: time.UTC}}
	if asked := Withdrawn(talk.Question(), f, 1).Text; asked != "When may we call +442079460000?" {
		t.Errorf("the customer is asked %q", asked)
	}
}

// What a customer wrote last are words of theirs: neither the number at which they want to be
// called, which may say who they are, nor a date.
func TestTheNewestWordsAreWords(t *testing.T) {
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	f := snapshot.NewFlow(survey.Flow{
		ID: "f", Version: 1, Class: survey.Transactional, Naming: survey.Pseudonymous, Languages: []string{"en"},
		Questions: []survey.Question{
			{Key: "why", Kind: survey.TextQ, Ask: survey.Text{"en": "Why?"}},
			{Key: "what", Kind: survey.ChoiceQ, Max: 1, Ask: survey.Text{"en": "What?"}, Choices: []survey.Choice{{Key: "o", Label: survey.Text{"en": "Something else"}, Other: true}}},
			{Key: "day", Kind: survey.DateQ, Ask: survey.Text{"en": "When?"}},
			{Key: "phone", Kind: survey.ContactQ, Contact: "phone", Ask: survey.Text{"en": "Your number?"}},
			{Key: "mail", Kind: survey.ContactQ, Contact: "email", Ask: survey.Text{"en": "Your address?"}},
		},
	})
	all := []survey.Answer{
		{Question: "why", Text: "It was cold.", Revision: 1},
		{Question: "what", Choices: []string{"o"}, Text: "the parking", Revision: 1},
		{Question: "day", Text: "2026-03-01", Revision: 1},
		{Question: "phone", Text: "+442079460000", Revision: 1},
		{Question: "mail", Text: "ann@example.com", Revision: 1},
	}
	for n, want := range []string{"", "It was cold.", "the parking", "the parking", "the parking", "the parking"} {
		c := &CaseView{Texts: texts, Flow: f, Session: &storage.Session{Session: survey.Session{ID: "s", Answers: all[:n]}}}
		if got := c.Newest(); got != want {
			t.Errorf("after %d answers the newest words are %q, want %q", n, got, want)
		}
	}
}
