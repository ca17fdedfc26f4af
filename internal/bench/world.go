package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// questions is how many answers one conversation takes. The flow is flat, so that
// every answer costs the same.
const questions = 5

const flowName = "bench"

func benchFlow() string {
	var b strings.Builder
	b.WriteString("flow: " + flowName + "\nclass: transactional\ntitle: {en: Bench}\nlanguages: [en]\nquestions:\n")
	for i := range questions {
		fmt.Fprintf(&b, "  - key: q%d\n    scale: csat5\n    weight: 1\n    ask: {en: \"How was part %d of {service_name}?\"}\n", i, i)
		if i == 0 {
			b.WriteString("    primary: true\n")
		}
	}
	return b.String()
}

// bench is what all measurements share: a directory, a private Postgres.
type bench struct {
	options
	dir      string
	postgres *pgtest.Server
	next     atomic.Int64 // number of the next customer
	updates  atomic.Int64 // number of the next update
}

func newBench(o options) (*bench, error) {
	dir, err := os.MkdirTemp("", "aftercare-bench-")
	if err != nil {
		return nil, err
	}
	cluster, err := pgtest.Run("") // as durable as in production
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start Postgres: %w", err), os.RemoveAll(dir))
	}
	return &bench{options: o, dir: dir, postgres: cluster}, nil
}

func (b *bench) close() error {
	return errors.Join(b.postgres.Stop(), os.RemoveAll(b.dir))
}

// database makes an empty database and returns its address.
func (b *bench) database(name string) (string, error) {
	return b.postgres.DSN(name), b.postgres.Exec("postgres", "CREATE DATABASE "+name+" TEMPLATE template0")
}

func (b *bench) openPostgres(ctx context.Context, name string) (storage.Store, error) {
	url, err := b.database(name)
	if err != nil {
		return nil, err
	}
	return postgres.Open(ctx, url, postgres.Options{Migrate: true})
}

func (b *bench) openSQLite(ctx context.Context, name string) (storage.Store, error) {
	return sqlite.Open(ctx, filepath.Join(b.dir, name+".db"), sqlite.Options{Migrate: true})
}

// oneByOne is a store that holds Advance to one turn a transaction: the limit that
// batching is measured against.
type oneByOne struct{ storage.Store }

// Advance runs each turn in a transaction of its own.
func (s oneByOne) Advance(ctx context.Context, b storage.Bucket, turns []storage.Turn) []error {
	errs := make([]error, len(turns))
	for i := range turns {
		errs[i] = s.Store.Advance(ctx, b, turns[i:i+1])[0]
	}
	return errs
}

// world is one bot on one store.
type world struct {
	*bench
	bot   *bot.Bot
	store storage.Store
}

func (b *bench) newWorld(ctx context.Context, store storage.Store) (*world, error) {
	if _, _, err := store.Publish(ctx, flowName, benchFlow(), time.Now().UTC()); err != nil {
		return nil, err
	}
	_, err := store.PlaceStaffChat(ctx, storage.StaffChat{Name: "staff", Setting: "bench", Address: staffChat, Created: time.Now().UTC()})
	if err != nil {
		return nil, err
	}
	key := []byte("0123456789abcdef0123456789abcdef")
	made, err := bot.New(ctx, bot.Config{
		Store: store, Key: key, PublicURL: "http://127.0.0.1", Templates: flowfile.Templates,
		Parse: flowfile.Parse, Format: flowfile.Format, Policy: rulefile.Parse,
		Traits: app.Traits(),
	})
	if err != nil {
		return nil, err
	}
	return &world{bench: b, bot: made, store: store}, nil
}

func (w *world) close() error { return errors.Join(w.bot.Close(), w.store.Close()) }

// conversation is one customer with an open survey.
type conversation struct {
	address chat.Address
	user    chat.User
	session string        // as it stands in button data
	updates *atomic.Int64 // of all
}

const account = "4242"

// converse opens n conversations.
func (w *world) converse(ctx context.Context, n int) ([]*conversation, error) {
	return w.converseAt(ctx, n, func(int) string { return "" })
}

// converseAt opens n conversations about visits to these sites.
func (w *world) converseAt(ctx context.Context, n int, site func(int) string) ([]*conversation, error) {
	all := make([]*conversation, n)
	err := w.together(n, func(i int) error {
		invite, err := w.bot.Invite(ctx, bot.InviteRequest{
			Flow: flowName, Channel: string(chat.Telegram), Site: site(i), Event: map[string]string{"service_name": "haircut"}, Expires: time.Hour,
		})
		if err != nil {
			return err
		}
		id := strconv.FormatInt(1_000_000+w.next.Add(1), 10)
		c := &conversation{
			address: chat.Address{Platform: chat.Telegram, Account: account, Chat: id},
			user:    chat.User{ID: id, Name: "Customer " + id, Language: "en"},
			updates: &w.updates,
		}
		all[i] = c
		start := c.update()
		start.Kind, start.Command, start.Text = chat.Command, "start", invite.Token
		if _, err := w.bot.Handle(ctx, []chat.Update{start}); err != nil {
			return err
		}
		return w.findSession(ctx, c)
	})
	return all, err
}

// findSession reads the session's name off the buttons that the customer was shown,
// and opens the first question if a button does that.
func (w *world) findSession(ctx context.Context, c *conversation) error {
	shown, err := w.bot.Transcripts().Page(ctx, c.address, 0, 100)
	if err != nil {
		return err
	}
	for _, d := range shown {
		for _, line := range d.Render.Rows {
			for _, button := range line {
				switch {
				case strings.HasPrefix(button.Data, "1p"):
					c.session, _, _ = strings.Cut(button.Data[2:], ".")
					return nil
				case strings.HasPrefix(button.Data, "1o"):
					tap := c.update()
					tap.Kind, tap.Data = chat.Tap, button.Data
					if _, err := w.bot.Handle(ctx, []chat.Update{tap}); err != nil {
						return err
					}
					c.session = button.Data[2:]
					return nil
				}
			}
		}
	}
	var texts []string
	for _, d := range shown {
		texts = append(texts, d.Render.Text)
	}
	return fmt.Errorf("the conversation in %s shows no question, but %q", c.address, texts)
}

func (c *conversation) update() chat.Update {
	return chat.Update{
		Key:  chat.NumberedKey(account, c.updates.Add(1)),
		From: c.address, Private: true, User: c.user, At: time.Now().UTC(),
	}
}

// answer answers the next question well.
func (c *conversation) answer(question int) chat.Update { return c.pick(question, 4) }

// complain gives the first question the lowest answer: a case opens.
func (c *conversation) complain() chat.Update { return c.pick(0, 0) }

func (c *conversation) pick(question, option int) chat.Update {
	u := c.update()
	u.Kind, u.Data = chat.Tap, fmt.Sprintf("1p%s.%d.%d", c.session, question, option)
	return u
}

// together runs f(0) … f(n-1), InFlight of them at once, and returns the first error.
func (b *bench) together(n int, f func(int) error) error {
	var next atomic.Int64
	var workers sync.WaitGroup
	errs := make([]error, b.InFlight)
	for i := range errs {
		workers.Go(func() {
			for errs[i] == nil {
				k := int(next.Add(1)) - 1
				if k >= n {
					return
				}
				errs[i] = f(k)
			}
		})
	}
	workers.Wait()
	return firstError(errs...)
}
