package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/survey"
)

// TestTwoProcessesOfOneErasureLearnOfAllLinks: what a conversation says of its link stays with the erasure, also where
// another process learns of another link at the same moment.
func TestTwoProcessesOfOneErasureLearnOfAllLinks(t *testing.T) {
	ctx, dsn := t.Context(), pgtest.Start(t)
	var processes [2]storage.Store
	for i := range processes {
		s, err := postgres.Open(ctx, dsn, postgres.Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		processes[i] = s
	}
	s, now := processes[0], time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	e := storage.Erasure{ID: "e1", Begun: now, Parting: true}
	var buckets []storage.Bucket
	var want []string
	for i := 0; len(buckets) < len(processes); i++ {
		p := storage.Person{Platform: chat.Telegram, Account: "42", User: fmt.Sprint(i)}
		in := storage.BucketOf(p.Hash16(), s.Buckets())
		if slices.Contains(buckets, in) {
			continue
		}
		level, value := len(buckets)+2, 2.0
		of := storage.Identity{ID: p.ID(), Bucket: in, Person: p, Created: now, Seen: now}
		talk := storage.Session{
			Session: survey.Session{
				ID: fmt.Sprint("session", i), Flow: "f", Version: 1, Status: survey.Completed, Open: survey.NoQuestion, Started: now, Last: now, Ended: now,
				Answers: []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: now}},
			},
			Bucket: in, Identity: p.ID(), Invitation: fmt.Sprint("link", i), Site: "a", Judgement: survey.Judgement{Level: level},
		}
		for _, err := range s.Advance(ctx, in, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) {
			return storage.Change{Identity: &of, Session: &talk, Answers: talk.Answers}, nil
		}}}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		buckets, want = append(buckets, in), append(want, fmt.Sprint(talk.Invitation, " ", level))
		e.Of.Identities = append(e.Of.Identities, p)
	}
	if err := s.BeginErasure(ctx, e, nil); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	learnt, both := make(chan struct{}), make(chan struct{})
	erase := func(i int, day func()) error {
		_, err := processes[i].EraseIn(ctx, buckets[i], e, storage.Anonymous{Day: func(_ string, at time.Time) time.Time {
			day()
			return storage.DayIn(time.UTC, at)
		}})
		return err
	}
	ended := make(chan error, len(processes))
	go func() {
		ended <- erase(0, func() { // its bucket has been read, and what it learnt is not there yet
			once.Do(func() {
				close(learnt)
				<-both
			})
		})
	}()
	<-learnt
	go func() { ended <- erase(1, func() {}) }()
	waits(ctx, t, dsn)
	close(both)
	for range processes {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Erasures(ctx)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	var got []string
	for _, l := range all[0].Invitations {
		got = append(got, fmt.Sprint(l.ID, " ", l.Level))
	}
	slices.Sort(want)
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("the erasure has learnt of %q, want %q", got, want)
	}
}

// waits returns once a statement waits for another transaction.
func waits(ctx context.Context, t *testing.T, dsn string) {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for n := 0; n == 0; time.Sleep(5 * time.Millisecond) {
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}
