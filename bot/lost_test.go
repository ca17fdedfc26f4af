package bot

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// fickle is a platform that says whether a chat takes messages, right or wrong.
type fickle struct {
	takes bool
	asked int
}

func (f *fickle) Takes(context.Context, chat.Address) error {
	f.asked++
	if f.takes {
		return nil
	}
	return &chat.Error{Kind: chat.Unreachable, Err: errors.New("it does not")}
}

// goneSince is since when the chat of a test takes no messages.
func (w *world) goneSince(at chat.Address) time.Time {
	w.t.Helper()
	c, ok := w.bot.snap.Now().Linked(at)
	if !ok {
		w.t.Fatalf("%s is no chat of staff", at)
	}
	return c.Gone
}

func TestAPlatformIsAskedAboutALostChatUntilItTakesMessages(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	f := &fickle{}
	l := newLostChats(chatKeeper{w.bot}, chat.Telegram, "42", f)
	other := newLostChats(chatKeeper{w.bot}, chat.Telegram, "43", f)
	look := func() {
		l.look(t.Context())
		other.look(t.Context())
	}
	look()
	if f.asked != 0 {
		t.Errorf("it is asked %d times about a chat that takes messages", f.asked)
	}
	w.inGroup(staffTG, chat.Update{Kind: chat.Blocked})
	look()
	look()
	if f.asked != 2 || w.goneSince(staffTG).IsZero() {
		t.Errorf("it is asked %d times, want 2; gone since %v", f.asked, w.goneSince(staffTG))
	}
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "2")
	w.wantCards("while the chat is gone", []chat.Address{staffTG}, 0)
	f.takes = true
	look()
	if !w.goneSince(staffTG).IsZero() {
		t.Error("the chat is still gone")
	}
	w.wantCards("when it is back", []chat.Address{staffTG}, 1)
}

// A platform that says again and again that a chat takes messages, which does not, is
// believed less and less often: each time staff elsewhere are told that the chat is gone.
func TestAPlatformThatIsWrongIsBelievedLessAndLess(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	f := &fickle{takes: true}
	l := newLostChats(chatKeeper{w.bot}, chat.Telegram, "42", f)
	returns := 0
	for end := w.now.Add(24 * time.Hour); w.now.Before(end); w.now = w.now.Add(lostEvery) {
		if w.goneSince(staffTG).IsZero() {
			if err := (chatKeeper{w.bot}).gone(t.Context(), staffTG, "only admins may write"); err != nil {
				t.Fatal(err)
			}
		}
		l.look(t.Context())
		if w.goneSince(staffTG).IsZero() {
			returns++
		}
	}
	if returns < 6 || returns > 12 {
		t.Errorf("in a day it came back %d times", returns)
	}
	// Once it did take messages, it is asked about at once again.
	w.now = w.now.Add(5 * time.Hour)
	l.look(t.Context())
	w.now = w.now.Add(time.Hour)
	before := f.asked
	w.inGroup(staffTG, chat.Update{Kind: chat.Joined})
	if err := (chatKeeper{w.bot}).gone(t.Context(), staffTG, "again"); err != nil {
		t.Fatal(err)
	}
	l.look(t.Context())
	if f.asked != before+1 || !w.goneSince(staffTG).IsZero() {
		t.Errorf("after an hour with messages it is asked %d times, and gone since %v", f.asked-before, w.goneSince(staffTG))
	}
}

// Words that belong to no case come too.
func TestWhatAChatOfStaffMissedComesWhenItIsBack(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	w.blocked = map[chat.Address]bool{staffTG: true}
	w.handle(w.update(ann, chat.Update{Kind: chat.Text, Text: "Where can I park?"}))
	w.settle(staffTG)
	missed := func() (n int) {
		for _, d := range w.transcript(staffTG) {
			if slot, _ := storage.ParseSlot(d.Slot); slot.Kind == storage.AsideSlot && d.State == storage.Failed {
				n++
			}
		}
		return n
	}
	if missed() != 1 {
		t.Fatalf("%d notes were given up", missed())
	}
	if err := (chatKeeper{w.bot}).gone(t.Context(), staffTG, "kicked"); err != nil {
		t.Fatal(err)
	}
	w.tell()
	w.inGroup(staffTG, chat.Update{Kind: chat.Joined})
	w.blocked = nil
	for range 2 {
		w.tell()
		w.settle(staffTG)
	}
	if missed() != 0 {
		t.Error("the note is still given up")
	}
}
