package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/storage"
)

// Whoever is erased reads so, as the last message, and only then their address is forgotten.
func TestWhoIsErasedIsToldSo(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("7001", "Ann", "en")
	w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: "main-street", Customer: "key-ann"})
	d, err := w.store.Dossier(t.Context(), storage.Anchor{Customers: []string{"key-ann"}})
	if err != nil {
		t.Fatal(err)
	}
	erased := make(chan error, 1)
	go func() {
		_, err := Privacy(w.bot).Erase(t.Context(), d, personal.Options{Mark: true, Why: storage.ErasedOnRequest})
		erased <- err
	}()
	const last = "This is the last message"
	said := ""
	for ended := false; !ended; {
		select {
		case err := <-erased:
			if ended = true; err != nil {
				t.Fatal(err)
			}
		case <-time.After(10 * time.Millisecond):
			for _, row := range w.transcript(ann.address) {
				said += row.Render.Text
			}
			if strings.Contains(said, last) { // what is delivered was read here before: it is gone soon after
				w.settle(ann.address)
			}
		}
	}
	if !strings.Contains(said, last) {
		t.Errorf("the customer reads %q", said)
	}
	if left := w.transcript(ann.address); len(left) != 0 {
		t.Errorf("%d messages are left", len(left))
	}
}

// That a chat of staff takes no messages any more is said where its cases are shown instead, and
// they are shown there.
func TestAChatOfStaffThatIsGoneIsSaidInTheOthers(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG, room)
	if err := (chatKeeper{w.bot}).gone(t.Context(), staffTG, "kicked"); err != nil {
		t.Fatal(err)
	}
	w.tell()
	ann := telegramUser("7001", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "1")
	w.settle(ann.address)
	var all string
	for _, row := range w.transcript(room) {
		all += drawn(row.Render)
	}
	if !strings.Contains(all, "takes no messages any more") || !strings.Contains(all, "== 🔴") {
		t.Errorf("the other chat shows:\n%s", all)
	}
	if rows := w.transcript(staffTG); len(rows) != 0 && rows[0].State == storage.Sent {
		t.Errorf("the chat that is gone shows %v", rows)
	}
}

// A page says until when nobody answers, to those whose case is open and to nobody else.
func TestAPageSaysUntilWhenNobodyAnswers(t *testing.T) {
	w := newWorld(t)
	w.applyRules("rules: {hours: {week: {mon: [\"09:00-18:00\"], tue: [\"10:00-18:00\"]}}}\n")
	inv := w.invite(haircut)
	look := func() string {
		t.Helper()
		v, err := w.bot.Visitor(t.Context(), inv.Token, "mine")
		if err != nil {
			t.Fatal(err)
		}
		return v.Closed
	}
	if err := w.bot.ClaimLink(t.Context(), inv.Token, "mine"); err != nil {
		t.Fatal(err)
	}
	v, err := w.bot.Visitor(t.Context(), inv.Token, "mine")
	if err != nil {
		t.Fatal(err)
	}
	ann := customer{user: v.User, address: v.Address}
	w.command(ann, "start", inv.Token)
	night := monday.Add(11 * time.Hour)
	day := w.now
	if w.now = night; look() != "" {
		t.Errorf("no case is open, and the page says %q", look())
	}
	w.now = day
	w.press(ann, "1")
	if look() != "" {
		t.Errorf("while the site is open the page says %q", look())
	}
	if w.now = night; look() != "tomorrow 10:00" {
		t.Errorf("at night the page says %q", look())
	}
}
