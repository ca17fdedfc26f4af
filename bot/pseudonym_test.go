package bot

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
)

const masked = `
flow: masked
class: transactional
identity: pseudonymous
title: Masked
questions:
  - {key: overall, scale: csat5, primary: true, weight: 1, ask: "How was it, {first_name}?"}
  - {key: phone, contact: phone, optional: true, ask: Your number?}
`

func TestStaffKnowAPseudonymOnly(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG, staffSlack, room)
	ctx := context.Background()
	if _, _, err := w.store.Publish(ctx, "masked", masked, w.now); err != nil {
		t.Fatal(err)
	}
	ann := telegramUser("70017001", "Annabel Quince", "en")
	ann.user.Username = "quince"
	w.customers = []chat.Address{ann.address}
	bob, lee := w.member(1, "Bob", access.Agent), w.member(2, "Lee", access.Lead)
	w.started(ann, InviteRequest{Flow: "masked", Site: "main-street"})
	w.press(ann, "1")
	w.writes(ann, "+49 30 1234567", "")
	w.settleAll()
	w.writes(ann, "Hello?", "", chat.File{Kind: "photo", ID: "p1"})
	called, _, _ := strings.Cut(strings.TrimPrefix(w.newest(staffTG, relaySlot).Render.Title, "A-1 · "), " |")
	if !strings.HasPrefix(called, "Customer ") || len(called) < len("Customer K7") {
		t.Fatalf("staff call the customer %q", called)
	}
	w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Good morning")
	sees(t, "the customer", w.shows(ann.address, replySlot), "Bob (Salon Anna) | Good morning")

	w.onCard(bob, staffTG, w.button(staffTG, "More…"))
	who := w.button(staffTG, "Who is it?")
	says(t, w.onCard(bob, staffTG, who), "Only a lead may see", true)
	called, _, _ = strings.Cut(called, " · ")
	says(t, w.onCard(lee, staffTG, who), called+" is “Annabel Quince”, @quince, telegram 70017001.", true)
	if n := w.kinds(); n[eventRevealed] != 1 || n[eventAttempted] != 1 {
		t.Errorf("the history has %v", n)
	}
	w.blocked = map[chat.Address]bool{ann.address: true}
	w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Are you there?")
	for _, at := range []chat.Address{staffTG, staffSlack, room} {
		source, err := json.Marshal(w.transcript(at))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"Annabel", "Quince", "quince", "1234567"} {
			if strings.Contains(string(source), secret) {
				t.Errorf("%s shows %q", at, secret)
			}
		}
		if !strings.Contains(string(source), called) {
			t.Errorf("%s does not say %q", at, called)
		}
	}
}
