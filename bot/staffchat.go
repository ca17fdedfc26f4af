package bot

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
)

// ErrNoStaffChat means that no chat of staff has this name.
var ErrNoStaffChat = errors.New("there is no chat of staff with this name")

// SetChatError means that a setting holds the address of a chat of staff: it is changed
// there, and nowhere else.
type SetChatError struct{ Name, Setting string }

func (e *SetChatError) Error() string {
	return e.Name + " is the chat of " + e.Setting + ": change or remove that setting, and start the server again"
}

// ChatLink is how a group or a channel becomes a chat of staff, once.
type ChatLink struct {
	Code     string
	Telegram string // link with which an admin of a group adds the bot and sends the code; "" = no bot is known
	Expires  time.Time
}

// byHand is a *SetChatError if the address of a chat is not changed by hand.
func byHand(snap *snapshot.Snapshot, name string) error {
	for _, c := range snap.Chats {
		if c.Name == name && c.Setting != "" {
			return &SetChatError{Name: name, Setting: c.Setting}
		}
	}
	return nil
}

// StaffChatsChanged takes the chats of staff as they are in the database now.
func (b *Bot) StaffChatsChanged(ctx context.Context) error { return b.snap.RefreshChats(ctx) }

// StaffChatLink makes a code with which a chat is linked under a name. Codes made
// before stop working. ErrNoStaffChat if the name was never added, *SetChatError if a
// setting holds its address.
func (b *Bot) StaffChatLink(ctx context.Context, name string) (ChatLink, error) {
	if err := byHand(b.snap.Now(), name); err != nil {
		return ChatLink{}, err
	}
	raw := make([]byte, 10)
	b.random(raw)
	l := ChatLink{Code: base32.StdEncoding.EncodeToString(raw)}
	l.Expires = b.now().UTC().Truncate(time.Microsecond).Add(StaffCodeExpires)
	err := b.store.PutChatCode(ctx, storage.ChatCode{Hash: b.key.code("chat", l.Code), Name: name, Expires: l.Expires})
	if errors.Is(err, storage.ErrNotFound) {
		err = ErrNoStaffChat
	}
	if err != nil {
		return ChatLink{}, fmt.Errorf("make a code: %w", err)
	}
	if account, ok := b.snap.Now().Account(chat.Telegram); ok && account.Name != "" {
		l.Telegram = "https://t.me/" + account.Name + "?startgroup=" + l.Code
	}
	return l, nil
}

// isChatLink reports whether u is a code that links a chat: Telegram sends "/start CODE"
// to a group that was chosen with a startgroup link.
func (b *Bot) isChatLink(u *chat.Update) bool {
	if u.Kind != chat.Command || u.User.Bot || strings.TrimSpace(u.Text) == "" || b.snap.Now().Traits[u.From.Platform].Stored {
		return false
	}
	return u.Command == "here" || u.Command == "start" && !u.Private && !u.Ephemeral
}

// chatLinkJob makes the chat in which a code was sent the chat of its name. The code is
// used up first; the same chat may use it again, so that a redelivery, and a crash in
// between, are harmless. That it worked is said in the chat itself: what cannot be said
// there is no chat for staff.
func (j *job) chatLinkJob() {
	b := j.b
	u := j.update
	to := u.From
	if u.Ephemeral {
		to = u.In
	}
	nothing := func(storage.Loaded) (storage.Change, error) { return storage.Change{}, nil }
	j.work = outbox.Work{Bucket: j.bucket, Turn: storage.Turn{Apply: nothing}}
	j.next = func(ctx context.Context) (outbox.Work, error) {
		says, name := "chat_code_wrong", ""
		before := b.snap.Now().Chats
		var err error
		if u.Private && !u.Ephemeral || to.IsZero() || u.Ephemeral && u.InPrivate {
			says = "chat_not_here"
		} else if name, err = b.store.LinkStaffChat(ctx, b.key.code("chat", u.Text), to, b.now()); err == nil {
			says = "chat_linked"
			if err := b.snap.RefreshChats(ctx); err != nil {
				return outbox.Work{}, err
			}
			was, who := "", b.snap.Now().Team.Links[j.person]
			if i := slices.IndexFunc(before, func(c storage.StaffChat) bool { return c.Name == name }); i >= 0 && before[i].Address != to {
				was = chatText(before[i].Address)
			}
			if err := noted(ctx, b.store, u, storage.Audit{At: b.now(), Who: who, What: "chat.linked", Subject: name, Before: was, After: chatText(to)}); err != nil {
				return outbox.Work{}, err
			}
		} else if !errors.Is(err, storage.ErrNotFound) {
			return outbox.Work{}, fmt.Errorf("link a chat: %w", err)
		}
		return outbox.Work{Bucket: j.bucket, Turn: b.turnOf(u.Key, u.Key, storage.Load{}, &j.said, func(t *turn) error {
			v := t.reader(u)
			m := chat.Message{Text: v.Say(says, "name", name), Lang: v.Lang}
			if u.Ephemeral {
				t.answer(m.Text, says != "chat_linked")
			}
			if says == "chat_linked" || !u.Ephemeral {
				t.want(storage.Want{Slot: storage.Slot{Kind: storage.LinkedSlot, Key: u.Key}.String(), Kind: storage.NoticeD, Address: t.snap.At(to), Render: m})
			}
			return nil
		})}, nil
	}
}

// RemoveStaffChat forgets a name. Cards that hang in its chat stay there and are kept
// up to date. ErrNoStaffChat if nobody has added it, *SetChatError if a setting holds its
// address.
func (b *Bot) RemoveStaffChat(ctx context.Context, name string) error {
	if err := byHand(b.snap.Now(), name); err != nil {
		return err
	}
	if err := b.store.DropStaffChat(ctx, name); err != nil {
		if errors.Is(err, storage.ErrNotFound) {
			err = ErrNoStaffChat
		}
		return fmt.Errorf("remove a chat of staff: %w", err)
	}
	return b.snap.RefreshChats(ctx)
}

// membership notes that a group removed the bot or added it again.
func (j *job) membership(ctx context.Context) error {
	b, u := j.b, j.update
	if u.Private || b.snap.Now().Traits[u.From.Platform].Stored {
		return nil
	}
	switch u.Kind {
	case chat.Blocked:
		return chatKeeper{b}.gone(ctx, u.From, "the bot was removed from it, or it was archived or deleted")
	case chat.Joined:
		return chatKeeper{b}.mark(ctx, u.From, time.Time{}, "")
	}
	return nil
}
