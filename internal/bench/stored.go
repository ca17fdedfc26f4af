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

// filled is a store with n answers, each session of as many as there are questions, with
// what their chats showed, the rows that reports read, and the keys that taps leave behind.
func (b *bench) filled(ctx context.Context, name string, n int) (storage.Store, error) {
	store, err := b.openPostgres(ctx, name)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("postgres", b.postgres.DSN(name))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	// A session's id begins with its time, and goes on in no order.
	id := "(lpad(to_hex(1790000000000 - s::bigint * 1000), 12, '0') || substr(md5(s::text), 13))::uuid::text"
	who := "md5('p' || s)::uuid::text"
	day := "to_char(now() - s * interval '1 second', 'YYYY-MM-DD')"
	bucket := fmt.Sprintf("mod(s, %d)::smallint", store.Buckets())
	asked := fmt.Sprintf("generate_series(0, %d) q", questions-1)
	// People's ids come in no order; a body of the real size.
	for _, text := range []string{
		"SET synchronous_commit = off",
		"SET session_replication_role = replica", // what refers to what is known
		"INSERT INTO identities (bucket, id, session, platform, account, person, customer, body) SELECT " + bucket + ", " + who + ", " + id +
			", 'telegram', '4242', s::text, '', repeat('x', 450) FROM generate_series(1, $1::int) s",
		"INSERT INTO sessions (bucket, id, identity, flow, version, status, site, customer, invitation, case_id, started_at, ended_at, expires_at," +
			" composite, level, unsatisfied, test, body) SELECT " + bucket + ", " + id + ", " + who + ", 'bench', 1, 'completed', '', " + who +
			", '', '', now() - s * interval '1 second', now() - s * interval '1 second', NULL, 75, 6, false, false, repeat('x', 1100)" +
			" FROM generate_series(1, $1::int) s",
		"INSERT INTO read_sessions (bucket, session, flow, version, class, site, service, staff, language, channel, day, status, answered, composite, level," +
			" flag, unsatisfied, has_case, test) SELECT " + bucket + ", " + id + ", 'bench', 1, 'transactional', '', 'haircut', '', 'en', 'telegram', " + day +
			", 'completed', 5, 75, 6, 'fine', false, false, false FROM generate_series(1, $1::int) s",
		"INSERT INTO answers (bucket, session, question, revision, newest, kind, value, choices, text, score, level, flag, skipped, dropped, test, at," +
			" flow, version, site, service, staff, language, channel, day) SELECT " + bucket + ", " + id +
			", 'q' || q, 1, true, 'scale', 4, '', '', 75, 6, 'fine', false, false, false, now() - s * interval '1 second'," +
			" 'bench', 1, '', 'haircut', '', 'en', 'telegram', " + day + " FROM generate_series(1, $1::int) s, " + asked,
		"INSERT INTO keyblocks (bucket, id, at, bits) SELECT " + bucket +
			", 'tg:4242:' || lpad((1000000 + s)::text, 16, '0'), now(), decode(repeat('ff', 512), 'hex') FROM generate_series(0, $1::int / 800) s",
		// What their chats showed. Nobody reads these bodies: they have the size that packed ones have.
		"INSERT INTO talks (bucket, id, identity, platform, account, chat, thread, started, settled, body, packed) SELECT " + bucket + ", " + id + ", " + who +
			", 'telegram', '4242', s::text, '', now() - s * interval '1 second', now() - s * interval '1 second', '', decode(repeat('a5', 1100), 'hex')" +
			" FROM generate_series(1, $1::int) s",
		"UPDATE buckets SET answers = answers + $1::int / (SELECT count(*) FROM buckets)",
		"VACUUM ANALYZE", "CHECKPOINT",
	} {
		args := []any{}
		switch text[0] {
		case 'I':
			args = append(args, n/questions)
		case 'U':
			args = append(args, n)
		}
		if _, err := db.ExecContext(ctx, text, args...); err != nil {
			return nil, fmt.Errorf("fill %s: %.60s…: %w", name, text, err)
		}
	}
	return store, nil
}
