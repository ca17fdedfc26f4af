package asking_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// TestASlowSlackHoldsNobodyElseUp: while Slack says nothing to who somebody is, or to open their messages, everybody
// else is asked, in the same round; and once it answers, so are those who waited.
func TestASlowSlackHoldsNobodyElseUp(t *testing.T) {
	for _, method := range []string{"users.lookupByEmail", "conversations.open"} {
		t.Run(method, func(t *testing.T) {
			engines(t, func(t *testing.T, w *world) {
				ctx := t.Context()
				server := slackfake.New(t)
				client := slack.New(slack.Config{BotToken: server.BotToken, API: server.URL})
				t.Cleanup(client.Close)
				team := server.Team
				check(t, w.store.PutAccount(ctx, storage.Account{Platform: chat.Slack, ID: team, Name: "care", Seen: noon}))
				check(t, w.bot.Configuration().Refresh(ctx))
				find := func(ctx context.Context, way storage.EventReach) (asking.Found, error) {
					who, err := client.PersonByEmail(ctx, team, way.To)
					if err != nil {
						return asking.Found{}, err
					}
					at, err := client.Open(ctx, team, who.ID)
					return asking.Found{To: storage.Person{Platform: chat.Slack, Account: team, User: who.ID}, Address: at, Name: who.Name}, err
				}
				w.asking = asking.New(asking.Config{Store: w.store, Bot: w.bot, Clock: func() time.Time { return w.now }, Find: find, LookFor: 100 * time.Millisecond})
				w.triggers("triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\n")
				server.Inject(slackfake.Fault{Method: method, Times: -1, Hang: true})
				const slow, others = 40, 5
				for i := range slow {
					id := fmt.Sprint("slow", i)
					server.NewUser(id, "en-GB").Email = id + "@example.com"
					w.told(id, id, func(e *storage.Event) {
						e.Customer.Reach = []storage.EventReach{{Kind: "slack_email", To: id + "@example.com"}}
					})
				}
				for i := range others {
					id, user := fmt.Sprint("quick", i), fmt.Sprint(100+i)
					w.linked(id, user)
					w.told(id, id)
				}
				w.now = w.now.Add(time.Minute)
				check(t, w.asking.Look(ctx))
				for i := range others {
					if id := fmt.Sprint("quick", i); w.asked(id, id).State != string(invitation.Sent) {
						t.Errorf("%s is %s", id, w.asked(id, id).State)
					}
				}
				waiting := 0
				for i := range slow {
					id := fmt.Sprint("slow", i)
					if x := w.asked(id, id); x.State == string(invitation.Sending) && x.Tries <= 1 {
						waiting++
					}
				}
				if waiting != slow {
					t.Errorf("%d of %d wait", waiting, slow)
				}
				server.ClearFaults()
				for range 20 {
					w.pass(time.Minute)
				}
				for i := range slow {
					id := fmt.Sprint("slow", i)
					if x := w.asked(id, id); !slices.Contains([]string{"sent", "seen"}, x.State) {
						t.Fatalf("%s is %s %s after %d tries", id, x.State, x.Reason, x.Tries)
					}
				}
			}, "sqlite")
		})
	}
}
