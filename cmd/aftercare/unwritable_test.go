package main

import (
	"database/sql"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

var lockedFlag = flag.Duration("locked", 3*time.Second, "how long a server that cannot write is asked whether it is ready")

// Somebody locks the database for long. Whoever asks whether the server is ready is told the
// truth the whole time, whether or not anybody else wants anything of it.
func TestR6AServerThatCannotWriteIsNotReadyTheWholeTime(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		for _, traffic := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/traffic=%v", db.name, traffic), func(t *testing.T) {
				t.Parallel()
				m := newMachine(t, map[string]string{"DATABASE_URL": db.url(t)})
				m.env["PUBLIC_URL"] = "http://" + m.address
				server := m.serve()
				link := m.invite("--flow", "one_tap_csat", "--channel", "web")
				unlock := lockAll(t, m.env["DATABASE_URL"])
				stop := make(chan struct{})
				stopped := make(chan struct{})
				go func() {
					defer close(stopped)
					for n := 0; traffic; n++ {
						select {
						case <-stop:
							return
						default:
						}
						response, err := http.PostForm("http://"+m.address+"/chat/"+link.Token, url.Values{"nonce": {strconv.Itoa(n)}, "text": {"Hello?"}})
						if err == nil {
							_ = response.Body.Close()
						}
						time.Sleep(20 * time.Millisecond)
					}
				}()
				time.Sleep(6 * time.Second) // for less it may say either
				awaitStatus(t, m, "/readyz", http.StatusServiceUnavailable)
				asked := 0
				for end := time.Now().Add(*lockedFlag); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
					asked++
					if code, text := status(m, "/readyz"); code != http.StatusServiceUnavailable {
						t.Fatalf("the database is still locked, and /readyz says %d %s", code, text)
					}
				}
				unlock()
				awaitStatus(t, m, "/readyz", http.StatusOK)
				close(stop)
				<-stopped
				server.stop()
				if !t.Failed() {
					t.Attr("figure", fmt.Sprintf("locked for %v more than may pass: asked %d times, 503 each time, ready again by itself", *lockedFlag, asked))
				}
			})
		}
	}
}

// lockAll keeps everybody else from writing to a database until it is told to stop.
func lockAll(t *testing.T, database string) (unlock func()) {
	t.Helper()
	driver, source, begin := "postgres", database, "BEGIN; LOCK TABLE leases, processes, sessions, words, deliveries, seen IN EXCLUSIVE MODE"
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		driver, source, begin = "sqlite", path, "BEGIN IMMEDIATE"
	}
	db, err := sql.Open(driver, source)
	here(t, err)
	conn, err := db.Conn(t.Context())
	here(t, err)
	for tries := 0; ; tries++ {
		if _, err = conn.ExecContext(t.Context(), begin); err == nil || tries > 500 {
			break
		}
		time.Sleep(5 * time.Millisecond) // the server writes now and then
	}
	here(t, err)
	return func() {
		_, err := conn.ExecContext(t.Context(), "ROLLBACK")
		here(t, err)
		here(t, conn.Close())
		here(t, db.Close())
	}
}

// Whoever finds the file locked reads what to do about it.
func TestR12ALockedFileIsSaidInWords(t *testing.T) {
	t.Parallel()
	c := newConsole(t, nil)
	unlock := lockAll(t, c.env["DATABASE_URL"])
	c.refuses(1, "another program keeps the file locked. Try again in a moment", "site", "add", "main", "--name", "Main")
	unlock()
	c.must("site", "add", "main", "--name", "Main")
}
