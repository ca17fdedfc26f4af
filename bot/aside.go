package bot

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// showAside passes words to staff that answered no question while there is no case they
// could belong to: one message a session, which grows with the words. Once a case has
// them on its card the message says where to look.
func (t *turn) showAside() {
	s := t.session
	if s == nil || len(s.Said) == 0 || t.flow.Class == survey.Pulse || t.flow.Class == survey.Mystery {
		return // those who were promised that nobody is called are kept to it
	}
	if t.kase == nil && !t.live() {
		return // what follows a survey is answered with help
	}
	render := t.note()
	for _, to := range t.asidePlaces() {
		slot := "aside:" + s.ID + ":" + to.String()
		t.want(storage.Want{
			Slot: slot, Kind: storage.CardD, Address: t.snap.At(to), Render: render, OnlyIfKnown: t.kase != nil,
		})
		if t.kase == nil {
			t.showFiles(to, slot)
		}
	}
}

// asidePlaces are the chats that hear of words without a case: by the site, the service,
// the language and whom they are about.
func (t *turn) asidePlaces() []chat.Address {
	s := t.session
	places := t.snap.Hears(recovery.Matter{
		Site: s.Site, Service: s.Service, Language: s.Lang, Tier: s.Facts.Tier, Owner: t.snap.Team.Named(s.Attributes[AttrAgent]),
	})
	return slices.DeleteFunc(slices.Clone(places), t.snap.Lost)
}

// note is the message of showAside.
func (t *turn) note() chat.Message {
	v := t.staffVoice()
	s := t.session
	name := t.customerName(v)
	service, _ := v.Known(AttrService)
	title := []string{v.Say("aside_title"), name, Cut(service, LongestName)}
	if s.Test {
		title = slices.Insert(title, 1, v.Say("card_test"))
	}
	m := chat.Message{Title: Join(" · ", title...), Lang: v.Lang, Footer: v.Say("aside_note")}
	if t.kase != nil {
		m.Footer = v.Say("aside_case", "case", t.kase.Name())
		return m
	}
	agent, _ := v.Known(AttrAgent)
	for _, f := range []chat.Fact{
		{Label: v.Say("card_channel"), Value: v.Say("channel_" + string(s.Address.Platform))},
		{Label: v.Say("card_site"), Value: v.Site.Name},
		{Label: v.Say("card_staff"), Value: agent},
	} {
		if f.Value != "" {
			m.Facts = append(m.Facts, f)
		}
	}
	for _, said := range s.Said {
		m.Quotes = append(m.Quotes, chat.Quote{Text: said})
	}
	return m
}

// conversation is the case whose conversation a message may belong to that the customer
// changed; "" = none.
func (t *turn) conversation() string {
	switch {
	case t.kase != nil && t.session != nil && t.kase.Identity == t.session.Identity:
		return t.kase.ID
	case t.identity != nil:
		return t.identity.Case
	}
	return ""
}

// editToCase mirrors a change of words that staff were shown as a message; other words
// are no part of the conversation, and are kept as edited keeps them.
// cards are the chats where they may have been shown, nil = not known yet.
func (b *Bot) editToCase(j *job, kase string, cards []chat.Address) outbox.Work {
	u := j.update
	s := said{text: strings.TrimSpace(u.Text), at: u.From, own: u.On, key: u.Key}
	load := storage.Load{Person: j.person, Case: kase}
	for _, to := range cards {
		for n := range mostParts(survey.MaxText) {
			load.Slots = append(load.Slots, wordsSlot(relaySlot, kase, wordsPart(n), to.String()+"/"+s.id()))
		}
	}
	return outbox.Work{Bucket: j.bucket, Turn: b.turnOf(u.Key, u.Key, load, &j.said, func(t *turn) error {
		if mine := t.kase != nil && t.identity != nil && t.kase.Identity == t.identity.ID; mine && cards == nil && len(t.kase.Cards) > 0 {
			return &elsewhere{b.editToCase(j, kase, t.kase.Cards)}
		} else if !mine || len(t.slots) == 0 {
			if t.session == nil || t.kase == nil || t.session.Case != t.kase.ID {
				t.kase, t.origin = nil, nil
			}
			return t.edited(u)
		}
		if s.text == "" {
			return nil // platforms also report edits that change no word
		}
		if err := t.configure(); err != nil {
			return err
		}
		if utf8.RuneCountInString(s.text) > survey.MaxText {
			t.noticeOf(survey.Notice{Code: survey.NoticeTooLong, Question: survey.NoQuestion})
			return nil
		}
		t.jot(eventEdited, "", string(recovery.ActCustomerWrote), s.text)
		t.reword(s)
		t.relay(s, true)
		t.showCard()
		return nil
	})}
}

// reword puts what a customer's message says now in the place of what it said before,
// where the card has it.
func (t *turn) reword(s said) {
	for slot, d := range t.slots {
		if _, _, part, _ := slotParts(slot); part != wordsPart(0) || len(d.Render.Quotes) == 0 {
			continue
		}
		was := Cut(d.Render.Quotes[0].Text, saidSize)
		for _, of := range []*storage.Session{t.ofCase().session, t.session} {
			if of == nil {
				continue
			}
			i := slices.IndexFunc(of.Said, func(w string) bool { return Cut(strings.TrimSpace(w), saidSize) == was })
			if i < 0 {
				continue
			}
			of.Said = slices.Clone(of.Said)
			of.Said[i] = Cut(s.text, saidSize)
			t.out.Session = of
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
	if t.session == nil || text == "" || t.heard(text) {
		return nil // platforms also report edits that change no word
	}
	if err := t.configure(); err != nil {
		return err
	}
	open := t.kase != nil && t.kase.State.Active()
	if !t.live() && !open {
		return nil
	}
	if utf8.RuneCountInString(text) > survey.MaxText {
		t.noticeOf(survey.Notice{Code: survey.NoticeTooLong, Question: survey.NoQuestion})
		return nil
	}
	t.keepWords(text, nil)
	t.showCard()
	t.notice(t.person().Say("edit_kept"), false)
	return nil
}

// heard reports whether the newest words of the session hold these already.
func (t *turn) heard(text string) bool {
	if slices.Contains(t.session.Said, text) {
		return true
	}
	return slices.ContainsFunc(t.session.Answers, func(a survey.Answer) bool {
		return strings.Contains(a.Text, text)
	})
}
