package bot

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// TestInternalWordsNeverReachACustomer writes, in random order and in every chat, words
// that are meant for staff and words that are meant for the customer. Each has a canary:
// none of the first kind may ever be in a customer's chat, and each of the second is
// there exactly when the case let it pass.
func TestInternalWordsNeverReachACustomer(t *testing.T) {
	all := 0
	for seed := range uint64(4) {
		// In a time of its own: what replies to a message that nobody knows waits for it.
		synctest.Test(t, func(t *testing.T) { all += writeInEveryChat(t, seed) })
	}
	if all < 4 {
		t.Errorf("only %d words were sent", all)
	}
}

// writeInEveryChat returns how many words reached the customer.
func writeInEveryChat(t *testing.T, seed uint64) (sent int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 77))
	w, ann, bob, lee := talk(t)
	viv := w.member(3, "Viv", access.Viewer)
	eve := telegramUser("9876", "Eve", "en")
	people := []customer{bob, lee, viv, eve}
	n := 0
	canary := func(kind string) string {
		n++
		return fmt.Sprintf("%s-%d-%d", kind, seed, n)
	}
	press := func(who customer, act recovery.ActKind, menu bool, choice string, mask int) {
		p := render.Pressed{Hash: ann.person().Hash16(), Case: w.onlyCase().ID, Act: act, Menu: menu, Choice: choice, Mask: mask}
		w.onCard(who, staffTG, p.Encode())
		w.settleAll()
	}
	// told writes words for the customer; they arrive if the act was taken.
	told := func(who customer, f func(words string)) {
		words := canary("CUSTOMER")
		before := w.kinds()[string(recovery.EventContacted)]
		f(words)
		passed := w.kinds()[string(recovery.EventContacted)] > before
		if got := strings.Count(strings.Join(w.got(ann), "\n"), words); (got == 1) != passed || got > 1 {
			t.Fatalf("seed %d: words that passed (%v) arrived %d times", seed, passed, got)
		}
		if passed {
			sent++
		}
	}
	w.writes(ann, "Hello?", "")
	for range 45 {
		w.now = w.now.Add(time.Duration(1+r.IntN(300)) * time.Second)
		who := people[r.IntN(len(people))]
		switch r.IntN(14) {
		case 0: // beside everything
			w.replyIn(who, staffTG, "", canary("INTERNAL"))
		case 1: // to the card, to what staff said, to a message that nobody knows
			to := []chat.Ref{w.newest(staffTG, "case").ShownRef, "m0"}
			w.replyIn(who, staffTG, to[r.IntN(len(to))], canary("INTERNAL"))
		case 2: // a note by the prompt, and one that is changed afterwards
			press(who, recovery.ActNote, false, "", 0)
			if prompts := w.prompts(recovery.ActNote); len(prompts) > 0 {
				to := prompts[r.IntN(len(prompts))]
				own := w.replyIn(who, staffTG, to, canary("INTERNAL"))
				w.editIn(who, staffTG, own, to, canary("INTERNAL"))
			}
		case 3: // a note by the form
			p := render.Pressed{Hash: ann.person().Hash16(), Case: w.onlyCase().ID, Act: recovery.ActNote}
			w.fills(w.inSlack(bob), staffSlack, p.Encode(), map[string]string{render.FieldText: canary("INTERNAL")})
		case 4: // a plan, by the prompt
			press(who, recovery.ActAgree, false, render.DueMark(w.now.Add(48*time.Hour)), 0)
			for _, to := range w.prompts(recovery.ActAgree) {
				w.replyIn(who, staffTG, to, canary("INTERNAL"))
			}
		case 5: // a cost with a note, by the form
			p := render.Pressed{Hash: ann.person().Hash16(), Case: w.onlyCase().ID, Act: render.ResolveCost, Choice: "price", Mask: 1}
			w.fills(w.inSlack(lee), staffSlack, p.Encode(), map[string]string{render.FieldCost: "12", render.FieldText: canary("INTERNAL")})
		case 6, 7: // a reply to the customer's words
			told(who, func(words string) { w.replyIn(who, staffTG, w.newest(staffTG, relaySlot).ShownRef, words) })
		case 8: // a reply by the prompt
			press(who, recovery.ActContact, false, "", 0)
			if prompts := w.prompts(recovery.ActContact); len(prompts) > 0 {
				told(who, func(words string) { w.replyIn(who, staffTG, prompts[r.IntN(len(prompts))], words) })
			}
		case 9: // a reply by the form
			told(bob, func(words string) {
				p := render.Pressed{Hash: ann.person().Hash16(), Case: w.onlyCase().ID, Act: recovery.ActContact}
				w.fills(w.inSlack(bob), staffSlack, p.Encode(), map[string]string{render.FieldText: words})
			})
		case 10:
			w.writes(ann, canary("INBOUND"), "")
		case 11:
			press(who, []recovery.ActKind{recovery.ActTake, recovery.ActRelease, recovery.ActReopen}[r.IntN(3)], false, "", 0)
		case 12:
			press(who, recovery.ActAssign, false, render.StaffMark([]string{"bob", "lee", "viv"}[r.IntN(3)]), 0)
		case 13:
			w.blocked[ann.address] = r.IntN(3) == 0
		}
		source, err := json.Marshal(w.transcript(ann.address))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), "INTERNAL") {
			t.Fatalf("seed %d: internal words are in the customer's chat: %s", seed, source)
		}
	}
	if n < 20 {
		t.Errorf("seed %d: only %d canaries", seed, n)
	}
	return sent
}

// prompts are the messages in Telegram that ask for the words of an act.
func (w *world) prompts(act recovery.ActKind) []chat.Ref {
	w.t.Helper()
	var all []chat.Ref
	for _, d := range w.transcript(staffTG) {
		slot, _ := storage.ParseSlot(d.Slot)
		if slot.Kind == storage.AskSlot && render.PromptOf(slot.Part).What == act && d.ShownRef != "" {
			all = append(all, d.ShownRef)
		}
	}
	return all
}
