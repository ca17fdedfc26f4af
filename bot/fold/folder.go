package fold

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/storage"
)

const (
	// Promise is how far behind reports are at most, up to PromisedRate answers a second.
	Promise      = 5 * time.Second
	PromisedRate = 300

	roundEvery = time.Second
	// batch is how many conversations one transaction folds: many enough to cost little each,
	// few enough to hold the file of an embedded database for some milliseconds only.
	batch = 200
	// Above the promised rate folding gives way to answering: for each moment that it works it
	// rests for so many.
	restsUnderLoad = 4

	lease = "fold"
	// leaseTTL is how soon another process goes on after this one died.
	leaseTTL = 3 * time.Second
)

// Folder folds what changed, round by round. Of several processes one does; what two would do
// at once the database keeps apart. A Folder is used by one goroutine.
type Folder struct {
	store  storage.Store
	how    storage.Folding
	log    *slog.Logger
	holder string
	clock  func() time.Time // the process's own
	// rest waits, and reports whether ctx goes on.
	rest func(ctx context.Context, d time.Duration) bool

	answers int       // that there were when the last round looked
	looked  time.Time // by the clock
	loaded  bool
}

// NewFolder returns a Folder that has done nothing yet.
func NewFolder(store storage.Store, how storage.Folding, log *slog.Logger) *Folder {
	return &Folder{store: store, how: how, log: log, holder: uuid.NewString(), clock: time.Now, rest: rest}
}

// Run folds until ctx ends: at once what a process before left, then what comes.
func (f *Folder) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			if err := f.store.Release(release, lease, f.holder); err != nil {
				f.log.Warn("cannot release the lease; it lapses by itself", "lease", lease, "err", err)
			}
			return
		case <-timer.C:
			if err := f.Round(ctx); err != nil && ctx.Err() == nil {
				f.log.Warn("cannot fold answers for reports; they are folded later", "err", err)
			}
			timer.Reset(roundEvery)
		}
	}
}

// Round folds what there is to fold, if no other process does.
func (f *Folder) Round(ctx context.Context) error {
	if ok, err := f.leads(ctx); err != nil || !ok {
		return err
	}
	behind, err := f.store.Behind(ctx)
	if err != nil {
		return err
	}
	f.weigh(behind.Answers)
	renewed := f.clock()
	for more := true; more; {
		more = false
		for _, b := range behind.In {
			began := f.clock()
			did, err := f.store.Fold(ctx, b, f.how, batch)
			if err != nil {
				return err
			}
			more = more || did.More
			if f.loaded && !f.rest(ctx, restsUnderLoad*f.clock().Sub(began)) {
				return nil
			}
			if f.clock().Sub(renewed) > leaseTTL/3 {
				if ok, err := f.leads(ctx); err != nil || !ok {
					return err
				}
				renewed = f.clock()
			}
		}
		if more && f.loaded {
			return nil // the next round looks at the load again
		}
		if more && f.clock().Sub(f.looked) >= roundEvery { // a load that has begun meanwhile
			if behind, err = f.store.Behind(ctx); err != nil {
				return err
			}
			f.weigh(behind.Answers)
		}
	}
	return nil
}

// leads takes the lease, or renews it.
func (f *Folder) leads(ctx context.Context) (bool, error) {
	asking, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, ok, err := f.store.Acquire(asking, lease, f.holder, leaseTTL)
	return ok, err
}

// weigh sees by the number of answers whether there is more load than the promise is for.
func (f *Folder) weigh(answers int) {
	now := f.clock()
	if passed := now.Sub(f.looked).Seconds(); !f.looked.IsZero() && passed > 0 {
		f.loaded = float64(answers-f.answers)/passed > PromisedRate
	}
	f.answers, f.looked = answers, now
}

func rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
