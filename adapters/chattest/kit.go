package chattest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Adapter is one platform with one person in front of it, in a chat of their own
// in which the bot may write. Where platforms differ, it says so; where a platform
// has no such thing, methods return false and the kit asks no more.
type Adapter interface {
	Sender() chat.Sender
	Address() chat.Address
	// Serve takes updates until ctx ends, and returns nil then.
	Serve(ctx context.Context, h chat.Handler) error

	// Shown is what the person sees of the bot's messages, oldest first.
	Shown() []Shown
	// Say writes words, or a command if they begin with a slash.
	Say(text string)
	// Tap presses the first button of a message and returns a function that waits
	// for what the person sees at once.
	Tap(chat.Ref) (answer func() chat.Answer)
	// Field names the platform's own field in which the person answers a message, with all
	// that sets it apart from its other fields ("date picker", "three lines"). It is "" where
	// there is none but the line that is always there.
	Field(chat.Ref) string
	// Enter answers a message in its field: with words, or by picking what they say.
	Enter(at chat.Ref, answer string)
	// Repeat makes the platform deliver the newest update once more.
	Repeat() bool
	// Vanish deletes a message of the bot's.
	Vanish(chat.Ref) bool
	// Fail makes the next send fail, RateLimited by Wait.
	Fail(Failure) bool

	Traits() Traits
}

// Shown is one message as the person sees it.
type Shown struct {
	Ref     chat.Ref
	Text    string   // all words, from title to footer
	Styles  []string // what is styled, linked or mentioned, in order: names only
	Buttons []string // labels
}

// Traits are a platform's figures.
type Traits struct {
	TextLimit int              // most units of a message's words; 0 = none
	Units     func(string) int // how the platform counts
	DataLimit int              // most bytes of a button's data
	AsText    []chat.Expects   // asked for in the field for text: the platform has no better one
	Secrets   []string         // must stand in no error and no log
	Log       func() string    // all that was logged
}

// Failure is a way in which a send may fail.
type Failure string

// The failures, and what a Sender makes of each.
const (
	BlockedByPerson Failure = "blocked"          // chat.Unreachable
	TooFast         Failure = "too fast"         // chat.RateLimited
	ServerBroken    Failure = "server broken"    // chat.InDoubt
	ConnectionReset Failure = "connection reset" // chat.InDoubt
	NoAnswer        Failure = "no answer"        // chat.InDoubt, once the context ends
	AccessRevoked   Failure = "access revoked"   // chat.Revoked; nothing is sent after it
	NobodyListens   Failure = "nobody listens"   // chat.Temporary; nothing is sent after it
)

// Wait is what a platform that refuses TooFast tells to wait.
const Wait = 7 * time.Second

// Run checks an adapter; start makes a fresh one for each check.
func Run(t *testing.T, start func(*testing.T) Adapter) {
	for _, check := range []struct {
		name string
		run  func(*testing.T, *stage)
	}{
		{"posts and edits", posts},
		{"shows every part of a message", parts},
		{"edits a vanished message by posting anew", vanished},
		{"shows hostile text inertly", hostile},
		{"cuts what is too long", limits},
		{"tells errors apart", failures},
		{"obeys its context", contexts},
		{"reports words, commands and taps", updates},
		{"repeats what was not stored", repeats},
		{"takes hostile words", hostileWords},
		{"shows answers", answers},
		{"asks for whatever can be expected", expectations},
	} {
		t.Run(check.name, func(t *testing.T) {
			s := &stage{Adapter: start(t), t: t, arrived: make(chan chat.Update, 1000)}
			t.Cleanup(s.secrets)
			check.run(t, s)
		})
	}
}

// stage is an adapter under test, with a handler that keeps what it got.
type stage struct {
	Adapter
	t       *testing.T
	arrived chan chat.Update

	mu     sync.Mutex
	fail   int // so many batches are refused
	answer chat.Answer
	errs   []error // of all sends
}

func (s *stage) send(m chat.Message, at chat.Ref) (chat.Ref, error) {
	return s.sendIn(s.t.Context(), m, at)
}

func (s *stage) sendIn(ctx context.Context, m chat.Message, at chat.Ref) (chat.Ref, error) {
	ref, err := s.Sender().Send(ctx, s.Address(), m, at)
	if err != nil {
		s.mu.Lock()
		s.errs = append(s.errs, err)
		s.mu.Unlock()
	}
	return ref, err
}

func (s *stage) mustSend(m chat.Message, at chat.Ref) chat.Ref {
	s.t.Helper()
	ref, err := s.send(m, at)
	if err != nil {
		s.t.Fatalf("send %q: %v", m.Title+m.Text, err)
	}
	if ref == "" {
		s.t.Fatalf("send %q: no ref", m.Title+m.Text)
	}
	return ref
}

// shown is the message that the ref names.
func (s *stage) shown(ref chat.Ref) Shown {
	s.t.Helper()
	for _, m := range s.Shown() {
		if m.Ref == ref {
			return m
		}
	}
	s.t.Fatalf("the person does not see message %q", ref)
	return Shown{}
}

// serve takes updates until the test ends or stop is called.
func (s *stage) serve() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, s.handle) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				if err != nil {
					s.t.Errorf("serving ended with %v", err)
				}
			case <-time.After(WaitLimit):
				s.t.Error("serving does not end with its context")
			}
		})
	}
	s.t.Cleanup(stop)
	return stop
}

func (s *stage) handle(_ context.Context, batch []chat.Update) ([]chat.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail > 0 {
		s.fail--
		return nil, errStoreAway
	}
	var out []chat.Answer
	for i, u := range batch {
		s.arrived <- u
		if u.Kind == chat.Tap && s.answer.Text != "" {
			a := s.answer
			a.Update = i
			out = append(out, a)
		}
	}
	return out, nil
}

// next is the next update of a kind that means something.
func (s *stage) next() chat.Update {
	s.t.Helper()
	for {
		select {
		case u := <-s.arrived:
			if u.Kind != chat.Other {
				return u
			}
		case <-time.After(WaitLimit):
			s.t.Fatal("no update arrived")
		}
	}
}
