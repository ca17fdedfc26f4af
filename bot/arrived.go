package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/snapshot"
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
	if lack, ok := errors.AsType[snapshot.Missing](err); ok {
		err = lacking{Missing: lack, keeper: a.bot.snap}
	}
	return ch, err
}

// lacking is a missing that knows how to load itself.
type lacking struct {
	snapshot.Missing
	keeper *snapshot.Keeper
}

func (l lacking) Load(ctx context.Context) error { return l.Missing.Load(ctx, l.keeper) }

// isReply reports whether a delivery is what a member of staff said to a customer.
func isReply(d storage.Delivery) bool {
	return d.Kind == storage.RelayD && strings.HasPrefix(d.Slot, replySlot+":")
}

// concluded is what follows, in the same commit, from how sending staff's words to a
// customer ended: their message gets a mark, or staff read that the customer did not get
// it.
func (b *Bot) concluded(l storage.Loaded, row storage.Delivery, end outbox.Conclusion) (storage.Change, error) {
	if l.Case == nil {
		return storage.Change{}, nil
	}
	t := b.begin(l, "sent:"+row.Slot, new(reply))
	d := t.desk
	if d.session == nil {
		return storage.Change{}, nil
	}
	if err := t.configure(); err != nil {
		return storage.Change{}, fmt.Errorf("say what became of a reply: %w", err)
	}
	_, _, part, id := slotParts(row.Slot)
	if end.Outcome == storage.Delivered {
		d.mark(part, id)
		d.echo(id, part, row.Render, true)
		d.lostLine(part, id, row.Render, false, "arrived_after_all")
		return t.end(), nil
	}
	reason := "lost_refused"
	switch {
	case end.Blocked:
		reason = "lost_blocked"
	case end.Outcome == storage.Dropped:
		reason = "lost_unknown"
	}
	d.lostLine(part, id, row.Render, true, reason)
	if end.Blocked && d.kase.State.Active() {
		if err := d.apply(recovery.Unreachable{}, recovery.Actor{Role: recovery.Program}); err != nil {
			return storage.Change{}, err
		}
	}
	return t.end(), nil
}

// mark tells staff, without a word, that one of them was heard: on the message that was
// written, and on the lines that repeat it in other chats.
func (d *desk) mark(part, id string) {
	put := func(rest string, at chat.Address, m chat.Message) {
		m.Mark = chat.Arrived
		d.want(storage.Want{Slot: wordsSlot(markSlot, d.kase.ID, part, id) + rest, Kind: storage.NoticeD, Address: d.snap.At(at), Render: m})
	}
	stand, own := whereFrom(id)
	if own != "" && d.snap.Traits[stand.Platform].Marks {
		put("", stand, chat.Message{Replies: own})
	}
	for _, to := range d.threads() {
		if d.snap.Traits[to.Platform].Marks && (own == "" || d.snap.At(to) != stand) {
			put(">"+to.String(), to, chat.Message{Under: saidLine(d.kase.ID, part, id, to)})
		}
	}
}

// lostLine says below the cards that words did not reach the customer, with the words; or
// that they did after all, where staff were told otherwise.
func (d *desk) lostLine(part, id string, words chat.Message, lost bool, reason string) {
	c := d.view()
	m := c.Lost(c.StaffVoice(), reason, words, lost)
	for _, to := range d.threads() {
		m.Under = cardSlot(d.kase.ID, to)
		d.want(storage.Want{
			Slot: wordsSlot(lostSlot, d.kase.ID, part, id) + ">" + to.String(), Kind: storage.RelayD,
			Address: d.snap.At(to), Render: m, OnlyIfKnown: !lost,
		})
	}
}
