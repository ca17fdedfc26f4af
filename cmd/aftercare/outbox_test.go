package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// stuckIn fills a console's database with a message that was given up and an update that
// was parked, and returns their ids.
func stuckIn(t *testing.T, c *console) (message, update string) {
	t.Helper()
	ctx := context.Background()
	store, err := app.OpenStore(ctx, settings.Settings{DatabaseURL: settings.Secret(c.env["DATABASE_URL"])}, app.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	message, update = "case:0198c0de:1", "tg:42:7"
	staff := chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-100"}
	for _, op := range []storage.SlotOp{
		{Want: &storage.Want{Slot: message, Address: staff, Kind: storage.CardD, Render: chat.Message{Text: "zilpzalp waited two hours"}, Hash: "1"}},
		{Claim: &storage.Claim{Slot: message, Epoch: 1}},
		{Settle: &storage.Settle{Slot: message, Epoch: 1, Version: 1, Outcome: storage.GaveUp, Error: "the chat is gone"}},
	} {
		turn := storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Slots: []storage.SlotOp{op}}, nil }}
		if err := store.Advance(ctx, 0, []storage.Turn{turn})[0]; err != nil {
			t.Fatal(err)
		}
	}
	who := storage.Person{Platform: chat.Telegram, Account: "42", User: "5"}
	payload, err := json.Marshal(chat.Update{
		Key: update, Kind: chat.Text, Private: true, Text: "zilpzalp asks", At: time.Now(),
		From: chat.Address{Platform: chat.Telegram, Account: "42", Chat: "5"}, User: chat.User{ID: "5", Name: "Ann", Language: "en"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Park(ctx, storage.Parked{Key: update, Person: who, Payload: string(payload), Error: "it panicked", At: app.Now()}); err != nil {
		t.Fatal(err)
	}
	return message, update
}

func TestWhatIsStuckIsListedShownAndMended(t *testing.T) {
	c := newConsole(t, nil)
	message, update := stuckIn(t, c)
	list := c.must("outbox", "list")
	for _, want := range []string{"1 given up", "1 updates parked", message, update, "the chat is gone", "it panicked"} {
		if !strings.Contains(list, want) {
			t.Errorf("no %q in:\n%s", want, list)
		}
	}
	if asJSON := c.must("outbox", "list", "--json"); strings.Contains(list+asJSON, "zilpzalp") {
		t.Errorf("the list shows what somebody wrote:\n%s%s", list, asJSON)
	}
	for id, words := range map[string]string{message: "zilpzalp waited", update: "zilpzalp asks"} {
		for _, args := range [][]string{{"outbox", "show", id}, {"outbox", "show", id, "--json"}} {
			if out := c.must(args...); !strings.Contains(out, words) || !strings.Contains(out, id) {
				t.Errorf("%v does not show it:\n%s", args, out)
			}
		}
	}
	c.refuses(1, "no message and no update", "outbox", "show", "nonsense")
	c.refuses(2, "--all", "outbox", "retry")
	c.refuses(2, "--all", "outbox", "retry", update, "--all")

	var mended struct{ Mended []mendedView }
	if err := json.Unmarshal([]byte(c.must("outbox", "retry", "--all", "--json")), &mended); err != nil {
		t.Fatal(err)
	}
	if len(mended.Mended) != 2 {
		t.Fatalf("len(mended.Mended) is %v, want 2: %+v", len(mended.Mended), mended.Mended)
	}
	if mended.Mended[0].Error+mended.Mended[1].Error != "" {
		t.Errorf("one was not mended: %+v", mended)
	}
	// The message is due, and the update was answered.
	if list = c.must("outbox", "list"); !strings.Contains(list, "2 waiting, 0 given up, 0 updates parked.") {
		t.Errorf("afterwards:\n%s", list)
	}
	c.refuses(1, "is due", "outbox", "retry", message)
	c.refuses(1, "no message and no update", "outbox", "retry", update)
	if out := c.must("outbox", "retry", "--all"); !strings.Contains(out, "Nothing is stuck") {
		t.Error(out)
	}
}

func TestWhatIsDroppedIsLetBe(t *testing.T) {
	c := newConsole(t, nil)
	message, update := stuckIn(t, c)
	c.refuses(2, "--yes", "outbox", "drop", message, update)
	if list := c.must("outbox", "list"); !strings.Contains(list, "0 waiting, 1 given up, 1 updates parked.") {
		t.Errorf("without --yes something happened:\n%s", list)
	}
	c.must("outbox", "drop", message, update, "--yes")
	if list := c.must("outbox", "list"); !strings.Contains(list, "0 waiting, 0 given up, 0 updates parked.") {
		t.Errorf("afterwards:\n%s", list)
	}
}
