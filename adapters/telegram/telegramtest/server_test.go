package telegramtest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestUpdatesStayUntilPolledPast(t *testing.T) {
	s := telegramtest.New(t)
	s.SetSecond(time.Millisecond)
	b, ann := newBot(t, s), s.NewUser("Ann", "en")
	ann.Start("")
	ann.Send("one")
	first := b.ids(0)
	if len(first) != 2 || first[1] != first[0]+1 {
		t.Fatalf("first poll: %v", first)
	}
	time.Sleep(2 * time.Millisecond) // the same offset at once yields one update only
	if again := b.ids(0); len(again) != 2 {
		t.Errorf("a poll without a new offset confirmed something: %v", again)
	}
	if rest := b.ids(first[0] + 1); len(rest) != 1 || rest[0] != first[1] {
		t.Errorf("after confirming the first: %v", rest)
	}
	if rest := b.ids(first[1] + 1); len(rest) != 0 {
		t.Errorf("after confirming all: %v", rest)
	}
}

func TestTapsLive150SecondsAndMessagesADay(t *testing.T) {
	s := telegramtest.New(t)
	b, ann := newBot(t, s), s.NewUser("Ann", "en")
	ann.Start("")
	m := b.send(ann.Chat(), `{"inline_keyboard":[[{"text":"1","callback_data":"a"}]]}`)
	ann.Tap(m, "1")
	s.Advance(149 * time.Second)
	if n := s.Pending(); n != 2 {
		t.Fatalf("after 149 s: %d updates wait", n)
	}
	s.Advance(time.Second)
	if n := s.Pending(); n != 1 {
		t.Errorf("after 150 s: %d updates wait", n)
	}
	s.Advance(24 * time.Hour)
	if n, lost := s.Pending(), s.Expired(); n != 0 || lost != 2 {
		t.Errorf("after a day: %d wait, %d were forgotten", n, lost)
	}
}

func TestTheOlderOfTwoPollersIsRefused(t *testing.T) {
	s := telegramtest.New(t)
	b := newBot(t, s)
	older := make(chan reply)
	go func() { older <- b.call("getUpdates", "timeout", "50", "allowed_updates", "[]") }()
	s.WaitRequests("getUpdates", 1)
	newer := make(chan reply)
	go func() { newer <- b.call("getUpdates", "timeout", "50", "allowed_updates", "[]") }()
	if r := <-older; r.Code != 409 || !strings.Contains(r.Description, "terminated by other getUpdates") {
		t.Errorf("the older poller got %+v", r)
	}
	s.NewUser("Ann", "en").Start("")
	if r := <-newer; !r.OK {
		t.Errorf("the newer poller got %+v", r)
	}
}

