package bot

import (
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
)

func TestStatsCountWhatHappened(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("7001", "Ann", "en")
	invite := w.invite(InviteRequest{Flow: "one_tap_csat"})
	w.command(ann, "start", invite.Token)
	again := w.update(ann, chat.Update{Kind: chat.Text, Text: "1"})
	w.handle(again)
	w.handle(again) // the platform repeats itself
	got := w.bot.Stats()
	switch {
	case got.Updates != 2:
		t.Errorf("got.Updates != 2: got %+v", got)
	case got.Repeated != 1:
		t.Errorf("got.Repeated != 1: got %+v", got)
	case got.Answers != 1:
		t.Errorf("got.Answers != 1: got %+v", got)
	case got.Cases != 1:
		t.Errorf("got.Cases != 1: got %+v", got)
	}
	switch b := got.Batches; {
	case b.Commits == 0:
		t.Errorf("b.Commits == 0: got %+v", b)
	case b.Turns < b.Commits:
		t.Errorf("b.Turns < b.Commits: got %+v", b)
	case b.UpTo[len(b.UpTo)-1] != b.Commits:
		t.Errorf("b.UpTo[len(b.UpTo)-1] != b.Commits: got %+v", b)
	}
}
