package bot

import (
	"context"
	"errors"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/storage"
)

// Hooks is what people do with news for other systems.
type Hooks struct{ Bot *Bot }

// Replay has messages to endpoints sent once more, each under its id and marked as a replay. It
// returns how many: those that are not kept any more are left out.
func (h Hooks) Replay(ctx context.Context, tries []storage.HookTry) (n int, err error) {
	var ws []outbox.Work
	now := h.Bot.now()
	for _, t := range tries {
		row, err := h.Bot.store.Delivery(ctx, t.Bucket, t.Slot)
		if errors.Is(err, storage.ErrNotFound) || err == nil && row.Address.Platform != chat.Hook {
			continue
		}
		if err != nil {
			return 0, err
		}
		w := storage.Want{
			Slot: row.Slot, Identity: row.Identity, Address: row.Address, Kind: row.Kind, Rank: storage.Spare, Render: row.Render,
			Repost: true, OnlyIfKnown: true,
		}
		w.Render.State = "replay " + newsAt(now) // what differs is sent
		w.Body, w.Hash = storage.Encoded(w.Render)
		ws = append(ws, outbox.Work{Bucket: t.Bucket, Turn: storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) {
			return storage.Change{Slots: []storage.SlotOp{{Want: &w}}}, nil
		}}})
	}
	if len(ws) == 0 {
		return 0, nil
	}
	errs := h.Bot.performAll(ctx, ws)
	for _, e := range errs {
		if e == nil {
			n++
		}
	}
	return n, errors.Join(errs...)
}

// PingNews is a message that shows an endpoint that it is reached.
func PingNews(now time.Time) chat.Message {
	return chat.Message{
		Title: NewsID("ping " + storage.NewID(now, 0)),
		Text:  News{storage.Ping, newsAt(now), map[string]string{"says": "Aftercare can tell this endpoint what happens."}}.Body(),
	}
}
