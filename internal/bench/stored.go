package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// few is how many stored answers the many are compared with.
const few = 100_000

// stored measures how the throughput changes as answers pile up: two databases take
// turns, one of which holds a hundred times the other's.
func stored(ctx context.Context, b *bench) ([]row, error) {
	var worlds [2]*world
	for i, n := range [2]int{few, b.Stored} {
		store, err := b.filled(ctx, fmt.Sprintf("stored_%d", i), n)
		if err != nil {
			return nil, err
		}
		if worlds[i], err = b.newWorld(ctx, store); err != nil {
			return nil, err
		}
		defer worlds[i].close()
	}
	var rates [2][]float64
	for range b.Rounds + 1 {
		for i, w := range worlds {
			rate, err := w.answersASecond(ctx, b.Answers)
			if err != nil {
				return nil, err
			}
			rates[i] = append(rates[i], rate)
		}
	}
	small, large := rates[0][1:], rates[1][1:]
	crowded, err := crowdedChat(ctx, b)
	if err != nil {
		return nil, err
	}
	return []row{{
		Name: fmt.Sprintf("throughput with %d stored answers, against %d, Postgres", b.Stored, few), Unit: "%", Target: atLeast(90), Stretch: 98,
		Value: 100 * median(ratios(large, small)), Parts: map[string]float64{"few/s": median(small), "many/s": median(large)},
	}, crowded}, nil
}

// settledCards is how many cards a chat of staff holds that was used for long.
const settledCards = 20_000

// crowdedChat measures how fast cases reach a chat of staff that holds many settled cards, against one
// that is empty.
func crowdedChat(ctx context.Context, b *bench) (r row, err error) {
	var chats [2]*served
	for i, cards := range [...]int{0, settledCards} {
		name := fmt.Sprintf("cards_%d", i)
		store, err := b.openPostgres(ctx, name)
		if err != nil {
			return r, err
		}
		if err := b.fillCards(ctx, name, cards, store.Buckets()); err != nil {
			return r, err
		}
		w, err := b.newWorld(ctx, store)
		if err != nil {
			return r, err
		}
		chats[i] = w.serve(ctx)
	}
	var rates [2][]float64
	for range b.Rounds + 1 {
		for i, s := range chats {
			rate, err := s.casesASecond(ctx)
			if err != nil {
				return r, err
			}
			rates[i] = append(rates[i], rate)
		}
	}
	for _, s := range chats {
		if err := errors.Join(s.stop(), s.close()); err != nil {
			return r, err
		}
	}
	empty, full := rates[0][1:], rates[1][1:]
	return row{
		Name: fmt.Sprintf("cases a second into a chat of staff with %d settled cards, against an empty one, Postgres", settledCards), Unit: "%", Target: atLeast(90), Stretch: 98,
		Value: 100 * median(ratios(full, empty)), Parts: map[string]float64{"empty/s": median(empty), "full/s": median(full)},
	}, nil
}

// fillCards fills the chat of staff with n settled cards.
func (b *bench) fillCards(ctx context.Context, name string, n, buckets int) error {
	db, err := sql.Open("postgres", b.postgres.DSN(name))
	if err != nil {
		return err
	}
	defer db.Close()
	text := fmt.Sprintf("INSERT INTO deliveries (bucket, slot, owner, identity, platform, account, chat, thread, kind, ord, rank, render, hash, wanted, shown,"+
		" shown_ref, shown_sum, base, repeated, state, due, attempts, epoch, error, created)"+
		" SELECT mod(s, %d), 'case:' || s || ':staff', 'case' || s, 'staff', '%s', '%s', '%s', '', 'card', s, 40, repeat('x', 700), 'h', 1, 1, 'r' || s, 'h', 0, false, 'sent', now(), 1, 1, '', now()"+
		" FROM generate_series(1, $1::int) s", buckets, staffChat.Platform, staffChat.Account, staffChat.Chat)
	if _, err := db.ExecContext(ctx, text, n); err != nil {
		return fmt.Errorf("fill a chat of staff: %w", err)
	}
	_, err = db.ExecContext(ctx, "VACUUM ANALYZE deliveries")
	return err
}

// casesASecond has customers complain, each at another site, and times until every card is handed over and
// settled.
func (s *served) casesASecond(ctx context.Context) (float64, error) {
	n := s.InFlight
	sites := make([]string, n)
	for i := range sites {
		sites[i] = fmt.Sprint("site-", s.next.Add(1))
		if err := s.store.PutSite(ctx, storage.Site{ID: sites[i], Name: sites[i], Created: time.Now().UTC()}); err != nil {
			return 0, err
		}
	}
	conversations, err := s.converseAt(ctx, n, func(i int) string { return sites[i] })
	if err != nil {
		return 0, err
	}
	if err := s.settled(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := s.together(n, func(i int) error {
		_, err := s.bot.Handle(ctx, []chat.Update{conversations[i].complain()})
		return err
	}); err != nil {
		return 0, err
	}
	if err := s.settled(ctx); err != nil {
		return 0, err
	}
	took := time.Since(began)
	for _, c := range conversations {
		if _, ok := s.sender.when(c.user.Name); !ok {
			return 0, fmt.Errorf("the card of %s was not handed over", c.user.Name)
		}
	}
	return float64(n) / took.Seconds(), nil
}
