package app

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/storage"
)

func TestMetricsOfABrokenDatabaseShowNoOldFigures(t *testing.T) {
	m := metrics{
		stats: func() bot.Stats {
			return bot.Stats{Stats: outbox.Stats{
				Sends:   map[outbox.Send]int64{{Platform: chat.Telegram, Outcome: storage.Retry}: 7},
				Batches: outbox.Batches{Commits: 3, Turns: 10, UpTo: [8]int64{1, 1, 2, 3, 3, 3, 3, 3}},
			}}
		},
		sides: func() []chat.SideCall {
			return []chat.SideCall{{Platform: chat.Telegram, Account: "42", Method: "setMyCommands"}}
		},
		refused: func() map[string]bool { return map[string]bool{"SLACK_APP_TOKEN": true, "TELEGRAM_TOKEN": false} },
		health: func() outbox.Health {
			return outbox.Health{Accounts: []outbox.AccountHealth{{Platform: chat.Telegram, ID: "42", Revoked: true, Waiting: 4}}}
		},
		counts: func(context.Context) (storage.Counts, error) { return storage.Counts{Due: 9}, errors.New("away") },
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(newMetrics(m), promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body := w.Body.String()
	for _, line := range []string{
		`aftercare_account_chats_waiting{account="42",platform="telegram"} 4`,
		`aftercare_account_refused{account="42",platform="telegram"} 1`,
		`aftercare_commit_turns_bucket{le="2"} 1`,
		`aftercare_credentials_refused{setting="SLACK_APP_TOKEN"} 1`,
		`aftercare_credentials_refused{setting="TELEGRAM_TOKEN"} 0`,
		`aftercare_commit_turns_bucket{le="4"} 2`,
		`aftercare_commit_turns_bucket{le="128"} 3`,
		`aftercare_commit_turns_bucket{le="+Inf"} 3`,
		`aftercare_commit_turns_sum 10`,
		`aftercare_database_up 0`,
		`aftercare_side_call_failing{account="42",method="setMyCommands",platform="telegram"} 1`,
		`aftercare_sends_total{outcome="retry",platform="telegram"} 7`,
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("%s is not among\n%s", line, body)
		}
	}
	for _, name := range []string{"aftercare_outbox_messages{", "aftercare_parked_updates ", "aftercare_stored{"} {
		if strings.Contains(body, name) {
			t.Errorf("%s shows an old figure", name)
		}
	}
}
