package telegram_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

func TestAnUpdateIsConfirmedOnlyAfterItWasHandled(t *testing.T) {
	w := newWorld(t)
	ann := w.NewUser("Ann", "en")
	ann.Start("token")
	in := newInbox()
	in.fail = 2
	stop := w.poll(in.handle)
	u := in.next(t)
	if u.Kind != chat.Command || u.Command != "start" || u.Text != "token" {
		t.Errorf("got %+v", u)
	}
	w.WaitConfirmed()
	for _, r := range w.Requests("getUpdates") {
		if r.Params["allowed_updates"] != `["message","edited_message","callback_query","my_chat_member"]` {
			t.Errorf("allowed_updates is %q", r.Params["allowed_updates"])
		}
	}
	polls := w.Requests("getUpdates")
	if polls[0].Params["offset"] != "" || polls[1].Params["offset"] == "" {
		t.Errorf("offsets: %q, %q", polls[0].Params["offset"], polls[1].Params["offset"])
	}
	if err := stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	w.noRefusals()
}

func TestAPollerThatStopsWithoutHandlingLeavesTheUpdate(t *testing.T) {
	w := newWorld(t)
	in := newInbox()
	in.fail = 1 << 30
	stop := w.poll(in.handle)
	w.NewUser("Ann", "en").Start("")
	w.WaitRequests("getUpdates", 1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if n := w.Pending(); n != 1 {
		t.Fatalf("%d updates wait, want 1", n)
	}
	second := newInbox()
	w.poll(second.handle)
	second.next(t)
}

func TestEveryTapIsAnswered(t *testing.T) {
	w := newWorld(t)
	ann := w.ann()
	in := newInbox()
	in.answers = func(u chat.Update) chat.Answer {
		if u.Data == "late" {
			return chat.Answer{Text: strings.Repeat("This survey has ended. ", 20), Alert: true}
		}
		return chat.Answer{}
	}
	stop := w.poll(in.handle)
	w.mustSend(ann.Chat(), chat.Message{Text: "How?", Rows: [][]chat.Button{{{Text: "1", Data: "a"}, {Text: "2", Data: "late"}}}}, "")
	m := w.last(ann.Chat())
	if shown := ann.Tap(m, "1").Answer(); shown.Text != "" || shown.Alert {
		t.Errorf("the first tap showed %+v", shown)
	}
	if shown := ann.Tap(m, "2").Answer(); !shown.Alert || !strings.HasPrefix(shown.Text, "This survey has ended.") || !strings.HasSuffix(shown.Text, "…") {
		t.Errorf("the second tap showed %+v", shown)
	}
	w.WaitConfirmed()
	if err := stop(); err != nil {
		t.Error(err)
	}
	w.noRefusals()
}

func TestATapTooOldToBeAnsweredStillCounts(t *testing.T) {
	w := newWorld(t)
	ann := w.ann()
	w.mustSend(ann.Chat(), chat.Message{Text: "How?", Rows: [][]chat.Button{{{Text: "1", Data: "a"}}}}, "")
	tap := ann.Tap(w.last(ann.Chat()), "1")
	w.Advance(100 * time.Second)
	in := newInbox()
	w.poll(in.handle)
	if u := in.next(t); u.Kind != chat.Tap || u.Data != "a" {
		t.Errorf("got %+v", u)
	}
	w.WaitRequests("answerCallbackQuery", 1)
	if tap.Answered() {
		t.Error("Telegram showed an answer to a tap 100 s old")
	}
}

func TestAWebhookLeftBehindIsRemovedAndNothingDropped(t *testing.T) {
	w := newWorld(t)
	w.NewUser("Ann", "en").Start("")
	w.SetWebhook("https://example.com/hooks/telegram", "")
	in := newInbox()
	w.poll(in.handle)
	in.next(t)
	// Another program sets one while we poll.
	w.SetWebhook("https://example.com/hooks/telegram", "")
	w.WaitRequests("deleteWebhook", 2)
	w.NewUser("Bob", "en").Start("")
	in.next(t)
	if !strings.Contains(w.log.String(), "a webhook was set for this bot by another program, or by this one before it polled") {
		t.Errorf("the operator is not told:\n%s", w.log)
	}
}

func TestASecondPollerIsReported(t *testing.T) {
	w := newWorld(t)
	in := newInbox()
	w.poll(in.handle)
	w.WaitRequests("getUpdates", 1)
	other := w.another()
	second := &world{Server: w.Server, client: other, log: w.log, t: t}
	second.poll(in.handle)
	w.NewUser("Ann", "en").Start("")
	in.next(t)
	w.log.wait(t, "stop the other one")
}

func TestPollingOutlastsFailures(t *testing.T) {
	w := newWorld(t)
	in := newInbox()
	for _, f := range []telegramtest.Fault{
		{Method: "getMe", HTML: 502},
		{Method: "deleteWebhook", Code: 429, RetryAfter: 1},
		{Method: "getUpdates", HTML: 502},
		{Method: "getUpdates", Truncated: true},
	} {
		w.Inject(f)
	}
	w.poll(in.handle)
	w.NewUser("Ann", "en").Start("")
	in.next(t)
	w.WaitConfirmed()
}

func TestARevokedTokenEndsPolling(t *testing.T) {
	w := newWorld(t)
	w.Revoke()
	err := telegram.NewPoller(w.client, newInbox().handle).Run(t.Context())
	if kindOf(err) != chat.Revoked || strings.Contains(err.Error(), secretOf(w.Token)) {
		t.Errorf("got %v", err)
	}

	w = newWorld(t)
	done := make(chan error)
	go func() { done <- telegram.NewPoller(w.client, newInbox().handle).Run(t.Context()) }()
	w.WaitRequests("getUpdates", 1)
	w.Revoke()
	w.NewUser("Ann", "en").Start("") // ends the poll under way
	if err := <-done; kindOf(err) != chat.Revoked {
		t.Errorf("got %v", err)
	}
}

func TestIdsThatBeginAnewBelowAreNotMissed(t *testing.T) {
	w := newWorld(t)
	w.SetSecond(time.Millisecond) // an empty poll ends after 50 ms
	in := newInbox()
	w.poll(in.handle)
	ann := w.NewUser("Ann", "en")
	ann.Start("")
	in.next(t)
	w.Wait("a poll that has no offset any more", func() bool {
		all := w.Requests("getUpdates")
		return len(all) > 2 && all[len(all)-1].Params["offset"] == ""
	})
	w.SkipTo(17)
	ann.Send("after a quiet week")
	if u := in.next(t); u.Text != "after a quiet week" || !strings.HasSuffix(u.Key, ":17") {
		t.Errorf("got %+v", u)
	}
}

func TestWhatIsNoUpdateDoesNotStopTheRest(t *testing.T) {
	w := newWorld(t)
	in := newInbox()
	w.EmitRaw("message", "not an object")
	w.EmitRaw("a_kind_of_next_year", map[string]any{"x": 1})
	w.NewUser("Ann", "en").Start("")
	w.poll(in.handle)
	for _, want := range []chat.Kind{chat.Other, chat.Other, chat.Command} {
		if u := in.next(t); u.Kind != want || u.Key == "" {
			t.Errorf("got %+v, want %s", u, want)
		}
	}
}
