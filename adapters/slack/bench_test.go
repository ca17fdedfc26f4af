package slack_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// BenchmarkSend is one message handed to Slack, the fake's checks included.
func BenchmarkSend(b *testing.B) {
	for name, m := range map[string]chat.Message{
		"rating": rating(), "card": card(),
		"hostile": {Title: strings.Repeat("a", 1<<20), Text: strings.Repeat("&", 1<<20), Quotes: []chat.Quote{{Text: strings.Repeat("z\u0301", 1<<18)}}},
	} {
		b.Run(name, func(b *testing.B) {
			w := slackfake.New(b)
			c := slack.New(slack.Config{BotToken: w.BotToken, API: w.URL})
			defer c.Close()
			ann := w.NewUser("Ann", "en")
			ann.Allow()
			to := chat.Address{Platform: chat.Slack, Account: w.Team, Chat: ann.Direct().ID}
			ref, err := c.Send(b.Context(), to, m, "")
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := c.Send(b.Context(), to, m, ref); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTap is a tap over signed HTTP up to the next question in Slack's hands:
// the condensed message and the new one, the fake's own work included.
func BenchmarkTap(b *testing.B) {
	w := slackfake.New(b)
	c := slack.New(slack.Config{BotToken: w.BotToken, SigningSecret: w.SigningSecret, API: w.URL})
	defer c.Close()
	next := make(chan error, 1)
	hooks := slack.NewHooks(c, func(ctx context.Context, updates []chat.Update) ([]chat.Answer, error) {
		u := updates[0]
		_, err := c.Send(ctx, u.From, goldens()["condensed"], u.On)
		if err == nil {
			_, err = c.Send(ctx, u.From, rating(), "")
		}
		next <- err
		return nil, nil
	})
	at := httptest.NewServer(hooks.Interactive)
	defer func() { w.Close(); at.Close(); http.DefaultClient.CloseIdleConnections() }()
	w.SetEndpoints(slackfake.Endpoints{Interactive: at.URL, Events: at.URL})
	ann := w.NewUser("Ann", "en")
	ann.Allow()
	to := chat.Address{Platform: chat.Slack, Account: w.Team, Chat: ann.Direct().ID}
	if _, err := c.Send(b.Context(), to, rating(), ""); err != nil {
		b.Fatal(err)
	}
	question := ann.Direct().FromApp()[0]
	for b.Loop() {
		ann.Tap(question, "2")
		select {
		case err := <-next:
			if err != nil {
				b.Fatal(err)
			}
		case <-time.After(slackfake.WaitLimit):
			b.Fatal("the tap never came")
		}
	}
}
