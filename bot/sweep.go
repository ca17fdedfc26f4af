package bot

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/aftercare/aftercare/bot/fold"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/bot/rounds"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/storage"
)

const (
	sweepEvery   = time.Second
	observeEvery = 5 * time.Second
	pruneEvery   = time.Hour
	// sweepTTL is how soon another process goes on after this one died. It may be shorter
	// than a round: sweeping twice is harmless, and the lease only saves the work.
	sweepTTL   = 5 * time.Second
	sweepLease = "sweep"
	// sweepBatch is how many sessions or cases of a bucket are seen to in one round.
	sweepBatch = 64
	// sweepAgain is how long what cannot be done is left alone.
	sweepAgain = 10 * time.Minute
	// pruneBatch is how many rows of a kind one statement removes.
	pruneBatch = 500

	// Platforms repeat updates for a day (Telegram) or an hour (Slack); a week leaves room
	// for an outage.
	keepKeys = 7 * 24 * time.Hour
	// retainEvery is how often what is older than it is kept is looked for.
	retainEvery = 24 * time.Hour
)

// Run does what the time asks for, until ctx ends: sessions expire, the clocks of cases
// strike, old keys and settled deliveries go, the configuration snapshot is renewed, and
// hints of other processes wake the senders and the watchers of this one. Of several
// processes one sweeps.
func (b *Bot) Run(ctx context.Context) error {
	sweep, tell, forget := newSweeper(b), newTeller(b), &forgetter{store: b.store, log: b.log}
	var all sync.WaitGroup
	all.Go(func() { b.listen(ctx) })
	all.Go(func() { every(ctx, snapshot.LookEvery, b.snap.Renew) })
	all.Go(func() {
		every(ctx, observeEvery, func(ctx context.Context) {
			if err := b.observe(ctx); err != nil && ctx.Err() == nil {
				b.log.Warn("cannot count the cases that opened lately", "err", err)
			}
		})
	})
	all.Go(func() { sweep.rounds.Run(ctx, sweep.sweep) })
	all.Go(func() { tell.rounds.Run(ctx, tell.tell) })
	all.Go(func() { every(ctx, forgetEvery, forget.look) })
	all.Go(func() { ReadModel(b).Run(ctx) })
	all.Go(func() { fold.NewCounter(b.store, b.log).Run(ctx) })
	all.Wait()
	return nil
}

// Rounds makes Run's rounds of what the time asks for one by one, for a program whose clock does
// not run by itself: sessions expire and the clocks of cases strike by the Bot's clock. Whoever
// is done with them calls end.
func Rounds(ctx context.Context, b *Bot) (round, end func()) {
	s := newSweeper(b)
	return func() {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn("cannot see to what is due", "err", err)
		}
	}, func() { s.rounds.Leave(ctx) }
}

// ReadModel is what keeps the rows behind reports.
func ReadModel(b *Bot) *fold.Folder { return fold.NewFolder(b.store, Rows(b), b.log) }

// SumUp adds up what is marked, at once and without rest, unless a server does so.
func SumUp(ctx context.Context, store storage.Store) error {
	return fold.NewCounter(store, slog.New(slog.DiscardHandler)).All(ctx)
}

// Rows is how the rows behind reports are made.
func Rows(b *Bot) *fold.Maker { return fold.NewMaker(b.snap, b.log) }

// every calls f at once and then each period after it returned, until ctx ends.
func every(ctx context.Context, period time.Duration, f func(context.Context)) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			f(ctx)
			timer.Reset(period)
		}
	}
}

// listen passes the hints of other processes on.
func (b *Bot) listen(ctx context.Context) {
	hints := b.store.Hints(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-hints:
			if !ok {
				return
			}
			b.watch.notifyAll()
			b.out.Look()
		}
	}
}

// sweeper is used by one goroutine.
type sweeper struct {
	store   storage.Store
	now     func() time.Time
	log     *slog.Logger
	expires func(context.Context, storage.Session) (storage.Turn, error)
	duties  func() []caseDuty
	perform func(context.Context, []outbox.Work) []error
	retain  func(context.Context) error // goes on with what forgets people
	replies replies

	rounds *rounds.Rounds
	pruned time.Time
	failed map[string]time.Time // what could not be done, and when it was tried
	rested map[dutyKey]time.Time
}

