package figures

import (
	"context"
	"log/slog"
	"time"

	"github.com/aftercare/aftercare/bot/rounds"
	"github.com/aftercare/aftercare/storage"
)

const (
	// ResultAge is how old a kept result may be before it is made anew.
	ResultAge = time.Hour

	keepEvery    = 2 * time.Second
	keepLease    = "results"
	keepLeaseTTL = 10 * time.Second
	// keepUnread is how long a result is made anew that nobody reads.
	keepUnread = 14 * 24 * time.Hour
	// keepAgain is how long a result is left alone that could not be made.
	keepAgain = time.Minute
	// keepPatience is how long results that exist already wait for answers that are not in the read model yet.
	keepPatience = time.Minute
)

// Keeping makes results in the background: at once where somebody wants one that there is not, and again
// when they are old. Of several processes one does. It is used by one goroutine.
type Keeping struct {
	store  storage.Store
	from   func() Source
	makers []Maker
	clock  func() time.Time
	log    *slog.Logger
	rounds *rounds.Rounds

	begun   time.Time
	settled bool                 // the read model was level with the conversations once
	failed  map[string]time.Time // results that could not be made
}

// NewKeeping returns a Keeping that has done nothing yet. from tells what there is to make results from.
func NewKeeping(store storage.Store, from func() Source, makers []Maker, clock func() time.Time, log *slog.Logger) *Keeping {
	return &Keeping{
		store: store, from: from, makers: makers, clock: clock, log: log, failed: map[string]time.Time{},
		rounds: rounds.New(store, log, rounds.Job{
			Lease: keepLease, TTL: keepLeaseTTL, Every: keepEvery, Cannot: "cannot make figures in the background; they are made later",
		}),
	}
}

// Run makes results until ctx ends.
func (k *Keeping) Run(ctx context.Context) { k.rounds.Run(ctx, k.Round) }

// Round makes what is to be made, if no other process does.
func (k *Keeping) Round(ctx context.Context) error {
	if ok, err := k.rounds.Leads(ctx); err != nil || !ok {
		return err
	}
	if ready, err := k.ready(ctx); err != nil || !ready {
		return err
	}
	from := k.from()
	for i := range k.makers {
		m := &k.makers[i]
		due, err := k.due(ctx, m, &from)
		if err != nil {
			return err
		}
		for _, key := range due {
			if ok, err := k.rounds.Holding(ctx, func(ctx context.Context) { k.makeOne(ctx, m, &from, key) }); err != nil || !ok {
				return err
			}
		}
	}
	return nil
}

// ready reports whether the read model has what was answered before this process began: what is made of half of it
// would stand for an hour.
func (k *Keeping) ready(ctx context.Context) (bool, error) {
	if k.settled {
		return true, nil
	}
	if k.begun.IsZero() {
		k.begun = k.clock()
	}
	behind, err := k.store.Behind(ctx)
	if err != nil {
		return false, err
	}
	k.settled = len(behind.In) == 0 || k.clock().Sub(k.begun) > keepPatience
	return k.settled, nil
}

// due are the keys of what is to be made now. What cannot be made any more, or nobody
// reads any more, is forgotten.
func (k *Keeping) due(ctx context.Context, m *Maker, from *Source) (keys []ResultKey, err error) {
	wanted, err := k.store.ResultsWanted(ctx, m.Kind)
	if err != nil {
		return nil, err
	}
	now, known, whole := k.clock(), map[ResultKey]bool{}, ResultKey{}
	want := func(key ResultKey, made time.Time) {
		known[key] = true
		if now.Sub(made) >= ResultAge && now.Sub(k.failed[m.Kind+" "+key.String()]) >= keepAgain {
			keys = append(keys, key)
		}
	}
	for _, r := range wanted {
		key := ResultKeyOf(r.Key)
		if r.WantedAt.IsZero() { // by a program that did not say when
			if err := k.store.WantResult(ctx, m.Kind, r.Key, now); err != nil {
				return nil, err
			}
			r.WantedAt = now
		}
		if !m.has(from, key) || key != whole && now.Sub(r.WantedAt) >= keepUnread {
			if err := k.store.DropResult(ctx, m.Kind, r.Key); err != nil {
				return nil, err
			}
			continue
		}
		want(key, r.MadeAt)
	}
	if !known[whole] { // it is made whether anybody asked or not
		want(whole, time.Time{})
	}
	return keys, nil
}

func (k *Keeping) makeOne(ctx context.Context, m *Maker, from *Source, key ResultKey) {
	at := k.clock()
	body, err := m.Make(ctx, from, key)
	if err == nil {
		err = k.store.KeepResult(ctx, storage.KeptResult{Kind: m.Kind, Key: key.String(), MadeAt: at, Body: body})
	}
	if err != nil && ctx.Err() == nil {
		k.failed[m.Kind+" "+key.String()] = at
		k.log.Warn("cannot make a figure in the background; it is tried again", "kind", m.Kind, "flow", key.Flow, "site", key.Site, "err", err)
	}
}
