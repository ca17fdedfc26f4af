package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
)

// TestH3APseudonymousCustomerIsNamedByNoLaterStep takes somebody who answered a pseudonymous
// survey through what can follow, with canaries in their name, user name, number and the names
// of their files, and looks for these in all that staff were shown.
func TestH3APseudonymousCustomerIsNamedByNoLaterStep(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG, staffSlack, room)
	ctx := context.Background()
	if _, _, err := w.store.Publish(ctx, "masked", masked, w.now); err != nil {
		t.Fatal(err)
	}
	zoe := telegramUser("70017001", "Zoecanary Secretcanary", "en")
	zoe.user.Username = "usercanary"
	w.customers = []chat.Address{zoe.address}
	bob := w.member(1, "Bob", access.Agent)
	file := func(id string) chat.File {
		return chat.File{Kind: "document", ID: "idcanary" + id, Name: "Zoecanary_invoice.pdf"}
	}
	attributes := map[string]string{"first_name": "Zoecanary", "service_name": "Haircut"}
	mark := ""
	steps := 0
	step := func(what string, do func()) {
		t.Helper()
		w.now = w.now.Add(time.Minute)
		do()
		w.settleAll()
		steps++
		for _, at := range []chat.Address{staffTG, staffSlack, room} {
			var shown []chat.Message
			for _, d := range w.transcript(at) {
				d.Render.Under, d.Render.Replies = "", "" // references that nobody sees
				shown = append(shown, d.Render)
			}
			source, err := json.Marshal(shown)
			if err != nil {
				t.Fatal(err)
			}
			for _, canary := range []string{"canary", "70017001", "1234567", "4242"} {
				if at := strings.Index(strings.ToLower(string(source)), canary); at >= 0 {
					t.Fatalf("%s: staff read %q", what, source[max(0, at-120):min(len(source), at+60)])
				}
			}
			if regexp.MustCompile(`Customer [A-Z]\d`).Match(source) {
				t.Fatalf("%s: an old mark", what)
			}
			for _, m := range regexp.MustCompile(`Customer (\d{6})\b`).FindAllStringSubmatch(string(source), -1) {
				if mark == "" {
					mark = m[1]
				}
				if m[1] != mark {
					t.Fatalf("%s: the mark is %s, and was %s", what, m[1], mark)
				}
			}
		}
	}
	step("a file before there is a case", func() {
		w.started(zoe, InviteRequest{Flow: "masked", Site: "main-street", Event: attributes})
		w.writes(zoe, "Look at this", "", file("1"))
	})
	step("a low answer", func() { w.press(zoe, "1") })
	step("a number", func() { w.writes(zoe, "+49 30 1234567", "") })
	step("words", func() { w.writes(zoe, "Hello?", "") })
	step("a file", func() { w.writes(zoe, "", "", file("2")) })
	step("a file with words", func() { w.writes(zoe, "the bill", "", file("3")) })
	step("a reply", func() { w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Good morning") })
	step("an edit", func() {
		w.handle(w.update(zoe, chat.Update{Kind: chat.Edited, Text: "Hello again?", On: "999"}))
	})
	step("a menu on the card", func() { w.onCard(bob, staffTG, w.button(staffTG, "More…")) })
	step("a complaint while it is open", func() { w.command(zoe, "complain", "Still wrong") })
	step("a question", func() { w.command(zoe, "ask", "When do you open?") })
	step("a suggestion", func() { w.command(zoe, "suggest", "More chairs") })
	step("a wish by its phrase", func() { w.say(zoe, "I have a question: do you sell combs?") })
	step("the help and its buttons", func() { w.command(zoe, "help", "") })
	step("another name", func() { zoe.user.Name = "Zoecanary Newcanary"; w.say(zoe, "me again") })
	step("a named survey", func() {
		w.started(zoe, InviteRequest{Flow: "one_tap_csat", Site: "main-street", Event: attributes})
		w.press(zoe, "1")
	})
	step("its file", func() { w.gave(zoe, "canary4", "") })
	step("a longer named survey", func() {
		w.now = w.now.Add(48 * time.Hour)
		w.started(zoe, InviteRequest{Flow: "post_service_3", Site: "main-street", Event: attributes})
		w.press(zoe, "1")
		w.say(zoe, "slow")
	})
	step("a form of the platform's own", func() {
		w.handle(w.update(zoe, chat.Update{Kind: chat.Text, Contact: "+4242424242", Text: "+4242424242"}))
	})
	step("blocked", func() {
		w.blocked = map[chat.Address]bool{zoe.address: true}
		w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "Are you there?")
		w.blocked = nil
	})
	step("back", func() { w.command(zoe, "start", "") })
	if steps < 20 || mark == "" {
		t.Errorf("%d steps, mark %q", steps, mark)
	}
	s := w.session(zoe)
	if s.Mark != mark {
		t.Errorf("the newest session has the mark %q, want %q", s.Mark, mark)
	}

	id, err := w.store.Identity(ctx, s.Bucket, s.Identity)
	if err != nil || id.Masked.Before(w.now.Add(maskedFor-72*time.Hour)) {
		t.Errorf("masked until %v: %v", id.Masked, err)
	}
}

