package bot

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// files shows staff what the customer sent, below the card or the note in the slot
// under. The files are references that only the account they came to understands, so
// staff elsewhere read their names alone. Each file has a slot of its own: answers that
// are changed bring new files only.
func (p *drawing) files(to chat.Address, under string) {
	if !p.snap.SameFiles(p.c.Session.Address, to) {
		return
	}
	if p.c.Case != nil {
		for i := range p.c.Session.Answers {
			if a := &p.c.Session.Answers[i]; !a.Dropped {
				p.filesOf(a.Question, a.Files, to, under)
			}
		}
	}
	for i := range p.out.Words {
		if w := &p.out.Words[i]; w.Case == "" { // a case's own are in its conversation
			p.filesOf("words", w.Files, to, under)
		}
	}
}

func (p *drawing) filesOf(source string, fs []survey.File, to chat.Address, under string) {
	for _, f := range fs {
		if f.ID == "" {
			continue // the card or the note says all of it
		}
		sum := sha256.Sum256([]byte(f.ID))
		mark := hex.EncodeToString(sum[:8])
		m := p.c.File(p.v, f)
		m.Under = under
		w := storage.Want{
			Slot: storage.Slot{Kind: storage.FileSlot, Owner: p.c.Session.ID, Part: storage.Parts(source, mark), At: to}.String(), Kind: storage.NoticeD,
			Rank: storage.Spare, Address: p.snap.At(to), Render: m,
		}
		if p.c.Case != nil { // a reply to it is one to the customer
			w.Kind, w.Rank = storage.RelayD, storage.Plain
			w.Slot = storage.Slot{Kind: storage.RelaySlot, Owner: p.c.Case.ID, Part: source + "-" + mark, At: to}.String()
		}
		p.want(w)
	}
}
