package bot

import (
	"slices"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// conversation is the case whose conversation a message may belong to that the customer
// changed; "" = none.
func conversation(id *storage.Identity, s *storage.Session, k *storage.Case) string {
	switch {
	case k != nil && s != nil && k.Identity == s.Identity:
		return k.ID
	case id != nil && id.Case != "":
		return id.Case
	case id != nil:
		return id.Spent.Wish
	}
	return ""
}

// editToCase mirrors a change of words that staff were shown as a message; other words
// are no part of the conversation, and are kept as edited keeps them.
// cards are the chats where they may have been shown, nil = not known yet.
func (j *job) editToCase(kase string, cards []chat.Address) outbox.Work {
	b := j.b
	u := j.update
	s := said{text: strings.TrimSpace(u.Text), at: u.From, own: u.On, key: u.Key}
	load := storage.Load{Person: j.person, Case: kase}
	for _, to := range cards {
		slot := storage.Slot{Kind: storage.RelaySlot, Owner: kase, At: to, Of: s.id()}
		for n := range mostParts(survey.MaxText) {
			slot.Part = wordsPart(n)
			load.Slots = append(load.Slots, slot.String())
		}
	}
	return outbox.Work{Bucket: j.bucket, Turn: b.turnOf(u.Key, u.Key, load, &j.said, func(t *turn) error {
		d := t.desk
		if mine := d != nil && t.identity != nil && d.kase.Identity == t.identity.ID; mine && cards == nil && len(d.kase.Cards) > 0 {
			return &elsewhere{j.editToCase(kase, d.kase.Cards)}
		} else if !mine || len(t.with.slots) == 0 {
			if mine && (remarks{t}).hears() && (t.session == nil || t.session.Case != d.kase.ID) {
				return t.editedBeside(u)
			}
			if t.session == nil || d == nil || t.session.Case != d.kase.ID {
				t.desk = nil
			}
			return t.edited(u)
		}
		if s.text == "" {
			return nil // platforms also report edits that change no word
		}
		if err := t.configure(); err != nil {
			return err
		}
		d.jot(eventEdited, "", string(recovery.ActCustomerWrote), s.text)
		d.reword(s, t.session)
		d.heard = append(d.heard, heard{said: s, edited: true})
		d.redraw = true
		return nil
	})}
}

// reword puts what a customer's message says now in the place of what it said before,
// where the card, or the session that is open now, has it.
func (d *desk) reword(s said, now *storage.Session) {
	for slot, row := range d.with.slots {
		if of, _ := storage.ParseSlot(slot); of.Part != wordsPart(0) || len(row.Render.Quotes) == 0 {
			continue
		}
		was := voice.Cut(row.Render.Quotes[0].Text, saidSize)
		for _, of := range []*storage.Session{d.session, now} {
			if of == nil {
				continue
			}
			i := slices.IndexFunc(of.Said, func(w string) bool { return voice.Cut(strings.TrimSpace(w), saidSize) == was })
			if i < 0 {
				continue
			}
			of.Said = slices.Clone(of.Said)
			of.Said[i] = voice.Cut(s.text, saidSize)
			d.out.Session = of
			return
		}
		return
	}
}

// edited is for words that the person changed after sending them. What they say now is
// kept for staff; an answer changes by its own button only, because nobody can tell
// which question an old message belonged to.
func (t *turn) edited(u *chat.Update) error {
	text := strings.TrimSpace(u.Text)
	if text == "" || t.session != nil && heardAlready(t.session, text) {
		return nil // platforms also report edits that change no word
	}
	if t.session == nil {
		return remarks{t}.remark(text, nil)
	}
	if err := t.configure(); err != nil {
		return err
	}
	if !render.Live(t.session) && !(remarks{t}).hears() {
		return remarks{t}.remark(text, nil)
	}
	t.keepWords(text, nil, false)
	kindly("edit_kept", t)
	return nil
}

// editedBeside is edited for words of somebody whose earlier case hears what they write: it has
// them on its card. How an answer is changed is said where a survey is open.
func (t *turn) editedBeside(u *chat.Update) error {
	text, d := strings.TrimSpace(u.Text), t.desk
	if text == "" || heardAlready(d.session, text) {
		return nil
	}
	if err := t.configure(); err != nil {
		return err
	}
	t.remember(d.session, text, nil)
	d.toStaff(t.identity, said{text: text, at: u.From, own: u.On, key: u.Key})
	if render.Live(t.session) {
		kindly("edit_kept", t)
	} else {
		t.kept()
	}
	return nil
}

// heardAlready reports whether the newest words of a session hold these already.
func heardAlready(s *storage.Session, text string) bool {
	if slices.Contains(s.Said, text) {
		return true
	}
	return slices.ContainsFunc(s.Answers, func(a survey.Answer) bool {
		return strings.Contains(a.Text, text)
	})
}
