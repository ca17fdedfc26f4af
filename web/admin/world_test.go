package admin

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/webchat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// world is an installation with two sites and people of several roles, and its admin.
type world struct {
	t      testing.TB
	store  storage.Store
	bot    *bot.Bot
	clock  *clock
	n      int
	serves func(judged) string // who served; nil = Bo
	speaks func(judged) string // the language; nil = English
	asks   func(judged) string // the survey; nil = one_tap_csat

	keeping *figures.Keeping // nil until the first result is made
}

// clock is a time that a test moves on.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// people are who may look at the world's cases.
var people = map[string]access.Grants{
	"robin": {access.EverySite: access.Lead},
	"mei":   {"main": access.Agent},
	"ada":   {"main": access.Agent},
	"hans":  {"harbour": access.Agent},
	"vera":  {"main": access.Viewer},
}

var names = map[string]string{"robin": "Robin Park", "mei": "Mei Chen", "ada": "Ada Okafor", "hans": "Hans Beck", "vera": "Vera Lind"}

func newWorld(t testing.TB) *world { return newWorldOn(t, nil) }

// newWorldOn is a world whose database is reached through what wraps its connections.
func newWorldOn(t testing.TB, wrap func(driver.Connector) driver.Connector) *world {
	t.Helper()
	return newWorldIn(t, func(clock func() time.Time) (storage.Store, error) {
		return sqlite.Open(context.Background(), sqlitetest.New(t, 1), sqlite.Options{Clock: clock, Unchecked: true, Wrap: wrap})
	})
}

// newWorldIn is a world in a database that is up to date. What stores conversations by itself, as judge does, needs one
// bucket.
func newWorldIn(t testing.TB, open func(clock func() time.Time) (storage.Store, error)) *world {
	t.Helper()
	ctx := context.Background()
	w := &world{t: t, clock: &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}
	store, err := open(w.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w.store = store
	for _, s := range []storage.Site{
		{ID: "main", Name: "Main Street", Zone: "Europe/Berlin", Language: "en", Created: w.clock.now},
		{ID: "harbour", Name: "Harbour", Zone: "Europe/Berlin", Language: "en", Created: w.clock.now},
	} {
		if err := store.PutSite(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	for id, roles := range people {
		if err := store.PutStaff(ctx, storage.Staff{ID: id, Name: names[id], Roles: roles, Created: w.clock.now}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.PutAccount(ctx, storage.Account{Platform: chat.Telegram, ID: "42", Name: "salon_bot", Seen: w.clock.now}); err != nil {
		t.Fatal(err)
	}
	w.bot, err = bot.New(ctx, bot.Config{
		Store: store, Key: []byte("a secret key for tests only"), PublicURL: "https://care.example", Clock: w.clock.Now,
		Templates: flowfile.Templates, Parse: flowfile.Parse, Format: flowfile.Format, Policy: rulefile.Parse,
		Traits: map[chat.Platform]chat.Traits{chat.Telegram: telegram.Traits(), chat.Slack: slack.Traits(), chat.Web: webchat.Traits()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.bot.Close() })
	return w
}

// runs lets the bot do what time asks for, until the test ends.
func (w *world) runs() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = w.bot.Run(ctx) }()
	w.t.Cleanup(func() { cancel(); <-done })
}

// says is somebody who writes to the bot on Telegram.
func (w *world) says(user, name string, u chat.Update) {
	w.t.Helper()
	w.n++
	u.Key = fmt.Sprint("tg:", w.n)
	u.From = chat.Address{Platform: chat.Telegram, Account: "42", Chat: user}
	u.User = chat.User{ID: user, Name: name, Language: "en"}
	u.Private, u.At = true, w.clock.Now()
	if _, err := w.bot.Handle(context.Background(), []chat.Update{u}); err != nil {
		w.t.Fatal(err)
	}
}

// unhappy is a customer who answers 1 of 5 and says why; they are as unsatisfied as can be.
func (w *world) unhappy(site, user, name, why string) storage.Case {
	w.t.Helper()
	return w.rated("1", site, user, name, why)
}

// rated is a customer who gives a bad answer of 5.
func (w *world) rated(answer, site, user, name, why string) storage.Case {
	w.t.Helper()
	inv, err := w.bot.Invite(context.Background(), bot.InviteRequest{Flow: "one_tap_csat", Site: site, Event: map[string]string{"service_name": "Haircut"}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.says(user, name, chat.Update{Kind: chat.Command, Command: "start", Text: inv.Token})
	w.press(user, name, answer)
	if why != "" {
		w.says(user, name, chat.Update{Kind: chat.Text, Text: why})
	}
	w.says(user, name, chat.Update{Kind: chat.Command, Command: "cancel"})
	cases, err := w.store.Cases(context.Background(), storage.CaseFilter{Limit: 99})
	if err != nil || len(cases) == 0 {
		w.t.Fatalf("no case opened: %v", err)
	}
	return slices.MaxFunc(cases, func(a, b storage.Case) int { return a.Number - b.Number })
}

// press taps the newest button of a customer's chat with this text.
func (w *world) press(user, name, text string) {
	w.t.Helper()
	at := storage.BucketOf(storage.Person{Platform: chat.Telegram, Account: "42", User: user}.Hash16(), w.store.Buckets())
	rows, err := w.store.Transcript(context.Background(), at, chat.Address{Platform: chat.Telegram, Account: "42", Chat: user})
	if err != nil {
		w.t.Fatal(err)
	}
	found := ""
	for _, d := range rows {
		for _, row := range d.Render.Rows {
			for _, b := range row {
				if b.Text == text || b.Label == text || strings.HasPrefix(b.Text, text) {
					found = b.Data
				}
			}
		}
	}
	if found == "" {
		w.t.Fatalf("there is no button %q", text)
	}
	w.says(user, name, chat.Update{Kind: chat.Tap, Data: found})
}

// viewer is a person of the world.
func viewer(id string) Viewer {
	return Viewer{Login: "l-" + id, Staff: id, Name: names[id], Grants: people[id], Language: "en"}
}

// as is the admin as a person sees it.
func (w *world) as(id string) *visit {
	return &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(viewer(id)), Clock: w.clock.Now})}
}

// visit is somebody at the pages, without script.
type visit struct {
	w *world
	h http.Handler
}

func (v *visit) get(at string) *httptest.ResponseRecorder {
	v.w.t.Helper()
	out := httptest.NewRecorder()
	v.h.ServeHTTP(out, httptest.NewRequest("GET", at, nil))
	return out
}

// post sends a form, and follows where it leads.
func (v *visit) post(at string, form url.Values) *httptest.ResponseRecorder {
	v.w.t.Helper()
	out := httptest.NewRecorder()
	r := httptest.NewRequest("POST", at, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	v.h.ServeHTTP(out, r)
	if out.Code == http.StatusSeeOther {
		to, _, _ := strings.Cut(out.Header().Get("Location"), "#")
		return v.get(to)
	}
	return out
}

// await waits for a condition by its name.
func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

func body(r *httptest.ResponseRecorder) string { b, _ := io.ReadAll(r.Result().Body); return string(b) }
