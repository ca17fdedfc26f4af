package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// When says what becomes of the chosen call of a CrashingStore.
type When int

// The fates.
const (
	BeforeCall When = iota // the process dies, and nothing of the call happens
	AfterCall              // the process dies; all of the call happened, and nobody hears of it
	FailBefore             // nothing of the call happens, it says so, and the process goes on
	FailAfter              // the same, but all of the call happened
)

// CrashingStore is a store of a process that dies at one call, in process. From then on
// every call fails as if the database were away, nothing changes any more, and no Done
// is called: what a killed process would have left is what is stored. The test then
// makes a new process on a new store.
type CrashingStore struct {
	inner storage.Store
	at    int
	when  When
	dead  chan struct{}

	mu    sync.Mutex
	calls int // guarded by mu
}

var _ storage.Store = (*CrashingStore)(nil)

// Crashing returns a store that dies, or fails, at the at-th call, counted from 1. At 0
// it only counts.
func Crashing(inner storage.Store, at int, when When) *CrashingStore {
	return &CrashingStore{inner: inner, at: at, when: when, dead: make(chan struct{})}
}

// Calls is the number of calls so far.
func (c *CrashingStore) Calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

// Dead is closed when the process has died.
func (c *CrashingStore) Dead() <-chan struct{} { return c.dead }

// Die lets the process die now.
func (c *CrashingStore) Die() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.gone() {
		close(c.dead)
	}
}

var (
	errDead   = fmt.Errorf("the process has crashed: %w", storage.ErrUnavailable)
	errFailed = fmt.Errorf("the call failed: %w", storage.ErrUnavailable)
)

// call runs f, or dies.
func (c *CrashingStore) call(f func() error) error {
	c.mu.Lock()
	if c.gone() {
		c.mu.Unlock()
		return errDead
	}
	c.calls++
	mine := c.calls == c.at
	if mine && c.when == BeforeCall {
		close(c.dead)
	}
	c.mu.Unlock()
	switch {
	case mine && c.when == BeforeCall:
		return errDead
	case mine && c.when == FailBefore:
		return errFailed
	}
	err := f()
	switch {
	case mine && c.when == AfterCall:
		c.Die()
	case mine && c.when == FailAfter:
		err = errFailed
	}
	if c.gone() { // what was under way when it died is not heard of either
		return errDead
	}
	return err
}

func (c *CrashingStore) gone() bool {
	select {
	case <-c.dead:
		return true
	default:
		return false
	}
}

// result is call for what returns a value.
func result[T any](c *CrashingStore, f func() (T, error)) (T, error) {
	var v T
	err := c.call(func() (err error) { v, err = f(); return err })
	if err != nil && (c.gone() || errors.Is(err, errFailed)) {
		var none T
		return none, err
	}
	return v, err
}

// Buckets implements storage.Store.
func (c *CrashingStore) Buckets() int { return c.inner.Buckets() }

