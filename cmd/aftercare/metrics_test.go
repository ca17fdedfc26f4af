package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// get returns what a path of a server answers.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(said)
}

// await gets a path until it answers what ok accepts.
func await(t *testing.T, url string, ok func(status int, body string) bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		status, body := get(t, url)
		if ok(status, body) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s answers %d:\n%s", url, status, body)
		}
	}
}

func TestMetricsCountAConversation(t *testing.T) {
	tg := telegramtest.New(t)
	staff := tg.NewSupergroup("Staff")
	ann := tg.NewUser("Ann Lee", "en")
	m := newMachine(t, map[string]string{
		"DATABASE_URL": "sqlite:a.db", "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_STAFF_CHAT": staff.Address(),
	})
	server := m.serve()
	connected(tg, settings.Poll)
	ann.Start(m.invite("--flow", "one_tap_csat").Token)
	pickOption(ann, ann.Chat().WaitText("How satisfied or dissatisfied were you"), 0)
	staff.WaitText("1 of 5")
	lines := []string{
		`aftercare_answers_total 1`,
		`aftercare_cases_opened_total 1`,
		`aftercare_updates_total{result="handled"} 2`,
		`aftercare_updates_total{result="repeated"} 0`,
		`aftercare_account_leased{account="` + strings.Split(tg.Token, ":")[0] + `",platform="telegram"} 1`,
		`aftercare_account_refused{account="` + strings.Split(tg.Token, ":")[0] + `",platform="telegram"} 0`,
		`aftercare_database_up 1`,
		`aftercare_outbox_messages{state="due"} 0`,
		`aftercare_outbox_messages{state="failed"} 0`,
		`aftercare_stored{kind="cases"} 1`,
	}
	await(t, "http://"+m.address+"/metrics", func(status int, body string) bool {
		for _, line := range lines {
			if !strings.Contains(body, line+"\n") {
				return false
			}
		}
		// greeting with question, condensed question, next question and card
		return status == http.StatusOK && strings.Contains(body, `aftercare_sends_total{outcome="delivered",platform="telegram"} 4`+"\n") &&
			strings.Contains(body, `aftercare_commit_turns_bucket{le="128"}`)
	})
	server.stop()
}

// Slack that refuses a token, or the app's connection, needs an operator just as well; it
// is seen until it is put right.
func TestReadinessSeesWhatSlackRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*slackfake.Server)
		says  string
		names string
		mend  func(*slackfake.Server) // nil where only a new token helps
	}{
		"the bot token":   {(*slackfake.Server).Revoke, "Slack is not working", "SLACK_BOT_TOKEN", nil},
		"the app token":   {(*slackfake.Server).RevokeAppToken, "Slack is not working", "SLACK_APP_TOKEN", nil},
		"Socket Mode off": {func(s *slackfake.Server) { s.SwitchSocketMode(false) }, "Slack needs attention", "SLACK_APP_TOKEN", func(s *slackfake.Server) { s.SwitchSocketMode(true) }},
	} {
		for when, before := range map[string]bool{"from the start": true, "later": false} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				slack := slackfake.New(t)
				ann := slack.NewUser("Ann Lee", "en-GB")
				m := slackMachine(t, slack, "sqlite:a.db", bySocket)
				url := "http://" + m.address
				if before {
					c.spoil(slack)
				}
				server := m.start("serve")
				if before {
					waitForLog(t, server, c.says)
				} else {
					server.awaitReady()
					ann.Say("help") // until it is connected nobody hears it
					ann.Direct().WaitText("/feedback")
					c.spoil(slack)
					if name == "the bot token" {
						ann.Say("privacy") // not "help": the answer on its way would do for both
					}
				}
				await(t, url+"/readyz", func(status int, body string) bool {
					return status == http.StatusServiceUnavailable && body == "unavailable\n"
				})
				if status, _ := get(t, url+"/healthz"); status != http.StatusOK {
					t.Errorf("/healthz answers %d", status)
				}
				if c.mend != nil {
					await(t, url+"/metrics", func(_ int, body string) bool {
						return strings.Contains(body, `aftercare_credentials_refused{setting="`+c.names+`"} 1`)
					})
					c.mend(slack)
					await(t, url+"/readyz", func(status int, _ string) bool { return status == http.StatusOK })
				}
				server.stop()
				if log := server.log.String(); !strings.Contains(log, "refuses the credentials") || strings.Contains(log, slack.BotToken) || strings.Contains(log, slack.AppToken) {
					t.Errorf("the log:\n%s", log)
				}
			})
		}
	}
}

// A token that Telegram refuses needs an operator: the instance says that it is not
// ready. Telegram that is only away needs patience.
func TestReadinessSeesARefusedToken(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]bool{"from the start": true, "later": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tg := telegramtest.New(t)
			m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db", "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL})
			if before {
				tg.Revoke()
			}
			server := m.start("serve")
			url := "http://" + m.address
			if !before {
				server.awaitReady()
				connected(tg, settings.Poll)
				tg.Revoke()
				tg.NewUser("Ann Lee", "en").Send("/help") // ends the poll that waits
			} else {
				waitForLog(t, server, "is not working")
			}
			await(t, url+"/readyz", func(status int, body string) bool {
				return status == http.StatusServiceUnavailable && body == "unavailable\n"
			})
			if status, _ := get(t, url+"/healthz"); status != http.StatusOK {
				t.Errorf("/healthz answers %d", status)
			}
			if log := server.log.String(); !strings.Contains(log, "refuses the credentials") || strings.Contains(log, tg.Token) {
				t.Errorf("the log:\n%s", log)
			}
			server.stop()
		})
	}
}

func waitForLog(t *testing.T, p *instance, words string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(p.log.String(), words); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q is not logged:\n%s", words, p.log)
		}
	}
}
