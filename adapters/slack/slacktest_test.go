package slack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack/slacktest"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// their is slack-go's own server, with what it lacks: updates, views, direct
// messages, and timestamps that are unique.
type their struct {
	*slacktest.Server
	mu    sync.Mutex
	count int
	calls []string // "method channel ts text"
	acks  map[string]json.RawMessage
	views chan map[string]any
}

func newTheir(t *testing.T) *their {
	s := &their{acks: map[string]json.RawMessage{}, views: make(chan map[string]any, 10)}
	note := func(method string, result func(r *http.Request) map[string]any) func(slacktest.Customize) {
		return func(c slacktest.Customize) {
			c.Handle("/"+method, func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				s.mu.Lock()
				defer s.mu.Unlock()
				out := result(r)
				out["ok"] = true
				s.calls = append(s.calls, method+" "+r.PostForm.Get("text"))
				_ = json.NewEncoder(w).Encode(out)
			})
		}
	}
	view := func(r *http.Request) map[string]any {
		var in map[string]any
		_ = json.NewDecoder(r.Body).Decode(&in)
		s.views <- in
		return map[string]any{"view": map[string]any{"id": "V1"}}
	}
	s.Server = slacktest.NewTestServer(
		note("chat.postMessage", func(r *http.Request) map[string]any {
			s.count++
			ts := fmt.Sprintf("%d.%06d", time.Now().Unix(), s.count)
			return map[string]any{"channel": r.PostForm.Get("channel"), "ts": ts, "message": map[string]any{"ts": ts, "text": r.PostForm.Get("text")}}
		}),
		note("chat.update", func(r *http.Request) map[string]any {
			return map[string]any{"channel": r.PostForm.Get("channel"), "ts": r.PostForm.Get("ts")}
		}),
		note("conversations.open", func(*http.Request) map[string]any {
			return map[string]any{"channel": map[string]any{"id": "D024BE91L"}}
		}),
		note("views.open", view), note("views.publish", view),
	)
	s.Start()
	// What is not drained stalls the server.
	stop := make(chan struct{})
	var drained sync.WaitGroup
	drained.Go(func() {
		for {
			select {
			case <-stop:
				return
			case seen := <-s.SeenFeed:
				var ack struct {
					ID      string          `json:"envelope_id"`
					Payload json.RawMessage `json:"payload"`
				}
				_ = json.Unmarshal([]byte(seen), &ack)
				s.mu.Lock()
				s.acks[ack.ID] = ack.Payload
				s.mu.Unlock()
			}
		}
	})
	t.Cleanup(func() { s.Stop(); close(stop); drained.Wait() })
	return s
}

func (s *their) envelope(id, kind string, payload map[string]any) {
	raw, _ := json.Marshal(map[string]any{"type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": kind != "events_api"})
	s.SendToWebsocket(string(raw))
}

func (s *their) waitAck(t *testing.T, id string) json.RawMessage {
	t.Helper()
	for deadline := time.Now().Add(slackfake.WaitLimit); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		payload, ok := s.acks[id]
		s.mu.Unlock()
		if ok {
			return payload
		}
		if time.Now().After(deadline) {
			t.Fatalf("no acknowledgement of %s", id)
		}
	}
}

