package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
)

var linkCode = regexp.MustCompile(`/link ([A-Z2-7]+)`)

// Staff and a customer talk through the real binary: only what staff write as a reply to
// the customer's words, or to the prompt of Reply, leaves the group.
func TestStaffTalkWithACustomerOnTelegram(t *testing.T) {
	t.Parallel()
	tg := telegramtest.New(t)
	staff := tg.NewSupergroup("Staff")
	ann, bob := tg.NewUser("Ann Lee", "en"), tg.NewUser("Bob Miller", "en")
	m := newMachine(t, map[string]string{
		"DATABASE_URL": databases[0].url(t), "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_STAFF_CHAT": staff.Address(),
	})
	m.env["PUBLIC_URL"] = "http://" + m.address
	m.must("site", "add", "main-street", "--name", "Main Street", "--replies-as", "full")
	server := m.serve()
	connected(tg, settings.Poll)
	m.must("staff", "add", "bob", "--name", "Bob Miller", "--role", "agent", "--everywhere")
	found := linkCode.FindStringSubmatch(m.must("staff", "code", "bob"))
	if found == nil {
		t.Fatal("there is no code for staff")
	}
	bob.Start("")
	bob.Send("/link " + found[1])
	bob.Chat().WaitText("Bob Miller")

	link := m.invite("--flow", "one_tap_csat", "--site", "main-street")
	ann.Start(link.Token)
	pickOption(ann, ann.Chat().WaitText("How satisfied or dissatisfied were you"), 0)
	card := staff.WaitText("Main Street")
	ann.Send("/cancel")
	ann.Chat().WaitText("The survey has ended")
	asked := ann.Send("Is <anybody> there?")
	words := staff.WaitText("Is <anybody> there?\n\nReply to this message")
	if words.ReplyTo != card.ID {
		t.Errorf("the words hang below %d; the card is %d", words.ReplyTo, card.ID)
	}

	bob.Write(staff, telegramtest.Written{Text: "INTERNAL one", ReplyTo: card.ID})
	staff.WaitText("“Ann Lee” did not get it")
	said := bob.Write(staff, telegramtest.Written{Text: "I am so sorry, Ann.", ReplyTo: words.ID})
	ann.Chat().WaitText("Bob Miller (Main Street)\nI am so sorry, Ann.")
	staff.Wait("the mark on Bob's words", func(all []telegramtest.Message) bool {
		for _, c := range all {
			if c.ID == said && c.Reaction == "👍" {
				return true
			}
		}
		return false
	})
	bob.Edit(staff, said, "I am very sorry, Ann.")
	answered := ann.Chat().WaitText("I am very sorry, Ann.")
	ann.Edit(ann.Chat(), asked, "Is anybody here?")
	staff.WaitText("Is anybody here?")
	ann.Reply(answered.ID, "It took an hour.")
	staff.WaitText("It took an hour.")

	// The words of a note, by the prompt; and a voice note for the customer.
	card = staff.WaitButton("More…")
	bob.Tap(card, "More…").Answer()
	bob.Tap(staff.WaitButton("Note"), "Note").Answer()
	ask := staff.WaitText("Reply to this message with your note")
	bob.Write(staff, telegramtest.Written{Text: "INTERNAL two", ReplyTo: ask.ID})
	staff.WaitText("✓ Done.")
	bob.Write(staff, telegramtest.Written{File: "voice", ReplyTo: words.ID})
	ann.Chat().Wait("the voice note", func(all []telegramtest.Message) bool {
		return len(all) > 0 && all[len(all)-1].File == "voice"
	})

	ann.Block()
	bob.Write(staff, telegramtest.Written{Text: "Are you still there?", ReplyTo: words.ID})
	staff.WaitText("taken no messages")
	server.stop()
	for _, c := range ann.Chat().Messages() {
		if strings.Contains(c.Text, "INTERNAL") {
			t.Errorf("Ann reads %q", c.Text)
		}
	}
	for _, r := range tg.Requests("sendMessage") {
		if r.Params["chat_id"] != ann.Chat().Address() {
			continue
		}
		if source, err := json.Marshal(r.Params); err != nil || strings.Contains(string(source), "INTERNAL") {
			t.Errorf("Ann is sent %s (%v)", source, err)
		}
	}
	for _, r := range tg.Refusals() {
		if r.Code != 403 {
			t.Errorf("Telegram refused %s: %d %s", r.Method, r.Code, r.Description)
		}
	}
	if log := server.log.String(); strings.Contains(log, "INTERNAL") || strings.Contains(log, "sorry") {
		t.Errorf("the log holds words of a conversation:\n%s", log)
	}
}
