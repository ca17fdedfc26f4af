package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/storage"
)

// perSecond is Telegram's limit of an account, in messages to different chats, and burst
// how many may come at once after a pause ("short bursts").
const (
	perSecond = 30
	burst     = 5
)

// strict is a Sender that refuses what comes too soon, as a platform does.
type strict struct {
	mu      sync.Mutex
	sent    []time.Time // guarded by mu
	refused int         // guarded by mu
	room    float64     // guarded by mu: how many more may come now
	at      time.Time   // guarded by mu: when that was so
}

// Send takes a message, or refuses it.
func (s *strict) Send(context.Context, chat.Address, chat.Message, chat.Ref) (chat.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.at.IsZero() {
		s.room = burst
	} else {
		s.room = min(burst, s.room+perSecond*now.Sub(s.at).Seconds())
	}
	s.at = now
	if s.room < 1 {
		s.refused++
		return "", &chat.Error{Kind: chat.RateLimited, RetryAfter: time.Second, Err: errors.New("too many requests")}
	}
	s.room--
	s.sent = append(s.sent, now)
	return chat.Ref(strconv.Itoa(len(s.sent))), nil
}

func (s *strict) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sent)
}

// broadcast measures how much of a platform's limit is used while messages for many
// chats wait, with the pace that the program keeps by itself.
func broadcast(ctx context.Context, b *bench) ([]row, error) {
	var used []float64
	refused := 0
	for i := range b.Rounds {
		s, err := b.broadcastOnce(ctx, i)
		if err != nil {
			return nil, err
		}
		n := len(s.sent)
		used = append(used, 100*float64(n-1)/s.sent[n-1].Sub(s.sent[0]).Seconds()/perSecond)
		refused += s.refused
	}
	return []row{{
		Name: "a broadcast at Telegram's limit: of the limit used", Unit: "%", Target: atLeast(98),
		Value: median(used), Parts: map[string]float64{"messages a round": messages, "refused by the platform": float64(refused)},
	}}, nil
}

// messages of a broadcast: some ten seconds.
const messages = 300

func (b *bench) broadcastOnce(ctx context.Context, round int) (*strict, error) {
	store, err := b.openSQLite(ctx, "broadcast"+strconv.Itoa(round))
	if err != nil {
		return nil, err
	}
	w, err := b.newWorld(ctx, store)
	if err != nil {
		return nil, err
	}
	defer w.close()
	turns := make([]storage.Turn, messages)
	for i := range turns {
		p := storage.Person{Platform: chat.Telegram, Account: account, User: strconv.Itoa(5_000_000 + i)}
		want := storage.Want{
			Slot: "n:" + p.ID() + ":hello", Identity: p.ID(), Kind: storage.QuestionD, Hash: "1",
			Address: chat.Address{Platform: chat.Telegram, Account: account, Chat: p.User},
			Render:  chat.Message{Text: "How was your visit?"},
		}
		turns[i].Apply = func(storage.Loaded) (storage.Change, error) {
			return storage.Change{Slots: []storage.SlotOp{{Want: &want}}}, nil
		}
	}
	if err := firstError(store.Advance(ctx, 0, turns)...); err != nil {
		return nil, err
	}
	sender := new(strict)
	served, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() {
		done <- w.bot.ServeAccount(served, outbox.Account{
			Platform: chat.Telegram, ID: account, Name: "bench_bot", Sender: sender,
			Intake: func(ctx context.Context) error { <-ctx.Done(); return nil },
		})
	}()
	for end := time.Now().Add(time.Minute); sender.count() < messages; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			return nil, fmt.Errorf("%d of %d messages were sent after a minute", sender.count(), messages)
		}
	}
	stop()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	return sender, nil
}
