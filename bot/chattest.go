package bot

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/storage"
)

// ChatTests are messages by which an admin sees that a chat of staff hears.
type ChatTests struct{ Bot *Bot }

// Send has a message sent to the chat of a name, in its site's language. The key is that by
// which Look finds out what became of it. ErrNoStaffChat if no chat is linked under the name.
func (c ChatTests) Send(ctx context.Context, name, by string) (key string, err error) {
	b := c.Bot
	chats, err := b.store.StaffChatList(ctx) // and not what is known of them: it may be linked just now
	if err != nil {
		return "", fmt.Errorf("send a test: %w", err)
	}
	i := slices.IndexFunc(chats, func(x storage.StaffChat) bool { return x.Name == name })
	if i < 0 || chats[i].Address.IsZero() {
		return "", fmt.Errorf("send a test: %w", ErrNoStaffChat)
	}
	to, site := chats[i], ""
	if len(to.Sites) > 0 {
		site = to.Sites[0]
	}
	key = uuid.NewString()
	err = b.perform(ctx, newTeller(b).bucketFor(key), b.turnOf("", "test of a chat", storage.Load{}, nil, func(t *turn) error {
		v := render.SiteVoice(t.b.texts, t.snap.Site(site), t.now)
		t.want(storage.Want{
			Slot: testSlot(key), Kind: storage.NoticeD, Rank: storage.High, Address: t.snap.At(to.Address),
			Render: chat.Message{Text: v.Say("chat_test", "name", by), Lang: v.Lang},
		})
		return nil
	}))
	if err != nil {
		return "", fmt.Errorf("send a test: %w", err)
	}
	return key, nil
}

// Look is what became of a test.
func (c ChatTests) Look(ctx context.Context, key string) (storage.Delivery, error) {
	if _, err := uuid.Parse(key); err != nil {
		return storage.Delivery{}, storage.ErrNotFound
	}
	return c.Bot.store.Delivery(ctx, newTeller(c.Bot).bucketFor(key), testSlot(key))
}

func testSlot(key string) string {
	return storage.Slot{Kind: storage.LinkedSlot, Key: "test:" + key}.String()
}
