package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// aftermath is the Bot as the outbox sees it: what follows from messages that were shown,
// or were not.
type aftermath struct{ bot *Bot }

func (a aftermath) Wrote(to chat.Address) { a.bot.watch.notify(to) }

func (a aftermath) Moved(ctx context.Context, from, to chat.Address) error {
	return a.bot.chatMoved(ctx, from, to)
}

func (a aftermath) Deaf(ctx context.Context, d storage.Delivery, why string) error {
	return a.bot.unheard(ctx, d, why)
}

// Loads asks for the case of a reply: how its sending ends concerns staff.
func (a aftermath) Loads(d storage.Delivery) (storage.Load, bool) {
	if !isReply(d) {
		return storage.Load{}, false
	}
	_, kase, _, _ := slotParts(d.Slot)
	return storage.Load{Case: kase}, true
}

func (a aftermath) After(l storage.Loaded, d storage.Delivery, end outbox.Conclusion) (storage.Change, error) {
	ch, err := a.bot.concluded(l, d, end)
	if lack, ok := errors.AsType[Missing](err); ok {
		err = lacking{Missing: lack, bot: a.bot}
	}
	return ch, err
}

// lacking is a missing that knows how to load itself.
type lacking struct {
	Missing
	bot *Bot
}

func (l lacking) Load(ctx context.Context) error { return l.Missing.Load(ctx, l.bot) }

// isReply reports whether a delivery is what a member of staff said to a customer.
func isReply(d storage.Delivery) bool {
	return d.Kind == storage.RelayD && strings.HasPrefix(d.Slot, replySlot+":")
}

// concluded is what follows, in the same commit, from how sending staff's words to a
// customer ended: their message gets a mark, or staff read that the customer did not get
// it.
func (b *Bot) concluded(l storage.Loaded, d storage.Delivery, end outbox.Conclusion) (storage.Change, error) {
	if l.Case == nil {
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
	if end.Outcome == storage.Delivered {
		t.mark(part, id)
		t.echo(id, part, d.Render, true)
		t.lostLine(part, id, d.Render, false, "arrived_after_all")
		return t.out, nil
	}
	reason := "lost_refused"
	switch {
	case end.Blocked:
		reason = "lost_blocked"
	case end.Outcome == storage.Dropped:
		reason = "lost_unknown"
	}
	t.lostLine(part, id, d.Render, true, reason)
	if end.Blocked && t.kase.State.Active() {
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
		t.want(storage.Want{Slot: wordsSlot(markSlot, t.kase.ID, part, id) + rest, Kind: storage.NoticeD, Address: t.snap.At(at), Render: m})
	}
	stand, own := whereFrom(id)
	if own != "" && stand.Platform != chat.Web {
		put("", stand, chat.Message{Replies: own})
	}
	for _, to := range t.threads() {
		if to.Platform != chat.Web && (own == "" || t.snap.At(to) != stand) {
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
			Title: t.kase.Name() + " · " + v.Say("lost_title"), Text: v.Say(reason, "name", about.customerName(v)),
			Lang: v.Lang, Under: cardSlot(t.kase.ID, to), Files: words.Files,
		}
		if !fresh {
			m.Title = t.kase.Name()
		}
		if words.Text != "" {
			m.Quotes = []chat.Quote{{Label: words.Title, Text: words.Text}}
		}
		t.want(storage.Want{
			Slot: wordsSlot(lostSlot, t.kase.ID, part, id) + ">" + to.String(), Kind: storage.RelayD,
			Address: t.snap.At(to), Render: m, OnlyIfKnown: !fresh,
		})
	}
}
