package bot

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

func TestDelightedAnswersReachThoseWhoServedIfTheFlowAllows(t *testing.T) {
	for _, c := range []struct {
		praise survey.Praise
		says   string
	}{{survey.PraiseNamed, "“Ann” · 5"}, {survey.PraiseAnonymous, "5"}, {"", ""}} {
		w := newWorld(t)
		setStaff(w.bot, staffTG)
		bob := w.member(1, "Bob", access.Agent)
		for _, f := range flowfile.Templates() {
			if f.ID != "post_service_3" {
				continue
			}
			f.Praise = c.praise
			source, err := flowfile.Format(f)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := w.store.Publish(context.Background(), f.ID, string(source), w.now); err != nil {
				t.Fatal(err)
			}
		}
		praise := func(id string) {
			t.Helper()
			ann := telegramUser(id, "Ann", "en")
			w.started(ann, InviteRequest{Flow: "post_service_3", Site: "main-street", Event: map[string]string{voice.AttrAgent: "Bob"}})
			for range 3 {
				w.press(ann, "5")
			}
			w.say(ann, "Wonderful, thank you!")
		}
		praise("1")
		teller := newTeller(w.bot)
		round := func(want int) {
			t.Helper()
			if err := teller.praised(context.Background()); err != nil {
				t.Fatal(err)
			}
			if c.says == "" {
				want = 0
			}
			for _, at := range []chat.Address{staffTG, bob.address} {
				got := w.slots(at, "praise:")
				if len(got) != want {
					t.Fatalf("praise %q: %d messages in %s, not %d", c.praise, len(got), at, want)
				}
				for _, d := range got {
					switch q := d.Render.Quotes[0]; {
					case !strings.HasPrefix(q.Text, c.says):
						t.Errorf("!strings.HasPrefix(q.Text, c.says): praise %q: %+v", c.praise, q)
					case !strings.Contains(q.Text, "Wonderful"):
						t.Errorf(`!strings.Contains(q.Text, "Wonderful"): praise %q: %+v`, c.praise, q)
					case q.Label != "", !strings.HasPrefix(d.Render.Title, "👏 Praise for Bob"):
						t.Errorf("praise %q: %q: %+v", c.praise, d.Render.Title, q)
					}
				}
			}
		}
		round(1)
		praise("2")
		praise("3")
		round(1) // they are gathered
		w.now = w.now.Add(praisePause + time.Second)
		round(2)
		round(2)
	}
}
