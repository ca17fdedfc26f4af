package pgtest

import (
	"errors"
	"flag"
	"fmt"
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

// TestAllTestsThatRunAtOnceAreLetIn: how many there are depends on the machine.
func TestAllTestsThatRunAtOnceAreLetIn(t *testing.T) {
	Shared(t)
	var most, parallel int
	if err := binary.admin.QueryRow("SELECT current_setting('max_connections')::int").Scan(&most); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(flag.Lookup("test.parallel").Value.String(), &parallel); err != nil {
		t.Fatal(err)
	}
	if most < perTest*parallel {
		t.Errorf("%d connections for %d tests at once, want %d for each", most, parallel, perTest)
	}
}
