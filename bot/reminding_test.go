package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
)

// A card has one reminder at most: the next takes its place, and it goes once somebody acts. Who
// leads reads why they hear of it, and what a clock asks for is a button.
func TestACardHasOneReminderAtMost(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	bob := w.member(1, "Bob", access.Agent)
	lea := w.member(2, "Lea", access.Lead)
	w.lows(100, 1, "main-street", "2")
	standing := func(at chat.Address) (all []chat.Message) {
		for _, d := range w.transcript(at) {
			if strings.Contains(d.Slot, ":r:") && d.Render.Mark == "" {
				all = append(all, d.Render)
			}
		}
		return all
	}
	for range 40 { // two hours, step by step
		w.now = w.now.Add(3 * time.Minute)
		w.sweep()
		if n := len(standing(staffTG)); n > 1 {
			t.Fatalf("after %v the card has %d reminders", w.now.Sub(monday), n)
		}
	}
	if all := standing(lea.address); len(all) != 1 || !strings.HasPrefix(all[0].Text, "Lead: ⏰ ") {
		t.Errorf("who leads reads %+v", all)
	}
	if all := standing(staffTG); len(all) != 1 || !strings.HasPrefix(all[0].Text, "⏰ ") {
		t.Errorf("the group reads %+v", all)
	}
	w.onCard(bob, staffTG, w.button(staffTG, "Take"))
	for _, at := range []chat.Address{staffTG, lea.address} {
		if all := standing(at); len(all) != 0 {
			t.Errorf("%s: somebody has it, and a reminder stands: %+v", at, all)
		}
	}
}
