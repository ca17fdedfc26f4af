package render

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/webchat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// monday is when everything here is drawn.
var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// platforms are the traits of those that ship.
func platforms() map[chat.Platform]chat.Traits {
	return map[chat.Platform]chat.Traits{
		chat.Telegram: telegram.Traits(), chat.Slack: slack.Traits(), chat.Web: webchat.Traits(),
	}
}

// Words that name a button mean the button, unless they name an option or, where words
// are the answer, may be meant as one.
func TestTypedWordsOfButtons(t *testing.T) {
	said, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	label := func(words string) survey.Text { return survey.Text{"en": words} }
	score := 70.0
	questions := []survey.Question{
		{Key: "overall", Kind: survey.ScaleQ, Primary: true, Weight: 1, Ask: label("How?"), Scale: survey.Scale{Options: []survey.Option{{Value: 1, Label: label("Good"), Score: &score}}}},
		{Key: "again", Kind: survey.ChoiceQ, Max: 1, Ask: label("Again?"), Choices: []survey.Choice{{Key: "soon", Label: label("Soon")}, {Key: "later", Label: label("Back")}}},
		{Key: "phone", Kind: survey.ContactQ, Contact: "phone", Optional: true, Ask: label("Number?")},
		{Key: "why", Kind: survey.TextQ, Optional: true, Ask: label("Why?")},
		{Key: "more", Kind: survey.TextQ, Ask: label("More?")},
		{Key: "photo", Kind: survey.FileQ, Ask: label("Picture?")},
		{Key: "what", Kind: survey.ChoiceQ, Max: 2, Ask: label("What?"), Choices: []survey.Choice{{Key: "a", Label: label("A")}, {Key: "b", Label: label("B")}}},
	}
	f := snapshot.NewFlow(survey.Flow{ID: "f", Version: 1, Languages: []string{"en"}, Questions: questions})
	value := 1.0
	answered := []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: monday}}
	for _, row := range []struct {
		open     int
		answers  []survey.Answer
		platform chat.Platform
		words    string
		want     survey.Input
	}{
		{0, nil, chat.Telegram, "later", survey.Pause{}},
		{0, nil, chat.Telegram, " Not now ", survey.Decline{}},
		{0, nil, chat.Telegram, "ليس الآن", survey.Decline{}},
		{0, nil, chat.Telegram, "Skip", nil},       // no such button here
		{0, answered, chat.Telegram, "later", nil}, // nor here, after the first answer
		{1, answered, chat.Telegram, "back", nil},  // an option of this name
		{2, answered, chat.Telegram, "Back", survey.Back{}},
		{2, answered, chat.Telegram, "跳过", survey.Skip{Question: 2}},
		{2, answered, chat.Telegram, "skip it", nil},
		{2, answered, chat.Telegram, "Skip.", survey.Skip{Question: 2}},
		{2, answered, chat.Telegram, "OMITIR", survey.Skip{Question: 2}},
		{2, answered, chat.Telegram, "atras", survey.Back{}},
		{2, answered, chat.Telegram, "تخط", survey.Skip{Question: 2}},
		{6, answered, chat.Telegram, "Done.", survey.Done{Question: 6}},
		{6, answered, chat.Telegram, "完成", survey.Done{Question: 6}},
		{1, answered, chat.Telegram, "done", nil}, // one of several: no such button
		{3, answered, chat.Telegram, "skip", survey.Skip{Question: 3}},
		{3, answered, chat.Telegram, "Back", nil}, // may be an answer
		{4, answered, chat.Telegram, "skip", nil}, // no button, so it may be one too
		{5, answered, chat.Telegram, "skip", nil},
		{5, answered, chat.Web, "skip", survey.Skip{Question: 5}}, // no file can be sent there
	} {
		s := survey.Session{ID: uuid.NewString(), Status: survey.Active, Lang: "en", Open: row.open, Order: []int{0, 1, 2, 3, 4, 5, 6}, Answers: row.answers}
		of := Talk{Texts: said, On: platforms()[row.platform], Now: monday, Flow: f, Session: &storage.Session{
			Session: s, Address: chat.Address{Platform: row.platform},
		}}
		got, ok := of.Typed(row.words)
		if diff := cmp.Diff(row.want, got); diff != "" || ok != (row.want != nil) {
			t.Errorf("%q at question %d (-want +got):\n%s", row.words, row.open, diff)
		}
	}
}
