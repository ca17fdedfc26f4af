package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
)

// A case that is reopened keeps its story on the card: who had it, what went wrong, what was
// done and at what cost, what was agreed and by when.
func TestACaseKeepsItsStoryOverReopen(t *testing.T) {
	w, ann := lowTap(t, staffTG)
	w.bot.snap.Change(func(n *snapshot.Snapshot) {
		n.Policy.Policy, n.Policy.Version = recovery.DefaultPolicy(), 1
		n.Policy.Policy.Rules.Currency = "GBP"
	})
	w.acted(w.onlyCase(), recovery.Take{})
	w.acted(w.onlyCase(), recovery.Agree{Plan: "a new colour", Due: w.now.Add(48 * time.Hour)})
	w.acted(w.onlyCase(), recovery.Resolve{Cause: "responsiveness", Actions: []recovery.Action{{Kind: recovery.Apology}, {Kind: recovery.Gift, Cost: 2550}}, Note: "as agreed"})
	w.now = w.now.Add(time.Hour)
	w.say(ann, "It is still wrong.")
	w.press(ann, "It is not settled")
	w.settle(staffTG)
	if k := w.onlyCase(); k.State != recovery.Open || k.Reopens != 1 {
		t.Fatalf("the case is %s, reopened %d times", k.State, k.Reopens)
	}
	card := ""
	for _, d := range w.slots(staffTG, "case:") {
		card = drawn(d.Render)
	}
	before := ""
	for line := range strings.Lines(card) {
		if strings.Contains(line, "Before: ") {
			before = line
		}
	}
	for _, part := range []string{"Resolved", "Bob", "Too slow", "Apology", "Gift (25.50 GBP)", "as agreed", "a new colour"} {
		if !strings.Contains(before, part) {
			t.Errorf("the card does not tell of %q: %s", part, card)
		}
	}
}

// Whoever is told that a case is settled, and to write if it is not, is offered the way back by the
// first words after that, however lately other words of theirs were answered.
func TestWordsAfterACaseIsClosedOfferTheWayBack(t *testing.T) {
	for name, before := range map[string]func(w *world, ann customer){
		"after nothing":                     func(*world, customer) {},
		"after words to the open case":      func(w *world, ann customer) { w.say(ann, "I waited for an hour.") },
		"after words to it and an answer":   func(w *world, ann customer) { w.say(ann, "I waited."); w.acted(w.onlyCase(), recovery.Take{}) },
		"after more than one of such words": func(w *world, ann customer) { w.say(ann, "I waited."); w.say(ann, "For an hour.") },
	} {
		t.Run(name, func(t *testing.T) {
			w, ann := lowTap(t, staffTG)
			before(w, ann)
			w.acted(w.onlyCase(), recovery.Resolve{Cause: "responsiveness", Actions: []recovery.Action{{Kind: recovery.Apology}}})
			w.say(ann, "It is still wrong.")
			w.press(ann, "It is not settled")
			w.settle(staffTG)
			if k := w.onlyCase(); k.State != recovery.Open || k.Reopens != 1 {
				t.Errorf("the case is %s, reopened %d times", k.State, k.Reopens)
			}
			w.acted(w.onlyCase(), recovery.Resolve{Cause: "responsiveness", Actions: []recovery.Action{{Kind: recovery.Apology}}})
			w.say(ann, "Still not.")
			w.press(ann, "It is not settled")
			w.settle(staffTG)
			if k := w.onlyCase(); k.State != recovery.Open || k.Reopens != 2 {
				t.Errorf("the case is %s, reopened %d times, after its second end", k.State, k.Reopens)
			}
		})
	}
}
