package bot

import (
	"context"
	"errors"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// ErrNoWords means that nobody wrote down what was changed in somebody's language.
var ErrNoWords = errors.New("there are no words in their language")

// Improved tells a customer what was changed because of what they said: once, in the language in which they said it.
type Improved struct {
	Bot   *Bot
	Part  string            // of the slot: it names the change
	Words map[string]string // what was changed, by language
}

// Tell tells the customer of a conversation. Told again, nothing happens: the turn looks whether the
// message is there. Who said stop since, or cannot be written to, is not told: ErrStopped, ErrBlocked.
func (i Improved) Tell(ctx context.Context, s *storage.Sayer) error {
	slot := storage.Slot{Kind: storage.NoticeSlot, Owner: s.Identity.ID, Part: i.Part}.String()
	load := storage.Load{Person: s.Identity.Person, Session: s.Session, Slots: []string{slot}}
	return i.Bot.perform(ctx, s.Bucket, i.Bot.turnOf("", "improved", load, nil, func(t *turn) error {
		id := t.identity
		if _, told := t.with.slots[slot]; told || id == nil || t.session == nil {
			return nil
		}
		switch {
		case !id.Stopped.IsZero():
			return ErrStopped
		case !id.Blocked.IsZero():
			return ErrBlocked
		}
		site := t.snap.Site(s.Site)
		site.Language = i.Language(s)
		v, words := render.SiteVoice(t.b.texts, site, t.now), i.Words[site.Language]
		v.Staff = false
		if words == "" {
			return ErrNoWords
		}
		t.want(storage.Want{
			Slot: slot, Kind: storage.NoticeD, Rank: storage.Spare, Address: t.snap.At(id.Address),
			Render: chat.Message{Text: v.Say("improved", "words", words), Lang: v.Lang},
		})
		return nil
	}))
}

// Language is that in which somebody would be told: the one that they chose, else that in which they answered.
func (i Improved) Language(s *storage.Sayer) string {
	return voice.ChooseLanguage(nil, voice.Languages, s.Identity.Language, s.Language, s.Identity.Spoken)
}
