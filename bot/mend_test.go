package bot

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// parkedTap is a world with one parked update: Ann's first answer. cure makes the world
// able to handle it.
func parkedTap(t *testing.T) (w *world, p storage.Parked, cure func()) {
	t.Helper()
	w = newWorld(t)
	who := telegramUser("1", "Ann", "en")
	w.started(who, haircut)
	sound := w.bot.snap.Now()
	w.parse = func([]byte) (survey.Flow, error) { return survey.Flow{}, errors.New("this program cannot read it") }
	w.bot.snap.Change(func(n *snapshot.Snapshot) { *n = snapshot.Snapshot{} })
	if err := w.bot.refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.press(who, "1")
	parked, err := w.store.ParkedUpdates(context.Background(), 10)
	if err != nil || len(parked) != 1 {
		t.Fatalf("parked: %+v, %v", parked, err)
	}
	if len(w.session(who).Answers) != 0 {
		t.Fatal("it was handled")
	}
	return w, parked[0], func() {
		w.parse = nil
		w.bot.snap.Change(func(n *snapshot.Snapshot) { *n = *sound })
	}
}

func TestAParkedUpdateIsHandledAgainExactlyOnce(t *testing.T) {
	w, p, cure := parkedTap(t)
	who := telegramUser("1", "Ann", "en")
	ctx := context.Background()
	if err := w.bot.RetryParked(ctx, p); !errors.Is(err, ErrStillParked) {
		t.Errorf("while it cannot be handled: %v", err)
	}
	if parked, _ := w.store.ParkedUpdates(ctx, 10); len(parked) != 1 {
		t.Fatalf("a failed retry loses it: %+v", parked)
	}
	cure()
	if err := w.bot.RetryParked(ctx, p); err != nil {
		t.Fatal(err)
	}
	if n := len(w.session(who).Answers); n != 1 {
		t.Errorf("%d answers are stored", n)
	}
	if parked, _ := w.store.ParkedUpdates(ctx, 10); len(parked) != 0 {
		t.Errorf("it is still parked: %+v", parked)
	}
	if err := w.bot.RetryParked(ctx, p); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a second retry: %v", err)
	}
	if n := len(w.session(who).Answers); n != 1 {
		t.Errorf("%d answers are stored after the second retry", n)
	}
}

// The process dies after the update was handled and before its record was removed.
func TestARetryThatWasCutShortDoesNothingTwice(t *testing.T) {
	w, p, cure := parkedTap(t)
	who := telegramUser("1", "Ann", "en")
	ctx := context.Background()
	cure()
	if err := w.store.Unpark(ctx, p); err != nil {
		t.Fatal(err)
	}
	var u chat.Update
	if err := json.Unmarshal([]byte(p.Payload), &u); err != nil {
		t.Fatal(err)
	}
	w.handle(u)
	before := w.bot.Stats()
	if err := w.bot.RetryParked(ctx, p); err != nil {
		t.Fatal(err)
	}
	if after := w.bot.Stats(); after.Repeated != before.Repeated+1 || after.Updates != before.Updates {
		t.Errorf("handled again: %+v, then %+v", before, after)
	}
	if parked, err := w.store.ParkedUpdates(ctx, 10); err != nil || len(parked) != 0 {
		t.Errorf("parked: %+v, %v", parked, err)
	}
	if n := len(w.session(who).Answers); n != 1 {
		t.Errorf("%d answers are stored", n)
	}
}

func TestADeliveryThatWasGivenUpIsSentOrLetBe(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	giveUp := func(slot string) storage.Delivery {
		t.Helper()
		var d storage.Delivery
		for _, op := range []storage.SlotOp{
			{Want: &storage.Want{Slot: slot, Address: staffTG, Kind: storage.CardD, Render: chat.Message{Text: "a card"}, Hash: "1"}},
			{Claim: &storage.Claim{Slot: slot, Epoch: 1}},
			{Settle: &storage.Settle{Slot: slot, Epoch: 1, Version: 1, Outcome: storage.GaveUp, Error: "the chat is gone"}},
		} {
			turn := storage.Turn{
				Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Slots: []storage.SlotOp{op}}, nil },
				Done:  func(r storage.Result) { d = r.Changed[0] },
			}
			if err := w.bot.out.Commit(ctx, outbox.Work{Bucket: 0, Turn: turn})[0]; err != nil {
				t.Fatal(err)
			}
		}
		return d
	}
	again, never := giveUp("case:a:1"), giveUp("case:b:1")
	if err := w.bot.RetryDelivery(ctx, again); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.DropDelivery(ctx, never); err != nil {
		t.Fatal(err)
	}
	for slot, want := range map[string]storage.DeliveryState{"case:a:1": storage.Due, "case:b:1": storage.Sent} {
		if d, err := w.store.Delivery(ctx, 0, slot); err != nil || d.State != want || d.Attempts != 0 {
			t.Errorf("%s is %s after %d attempts, want %s: %v", slot, d.State, d.Attempts, want, err)
		}
	}
	for _, d := range []storage.Delivery{again, never} {
		if err := w.bot.RetryDelivery(ctx, d); !errors.Is(err, ErrNotGivenUp) {
			t.Errorf("%s, mended already: %v", d.Slot, err)
		}
	}
}
