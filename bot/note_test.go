package bot

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
)

// noted is a world in which Ann wrote beside a question, and Bob may act.
func noteOf(t *testing.T, at chat.Address) (w *world, ann, bob customer) {
	t.Helper()
	w = newWorldOf(t, 1)
	setStaff(w.bot, at)
	ann = telegramUser("7001", "Ann", "en")
	w.customers = []chat.Address{ann.address}
	bob = w.member(1, "Bob", access.Agent)
	w.started(ann, haircut)
	w.say(ann, "Is there parking?")
	w.settle(at)
	return w, ann, bob
}

// A note is made a case by one tap: its card has the words, the note says where to look, and no
// clock runs.
func TestANoteIsMadeACase(t *testing.T) {
	w, ann, bob := noteOf(t, staffTG)
	open := w.button(staffTG, "Open a case")
	says(t, w.onCard(bob, staffTG, open), "Watch · A-1", false)
	k := w.onlyCase()
	if !k.Watched() || k.Session == "" || !k.Next.IsZero() {
		t.Errorf("the case is %+v", k.Case)
	}
	if card := drawn(w.newest(staffTG, "case").Render); !strings.Contains(card, "Is there parking?") || !strings.Contains(card, "[Take] [Reply]") {
		t.Errorf("the card is\n%s", card)
	}
	if note := drawn(w.newest(staffTG, "aside").Render); !strings.Contains(note, "case A-1") || strings.Contains(note, "[") {
		t.Errorf("the note is\n%s", note)
	}
	says(t, w.onCard(bob, staffTG, open), "A-1 has its card already.", false)
	// The survey goes on, and a low answer makes a case of it whose clocks run.
	w.press(ann, "1")
	if k = w.onlyCase(); k.Watched() || k.Decision.Priority != recovery.P1 {
		t.Errorf("after a low answer the case is %+v", k.Decision)
	}
}

// A note is answered from where it stands: in Telegram by a reply to what the bot asks, on Slack in
// a form.
func TestANoteIsAnswered(t *testing.T) {
	w, ann, bob := noteOf(t, staffTG)
	says(t, w.onCard(bob, staffTG, w.button(staffTG, "Answer")), "reply to the question below", false)
	w.settleAll()
	w.replyIn(bob, staffTG, w.newest(staffTG, askSlot).ShownRef, "Yes, behind the house.")
	if got := strings.Join(w.shows(ann.address, replySlot), ""); !strings.Contains(got, "Yes, behind the house.") {
		t.Errorf("Ann sees %q", got)
	}
	if k := w.onlyCase(); k.State != recovery.Contacted || k.Holder.ID != "bob" {
		t.Errorf("the case is %+v", k.Case)
	}

	w, ann, bob = noteOf(t, staffSlack)
	data := w.button(staffSlack, "Answer")
	in := w.inSlack(bob)
	if a := w.fills(in, staffSlack, data, map[string]string{render.FieldText: " "}); len(a) != 1 || a[0].Field != render.FieldText {
		t.Errorf("an empty answer is answered by %+v", a)
	}
	w.fills(in, staffSlack, data, map[string]string{render.FieldText: "Yes, behind the house."})
	if got := strings.Join(w.shows(ann.address, replySlot), ""); !strings.Contains(got, "Yes, behind the house.") {
		t.Errorf("from Slack Ann sees %q", got)
	}
}

// Only staff of the site may do either, and a note of somebody who was erased says so.
func TestANoteIsForStaff(t *testing.T) {
	w, _, _ := noteOf(t, staffTG)
	for _, button := range []string{"Answer", "Open a case"} {
		says(t, w.onCard(telegramUser("9999", "Eve", "en"), staffTG, w.button(staffTG, button)), "Only staff of this site", true)
	}
	if n := len(w.cases()); n != 0 {
		t.Errorf("a stranger opened %d cases", n)
	}
	p, _ := render.DecodePressed(w.button(staffTG, "Open a case"))
	p.Case = "0195a1b2-0000-7000-8000-00000000dead"
	says(t, w.onCard(telegramUser("9001", "Bob", "en"), staffTG, p.Encode()), "no longer works", true)
}
