package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

const (
	// lostEvery is how often a platform is asked whether a chat of staff that takes no
	// messages does again: it does not tell of everything.
	lostEvery = 4 * time.Second
	// lostTrust is how long a chat that came back so must take messages. One that does not
	// was said to and could not: it is asked about less often, each time four times less.
	lostTrust     = time.Minute
	longestDoubt  = 4 * time.Hour
	lostCall      = 5 * time.Second
	failedAtOnce  = 500 // deliveries that were given up, looked at when a chat is back
	reroutedCases = 500 // open cases that are read at a time when a chat is gone or back
)

// lostChats looks after the chats of staff of one account that take no messages. One
// goroutine uses it, in the process that sends for the account.
type lostChats struct {
	chatKeeper
	platform chat.Platform
	account  string
	asks     chat.Looker
	returned map[string]lostDoubt // by the chat's name
}

// lostDoubt is about a chat that was found to take messages.
type lostDoubt struct {
	at    time.Time     // when it came back
	pause time.Duration // from then on until it is asked about again, if it was gone soon after
}

func newLostChats(k chatKeeper, p chat.Platform, account string, l chat.Looker) *lostChats {
	return &lostChats{chatKeeper: k, platform: p, account: account, asks: l, returned: map[string]lostDoubt{}}
}

// look asks about each of them.
func (l *lostChats) look(ctx context.Context) {
	b := l.bot
	snap := b.snap.Now()
	for _, c := range snap.Chats {
		at := snap.At(c.Address)
		if c.Gone.IsZero() || at.Platform != l.platform || at.Account != l.account || l.doubted(c) {
			continue
		}
		call, cancel := context.WithTimeout(ctx, lostCall)
		err := l.asks.Takes(call, at)
		cancel()
		if err != nil {
			continue // a chat that moved is found by what is sent there
		}
		pause := min(max(lostTrust, 4*l.returned[c.Name].pause), longestDoubt)
		l.returned[c.Name] = lostDoubt{at: b.now(), pause: pause}
		if err := l.mark(ctx, c.Address, time.Time{}, ""); err != nil {
			b.log.Warn("cannot note that a chat of staff takes messages again", "chat", c.Name, "err", err)
			return
		}
		c.Gone = time.Time{}
		if err := l.catchUp(ctx, c); err != nil && ctx.Err() == nil {
			b.log.Warn("cannot show the cards of a chat of staff that is back; they come soon", "chat", c.Name, "err", err)
		}
	}
}

// doubted reports whether a chat that is gone is not asked about now: the platform said that
// it takes messages, and it did not.
func (l *lostChats) doubted(c storage.StaffChat) bool {
	d, ok := l.returned[c.Name]
	if !ok || c.Gone.Sub(d.at) > lostTrust { // it did take messages
		delete(l.returned, c.Name)
		return false
	}
	return l.bot.now().Before(d.at.Add(d.pause))
}

// chatKeeper keeps what is known of the chats of staff, and shows there what belongs there.
type chatKeeper struct{ bot *Bot }

// gone marks every name of a chat that takes no messages any more. What follows from
// that is the teller's business.
func (k chatKeeper) gone(ctx context.Context, at chat.Address, why string) error {
	return k.mark(ctx, at, k.bot.now().UTC(), why)
}

// maxWhy is how much is kept of the reason why a chat takes no messages, in characters.
const maxWhy = 300

func (k chatKeeper) mark(ctx context.Context, at chat.Address, gone time.Time, why string) error {
	b := k.bot
	snap := b.snap.Now()
	changed := false
	for _, c := range snap.Chats {
		if c.Address.IsZero() || !snapshot.SameChat(snap.At(c.Address), snap.At(at)) {
			continue
		}
		news, err := b.store.MarkStaffChat(ctx, c.Name, gone, voice.Cut(why, maxWhy))
		if err != nil {
			return fmt.Errorf("mark a chat of staff: %w", err)
		}
		if news && !gone.IsZero() {
			do := "add the bot to it again, or link another: aftercare staff chat add " + c.Name
			if c.Setting != "" {
				do = "add the bot to it again, or name another in " + c.Setting
			}
			b.log.Error("a chat of staff takes no messages any more: its cases go to the other chats, where there are any, and its cards come when it is back",
				"chat", c.Name, "address", c.Address.String(), "reason", why, "do", do)
		}
		changed = changed || news
	}
	if !changed {
		return nil
	}
	return b.snap.RefreshChats(ctx)
}

// catchUp shows in a chat that takes messages again the cards of all open cases that belong
// there, and what it was to show besides.
func (k chatKeeper) catchUp(ctx context.Context, c storage.StaffChat) error {
	b := k.bot
	if err := k.reroute(ctx, c); err != nil {
		return err
	}
	failed, err := b.store.Failed(ctx, failedAtOnce)
	if err != nil {
		return fmt.Errorf("read what a chat of staff was to show: %w", err)
	}
	snap := b.snap.Now()
	besides := []storage.SlotKind{storage.AsideSlot, storage.RelaySlot, storage.FileSlot, storage.PraiseSlot}
	for _, d := range failed {
		slot, _ := storage.ParseSlot(d.Slot)
		if !slices.Contains(besides, slot.Kind) || !snapshot.SameChat(snap.At(d.Address), snap.At(c.Address)) {
			continue
		}
		if err := b.RetryDelivery(ctx, d); err != nil && !errors.Is(err, ErrNotGivenUp) {
			return err
		}
	}
	return k.announced(ctx, c)
}

// announced settles that everybody knows that a chat is gone, or there again.
func (k chatKeeper) announced(ctx context.Context, c storage.StaffChat) error {
	b := k.bot
	if err := b.store.StaffChatAnnounced(ctx, c.Name, c.Gone); err != nil {
		return fmt.Errorf("settle a chat that is gone or back: %w", err)
	}
	return b.snap.RefreshChats(ctx)
}

// reroute brings the cards of open cases up to date: where a chat is gone, of those that
// hang in it, and where it is back, of all: it may have missed any.
func (k chatKeeper) reroute(ctx context.Context, c storage.StaffChat) error {
	b := k.bot
	snap := b.snap.Now()
	open := storage.CaseFilter{States: recovery.ActiveStates(), Limit: reroutedCases}
	for of, err := range storage.AllCases(ctx, b.store, open) {
		if err != nil {
			return fmt.Errorf("read the cases of a chat that is gone or back: %w", err)
		}
		hangs := slices.ContainsFunc(of.Cards, func(a chat.Address) bool { return snapshot.SameChat(snap.At(a), snap.At(c.Address)) })
		if !hangs && !c.Gone.IsZero() {
			continue
		}
		if err := b.refreshCards(ctx, of.Bucket, of.ID, nil); err != nil {
			return err
		}
	}
	return nil
}
