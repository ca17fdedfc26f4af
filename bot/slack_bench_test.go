package bot

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// BenchmarkBroadcastOnSlack invites 1,000 people of one workspace at once and reports
// how much of Slack's limit the messages used and how many were refused for haste. Time
// runs faster by a factor, for Slack and for us, so that it takes about three
// minutes.
//
//	go test ./bot -run - -bench BroadcastOnSlack -benchtime 1x
func BenchmarkBroadcastOnSlack(b *testing.B) {
	const (
		people    = 1000
		factor    = 2
		perMinute = 300 // chat.postMessage in a workspace
	)
	for b.Loop() {
		b.StopTimer()
		server := slackfake.New(b)
		server.Limit(slackfake.Limits{
			PerChannel: factor, Burst: 3, PerMinute: map[string]int{"chat.postMessage": perMinute, "chat.update": 50}, Minute: time.Minute / factor,
		})
		store, err := sqlite.Open(context.Background(), filepath.Join(b.TempDir(), "a.db"), sqlite.Options{Migrate: true})
		if err != nil {
			b.Fatal(err)
		}
		core, err := New(context.Background(), Config{
			Traits: platforms(),
			Store:  store, Key: []byte("a secret key for tests only"), Templates: flowfile.Templates, Parse: flowfile.Parse, Format: flowfile.Format,
		})
		if err != nil {
			b.Fatal(err)
		}
		client := slack.New(slack.Config{BotToken: server.BotToken, API: server.URL})
		for n := range people {
			user := server.NewUser(fmt.Sprint("Person ", n), "en-GB")
			user.Allow()
			_, err := core.Invite(context.Background(), InviteRequest{
				Flow: "one_tap_csat", To: storage.Person{Platform: chat.Slack, Account: server.Team, User: user.ID}, Name: user.Name,
				Address: chat.Address{Platform: chat.Slack, Account: server.Team, Chat: user.Direct().ID},
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		fast := slack.Traits().Limits
		fast.Chat.PerSecond *= factor
		fast.Account.PerSecond *= factor
		ctx, stop := context.WithCancel(context.Background())
		served := make(chan error, 1)

		b.StartTimer()
		go func() {
			served <- core.ServeAccount(ctx, outbox.Account{Platform: chat.Slack, ID: server.Team, Sender: client, Limits: fast})
		}()
		posts := server.Requests("chat.postMessage")
		for len(posts) < 2*people {
			time.Sleep(20 * time.Millisecond)
			posts = server.Requests("chat.postMessage")
		}
		b.StopTimer()
		stop()
		if err := <-served; err != nil {
			b.Fatal(err)
		}
		first, last := posts[0].At, posts[len(posts)-1].At
		limit := float64(perMinute*factor) / 60 * last.Sub(first).Seconds()
		b.ReportMetric(100*float64(len(posts)-1)/limit, "%limit")
		b.ReportMetric(float64(len(server.Refusals())), "refused")
		if n := len(server.Refusals()); n > 0 {
			b.Errorf("%d requests were refused: %+v", n, server.Refusals()[0])
		}
		client.Close()
		_ = core.Close()
		_ = store.Close()
		b.StartTimer()
	}
}
