package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// privatePostgres is a server that a test may kill.
func privatePostgres(t *testing.T) *pgtest.Server {
	t.Helper()
	server, err := pgtest.Run("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// status asks a server once; 0 = it does not answer.
func status(m *machine, path string) (int, string) {
	response, err := http.Get("http://" + m.address + path)
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

// awaitStatus waits until a server answers path with this status, and returns what it says.
func awaitStatus(t *testing.T, m *machine, path string, want int) string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		got, text := status(m, path)
		if got == want {
			return text
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s answers %d and not %d: %s", path, got, want, text)
		}
	}
}

// After a power cut everything starts at once. The server waits for its database, says
// so, and stops while it waits when it is told to.
func TestTheServerStartsWhilePostgresIsAway(t *testing.T) {
	t.Parallel()
	database := privatePostgres(t)
	m := newMachine(t, map[string]string{"DATABASE_URL": database.DSN("postgres")})
	if err := database.Kill(); err != nil {
		t.Fatal(err)
	}
	p := m.start("serve")
	if text := awaitStatus(t, m, "/healthz", http.StatusOK); !strings.Contains(text, "ok") {
		t.Errorf("/healthz says %q", text)
	}
	for _, path := range []string{"/readyz", "/chat/somebody", "/"} {
		code, text := status(m, path)
		if code != http.StatusServiceUnavailable || !strings.Contains(text, "database does not answer") {
			t.Errorf("%s: %d %q", path, code, text)
		}
	}
	for deadline := time.Now().Add(patience); !strings.Contains(p.log.String(), "waiting for it"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the log does not say that it waits:\n%s", p.log)
		}
	}
	p.stop()

	p = m.start("serve")
	awaitStatus(t, m, "/readyz", http.StatusServiceUnavailable)
	if err := database.Start(); err != nil {
		t.Fatal(err)
	}
	p.awaitReady()
	p.stop()
	if !strings.Contains(p.log.String(), "the database answers") {
		t.Errorf("the log does not say that the waiting is over:\n%s", p.log)
	}

	// What waiting does not cure is told at once.
	m.env["DATABASE_URL"] = strings.Replace(database.DSN("postgres"), "aftercare:", "aftercare:wrong", 1)
	if code, _, stderr := m.run("serve"); code != 1 || !strings.Contains(stderr, "password") || strings.Contains(stderr, "wrong@") {
		t.Errorf("a wrong password: exit code %d: %s", code, stderr)
	}
}
