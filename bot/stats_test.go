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
	if got.Updates != 2 || got.Repeated != 1 || got.Answers != 1 || got.Cases != 1 {
		t.Errorf("got %+v", got)
	}
	if b := got.Batches; b.Commits == 0 || b.Turns < b.Commits || b.UpTo[len(b.UpTo)-1] != b.Commits {
		t.Errorf("got %+v", b)
	}
}
