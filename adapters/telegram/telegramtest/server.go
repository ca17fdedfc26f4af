// Package telegramtest is a Bot API server of our own for tests. It behaves as
// Telegram does towards bots (offsets, lifetimes, conflicts, webhooks, refusals,
// limits), is stricter than Telegram where a bot's mistake would otherwise pass
// unseen, and shows chats as a person sees them.
package telegramtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// WaitLimit is how long the waiting methods wait before they fail the test.
const WaitLimit = time.Minute

// Server is one bot's Telegram. Its methods are safe for concurrent use.
type Server struct {
	URL      string // the base URL: telegram.Config.API, or TELEGRAM_API
	Token    string
	BotID    int64
	Username string // of the bot

	tb   testing.TB
	http *httptest.Server
	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup // webhook deliveries

	mu       sync.Mutex
	closed   bool
	changed  chan struct{} // closed and made anew whenever anything changed
	advanced time.Duration // how far the clock was put forward
	second   time.Duration // what a second of waiting takes
	revoked  bool

	users       map[int64]*User
	chats       map[int64]*Chat
	nextUser    int64
	nextGroup   int64
	nextMessage int // private chats and basic groups share one count

	queue
	webhookState
	faults
	limits
	taps     map[string]*Tap
	nextTap  int64
	commands map[string][]Command
	requests []Request
	refusals []Refusal
}

// New starts a server that ends with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{
		Token:       "7000000001:AAH-canary_of_a_token_that_leaks_nowhere",
		BotID:       7000000001,
		Username:    "aftercare_test_bot",
		tb:          tb,
		changed:     make(chan struct{}),
		second:      time.Second,
		users:       map[int64]*User{},
		chats:       map[int64]*Chat{},
		nextUser:    5_000_000_000, // beyond 32 bits, as new accounts are
		nextGroup:   4_000_000,
		nextMessage: 1,
		taps:        map[string]*Tap{},
		commands:    map[string][]Command{},
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.queue.next = 100_000 + rand.Int32N(1_000_000)
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL
	tb.Cleanup(s.Close)
	return s
}

// Close ends every request under way and stops the server. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	s.stop()
	s.notify()
	s.mu.Unlock()
	s.work.Wait()
	s.http.CloseClientConnections()
	s.http.Close()
}

// notify wakes all who wait for a change. The lock must be held.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Now is the server's time.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

func (s *Server) now() time.Time { return time.Now().Add(s.advanced) }

// Advance puts the server's clock forward: updates and taps age, limits recover.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advanced += d
	s.notify()
	s.pump()
}

// SetSecond says how long the server waits where Telegram waits a second: between
// deliveries to a webhook, and before it tells a second conflict. It does not touch
// the clock.
func (s *Server) SetSecond(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.second = d
}

// Revoke makes the token worthless.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = true
	s.notify()
}

// Renew makes another token the bot's, and the old one worthless, as @BotFather does.
func (s *Server) Renew(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Token, s.revoked = token, false
	s.notify()
}

// Request is a request of the bot's.
type Request struct {
	Method string
	Params map[string]string
	Chat   string // its chat_id, "" without one
	At     time.Time
}

// Refusal is a request that the server found wrong; it shows bots' mistakes.
type Refusal struct {
	Method      string
	Code        int
	Description string
}

// Requests returns the requests of one method, or all for "".
func (s *Server) Requests(method string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Request
	for _, r := range s.requests {
		if method == "" || r.Method == method {
			out = append(out, r)
		}
	}
	return out
}

// Refusals returns what the server refused on its own account: scripted faults are
// not among them.
func (s *Server) Refusals() []Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Refusal(nil), s.refusals...)
}

// Commands returns the menu of a scope ("all_private_chats") and language.
func (s *Server) Commands(scope, language string) []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Command(nil), s.commands[scope+"/"+language]...)
}

// WaitRequests waits until the bot made n requests of a method.
func (s *Server) WaitRequests(method string, n int) []Request {
	s.tb.Helper()
	var got []Request
	s.await(fmt.Sprintf("%d × %s", n, method), func() bool {
		got = nil
		for _, r := range s.requests {
			if r.Method == method {
				got = append(got, r)
			}
		}
		return len(got) >= n
	})
	return got
}

// Wait waits until ok, which is asked again whenever something changed,
// and fails the test if that takes longer than WaitLimit.
func (s *Server) Wait(what string, ok func() bool) {
	s.tb.Helper()
	timer := time.NewTimer(WaitLimit)
	defer timer.Stop()
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-timer.C:
			s.tb.Fatalf("telegramtest: waited %v in vain for %s\n%s", WaitLimit, what, s.Transcript())
		}
	}
}

// await is Wait for an ok that wants the lock held.
func (s *Server) await(what string, ok func() bool) {
	s.tb.Helper()
	s.Wait(what, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return ok()
	})
}

// Transcript is all chats as text, for messages of failing tests.
func (s *Server) Transcript() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, c := range s.chats {
		fmt.Fprintf(&b, "--- chat %d (%s)\n", c.ID, c.kind)
		for _, m := range c.visible() {
			fmt.Fprintf(&b, "%s\n", m)
		}
	}
	for _, r := range s.refusals {
		fmt.Fprintf(&b, "refused %s: %d %s\n", r.Method, r.Code, r.Description)
	}
	return b.String()
}
