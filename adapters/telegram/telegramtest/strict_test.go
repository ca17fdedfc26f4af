package telegramtest_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/go-telegram/bot/models"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

// Each kind of update that the server makes is one of Telegram's, to the last key.
func TestUpdatesDecodeStrictly(t *testing.T) {
	s := telegramtest.New(t)
	ann, bob := s.NewUser("Ann", "zh-hans"), s.NewUser("Bob", "")
	bot := newBot(t, s)

	ann.Start("token")
	id := ann.Send("hello")
	ann.Edit(ann.Chat(), id, "hello again")
	for _, kind := range []string{"photo", "voice", "audio", "video", "document", "video_note", "sticker"} {
		ann.Write(ann.Chat(), telegramtest.Written{File: kind, Text: "a caption"})
	}
	ann.Write(ann.Chat(), telegramtest.Written{Phone: "+15550100"})
	ann.Write(ann.Chat(), telegramtest.Written{Phone: "+15550101", Foreign: true})
	posted := bot.send(ann.Chat(), `{"inline_keyboard":[[{"text":"1","callback_data":"a","style":"danger"},{"text":"site","url":"https://example.com/"}]]}`)
	ann.Tap(posted, "1")
	ann.Reply(posted.ID, "a reply")
	ann.PressOld(ann.Chat(), 3, "a")
	ann.Block()
	ann.Unblock()

	group := s.NewGroup("Staff")
	bob.Write(group, telegramtest.Written{Text: "/help@" + s.Username})
	group.Promote(bob)
	bob.Write(group, telegramtest.Written{Text: "hi", Anonymous: true})
	group.Migrate(bob)
	forum := s.NewSupergroup("Forum", 7)
	bob.Write(forum, telegramtest.Written{Text: "/start@" + s.Username + " x", Thread: 7})
	forum.Kick(bob)
	forum.Add(bob)

	kinds := map[string]int{}
	for _, raw := range s.Emitted() {
		var update models.Update
		strictly(t, raw, &update)
		var parts map[string]json.RawMessage
		if err := json.Unmarshal(raw, &parts); err != nil {
			t.Fatal(err)
		}
		for kind, part := range parts {
			kinds[kind]++
			strictParts(t, kind, part)
		}
	}
	for _, kind := range []string{"message", "edited_message", "callback_query", "my_chat_member"} {
		if kinds[kind] == 0 {
			t.Errorf("no update of kind %s was tried", kind)
		}
	}
}

// strictParts decodes what models decodes with methods of its own, which forget to
// be strict.
func strictParts(t *testing.T, kind string, part json.RawMessage) {
	t.Helper()
	switch kind {
	case "callback_query":
		var q struct {
			Message json.RawMessage `json:"message"`
		}
		if err := json.Unmarshal(part, &q); err != nil {
			t.Fatal(err)
		}
		var date struct {
			Date int `json:"date"`
		}
		if err := json.Unmarshal(q.Message, &date); err != nil {
			t.Fatal(err)
		}
		if date.Date == 0 {
			strictly(t, q.Message, &models.InaccessibleMessage{})
		} else {
			strictly(t, q.Message, &models.Message{})
		}
	case "my_chat_member":
		var m struct {
			Old json.RawMessage `json:"old_chat_member"`
			New json.RawMessage `json:"new_chat_member"`
		}
		if err := json.Unmarshal(part, &m); err != nil {
			t.Fatal(err)
		}
		for _, raw := range []json.RawMessage{m.Old, m.New} {
			var status struct {
				Status string `json:"status"`
			}
			if err := json.Unmarshal(raw, &status); err != nil {
				t.Fatal(err)
			}
			into := map[string]any{
				"member": &models.ChatMemberMember{}, "administrator": &models.ChatMemberAdministrator{},
				"left": &models.ChatMemberLeft{}, "kicked": &models.ChatMemberBanned{},
			}[status.Status]
			if into == nil {
				t.Fatalf("status %q is not tried", status.Status)
			}
			strictly(t, raw, into)
		}
	}
}

func strictly(t *testing.T, raw []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Errorf("%v in %s", err, raw)
	}
}
