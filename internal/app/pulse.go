package app

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
)

const (
	// pulseEvery is how often it is tried whether the database takes changes.
	pulseEvery = time.Second
	// pulsePatience is how long one try may take.
	pulsePatience = 3 * time.Second
	// pulseLost is how long the database may take no changes before this instance is not ready.
	pulseLost = 5 * time.Second
)

// pulse knows whether the database takes changes, also while nobody makes any: with each of
// them this instance says that it lives, and which configuration is in force in it.
type pulse struct {
	heart *snapshot.Heart
	born  time.Time
	last  atomic.Int64 // the end of the last that succeeded, since born
	gone  atomic.Pointer[error]
}

// newPulse is the pulse of an instance that listens at an address.
func newPulse(s storage.Store, address string) *pulse {
	name := address
	if host, err := os.Hostname(); err == nil {
		name = host + " at " + address
	}
	return &pulse{heart: snapshot.NewHeart(s, name), born: time.Now()}
}

// begin says that this instance starts, before it reads the configuration.
func (p *pulse) begin(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, pulsePatience)
	defer cancel()
	if err := p.heart.Beat(limited); err != nil {
		return err
	}
	return p.heart.Bury(limited)
}

// end says that this instance has ended, where the database still takes changes. Elsewhere it
// counts as gone after a while.
func (p *pulse) end(ctx context.Context) error {
	if p.check() != nil {
		return nil
	}
	return p.heart.Stop(ctx)
}

// run tries until ctx ends, and at once whenever another configuration came into force. It
// returns storage.ErrOutdated once a newer program has changed the database, or
// storage.ErrGone once its file is not ours any more. Whatever this instance writes is refused
// from then on, and repeated by the platforms; but it also holds leases, which another instance
// needs, and a server that ends may be started again by a newer program or on the right file.
func (p *pulse) run(ctx context.Context, k *snapshot.Keeper) error {
	p.heart.Follow(k)
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	for {
		limited, cancel := context.WithTimeout(ctx, pulsePatience)
		err := p.heart.Beat(limited)
		cancel()
		switch {
		case err == nil:
			p.last.Store(int64(time.Since(p.born)))
		case errors.Is(err, storage.ErrOutdated) || errors.Is(err, storage.ErrGone):
			p.gone.Store(&err)
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-k.Taken():
		}
	}
}

// errNoChanges is a database that answers, and is locked, full or read-only all the same.
var errNoChanges = errors.New("the database takes no changes")

// check is why the database is not to be relied on just now; nil = it is.
func (p *pulse) check() error {
	if err := p.gone.Load(); err != nil {
		return *err
	}
	if time.Since(p.born)-time.Duration(p.last.Load()) > pulseLost {
		return errNoChanges
	}
	return nil
}