// A card with a name tells nothing of what the same person said under a pseudonym: neither in
// another chat of theirs, nor once they are named again.
func TestH3ANamedCardCountsNoMaskedSession(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	ctx := context.Background()
	if _, _, err := w.store.Publish(ctx, "masked", masked, w.now); err != nil {
		t.Fatal(err)
	}
	card := func() string {
		w.settleAll()
		all := w.transcript(staffTG)
		source, err := json.Marshal(all[len(all)-1].Render)
		if err != nil {
			t.Fatal(err)
		}
		return string(source)
	}
	zoe, also := telegramUser("7001", "Zoe", "en"), telegramUser("7002", "Zoe", "en")
	w.started(zoe, InviteRequest{Flow: "masked", Site: "main-street", Customer: "c1"})
	w.press(zoe, "1")
	if got := card(); strings.Contains(got, "Zoe") || strings.Contains(got, "History") {
		t.Fatalf("the masked card: %s", got)
	}
	w.now = w.now.Add(time.Hour)
	w.started(also, InviteRequest{Flow: "one_tap_csat", Site: "main-street", Customer: "c1"})
	w.press(also, "1")
	if got := card(); !strings.Contains(got, "Zoe") || strings.Contains(got, "History") || strings.Contains(got, "Level last time") {
		t.Errorf("in another chat: %s", got)
	}
	w.now = w.now.Add(time.Hour)
	w.started(zoe, InviteRequest{Flow: "one_tap_csat", Site: "main-street", Customer: "c1"})
	w.press(zoe, "1")
	if got := card(); strings.Contains(got, "Zoe") || !strings.Contains(got, "Unsatisfied 1 time before") {
		t.Errorf("in the same chat: %s", got)
	}
	if s := w.session(zoe); s.Mark == "" {
		t.Error("the named survey has no mark")
	}
}

func TestL10NoTwoMarksAreTheSame(t *testing.T) {
	seen := map[string]bool{}
	for _, key := range []secret{secret("one"), secret("two")} {
		clear(seen)
		const buckets, each = 64, 400
		for bucket := range buckets {
			for n := 1; n <= each; n++ {
				m := key.mark(bucket, buckets, n)
				if seen[m] || len(m) != 6 {
					t.Fatalf("bucket %d, number %d: %s again", bucket, n, m)
				}
				seen[m] = true
			}
		}
		for n := 900_000/buckets - 3; n < 900_000/buckets+3; n++ {
			for bucket := range buckets {
				m := key.mark(bucket, buckets, n)
				if seen[m] || len(m) < 6 {
					t.Fatalf("number %d: %s again", n, m)
				}
				seen[m] = true
			}
		}
		if len(seen) < 10_000 {
			t.Fatal(len(seen))
		}
	}
	if secret("one").mark(0, 64, 1) == secret("two").mark(0, 64, 1) {
		t.Error("a mark does not depend on the key")
	}
}

// Customers of one world get marks that differ, each the same one again.
func TestMarksAreGivenOnce(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	if _, _, err := w.store.Publish(context.Background(), "masked", masked, w.now); err != nil {
		t.Fatal(err)
	}
	marks := map[string]int{}
	for n := range 40 {
		c := telegramUser(fmt.Sprint(8000+n), "Ann", "en")
		for range 2 {
			w.started(c, InviteRequest{Flow: "masked", Site: "main-street"})
			marks[w.session(c).Mark]++
		}
	}
	if len(marks) != 40 {
		t.Errorf("%d marks for 40 people", len(marks))
	}
	for m, n := range marks {
		if n != 2 || len(m) != 6 {
			t.Errorf("mark %q was given %d times", m, n)
		}
	}
}
