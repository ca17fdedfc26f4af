package telegramtest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

// receiver is a program's webhook: it tells what arrives and answers as told.
type receiver struct {
	*httptest.Server
	got    chan string
	answer func(text string, w http.ResponseWriter)
}

func receive(t *testing.T, answer func(text string, w http.ResponseWriter)) *receiver {
	r := &receiver{got: make(chan string, 100), answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		var u struct {
			Message struct {
				Text string `json:"text"`
			} `json:"message"`
		}
		if err := json.NewDecoder(in.Body).Decode(&u); err != nil {
			t.Error(err)
		}
		if s := in.Header.Get("X-Telegram-Bot-Api-Secret-Token"); s != "s3cret" {
			t.Errorf("the secret is %q", s)
		}
		r.got <- u.Message.Text
		if answer != nil {
			answer(u.Message.Text, w)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) next(t *testing.T) string {
	t.Helper()
	select {
	case text := <-r.got:
		return text
	case <-time.After(telegramtest.WaitLimit):
		t.Fatal("nothing was delivered")
		return ""
	}
}

func TestAStuckDeliveryHoldsUpItsOwnChatOnly(t *testing.T) {
	s := telegramtest.New(t)
	open := make(chan struct{})
	r := receive(t, func(text string, _ http.ResponseWriter) {
		if text == "stuck" {
			<-open
		}
	})
	s.SetWebhook(r.URL, "s3cret")
	ann, bob := s.NewUser("Ann", "en"), s.NewUser("Bob", "en")
	ann.Send("stuck")
	if got := r.next(t); got != "stuck" {
		t.Fatalf("got %q", got)
	}
	ann.Send("behind")
	bob.Send("beside")
	if got := r.next(t); got != "beside" {
		t.Errorf("got %q before the stuck one ended", got)
	}
	close(open)
	if got := r.next(t); got != "behind" {
		t.Errorf("got %q", got)
	}
	s.WaitConfirmed()
}

func TestRefusedDeliveriesAreRepeatedInOrder(t *testing.T) {
	s := telegramtest.New(t)
	s.SetSecond(time.Millisecond)
	refuse := 4
	r := receive(t, func(text string, w http.ResponseWriter) {
		if text == "one" && refuse > 0 { // one delivery at a time in a chat
			refuse--
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	s.SetWebhook(r.URL, "s3cret")
	ann := s.NewUser("Ann", "en")
	ann.Send("one")
	ann.Send("two")
	for i, want := range []string{"one", "one", "one", "one", "one", "two"} {
		if got := r.next(t); got != want {
			t.Errorf("delivery %d is %q, want %q", i+1, got, want)
		}
	}
	if s.WebhookError() == "" {
		t.Error("the failed deliveries are not told")
	}
}

func TestAWebhookThatIsGoneForADayIsRemoved(t *testing.T) {
	s := telegramtest.New(t)
	s.SetSecond(time.Millisecond)
	r := receive(t, func(_ string, w http.ResponseWriter) { w.WriteHeader(http.StatusGone) })
	s.SetWebhook(r.URL, "s3cret")
	b, ann := newBot(t, s), s.NewUser("Ann", "en")
	ann.Send("hello")
	r.next(t)
	s.Wait("a failed delivery", func() bool { return s.WebhookError() != "" })
	s.Advance(23 * time.Hour)
	s.Wait("the webhook to be removed", func() bool {
		var info struct {
			URL string `json:"url"`
		}
		if err := json.Unmarshal(b.call("getWebhookInfo").Result, &info); err != nil {
			t.Fatal(err)
		}
		return info.URL == ""
	})
}

func TestPollingIsRefusedWhileAWebhookIsSet(t *testing.T) {
	s := telegramtest.New(t)
	b := newBot(t, s)
	s.SetWebhook("https://example.invalid/hook", "")
	if r := b.call("getUpdates"); r.Code != 409 {
		t.Errorf("got %+v", r)
	}
	if r := b.call("deleteWebhook"); !r.OK {
		t.Errorf("got %+v", r)
	}
	if got := b.ids(0); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
