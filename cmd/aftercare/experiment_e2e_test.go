package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/invitation"
)

// toldExperiments is what the API says of experiments.
type toldExperiments struct {
	Finding string
	Tables  []struct {
		Table string
		Rows  []map[string]any
	}
}

// row is the row of a table by its key.
func (x toldExperiments) row(table, key string) map[string]any {
	for _, t := range x.Tables {
		for _, r := range t.Rows {
			if t.Table == table && r["key"] == key {
				return r
			}
		}
	}
	return nil
}

// An experiment at the real binary, on both engines: it begins with a file of triggers, customers are asked by halves,
// those of one half answer, nothing is said before the planned end, and at the end the difference with its interval, by
// the page, the API and the command alike.
func TestAnExperimentIsLedToItsEnd(t *testing.T) {
	t.Parallel()
	const people, first, key = 520, 300, "words/1/ask/post_service_3/one_tap_csat"
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			tg := telegramtest.New(t)
			m := newMachine(t, map[string]string{"DATABASE_URL": db.url(t), "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_MODE": settings.Poll})
			m.env["PUBLIC_URL"] = "http://" + m.address
			m.must("site", "add", "main", "--name", "Main Street", "--zone", midday())
			file := m.dir + "/triggers.yaml"
			write(t, file, "triggers:\n  - {name: visit, ask: post_service_3, after: 0m, experiment: {name: words, ask: one_tap_csat, base: 1}}\n")
			m.must("triggers", "apply", file)
			token := strings.Fields(m.must("token", "create", "till", "--scope", "events:write", "--scope", "reports:read"))[0]
			m.serve()
			connected(tg, settings.Poll)
			var users []*telegramtest.User
			for i := range 64 {
				u := tg.NewUser(fmt.Sprintf("Tom %d", i), "en")
				u.Start("")
				users = append(users, u)
			}
			for _, u := range users {
				u.Chat().Wait("a greeting", func(all []telegramtest.Message) bool { return len(all) > 1 })
			}
			c := &caller{t: t, base: "http://" + m.address + "/api/v1", token: token}
			tell := func(from, to int) {
				var events []string
				for i := from; i < to; i++ {
					reach := ""
					if i < len(users) {
						reach = fmt.Sprintf(`,"reach":[{"telegram":"%d"}]`, users[i].ID)
					}
					events = append(events, fmt.Sprintf(`{"source":"till","id":"%d","site":"main","service":"haircut","ended":%q,"customer":{"id":"C-%d"%s}}`,
						i, time.Now().UTC().Add(-time.Minute).Format(time.RFC3339), i, reach))
				}
				if w, said := c.send(http.MethodPost, "/events", `{"events":[`+strings.Join(events, ",")+`]}`); w.StatusCode >= http.StatusMultipleChoices {
					t.Fatalf("told: %s: %s", w.Status, said)
				}
			}
			number := func(row map[string]any, column string) int {
				n, _ := row[column].(float64)
				return int(n)
			}
			until := func(what string, holds func(toldExperiments) bool) (x toldExperiments) {
				t.Helper()
				for deadline := time.Now().Add(4 * patience); ; time.Sleep(250 * time.Millisecond) {
					_, said := c.send(http.MethodGet, "/reports/experiments", "")
					x = toldExperiments{}
					if err := json.Unmarshal(said, &x); err == nil && holds(x) {
						return x
					}
					if time.Now().After(deadline) {
						t.Fatalf("%s never comes: %s", what, said)
					}
				}
			}
			asked := func(n int) func(toldExperiments) bool {
				return func(x toldExperiments) bool {
					return number(x.row("answered", key+"/usual"), "n")+number(x.row("answered", key+"/other"), "n") == n
				}
			}

			tell(0, first)
			store, answering := openStore(t, m), 0
			until("who was asked at first", asked(first))
			for i, u := range users {
				asks, err := store.AsksOf(t.Context(), fmt.Sprintf("C-%d", i), 1)
				if here(t, err); len(asks) != 1 || asks[0].Experiment != key || asks[0].Flow != map[string]string{"usual": "post_service_3", "other": "one_tap_csat"}[asks[0].Arm] {
					t.Fatalf("C-%d is asked %+v", i, asks)
				}
				question := u.Chat().WaitText("satisfied or dissatisfied were you with your haircut?")
				if asks[0].Arm == string(invitation.OtherArm) {
					pickOption(u, question, 4).Answer()
					answering++
				}
			}
			x := until("who answered", func(x toldExperiments) bool { return number(x.row("answered", key+"/other"), "k") == answering })
			row := x.row("experiments", key)
			if row["state"] != "runs" || row["answered_difference"] != nil || number(row, "planned") != figures.Planned(1) || !strings.Contains(x.Finding, "Nothing is said of a difference before") {
				t.Errorf("before the planned end it says %q, %v", x.Finding, row)
			}

			tell(first, people)
			until("who was asked in the end", asked(people))
			write(t, file, "triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\n")
			m.must("triggers", "apply", file)
			x = until("its end", func(x toldExperiments) bool { return x.row("experiments", key)["state"] == "ended" })
			row = x.row("experiments", key)
			usual, other := x.row("answered", key+"/usual"), x.row("answered", key+"/other")
			by, _ := row["answered_difference"].(float64)
			low, _ := row["answered_low"].(float64)
			high, _ := row["answered_high"].(float64)
			want := float64(answering) / other["n"].(float64)
			if min(number(usual, "n"), number(other, "n")) < figures.Planned(1) || number(usual, "k") != 0 {
				t.Fatalf("asked and answered are %v and %v", usual, other)
			}
			if by-want > 1e-6 || want-by > 1e-6 || !(0 < low && low < by && by < high && high < 1) {
				t.Errorf("%d of %v answered, and the difference is %v (%v to %v)", answering, other["n"], by, low, high)
			}
			says := fmt.Sprintf("answered up %.0f points (%.0f to %.0f)", 100*by, 100*low, 100*high)
			if !strings.Contains(x.Finding, says) || !strings.Contains(m.must("report", "experiments"), says) {
				t.Errorf("the API says %q, where it should say %q", x.Finding, says)
			}
			signedIn(t, m).appeared("/reports/experiments", says, func(page string) bool { return strings.Contains(page, says) })
		})
	}
}
