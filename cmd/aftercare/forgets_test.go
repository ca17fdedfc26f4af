package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A server that has somebody's conversation in its memory forgets them once another process
// has erased them: it shows nothing of them, and writes nothing back of what it remembered.
func TestARunningServerForgetsWhomACommandErased(t *testing.T) {
	t.Parallel()
	const canary = "Canary77Words"
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, map[string]string{"DATABASE_URL": db.url(t)})
			m.env["PUBLIC_URL"] = "http://" + m.address
			m.must("site", "add", "main-street", "--name", "Main Street")
			server := m.serve()
			path := "/chat/" + m.invite("--flow", "one_tap_csat", "--site", "main-street", "--channel", "web", "--customer", "key-zoe").Token
			zoe := newVisitor(t, "http://"+m.address)
			page := zoe.post(path, "start", "1")
			tap := pickFrom(t, page, 1)
			zoe.post(path, "data", tap)
			zoe.post(path, "text", canary)
			if page := zoe.get(path); !strings.Contains(page, canary) {
				t.Fatalf("the conversation is not shown:\n%s", page)
			}

			m.must("customer", "erase", "key-zoe", "--yes", "--quiet")
			erased := time.Now()
			shown := func() string {
				request, err := http.NewRequest(http.MethodGet, "http://"+m.address+path, nil)
				here(t, err)
				zoe.known(request)
				response, err := http.DefaultClient.Do(request)
				here(t, err)
				page, _ := body(response, nil)
				return page
			}
			eventually(t, "the page says nothing of the conversation any more", func() bool { return !strings.Contains(shown(), canary) })
			forgot := time.Since(erased)

			// Whatever they press now, in the page that they still have open, brings nothing back.
			for name, value := range map[string]string{"data": tap, "text": "Hello?"} {
				_, _ = zoe.send(path, zoe.form(name, value))
			}
			if page := shown(); strings.Contains(page, canary) {
				t.Errorf("it is back:\n%s", page)
			}
			server.stop()
			for _, at := range []string{"sessions.body", "words.text", "identities.body", "cases.body", "case_events.note", "deliveries.render"} {
				table, column, _ := strings.Cut(at, ".")
				if n := strings.TrimSpace(columns(t, m.env["DATABASE_URL"], fmt.Sprintf("SELECT count(*) FROM %s WHERE %s LIKE '%%%s%%'", table, column, canary))); n != "0" {
					t.Errorf("%s rows of %s hold it", n, table)
				}
			}
			t.Attr("figure", fmt.Sprintf("%s: a running server forgot whom a command erased %.1f s after the command had returned", db.name, forgot.Seconds()))
		})
	}
}
