package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// quickRules let the clocks of a case strike within a test.
const quickRules = `
rules:
  sla:
    P1: {acknowledge: 4s}
  chain:
    - {at: 100, to: thread}
  follow_up: {after: 1s, close: 1h, daytime: 00:00-24:00}
`

// A case's life by the clock through the real binary, which is killed whenever something
// is about to fall due: a reminder, then the question whether it is settled, then a "No".
func TestTheClocksOfACaseStrikeThroughKills(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			tg := telegramtest.New(t)
			staff := tg.NewSupergroup("Staff")
			ann, bob := tg.NewUser("Ann Lee", "en"), tg.NewUser("Bobby", "en")
			m := newMachine(t, map[string]string{
				"DATABASE_URL": db.url(t), "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL,
				"TELEGRAM_STAFF_CHAT": staff.Address(), "TELEGRAM_MODE": settings.Poll,
			})
			write(t, filepath.Join(m.dir, "recovery.yaml"), quickRules)
			m.must("site", "add", "main-street", "--name", "Main Street")
			m.must("recovery", "apply", "recovery.yaml")
			m.must("staff", "add", "bob", "--name", "Bob Ray", "--everywhere")
			server := m.serve()
			connected(tg, settings.Poll)
			var code codeView
			if err := json.Unmarshal([]byte(m.must("staff", "code", "bob", "--json")), &code); err != nil {
				t.Fatal(err)
			}
			bob.Send("/link " + code.Code)
			bob.Chat().WaitText("Bob Ray")

			ann.Start(m.invite("--flow", "one_tap_csat", "--site", "main-street").Token)
			pickOption(ann, ann.Chat().WaitText("How satisfied"), 0).Answer()
			staff.WaitText("Main Street")
			server.kill()
			server = m.serve()
			staff.WaitText("nobody has it, late since ")

			for _, button := range []string{"Take", "Resolve", "○ Not done right", "☐ Apology", "☑ Apology"} {
				var card telegramtest.Message
				staff.Wait("a button "+button, func(all []telegramtest.Message) bool {
					for _, card = range all {
						if buttonLike(card, button) != "" {
							return true
						}
					}
					return false
				})
				if button == "☐ Apology" { // the drawing that shows what went wrong
					card = staff.WaitButton("◉ Not done right")
				}
				if button == "☑ Apology" {
					button = "Resolve"
				}
				bob.Tap(card, buttonLike(card, button)).Answer()
			}
			server.kill()
			server = m.serve()
			asked := ann.Chat().WaitText("How satisfied or dissatisfied are you with how we handled your concern")
			pickOption(ann, asked, 5).Answer()
			settled := ann.Chat().WaitText("Is the matter settled for you?")
			ann.Tap(settled, buttonLike(settled, "No")).Answer()
			staff.Wait("an open card again", func(all []telegramtest.Message) bool {
				newest := "" // of a card that was in doubt when the process died there are two copies
				for _, c := range all {
					if strings.Contains(c.Text, "Main Street") {
						newest = c.Text
					}
				}
				return strings.Contains(newest, "not settled, says")
			})
			server.stop()

			store := openStore(t, m)
			cases, err := store.Cases(t.Context(), storage.CaseFilter{Limit: 9})
			if err != nil || len(cases) != 1 {
				t.Fatalf("%d cases, %v", len(cases), err)
			}
			k := cases[0]
			if k.State != recovery.Open || k.Reopens != 1 || k.Outcome.Settled != recovery.SettledNo {
				t.Errorf("the case is %s, the outcome %+v", k.State, k.Outcome)
			}
			events, err := store.CaseEvents(t.Context(), k.Bucket, k.ID)
			if err != nil {
				t.Fatal(err)
			}
			n := map[string]int{}
			for _, e := range events {
				n[strings.TrimSpace(e.Kind+" "+e.Detail)]++
			}
			// Its clock began anew when it was reopened.
			if n["clock acknowledge 100"] < 1 || n["clock acknowledge 100"] > 2 || n["follow_up"] != 1 || n["reopened verified"] != 1 {
				t.Errorf("the history holds %v", n)
			}
		})
	}
}

// buttonLike is the whole text of a message's button that ends with these words, or "".
func buttonLike(m telegramtest.Message, words string) string {
	for _, row := range m.Buttons {
		for _, b := range row {
			if strings.HasSuffix(b.Text, words) {
				return b.Text
			}
		}
	}
	return ""
}
