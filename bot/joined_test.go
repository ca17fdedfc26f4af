package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// A customer who floods staff with words: no more than a few messages come of it, all words are
// kept, the newest can be read, the customer is told once, and a restart forgets nothing.
func TestAFloodOfWordsJoins(t *testing.T) {
	w, ann, _, _ := talk(t)
	const words = 200
	for i := range words {
		if i == words/2 {
			w.bot.Close()
			w.bot = w.newBot()
		}
		w.writes(ann, fmt.Sprintf("word %d", i), "")
	}
	for _, at := range []chat.Address{staffTG, staffSlack} {
		shown := w.shows(at, relaySlot)
		if len(shown) > 20 {
			t.Errorf("%s: %d messages in a minute", at, len(shown))
		}
		last := shown[len(shown)-1]
		if want := fmt.Sprintf("+ %d more", words-len(shown)+1); !strings.Contains(last, want) || !strings.Contains(last, fmt.Sprintf("word %d", words-1)) {
			t.Errorf("%s: the last message is %q, want %q with the newest words", at, last, want)
		}
	}
	if n := w.kinds()["customer_wrote"]; n != words {
		t.Errorf("the case's history has %d of %d", n, words)
	}
	told := 0
	for _, d := range w.transcript(ann.address) {
		if strings.Contains(d.Render.Text, "reach the team together") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the customer was told %d times", told)
	}
	w.now = w.now.Add(2 * time.Minute)
	w.writes(ann, "calm again", "")
	if m := w.newest(staffTG, relaySlot).Render; len(m.Quotes) != 1 || m.Quotes[0].Text != "calm again" {
		t.Errorf("after a calm minute staff see %+v", m)
	}
}

// Wishes beyond the allowance join the last one: few cards, and all that was said is kept.
func TestAFloodOfWishesJoins(t *testing.T) {
	w, _, _, _ := talk(t)
	zoe := telegramUser("9200", "Zoe", "en")
	const wishes = 100
	for i := range wishes {
		w.command(zoe, "ask", fmt.Sprintf("wish %d", i))
	}
	cards, all := 0, 0
	for _, d := range w.transcript(staffTG) {
		if d.Identity != zoe.person().ID() {
			continue
		}
		all++
		if s, _ := storage.ParseSlot(d.Slot); s.Kind == storage.CardSlot {
			cards++
		}
	}
	if cards == 0 || all > 20 {
		t.Errorf("%d wishes became %d messages with %d cards", wishes, all, cards)
	}
	kept := map[string]bool{}
	for _, f := range w.feedback() {
		kept[f.Text] = true
	}
	for i := range wishes {
		if !kept[fmt.Sprintf("wish %d", i)] {
			t.Errorf("wish %d is not kept", i)
		}
	}
}

// Replies and taps of people who are no staff change nothing in the chat but one sentence.
func TestL19TheAttemptsOfStrangersCostNothing(t *testing.T) {
	w, ann, _, _ := talk(t)
	eve := telegramUser("9300", "Eve", "en")
	w.writes(ann, "It took an hour.", "")
	asked := w.newest(staffTG, relaySlot).ShownRef
	before := len(w.transcript(staffTG))
	data := w.button(staffTG, "Take")
	for i := range 50 {
		w.replyIn(eve, staffTG, asked, fmt.Sprint("reply ", i))
		w.onCard(eve, staffTG, data)
	}
	if n := len(w.transcript(staffTG)) - before; n != 1 {
		t.Errorf("%d messages came of it", n)
	}
	if n := w.kinds()[eventAttempted]; n != 1 {
		t.Errorf("%d lines are in the history", n)
	}
}
