package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack/slacktest"
)

// theirSlack is slack-go's own server, with the methods that it lacks.
type theirSlack struct {
	*slacktest.Server
	t        *testing.T
	stop     chan struct{}
	mu       sync.Mutex
	shown    []*shownThere
	acks     map[string]bool
	sent     int
	whispers []string // shown to one person alone
}

// shownThere is a message as that server was told.
type shownThere struct {
	channel, ts, text, blocks string
	edits                     int
}

func newTheirSlack(t *testing.T) *theirSlack {
	s := &theirSlack{t: t, acks: map[string]bool{}, stop: make(chan struct{})}
	handle := func(method string, result func(r *http.Request) map[string]any) func(slacktest.Customize) {
		return func(c slacktest.Customize) {
			c.Handle("/"+method, func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				s.mu.Lock()
				defer s.mu.Unlock()
				out := result(r)
				out["ok"] = true
				_ = json.NewEncoder(w).Encode(out)
			})
		}
	}
	s.Server = slacktest.NewTestServer(
		handle("chat.postMessage", func(r *http.Request) map[string]any {
			m := &shownThere{
				channel: r.PostForm.Get("channel"), ts: fmt.Sprintf("1700000000.%06d", len(s.shown)+1),
				text: r.PostForm.Get("text"), blocks: r.PostForm.Get("blocks") + r.PostForm.Get("attachments"),
			}
			s.shown = append(s.shown, m)
			return map[string]any{"channel": m.channel, "ts": m.ts, "message": map[string]any{"ts": m.ts, "thread_ts": r.PostForm.Get("thread_ts")}}
		}),
		handle("chat.update", func(r *http.Request) map[string]any {
			for _, m := range s.shown {
				if m.ts == r.PostForm.Get("ts") && m.channel == r.PostForm.Get("channel") {
					m.text, m.blocks = r.PostForm.Get("text"), r.PostForm.Get("blocks")+r.PostForm.Get("attachments")
					m.edits++
				}
			}
			return map[string]any{"channel": r.PostForm.Get("channel"), "ts": r.PostForm.Get("ts")}
		}),
		handle("chat.postEphemeral", func(r *http.Request) map[string]any {
			s.whispers = append(s.whispers, r.PostForm.Get("text"))
			return map[string]any{"message_ts": "1700000003.000001"}
		}),
		handle("auth.test", func(*http.Request) map[string]any { // their own answers as the person whom it also lists
			return map[string]any{"url": "https://localhost.localdomain/", "team": "Example Team", "user": "aftercare", "team_id": theirTeam, "user_id": "U0BOT"}
		}),
		handle("conversations.open", func(*http.Request) map[string]any {
			return map[string]any{"channel": map[string]any{"id": "D024BE91L"}}
		}),
	)
	s.Start()
	// What is not drained stalls the server.
	var drained sync.WaitGroup
	drained.Go(func() {
		for {
			select {
			case <-s.stop:
				return
			case seen := <-s.SeenFeed:
				var ack struct {
					ID string `json:"envelope_id"`
				}
				_ = json.Unmarshal([]byte(seen), &ack)
				s.mu.Lock()
				s.acks[ack.ID] = true
				s.mu.Unlock()
			}
		}
	})
	t.Cleanup(func() { s.Stop(); close(s.stop); drained.Wait() })
	return s
}

