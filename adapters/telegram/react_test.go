package telegram_test

import (
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram"
)

var (
	_ chat.Reactor = (*telegram.Client)(nil)
	_ chat.Remover = (*telegram.Client)(nil)
)

func TestAMessageIsTakenOutOfItsChat(t *testing.T) {
	w := newWorld(t)
	c := w.ann().Chat()
	w.mustSend(c, chat.Message{Text: "stays"}, "")
	id := w.mustSend(c, chat.Message{Text: "goes"}, "")
	for range 2 { // what is gone stays gone
		if err := w.client.Remove(t.Context(), w.address(c), id); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.last(c).Text; got != "stays" {
		t.Errorf("the chat ends in %q", got)
	}
	if err := w.client.Remove(t.Context(), w.address(c), "x"); err == nil || chat.AsError(err).Kind != chat.Rejected {
		t.Errorf("what is no message: %v", err)
	}
}

func TestAMarkIsAReaction(t *testing.T) {
	w := newWorld(t)
	c := w.ann().Chat()
	id := w.mustSend(c, chat.Message{Text: "hello"}, "")
	for range 2 { // again changes nothing
		if err := w.client.React(t.Context(), w.address(c), id, chat.Arrived); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.last(c).Reaction; got != "👍" {
		t.Errorf("the reaction is %q", got)
	}
	for _, at := range []chat.Ref{"", "x", "99999"} {
		if err := w.client.React(t.Context(), w.address(c), at, chat.Arrived); err == nil || chat.AsError(err).Kind != chat.Rejected {
			t.Errorf("a mark on %q: %v", at, err)
		}
	}
}

func TestAPromptInAGroupOpensTheReplyBox(t *testing.T) {
	w := newWorld(t)
	g := w.NewGroup("Staff")
	w.mustSend(g, chat.Message{Text: "@bob: reply to this", Expects: chat.ExpectsLong, Hint: "Your words"}, "")
	asked := w.Requests("sendMessage")
	want := `{"force_reply":true,"selective":true,"input_field_placeholder":"Your words"}`
	if got := asked[len(asked)-1].Params["reply_markup"]; got != want {
		t.Errorf("the keyboard is %s", got)
	}
}