func TestRefusals(t *testing.T) {
	s := telegramtest.New(t)
	b := newBot(t, s)
	ann, shy, gone := s.NewUser("Ann", "en"), s.NewUser("Shy", "en"), s.NewUser("Gone", "en")
	ann.Start("")
	blocker := s.NewUser("Blocker", "en")
	blocker.Start("")
	blocker.Block()
	gone.Start("")
	gone.Deactivate()
	group, old := s.NewGroup("Kicked"), s.NewGroup("Old")
	group.Kick(ann)
	fresh := old.Migrate(ann)
	mine := ann.Send("mine")
	ann.Write(ann.Chat(), telegramtest.Written{File: "photo"})
	photo := fileID(t, s)
	bots := b.send(ann.Chat(), `{"inline_keyboard":[[{"text":"1","callback_data":"a"}]]}`)
	long := strings.Repeat("x", 4096)
	row := strings.TrimSuffix(strings.Repeat(`{"text":"1","callback_data":"a"},`, 9), ",")

	for _, c := range []struct {
		name   string
		method string
		pairs  []string
		code   int
		says   string
	}{
		{"nobody", "sendMessage", []string{"chat_id", "42", "text", "x"}, 400, "chat not found"},
		{"never started", "sendMessage", []string{"chat_id", shy.Chat().Address(), "text", "x"}, 403, "can't initiate"},
		{"blocked", "sendMessage", []string{"chat_id", blocker.Chat().Address(), "text", "x"}, 403, "blocked by the user"},
		{"deactivated", "sendMessage", []string{"chat_id", gone.Chat().Address(), "text", "x"}, 403, "deactivated"},
		{"kicked", "sendMessage", []string{"chat_id", group.Address(), "text", "x"}, 403, "kicked"},
		{"migrated", "sendMessage", []string{"chat_id", old.Address(), "text", "x"}, 400, "upgraded"},
		{"at the limit", "sendMessage", []string{"chat_id", ann.Chat().Address(), "text", long}, 0, ""},
		{"too long", "sendMessage", []string{"chat_id", ann.Chat().Address(), "text", long + "x"}, 400, "too long"},
		{"empty", "sendMessage", []string{"chat_id", ann.Chat().Address(), "text", " \u200b\n"}, 400, "text is empty"},
		{"open tag", "sendMessage", []string{"chat_id", ann.Chat().Address(), "text", "<b>x", "parse_mode", "HTML"}, 400, "can't parse entities"},
		{"unknown tag", "sendMessage", []string{"chat_id", ann.Chat().Address(), "text", "<h1>x</h1>", "parse_mode", "HTML"}, 400, "Unsupported start tag"},
		{"crossed tags", "sendMessage", []string{"chat_id", ann.Chat().Address(), "text", "<b><i>x</b></i>", "parse_mode", "HTML"}, 400, "Unmatched end tag"},
		{"escaped tags", "sendMessage", []string{"chat_id", ann.Chat().Address(), "text", "&lt;b&gt;&amp;nbsp; &nbsp;", "parse_mode", "HTML"}, 0, ""},
		{"unknown parameter", "sendMessage", []string{"chat_id", ann.Chat().Address(), "text", "x", "parsemode", "HTML"}, 400, "unknown parameter"},
		{"long data", "sendMessage", []string{"chat_id", ann.Chat().Address(), "text", "x", "reply_markup", `{"inline_keyboard":[[{"text":"1","callback_data":"` + long[:65] + `"}]]}`}, 400, "BUTTON_DATA_INVALID"},
		{"no keyboard", "sendMessage", []string{"chat_id", ann.Chat().Address(), "text", "x", "reply_markup", `{"inline_keyboard":null}`}, 400, "reply markup"},
		{"nine in a row", "sendMessage", []string{"chat_id", ann.Chat().Address(), "text", "x", "reply_markup", `{"inline_keyboard":[[` + row + `]]}`}, 400, "too long"},
		{"local link", "sendMessage", []string{"chat_id", ann.Chat().Address(), "text", "x", "reply_markup", `{"inline_keyboard":[[{"text":"1","url":"http://localhost:8080/"}]]}`}, 400, "Wrong HTTP URL"},
		{"no topic", "sendMessage", []string{"chat_id", fresh.Address(), "text", "x", "message_thread_id", "9"}, 400, "thread not found"},
		{"no such message", "editMessageText", []string{"chat_id", ann.Chat().Address(), "message_id", "999999", "text", "x"}, 400, "message to edit not found"},
		{"somebody else's", "editMessageText", []string{"chat_id", ann.Chat().Address(), "message_id", itoa(mine), "text", "x"}, 400, "can't be edited"},
		{"unchanged", "editMessageText", []string{"chat_id", ann.Chat().Address(), "message_id", itoa(bots.ID), "text", "a question", "reply_markup", `{"inline_keyboard":[[{"text":"1","callback_data":"a"}]]}`}, 400, "message is not modified"},
		{"changed", "editMessageText", []string{"chat_id", ann.Chat().Address(), "message_id", itoa(bots.ID), "text", "a question"}, 0, ""},
		{"a photo", "sendPhoto", []string{"chat_id", ann.Chat().Address(), "photo", photo, "caption", long[:1024]}, 0, ""},
		{"a long caption", "sendPhoto", []string{"chat_id", ann.Chat().Address(), "photo", photo, "caption", long[:1025]}, 400, "caption is too long"},
		{"words for a caption", "sendPhoto", []string{"chat_id", ann.Chat().Address(), "photo", photo, "text", "x"}, 400, "unknown parameter"},
		{"no file", "sendPhoto", []string{"chat_id", ann.Chat().Address()}, 400, "there is no photo in the request"},
		{"a stranger's file", "sendPhoto", []string{"chat_id", ann.Chat().Address(), "photo", "AgAC"}, 400, "wrong file identifier"},
		{"a photo as a file", "sendDocument", []string{"chat_id", ann.Chat().Address(), "document", photo}, 400, "can't use file of type"},
		{"no caption there", "editMessageCaption", []string{"chat_id", ann.Chat().Address(), "message_id", itoa(bots.ID), "caption", "x"}, 400, "there is no caption"},
		{"old query", "answerCallbackQuery", []string{"callback_query_id", "1"}, 400, "query is too old"},
		{"no method", "sendMassage", nil, 404, "method not found"},
		{"long secret", "setWebhook", []string{"url", "https://example.com/", "secret_token", long[:257]}, 400, "too long"},
		{"odd secret", "setWebhook", []string{"url", "https://example.com/", "secret_token", "a b"}, 400, "unallowed"},
		{"http", "setWebhook", []string{"url", "http://example.com/"}, 400, "HTTPS"},
		{"port", "setWebhook", []string{"url", "https://example.com:8080/"}, 400, "ports"},
		{"command", "setMyCommands", []string{"commands", `[{"command":"Start","description":"x"}]`}, 400, "BOT_COMMAND_INVALID"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := bot{t: t, s: s}.call(c.method, c.pairs...)
			if r.Code != c.code || !strings.Contains(r.Description, c.says) {
				t.Errorf("got %d %q, want %d %q", r.Code, r.Description, c.code, c.says)
			}
			if c.name == "migrated" && r.Parameters.MigrateTo != fresh.ID {
				t.Errorf("migrate_to_chat_id is %d, want %d", r.Parameters.MigrateTo, fresh.ID)
			}
		})
	}
	s.Revoke()
	if r := b.call("getMe"); r.Code != 401 {
		t.Errorf("with a revoked token: %+v", r)
	}
}

