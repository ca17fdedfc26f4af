package oidc

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"
)

// asked answers requests to a provider in its place.
type asked func(*http.Request) (*http.Response, error)

func (f asked) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// silence is a provider that answers nobody: whoever asks waits as long as anybody does, and hears nothing.
type silence struct {
	asked   chan bool // somebody asks
	release chan bool // and has waited
}

func (h *house) silent() silence {
	s := silence{make(chan bool), make(chan bool)}
	h.p.client.Transport = asked(func(*http.Request) (*http.Response, error) {
		s.asked <- true
		<-s.release
		return nil, context.DeadlineExceeded
	})
	return s
}

// ticking is a clock that several read.
type ticking struct {
	mu  sync.Mutex
	now time.Time
}

func (c *ticking) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *ticking) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// TestACrowdAsksASilentProviderOnce has several people at the door of a provider that answers nobody. It is asked once,
// all are told after that one wait, and how it does is said at once, in the meantime too.
func TestACrowdAsksASilentProviderOnce(t *testing.T) {
	h := newHouse(t)
	clock := &ticking{now: h.now}
	h.p.Clock = clock.Now
	s, told := h.silent(), make(chan error)
	begin := func(ctx context.Context) error {
		_, _, err := h.p.Begin(ctx, back, false)
		return err
	}
	for range 5 {
		go func() { told <- begin(t.Context()) }()
	}
	<-s.asked
	if got := h.p.Health(); got != (Health{}) {
		t.Errorf("while it is waited for: %+v", got)
	}
	gone, goes := context.WithCancel(t.Context())
	goes()
	if err := begin(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("who went away waits on: %v", err)
	}
	clock.add(patience)
	s.release <- true
	for range 5 {
		select {
		case err := <-told:
			h.wants("after one wait", err, Unreachable)
		case <-s.asked:
			t.Fatal("it is asked by one after the other")
		}
	}
	h.wants("who comes right after", begin(t.Context()), Unreachable)
	if got := h.p.Health(); got.Fault != Unreachable || !got.At.Equal(clock.Now()) {
		t.Errorf("it did %+v", got)
	}
}

// TestAProviderThatIsKnownIsGoneToWhileItIsAskedAgain keeps nobody waiting for what is known.
func TestAProviderThatIsKnownIsGoneToWhileItIsAskedAgain(t *testing.T) {
	h := newHouse(t)
	clock := &ticking{now: h.now}
	h.p.Clock = clock.Now
	if _, err := h.comes(false); err != nil {
		t.Fatal(err)
	}
	clock.add(foundLife)
	s := h.silent()
	for range 3 {
		if _, _, err := h.p.Begin(t.Context(), back, false); err != nil {
			t.Error(err)
		}
	}
	<-s.asked
	h.p.mu.Lock()
	q := h.p.asking
	h.p.mu.Unlock()
	clock.add(patience)
	s.release <- true
	<-q.done
	if _, _, err := h.p.Begin(t.Context(), back, false); err != nil || h.p.Health().Fault != Unreachable {
		t.Errorf("once it did not answer: %v, %+v", err, h.p.Health())
	}
}

// TestToAskAProviderTakesNothingAway asks it while it is away: the doors that are known stay.
func TestToAskAProviderTakesNothingAway(t *testing.T) {
	h := newHouse(t)
	if _, err := h.comes(false); err != nil {
		t.Fatal(err)
	}
	h.Fails = "down"
	h.wants("asked while it is away", h.p.Check(t.Context()), Unreachable)
	if _, _, err := h.p.Begin(t.Context(), back, false); err != nil {
		t.Errorf("nobody can go there since: %v", err)
	}
	h.Fails = ""
	whole := h.p.client.Transport
	h.p.client.Transport = asked(func(r *http.Request) (*http.Response, error) {
		out, err := whole.RoundTrip(r)
		if err == nil && r.URL.Path == "/keys" {
			out.Header.Set("Content-Type", "application/octet-stream")
		}
		return out, err
	})
	if err := h.p.Check(t.Context()); err != nil {
		t.Errorf("keys that are called bytes: %v", err)
	}
}
