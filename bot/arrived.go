package bot

import (
	"context"
	"errors"
	"fmt"

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
	slot, ok := replyOf(d)
	return storage.Load{Case: slot.Owner}, ok
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

// replyOf is the slot of a delivery, and whether it is what a member of staff said to a
// customer.
func replyOf(d storage.Delivery) (storage.Slot, bool) {
	if d.Kind != storage.RelayD {
		return storage.Slot{}, false
	}
	slot, _ := storage.ParseSlot(d.Slot)
	return slot, slot.Kind == storage.ReplySlot
}

// concluded is what follows, in the same commit, from how sending staff's words to a
// customer ended: their message gets a mark, or staff read that the customer did not get
// it.
func (b *Bot) concluded(l storage.Loaded, row storage.Delivery, end outbox.Conclusion) (storage.Change, error) {
	slot, ok := replyOf(row)
	if l.Case == nil || !ok {
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
	part, id := slot.Part, slot.Of
	if end.Outcome == storage.Delivered {
		d.mark(part, id)
		d.echo(id, part, row.Render, "arrived")
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
		if err := d.apply(recovery.Unreachable{}, recovery.Actor{Party: recovery.Program}); err != nil {
			return storage.Change{}, err
		}
	}
	return t.end(), nil
}

// mark tells staff, without a word, that one of them was heard: on the message that was
// written, and on the lines that repeat it in other chats.
func (d *desk) mark(part string, id storage.Written) {
	slot := wordsSlot(storage.MarkSlot, d.kase.ID, part, id)
	put := func(at chat.Address, m chat.Message) {
		m.Mark = chat.Arrived
		d.want(storage.Want{Slot: slot.String(), Kind: storage.NoticeD, Address: d.snap.At(at), Render: m})
	}
	if !id.InForm() && d.snap.Traits[id.At.Platform].Marks {
		put(id.At, chat.Message{Replies: id.Ref})
	}
	for _, slot.At = range d.threads() {
		if d.snap.Traits[slot.At.Platform].Marks && (id.InForm() || d.snap.At(slot.At) != id.At) {
			put(slot.At, chat.Message{Under: saidLine(d.kase.ID, part, id, slot.At)})
		}
	}
}

// lostLine says below the cards that words did not reach the customer, with the words; or
// that they did after all, where staff were told otherwise.
func (d *desk) lostLine(part string, id storage.Written, words chat.Message, lost bool, reason string) {
	c := d.view()
	m := c.Lost(c.StaffVoice(), reason, words, lost)
	slot := wordsSlot(storage.LostSlot, d.kase.ID, part, id)
	for _, slot.At = range d.threads() {
		m.Under = cardSlot(d.kase.ID, slot.At)
		d.want(storage.Want{
			Slot: slot.String(), Kind: storage.RelayD,
			Address: d.snap.At(slot.At), Render: m, OnlyIfKnown: !lost,
		})
	}
}
