// Package chattest helps to test what sends and what is an adapter: a Sender that
// records, and the conformance kit that every adapter passes (Run).
package chattest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// WaitLimit is how long waiting methods wait before they fail the test.
const WaitLimit = time.Minute

// Sent is one call of Send.
type Sent struct {
	To      chat.Address
	Message chat.Message
	At      chat.Ref // "" = a new message was wanted
	Ref     chat.Ref // what it returned
	Err     error
}

// Sender records what is sent and keeps the chats as they would look. Its zero
// value is ready; it is safe for concurrent use.
type Sender struct {
	// Before, if set, is called before each send without any lock held; its error
	// becomes that of the send, which then shows nothing. It may block.
	Before func(context.Context, chat.Address, chat.Message, chat.Ref) error

	mu      sync.Mutex
	next    int
	sent    []Sent
	chats   map[chat.Address][]posted
	script  []error
	changed chan struct{} // closed and made anew after each send
}

type posted struct {
	ref     chat.Ref
	message chat.Message
}

var _ chat.Sender = (*Sender)(nil)

// Fail makes the next sends fail with these errors, one each; nil lets one pass.
func (s *Sender) Fail(errs ...error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, errs...)
}

// Send implements chat.Sender. An InDoubt error that was scripted shows the
// message all the same: that is what the doubt is about.
func (s *Sender) Send(ctx context.Context, to chat.Address, m chat.Message, at chat.Ref) (chat.Ref, error) {
	if s.Before != nil {
		if err := s.Before(ctx, to, m, at); err != nil {
			s.record(Sent{To: to, Message: m, At: at, Err: err})
			return "", err
		}
	}
	if err := ctx.Err(); err != nil {
		err = &chat.Error{Kind: chat.Temporary, Err: err}
		s.record(Sent{To: to, Message: m, At: at, Err: err})
		return "", err
	}
	s.mu.Lock()
	var err error
	if len(s.script) > 0 {
		err, s.script = s.script[0], s.script[1:]
	}
	ref := chat.Ref("")
	if err == nil || chat.AsError(err).Kind == chat.InDoubt {
		ref = s.show(to, m, at)
	}
	s.mu.Unlock()
	if err != nil {
		s.record(Sent{To: to, Message: m, At: at, Err: err})
		return "", err
	}
	s.record(Sent{To: to, Message: m, At: at, Ref: ref})
	return ref, nil
}

// show puts the message into its chat. The lock must be held.
func (s *Sender) show(to chat.Address, m chat.Message, at chat.Ref) chat.Ref {
	if s.chats == nil {
		s.chats = map[chat.Address][]posted{}
	}
	for i, p := range s.chats[to] {
		if at != "" && p.ref == at {
			s.chats[to][i].message = m
			return at
		}
	}
	s.next++
	ref := chat.Ref(strconv.Itoa(s.next))
	s.chats[to] = append(s.chats[to], posted{ref, m})
	return ref
}

func (s *Sender) record(sent Sent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, sent)
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Vanish takes a message out of its chat: the next edit of it posts anew.
func (s *Sender) Vanish(to chat.Address, ref chat.Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chats[to] = slices.DeleteFunc(s.chats[to], func(p posted) bool { return p.ref == ref })
}

// Sent returns every call of Send, in the order they ended.
func (s *Sender) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// Chat returns the messages that now stand in a chat, oldest first.
func (s *Sender) Chat(to chat.Address) []chat.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []chat.Message
	for _, p := range s.chats[to] {
		out = append(out, p.message)
	}
	return out
}

// Wait waits until ok holds over all calls so far, and returns them. It fails the
// test after WaitLimit.
func (s *Sender) Wait(tb testing.TB, what string, ok func([]Sent) bool) []Sent {
	tb.Helper()
	timer := time.NewTimer(WaitLimit)
	defer timer.Stop()
	for {
		s.mu.Lock()
		all := slices.Clone(s.sent)
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		if ok(all) {
			return all
		}
		select {
		case <-changed:
		case <-timer.C:
			tb.Fatalf("chattest: waited %v in vain for %s; sent so far:\n%s", WaitLimit, what, list(all))
		}
	}
}

// WaitFor waits until n sends succeeded.
func (s *Sender) WaitFor(tb testing.TB, n int) []Sent {
	tb.Helper()
	return s.Wait(tb, fmt.Sprintf("%d messages", n), func(all []Sent) bool {
		shown := 0
		for _, c := range all {
			if c.Err == nil {
				shown++
			}
		}
		return shown >= n
	})
}

func list(all []Sent) string {
	out := ""
	for _, c := range all {
		out += fmt.Sprintf("%s at %q: %q (%v)\n", c.To, c.At, c.Message.Title+c.Message.Text, c.Err)
	}
	return out
}
