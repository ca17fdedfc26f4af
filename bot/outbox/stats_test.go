package outbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

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
