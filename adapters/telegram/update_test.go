package telegram

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func decoder(username string) *Client {
	c := New(Config{Token: "42:secret", Clock: func() time.Time { return noon }})
	if username != "" {
		c.self.Store(&Account{ID: "42", Username: username})
	}
	return c
}

func at(chatID string) chat.Address {
	return chat.Address{Platform: chat.Telegram, Account: "42", Chat: chatID}
}

func topic(chatID, thread string) chat.Address {
	a := at(chatID)
	a.Thread = thread
	return a
}

func TestDecode(t *testing.T) {
	const (
		private = `"chat":{"id":9,"type":"private","first_name":"Ann"},"from":{"id":9,"first_name":"Ann","last_name":"Lee","username":"ann","language_code":"pt-br"},"date":1772625600,"message_id":7`
		group   = `"chat":{"id":-100200,"type":"supergroup","title":"Staff"},"from":{"id":5,"first_name":"Bob"},"date":1772625600,"message_id":7`
	)
	ann := chat.User{ID: "9", Name: "Ann Lee", Username: "ann", Language: "pt-br"}
	bob := chat.User{ID: "5", Name: "Bob"}
	sent := time.Unix(1772625600, 0).UTC()
	fromAnn := func(u chat.Update) chat.Update {
		u.From, u.Private, u.User, u.Own, u.At = at("9"), true, ann, "7", sent
		return u
	}
	fromBob := func(u chat.Update) chat.Update {
		u.From, u.User, u.Own, u.At = at("-100200"), bob, "7", sent
		return u
	}
	for _, c := range []struct {
		name string
		in   string
		want chat.Update
	}{
		{"text", `"message":{` + private + `,"text":"hello"}`, fromAnn(chat.Update{Kind: chat.Text, Text: "hello"})},
		{"start", `"message":{` + private + `,"text":"/start  abc "}`, fromAnn(chat.Update{Kind: chat.Command, Command: "start", Text: "abc"})},
		{"command in capitals", `"message":{` + private + `,"text":"/HELP\nme"}`, fromAnn(chat.Update{Kind: chat.Command, Command: "help", Text: "me"})},
		{"no command", `"message":{` + private + `,"text":"/ 2/5"}`, fromAnn(chat.Update{Kind: chat.Text, Text: "/ 2/5"})},
		{"a path", `"message":{` + private + `,"text":"/usr/bin"}`, fromAnn(chat.Update{Kind: chat.Text, Text: "/usr/bin"})},
		{"our command", `"message":{` + group + `,"text":"/start@Our_Bot x"}`, fromBob(chat.Update{Kind: chat.Command, Command: "start", Text: "x"})},
		{"another bot's command", `"message":{` + group + `,"text":"/start@their_bot x"}`, fromBob(chat.Update{Kind: chat.Other})},
		{"reply", `"message":{` + group + `,"text":"hi","reply_to_message":{"message_id":3}}`, fromBob(chat.Update{Kind: chat.Text, Text: "hi", ReplyTo: "3"})},
		{"our own, of which nothing says so", `"message":{"chat":{"id":-100200,"type":"supergroup"},"from":{"id":42,"first_name":"A"},"date":1772625600,"message_id":7,"text":"hi"}`, func() chat.Update {
			u := fromBob(chat.Update{Kind: chat.Text, Text: "hi"})
			u.User = chat.User{ID: "42", Name: "A", Bot: true}
			return u
		}()},
		{"in a topic", `"message":{` + group + `,"text":"hi","message_thread_id":4,"is_topic_message":true,"reply_to_message":{"message_id":4}}`, func() chat.Update {
			u := fromBob(chat.Update{Kind: chat.Text, Text: "hi"})
			u.From = topic("-100200", "4")
			return u
		}()},
		{"reply to the bot", `"message":{` + group + `,"text":"hi","reply_to_message":{"message_id":3,"from":{"id":42,"is_bot":true,"first_name":"A"}}}`, fromBob(chat.Update{Kind: chat.Text, Text: "hi", ReplyTo: "3", Ours: true})},
		{"a thread that is no topic", `"message":{` + group + `,"text":"hi","message_thread_id":4,"reply_to_message":{"message_id":4}}`, fromBob(chat.Update{Kind: chat.Text, Text: "hi", ReplyTo: "4"})},
		{"anonymous admin", `"message":{"chat":{"id":-100200,"type":"supergroup"},"from":{"id":1087968824,"is_bot":true,"first_name":"Group"},"sender_chat":{"id":-100200,"title":"Staff"},"date":1772625600,"message_id":7,"text":"hi"}`, func() chat.Update {
			u := fromBob(chat.Update{Kind: chat.Text, Text: "hi"})
			u.User = chat.User{Name: "Staff"}
			return u
		}()},
		{"a channel's post in its group", `"message":{` + group + `,"text":"news","is_automatic_forward":true}`, fromBob(chat.Update{Kind: chat.Other})},
		{"photo", `"message":{` + private + `,"caption":"look","photo":[{"file_id":"s","width":90},{"file_id":"l","width":1280,"file_size":5},{"file_id":"m","width":320}]}`, fromAnn(chat.Update{Kind: chat.Text, Text: "look", Files: []chat.File{{Kind: "photo", ID: "l", Size: 5}}})},
		{"voice", `"message":{` + private + `,"voice":{"file_id":"v","mime_type":"audio/ogg","file_size":9}}`, fromAnn(chat.Update{Kind: chat.Text, Files: []chat.File{{Kind: "voice", ID: "v", Type: "audio/ogg", Size: 9}}})},
		{"animation", `"message":{` + private + `,"animation":{"file_id":"a"},"document":{"file_id":"a"}}`, fromAnn(chat.Update{Kind: chat.Text, Files: []chat.File{{Kind: "video", ID: "a"}}})},
		{"document", `"message":{` + private + `,"document":{"file_id":"d","file_name":"x.pdf"}}`, fromAnn(chat.Update{Kind: chat.Text, Files: []chat.File{{Kind: "document", ID: "d", Name: "x.pdf"}}})},
		{"sticker", `"message":{` + private + `,"sticker":{"emoji":"😀"}}`, fromAnn(chat.Update{Kind: chat.Text, Text: "😀"})},
		{"place", `"message":{` + private + `,"location":{"latitude":1,"longitude":2}}`, fromAnn(chat.Update{Kind: chat.Text, Files: []chat.File{{Kind: "location", Name: "1, 2"}}})},
		{"pinned", `"message":{` + group + `,"pinned_message":{"message_id":3}}`, fromBob(chat.Update{Kind: chat.Other})},
		{"moving", `"message":{` + group + `,"migrate_to_chat_id":-100300}`, fromBob(chat.Update{Kind: chat.Moved, MovedTo: at("-100300")})},
		{"moved", `"message":{` + group + `,"migrate_from_chat_id":-300}`, func() chat.Update {
			u := fromBob(chat.Update{Kind: chat.Moved, MovedTo: at("-100200")})
			u.From = at("-300")
			return u
		}()},
		{"edited", `"edited_message":{` + private + `,"text":"better","edit_date":1772625660}`, func() chat.Update {
			u := fromAnn(chat.Update{Kind: chat.Edited, Text: "better", On: "7"})
			u.At = sent.Add(time.Minute)
			return u
		}()},
		{"edited place", `"edited_message":{` + private + `,"edit_date":1772625600}`, fromAnn(chat.Update{Kind: chat.Other, On: "7"})},
		{"tap", `"callback_query":{"id":"q","data":"1p","from":{"id":5,"first_name":"Bob"},"message":{` + private + `}}`, chat.Update{Kind: chat.Tap, From: at("9"), Private: true, User: bob, Data: "1p", On: "7", At: noon, Reply: callback{"q"}}},
		{"tap on an old message", `"callback_query":{"id":"q","data":"1p","from":{"id":5,"first_name":"Bob"},"message":{"message_id":7,"date":0,"chat":{"id":-9,"type":"group"}}}`, chat.Update{Kind: chat.Tap, From: at("-9"), User: bob, Data: "1p", On: "7", At: noon, Reply: callback{"q"}}},
		{"tap without a chat", `"callback_query":{"id":"q","data":"1p","inline_message_id":"x","from":{"id":5,"first_name":"Bob"}}`, chat.Update{Kind: chat.Other, User: bob, Data: "1p", At: noon, Reply: callback{"q"}}},
		{"tap on a game", `"callback_query":{"id":"q","from":{"id":5,"first_name":"Bob"},"message":{` + private + `}}`, chat.Update{Kind: chat.Other, From: at("9"), Private: true, User: bob, On: "7", At: noon, Reply: callback{"q"}}},
		{"blocked", member("private", 9, "member", "kicked"), chat.Update{Kind: chat.Blocked, From: at("9"), Private: true, User: ann, At: sent}},
		{"unblocked", member("private", 9, "kicked", "member"), chat.Update{Kind: chat.Joined, From: at("9"), Private: true, User: ann, At: sent}},
		{"added", member("group", -5, "left", "administrator"), chat.Update{Kind: chat.Joined, From: at("-5"), User: ann, At: sent}},
		{"promoted", member("group", -5, "member", "administrator"), chat.Update{Kind: chat.Other, From: at("-5"), User: ann, At: sent}},
		{"removed", member("group", -5, "administrator", "left"), chat.Update{Kind: chat.Blocked, From: at("-5"), User: ann, At: sent}},
		{"removed while restricted", member("group", -5, "member", `restricted","is_member":false,"x":"`), chat.Update{Kind: chat.Blocked, From: at("-5"), User: ann, At: sent}},
		{"next year's", `"a_kind_of_next_year":{"x":1}`, chat.Update{Kind: chat.Other, At: noon}},
		{"of no form", `"message":"words"`, chat.Update{Kind: chat.Other, At: noon}},
		{"null", `"message":null`, chat.Update{Kind: chat.Other, At: noon}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decoder("our_bot").decode([]byte(`{"update_id":77,` + c.in + `}`))
			if err != nil {
				t.Fatal(err)
			}
			c.want.Key = "tg:42:77"
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(callback{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func member(kind string, id int, before, after string) string {
	b, _ := json.Marshal(map[string]any{"id": id, "type": kind})
	return `"my_chat_member":{"chat":` + string(b) + `,"from":{"id":9,"first_name":"Ann","last_name":"Lee","username":"ann","language_code":"pt-br"},"date":1772625600,"old_chat_member":{"status":"` + before + `"},"new_chat_member":{"status":"` + after + `"}}`
}

func TestWhatIsNoUpdateIsAnError(t *testing.T) {
	for _, in := range []string{"", "x", "null", "[]", "{}", `{"update_id":0}`, `{"update_id":-1}`, `{"update_id":"1"}`, `{"update_id":1`} {
		if u, err := decoder("").decode([]byte(in)); err == nil {
			t.Errorf("%q became %+v", in, u)
		}
	}
}

// Whatever arrives, decode ends, does not panic, and yields what the bot can store.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":9,"type":"private"},"from":{"id":9,"first_name":"A"},"text":"/start@our_bot x","entities":[{"type":"bot_command","offset":0,"length":99}]}}`))
	f.Add([]byte(`{"update_id":1,"callback_query":{"id":"1","from":{"id":1},"data":"x","message":{"message_id":2,"date":0,"chat":{"id":-1}}}}`))
	f.Add([]byte(`{"update_id":1,"my_chat_member":{"chat":{"id":1},"old_chat_member":{"status":"member"},"new_chat_member":{"status":"kicked"}}}`))
	f.Add([]byte(`{"update_id":9223372036854775807,"edited_message":{"message_id":-1,"date":9223372036854775807,"text":"\ud800"}}`))
	f.Add([]byte(`{"update_id":1,"message":{"migrate_to_chat_id":-9,"chat":{"id":1},"photo":[{}],"contact":{},"reply_to_message":{"message_id":-5}}}`))
	c := decoder("our_bot")
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, err := c.decode(raw)
		if err != nil {
			return
		}
		if u.Kind == "" || !strings.HasPrefix(u.Key, "tg:42:") || u.At.IsZero() {
			t.Errorf("incomplete: %+v", u)
		}
		for _, s := range []string{u.Text, u.Data, u.Command, u.User.Name, u.Contact} {
			if !utf8.ValidString(s) {
				t.Errorf("not UTF-8: %q", s)
			}
		}
		switch {
		case u.Kind != chat.Other && u.From.IsZero():
			t.Errorf("from nowhere: %+v", u)
		case u.Kind == chat.Moved && u.MovedTo.IsZero(), u.Kind == chat.Tap && u.Data == "", u.Kind == chat.Command && u.Command == "":
			t.Errorf("incomplete: %+v", u)
		}
		if _, err := json.Marshal(u.At); err != nil {
			t.Errorf("the time cannot be stored: %v", err)
		}
	})
}
