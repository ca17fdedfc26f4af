package importing_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/invitation/sheet"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/api"
)

// inSlack finds whoever has an address at example.com in Slack.
func inSlack(_ context.Context, way storage.EventReach) (asking.Found, error) {
	user, ok := strings.CutSuffix(way.To, "@example.com")
	if !ok {
		return asking.Found{}, asking.ErrNobody
	}
	return asking.Found{
		To:      storage.Person{Platform: chat.Slack, Account: "T1", User: user},
		Address: chat.Address{Platform: chat.Slack, Account: "T1", Chat: "D" + user}, Name: "Anna",
	}, nil
}

// linked has a customer come to Telegram by a link, long ago.
func (w *world) linked(t *testing.T, customer, user string) {
	t.Helper()
	i, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: "one_tap_csat", Site: "main", Customer: customer, Test: true})
	check(t, err)
	for n, u := range []chat.Update{{Command: "start", Text: i.Token}, {Command: "skip"}} {
		u.Kind, u.Key, u.Private, u.At = chat.Command, fmt.Sprint("u", customer, n), true, w.now
		u.From, u.User = chat.Address{Platform: chat.Telegram, Account: "42", Chat: user}, chat.User{ID: user, Name: "Anna", Language: "en"}
		_, err := w.bot.Handle(t.Context(), []chat.Update{u})
		check(t, err)
	}
}

// An evening's fifty appointments: who is linked is asked in Telegram, who is a colleague's
// guest in Slack by their e-mail, and for whoever no bot reaches there is a link to hand out. Each
// is listed so, and is as it was foretold.
func TestFiftyAppointmentsAreAskedWhereEachCanBeReached(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		for _, a := range []storage.Account{{Platform: chat.Telegram, ID: "42", Name: "care_bot", Seen: noon}, {Platform: chat.Slack, ID: "T1", Name: "care", Seen: noon}} {
			check(t, w.Store.PutAccount(ctx, a))
		}
		check(t, w.bot.Configuration().Refresh(ctx))
		clock := func() time.Time { return w.now }
		w.Asking = asking.New(asking.Config{Store: w.Store, Bot: w.bot, Clock: clock, Find: inSlack})
		w.Door = api.NewDoor(api.Config{Store: w.Store, Bot: w.bot, Asking: w.Asking, Clock: clock})
		var b strings.Builder
		b.WriteString("Kundennr;Vorname;Ende;Telefon;Adresse\n")
		for i := range 50 {
			phone, mail := "", ""
			switch {
			case i < 20:
				w.linked(t, fmt.Sprint("C-", i), fmt.Sprint(1000+i))
			case i < 30:
				mail = fmt.Sprintf("u%d@example.com", i)
			default:
				phone = fmt.Sprintf("+49 30 55501%02d", i)
			}
			fmt.Fprintf(&b, "C-%d;Anna;10.03.2026 %02d:%02d;%s;%s\n", i, 8+i/30, i%30, phone, mail)
		}
		x := w.waiting(t, clock, b.String())
		m := x.now().Map
		m.Columns = []sheet.Field{sheet.Customer, sheet.FirstName, sheet.Ended, sheet.Phone, sheet.SlackMail}
		m.Site, m.Basis, m.Ask, m.Order = "main", "contract", "post_service_3", sheet.DayMonth
		check(t, x.desk.Check(x.id, m))
		x.work()
		if got := x.now(); got.Foretold.Asked != 50 || got.Foretold.ByLink != 20 || got.Foretold.Created != 50 {
			t.Errorf("foretold: %+v", got.Foretold)
		}
		check(t, x.desk.Run(x.id, storage.Audit{}))
		x.work()
		for range 4 {
			check(t, w.Asking.Look(ctx))
			w.now = w.now.Add(time.Second)
		}
		asks, err := w.Store.Asks(ctx, storage.AskFilter{Since: noon.AddDate(0, 0, -1), Limit: 1000})
		check(t, err)
		by := map[string]int{}
		for i := range asks {
			by[asks[i].By+" "+asks[i].State]++
		}
		if fmt.Sprint(by) != "map[slack sent:10 telegram sent:20 web handed_out:20]" {
			t.Errorf("asked: %v", by)
		}
		links, err := w.Asking.HandOuts(ctx, nil, noon.AddDate(0, 0, -1), 100)
		check(t, err)
		for _, h := range links {
			if h.Name != "Anna" || !strings.HasPrefix(h.Phone, "+493055501") || !strings.HasPrefix(h.Link(), "https://care.example/") {
				t.Errorf("to hand out: %+v, %s", h, h.Link())
			}
		}
		if len(links) != 20 {
			t.Errorf("%d links to hand out", len(links))
		}
	})
}