func TestAWholeExchangeWithSlackGosServer(t *testing.T) {
	s := newTheir(t)
	c := slack.New(slack.Config{
		BotToken: "xoxb" + "-1-2-canary", AppToken: "xapp" + "-1-2-canary", API: s.GetAPIURL(),
		Home: func(context.Context, string, string) (slack.Home, error) {
			return slack.Home{Title: "Your surveys"}, nil
		},
	})
	in := newInbox()
	in.answers = func(u chat.Update) chat.Answer {
		if u.Kind == chat.Command {
			return chat.Answer{Text: "Welcome."}
		}
		return chat.Answer{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- slack.NewSocket(c, in.handle).Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		c.Close()
	}()
	me, err := c.Me(ctx)
	if err != nil {
		t.Fatal(err)
	}
	const user, direct = "W061F7AUR", "D024BE91L" // not W012A3CDE: that is the app itself here
	to := chat.Address{Platform: chat.Slack, Account: me.Team, Chat: direct}
	person := map[string]any{"id": user, "username": "spengler", "name": "spengler", "team_id": me.Team}

	s.envelope("e1", "slash_commands", map[string]any{"team_id": me.Team, "channel_id": "C1", "user_id": user, "user_name": "spengler", "command": "/feedback", "text": "", "trigger_id": "1.2.a"})
	if u := in.next(t); u.Command != "start" || u.From != to || !strings.Contains(u.User.Name, "pengler") {
		t.Errorf("the command is %+v", u)
	}
	if payload := s.waitAck(t, "e1"); !strings.Contains(string(payload), "Welcome.") {
		t.Errorf("acknowledged with %s", payload)
	}
	ref, err := c.Send(ctx, to, rating(), "")
	if err != nil {
		t.Fatal(err)
	}
	tap := map[string]any{
		"type": "block_actions", "team": map[string]any{"id": me.Team}, "user": person, "trigger_id": "1.2.b",
		"container": map[string]any{"type": "message", "message_ts": string(ref), "channel_id": direct},
		"message":   map[string]any{"type": "message", "ts": string(ref), "text": "How was it?"},
		"actions":   []any{map[string]any{"type": "button", "action_id": "b0.1", "block_id": "x", "value": "1p.2", "action_ts": "1700000000.000100"}},
	}
	s.envelope("e2", "interactive", tap)
	if u := in.next(t); u.Data != "1p.2" || u.On != ref || u.From != to {
		t.Errorf("the tap is %+v", u)
	}
	s.waitAck(t, "e2")
	if again, err := c.Send(ctx, to, goldens()["condensed"], ref); again != ref || err != nil {
		t.Errorf("condensed %s as %s: %v", ref, again, err)
	}
	asked, err := c.Send(ctx, to, goldens()["text"], "")
	if err != nil {
		t.Fatal(err)
	}
	tap["container"] = map[string]any{"type": "message", "message_ts": string(asked), "channel_id": direct}
	tap["actions"] = []any{map[string]any{"type": "button", "action_id": "write", "block_id": "x", "value": `{"x":"text"}`, "action_ts": "1700000001.000100"}}
	s.envelope("e3", "interactive", tap)
	view := (<-s.views)["view"].(map[string]any)
	s.waitAck(t, "e3")
	s.envelope("e4", "interactive", map[string]any{
		"type": "view_submission", "team": map[string]any{"id": me.Team}, "user": person,
		"view": map[string]any{
			"id": "V1", "type": "modal", "callback_id": view["callback_id"], "private_metadata": view["private_metadata"], "hash": "1.h", "blocks": []any{},
			"state": map[string]any{"values": map[string]any{"answer": map[string]any{"answer": map[string]any{"type": "plain_text_input", "value": "cold water"}}}},
		},
	})
	if u := in.next(t); u.Text != "cold water" || u.On != asked || u.From != to {
		t.Errorf("the answer is %+v", u)
	}
	s.waitAck(t, "e4")
	happened := func(id string, e map[string]any) {
		s.envelope(id, "events_api", map[string]any{
			"type": "event_callback", "team_id": me.Team, "api_app_id": "A1", "event_id": id, "event": e,
			"authorizations": []any{map[string]any{"team_id": me.Team, "user_id": "U023BECGF", "is_bot": true}},
		})
		s.waitAck(t, id)
	}
	happened("e5", map[string]any{"type": "message", "channel": direct, "channel_type": "im", "user": user, "text": "a &amp; b", "ts": "1700000002.000100"})
	if u := in.next(t); u.Text != "a & b" || u.Key != "sl:"+me.Team+":e5" {
		t.Errorf("said %+v", u)
	}
	happened("e6", map[string]any{"type": "never_heard_of", "x": 1})
	happened("e7", map[string]any{"type": "app_home_opened", "user": user, "channel": direct, "tab": "home"})
	if home := <-s.views; home["user_id"] != user {
		t.Errorf("published %v", home)
	}
	in.none(t)
}
