package fold

import (
	"context"
	"log/slog"
	"time"

	"github.com/aftercare/aftercare/bot/rounds"
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
	rounds *rounds.Rounds
	clock  func() time.Time // the process's own
	// rest waits, and reports whether ctx goes on.
	rest func(ctx context.Context, d time.Duration) bool

	answers int       // that there were when the last round looked
	looked  time.Time // by the clock
	loaded  bool
}

// NewFolder returns a Folder that has done nothing yet.
func NewFolder(store storage.Store, how storage.Folding, log *slog.Logger) *Folder {
	return &Folder{
		store: store, how: how, clock: time.Now, rest: rest,
		rounds: rounds.New(store, log, rounds.Job{
			Lease: lease, TTL: leaseTTL, Every: roundEvery, Cannot: "cannot fold answers for reports; they are folded later",
		}),
	}
}

// Run folds until ctx ends: at once what a process before left, then what comes.
func (f *Folder) Run(ctx context.Context) { f.rounds.Run(ctx, f.Round) }

// Round folds what there is to fold, if no other process does.
func (f *Folder) Round(ctx context.Context) error {
	if ok, err := f.rounds.Leads(ctx); err != nil || !ok {
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
				if ok, err := f.rounds.Leads(ctx); err != nil || !ok {
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
