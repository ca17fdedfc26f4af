package bot

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// showFiles shows staff what the customer sent, below the card or the note in the slot
// under. The files are references that only the account they came to understands, so
// staff elsewhere read their names alone. Each file has a slot of its own: answers that
// are changed bring new files only.
func (t *turn) showFiles(to chat.Address, under string) {
	about := t.ofCase()
	if about.session == nil {
		return
	}
	from := about.session.Address
	if to.Platform != chat.Telegram || from.Platform != to.Platform || from.Account != to.Account {
		return
	}
	if t.kase != nil {
		for i := range about.session.Answers {
			if a := &about.session.Answers[i]; !a.Dropped {
				t.filesOf(a.Question, a.Files, to, under)
			}
		}
	}
	for i := range t.out.Words {
		if w := &t.out.Words[i]; w.Case == "" { // a case's own are in its conversation
			t.filesOf("words", w.Files, to, under)
		}
	}
}

func (t *turn) filesOf(source string, fs []survey.File, to chat.Address, under string) {
	if len(fs) == 0 {
		return
	}
	about := t.ofCase()
	v := about.staffVoice()
	name := about.customerName(v)
	for _, f := range fs {
		sum := sha256.Sum256([]byte(f.ID))
		slot := "file:" + about.session.ID + ":" + source + ":" + hex.EncodeToString(sum[:8]) + ":" + to.String()
		what := v.Files([]survey.File{f})
		m := chat.Message{
			Text: v.Say("file_from", "file", what, "name", name), Lang: v.Lang, Under: under,
			Files: []chat.File{{Kind: f.Kind, ID: f.ID, Name: f.Name, Size: f.Size}},
		}
		kind := storage.NoticeD
		if t.kase != nil { // a reply to it is one to the customer
			kind, slot = storage.RelayD, wordsSlot(relaySlot, t.kase.ID, source+"-"+hex.EncodeToString(sum[:8]), to.String())
			m.Text = v.Say("file_from_case", "file", what, "name", name, "case", t.kase.Name())
		}
		t.want(storage.Want{Slot: slot, Kind: kind, Address: t.snap.At(to), Render: m})
	}
}
