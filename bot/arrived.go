package bot

import (
	"fmt"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// isReply reports whether a delivery is what a member of staff said to a customer.
func isReply(d storage.Delivery) bool {
	return d.Kind == storage.RelayD && strings.HasPrefix(d.Slot, replySlot+":")
}

// concluded is what follows, in the same commit, from how sending staff's words to a
// customer ended: their message gets a mark, or staff read that the customer did not get
// it. blocked says that the chat takes no messages any more.
func (b *Bot) concluded(l storage.Loaded, d storage.Delivery, o storage.Outcome, blocked bool) (storage.Change, error) {
	if l.Case == nil || o == storage.Retry {
		return storage.Change{}, nil
	}
	t := &turn{
		b: b, snap: b.snap.Load(), now: l.Now, key: "sent:" + d.Slot, identity: l.Identity, session: l.Session,
		kase: l.Case, said: new(reply),
	}
	if l.Origin != nil {
		t.origin = &origin{session: l.Origin, identity: l.Owner}
	}
	if t.ofCase().session == nil {
		return storage.Change{}, nil
	}
	if err := t.configure(); err != nil {
		return storage.Change{}, fmt.Errorf("say what became of a reply: %w", err)
	}
	_, _, part, id := slotParts(d.Slot)
	if o == storage.Delivered {
		t.mark(part, id)
		t.echo(id, part, d.Render, true)
		t.lostLine(part, id, d.Render, false, "arrived_after_all")
		return t.out, nil
	}
	reason := "lost_refused"
	switch {
	case blocked:
		reason = "lost_blocked"
	case o == storage.Dropped:
		reason = "lost_unknown"
	}
	t.lostLine(part, id, d.Render, true, reason)
	if blocked && t.kase.State.Active() {
		if err := t.apply(recovery.Unreachable{}, recovery.Actor{Role: recovery.Program}); err != nil {
			return storage.Change{}, err
		}
		t.told = len(t.out.Events)
		t.showCard()
	}
	return t.out, nil
}

// mark tells staff, without a word, that one of them was heard: on the message that was
// written, and on the lines that repeat it in other chats.
func (t *turn) mark(part, id string) {
	put := func(rest string, at chat.Address, m chat.Message) {
		m.Mark = chat.Arrived
		t.want(storage.Want{Slot: wordsSlot(markSlot, t.kase.ID, part, id) + rest, Kind: storage.NoticeD, Address: t.snap.at(at), Render: m})
	}
	stand, own := whereFrom(id)
	if own != "" && stand.Platform != chat.Web {
		put("", stand, chat.Message{Replies: own})
	}
	for _, to := range t.threads() {
		if to.Platform != chat.Web && (own == "" || t.snap.at(to) != stand) {
			put(">"+to.String(), to, chat.Message{Under: saidLine(t.kase.ID, part, id, to)})
		}
	}
}

// lostLine says below the cards that words did not reach the customer, with the words; or
// that they did after all, where staff were told otherwise.
func (t *turn) lostLine(part, id string, words chat.Message, fresh bool, reason string) {
	about := t.ofCase()
	v := about.staffVoice()
	for _, to := range t.threads() {
		m := chat.Message{
			Title: t.kase.Name() + " · " + v.say("lost_title"), Text: v.say(reason, "name", about.customerName(v)),
			Lang: v.lang, Under: cardSlot(t.kase.ID, to), Files: words.Files,
		}
		if !fresh {
			m.Title = t.kase.Name()
		}
		if words.Text != "" {
			m.Quotes = []chat.Quote{{Label: words.Title, Text: words.Text}}
		}
		t.want(storage.Want{
			Slot: wordsSlot(lostSlot, t.kase.ID, part, id) + ">" + to.String(), Kind: storage.RelayD,
			Address: t.snap.at(to), Render: m, OnlyIfKnown: !fresh,
		})
	}
}
