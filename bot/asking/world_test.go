package asking_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/webchat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/survey/flowfile"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// world is a bot that asks, on a real database with a clock of its own.
type world struct {
	t      *testing.T
	open   func(clock func() time.Time) (storage.Store, error)
	store  storage.Store
	bot    *bot.Bot
	asking *asking.Asking
	now    time.Time
	n      int
	people map[string]asking.Found // in Slack, by their addresses
	later  error                   // what Slack answers; nil = who somebody is
	raw    func() (*sql.DB, error) // the database itself
}

// engines open a database of four buckets on each engine.
func engines(t *testing.T, test func(t *testing.T, w *world), only ...string) {
	t.Helper()
	for name, open := range map[string]func(*testing.T, *world) func(func() time.Time) (storage.Store, error){
		"sqlite": func(t *testing.T, w *world) func(func() time.Time) (storage.Store, error) {
			path := sqlitetest.New(t, 4)
			w.raw = func() (*sql.DB, error) { return sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)") }
			return func(clock func() time.Time) (storage.Store, error) {
				return sqlite.Open(context.Background(), path, sqlite.Options{Clock: clock, Unchecked: true})
			}
		},
		"postgres": func(t *testing.T, w *world) func(func() time.Time) (storage.Store, error) {
			dsn := pgtest.From(t, "buckets_4", func(dsn string) error {
				_, err := postgres.Migrate(context.Background(), dsn, postgres.Options{Buckets: 4})
				return err
			})
			w.raw = func() (*sql.DB, error) { return sql.Open("postgres", dsn) }
			return func(clock func() time.Time) (storage.Store, error) {
				return postgres.Open(context.Background(), dsn, postgres.Options{Clock: clock, Wrap: pgtest.Kept(dsn), Unchecked: true})
			}
		},
	} {
		if len(only) > 0 && only[0] != name {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{t: t, now: noon, people: map[string]asking.Found{}}
			w.open = open(t, w)
			w.start()
			check(t, w.store.PutSite(t.Context(), storage.Site{ID: "main", Name: "Main Street", Zone: "Europe/Berlin", Language: "en", Created: noon}))
			check(t, w.store.PutAccount(t.Context(), storage.Account{Platform: chat.Telegram, ID: "42", Name: "care_bot", Seen: noon}))
			check(t, w.bot.Configuration().Refresh(t.Context()))
			test(t, w)
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start is another process on the same database.
func (w *world) start() {
	w.t.Helper()
	clock := func() time.Time { return w.now }
	store, err := w.open(clock)
	check(w.t, err)
	w.t.Cleanup(func() { _ = store.Close() })
	w.on(store)
}

// on runs a bot on a store.
func (w *world) on(store storage.Store) {
	w.t.Helper()
	clock := func() time.Time { return w.now }
	b, err := w.made(store)
	check(w.t, err)
	w.store, w.bot = store, b
	w.asking = asking.New(asking.Config{Store: store, Bot: b, Clock: clock, Find: func(_ context.Context, way storage.EventReach) (asking.Found, error) {
		if w.later != nil {
			return asking.Found{}, w.later
		}
		if f, ok := w.people[way.To]; ok {
			return f, nil
		}
		return asking.Found{}, asking.ErrNobody
	}})
}

func (w *world) made(store storage.Store) (*bot.Bot, error) {
	clock := func() time.Time { return w.now }
	b, err := bot.New(w.t.Context(), bot.Config{
		Store: store, Key: []byte("0123456789abcdef0123456789abcdef"), Parse: flowfile.Parse, Format: flowfile.Format, Templates: flowfile.Templates,
		Policy: rulefile.Parse, PublicURL: "https://care.example", Clock: clock,
		Traits: map[chat.Platform]chat.Traits{chat.Telegram: telegram.Traits(), chat.Slack: slack.Traits(), chat.Web: webchat.Traits()},
	})
	if err == nil {
		w.t.Cleanup(func() { _ = b.Close() })
	}
	return b, err
}

// triggers publishes a file.
func (w *world) triggers(source string) {
	w.t.Helper()
	_, _, err := w.store.PublishTriggers(w.t.Context(), source, w.now)
	check(w.t, err)
}

// told tells of a service that a customer had, as the API does, and returns what is said of it.
func (w *world) told(id, customer string, more ...func(*storage.Event)) asking.Answer {
	w.t.Helper()
	e := storage.Event{Source: "till", ID: id, State: storage.EventDone, Site: "main", Service: "cut", Ended: w.now, Customer: &storage.EventCustomer{ID: customer}}
	for _, m := range more {
		m(&e)
	}
	_, err := w.store.ChangeEvent(w.t.Context(), e.Source, e.ID, w.now, func(*storage.Event) (*storage.Event, error) { return &e, nil })
	check(w.t, err)
	all, err := w.asking.Told(w.t.Context(), []string{e.Name()})
	check(w.t, err)
	return all[e.Name()]
}

// pass lets time pass, and everything be done that falls due.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	w.now = w.now.Add(d)
	for range 3 {
		check(w.t, w.asking.Look(w.t.Context()))
	}
}

// passes lets time pass as it does in a server: everybody is decided about when they are due.
func (w *world) passes(d time.Duration) {
	w.t.Helper()
	end := w.now.Add(d)
	for {
		next := end
		for b := range w.store.Buckets() {
			due, err := w.store.AsksDue(w.t.Context(), storage.Bucket(b), end, 500)
			check(w.t, err)
			for _, x := range due {
				if x.State == "scheduled" && x.Due.Before(next) {
					next = x.Due
				}
			}
		}
		if next.After(w.now) {
			w.now = next
		}
		check(w.t, w.asking.Look(w.t.Context()))
		if !next.Before(end) {
			return
		}
	}
}

// asked is what was decided last of an event.
func (w *world) asked(id, customer string) storage.Ask {
	w.t.Helper()
	all, err := w.store.AsksAfter(w.t.Context(), customer, "till:"+id)
	check(w.t, err)
	if len(all) == 0 {
		w.t.Fatalf("nothing is known of %s", id)
	}
	return all[len(all)-1]
}

// state is the state of an event's ask, and its reason.
func (w *world) state(id, customer string) string {
	w.t.Helper()
	x := w.asked(id, customer)
	return strings.TrimSuffix(x.State+" "+x.Reason, " ")
}

// says is an update of a customer in Telegram.
func (w *world) says(user string, u chat.Update) {
	w.t.Helper()
	w.n++
	u.Key, u.Private, u.At = fmt.Sprint("u", w.n), true, w.now
	u.From, u.User = chat.Address{Platform: chat.Telegram, Account: "42", Chat: user}, chat.User{ID: user, Name: "Anna", Language: "en"}
	if _, err := w.bot.Handle(w.t.Context(), []chat.Update{u}); err != nil {
		w.t.Fatal(err)
	}
}

// linked has a customer come to Telegram by a link, long ago.
func (w *world) linked(customer, user string) {
	w.t.Helper()
	i, err := w.bot.Invite(w.t.Context(), bot.InviteRequest{Flow: "one_tap_csat", Site: "main", Customer: customer, Test: true})
	check(w.t, err)
	w.says(user, chat.Update{Kind: chat.Command, Command: "start", Text: i.Token})
	w.says(user, chat.Update{Kind: chat.Command, Command: "skip"})
}

// questions are those that a person was sent in Telegram, oldest first.
func (w *world) questions(user string) (all []storage.Delivery) {
	w.t.Helper()
	for b := range w.store.Buckets() {
		list, err := w.store.Transcript(w.t.Context(), storage.Bucket(b), chat.Address{Platform: chat.Telegram, Account: "42", Chat: user})
		check(w.t, err)
		for _, d := range list {
			if d.Kind == storage.QuestionD {
				all = append(all, d)
			}
		}
	}
	return all
}

// taps taps the first option of the newest question: the worst.
func (w *world) taps(user string) {
	w.t.Helper()
	all := w.questions(user)
	for i := len(all) - 1; i >= 0; i-- {
		if rows := all[i].Render.Rows; len(rows) > 0 {
			w.says(user, chat.Update{Kind: chat.Tap, Data: rows[0][0].Data})
			return
		}
	}
	w.t.Fatalf("%s was never asked anything", user)
}

func found(user string) asking.Found {
	return asking.Found{
		To:      storage.Person{Platform: chat.Slack, Account: "T1", User: user},
		Address: chat.Address{Platform: chat.Slack, Account: "T1", Chat: "D" + user}, Name: "Anna",
	}
}

// answersAll answers what is open with the first button, until nothing is open any more.
func (w *world) answersAll(user string) {
	w.t.Helper()
	for range 12 {
		all := w.questions(user)
		if q := all[len(all)-1].Render; len(q.Rows) == 0 {
			return
		}
		w.taps(user)
	}
}

// until runs the bot's own clocks until something holds.
func (w *world) until(holds func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = w.bot.Run(ctx) }()
	for late := time.Now().Add(30 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(late) {
			w.t.Error("it never happens")
			break
		}
	}
	cancel()
	<-done
}