func newSweeper(b *Bot) *sweeper {
	return &sweeper{
		store: b.store, now: b.now, log: b.log, duties: b.caseDuties, perform: b.performAll,
		expires: func(ctx context.Context, s storage.Session) (storage.Turn, error) {
			return b.sessionTurn(ctx, s, "expire", func(t *turn) error { return service{t}.lapse() })
		},
		retain:  retaining(func() *personal.Keeper { return Privacy(b) }),
		replies: replies{b.store, b.Act, b.log},
		rounds:  rounds.New(b.store, b.log, rounds.Job{Lease: sweepLease, TTL: sweepTTL, Every: sweepEvery, Cannot: "cannot see to what is due"}),
		failed:  map[string]time.Time{}, rested: map[dutyKey]time.Time{},
	}
}

func (s *sweeper) sweep(ctx context.Context) error {
	if ok, err := s.rounds.Leads(ctx); err != nil || !ok {
		return err
	}
	prune := s.pruned.IsZero() || time.Since(s.pruned) >= pruneEvery
	for b := range storage.Bucket(s.store.Buckets()) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := s.expire(ctx, b); err != nil && ctx.Err() == nil {
			s.log.Warn("cannot expire sessions", "bucket", int(b), "err", err)
		}
		if err := s.replies.send(ctx, s, b); err != nil && ctx.Err() == nil {
			s.log.Warn("cannot send what staff wrote", "bucket", int(b), "err", err)
		}
		for _, d := range s.duties() {
			if err := s.see(ctx, b, d); err != nil && ctx.Err() == nil {
				s.log.Warn("cannot see to cases", "duty", d.name, "bucket", int(b), "err", err)
			}
		}
		if !prune {
			continue
		}
		if err := s.prune(ctx, b); err != nil && ctx.Err() == nil {
			s.log.Warn("cannot remove what is old", "bucket", int(b), "err", err)
		}
	}
	if prune {
		if err := s.pruneAnswers(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("cannot remove what other systems were answered", "err", err)
		}
		s.pruned = time.Now()
	}
	if err := s.retain(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("cannot go on with erasures", "err", err)
	}
	return nil
}

// expire ends one batch of sessions. What is left comes in the next round, a second
// later, so that taps are never kept waiting by a great many at once.
func (s *sweeper) expire(ctx context.Context, b storage.Bucket) error {
	maps.DeleteFunc(s.failed, func(_ string, at time.Time) bool { return time.Since(at) >= sweepAgain })
	sessions, err := s.store.Expiring(ctx, b, s.now(), sweepBatch+len(s.failed))
	if err != nil {
		return err
	}
	var ws []outbox.Work
	var ids []string
	for _, session := range sessions {
		if _, failed := s.failed[session.ID]; failed {
			continue
		}
		turn, err := s.expires(ctx, session)
		switch {
		case err == nil:
			ws, ids = append(ws, outbox.Work{Bucket: b, Turn: turn}), append(ids, session.ID)
		case errors.Is(err, storage.ErrUnavailable):
			return err
		default:
			s.fail("session", session.ID, err)
		}
	}
	for i, err := range s.perform(ctx, ws) {
		switch {
		case err == nil:
		case errors.Is(err, storage.ErrUnavailable):
			return err
		default:
			s.fail("session", ids[i], err)
		}
	}
	return nil
}

// errNobodyHears is a case at a site of which no chat of staff hears.
var errNobodyHears = errors.New("no chat of staff hears of this case")

func (s *sweeper) fail(kind, id string, err error) {
	s.failed[id] = time.Now()
	if errors.Is(err, errNobodyHears) { // which may be meant
		s.log.Warn("no chat of staff hears of a case: it stands on the pages only", kind, id, "do", "link a chat for its site: aftercare staff chat add")
		return
	}
	s.log.Error("the sweeper leaves something alone for a while", kind, id, "err", err)
}

// prune removes what is older than its kind is kept.
func (s *sweeper) prune(ctx context.Context, b storage.Bucket) error {
	now := s.now()
	days, err := s.store.RetentionDays(ctx)
	if err != nil {
		return err
	}
	before := storage.Retention{
		Keys: now.Add(-keepKeys), Deliveries: days.Before(privacy.Messages, now), Told: now.Add(-storage.ToldFor), CasesOpened: now.Add(-2 * openedWindow),
		Events: now.AddDate(0, 0, -storage.EventDays),
	}
	for ctx.Err() == nil {
		n, err := s.store.Prune(ctx, b, before, pruneBatch)
		if err != nil || n == 0 {
			return err
		}
	}
	return ctx.Err()
}

// pruneAnswers removes what other systems were answered more than a day ago, whether they ask again or not.
func (s *sweeper) pruneAnswers(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := s.store.PruneAnswers(ctx, s.now().Add(-storage.KeptFor), pruneBatch)
		if err != nil || n == 0 {
			return err
		}
	}
	return ctx.Err()
}
