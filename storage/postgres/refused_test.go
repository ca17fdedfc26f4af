package postgres_test

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// TestAValueThatIsRefusedIsNotTakenForADatabaseThatIsAway: whoever waits for a database that is away
// would wait for ever (here for a number of rows below zero, SQLSTATE 2201W).
func TestAValueThatIsRefusedIsNotTakenForADatabaseThatIsAway(t *testing.T) {
	s, err := postgres.Open(t.Context(), pgtest.Start(t), postgres.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.TranscriptPage(t.Context(), 0, chat.Address{Platform: chat.Telegram, Account: "1", Chat: "2"}, 0, -1)
	if !errors.Is(err, storage.ErrRefused) || errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("a value that cannot be: %v", err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("the database is there: %v", err)
	}
}

// TestWhatTakesTooLongIsNotTakenForADatabaseThatIsAway: less of it may be had at once. Somebody else holds what is
// asked for here until the server gives up.
func TestWhatTakesTooLongIsNotTakenForADatabaseThatIsAway(t *testing.T) {
	t.Parallel() // it waits
	dsn := pgtest.Start(t)
	s, err := postgres.Open(t.Context(), dsn+"&lock_timeout=0", postgres.Options{Migrate: true}) // waiting counts as work
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	held, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := held.ExecContext(t.Context(), "LOCK TABLE invitations IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	f := storage.FigureFilter{Sites: []string{"a"}, From: "2026-01-01", To: "2026-01-02", Limit: 1}
	if _, _, err := s.Asked(t.Context(), f); !errors.Is(err, storage.ErrSlow) || !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("what took too long: %v", err)
	}
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Asked(t.Context(), f); err != nil {
		t.Errorf("and then: %v", err)
	}
}
