package render

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Every kind of question can be asked on every platform: with buttons, or by waiting for
// something that every adapter asks for, because its conformance kit walks the same list.
func TestEveryKindOfQuestionCanBeAskedEverywhere(t *testing.T) {
	said, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, platform := range []chat.Platform{chat.Telegram, chat.Slack, chat.Web} {
		for _, k := range survey.Kinds() {
			for _, q := range k.Samples {
				f := snapshot.NewFlow(survey.Flow{ID: "f", Version: 1, Languages: []string{"en"}, Questions: []survey.Question{q}})
				of := Talk{Texts: said, On: platforms()[platform], Now: monday, Flow: f, Session: &storage.Session{
					Session: survey.Session{ID: uuid.NewString(), Status: survey.Active, Lang: "en", Order: []int{0}},
					Address: chat.Address{Platform: platform},
				}}
				if p := q.Prompt(); k.Way == survey.Typed && p.Form != "" {
					// Short words with a digit and "@" are refused, and the refusal has words.
					session := survey.Step(f.Flow, survey.Session{Status: survey.New, Open: survey.NoQuestion}, survey.Open{}, monday).Session
					for _, e := range survey.Step(f.Flow, session, survey.Write{Text: "1@2@3"}, monday).Effects {
						if n, ok := e.(survey.Notice); ok && of.Question().Say("notice_"+string(n.Code)) == "" {
							t.Errorf("the refusal %q of %s has no words", n.Code, q.Key)
						}
					}
				}
				m := Question(of.Question(), f, 0)
				taps, waits := 0, slices.Contains(chat.AllExpects(), m.Expects)
				for _, row := range m.Rows {
					for _, b := range row {
						if tap, ok := Decode(b.Data); ok && (tap.Verb == VerbPick || tap.Verb == VerbToggle) {
							taps++
						}
					}
				}
				switch k.Way {
				case survey.Tapped:
					if taps != len(q.Scale.Options)+len(q.Choices) || m.Expects != chat.ExpectsNothing {
						t.Errorf("%s on %s has %d options to tap and waits for %q: %+v", q.Key, platform, taps, m.Expects, m)
					}
				case survey.Typed, survey.Sent:
					if !waits || m.Hint == "" || taps != 0 {
						t.Errorf("%s on %s waits for %q, which adapters are held to ask for: %t, with the hint %q and %d buttons", q.Key, platform, m.Expects, waits, m.Hint, taps)
					}
				}
			}
		}
	}
}
