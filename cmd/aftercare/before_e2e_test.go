package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// A booking is told by HTTP to the real binary, on both engines, and the customer is asked what they
// expect. The process dies. The next day the same service is told as done: the customer is asked what
// they got, in the same conversation; the gap between both is judged, and opens a case.
func TestABookingIsAskedAboutBeforeAndAfterItsDay(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			tg := telegramtest.New(t)
			ann := tg.NewUser("Ann Lee", "en")
			m := newMachine(t, map[string]string{
				"DATABASE_URL": db.url(t), "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_MODE": settings.Poll,
			})
			m.env["PUBLIC_URL"] = "http://" + m.address
			m.must("site", "add", "main", "--name", "Main Street", "--zone", midday())
			file := m.dir + "/triggers.yaml"
			write(t, file, "triggers:\n  - {name: ahead, on: booked, ask: expect_perceive}\n  - {name: visit, ask: one_tap_csat}\n")
			m.must("triggers", "apply", file)
			token := strings.Fields(m.must("token", "create", "booking", "--scope", "events:write"))[0]
			server := m.serve()
			connected(tg, settings.Poll)
			ann.Start(m.invite("--flow", "one_tap_csat", "--site", "main", "--customer", "C-1", "--channel", "telegram").Token)
			pickOption(ann, ann.Chat().WaitText("How satisfied"), 4).Answer()

			c := &caller{t: t, base: "http://" + m.address + "/api/v1", token: token}
			now := time.Now().UTC()
			event := func(state, more string) string {
				return fmt.Sprintf(`{"source":"till","id":"1","state":%q,"site":"main","service":"haircut","booked":%q%s,"customer":{"id":"C-1"}}`,
					state, now.AddDate(0, 0, -1).Format(time.RFC3339), more)
			}
			if a := c.tells(event("booked", "")); a.Result != "stored" || a.Invitation == nil || a.Invitation.Flow != "expect_perceive" {
				t.Fatalf("the booking is answered %+v", a)
			}
			const expected, got = 5, 1 // of seven steps
			for _, q := range []string{"how good do you expect your haircut to be?", "How well do you expect us to keep to the agreed time?"} {
				pickOption(ann, ann.Chat().WaitText(q), expected).Answer()
			}
			store := openStore(t, m)
			conversation := func() (s storage.Session) {
				asks, err := store.AsksAfter(t.Context(), "C-1", "till:1")
				if err != nil || len(asks) != 1 {
					t.Fatalf("the service has %d asks, %v", len(asks), err)
				}
				if at := asks[0]; at.Session != "" {
					s, err = store.Session(t.Context(), at.At, at.Session)
					here(t, err)
				}
				return s
			}
			eventually(t, "the survey waits for the service", func() bool { return conversation().Status == survey.Waiting })
			server.kill()
			for _, said := range ann.Chat().FromBot() {
				if strings.Contains(said.Text, "After your visit") {
					t.Errorf("before the service they are asked %q", said.Text)
				}
			}
			m.serve()

			done := fmt.Sprintf(`,"ended":%q`, now.Add(-2*time.Hour).Format(time.RFC3339))
			if w, said := c.send(http.MethodPut, "/events/till/1", event("done", done)); w.StatusCode != http.StatusOK {
				t.Fatalf("that it is done is answered %s: %s", w.Status, said)
			}
			for _, q := range []string{"After your visit: how good was your haircut?", "How well did we keep to the agreed time?"} {
				pickOption(ann, ann.Chat().WaitText(q), got).Answer()
			}
			eventually(t, "both halves are judged", func() bool { return conversation().Judgement.Gap != nil })
			if j := conversation().Judgement; *j.Gap != got-expected || !j.Unsatisfied {
				t.Errorf("it is judged %+v, the gap %v", j, *j.Gap)
			}
			staff := signedIn(t, m)
			staff.appeared("/cases", "the case", func(page string) bool { return strings.Contains(page, "Ann Lee") })
			a := c.knows("1", func(a eventAnswer) bool { return len(a.Asked) == 1 })
			if d := a.Asked[0].Decisions; len(d) != 1 || d[0].Decision != "sending" {
				t.Errorf("one ask was decided once, and not %+v", d)
			}
		})
	}
}