// Advance implements storage.Store.
func (c *CrashingStore) Advance(ctx context.Context, b storage.Bucket, turns []storage.Turn) []error {
	var errs []error
	results := make([]*storage.Result, len(turns))
	silent := make([]storage.Turn, len(turns))
	for i, t := range turns {
		t.Done = func(r storage.Result) { results[i] = &r }
		silent[i] = t
	}
	err := c.call(func() error { errs = c.inner.Advance(ctx, b, silent); return nil })
	if err != nil {
		errs = make([]error, len(turns))
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	for i, t := range turns {
		if results[i] != nil && t.Done != nil {
			t.Done(*results[i])
		}
	}
	return errs
}

// Invitation implements storage.Reader.
func (c *CrashingStore) Invitation(ctx context.Context, b storage.Bucket, id string) (storage.Invitation, error) {
	return result(c, func() (storage.Invitation, error) { return c.inner.Invitation(ctx, b, id) })
}

// Identity implements storage.Reader.
func (c *CrashingStore) Identity(ctx context.Context, b storage.Bucket, id string) (storage.Identity, error) {
	return result(c, func() (storage.Identity, error) { return c.inner.Identity(ctx, b, id) })
}

// Session implements storage.Reader.
func (c *CrashingStore) Session(ctx context.Context, b storage.Bucket, id string) (storage.Session, error) {
	return result(c, func() (storage.Session, error) { return c.inner.Session(ctx, b, id) })
}

// Shown implements storage.Reader.
func (c *CrashingStore) Shown(ctx context.Context, in chat.Address, ref chat.Ref) (storage.Delivery, error) {
	return result(c, func() (storage.Delivery, error) { return c.inner.Shown(ctx, in, ref) })
}

// SessionsOf implements storage.Reader.
func (c *CrashingStore) SessionsOf(ctx context.Context, b storage.Bucket, identity string, limit int) ([]storage.Session, error) {
	return result(c, func() ([]storage.Session, error) { return c.inner.SessionsOf(ctx, b, identity, limit) })
}

// Delivery implements storage.Reader.
func (c *CrashingStore) Delivery(ctx context.Context, b storage.Bucket, slot string) (storage.Delivery, error) {
	return result(c, func() (storage.Delivery, error) { return c.inner.Delivery(ctx, b, slot) })
}

// Answers implements storage.Reader.
func (c *CrashingStore) Answers(ctx context.Context, b storage.Bucket, session string) ([]survey.Answer, error) {
	return result(c, func() ([]survey.Answer, error) { return c.inner.Answers(ctx, b, session) })
}

// Cases implements storage.Reader.
func (c *CrashingStore) Cases(ctx context.Context, f storage.CaseFilter) ([]storage.Case, error) {
	return result(c, func() ([]storage.Case, error) { return c.inner.Cases(ctx, f) })
}

// CaseEvents implements storage.Reader.
func (c *CrashingStore) CaseEvents(ctx context.Context, b storage.Bucket, caseID string) ([]storage.CaseEvent, error) {
	return result(c, func() ([]storage.CaseEvent, error) { return c.inner.CaseEvents(ctx, b, caseID) })
}

// Earlier implements storage.Reader.
func (c *CrashingStore) Earlier(ctx context.Context, customer string, since, until time.Time) (int, error) {
	return result(c, func() (int, error) { return c.inner.Earlier(ctx, customer, since, until) })
}

// Expiring implements storage.Reader.
func (c *CrashingStore) Expiring(ctx context.Context, b storage.Bucket, now time.Time, limit int) ([]storage.Session, error) {
	return result(c, func() ([]storage.Session, error) { return c.inner.Expiring(ctx, b, now, limit) })
}

// Transcript implements storage.Reader.
func (c *CrashingStore) Transcript(ctx context.Context, b storage.Bucket, to chat.Address) ([]storage.Delivery, error) {
	return result(c, func() ([]storage.Delivery, error) { return c.inner.Transcript(ctx, b, to) })
}

// TranscriptPage implements storage.Reader.
func (c *CrashingStore) TranscriptPage(ctx context.Context, b storage.Bucket, to chat.Address, before int64, limit int) ([]storage.Delivery, error) {
	return result(c, func() ([]storage.Delivery, error) { return c.inner.TranscriptPage(ctx, b, to, before, limit) })
}

// TranscriptState implements storage.Reader.
func (c *CrashingStore) TranscriptState(ctx context.Context, b storage.Bucket, to chat.Address) (storage.TranscriptState, error) {
	return result(c, func() (storage.TranscriptState, error) { return c.inner.TranscriptState(ctx, b, to) })
}

// Heads implements storage.Reader.
func (c *CrashingStore) Heads(ctx context.Context, b storage.Bucket, of []storage.Served, now time.Time, limit int) ([]storage.Delivery, error) {
	return result(c, func() ([]storage.Delivery, error) { return c.inner.Heads(ctx, b, of, now, limit) })
}

// Doubtful implements storage.Reader.
func (c *CrashingStore) Doubtful(ctx context.Context, b storage.Bucket, of []storage.Served, limit int) ([]storage.Delivery, error) {
	return result(c, func() ([]storage.Delivery, error) { return c.inner.Doubtful(ctx, b, of, limit) })
}

// Failed implements storage.Reader.
func (c *CrashingStore) Failed(ctx context.Context, limit int) ([]storage.Delivery, error) {
	return result(c, func() ([]storage.Delivery, error) { return c.inner.Failed(ctx, limit) })
}

// Counts implements storage.Reader.
func (c *CrashingStore) Counts(ctx context.Context) (storage.Counts, error) {
	return result(c, func() (storage.Counts, error) { return c.inner.Counts(ctx) })
}

// Backlog implements storage.Reader.
func (c *CrashingStore) Backlog(ctx context.Context) ([]storage.Backlog, error) {
	return result(c, func() ([]storage.Backlog, error) { return c.inner.Backlog(ctx) })
}

// Publish implements storage.Reference.
func (c *CrashingStore) Publish(ctx context.Context, flow, source string, at time.Time) (version int, created bool, err error) {
	err = c.call(func() (err error) { version, created, err = c.inner.Publish(ctx, flow, source, at); return err })
	if err != nil {
		return 0, false, err
	}
	return version, created, nil
}

// FlowSource implements storage.Reference.
func (c *CrashingStore) FlowSource(ctx context.Context, flow string, version int) (storage.FlowSource, error) {
	return result(c, func() (storage.FlowSource, error) { return c.inner.FlowSource(ctx, flow, version) })
}

// FlowSources implements storage.Reference.
func (c *CrashingStore) FlowSources(ctx context.Context) ([]storage.FlowSource, error) {
	return result(c, func() ([]storage.FlowSource, error) { return c.inner.FlowSources(ctx) })
}

// PutSite implements storage.Reference.
func (c *CrashingStore) PutSite(ctx context.Context, s storage.Site) error {
	return c.call(func() error { return c.inner.PutSite(ctx, s) })
}

// ReplaceSite implements storage.Reference.
func (c *CrashingStore) ReplaceSite(ctx context.Context, was, now storage.Site) error {
	return c.call(func() error { return c.inner.ReplaceSite(ctx, was, now) })
}

// AtSite implements storage.Reference.
func (c *CrashingStore) AtSite(ctx context.Context, id string) (storage.SiteUse, error) {
	return result(c, func() (storage.SiteUse, error) { return c.inner.AtSite(ctx, id) })
}

// Sites implements storage.Reference.
func (c *CrashingStore) Sites(ctx context.Context) ([]storage.Site, error) {
	return result(c, func() ([]storage.Site, error) { return c.inner.Sites(ctx) })
}

// PutCustomer implements storage.Reference.
func (c *CrashingStore) PutCustomer(ctx context.Context, v storage.Customer) error {
	return c.call(func() error { return c.inner.PutCustomer(ctx, v) })
}

// Customer implements storage.Reference.
func (c *CrashingStore) Customer(ctx context.Context, id string) (storage.Customer, error) {
	return result(c, func() (storage.Customer, error) { return c.inner.Customer(ctx, id) })
}

// PutAccount implements storage.Reference.
func (c *CrashingStore) PutAccount(ctx context.Context, a storage.Account) error {
	return c.call(func() error { return c.inner.PutAccount(ctx, a) })
}

// Accounts implements storage.Reference.
func (c *CrashingStore) Accounts(ctx context.Context) ([]storage.Account, error) {
	return result(c, func() ([]storage.Account, error) { return c.inner.Accounts(ctx) })
}

// PutInstallation implements storage.Reference.
func (c *CrashingStore) PutInstallation(ctx context.Context, i storage.Installation) error {
	return c.call(func() error { return c.inner.PutInstallation(ctx, i) })
}

// ReplaceInstallation implements storage.Reference.
func (c *CrashingStore) ReplaceInstallation(ctx context.Context, was, now storage.Installation) error {
	return c.call(func() error { return c.inner.ReplaceInstallation(ctx, was, now) })
}

// Installations implements storage.Reference.
func (c *CrashingStore) Installations(ctx context.Context, p chat.Platform) ([]storage.Installation, error) {
	return result(c, func() ([]storage.Installation, error) { return c.inner.Installations(ctx, p) })
}

// DropInstallation implements storage.Reference.
func (c *CrashingStore) DropInstallation(ctx context.Context, p chat.Platform, account string) error {
	return c.call(func() error { return c.inner.DropInstallation(ctx, p, account) })
}

// PutStaff implements storage.Team.
func (c *CrashingStore) PutStaff(ctx context.Context, s storage.Staff) error {
	return c.call(func() error { return c.inner.PutStaff(ctx, s) })
}

// ReplaceStaff implements storage.Team.
func (c *CrashingStore) ReplaceStaff(ctx context.Context, was, now storage.Staff) error {
	return c.call(func() error { return c.inner.ReplaceStaff(ctx, was, now) })
}

// StaffList implements storage.Team.
func (c *CrashingStore) StaffList(ctx context.Context) ([]storage.Staff, error) {
	return result(c, func() ([]storage.Staff, error) { return c.inner.StaffList(ctx) })
}

// DropStaff implements storage.Team.
func (c *CrashingStore) DropStaff(ctx context.Context, id string, at time.Time) error {
	return c.call(func() error { return c.inner.DropStaff(ctx, id, at) })
}

// PutStaffCode implements storage.Team.
func (c *CrashingStore) PutStaffCode(ctx context.Context, code storage.StaffCode) error {
	return c.call(func() error { return c.inner.PutStaffCode(ctx, code) })
}

// LinkStaff implements storage.Team.
func (c *CrashingStore) LinkStaff(ctx context.Context, hash string, p storage.Person, now time.Time) (string, error) {
	return result(c, func() (string, error) { return c.inner.LinkStaff(ctx, hash, p, now) })
}

// SpendStaffCode implements storage.Team.
func (c *CrashingStore) SpendStaffCode(ctx context.Context, hash, seen string, now time.Time) (string, error) {
	return result(c, func() (string, error) { return c.inner.SpendStaffCode(ctx, hash, seen, now) })
}

// StaffOf implements storage.Team.
func (c *CrashingStore) StaffOf(ctx context.Context, p storage.Person) (storage.Staff, error) {
	return result(c, func() (storage.Staff, error) { return c.inner.StaffOf(ctx, p) })
}

// StaffLinks implements storage.Team.
func (c *CrashingStore) StaffLinks(ctx context.Context) (map[storage.Person]string, error) {
	return result(c, func() (map[storage.Person]string, error) { return c.inner.StaffLinks(ctx) })
}

// Revision implements storage.Reference.
func (c *CrashingStore) Revision(ctx context.Context) (int64, error) {
	return result(c, func() (int64, error) { return c.inner.Revision(ctx) })
}

// PutMove implements storage.Reference.
func (c *CrashingStore) PutMove(ctx context.Context, from, to chat.Address) error {
	return c.call(func() error { return c.inner.PutMove(ctx, from, to) })
}

// Moves implements storage.Reference.
func (c *CrashingStore) Moves(ctx context.Context) (map[chat.Address]chat.Address, error) {
	return result(c, func() (map[chat.Address]chat.Address, error) { return c.inner.Moves(ctx) })
}

// Acquire implements storage.Leases.
func (c *CrashingStore) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (l storage.Lease, ok bool, err error) {
	err = c.call(func() (err error) { l, ok, err = c.inner.Acquire(ctx, name, holder, ttl); return err })
	if err != nil {
		return storage.Lease{}, false, err
	}
	return l, ok, nil
}

// Release implements storage.Leases.
func (c *CrashingStore) Release(ctx context.Context, name, holder string) error {
	return c.call(func() error { return c.inner.Release(ctx, name, holder) })
}

// Park implements storage.Store.
func (c *CrashingStore) Park(ctx context.Context, p storage.Parked) error {
	return c.call(func() error { return c.inner.Park(ctx, p) })
}

// ParkedUpdates implements storage.Store.
func (c *CrashingStore) ParkedUpdates(ctx context.Context, limit int) ([]storage.Parked, error) {
	return result(c, func() ([]storage.Parked, error) { return c.inner.ParkedUpdates(ctx, limit) })
}

// ParkedUpdate implements storage.Parking.
func (c *CrashingStore) ParkedUpdate(ctx context.Context, key string) (storage.Parked, error) {
	return result(c, func() (storage.Parked, error) { return c.inner.ParkedUpdate(ctx, key) })
}

// Unpark implements storage.Parking.
func (c *CrashingStore) Unpark(ctx context.Context, p storage.Parked) error {
	return c.call(func() error { return c.inner.Unpark(ctx, p) })
}

// DropParked implements storage.Parking.
func (c *CrashingStore) DropParked(ctx context.Context, p storage.Parked, handled bool) (bool, error) {
	return result(c, func() (bool, error) { return c.inner.DropParked(ctx, p, handled) })
}

// Prune implements storage.Store.
func (c *CrashingStore) Prune(ctx context.Context, b storage.Bucket, before storage.Retention, limit int) (int, error) {
	return result(c, func() (int, error) { return c.inner.Prune(ctx, b, before, limit) })
}

// Hints implements storage.Store. Listening is no call that could lose anything.
func (c *CrashingStore) Hints(ctx context.Context) <-chan struct{} { return c.inner.Hints(ctx) }

// Hint implements storage.Store.
func (c *CrashingStore) Hint(ctx context.Context) {
	if !c.gone() {
		c.inner.Hint(ctx)
	}
}

// Pulse implements storage.Processes.
func (c *CrashingStore) Pulse(ctx context.Context, p storage.Process) error {
	return c.call(func() error { return c.inner.Pulse(ctx, p) })
}

// Depart implements storage.Processes.
func (c *CrashingStore) Depart(ctx context.Context, id string) error {
	return c.call(func() error { return c.inner.Depart(ctx, id) })
}

// Running implements storage.Processes.
func (c *CrashingStore) Running(ctx context.Context) ([]storage.Process, error) {
	return result(c, func() ([]storage.Process, error) { return c.inner.Running(ctx) })
}

// Ping implements storage.Store.
func (c *CrashingStore) Ping(ctx context.Context) error {
	return c.call(func() error { return c.inner.Ping(ctx) })
}

// Close closes the store beneath, dead or not: it is the test's own.
func (c *CrashingStore) Close() error { return c.inner.Close() }