// fileID is the id of the newest photo that the bot was told of.
func fileID(t *testing.T, s *telegramtest.Server) string {
	t.Helper()
	all := s.Emitted()
	var u struct {
		Message struct {
			Photo []struct {
				ID string `json:"file_id"`
			} `json:"photo"`
		} `json:"message"`
	}
	if err := json.Unmarshal(all[len(all)-1], &u); err != nil || len(u.Message.Photo) == 0 {
		t.Fatalf("no photo was told of: %v", err)
	}
	return u.Message.Photo[len(u.Message.Photo)-1].ID
}

func TestPrivacyModeHidesGroupTalk(t *testing.T) {
	s := telegramtest.New(t)
	b, bob := newBot(t, s), s.NewUser("Bob", "en")
	group := s.NewGroup("Staff")
	card := b.send(group, `{"inline_keyboard":[[{"text":"Take","callback_data":"a"}]]}`)
	for _, text := range []string{"talk", "/help@another_bot"} {
		bob.Write(group, telegramtest.Written{Text: text})
	}
	if n := s.Pending(); n != 0 {
		t.Fatalf("the bot heard %d messages that are not for it", n)
	}
	bob.Write(group, telegramtest.Written{Text: "/help"})
	bob.Write(group, telegramtest.Written{Text: "/help@" + s.Username})
	bob.Write(group, telegramtest.Written{Text: "a reply", ReplyTo: card.ID})
	if n := s.Pending(); n != 3 {
		t.Errorf("the bot heard %d messages, want 3", n)
	}
}

func TestLimitsRefuseAndRecover(t *testing.T) {
	s := telegramtest.New(t)
	s.Limit(telegramtest.Limits{PerChat: 1, PerGroup: 2})
	b, ann := newBot(t, s), s.NewUser("Ann", "en")
	ann.Start("")
	post := func() reply { return b.call("sendMessage", "chat_id", ann.Chat().Address(), "text", "x") }
	if r := post(); !r.OK {
		t.Fatalf("the first: %+v", r)
	}
	if r := post(); r.Code != 429 || r.Parameters.RetryAfter != 1 {
		t.Errorf("the second within a second: %+v", r)
	}
	s.Advance(time.Second)
	if r := post(); !r.OK {
		t.Errorf("a second later: %+v", r)
	}
	group := s.NewGroup("Staff")
	for range 2 {
		b.call("sendMessage", "chat_id", group.Address(), "text", "x")
	}
	if r := b.call("sendMessage", "chat_id", group.Address(), "text", "x"); r.Code != 429 || r.Parameters.RetryAfter != 60 {
		t.Errorf("the third in a group: %+v", r)
	}
}
