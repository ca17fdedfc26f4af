package bot

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// talk is a case of Ann's whose cards hang in Telegram, Slack and a room, with Bob, who
// may act, and Lee, who leads.
func talk(t *testing.T, at ...chat.Address) (w *world, ann, bob, lee customer) {
	t.Helper()
	if len(at) == 0 {
		at = []chat.Address{staffTG, staffSlack, room}
	}
	w, ann = lowTap(t, at...)
	w.customers = []chat.Address{ann.address}
	w.blocked = map[chat.Address]bool{}
	return w, ann, w.member(1, "Bob", access.Agent), w.member(2, "Lee", access.Lead)
}

// got is what a customer was told by people, and by the program about them.
func (w *world) got(c customer) []string {
	w.t.Helper()
	return append(w.shows(c.address, "joined"), append(w.shows(c.address, replySlot), w.shows(c.address, "closed")...)...)
}

// sees fails the test unless the list is this one.
func sees(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestStaffAndACustomerTalk(t *testing.T) {
	w, ann, bob, _ := talk(t)
	w.writes(ann, "It took <b>an hour</b>.", "")
	for _, at := range []chat.Address{staffTG, staffSlack, room} {
		m := w.newest(at, relaySlot).Render
		switch {
		case m.Under != w.newest(at, "case").Slot:
			t.Errorf(`m.Under != w.newest(at, "case").Slot: %s: %+v`, at, m)
		case len(m.Quotes) != 1:
			t.Errorf("len(m.Quotes) != 1: %s: %+v", at, m)
		case m.Quotes[0].Text != "It took <b>an hour</b>.":
			t.Errorf(`m.Quotes[0].Text != "It took <b>an hour</b>.": %s: %+v`, at, m)
		}
		if form := len(m.Rows) > 0 && m.Rows[0][0].Form != nil; form != (at != staffTG) {
			t.Errorf("%s has the buttons %+v", at, m.Rows)
		}
	}
	asked := w.newest(staffTG, relaySlot).ShownRef
	own := w.replyIn(bob, staffTG, asked, "I am sorry, Ann.")
	sees(t, "Ann", w.got(ann), "Bob (Salon Anna) | I am sorry, Ann.")
	sees(t, "Bob's message", w.shows(staffTG, markSlot), "mark "+string(own))
	sees(t, "the line in Telegram", w.shows(staffTG, saidSlot))
	sees(t, "the line in Slack", w.shows(staffSlack, saidSlot), "A-1 · Bob (Salon Anna) → “Ann” | I am sorry, Ann.")
	sees(t, "the line in the room", w.shows(room, saidSlot), "A-1 · Bob (Salon Anna) → “Ann” | I am sorry, Ann. | ✓ Delivered")
	if m := w.newest(staffSlack, markSlot).Render; m.Mark != chat.Arrived || m.Under != w.newest(staffSlack, saidSlot).Slot {
		t.Errorf("the mark in Slack is %+v", m)
	}
	if k := w.onlyCase(); k.State != recovery.Contacted || k.Holder.ID != "bob" || k.Round.Contacted.IsZero() {
		t.Errorf("the case is %s, held by %q", k.State, k.Holder.ID)
	}

	// Ann answers what Bob said, from Slack Bob says more, and both change their words.
	answer := w.writes(ann, "Nobody told me why.", w.newest(ann.address, replySlot).ShownRef)
	sees(t, "the answer", w.shows(staffTG, relaySlot)[1:], "A-1 · “Ann” · 10:00 | Nobody told me why. | Reply to this message, and “Ann” gets it.")
	silent(t, w.fills(w.inSlack(bob), staffSlack, w.button(staffSlack, "Reply"), map[string]string{render.FieldText: "We were two short."}))
	w.editIn(bob, staffTG, own, asked, "I am very sorry, Ann.")
	w.editIn(ann, ann.address, answer, "", "Nobody told me anything.")
	sees(t, "Ann", w.got(ann), "Bob (Salon Anna) | I am very sorry, Ann.", "Bob (Salon Anna) | We were two short.")
	for _, at := range []chat.Address{staffTG, staffSlack, room} {
		if got := strings.Join(w.shows(at, relaySlot), "\n"); strings.Contains(got, "why") || !strings.Contains(got, "Nobody told me anything.") {
			t.Errorf("%s shows %q", at, got)
		}
	}
	sees(t, "the lines in Slack", w.shows(staffSlack, saidSlot), "A-1 · Bob (Salon Anna) → “Ann” | I am very sorry, Ann.", "A-1 · Bob (Salon Anna) → “Ann” | We were two short.")
	sees(t, "the lines in Telegram", w.shows(staffTG, saidSlot), "A-1 · Bob (Salon Anna) → “Ann” | We were two short.")
	if n := w.kinds()[eventEdited]; n != 2 {
		t.Errorf("%d changes are written down", n)
	}
}

// kinds counts the events of the only case.
func (w *world) kinds() map[string]int {
	w.t.Helper()
	k := w.onlyCase()
	events, err := w.store.CaseEvents(context.Background(), k.Bucket, k.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	n := map[string]int{}
	for _, e := range events {
		n[e.Kind]++
	}
	return n
}

func TestOnlyAReplyToTheCustomersWordsReachesThem(t *testing.T) {
	w, ann, bob, _ := talk(t)
	w.writes(ann, "Hello?", "")
	card := w.newest(staffTG, "case").ShownRef
	w.replyIn(bob, staffTG, card, "internal 1")
	w.replyIn(bob, staffTG, "", "internal 2")
	w.replyIn(bob, staffTG, "m999999", "internal 3")
	w.replyIn(telegramUser("77", "Eve", "en"), staffTG, w.newest(staffTG, relaySlot).ShownRef, "not staff")
	nameless := customer{user: chat.User{Name: "Staff"}, address: staffTG}
	w.replyIn(nameless, staffTG, w.newest(staffTG, relaySlot).ShownRef, "nobody")
	sees(t, "Ann", w.got(ann))
	sees(t, "Bob", w.shows(staffTG, "stays"), "That stays in this chat: “Ann” did not get it. To write to them, tap Reply on the card or reply to their own words.")
	said := strings.Join(w.shows(staffTG, "n"), "\n")
	for _, want := range []string{"Nobody got this", "/link CODE", "in the name of the group"} {
		if !strings.Contains(said, want) {
			t.Errorf("staff are not told %q: %s", want, said)
		}
	}
	if k := w.onlyCase(); k.State != recovery.Open {
		t.Errorf("the case is %s", k.State)
	}
}

// A thread in Slack may begin at the customer's own words, where the card is gone. What
// staff write there is theirs all the same: only the form reaches the customer.
func TestInSlackOnlyTheFormReachesTheCustomer(t *testing.T) {
	w, ann, bob, _ := talk(t)
	w.writes(ann, "Hello?", "")
	in := w.inSlack(bob)
	for _, kind := range []string{"case", relaySlot} {
		w.replyIn(in, staffSlack, w.newest(staffSlack, kind).ShownRef, "she is difficult")
	}
	sees(t, "Ann", w.got(ann))
	if k := w.onlyCase(); k.State != recovery.Open || w.kinds()[string(recovery.EventContacted)] != 0 {
		t.Errorf("the case is %s, contacted %d times", k.State, w.kinds()[string(recovery.EventContacted)])
	}
	var reply chat.Button
	for _, row := range w.newest(staffSlack, relaySlot).Render.Rows {
		reply = row[0]
	}
	if reply.Form == nil || !strings.Contains(reply.Form.Note, "Hello?") {
		t.Fatalf("the form quotes nothing: %+v", reply.Form)
	}
	silent(t, w.fills(in, staffSlack, reply.Data, map[string]string{render.FieldText: "I am here."}))
	sees(t, "Ann", w.got(ann), "Bob (Salon Anna) | I am here.")
}

// Before the customer said more, the form quotes what they answered.
func TestTheReplyFormQuotesAnAnswer(t *testing.T) {
	w, ann, _, _ := talk(t)
	w.say(ann, "skip")
	w.say(ann, "It took two hours.")
	for _, row := range w.newest(staffSlack, "case").Render.Rows {
		for _, b := range row {
			if b.Form != nil && strings.Contains(b.Form.Note, "It took two hours.") {
				return
			}
		}
	}
	t.Errorf("no form quotes it: %+v", w.newest(staffSlack, "case").Render)
}

func TestWordsOfAnyLengthArriveWhole(t *testing.T) {
	w, ann, bob, _ := talk(t)
	long := strings.TrimSpace(strings.Repeat("wörter und 🙂 ", 850)) // over 10,000 characters
	w.onCard(bob, staffTG, w.button(staffTG, "Reply"))
	w.replyIn(bob, staffTG, w.newest(staffTG, askSlot).ShownRef, long)
	var parts []string
	for _, d := range w.transcript(ann.address) {
		if strings.HasPrefix(d.Slot, replySlot) {
			parts = append(parts, d.Render.Text)
		}
	}
	if got := strings.Join(parts, " "); got != long || len(parts) < 4 {
		t.Errorf("%d parts of %d characters arrive; want %d characters", len(parts), len(got), len(long))
	}
	w.onCard(bob, staffTG, w.button(staffTG, "More…"))
	w.onCard(bob, staffTG, w.button(staffTG, "Note"))
	w.replyIn(bob, staffTG, w.newest(staffTG, askSlot).ShownRef, long)
	k := w.onlyCase()
	events, err := w.store.CaseEvents(context.Background(), k.Bucket, k.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(events, func(e storage.CaseEvent) bool { return e.Kind == string(recovery.EventNoted) && e.Note == long }) {
		t.Error("the note is not kept whole")
	}
	var noted []string
	for _, d := range w.transcript(staffSlack) {
		if strings.Contains(d.Render.Title, "Note by Bob") {
			noted = append(noted, d.Render.Quotes[0].Text)
		}
	}
	if strings.Join(noted, " ") != long {
		t.Errorf("staff in Slack read %d parts of the note", len(noted))
	}
	own := w.writes(ann, strings.Repeat("x", 3900), "")
	w.editIn(ann, ann.address, own, "", "short after all")
	sees(t, "the edit", w.shows(staffTG, relaySlot), "A-1 · “Ann” · 10:00 | short after all | Reply to this message, and “Ann” gets it.", "A-1 · “Ann” · 10:00 | … | Reply to this message, and “Ann” gets it.")
	w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, strings.Repeat("y", recovery.MaxText+1))
	if said := w.newest(staffTG, "n").Render.Text; !strings.Contains(said, "too long") {
		t.Errorf("Bob is told %q", said)
	}
}

func TestFilesGoBothWays(t *testing.T) {
	w, ann, bob, _ := talk(t)
	w.writes(ann, "Look", "", chat.File{Kind: "photo", ID: "p1"}, chat.File{Kind: "voice", ID: "v1"})
	sees(t, "Telegram", w.shows(staffTG, relaySlot), "A-1 · “Ann” · 10:00 | Look | Reply to this message, and “Ann” gets it.",
		"A-1 · “Ann” · 10:00 | 📷 photo | photo p1 | Reply to this message, and “Ann” gets it.", "A-1 · “Ann” · 10:00 | 🎤 voice note | voice v1 | Reply to this message, and “Ann” gets it.")
	sees(t, "Slack", w.shows(staffSlack, relaySlot), "A-1 · “Ann” · 10:00 | Look", "A-1 · “Ann” · 10:00 | 📷 photo", "A-1 · “Ann” · 10:00 | 🎤 voice note")
	voice := w.newest(staffTG, relaySlot)
	w.replyIn(bob, staffTG, voice.ShownRef, "", chat.File{Kind: "voice", ID: "v2"})
	sees(t, "Ann", w.got(ann), "Bob (Salon Anna) | voice v2")
	sees(t, "the room", w.shows(room, saidSlot), "A-1 · Bob (Salon Anna) → “Ann” | voice v2 | ✓ Delivered")
}

func TestWhatACustomerDoesNotGetIsSaidInWords(t *testing.T) {
	w, ann, bob, _ := talk(t)
	w.writes(ann, "Hello?", "")
	w.blocked[ann.address] = true
	w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Hello Ann")
	for _, at := range []chat.Address{staffTG, staffSlack, room} {
		sees(t, at.String(), w.shows(at, lostSlot), "A-1 · Not delivered | “Ann” did not get this: they blocked the chat or left it. | Hello Ann")
		card := w.newest(at, "case").Render
		if !strings.Contains(card.Footer, "takes no messages") || strings.Contains(plainly(card), "Only a reply") {
			t.Errorf("the card in %s says %q", at, card.Footer)
		}
		for _, row := range card.Rows {
			if slices.ContainsFunc(row, func(b chat.Button) bool { return b.Text == "Reply" }) {
				t.Errorf("the card in %s still offers Reply", at)
			}
		}
	}
	w.replyIn(bob, staffTG, w.newest(staffTG, lostSlot).ShownRef, "Hello again")
	if said := w.newest(staffTG, "n").Render.Text; !strings.Contains(said, "taken no messages") {
		t.Errorf("Bob is told %q", said)
	}
	delete(w.blocked, ann.address)
	w.writes(ann, "I am back.", "")
	w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Welcome back")
	if got := w.got(ann); got[len(got)-1] != "Bob (Salon Anna) | Welcome back" {
		t.Errorf("Ann got %q", got)
	}
	w.handle(w.update(ann, chat.Update{Kind: chat.Blocked}))
	if k := w.onlyCase(); k.Lost.IsZero() {
		t.Error("the case does not know that Ann blocked the bot")
	}
}

func TestWhoWantsNoContactIsNotContacted(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG, staffSlack)
	ann := telegramUser("1", "Ann", "en")
	w.customers = []chat.Address{ann.address}
	bob := w.member(1, "Bob", access.Agent)
	w.started(ann, InviteRequest{Flow: "post_service_3", Site: "main-street"})
	for _, text := range []string{"1", "1", "1", "Skip", "No, thanks"} {
		w.press(ann, text)
	}
	w.settleAll()
	if k := w.onlyCase(); k.Contact != recovery.NoContact {
		t.Fatalf("the permission is %q", k.Contact)
	}
	w.writes(ann, "And the music!", "")
	w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Sorry")
	reply := render.Pressed{Hash: ann.person().Hash16(), Case: w.onlyCase().ID, Act: recovery.ActContact}.Encode()
	says(t, w.onCard(bob, staffTG, reply), "does not want to be contacted", true)
	says(t, w.fills(w.inSlack(bob), staffSlack, reply, map[string]string{render.FieldText: "Sorry"}), "does not want to be contacted", true)
	sees(t, "Ann", w.got(ann))
	if said := w.newest(staffTG, "n").Render.Text; !strings.Contains(said, "does not want to be contacted") {
		t.Errorf("Bob is told %q", said)
	}
	for _, at := range []chat.Address{staffTG, staffSlack} {
		for _, d := range w.transcript(at) {
			for _, row := range d.Render.Rows {
				if slices.ContainsFunc(row, func(b chat.Button) bool { return b.Text == "Reply" || b.Text == "Agree" }) {
					t.Errorf("%s offers to contact Ann: %+v", d.Slot, row)
				}
			}
		}
	}
}

// A new survey takes answers; all else that the customer writes goes to the case that is
// still open.
func TestWordsGoToTheCaseThatIsStillOpen(t *testing.T) {
	w, ann, bob, _ := talk(t)
	w.replyIn(bob, staffTG, "", "")
	w.writes(ann, "Hello?", "")
	w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Hello Ann")
	w.now = w.now.Add(24 * time.Hour)
	w.started(ann, InviteRequest{Flow: "post_service_3", Site: "main-street"})
	w.writes(ann, "where is my refund", "") // no answer to a question of taps
	for _, text := range []string{"5", "5", "5", "Skip"} {
		w.press(ann, text)
	}
	w.writes(ann, "anybody there", "") // the survey is over and opened no case
	first := w.newest(ann.address, replySlot).ShownRef
	w.started(ann, InviteRequest{Flow: "post_service_3", Site: "main-street"})
	for _, text := range []string{"1", "1", "1"} {
		w.press(ann, text)
	}
	w.press(ann, "Skip")
	got := len(w.session(ann).Answers)
	w.writes(ann, "about the first one", first) // a reply beats an open question
	var words []string
	for _, d := range w.transcript(staffTG) {
		if strings.HasPrefix(d.Slot, relaySlot) {
			words = append(words, strings.TrimSuffix(d.Render.Title, " · 10:00")+" "+d.Render.Quotes[0].Text)
		}
	}
	sees(t, "the first case", words, "A-1 · “Ann” Hello?", "A-1 · “Ann” where is my refund", "A-1 · “Ann” anybody there", "A-1 · “Ann” about the first one")
	if n := len(w.session(ann).Answers); n != got {
		t.Errorf("the reply became an answer")
	}
}

func TestTheSignatureIsTheSites(t *testing.T) {
	for signs, want := range map[storage.Signature]string{
		"": "Bob (Salon Anna)", storage.ByFirstName: "Bob (Salon Anna)", storage.ByFullName: "Bob Miller (Salon Anna)", storage.ByTeam: "Salon Anna",
	} {
		w, ann := lowTap(t, staffTG)
		w.customers = []chat.Address{ann.address}
		ctx := context.Background()
		site := storage.Site{ID: "main-street", Name: "Salon Anna", Zone: "Europe/Berlin", Signs: signs, Created: w.now}
		if err := w.store.PutSite(ctx, site); err != nil {
			t.Fatal(err)
		}
		w.hire("bob", "Bob Miller", access.Agent)
		bob := telegramUser("9001", "Bob", "en")
		w.command(bob, "link", w.code("bob"))
		if err := w.bot.refresh(ctx); err != nil {
			t.Fatal(err)
		}
		w.writes(ann, "Hello?", "")
		w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Hi")
		if got := w.newest(ann.address, replySlot).Render.Title; got != want {
			t.Errorf("%q signs %q; want %q", signs, got, want)
		}
	}
}
