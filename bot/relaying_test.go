package bot

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// Of the messages that show what a customer wrote the newest alone has buttons, in each chat; the
// first three say how the customer is answered. Once the case is closed they have none, until the
// customer writes again.
func TestTheNewestWordsAloneHaveButtons(t *testing.T) {
	w, ann, _, _ := talk(t)
	says := func(words string, telegram, slack string) {
		t.Helper()
		w.writes(ann, words, "")
		w.onlyNewest(staffTG, telegram)
		w.onlyNewest(staffSlack, slack)
	}
	says("One.", "Reply Resolve", "Reply")
	says("Two.", "Reply Resolve", "Reply")
	own := w.writes(ann, strings.Repeat("A very long story. ", 300), "")
	w.onlyNewest(staffTG, "Reply Resolve")
	w.editIn(ann, ann.address, own, "", "A short story.") // the part that had the buttons is gone
	w.onlyNewest(staffTG, "Reply Resolve")
	says("Four.", "Reply Resolve", "Reply")
	w.editIn(ann, ann.address, own, "", "A story.") // an edit of what is older brings none back
	w.onlyNewest(staffTG, "Reply Resolve")
	told := 0
	for _, d := range w.transcript(staffTG) {
		if strings.Contains(d.Render.Footer, "gets it") {
			told++
		}
	}
	if told > 4 { // the parts of one message say it on each
		t.Errorf("%d messages say how the customer is answered", told)
	}
	does := func(a recovery.Act) {
		t.Helper()
		k := w.onlyCase()
		if _, err := w.bot.Act(t.Context(), Doing{Bucket: k.Bucket, Case: k.ID, Act: a, By: "lee"}); err != nil {
			t.Fatal(err)
		}
		w.settle(staffTG)
	}
	does(recovery.Resolve{Cause: "responsiveness", Actions: []recovery.Action{{Kind: "apology"}}})
	w.onlyNewest(staffTG, "")
	says("It is still not right.", "Reopen", "Reopen")
	does(recovery.Reopen{})
	w.onlyNewest(staffTG, "")
}

// onlyNewest looks at the buttons of what a customer wrote: the newest message has these, and all
// others have none.
func (w *world) onlyNewest(in chat.Address, buttons string) {
	w.t.Helper()
	rows := slices.DeleteFunc(w.transcript(in), func(d storage.Delivery) bool {
		return !strings.HasPrefix(d.Slot, "relay:") || d.Render.Text == "…"
	})
	slices.SortFunc(rows, func(a, b storage.Delivery) int { return cmp.Compare(a.Ord, b.Ord) })
	for i, d := range rows {
		var has []string
		for _, row := range d.Render.Rows {
			for _, b := range row {
				has = append(has, b.Text)
			}
		}
		want := buttons
		if i < len(rows)-1 {
			want = ""
		}
		if got := strings.Join(has, " "); got != want {
			w.t.Errorf("message %d of %d in %s: the buttons are %q, not %q, below\n%s", i+1, len(rows), in, got, want, drawn(d.Render))
		}
	}
}
