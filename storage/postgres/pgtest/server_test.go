package pgtest

import (
	"errors"
	"io/fs"
	"os"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestAServerIsKilledStartsAgainAndLeavesNothing(t *testing.T) {
	s, err := Run("", "fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error { return s.Exec("postgres", "CREATE TABLE kept (n integer)") },
		s.Kill,
		s.Start,
		func() error { return s.Exec("postgres", "INSERT INTO kept VALUES (1)") },
		s.Stop,
	} {
		if err := step(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Exec("postgres", "SELECT 1"); err == nil {
		t.Error("a server that was stopped still answers")
	}
	if _, err := os.Stat(s.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its directory is still there: %v", err)
	}
}
