package bot

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

func TestWhoComesBackCanBeWrittenTo(t *testing.T) {
	for name, back := range map[string]func(w *world, ann customer){
		"start":      func(w *world, ann customer) { w.command(ann, "start", "") },
		"unblocking": func(w *world, ann customer) { w.handle(w.update(ann, chat.Update{Kind: chat.Joined})) },
		"a tap":      func(w *world, ann customer) { w.press(ann, "Change") },
		"a link": func(w *world, ann customer) {
			w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: "main-street"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, ann, bob, _ := talk(t)
			w.writes(ann, "Hello?", "")
			w.blocked[ann.address] = true
			w.handle(w.update(ann, chat.Update{Kind: chat.Blocked}))
			w.settleAll()
			if k := w.onlyCase(); k.Lost.IsZero() || !strings.Contains(w.newest(staffTG, "case").Render.Footer, "takes no messages") {
				t.Fatal("the case does not know that Ann blocked the bot")
			}
			delete(w.blocked, ann.address)
			back(w, ann)
			w.settleAll()
			if k := w.onlyCase(); !k.Lost.IsZero() {
				t.Error("the case still believes that Ann cannot be written to")
			}
			if card := w.newest(staffTG, "case").Render; strings.Contains(card.Footer, "takes no messages") {
				t.Errorf("the card says %q", card.Footer)
			}
			if lines := strings.Join(w.shows(staffTG, "case"), "\n"); !strings.Contains(lines, "A-1 · “Ann” can be written to again") {
				t.Errorf("no line says so: %s", lines)
			}
			w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Welcome back")
			if got := w.got(ann); len(got) == 0 || got[len(got)-1] != "Bob (Salon Anna) | Welcome back" {
				t.Errorf("Ann got %q", got)
			}
		})
	}
}

// Words that follow the end of a case must not look as if a reply were possible, and must
// not be lost in a card that says that all is well.
func TestWordsAfterACaseWasClosedStandOut(t *testing.T) {
	w, ann, bob, _ := talk(t)
	w.writes(ann, "Hello?", "")
	w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Sorry, it is on us.")
	for _, text := range []string{"Resolve", "Too slow", "Apology", "Resolve"} {
		w.onCard(bob, staffTG, w.button(staffTG, text))
	}
	w.settleAll()
	w.writes(ann, "Nothing is settled!", "")
	for _, at := range []chat.Address{staffTG, staffSlack, room} {
		if card := w.newest(at, "case").Render; card.State != "resolved" || !strings.Contains(card.Footer, "wrote after the case was closed") {
			t.Errorf("the card in %s is %s: %q", at, card.State, card.Footer)
		}
		m := w.newest(at, relaySlot).Render
		switch {
		case len(m.Rows) != 1:
			t.Errorf("len(m.Rows) != 1: %s shows %q with %+v", at, plainly(m), m.Rows)
		case m.Rows[0][0].Text != "Reopen":
			t.Errorf(`m.Rows[0][0].Text != "Reopen": %s shows %q with %+v`, at, plainly(m), m.Rows)
		case !strings.Contains(m.Footer, "closed"):
			t.Errorf(`!strings.Contains(m.Footer, "closed"): %s shows %q with %+v`, at, plainly(m), m.Rows)
		}
	}
	says(t, w.onCard(bob, staffTG, w.newest(staffTG, relaySlot).Render.Rows[0][0].Data), "Open", false)
	w.settleAll()
	if k := w.onlyCase(); k.State != recovery.Open || k.Wrote.IsZero() {
		t.Errorf("the case is %s, waits since %v", k.State, k.Wrote)
	}
}

func TestTheProgramKeepsOutOfAConversation(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	ann := telegramUser("1", "Ann", "en")
	w.customers, w.blocked = []chat.Address{ann.address}, map[chat.Address]bool{}
	bob := w.member(1, "Bob", access.Agent)
	w.started(ann, haircut)
	w.press(ann, "2")
	w.settleAll()
	w.writes(ann, "It took an hour.", "")
	if n := len(w.shows(ann.address, "n")); n != 1 {
		t.Fatalf("before anybody answered, Ann is thanked %d times", n)
	}
	w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "I am sorry, Ann.")
	before := len(w.transcript(ann.address))
	w.writes(ann, "Nobody told me why.", "")
	if got := w.transcript(ann.address)[before:]; len(got) > 0 {
		t.Errorf("the program says %q in between", plainly(got[0].Render))
	}
	w.command(ann, "skip", "") // the question is open all the same
	if s := w.session(ann); len(s.Answers) != 2 {
		t.Errorf("%d answers", len(s.Answers))
	}
}

// obliging is a Sender that shows whatever it is given.
type obliging struct{ shown atomic.Int64 }

func (o *obliging) Send(context.Context, chat.Address, chat.Message, chat.Ref) (chat.Ref, error) {
	return chat.Ref(fmt.Sprint("shown", o.shown.Add(1))), nil
}

// Whoever sends after a crash gives up what nobody knows about after the last try: staff
// must learn that the customer may not have it.
func TestAReplyGivenUpInDoubtIsSaidInWords(t *testing.T) {
	w, ann, bob, _ := talk(t)
	w.writes(ann, "Hello?", "")
	asked := w.newest(staffTG, relaySlot).ShownRef
	w.replyIn(bob, staffTG, asked, "One moment")
	w.customers = nil // from now on nobody plays the sender for Ann
	w.replyIn(bob, staffTG, asked, "Hello Ann")
	row := w.newest(ann.address, replySlot)
	commit := func(op storage.SlotOp) {
		t.Helper()
		turn := storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) {
			return storage.Change{Slots: []storage.SlotOp{op}}, nil
		}}
		if err := w.store.Advance(context.Background(), row.Bucket, []storage.Turn{turn})[0]; err != nil {
			t.Fatal(err)
		}
	}
	const tries = 24 // after which the outbox gives a delivery up
	for n := range tries {
		commit(storage.SlotOp{Claim: &storage.Claim{Slot: row.Slot}})
		if n < tries-1 {
			commit(storage.SlotOp{Settle: &storage.Settle{Slot: row.Slot, Version: row.Wanted, Hash: row.Hash, Outcome: storage.Retry, Doubt: true, At: w.now}})
		}
	}
	if row = w.newest(ann.address, replySlot); row.State != storage.Sending || row.Attempts != tries {
		t.Fatalf("the reply is %s after %d tries", row.State, row.Attempts)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	served := make(chan error)
	go func() {
		served <- w.bot.ServeAccount(ctx, outbox.Account{Platform: chat.Telegram, ID: ann.address.Account, Sender: new(obliging)})
	}()
	for row.State == storage.Sending && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
		row = w.newest(ann.address, replySlot)
	}
	stop()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if row.Unsettled() {
		t.Fatalf("the reply is %s", row.State)
	}
	w.settleAll()
	for _, at := range []chat.Address{staffTG, staffSlack, room} {
		sees(t, at.String(), w.shows(at, lostSlot), "A-1 · Not delivered | Nobody knows whether “Ann” got this: the connection broke while it was sent. | Hello Ann")
	}
}

func TestTheCardShowsWhatACustomerChanged(t *testing.T) {
	w, ann, _, _ := talk(t)
	own := w.writes(ann, "It took an hour.", "")
	w.writes(ann, "And it was cold.", "")
	w.editIn(ann, ann.address, own, "", "It took two hours.")
	var wrote []string
	for _, q := range w.newest(staffTG, "case").Render.Quotes {
		wrote = append(wrote, q.Text)
	}
	sees(t, "the card", wrote, "It took two hours.", "And it was cold.")
}
