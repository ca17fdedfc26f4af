package bot

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// pictures is a flow whose file comes before its score.
const pictures = `
flow: pictures
class: transactional
title: Pictures
questions:
  - {key: picture, file: true, optional: true, ask: Do you have a picture?}
  - {key: overall, scale: csat5, primary: true, weight: 1, ask: How was it?}
  - {key: more, file: true, optional: true, ask: Any more?}
`

// gave sends one file.
func (w *world) gave(c customer, id, caption string) {
	w.t.Helper()
	w.handle(w.update(c, chat.Update{Kind: chat.Text, Text: caption, Files: []chat.File{{Kind: "photo", ID: id}}}))
}

// filesAt are the deliveries of files to an address, in order.
func (w *world) filesAt(to chat.Address) []storage.Delivery {
	w.t.Helper()
	var found []storage.Delivery
	for _, d := range w.transcript(to) {
		if len(d.Render.Files) > 0 {
			found = append(found, d)
		}
	}
	return found
}

func TestStaffSeeWhatACustomerSentBelowTheCard(t *testing.T) {
	w := newWorld(t)
	elsewhere := chat.Address{Platform: chat.Telegram, Account: "43", Chat: "-100"}
	setStaff(w.bot, staffTG, elsewhere, room, staffSlack)
	ann := telegramUser("7001", "Ann", "en")
	w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: "main-street"})

	// Before there is a case, a file stands below the note that tells of it.
	w.gave(ann, "aside", "")
	all := w.transcript(staffTG)
	switch {
	case len(all) != 2:
		t.Fatalf("len(all) != 2: %+v", all)
	case all[1].Render.Under != all[0].Slot:
		t.Fatalf("all[1].Render.Under != all[0].Slot: %+v", all)
	case all[1].Render.Text != "📷 photo from “Ann”":
		t.Fatalf(`all[1].Render.Text != "📷 photo from “Ann”": %+v`, all)
	}
	w.press(ann, "1")
	w.gave(ann, "first", "The wall is wet.")
	w.gave(ann, "first", "The wall is wet.")
	w.gave(ann, "second", "")
	var shown []string
	card := ""
	for _, d := range w.transcript(staffTG) {
		if strings.HasPrefix(d.Slot, "case:") {
			card = d.Slot
		}
	}
	for _, d := range w.filesAt(staffTG)[1:] {
		shown = append(shown, d.Render.Files[0].ID+": "+d.Render.Text)
		if d.Render.Under != card || d.Kind != storage.RelayD {
			t.Errorf("%+v", d)
		}
	}
	want := []string{"first: 📷 photo", "first: 📷 photo", "second: 📷 photo"}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
	for _, to := range []chat.Address{elsewhere, room, staffSlack} {
		if n := len(w.filesAt(to)); n != 0 {
			t.Errorf("%d references in %s, where they mean nothing", n, to)
		}
	}
}

// Files that answered a question before there was a case come with it; an answer that
// is changed brings new files only.
func TestFilesOfAnswersComeWithTheCase(t *testing.T) {
	for _, row := range []struct {
		score string
		want  []string
	}{
		{"1", []string{"first: 📷 photo from “Ann” (A-1)", "second: 📷 photo from “Ann” (A-1)"}},
		{"5", nil},
	} {
		w := newWorld(t)
		setStaff(w.bot, staffTG, room)
		if _, err := flowfile.Parse([]byte(pictures)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.store.Publish(context.Background(), "pictures", pictures, w.now); err != nil {
			t.Fatal(err)
		}
		ann := telegramUser("7001", "Ann", "en")
		w.started(ann, InviteRequest{Flow: "pictures", Site: "main-street"})
		w.gave(ann, "first", "")
		if n := len(w.transcript(staffTG)); n != 0 {
			t.Fatalf("staff see %d messages before the score", n)
		}
		w.press(ann, row.score)
		w.settle(staffTG)
		w.press(ann, "Change the answer to: Do you have a picture?")
		w.gave(ann, "first", "")
		w.press(ann, "Change the answer to: Do you have a picture?")
		w.gave(ann, "second", "")
		var shown []string
		for _, d := range w.filesAt(staffTG) {
			shown = append(shown, d.Render.Files[0].ID+": "+d.Render.Text)
			if d.Wanted != 1 {
				t.Errorf("%s was edited", d.Slot)
			}
		}
		if diff := cmp.Diff(row.want, shown); diff != "" {
			t.Errorf("after a %s: %s", row.score, diff)
		}
		if row.want == nil {
			continue
		}
		w.customers = []chat.Address{ann.address}
		bob := w.member(1, "Bob", access.Agent)
		w.settleAll()
		w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Thank you for the picture.")
		sees(t, "the customer", w.shows(ann.address, replySlot), "Bob (Salon Anna) | Thank you for the picture.")
	}
}
