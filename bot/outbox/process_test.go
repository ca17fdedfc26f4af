package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// process is one program's connection to a memory. It can die, and calls can fail.
type process struct {
	*memory
	mu   sync.Mutex
	dead bool
	// fail decides what happens to a call: "" (nothing), "before" (it does nothing),
	// "after" (it works, but its answer is lost), "twice" (its answer is lost, and the
	// store's own retry runs it again).
	fail   func(call string) string
	epochs map[int64]bool // of accounts' leases that it got
}

var errCut = fmt.Errorf("%w: cut", storage.ErrUnavailable)

func (p *process) die() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
}

func (p *process) fate(call string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.dead:
		return "before"
	case p.fail == nil:
		return ""
	}
	return p.fail(call)
}

func (p *process) Advance(ctx context.Context, b storage.Bucket, turns []storage.Turn) []error {
	fate := p.fate("advance")
	cut := slices.Repeat([]error{errCut}, len(turns))
	if fate == "before" {
		time.Sleep(p.cost)
		return cut
	}
	if fate == "" {
		errs := p.memory.Advance(ctx, b, turns)
		if p.fate("answer") == "before" { // died meanwhile
			return cut
		}
		return errs
	}
	silent := slices.Clone(turns)
	for i := range silent {
		silent[i].Done = nil
	}
	p.memory.Advance(ctx, b, silent)
	if fate == "twice" {
		return p.memory.Advance(ctx, b, turns)
	}
	return cut
}

func (p *process) Heads(ctx context.Context, b storage.Bucket, of []storage.Served, now time.Time, limit int) ([]storage.Delivery, error) {
	if p.fate("heads") != "" {
		return nil, errCut
	}
	return p.memory.Heads(ctx, b, of, now, limit)
}

func (p *process) Doubtful(ctx context.Context, b storage.Bucket, of []storage.Served, limit int) ([]storage.Delivery, error) {
	if p.fate("doubtful") != "" {
		return nil, errCut
	}
	return p.memory.Doubtful(ctx, b, of, limit)
}

func (p *process) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (storage.Lease, bool, error) {
	if p.fate("acquire") != "" {
		return storage.Lease{}, false, errCut
	}
	lease, ok, err := p.memory.Acquire(ctx, name, holder, ttl)
	if ok && strings.HasPrefix(name, "account:") {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.epochs == nil {
			p.epochs = map[int64]bool{}
		}
		p.epochs[lease.Epoch] = true
	}
	return lease, ok, err
}

// lapses is how often the process lost an account's lease and took it anew.
func (p *process) lapses() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, len(p.epochs)-1)
}

func (p *process) Release(ctx context.Context, name, holder string) error {
	if p.fate("release") != "" {
		return errCut
	}
	return p.memory.Release(ctx, name, holder)
}
