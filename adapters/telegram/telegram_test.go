package telegram_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a server, a client of it and what the client logged.
type world struct {
	*telegramtest.Server
	client *telegram.Client
	log    *logBook
	t      *testing.T
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := telegramtest.New(t)
	log := &logBook{}
	c := telegram.New(telegram.Config{Token: s.Token, API: s.URL, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	t.Cleanup(func() {
		c.Close()
		if strings.Contains(log.String(), secretOf(s.Token)) {
			t.Errorf("the token is in the log:\n%s", log)
		}
	})
	return &world{Server: s, client: c, log: log, t: t}
}

// another is a second program of the same bot.
func (w *world) another() *telegram.Client {
	c := telegram.New(telegram.Config{Token: w.Token, API: w.URL})
	w.t.Cleanup(c.Close)
	return c
}

func secretOf(token string) string { _, secret, _ := strings.Cut(token, ":"); return secret }

// address is where the client finds the chat.
func (w *world) address(c *telegramtest.Chat) chat.Address {
	return chat.Address{Platform: chat.Telegram, Account: w.client.ID(), Chat: c.Address()}
}

// ann is a person who started the bot; nothing waits to be fetched.
func (w *world) ann() *telegramtest.User {
	u := w.NewUser("Ann", "en-GB")
	u.Allow()
	return u
}

func (w *world) send(c *telegramtest.Chat, m chat.Message, at chat.Ref) (chat.Ref, error) {
	w.t.Helper()
	return w.client.Send(w.t.Context(), w.address(c), m, at)
}

func (w *world) mustSend(c *telegramtest.Chat, m chat.Message, at chat.Ref) chat.Ref {
	w.t.Helper()
	r, err := w.send(c, m, at)
	if err != nil {
		w.t.Fatalf("send: %v", err)
	}
	return r
}

// last is the newest message of the bot's in the chat.
func (w *world) last(c *telegramtest.Chat) telegramtest.Message {
	w.t.Helper()
	all := c.FromBot()
	if len(all) == 0 {
		w.t.Fatalf("the bot wrote nothing")
	}
	return all[len(all)-1]
}

// noRefusals fails the test if the server found anything wrong with a request.
func (w *world) noRefusals() {
	w.t.Helper()
	if r := w.Refusals(); len(r) > 0 {
		w.t.Errorf("the server refused %v", r)
	}
}

type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// inbox is a handler that keeps what it got.
type inbox struct {
	mu      sync.Mutex
	got     []chat.Update
	answers func(chat.Update) chat.Answer
	fail    int // so many times
	arrived chan chat.Update
}

func newInbox() *inbox { return &inbox{arrived: make(chan chat.Update, 1000)} }

var errStoreAway = errors.New("the store is away")

func (i *inbox) handle(_ context.Context, updates []chat.Update) ([]chat.Answer, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.fail > 0 {
		i.fail--
		return nil, errStoreAway
	}
	var out []chat.Answer
	for n, u := range updates {
		i.got = append(i.got, u)
		i.arrived <- u
		if i.answers != nil {
			a := i.answers(u)
			a.Update = n
			out = append(out, a)
		}
	}
	return out, nil
}

func (i *inbox) next(t *testing.T) chat.Update {
	t.Helper()
	select {
	case u := <-i.arrived:
		return u
	case <-time.After(telegramtest.WaitLimit):
		t.Fatal("no update arrived")
		return chat.Update{}
	}
}

// poll runs a poller until the test ends, or stop is called.
func (w *world) poll(h chat.Handler) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- telegram.NewPoller(w.client, h).Run(ctx) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() { cancel(); err = <-done })
		return err
	}
	w.t.Cleanup(func() { _ = stop() })
	return stop
}

func itoa(n int) string { return strconv.Itoa(n) }

// wait waits until the log holds text.
func (l *logBook) wait(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(telegramtest.WaitLimit); !strings.Contains(l.String(), text); {
		if time.Now().After(deadline) {
			t.Fatalf("the log never says %q:\n%s", text, l)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
