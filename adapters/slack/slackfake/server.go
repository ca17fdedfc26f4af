// Package slackfake is a Slack of our own for tests: the Web API as far as the
// adapter uses it, Socket Mode with acknowledgements and redelivery, signed HTTP
// with retries, and the workspace as a person sees it. It is stricter than Slack
// where an app's mistake would otherwise pass unseen.
package slackfake

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// WaitLimit is how long the waiting methods wait before they fail the test.
const WaitLimit = time.Minute

// Server is one workspace with one app. Its methods are safe for concurrent use.
type Server struct {
	URL           string // the base URL of the Web API: slack.Config.API, or SLACK_API
	Team          string // T…
	BotToken      string
	AppToken      string
	SigningSecret string
	BotUser       string // U… of the app
	BotID         string // B…
	ClientID      string
	ClientSecret  string

	tb   testing.TB
	http *httptest.Server
	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	changed  chan struct{} // closed and made anew whenever anything changed
	second   time.Duration // what a second takes between two deliveries of the same
	patience time.Duration // how long an acknowledgement is waited for
	revoked  bool
	noApp    bool // the app token was revoked
	noTab    bool // the Messages tab is off
	noSocket bool // Socket Mode is off
	scopes   string

	users    map[string]*User
	channels map[string]*Channel
	nextID   int
	clock    int64 // the newest ts, in microseconds

	deliveries
	faults
	limits
	codes    map[string]bool // of OAuth, by whether they were used
	requests []Request
	refusals []Refusal
}

// New starts a server that ends with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{
		Team: "T0AFTERCARE", BotUser: "U0BOT", BotID: "B0BOT", ClientID: "111.222", ClientSecret: "client-secret-canary-0123456789",
		BotToken:      "xoxb" + "-1111-2222-canaryOfATokenThatLeaksNowhere",
		AppToken:      "xapp" + "-1-A0-333-canaryOfAnAppTokenThatLeaksNowhere",
		SigningSecret: "signing-secret-canary-0123456789abcdef",
		tb:            tb,
		changed:       make(chan struct{}),
		second:        time.Second,
		patience:      WaitLimit,
		users:         map[string]*User{},
		channels:      map[string]*Channel{},
		clock:         time.Now().UnixMicro(),
		codes:         map[string]bool{},
		scopes:        "chat:write,im:write,im:history,users:read,users:read.email,commands,channels:read,groups:read,channels:history,groups:history,reactions:write",
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL + "/api/"
	tb.Cleanup(s.Close)
	return s
}

// Close ends everything under way and stops the server. It may be called twice.
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
	s.hangUp()
	s.work.Wait()
	s.http.CloseClientConnections()
	s.http.Close()
}

// notify wakes all who wait for a change. The lock must be held.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// SetPatience says how long Slack waits for an acknowledgement before it delivers again. It
// is three seconds in truth, and WaitLimit here: what a test is about is hardly ever how
// fast its machine is.
func (s *Server) SetPatience(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.patience = d
}

// SetSecond says how long a second takes while Slack waits before it delivers again.
func (s *Server) SetSecond(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.second = d
}

// Revoke makes the bot's token worthless.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = true
}

// RevokeAppToken makes the app's own token worthless and ends all connections.
func (s *Server) RevokeAppToken() {
	s.mu.Lock()
	s.noApp = true
	s.mu.Unlock()
	s.Disconnect("refresh_requested")
}

// SwitchMessagesTab switches the app's Messages tab on or off.
func (s *Server) SwitchMessagesTab(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noTab = !on
}

// SwitchSocketMode switches Socket Mode on or off; off ends all connections.
func (s *Server) SwitchSocketMode(on bool) {
	s.mu.Lock()
	s.noSocket = !on
	s.mu.Unlock()
	if !on {
		s.Disconnect("link_disabled")
	}
}

// SetScopes says what the token may do, as the header X-OAuth-Scopes tells.
func (s *Server) SetScopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = strings.Join(scopes, ",")
}

// ts is a new timestamp, unique in the workspace. The lock must be held.
func (s *Server) ts() string {
	s.clock = max(s.clock+1, time.Now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.clock/1e6, s.clock%1e6)
}

// id is a new id with a prefix. The lock must be held.
func (s *Server) id(prefix string) string {
	s.nextID++
	return fmt.Sprintf("%s0%07d", prefix, s.nextID)
}

// Request is a request of the app's.
type Request struct {
	Method string
	Params map[string]string // of a form; JSON bodies are in Body
	Body   string
	At     time.Time
}

// Refusal is a request that the server found wrong; it shows apps' mistakes.
type Refusal struct{ Method, Code, Why string }

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

// Refusals returns what the server refused on its own account, and acknowledgements
// that were wrong; scripted faults are not among them.
func (s *Server) Refusals() []Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Refusal(nil), s.refusals...)
}

// Wait waits until ok, which is asked again whenever something changed, and fails
// the test if that takes longer than WaitLimit.
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
			s.tb.Fatalf("slackfake: waited %v in vain for %s\n%s", WaitLimit, what, s.Transcript())
		}
	}
}

// Transcript is all channels as text, for messages of failing tests.
func (s *Server) Transcript() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, c := range s.channels {
		fmt.Fprintf(&b, "--- %s %s\n", c.ID, c.Name)
		for _, m := range c.messages {
			fmt.Fprintf(&b, "%s %s: %q\n", m.ts, m.user, m.text)
		}
	}
	for _, r := range s.refusals {
		fmt.Fprintf(&b, "refused %s: %s %s\n", r.Method, r.Code, r.Why)
	}
	return b.String()
}
