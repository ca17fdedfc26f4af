package telegramtest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

// bot is the simplest program that speaks to the server: it shows the server's own
// behaviour, without our adapter in between.
type bot struct {
	t *testing.T
	s *telegramtest.Server
}

type reply struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		MigrateTo  int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

func newBot(t *testing.T, s *telegramtest.Server) bot { return bot{t: t, s: s} }

func (b bot) call(method string, pairs ...string) reply {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	answer, err := http.PostForm(b.s.URL+"/bot"+b.s.Token+"/"+method, form)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	var r reply
	if err := json.NewDecoder(answer.Body).Decode(&r); err != nil {
		b.t.Fatal(err)
	}
	if !r.OK && answer.StatusCode != r.Code {
		b.t.Errorf("status %d and error_code %d differ", answer.StatusCode, r.Code)
	}
	return r
}

func (b bot) send(c *telegramtest.Chat, markup string) telegramtest.Message {
	b.t.Helper()
	r := b.call("sendMessage", "chat_id", c.Address(), "text", "a question", "reply_markup", markup)
	if !r.OK {
		b.t.Fatalf("sendMessage: %d %s", r.Code, r.Description)
	}
	var m struct {
		ID int `json:"message_id"`
	}
	if err := json.Unmarshal(r.Result, &m); err != nil {
		b.t.Fatal(err)
	}
	got, ok := c.Message(m.ID)
	if !ok {
		b.t.Fatalf("message %d is not in the chat", m.ID)
	}
	return got
}

// ids polls and returns the ids of the updates.
func (b bot) ids(offset int64) []int64 {
	b.t.Helper()
	r := b.call("getUpdates", "offset", strconv.FormatInt(offset, 10), "timeout", "0", "allowed_updates", "[]")
	if !r.OK {
		b.t.Fatalf("getUpdates: %d %s", r.Code, r.Description)
	}
	var updates []struct {
		ID int64 `json:"update_id"`
	}
	if err := json.Unmarshal(r.Result, &updates); err != nil {
		b.t.Fatal(err)
	}
	var out []int64
	for _, u := range updates {
		out = append(out, u.ID)
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }
