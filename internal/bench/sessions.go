package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/survey"
)

// openSessions is how many surveys are under way while memory is measured.
const openSessions = 100_000

// fillOpen gives a file sessions that wait for an answer.
func (b *bench) fillOpen(ctx context.Context, path string, n int) error {
	store, err := sqlite.Open(ctx, path, sqlite.Options{Migrate: true})
	if err != nil {
		return err
	}
	defer store.Close()
	if _, _, err := store.Publish(ctx, flowName, benchFlow(), time.Now().UTC()); err != nil {
		return err
	}
	for from := 0; from < n; from += 500 {
		turns := make([]storage.Turn, 0, 500)
		for i := from; i < min(from+500, n); i++ {
			id, s := openSession(i)
			turns = append(turns, storage.Turn{Apply: func(l storage.Loaded) (storage.Change, error) {
				id.Created, id.Seen, s.Started, s.Expires = l.Now, l.Now, l.Now, l.Now.Add(72*time.Hour)
				return storage.Change{Identity: &id, Session: &s}, nil
			}})
		}
		if err := firstError(store.Advance(ctx, 0, turns)...); err != nil {
			return fmt.Errorf("make open sessions: %w", err)
		}
	}
	return nil
}

func openSession(i int) (storage.Identity, storage.Session) {
	p := storage.Person{Platform: chat.Telegram, Account: account, User: strconv.Itoa(7_000_000 + i)}
	address := chat.Address{Platform: chat.Telegram, Account: account, Chat: p.User}
	id := storage.Identity{ID: p.ID(), Person: p, Address: address, Name: "Customer " + p.User, Spoken: "en", Session: uuid.NewString()}
	s := storage.Session{
		Session: survey.Session{
			ID: id.Session, Flow: flowName, Version: 1, Status: survey.Active, Lang: "en", Order: []int{0, 1, 2, 3, 4},
			Attributes: map[string]string{"service_name": "haircut"},
		},
		Identity: id.ID, Address: address, Service: "haircut",
	}
	return id, s
}

// sessions measures what the real binary holds in memory while many surveys are open.
func sessions(ctx context.Context, b *bench) ([]row, error) {
	p, _, err := b.build(ctx)
	if err != nil {
		return nil, err
	}
	p.file = filepath.Join(b.dir, "sessions.db")
	if _, _, err := p.start(ctx); err != nil { // the first start makes the file, with its key
		return nil, err
	}
	if err := b.fillOpen(ctx, p.file, openSessions); err != nil {
		return nil, err
	}
	var memory []float64
	for range b.Rounds {
		_, resident, err := p.start(ctx)
		if err != nil {
			return nil, err
		}
		memory = append(memory, resident)
	}
	return []row{{
		Name: "memory resident with 100,000 open sessions", Unit: "MiB", Target: atMost(80), Stretch: 50, Value: median(memory),
	}}, nil
}
