package bot

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
)

// entries are the words of a card's menu on Slack.
func entries(m chat.Message) (names []string) {
	for _, row := range m.Rows {
		for _, b := range menusOf(row) {
			names = append(names, b.Text)
		}
	}
	return names
}

// On Slack a card is its first line, the words, what it is about and one row of buttons; the rest
// is behind three dots: told in a form, chosen in the card, or asked for.
func TestACardOnSlackHasAMenu(t *testing.T) {
	w := newWorld(t)
	bob := w.inSlack(w.member(1, "Bob", access.Agent))
	w.member(2, "Lee", access.Lead)
	lowTapIn(w, staffSlack)
	card := func() chat.Message { return w.newest(staffSlack, "case").Render }
	first := func() (names []string) {
		for _, b := range card().Rows[0] {
			if len(b.Menu) == 0 {
				names = append(names, b.Text)
			}
		}
		return names
	}
	if len(card().Rows) != 1 || len(card().Facts) != 1 || card().Facts[0].Value != "Salon Anna" || card().Title == "" {
		t.Errorf("the card is\n%s", drawn(card()))
	}
	sees(t, "open", first(), "Take", "Reply", "Resolve")
	sees(t, "open, its menu", entries(card()), "Details", "Note", "Agree", "Assign", "Snooze")

	a := w.onCard(bob, staffSlack, w.button(staffSlack, "Details"))
	if len(a) != 1 || a[0].Form == nil || len(a[0].Form.Fields) != 0 || a[0].Text != "" {
		t.Fatalf("the details are %+v", a)
	}
	for _, fact := range []string{"2 – Dissatisfied", "Level: 2 of 7", "Mood to expect: ", "Why it opened: ", "Contact by: ", "Site: Salon Anna"} {
		if !strings.Contains(a[0].Form.Note, fact) {
			t.Errorf("the details lack %q: %q", fact, a[0].Form.Note)
		}
	}
	data := w.button(staffSlack, "Note")
	if a = w.onCard(bob, staffSlack, data); len(a) != 1 || a[0].Form == nil || len(a[0].Form.Fields) != 1 {
		t.Fatalf("a note is asked for by %+v", a)
	}
	w.fills(bob, staffSlack, data, map[string]string{render.FieldText: "It was Lee's second day."})
	if n := w.kinds()[string(recovery.EventNoted)]; n != 1 {
		t.Errorf("%d notes", n)
	}

	w.onCard(bob, staffSlack, w.button(staffSlack, "Take"))
	sees(t, "taken", first(), "Reply", "Resolve")
	sees(t, "taken, its menu", entries(card()), "Details", "Note", "Agree", "Assign", "More…")
	w.onCard(bob, staffSlack, w.button(staffSlack, "More…"))
	var all []string
	for _, row := range card().Rows {
		for _, b := range row {
			all = append(all, b.Text)
		}
	}
	sees(t, "all acts", all, "Reply", "Resolve", "Release", "Note", "Agree", "Assign", "Snooze", "No action", "Cancel")
	w.onCard(bob, staffSlack, w.button(staffSlack, "Cancel"))

	// That no action is needed stands beside Resolve, and a closed card has nothing to hold.
	w.onCard(bob, staffSlack, w.button(staffSlack, "Resolve"))
	w.onCard(bob, staffSlack, w.button(staffSlack, "No action"))
	w.onCard(bob, staffSlack, w.button(staffSlack, "Already settled"))
	sees(t, "closed", first(), "Reopen", "Note", "Details")
	sees(t, "closed, its menu", entries(card()))
}

// Whoever is not staff is told nothing by the menu, and platforms without menus never get one.
func TestDetailsAreForStaff(t *testing.T) {
	w, _ := lowTap(t, staffSlack, staffTG)
	a := w.onCard(slackUser("U9", "Eve", "en"), staffSlack, w.button(staffSlack, "Details"))
	if len(a) != 1 || a[0].Form != nil || !a[0].Alert {
		t.Errorf("a stranger is told %+v", a)
	}
	for _, row := range w.newest(staffTG, "case").Render.Rows {
		if len(menusOf(row)) != 0 {
			t.Errorf("Telegram is given a menu: %+v", row)
		}
	}
	if len(w.newest(staffTG, "case").Render.Facts) == 0 {
		t.Error("the card in Telegram lacks its details")
	}
}
