package bot

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
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
	if b := got.Batches; b.Commits == 0 || b.Turns < b.Commits || b.UpTo[batchSteps-1] != b.Commits {
		t.Errorf("got %+v", b)
	}
}

func TestBatchesAreCountedBySize(t *testing.T) {
	var m meter
	for _, n := range []int{1, 2, 3, 4, 5, maxBatch} {
		m.batch(n)
	}
	want := Batches{Commits: 6, Turns: 15 + maxBatch, UpTo: [batchSteps]int64{1, 2, 4, 5, 5, 5, 5, 6}}
	if diff := cmp.Diff(want, m.read().Batches); diff != "" {
		t.Error(diff)
	}
	m.sent(Send{chat.Telegram, storage.Delivered})
	before := m.read()
	m.sent(Send{chat.Telegram, storage.Delivered})
	if before.Sends[Send{chat.Telegram, storage.Delivered}] != 1 {
		t.Error("what was read changes afterwards")
	}
}
