package chattest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/chattest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var room = chat.Address{Platform: chat.Web, Chat: "room"}

func text(s string) chat.Message { return chat.Message{Text: s} }

func TestASenderKeepsTheChatAsItWouldLook(t *testing.T) {
	var s chattest.Sender
	send := func(m chat.Message, at chat.Ref) chat.Ref {
		t.Helper()
		ref, err := s.Send(t.Context(), room, m, at)
		if err != nil {
			t.Fatal(err)
		}
		return ref
	}
	one := send(text("one"), "")
	two := send(text("two"), "")
	if again := send(text("one, edited"), one); again != one || one == two {
		t.Errorf("refs %q, %q, %q", one, two, again)
	}
	if diff := cmp.Diff([]chat.Message{text("one, edited"), text("two")}, s.Chat(room)); diff != "" {
		t.Error(diff)
	}
	s.Vanish(room, one)
	if again := send(text("one, anew"), one); again == one {
		t.Error("a vanished message was edited")
	}
	if diff := cmp.Diff([]chat.Message{text("two"), text("one, anew")}, s.Chat(room)); diff != "" {
		t.Error(diff)
	}
	if n := len(s.WaitFor(t, 4)); n != 4 {
		t.Errorf("%d calls", n)
	}
}

func TestASenderFailsAsScripted(t *testing.T) {
	var s chattest.Sender
	blocked := &chat.Error{Kind: chat.Unreachable}
	s.Fail(blocked, nil, &chat.Error{Kind: chat.InDoubt})
	for i, want := range []chat.ErrorKind{chat.Unreachable, "", chat.InDoubt, ""} {
		_, err := s.Send(t.Context(), room, text("x"), "")
		if got := kind(err); got != want {
			t.Errorf("send %d: %q, want %q", i, got, want)
		}
	}
	// The refused one was not shown, the doubtful one was.
	if n := len(s.Chat(room)); n != 3 {
		t.Errorf("%d messages stand", n)
	}
	s.Before = func(context.Context, chat.Address, chat.Message, chat.Ref) error { return blocked }
	if _, err := s.Send(t.Context(), room, text("x"), ""); !errors.Is(err, blocked) {
		t.Errorf("got %v", err)
	}
	s.Before = nil
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Send(ctx, room, text("x"), ""); kind(err) != chat.Temporary {
		t.Errorf("with an ended context: %v", err)
	}
	if n := len(s.Sent()); n != 6 {
		t.Errorf("%d calls were recorded", n)
	}
}

func kind(err error) chat.ErrorKind {
	if err == nil {
		return ""
	}
	return chat.AsError(err).Kind
}

func TestHostileTextsAreManyAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, h := range chattest.Hostile() {
		if seen[h] {
			t.Errorf("%q stands twice", h)
		}
		seen[h] = true
	}
	if len(seen) < 60 {
		t.Errorf("%d texts, want at least 60", len(seen))
	}
	t.Attr("figure", fmt.Sprintf("%d different texts", len(seen)))
}
