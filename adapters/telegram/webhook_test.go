package telegram_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

const secret = "a-webhook_secret-0123456789"

// hook serves the webhook and points the server at it.
func (w *world) hook(h chat.Handler) *httptest.Server {
	w.t.Helper()
	at := httptest.NewServer(telegram.NewWebhook(w.client, secret, h))
	w.t.Cleanup(at.Close)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.client.KeepWebhook(ctx, at.URL+"/hooks/telegram", secret) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("keep the webhook: %v", err)
		}
		w.Close()
	})
	w.WaitRequests("setWebhook", 1)
	return at
}

func TestAConversationByWebhook(t *testing.T) {
	w := newWorld(t)
	in := newInbox()
	in.answers = func(u chat.Update) chat.Answer { return chat.Answer{Text: "Saved: " + u.Data} }
	w.hook(in.handle)
	ann := w.NewUser("Ann", "en")
	ann.Start("token")
	if u := in.next(t); u.Command != "start" || u.Text != "token" || u.From != w.address(ann.Chat()) || !u.Private {
		t.Errorf("got %+v", u)
	}
	w.mustSend(ann.Chat(), chat.Message{Text: "How?", Rows: [][]chat.Button{{{Text: "1", Data: "a"}}}}, "")
	if shown := ann.Tap(w.last(ann.Chat()), "1").Answer(); shown.Text != "Saved: a" {
		t.Errorf("the tap showed %+v", shown)
	}
	w.WaitConfirmed()
	w.noRefusals()
}

func TestAWebhookAsksForRepetitionWhileTheStoreIsAway(t *testing.T) {
	w := newWorld(t)
	w.SetSecond(time.Millisecond)
	in := newInbox()
	in.fail = 3
	w.hook(in.handle)
	ann := w.NewUser("Ann", "en")
	ann.Start("")
	ann.Send("one")
	ann.Send("two")
	for _, want := range []string{"", "one", "two"} {
		if u := in.next(t); u.Text != want {
			t.Errorf("got %q, want %q", u.Text, want)
		}
	}
	if n := w.Deliveries(); n != 6 {
		t.Errorf("%d deliveries, want 6", n)
	}
}

func TestTheWebhookIsSetOnlyOnChange(t *testing.T) {
	w := newWorld(t)
	at := w.hook(newInbox().handle)
	again := w.another()
	if err := again.CheckWebhook(t.Context(), at.URL+"/hooks/telegram", secret); err != nil {
		t.Error(err)
	}
	if n := len(w.Requests("setWebhook")); n != 1 {
		t.Errorf("the webhook was set %d times", n)
	}
	if err := again.CheckWebhook(t.Context(), at.URL+"/elsewhere", secret); err != nil || len(w.Requests("setWebhook")) != 2 {
		t.Errorf("another address was not set, after %d requests: %v", len(w.Requests("setWebhook")), err)
	}
	if err := again.KeepWebhook(t.Context(), "https://example.com/", "a b"); kindOf(err) != chat.Rejected {
		t.Errorf("an odd secret: %v", err)
	}
	if err := again.KeepWebhook(t.Context(), "http://example.com/", secret); kindOf(err) != chat.Rejected {
		t.Errorf("an address that Telegram does not take: %v", err)
	}
}

func TestAnotherSecretIsNoticed(t *testing.T) {
	w := newWorld(t)
	w.SetSecond(time.Millisecond)
	w.hook(newInbox().handle)
	w.SetWebhook(w.Requests("setWebhook")[0].Params["url"], "another-secret", "message", "edited_message", "callback_query", "my_chat_member")
	w.NewUser("Ann", "en").Start("")
	w.Wait("a refused delivery", func() bool { return w.Deliveries() > 0 && w.WebhookError() != "" })
	again := w.another()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- again.KeepWebhook(ctx, w.Requests("setWebhook")[0].Params["url"], secret) }()
	w.WaitRequests("setWebhook", 2)
	w.WaitConfirmed()
	cancel()
	<-done
}

// touchy fails the test when its body is read.
type touchy struct{ t *testing.T }

func (r touchy) Read([]byte) (int, error) {
	r.t.Error("the body was read before the secret was checked")
	return 0, io.EOF
}

func TestForgedDeliveriesAreRefused(t *testing.T) {
	w := newWorld(t)
	in := newInbox()
	handler := telegram.NewWebhook(w.client, secret, in.handle)
	open := telegram.NewWebhook(w.client, "", in.handle)
	const good = `{"update_id":5,"message":{"message_id":1,"date":1,"chat":{"id":9,"type":"private"},"from":{"id":9,"first_name":"A"},"text":"hi"}}`
	for _, c := range []struct {
		name    string
		handler http.Handler
		method  string
		secret  string
		body    io.Reader
		status  int
	}{
		{"GET", handler, "GET", secret, nil, 405},
		{"no secret", handler, "POST", "", touchy{t}, 401},
		{"wrong secret", handler, "POST", secret + "x", touchy{t}, 401},
		{"half a secret", handler, "POST", secret[:5], touchy{t}, 401},
		{"no secret is set", open, "POST", "", touchy{t}, 401},
		{"over 1 MB", handler, "POST", secret, strings.NewReader(`{"update_id":5,"x":"` + strings.Repeat("x", 1<<20) + `"}`), 413},
		{"garbage", handler, "POST", secret, strings.NewReader("garbage"), 400},
		{"empty", handler, "POST", secret, strings.NewReader(""), 400},
		{"no id", handler, "POST", secret, strings.NewReader(`{"message":{}}`), 400},
		{"list", handler, "POST", secret, strings.NewReader(`[]`), 400},
		{"two", handler, "POST", secret, strings.NewReader(good + good), 400},
		{"deep", handler, "POST", secret, strings.NewReader(strings.Repeat("[", 100000)), 400},
		{"good", handler, "POST", secret, strings.NewReader(good), 200},
		{"just 1 MB", handler, "POST", secret, strings.NewReader(good[:len(good)-1] + `,"x":"` + strings.Repeat("x", 1<<20-len(good)-7) + `"}`), 200},
	} {
		r := httptest.NewRequest(c.method, "/hooks/telegram", c.body)
		if c.secret != "" {
			r.Header.Set("X-Telegram-Bot-Api-Secret-Token", c.secret)
		}
		out := httptest.NewRecorder()
		c.handler.ServeHTTP(out, r)
		if out.Code != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, out.Code, out.Body, c.status)
		}
	}
	if len(in.got) != 2 {
		t.Errorf("%d updates came through, want 2", len(in.got))
	}
}

func TestADeliveryBeforeTelegramToldTheBotsNameIsRepeated(t *testing.T) {
	w := newWorld(t)
	w.Inject(telegramtest.Fault{Method: "getMe", HTML: 502})
	handler := telegram.NewWebhook(w.client, secret, newInbox().handle)
	for _, want := range []int{503, 200} {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader([]byte(`{"update_id":5}`)))
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
		out := httptest.NewRecorder()
		handler.ServeHTTP(out, r)
		if out.Code != want || (want == 503) != (out.Header().Get("Retry-After") != "") {
			t.Errorf("got %d (Retry-After %q), want %d", out.Code, out.Header().Get("Retry-After"), want)
		}
	}
}
