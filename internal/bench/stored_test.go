package main

import (
	"database/sql"
	"testing"
)

// TestADatabaseIsFilled: the statements name every column that the tables have by now.
func TestADatabaseIsFilled(t *testing.T) {
	b, err := newBench(options{Answers: 1, InFlight: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	}()
	store, err := b.filled(t.Context(), "filled", 20*questions)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	db, err := sql.Open("postgres", b.postgres.DSN("filled"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := b.fillCards(t.Context(), "filled", 30, store.Buckets()); err != nil {
		t.Error(err)
	}
	for table, want := range map[string]int{"answers": 20 * questions, "sessions": 20, "read_sessions": 20, "talks": 20, "identities": 20, "deliveries": 30} {
		n := 0
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil || n != want {
			t.Errorf("%s has %d rows, want %d; %v", table, n, want, err)
		}
	}
	w, err := b.newWorld(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.answersASecond(t.Context(), questions); err != nil {
		t.Errorf("nobody can answer beside what is stored: %v", err)
	}
	if err := w.close(); err != nil {
		t.Error(err)
	}
}
