package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// keeper holds one lease.
type keeper struct {
	leases storage.Leases
	name   string
	holder string
	lease  storage.Lease

	mu    sync.Mutex
	until time.Time // when the holder must have stopped
}

// take asks for the lease once.
func (k *keeper) take(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseRenew)
	defer cancel()
	asked := time.Now()
	lease, ok, err := k.leases.Acquire(ctx, k.name, k.holder, leaseTTL)
	if err != nil {
		return false, fmt.Errorf("acquire lease %s: %w", k.name, err)
	}
	if ok {
		k.lease = lease
		k.extend(asked)
	}
	return ok && k.valid(), nil
}

func (k *keeper) extend(asked time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.until = asked.Add(leaseTTL - leaseMargin)
}

func (k *keeper) stopsAt() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.until
}

// valid reports whether the lease is held. It needs no database.
func (k *keeper) valid() bool { return time.Now().Before(k.stopsAt()) }

// ends is when another may take the lease over.
func (k *keeper) ends() time.Time { return k.stopsAt().Add(leaseMargin) }

// keep renews the lease until ctx ends, and calls lose when it is lost: at the latest
// leaseMargin before it ends, even while a renewal hangs.
func (k *keeper) keep(ctx context.Context, lose context.CancelCauseFunc) {
	var renewing sync.WaitGroup
	defer renewing.Wait()
	renewing.Go(func() {
		tick := time.NewTicker(leaseRenew)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			asked := time.Now()
			call, cancel := context.WithTimeout(ctx, leaseRenew)
			lease, ok, err := k.leases.Acquire(call, k.name, k.holder, leaseTTL)
			cancel()
			switch {
			case err != nil: // there is still time to try again
			case !ok || lease.Epoch != k.lease.Epoch:
				lose(fmt.Errorf("%w: another process took it", errLeaseLost))
				return
			default:
				k.extend(asked)
			}
		}
	})
	watch := time.NewTimer(time.Until(k.stopsAt()))
	defer watch.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-watch.C:
		}
		left := time.Until(k.stopsAt())
		if left <= 0 {
			lose(fmt.Errorf("%w: it could not be renewed in time", errLeaseLost))
			return
		}
		watch.Reset(left)
	}
}

// release gives the lease up, so that another need not wait until it lapses.
func (k *keeper) release(log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := k.leases.Release(ctx, k.name, k.holder); err != nil {
		log.Warn("cannot release the lease; it lapses by itself", "lease", k.name, "err", err)
	}
}
