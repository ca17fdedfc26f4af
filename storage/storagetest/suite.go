// Package storagetest is what every database must pass (Run), what it is measured with
// (BenchmarkAdvance) and stores that fail on purpose (Crashing, Cutter).
package storagetest

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Engine is one kind of database.
type Engine struct {
	Name string
	// New makes an empty database, gone when the test ends. The stores that it opens are
	// several instances on the same database.
	New func(t testing.TB) Opener
	// Joins says that the writes of a transaction are few statements, however many tables they change.
	Joins bool
}

// Opener opens one more store on a database. The test closes it.
type Opener func(t testing.TB, o Options) storage.Store

// Options are what a test may ask of a store.
type Options struct {
	Clock func() time.Time
	Wrap  func(driver.Connector) driver.Connector
}

// group is tests by their names, each a rule.
type group = map[string]func(*testing.T, *bench)

// Run is the conformance suite.
func Run(t *testing.T, e Engine) {
	t.Helper()
	run(t, e, advanceTests, slotTests, readTests, referenceTests, staffTests, caseTests, textTests, faultTests, instanceTests,
		leakTests, mendTests, routeTests, outdatedTests, revisionTests, personTests, keyTests, processTests, foldTests, numberedTests, inboxTests, loginTests, standingLinkTests, buildingTests, tokenTests, eventTests, askingTests, underwayTests, nameTests, hookTests, inboundTests, resultTests, improvementTests, alarmTests, replacingTests)
}

// RunWrites is the part of the suite that is about what is written, for an engine that
// has more than one way to write.
func RunWrites(t *testing.T, e Engine) {
	t.Helper()
	run(t, e, advanceTests, slotTests, caseTests, routeTests)
}

func run(t *testing.T, e Engine, groups ...group) {
	t.Helper()
	for _, g := range groups {
		for name, test := range g {
			t.Run(name, func(t *testing.T) {
				b := newBench(t, e)
				test(t, b)
				b.agrees(t)
			})
		}
	}
}

// bench is one test's database with a store on it and a clock that stands still.
type bench struct {
	open  Opener
	store storage.Store
	clock *Clock
	joins bool
}

func newBench(t *testing.T, e Engine) *bench {
	t.Helper()
	b := &bench{open: e.New(t), clock: NewClock(time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC)), joins: e.Joins}
	b.store = b.open(t, Options{Clock: b.clock.Now})
	return b
}

// Clock is a clock that only moves when it is told to.
type Clock struct {
	mu sync.Mutex
	t  time.Time // guarded by mu
}

// NewClock returns a clock that shows t.
func NewClock(t time.Time) *Clock { return &Clock{t: t} }

// Now is the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// Add moves the clock.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// advance runs turns and fails the test if one of them does.
func (b *bench) advance(t *testing.T, turns ...storage.Turn) {
	t.Helper()
	wantErrors(t, b.store.Advance(t.Context(), 0, turns), make([]error, len(turns))...)
}

// agrees fails the test if the queue, and by what people are found, are not what follows from what is
// stored, whatever the test did.
func (b *bench) agrees(t *testing.T) {
	t.Helper()
	s, ok := b.store.(interface {
		QueueAgrees(context.Context) error
		NamesAgree(context.Context) error
	})
	if !ok {
		t.Fatalf("a %T does not compare its queue and its names", b.store)
	}
	if err := s.NamesAgree(t.Context()); err != nil && !errors.Is(err, storage.ErrUnavailable) {
		t.Error(err)
	}
	if err := s.QueueAgrees(t.Context()); err != nil && !errors.Is(err, storage.ErrUnavailable) {
		t.Error(err)
	}
}

// wantErrors compares by errors.Is.
func wantErrors(t *testing.T, got []error, want ...error) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d errors, want %d: %v", len(got), len(want), got)
	}
	for i, err := range want {
		if !errors.Is(got[i], err) {
			t.Fatalf("turn %d: error %v, want %v", i, got[i], err)
		}
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same compares records; an empty list is as good as none.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// equal is same for single values: it says which one is wrong.
func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s is %v, want %v", what, got, want)
	}
}

// change is a turn that does the same whatever it sees.
func change(key string, c storage.Change) storage.Turn {
	return storage.Turn{Key: key, Apply: func(storage.Loaded) (storage.Change, error) { return c, nil }}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func person(i int) storage.Person {
	return storage.Person{Platform: chat.Telegram, Account: "42", User: fmt.Sprint(1000 + i)}
}

func address(i int) chat.Address {
	return chat.Address{Platform: chat.Telegram, Account: "42", Chat: fmt.Sprint(1000 + i)}
}

// identity is a person who wrote to us at now.
func identity(p storage.Person, session string, now time.Time) storage.Identity {
	return storage.Identity{
		ID: p.ID(), Person: p, Address: chat.Address{Platform: p.Platform, Account: p.Account, Chat: p.User},
		Name: "Ada", Session: session, Created: now, Seen: now,
	}
}

// session is a live session of a person.
func session(id string, p storage.Person, now time.Time) storage.Session {
	return storage.Session{
		Session: survey.Session{
			ID: id, Flow: "one_tap_csat", Version: 1, Status: survey.Active, Started: now, Expires: now.Add(72 * time.Hour),
		},
		Identity: p.ID(), Address: chat.Address{Platform: p.Platform, Account: p.Account, Chat: p.User},
	}
}

// begin stores a person with a live session and returns its id.
func (b *bench) begin(t *testing.T, p storage.Person) string {
	t.Helper()
	id := newID()
	i, s := identity(p, id, b.clock.Now()), session(id, p, b.clock.Now())
	b.advance(t, change("begin:"+id, storage.Change{Identity: &i, Session: &s}))
	return id
}

// want asks that a slot of a person show words.
func want(slot string, p storage.Person, words string) storage.SlotOp {
	return storage.SlotOp{Want: &storage.Want{
		Slot: slot, Identity: p.ID(), Address: chat.Address{Platform: p.Platform, Account: p.Account, Chat: p.User},
		Kind: storage.QuestionD, Render: chat.Message{Text: words}, Hash: "hash of " + words,
	}}
}

func claim(slot string, epoch int64) storage.SlotOp {
	return storage.SlotOp{Claim: &storage.Claim{Slot: slot, Epoch: epoch}}
}

func settle(d storage.Delivery, o storage.Outcome, ref chat.Ref) storage.SlotOp {
	return storage.SlotOp{Settle: &storage.Settle{
		Slot: d.Slot, Epoch: d.Epoch, Version: d.Wanted, Hash: d.Hash, Ref: ref, Outcome: o,
	}}
}

// ops runs slot operations in one turn and returns its result.
func (b *bench) ops(t *testing.T, ops ...storage.SlotOp) storage.Result {
	t.Helper()
	var result storage.Result
	turn := change("", storage.Change{Slots: ops})
	turn.Done = func(r storage.Result) { result = r }
	b.advance(t, turn)
	return result
}

// slot reads one delivery the way a turn does.
func (b *bench) slot(t *testing.T, name string) *storage.Delivery {
	t.Helper()
	var found *storage.Delivery
	b.advance(t, storage.Turn{
		Load: storage.Load{Slots: []string{name}},
		Apply: func(in storage.Loaded) (storage.Change, error) {
			if d, ok := in.Slots[name]; ok {
				found = &d
			}
			return storage.Change{}, nil
		},
	})
	return found
}

// concurrently runs f n times at once and returns the errors.
func concurrently(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(ctx, i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
