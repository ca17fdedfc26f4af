package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// replyIn writes in a staff chat, as a reply to a message there, and returns the new
// message's reference.
func (w *world) replyIn(c customer, at chat.Address, to chat.Ref, text string, fs ...chat.File) chat.Ref {
	w.t.Helper()
	u := w.update(c, chat.Update{Kind: chat.Text, Text: text, ReplyTo: to, Ours: true, Files: fs})
	u.From, u.Private = at, false
	u.Own = chat.Ref(fmt.Sprint("o", w.n))
	w.handle(u)
	w.settleAll()
	return u.Own
}

// editIn changes what somebody wrote in a chat.
func (w *world) editIn(c customer, at chat.Address, own, to chat.Ref, text string) {
	w.t.Helper()
	u := w.update(c, chat.Update{Kind: chat.Edited, Text: text, On: own, Own: own, ReplyTo: to, Ours: true})
	u.From, u.Private = at, at == c.address
	w.handle(u)
	w.settleAll()
}

// writes sends words of a customer that have a reference of their own.
func (w *world) writes(c customer, text string, to chat.Ref, fs ...chat.File) chat.Ref {
	w.t.Helper()
	u := w.update(c, chat.Update{Kind: chat.Text, Text: text, ReplyTo: to, Ours: to != "", Files: fs})
	u.Own = chat.Ref(fmt.Sprint("o", w.n))
	w.handle(u)
	w.settleAll()
	return u.Own
}

// fills sends a card's form from a staff chat.
func (w *world) fills(c customer, at chat.Address, data string, fields map[string]string) []chat.Answer {
	w.t.Helper()
	u := w.update(c, chat.Update{Kind: chat.Filled, Data: data, Fields: fields, On: "1"})
	u.From, u.Private = at, false
	answers := w.handle(u)
	w.settleAll()
	return answers
}

// settleAll plays the sender in every chat that hears of cases, and what follows from it.
func (w *world) settleAll() {
	w.t.Helper()
	for range 3 { // marks follow messages
		for _, a := range staffOf(w.bot) {
			w.settle(a)
		}
		for _, a := range w.customers {
			w.settle(a)
		}
	}
}

// newest is the message of one of these kinds that a chat got last.
func (w *world) newest(at chat.Address, kinds ...string) storage.Delivery {
	w.t.Helper()
	var found storage.Delivery
	for _, d := range w.transcript(at) {
		kind, _, _ := strings.Cut(d.Slot, ":")
		if slices.Contains(kinds, kind) && !(kind == "case" && strings.Contains(d.Slot, ":e:")) && d.Ord >= found.Ord {
			found = d
		}
	}
	if found.Slot == "" {
		w.t.Fatalf("there is no %v in %s", kinds, at)
	}
	return found
}

// shows returns the messages of one kind that a chat shows, as text.
func (w *world) shows(at chat.Address, kind string) []string {
	w.t.Helper()
	var out []string
	for _, d := range w.transcript(at) {
		if strings.HasPrefix(d.Slot, kind+":") {
			out = append(out, plainly(d.Render))
		}
	}
	return out
}

// plainly is a message in one line.
func plainly(m chat.Message) string {
	parts := []string{m.Title, m.Text}
	for _, q := range m.Quotes {
		parts = append(parts, q.Text)
	}
	for _, f := range m.Files {
		parts = append(parts, f.Kind+" "+f.ID)
	}
	if m.Mark != "" {
		parts = append(parts, "mark "+string(m.Replies))
	}
	return voice.Join(" | ", append(parts, m.Footer)...)
}

// How the slots of the conversation between staff and a customer begin.
const (
	relaySlot = "relay"
	replySlot = "reply"
	saidSlot  = "said"
	askSlot   = "ask"
	lostSlot  = "lost"
	markSlot  = "mark"
)

// conclude settles what staff said to a customer, as the sender does.
func (w *world) conclude(d storage.Delivery, ops []storage.SlotOp, o storage.Outcome) {
	w.t.Helper()
	slot, _ := replyOf(d)
	turn := storage.Turn{Load: storage.Load{Case: slot.Owner}, Apply: func(l storage.Loaded) (storage.Change, error) {
		ch, err := w.bot.concluded(l, d, outbox.Conclusion{Outcome: o, Blocked: w.blocked[d.Address]})
		ch.Slots = append(slices.Clone(ops), ch.Slots...)
		return ch, err
	}}
	if err := w.bot.perform(context.Background(), d.Bucket, turn); err != nil {
		w.t.Fatal(err)
	}
}

// inSlack is a member of staff in Slack, linked there as well.
func (w *world) inSlack(c customer) customer {
	w.t.Helper()
	in := slackUser("U"+c.user.ID, c.user.Name, "en")
	if w.bot.snap.Now().Team.Links[in.person()] == "" {
		w.command(in, "link", w.code(strings.ToLower(c.user.Name)))
	}
	return in
}
