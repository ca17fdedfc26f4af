package slack_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

func TestAMessageIsMarkedAsArrivedOnce(t *testing.T) {
	w := newWorld(t)
	bob, staff := w.NewUser("Bob", "en"), w.NewChannel("staff")
	ts := chat.Ref(bob.SayIn(staff, "", "We call you at noon"))
	for range 2 { // a repeat is harmless
		if err := w.client.React(t.Context(), w.address(staff), ts, chat.Arrived); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"white_check_mark"}, staff.Messages()[0].Reactions); diff != "" {
		t.Error(diff)
	}
	before := len(w.Requests("reactions.add"))
	for _, c := range []struct {
		at   chat.Ref
		mark chat.Mark
	}{{ts, "unheard of"}, {"", chat.Arrived}, {"now", chat.Arrived}} {
		if err := w.client.React(t.Context(), w.address(staff), c.at, c.mark); kindOf(err) != chat.Rejected {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if n := len(w.Requests("reactions.add")) - before; n != 0 {
		t.Errorf("Slack was asked %d times for what it cannot show", n)
	}
}

func TestAMessageIsTakenOutOfItsChannel(t *testing.T) {
	w := newWorld(t)
	var remover chat.Remover = w.client
	staff := w.NewChannel("staff")
	ts := w.mustSend(staff, card(), "")
	for range 2 { // what is gone stays gone
		if err := remover.Remove(t.Context(), w.address(staff), ts); err != nil {
			t.Error(err)
		}
	}
	if n := len(staff.Messages()); n != 0 {
		t.Errorf("%d messages are left", n)
	}
	if err := remover.Remove(t.Context(), w.address(staff), "now"); kindOf(err) != chat.Rejected {
		t.Errorf("what is no message: %v", err)
	}
	w.Inject(slackfake.Fault{Method: "chat.delete", Error: "cant_delete_message"})
	if err := remover.Remove(t.Context(), w.address(staff), w.mustSend(staff, card(), "")); err != nil {
		t.Errorf("what the workspace keeps: %v", err)
	}
}

func TestNothingHangsOnAMark(t *testing.T) {
	w := newWorld(t)
	staff := w.NewChannel("staff")
	ref := w.mustSend(staff, card(), "")
	for code, want := range map[string]chat.ErrorKind{
		"missing_scope": "", "already_reacted": "", "message_not_found": chat.Rejected, "channel_not_found": chat.Unreachable, "token_revoked": chat.Revoked, "ratelimited": chat.RateLimited,
	} {
		w := newWorld(t)
		w.Inject(slackfake.Fault{Method: "reactions.add", Error: code})
		staff := w.NewChannel("staff")
		ref := w.mustSend(staff, card(), "")
		if err := w.client.React(t.Context(), w.address(staff), ref, chat.Arrived); kindOf(err) != want {
			t.Errorf("%s: %v", code, err)
		}
	}
	w.Inject(slackfake.Fault{Method: "reactions.add", Error: "missing_scope"})
	if err := w.client.React(t.Context(), w.address(staff), ref, chat.Arrived); err != nil {
		t.Error(err)
	}
	w.troubled("lacks the permission") // the operator learns why there are none
}
