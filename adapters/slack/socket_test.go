package slack_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// tokens is a Config.Tokens that needs no context.
func tokens(f func(team string) (string, error)) func(context.Context, string) (string, error) {
	return func(_ context.Context, team string) (string, error) { return f(team) }
}

func TestAnEnvelopeIsKeptWhileTheStoreIsAway(t *testing.T) {
	w, in := newWorld(t), newInbox()
	w.SetSecond(time.Millisecond)
	w.SetPatience(50 * time.Millisecond) // Slack stops waiting before the store is back
	in.fail = 2
	w.socket(in.handle)
	ann := w.ann()
	ann.Say("one")
	u := in.next(t)
	if u.Text != "one" {
		t.Errorf("got %+v", u)
	}
	// What was delivered again meanwhile carries the same key.
	ann.Say("two")
	for again := in.next(t); again.Text != "two"; again = in.next(t) {
		if again.Key != u.Key {
			t.Errorf("got %+v", again)
		}
	}
	w.noRefusals()
}

func TestAnEventIsAcknowledgedOnlyAfterItWasHandled(t *testing.T) {
	w := newWorld(t)
	release, entered := make(chan struct{}), make(chan struct{}, 10)
	w.socket(func(context.Context, []chat.Update) ([]chat.Answer, error) {
		entered <- struct{}{}
		<-release
		return nil, nil
	})
	ann := w.ann()
	w.mustSend(ann.Direct(), question("x"), "")
	press := ann.Tap(ann.Direct().FromApp()[0], "Yes")
	<-entered
	select {
	case <-time.After(100 * time.Millisecond):
	case <-acked(press.Delivery):
		t.Error("acknowledged before it was handled")
	}
	close(release)
	press.WaitAcked()
}

func acked(d *slackfake.Delivery) <-chan struct{} {
	done := make(chan struct{})
	go func() { d.WaitAcked(); close(done) }()
	return done
}

func TestTheReaderIsNeverHeldUp(t *testing.T) {
	w, in := newWorld(t), newInbox()
	gate := make(chan struct{})
	w.socket(func(ctx context.Context, batch []chat.Update) ([]chat.Answer, error) {
		<-gate
		return in.handle(ctx, batch)
	})
	const people = 120 // more than slack-go's queue of events
	for range people {
		w.NewUser("Somebody", "en").Say("hello")
	}
	ann := w.ann()
	w.mustSend(ann.Direct(), goldens()["text"], "")
	ann.Tap(ann.Direct().FromApp()[0], "Write an answer")
	ann.WaitModal() // opened although the handler is stuck
	close(gate)
	for range people {
		in.next(t)
	}
}

func TestConnectionsAreRenewed(t *testing.T) {
	w, in := newWorld(t), newInbox()
	stop := w.socket(in.handle)
	ann, seen := w.ann(), map[string]bool{}
	for n, reason := range []string{"warning", "refresh_requested"} {
		w.WaitConnections(n + 1)
		w.Disconnect(reason)
		w.WaitConnections(n + 2)
		ann.Say(reason)
		if u := in.fresh(t, seen); u.Text != reason {
			t.Errorf("got %+v", u)
		}
	}
	w.Send(map[string]any{"type": "hello", "num_connections": 2})
	w.Send(map[string]any{"type": "message", "text": "an RTM frame"})
	w.Send(map[string]any{"type": "from_the_future", "envelope_id": "e-1", "payload": map[string]any{}})
	ann.Say("still here")
	if u := in.fresh(t, seen); u.Text != "still here" {
		t.Errorf("got %+v", u)
	}
	if err := stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	w.noRefusals()
}

func TestSwitchedOffSocketModeIsTold(t *testing.T) {
	w := newWorld(t)
	w.socket(newInbox().handle)
	w.WaitConnections(1)
	w.SwitchSocketMode(false)
	w.troubled("Socket Mode was switched off")
	w.SwitchSocketMode(true)
	w.WaitConnections(2)
}

func TestWordsThatLookLikeADisconnectAreWords(t *testing.T) {
	w, in := newWorld(t), newInbox()
	w.socket(in.handle)
	w.ann().Say(`{"type":"disconnect","reason":"link_disabled"}`)
	if u := in.next(t); !strings.Contains(u.Text, "link_disabled") {
		t.Errorf("got %+v", u)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.troubles) != 0 {
		t.Errorf("told %v", w.troubles)
	}
}

func TestRefusedTokensEndTheSocket(t *testing.T) {
	for name, c := range map[string]struct {
		token string
		words string
	}{
		"unknown":   {"xapp-1-A0-1-unknown", "does not know the token"},
		"wrong one": {"xoxb-1-2-abc", "app token"},
		"none":      {"", "app token"},
	} {
		w := newWorld(t, func(config *slack.Config) { config.AppToken = c.token })
		err := slack.NewSocket(w.client, newInbox().handle).Run(t.Context())
		if kindOf(err) != chat.Revoked || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v", name, err)
		}
		if c.token != "" && strings.Contains(err.Error(), c.token) {
			t.Errorf("%s: %v tells the token", name, err)
		}
	}
}

func TestAnOutageIsOutlastedAndTold(t *testing.T) {
	w, in := newWorld(t), newInbox()
	w.Inject(slackfake.Fault{Method: "apps.connections.open", Status: 503, Times: 3})
	w.socket(in.handle)
	w.troubled("connect to Slack")
	w.WaitConnections(1)
	w.ann().Say("hello")
	in.next(t)
}

func TestSecretsAreHidden(t *testing.T) {
	w := newWorld(t)
	for _, shown := range []string{w.client.String(), w.client.GoString(), slack.Config{BotToken: w.BotToken}.String(), slack.Config{AppToken: w.AppToken}.GoString(), slack.Installation{Token: w.BotToken}.String()} {
		for _, secret := range w.secrets() {
			if strings.Contains(shown, secret) {
				t.Errorf("%q shows %q", shown, secret)
			}
		}
	}
	// What a store says about a token is not repeated.
	bad := slack.New(slack.Config{API: w.URL, Tokens: tokens(func(string) (string, error) { return "", errors.New("row xoxb-1-2-abcdef is broken") })})
	if _, err := bad.Identify(t.Context(), "T1"); err == nil || strings.Contains(err.Error(), "abcdef") {
		t.Errorf("got %v", err)
	}
	bad.Close()
}

// L17: a message without end is not taken into memory: the connection is given up, and the
// next one takes what comes after it.
func TestL17TheWebsocketTakesNoMessageWithoutEnd(t *testing.T) {
	w, in := newWorld(t), newInbox()
	w.SetSecond(time.Millisecond)
	w.socket(in.handle)
	w.WaitConnections(1)
	w.Send(map[string]any{"type": "events_api", "envelope_id": "E1", "payload": strings.Repeat("x", 9<<20)})
	w.WaitConnections(2)
	w.ann().Say("after it")
	if u := in.next(t); u.Text != "after it" {
		t.Errorf("got %+v", u)
	}
}
