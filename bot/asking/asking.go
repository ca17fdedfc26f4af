// Package asking makes the decisions of package invitation come true: it looks at the events
// that other systems tell, asks whoever is due, follows what became of it, and says of every
// customer why they were asked or not.
//
// An ask is planned from its event, decided when it is due, and only then made, each in a
// transaction of its own. What is made follows from the ask: a crash in between has it made
// again, and it is the same.
package asking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/rounds"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/storage"
)

const (
	lookEvery = time.Second
	lease     = "asking"
	leaseTTL  = 5 * time.Second
	// batch is how many events or asks of a bucket are seen to in one round.
	batch = 200
	// atOnce is how many are sent side by side: they share transactions.
	atOnce = 8
	// again is how long what could not be done is left alone, at first.
	again = 10 * time.Second
	// mostTries is how often something is tried that fails for a reason that nobody knows.
	mostTries = 8
)

// ErrNobody means that an address leads to nobody.
var ErrNobody = errors.New("nobody has this address")

// Found is a person on a platform, and where they are written to.
type Found struct {
	To           storage.Person
	Address      chat.Address
	Name, Spoken string
}

// Config is what the asking needs from outside.
type Config struct {
	Store storage.Store
	Bot   *bot.Bot
	Clock func() time.Time // nil = time.Now
	Log   *slog.Logger     // nil = discard
	// Find looks for a person on a platform; ErrNobody = there is none. nil = nobody can be
	// looked for here.
	Find func(ctx context.Context, way storage.EventReach) (Found, error)
	// LookFor is how long it is waited for an answer of Find; 0 = as usual.
	LookFor time.Duration
}

// Asking asks. Its methods are safe for concurrent use.
type Asking struct {
	store  storage.Store
	bot    *bot.Bot
	offers bot.Offers
	now    func() time.Time
	log    *slog.Logger
	find   func(ctx context.Context, way storage.EventReach) (Found, error)
	draw   invitation.Draw
	rounds *rounds.Rounds

	lookFor time.Duration // that a platform may take to say who somebody is

	mu     sync.Mutex
	closed time.Time // until when no platform is asked who somebody is: it said so
	swept  time.Time // when it was looked last who is asked because time has passed; of one goroutine
	policy invitation.Policy
	known  bool
	failed map[string]time.Time // events and asks that are left alone for a while

	passed []storage.AskPlace // of each bucket, the last that was looked at of those that are sent; of one goroutine, as below
	turn   int                // the bucket whose customers are looked for first

	said    time.Time            // when it was looked last who is to be told of a change; of one goroutine, as below
	sayFrom map[string]string    // behind whom it is gone on with, by change
	sayAt   map[string]time.Time // when those are looked at again who wait to be told, by change
}

// New returns what asks.
func New(c Config) *Asking {
	a := &Asking{
		store: c.Store, bot: c.Bot, offers: bot.Offers{Bot: c.Bot}, now: c.Clock, log: c.Log, find: c.Find, lookFor: cmp.Or(c.LookFor, lookFor),
		failed: map[string]time.Time{}, sayAt: map[string]time.Time{}, sayFrom: map[string]string{}, passed: make([]storage.AskPlace, c.Store.Buckets()),
	}
	a.draw = invitation.DrawBy(a.offers.Lots())
	if a.now == nil {
		a.now = time.Now
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	a.rounds = rounds.New(a.store, a.log, rounds.Job{Lease: lease, TTL: leaseTTL, Every: lookEvery, Cannot: "cannot ask customers now"})
	return a
}

// Run asks until ctx ends. Of several processes one does.
func (a *Asking) Run(ctx context.Context) {
	a.rounds.Run(ctx, func(ctx context.Context) error {
		var failed error
		_, err := a.rounds.Holding(ctx, func(ctx context.Context) { failed = a.Look(ctx) })
		return cmp.Or(err, failed)
	})
}

// Look does what is to be done now, a batch of each bucket.
func (a *Asking) Look(ctx context.Context) error {
	p, err := a.Policy(ctx)
	if err != nil {
		return err
	}
	if err := a.timely(ctx, p); err != nil {
		if fatal(ctx, err) {
			return err
		}
		a.fail(byTime, err)
	}
	// All that was told is planned before anybody is decided about: an event may lie in another bucket than its
	// customer, and of two services of one visit the first is asked about.
	for b := range storage.Bucket(a.store.Buckets()) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		events, err := a.store.ToPlan(ctx, b, batch)
		if events, err = those(a, "an event that is to be planned", events, err); err != nil {
			return err
		}
		events = slices.DeleteFunc(events, func(e storage.StoredEvent) bool { return a.rests(e.Name()) })
		err = apart(ctx, events, func(some []storage.StoredEvent) error {
			_, err := a.plan(ctx, p, some)
			return err
		}, func(e *storage.StoredEvent, err error) error {
			a.fail(e.Name(), err)
			return nil
		})
		if err != nil {
			return err
		}
	}
	sought := make([][]storage.Ask, a.store.Buckets())
	for b := range storage.Bucket(a.store.Buckets()) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		due, err := a.due(ctx, b)
		if err != nil {
			return err
		}
		if sought[b], err = a.attend(ctx, p, b, due); err != nil {
			return err
		}
	}
	if err := (sending{a}).seek(ctx, p, a.turn, sought...); err != nil {
		return err
	}
	a.turn++
	return Telling{a}.saying(ctx)
}

// due are the asks of a bucket that a round looks at: a batch of those whose time has come, and one of those whose
// offer is to be made. A platform that says nothing keeps the latter waiting, and them alone: of those, the next batch
// is looked at in the next round, until all were.
func (a *Asking) due(ctx context.Context, b storage.Bucket) ([]storage.Ask, error) {
	due, err := a.store.AsksDue(ctx, b, a.moment(), batch)
	if due, err = those(a, "an ask that is due", due, err); err != nil {
		return nil, err
	}
	sending, err := a.store.AsksSending(ctx, b, a.moment(), a.passed[b], batch)
	if sending, err = those(a, "an ask that is sent", sending, err); err != nil {
		return nil, err
	}
	a.passed[b] = storage.AskPlace{} // from the first again
	if n := len(sending); n > 0 {
		a.passed[b] = storage.AskPlace{Due: sending[n-1].Due, ID: sending[n-1].ID}
	}
	return append(due, sending...), nil
}

func (a *Asking) moment() time.Time { return a.now().UTC().Truncate(time.Microsecond) }

// Policy is what the newest file of triggers says; what is shipped while there is none.
func (a *Asking) Policy(ctx context.Context) (invitation.Policy, error) {
	src, err := a.store.Triggers(ctx, 0)
	if errors.Is(err, storage.ErrNotFound) {
		return invitation.Usual(), nil
	}
	if err != nil {
		return invitation.Policy{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known && a.policy.Version == src.Version {
		return a.policy, nil
	}
	p, err := triggerfile.Parse([]byte(src.Source))
	if err != nil {
		return p, fmt.Errorf("read version %d of the triggers: %w", src.Version, err)
	}
	p.Version, p.Draw = src.Version, a.draw
	a.policy, a.known = p, true
	return p, nil
}

// rests reports whether something failed a moment ago and is left alone.
func (a *Asking) rests(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	at, ok := a.failed[id]
	if ok && a.now().Sub(at) >= again {
		delete(a.failed, id)
		return false
	}
	return ok
}

func (a *Asking) fail(id string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	maps.DeleteFunc(a.failed, func(_ string, at time.Time) bool { return now.Sub(at) >= again })
	a.failed[id] = now
	a.log.Error("somebody is not asked for a moment", "ask", id, "err", err)
}
