package snapshot_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/storage/storagetest"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// server is a process of which the test decides when it looks and when its heart beats.
type server struct {
	t      *testing.T
	store  *storagetest.CrashingStore
	keeper *snapshot.Keeper
	heart  *snapshot.Heart
}

// serverOn starts a process on the file at path.
func serverOn(t *testing.T, path, name string, parse func([]byte) (survey.Flow, error)) *server {
	t.Helper()
	inner, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inner.Close() })
	s := &server{t: t, store: storagetest.Crashing(inner, 0, storagetest.BeforeCall)}
	s.heart = snapshot.NewHeart(s.store, name)
	s.beat()
	s.keeper = snapshot.NewKeeper(snapshot.Config{
		Store: s.store, Log: slog.New(slog.DiscardHandler), Parse: parse,
		Policy: func([]byte) (recovery.Policy, error) { return recovery.Policy{}, errors.New("not of this release") },
	})
	if err := s.keeper.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.heart.Follow(s.keeper)
	s.beat()
	return s
}

func (s *server) beat() {
	s.t.Helper()
	if err := s.heart.Beat(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) look() {
	s.t.Helper()
	if err := s.keeper.Look(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.beat()
}

// aged is the processes of a database, some of which were silent for longer than they were.
type aged struct {
	storage.Processes
	mu     sync.Mutex
	silent map[string]time.Duration // by name
	told   error
}

func (a *aged) Running(ctx context.Context) ([]storage.Process, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.told != nil {
		return nil, a.told
	}
	list, err := a.Processes.Running(ctx)
	for i, p := range list {
		list[i].Age += a.silent[p.Name]
	}
	return list, err
}

func (a *aged) let(name string, silent time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.silent[name] = silent
}

func names(list []storage.Process) []string {
	var all []string
	for _, p := range list {
		all = append(all, p.Name)
	}
	return all
}

func newFile(t *testing.T) string {
	t.Helper()
	return sqlitetest.New(t, 1)
}

// change makes a change of the configuration and returns its revision.
func change(t *testing.T, s storage.Store, site string) int64 {
	t.Helper()
	if err := s.PutSite(t.Context(), storage.Site{ID: site, Name: site, Created: time.Unix(1e9, 0).UTC()}); err != nil {
		t.Fatal(err)
	}
	n, err := s.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func sameNames(t *testing.T, what string, got []storage.Process, want ...string) {
	t.Helper()
	if !slices.Equal(names(got), want) {
		t.Errorf("%s: %v, want %v", what, names(got), want)
	}
}

// Three processes: one takes the change at once, one lags behind, one was killed.
func TestAChangeIsWatchedUntilItIsInForceInEveryLivingProcess(t *testing.T) {
	path := newFile(t)
	quick, slow, killed := serverOn(t, path, "quick", flowfile.Parse), serverOn(t, path, "slow", flowfile.Parse), serverOn(t, path, "killed", flowfile.Parse)
	command := open(t, path)
	revision := change(t, command, "main")
	killed.store.Die()
	if err := killed.heart.Beat(t.Context()); err == nil {
		t.Fatal("the heart of a process that was killed beats")
	}
	seen := &aged{Processes: command, silent: map[string]time.Duration{}}
	quick.look()
	steps := 0
	for spread, err := range snapshot.Watch(t.Context(), seen, revision) {
		if err != nil {
			t.Fatal(err)
		}
		if spread.Revision != revision {
			t.Errorf("the revision is %d, want %d", spread.Revision, revision)
		}
		switch steps++; steps {
		case 1: // the killed one has not been silent for long enough to say so
			sameNames(t, "have it at first", spread.Taken, "quick")
			sameNames(t, "have it not yet", spread.Waiting, "killed", "slow")
			seen.let("killed", snapshot.GoneAfter)
		case 2:
			sameNames(t, "have it not yet, as one is gone", spread.Waiting, "slow")
			slow.look()
		case 3:
			sameNames(t, "have it in the end", spread.Taken, "quick", "slow")
			if !spread.Everywhere() {
				t.Error("it is not everywhere")
			}
		}
	}
	if steps != 3 {
		t.Errorf("the watch ended after %d steps", steps)
	}
}

func TestAProcessThatStartsOrEndsIsWaitedForTruthfully(t *testing.T) {
	path := newFile(t)
	command := open(t, path)
	revision := change(t, command, "main")
	// Nobody runs.
	for spread, err := range snapshot.Watch(t.Context(), command, revision) {
		if err != nil || !spread.Everywhere() || len(spread.Taken) > 0 {
			t.Errorf("nobody runs: %+v, %v", spread, err)
		}
	}
	// One that has said that it starts may have read what was before.
	starting := snapshot.NewHeart(command, "starting")
	if err := starting.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	steps := 0
	for spread, err := range snapshot.Watch(t.Context(), command, revision) {
		if err != nil {
			t.Fatal(err)
		}
		if steps++; steps == 1 {
			sameNames(t, "start", spread.Waiting, "starting")
			if err := starting.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if steps != 2 {
		t.Errorf("the watch ended after %d steps", steps)
	}
}

func TestAWatchEndsWithItsContextAndWithAnError(t *testing.T) {
	path := newFile(t)
	s := serverOn(t, path, "slow", flowfile.Parse)
	revision := change(t, s.store, "main")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for spread, err := range snapshot.Watch(ctx, s.store, revision) {
		if err != nil || spread.Everywhere() {
			t.Errorf("%+v, %v", spread, err)
		}
		cancel()
	}
	away := errors.New("away")
	errs := 0
	for _, err := range snapshot.Watch(t.Context(), &aged{Processes: s.store, told: away}, revision) {
		if errs++; !errors.Is(err, away) {
			t.Errorf("the error is %v", err)
		}
	}
	if errs != 1 {
		t.Errorf("%d errors", errs)
	}
}

// What a process cannot read is not in force there, whatever revision it has seen.
func TestAProcessSaysWhatItCannotRead(t *testing.T) {
	path := newFile(t)
	s := serverOn(t, path, "older", func([]byte) (survey.Flow, error) { return survey.Flow{}, errors.New("not of this release") })
	if _, _, err := s.store.Publish(t.Context(), "shop", "anything", time.Unix(1e9, 0).UTC()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.store.PublishRules(t.Context(), "anything", time.Unix(1e9, 0).UTC()); err != nil {
		t.Fatal(err)
	}
	revision := change(t, s.store, "main")
	for range 2 { // it stays so however often somebody looks
		if err := s.keeper.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.beat()
		for spread, err := range snapshot.Watch(t.Context(), s.store, revision) {
			if err != nil || len(spread.Taken) != 1 {
				t.Fatalf("%+v, %v", spread, err)
			}
			if got, want := spread.Taken[0].Lacks, "flow shop version 1, recovery rules version 1"; got != want {
				t.Errorf("it lacks %q, want %q", got, want)
			}
		}
	}
}

func TestTheDeadAreBuriedByTheNextThatStarts(t *testing.T) {
	path := newFile(t)
	serverOn(t, path, "killed", flowfile.Parse).store.Die()
	serverOn(t, path, "paused", flowfile.Parse)
	command := open(t, path)
	seen := &aged{Processes: command, silent: map[string]time.Duration{"killed": time.Hour, "next": time.Hour, "paused": time.Minute}}
	next := snapshot.NewHeart(seen, "next")
	if err := next.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := next.Bury(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := command.Running(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sameNames(t, "are left", left, "next", "paused")
}

func TestSomebodyHearsWhenAnotherConfigurationIsInForce(t *testing.T) {
	path := newFile(t)
	s := serverOn(t, path, "one", flowfile.Parse)
	<-s.keeper.Taken() // what it began with
	s.look()
	select {
	case <-s.keeper.Taken():
		t.Error("an idle look says that something came into force")
	default:
	}
	change(t, s.store, "main")
	s.look()
	<-s.keeper.Taken()
}
