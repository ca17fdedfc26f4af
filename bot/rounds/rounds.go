// Package rounds does round by round what one of several processes does: whoever holds the lease of it.
package rounds

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/storage"
)

const (
	// askFor is how long a lease is waited for, and leaveFor how long it is given up.
	askFor   = 5 * time.Second
	leaveFor = 2 * time.Second
)

// Job is what one of several processes does.
type Job struct {
	Lease  string        // its name
	TTL    time.Duration // how soon another process goes on after this one died
	Every  time.Duration // from the end of a round to the next
	Cannot string        // what is logged where a round fails
}

// Rounds are those of one process. They are used by one goroutine.
type Rounds struct {
	leases storage.Leases
	log    *slog.Logger
	job    Job
	holder string
}

// New returns rounds that have not begun.
func New(leases storage.Leases, log *slog.Logger, job Job) *Rounds {
	return &Rounds{leases: leases, log: log, job: job, holder: uuid.NewString()}
}

// Lead takes the lease, or renews it. It is false where another process leads.
func (r *Rounds) Lead(ctx context.Context) (storage.Lease, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	return r.leases.Acquire(ctx, r.job.Lease, r.holder, r.job.TTL)
}

// Leads is Lead, without the lease.
func (r *Rounds) Leads(ctx context.Context) (bool, error) {
	_, ok, err := r.Lead(ctx)
	return ok, err
}

// Run does round at once and then each period after it returned, until ctx ends, and then gives the lease up.
// A round takes the lease itself.
func (r *Rounds) Run(ctx context.Context, round func(context.Context) error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			r.Leave(ctx)
			return
		case <-timer.C:
			if err := round(ctx); err != nil && ctx.Err() == nil {
				r.log.Warn(r.job.Cannot, "err", err)
			}
			timer.Reset(r.job.Every)
		}
	}
}

// Holding does something that may take longer than the lease lasts: it is renewed meanwhile. It is false where
// another process leads. Whoever loses the lease meanwhile has ctx ended.
func (r *Rounds) Holding(ctx context.Context, do func(context.Context)) (bool, error) {
	if ok, err := r.Leads(ctx); err != nil || !ok {
		return ok, err
	}
	doing, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(doing)
	}()
	renew := time.NewTicker(r.job.TTL / 3)
	defer renew.Stop()
	for {
		select {
		case <-done:
			return true, ctx.Err()
		case <-renew.C:
			if ok, err := r.Leads(ctx); err != nil || !ok {
				stop()
				<-done
				return false, err
			}
		}
	}
}

// Leave gives the lease up, also where ctx has ended.
func (r *Rounds) Leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveFor)
	defer cancel()
	if err := r.leases.Release(ctx, r.job.Lease, r.holder); err != nil {
		r.log.Warn("cannot release the lease; it lapses by itself", "lease", r.job.Lease, "err", err)
	}
}
