package bot

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// shownPage is what a visitor's page reports once it was drawn.
func (w *world) shownPage(c customer) {
	w.t.Helper()
	var slots []string
	for _, d := range w.transcript(c.address) {
		slots = append(slots, d.Slot)
	}
	if err := w.bot.Transcripts().Seen(context.Background(), c.address, slots); err != nil {
		w.t.Fatal(err)
	}
	w.settle(staffTG)
}

// An answer to somebody in the web chat who is away is not delivered: the card says so, the
// clock runs on and strikes; opened, it is, once and for all.
func TestAnAnswerOnAPageCountsOnceItIsSeen(t *testing.T) {
	w := newWorldOf(t, 1)
	setStaff(w.bot, staffTG)
	bob := w.member(1, "Bob", access.Agent)
	ann := w.visits(chat.Web, 0)
	w.command(ann, "start", w.link)
	w.press(ann, "1")
	w.settle(staffTG)
	card := w.newest(staffTG, "case").Slot
	w.onCard(bob, staffTG, w.button(staffTG, "Take"))
	w.onCard(bob, staffTG, w.button(staffTG, "Reply"))
	w.settle(staffTG)
	w.replyIn(bob, staffTG, w.newest(staffTG, askSlot).ShownRef, "I am sorry, Ann.")
	w.settle(staffTG)
	k := w.onlyCase()
	if k.State != recovery.Taken || !k.Round.Contacted.IsZero() || k.Unseen.IsZero() {
		t.Errorf("before she looks the case is %s, contacted %v", k.State, k.Round.Contacted)
	}
	if seen := w.news(staffTG, nil); strings.Contains(seen, "Delivered") || !strings.Contains(seen, "not opened it yet") {
		t.Errorf("before she looks staff see %s", seen)
	}
	if marks := w.shows(staffTG, markSlot); len(marks) != 0 {
		t.Errorf("before she looks the message has the marks %v", marks)
	}
	due := k.Due.Contact
	if k.Next.IsZero() || k.Next.After(due) {
		t.Errorf("the case is looked at at %v, and its time to contact ends %v", k.Next, due)
	}
	w.pass(due.Sub(w.now)/2+time.Minute, time.Minute)
	w.settle(staffTG)
	if !strings.Contains(w.news(staffTG, nil), "has heard nothing") {
		t.Error("the clock to contact her did not strike")
	}
	w.shownPage(ann)
	k = w.onlyCase()
	if k.State != recovery.Contacted || k.Round.Contacted.IsZero() || !k.Unseen.IsZero() {
		t.Errorf("once she looked the case is %s, contacted %v", k.State, k.Round.Contacted)
	}
	if marks := w.shows(staffTG, markSlot); len(marks) != 1 {
		t.Errorf("once she looked the message has the marks %v", marks)
	}
	for _, d := range w.transcript(staffTG) {
		if d.Slot == card && strings.Contains(drawn(d.Render), "not opened it yet") {
			t.Errorf("once she looked the card is %s", drawn(d.Render))
		}
	}
	events := w.kinds()
	w.shownPage(ann)
	w.bot.Close()
	w.bot = w.newBot()
	w.shownPage(ann)
	if again := w.kinds(); again["seen"] != 1 || again["seen"] != events["seen"] {
		t.Errorf("she was noted as looking %d times", again["seen"])
	}
}

// Nobody's page tells of what stands in another's chat.
func TestAPageTellsOfItsOwnChatAlone(t *testing.T) {
	w := newWorldOf(t, 1)
	setStaff(w.bot, staffTG)
	bob := w.member(1, "Bob", access.Agent)
	ann := w.visits(chat.Web, 0)
	w.command(ann, "start", w.link)
	w.press(ann, "1")
	w.settle(staffTG)
	w.onCard(bob, staffTG, w.button(staffTG, "Reply"))
	w.settle(staffTG)
	w.replyIn(bob, staffTG, w.newest(staffTG, askSlot).ShownRef, "I am sorry, Ann.")
	eve := w.visits(chat.Web, 1)
	var slots []string
	for _, d := range w.transcript(ann.address) {
		if s, _ := storage.ParseSlot(d.Slot); s.Kind == storage.ReplySlot {
			slots = append(slots, d.Slot)
		}
	}
	if err := w.bot.Transcripts().Seen(context.Background(), eve.address, slots); err != nil || len(slots) == 0 {
		t.Fatal(slots, err)
	}
	if k := w.onlyCase(); k.Unseen.IsZero() {
		t.Error("another's page counts as hers")
	}
}