// wait waits until ok holds of what is shown.
func (s *theirSlack) wait(what string, ok func([]*shownThere) bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		done := ok(s.shown)
		s.mu.Unlock()
		if done {
			return
		}
		if time.Now().After(deadline) {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, m := range s.shown {
				s.t.Logf("%+v", *m)
			}
			s.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// text waits for a message with these words and returns it as it is then.
func (s *theirSlack) text(words string) shownThere {
	s.t.Helper()
	var found shownThere
	s.wait(words, func(all []*shownThere) bool {
		for _, m := range all {
			if strings.Contains(m.text, words) {
				found = *m
				return true
			}
		}
		return false
	})
	return found
}

// tell sends an envelope until it is acknowledged, as Slack does: the first may come
// before the app is connected.
func (s *theirSlack) tell(kind string, payload map[string]any) {
	s.t.Helper()
	s.mu.Lock()
	s.sent++
	id := fmt.Sprintf("envelope-%d", s.sent)
	s.mu.Unlock()
	raw, err := json.Marshal(map[string]any{"type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": kind != "events_api"})
	if err != nil {
		s.t.Fatal(err)
	}
	s.SendToWebsocket(string(raw))
	s.wait("the acknowledgement of "+id, func([]*shownThere) bool { return s.acks[id] })
}

// tap presses the button with this text below a message.
func (s *theirSlack) tap(user string, m shownThere, text string) {
	s.t.Helper()
	type block struct {
		Elements []struct {
			Type  string                `json:"type"`
			Text  struct{ Text string } `json:"text"`
			ID    string                `json:"action_id"`
			Value string                `json:"value"`
		} `json:"elements"`
		Blocks []json.RawMessage `json:"blocks"` // of an attachment
	}
	var all []block
	for in := json.NewDecoder(strings.NewReader(m.blocks)); in.More(); {
		var part []block
		_ = in.Decode(&part) // words of other blocks have other forms
		all = append(all, part...)
	}
	for i := 0; i < len(all); i++ {
		for _, raw := range all[i].Blocks {
			var inner block
			_ = json.Unmarshal(raw, &inner)
			all = append(all, inner)
		}
		for _, e := range all[i].Elements {
			if e.Type != "button" || e.Text.Text != text && !strings.HasPrefix(e.Text.Text, text+" · ") {
				continue
			}
			s.tell("interactive", map[string]any{
				"type": "block_actions", "team": map[string]any{"id": theirTeam}, "user": map[string]any{"id": user, "username": "spengler", "name": "spengler", "team_id": theirTeam},
				"container": map[string]any{"type": "message", "message_ts": m.ts, "channel_id": m.channel}, "channel": map[string]any{"id": m.channel},
				"message": map[string]any{"ts": m.ts, "bot_id": "B1", "team": theirTeam}, "trigger_id": "1.2.3",
				"actions": []any{map[string]any{"type": "button", "action_id": e.ID, "value": e.Value, "action_ts": fmt.Sprintf("1700000001.%06d", time.Now().UnixNano()%1e6)}},
			})
			return
		}
	}
	s.t.Fatalf("there is no button %q in %s", text, m.blocks)
}

const theirTeam = "T024BE7LD" // of slacktest's auth.test

// The real binary against slack-go's own server in Socket Mode: a whole conversation and
// its card, which staff take.
func TestAConversationAgainstSlackGosServer(t *testing.T) {
	t.Parallel()
	s := newTheirSlack(t)
	const user, staff = "W012A3CDE", "C024BE91L"
	m := newMachine(t, map[string]string{
		"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "a.db"), "SLACK_API": s.GetAPIURL(), "SLACK_STAFF_CHANNEL": staff,
		"SLACK_BOT_TOKEN": "xoxb" + "-1-2-canary", "SLACK_APP_TOKEN": "xapp" + "-1-2-canary",
	})
	m.must("staff", "add", "bob", "--name", "Bob Ray", "--everywhere")
	server := m.serve()
	m.invite("--slack-user", user, "--flow", "one_tap_csat")
	question := s.text("How satisfied or dissatisfied were you with our service?")
	s.tap(user, question, "2")
	card := s.text("P2 · 2 of 5")

	// A member of staff links their chat and takes the case from its card.
	const bob = "W999STAFF"
	s.tap(bob, card, "Take")
	s.wait("the refusal", func([]*shownThere) bool {
		return strings.Contains(strings.Join(s.whispers, "\n"), "Only staff of this site")
	})
	var made struct{ Code string }
	if err := json.Unmarshal([]byte(m.must("staff", "code", "bob", "--json")), &made); err != nil {
		t.Fatal(err)
	}
	s.tell("slash_commands", map[string]any{"team_id": theirTeam, "user_id": bob, "user_name": "bob", "command": "/feedback", "text": "link " + made.Code, "trigger_id": "4.5.6", "channel_id": staff})
	s.tap(bob, card, "Take")
	s.wait("the taken card", func(all []*shownThere) bool {
		for _, m := range all {
			if m.ts == card.ts {
				return strings.Contains(m.text, "contact by") && strings.Contains(m.text, "Bob Ray") && m.edits > 0
			}
		}
		return false
	})
	why := s.text("What was not good?")
	s.tell("events_api", map[string]any{
		"type": "event_callback", "team_id": theirTeam, "event_id": "Ev1",
		"authorizations": []any{map[string]any{"team_id": theirTeam, "user_id": "U0BOT", "is_bot": true}},
		"event":          map[string]any{"type": "message", "channel": why.channel, "channel_type": "im", "user": user, "text": "skip", "ts": "1700000002.000001"},
	})
	s.wait("the question after it", func(all []*shownThere) bool {
		newest := all[len(all)-1]
		return newest.channel == why.channel && newest.ts != why.ts && newest.text != why.text
	})
	s.wait("the answer in place of the buttons", func(all []*shownThere) bool {
		for _, m := range all {
			if m.ts == question.ts {
				return strings.Contains(m.text, "You answered: 2") && m.edits > 0
			}
		}
		return false
	})
	server.stop()
	counts, err := openStore(t, m).Counts(t.Context())
	if err != nil || counts.Sessions != 1 || counts.Answers != 2 || counts.Cases != 1 || counts.Failed != 0 {
		t.Errorf("stored %+v, %v", counts, err)
	}
	if strings.Contains(server.log.String(), "canary") {
		t.Error("the log holds a token")
	}
}
