package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
)

// What a command changed beside a server is in force there when the command says so.
func TestACommandSaysWhereItsChangeIsInForce(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "a.db")})
	changes := 0
	change := func(more ...string) string {
		t.Helper()
		changes++
		return m.must(append([]string{"site", "add", "main", "--name", fmt.Sprint("Street ", changes)}, more...)...)
	}
	if out := change(); !strings.Contains(out, "No server is running: the next one that starts has it.") {
		t.Errorf("without a server: %s", out)
	}
	serve := m.start("serve")
	serve.awaitReady()
	eventually(t, "a change that is in force in the server", func() bool {
		return strings.Contains(change(), "It is in force in the running server.")
	})
	eventually(t, "the same for programs", func() bool {
		var done struct {
			InForce inForce `json:"in_force"`
		}
		if err := json.Unmarshal([]byte(change("--json")), &done); err != nil {
			t.Fatal(err)
		}
		return done.InForce.Servers == 1 && len(done.InForce.Waiting) == 0
	})
	if out := m.must("site", "add", "main"); strings.Contains(out, "in force") {
		t.Errorf("where nothing changed: %s", out)
	}

	// One that lives and takes nothing is waited for, but not for ever, and named.
	store := openStore(t, m)
	slow := snapshot.NewHeart(store, "attic")
	ctx, cancel := context.WithCancel(t.Context())
	var beats sync.WaitGroup
	beats.Go(func() {
		for ; ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
			_ = slow.Beat(ctx) // the file may be busy: then with the next
		}
	})
	eventually(t, "a change that one of two servers has", func() bool {
		out := change()
		return strings.Contains(out, "in force in 1 of 2 running servers. Not yet in attic (it last said")
	})
	cancel()
	beats.Wait()
	if err := slow.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	serve.stop()
	if out := change(); !strings.Contains(out, "No server is running") {
		t.Errorf("after the server ended: %s", out)
	}
}

func TestTheWordsSayWhichServersHaveAChange(t *testing.T) {
	for _, it := range []struct {
		at   inForce
		want string
	}{
		{inForce{}, "No server is running"},
		{inForce{Servers: 1}, "in force in the running server."},
		{inForce{Servers: 3}, "in force in 3 of 3 running servers."},
		{inForce{Servers: 2, Waiting: []string{"a"}}, "in force in 2 of 3 running servers. Not yet in a."},
		{inForce{Unread: []string{"a: flow shop version 3"}}, "A server of an earlier release cannot read all of it, and keeps to what was before: a: flow shop version 3"},
		{inForce{Unknown: storage.ErrUnavailable.Error()}, "is not known: the database is not available"},
	} {
		if got := it.at.text(); !strings.Contains(got, it.want) {
			t.Errorf("%+v: %q does not say %q", it.at, got, it.want)
		}
	}
	if got := (&inForce{Unread: []string{"a"}}).text(); strings.Contains(got, "is in force") || strings.Contains(got, "No server") {
		t.Errorf("it says too much: %q", got)
	}
}
