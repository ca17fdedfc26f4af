package slack_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// slack-go's slacktest never ends the goroutine that writes to a connection.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/slack-go/slack/slacktest.handlePendingMessages"))
}

// world is a workspace, a client of it and what the client logged.
type world struct {
	*slackfake.Server
	client *slack.Client
	log    *logBook
	t      *testing.T

	mu       sync.Mutex
	troubles []error
}

// newWorld makes a world; change adjusts the client's configuration.
func newWorld(t *testing.T, change ...func(*slack.Config)) *world {
	t.Helper()
	w := &world{Server: slackfake.New(t), log: &logBook{}, t: t}
	c := slack.Config{
		BotToken: w.BotToken, AppToken: w.AppToken, SigningSecret: w.SigningSecret, API: w.URL,
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Trouble: func(err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.troubles = append(w.troubles, err)
		},
	}
	for _, f := range change {
		f(&c)
	}
	w.client = slack.New(c)
	t.Cleanup(func() {
		w.Server.Close()
		w.client.Close()
		http.DefaultClient.CloseIdleConnections()
		for _, secret := range w.secrets() {
			if strings.Contains(w.log.String(), secret) {
				t.Errorf("%q is in the log:\n%s", secret, w.log)
			}
		}
	})
	return w
}

func (w *world) secrets() []string {
	return []string{w.BotToken, w.AppToken, w.SigningSecret, w.ClientSecret, "canaryOfA", "ticket="}
}

// troubled waits for trouble whose words hold text.
func (w *world) troubled(text string) error {
	w.t.Helper()
	for deadline := time.Now().Add(slackfake.WaitLimit); ; time.Sleep(5 * time.Millisecond) {
		w.mu.Lock()
		for _, err := range w.troubles {
			if strings.Contains(err.Error(), text) {
				w.mu.Unlock()
				return err
			}
		}
		all := w.troubles
		w.mu.Unlock()
		if time.Now().After(deadline) {
			w.t.Fatalf("no trouble with %q was told; told were %v", text, all)
		}
	}
}

func (w *world) address(c *slackfake.Channel) chat.Address {
	return chat.Address{Platform: chat.Slack, Account: w.Team, Chat: c.ID}
}

// ann is a person whose direct messages the app opened.
func (w *world) ann() *slackfake.User {
	u := w.NewUser("Ann Archer", "en-GB")
	u.Allow()
	return u
}

func (w *world) send(c *slackfake.Channel, m chat.Message, at chat.Ref) (chat.Ref, error) {
	w.t.Helper()
	return w.client.Send(w.t.Context(), w.address(c), m, at)
}

func (w *world) mustSend(c *slackfake.Channel, m chat.Message, at chat.Ref) chat.Ref {
	w.t.Helper()
	r, err := w.send(c, m, at)
	if err != nil {
		w.t.Fatalf("send: %v", err)
	}
	return r
}

// noRefusals fails the test if the server found anything wrong with a request.
func (w *world) noRefusals() {
	w.t.Helper()
	if r := w.Refusals(); len(r) > 0 {
		w.t.Errorf("the server refused %v", r)
	}
}

// hooks serves signed HTTP and points the server at it.
func (w *world) hooks(h chat.Handler) slack.Hooks {
	hooks := slack.NewHooks(w.client, h)
	mux := http.NewServeMux()
	mux.Handle("/hooks/slack/events", hooks.Events)
	mux.Handle("/hooks/slack/interactive", hooks.Interactive)
	mux.Handle("/hooks/slack/command", hooks.Command)
	at := httptest.NewServer(mux)
	w.t.Cleanup(func() { w.Server.Close(); at.Close() })
	w.SetEndpoints(slackfake.Endpoints{Events: at.URL + "/hooks/slack/events", Interactive: at.URL + "/hooks/slack/interactive", Command: at.URL + "/hooks/slack/command"})
	return hooks
}

// socket serves Socket Mode until the test ends, or stop is called.
func (w *world) socket(h chat.Handler) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- slack.NewSocket(w.client, h).Run(ctx) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() { cancel(); err = <-done })
		return err
	}
	w.t.Cleanup(func() { _ = stop() })
	return stop
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

func newInbox() *inbox { return &inbox{arrived: make(chan chat.Update, 5000)} }

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
	case <-time.After(slackfake.WaitLimit):
		t.Fatal("no update arrived")
		return chat.Update{}
	}
}

// fresh is the next update that did not come before: what was on its way when its
// connection ended comes again, with the same key.
func (i *inbox) fresh(t *testing.T, seen map[string]bool) chat.Update {
	t.Helper()
	u := i.next(t)
	for seen[u.Key] {
		u = i.next(t)
	}
	seen[u.Key] = true
	return u
}

// none fails the test if an update arrived that was not fetched.
func (i *inbox) none(t *testing.T) {
	t.Helper()
	select {
	case u := <-i.arrived:
		t.Errorf("got %+v, want nothing", u)
	default:
	}
}

// transports runs a test over Socket Mode and over signed HTTP.
func transports(t *testing.T, test func(t *testing.T, w *world, in *inbox), change ...func(*slack.Config)) {
	for name, serve := range map[string]func(*world, chat.Handler){
		"socket": func(w *world, h chat.Handler) { w.socket(h) },
		"http":   func(w *world, h chat.Handler) { w.hooks(h) },
	} {
		t.Run(name, func(t *testing.T) {
			w, in := newWorld(t, change...), newInbox()
			serve(w, in.handle)
			test(t, w, in)
			w.noRefusals()
		})
	}
}

func kindOf(err error) chat.ErrorKind {
	if err == nil {
		return ""
	}
	return chat.AsError(err).Kind
}

// inboxOf is a handler that keeps the updates in a slice.
func inboxOf(got *[]chat.Update) chat.Handler {
	return func(_ context.Context, updates []chat.Update) ([]chat.Answer, error) {
		*got = append(*got, updates...)
		return nil, nil
	}
}
