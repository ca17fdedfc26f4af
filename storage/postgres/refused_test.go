package postgres_test

import (
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
