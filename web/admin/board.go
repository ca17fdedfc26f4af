package admin

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

const (
	boardLife = time.Second     // how long what was read for one who watches is shown to others
	boardRead = 5 * time.Second // a read that takes longer is given up
	heldBoard = 200             // so many held cases are read at once for everybody, and told apart here
)

// standings are the cases that the list shows: of the database, or of what somebody who watches had read.
type standings interface {
	// standing returns cases that stand somewhere, at most f.Limit, and how many there are as far as
	// they were counted.
	standing(ctx context.Context, f storage.StandingFilter) (cases []storage.Case, n int, more bool, err error)
	// openings returns what cases began with, by their ids.
	openings(ctx context.Context, cases []storage.Case) (map[string]storage.Opening, error)
}

// readStandings are those of the database at this moment.
type readStandings struct{ store storage.Store }

func (s readStandings) standing(ctx context.Context, f storage.StandingFilter) ([]storage.Case, int, bool, error) {
	n, more, err := s.store.CountStanding(ctx, f, countUpTo)
	if err != nil || n == 0 {
		return nil, n, more, err
	}
	cases, err := s.store.Standing(ctx, f)
	return cases, n, more, err
}

func (s readStandings) openings(ctx context.Context, cases []storage.Case) (map[string]storage.Opening, error) {
	return s.store.Openings(ctx, cases)
}

// board is what people see who watch the list: the first of them to be told of a change has it read, and
// the others are shown the same, until something changes again and for boardLife at most. Who may see
// what is in the filters, and so in the keys.
type board struct {
	readStandings
	clock    func() time.Time
	revision func() string // of the list as those who watch it were told; "" = nobody watches

	mu    sync.Mutex
	reads map[string]*boardEntry

	opened struct {
		sync.Mutex
		at   time.Time
		rev  string
		have map[string]storage.Opening
	}
}

// boardEntry is one read. value and err belong to done.
type boardEntry struct {
	done  sync.Once
	at    time.Time
	rev   string
	value any
	err   error
}

// once returns what was read under a key, or has it read. A read begins after the revision was known
// under which it is kept, so that it has what the revision tells of.
func once[T any](b *board, key string, read func(context.Context) (T, error)) (T, error) {
	rev, now := b.revision(), b.clock()
	b.mu.Lock()
	e := b.reads[key]
	if e == nil || !fresh(e.at, e.rev, now, rev) {
		for old, x := range b.reads {
			if !fresh(x.at, x.rev, now, rev) {
				delete(b.reads, old)
			}
		}
		e = &boardEntry{at: now, rev: rev}
		b.reads[key] = e
	}
	b.mu.Unlock()
	e.done.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), boardRead) // others wait for it, whoever leaves
		defer cancel()
		e.value, e.err = read(ctx)
	})
	value, _ := e.value.(T) // the zero value where it failed
	if e.err != nil {
		b.mu.Lock()
		if b.reads[key] == e {
			delete(b.reads, key)
		}
		b.mu.Unlock()
	}
	return value, e.err
}

// fresh reports whether what was read at a moment, under a revision, still counts.
func fresh(at time.Time, was string, now time.Time, rev string) bool {
	return rev != "" && was == rev && now.Sub(at) < boardLife && !now.Before(at)
}

// stood is what standing returns.
type stood struct {
	cases []storage.Case
	n     int
	more  bool
}

func (b *board) standing(ctx context.Context, f storage.StandingFilter) ([]storage.Case, int, bool, error) {
	if f.Standing == recovery.Held && (f.Holder != "" || f.Without != "") && f.After == (storage.Place{}) {
		all := f
		all.Holder, all.Without, all.Limit = "", "", heldBoard+1
		held, err := once(b, fmt.Sprintf("held %+v", all), func(ctx context.Context) ([]storage.Case, error) { return b.store.Standing(ctx, all) })
		if err != nil {
			return nil, 0, false, err
		}
		if len(held) <= heldBoard {
			some := slices.DeleteFunc(slices.Clone(held), func(k storage.Case) bool {
				return f.Holder != "" && k.Holder.ID != f.Holder || f.Without != "" && k.Holder.ID == f.Without
			})
			return some[:min(len(some), f.Limit)], len(some), false, nil
		}
	}
	s, err := once(b, fmt.Sprintf("standing %+v", f), func(ctx context.Context) (s stood, err error) {
		s.cases, s.n, s.more, err = b.readStandings.standing(ctx, f)
		return s, err
	})
	return slices.Clone(s.cases), s.n, s.more, err
}

// openings reads what nobody had read since the last change, one reader after the other: the first reads
// for all.
func (b *board) openings(ctx context.Context, cases []storage.Case) (map[string]storage.Opening, error) {
	o := &b.opened
	o.Lock()
	defer o.Unlock()
	if now, rev := b.clock(), b.revision(); !fresh(o.at, o.rev, now, rev) {
		o.at, o.rev, o.have = now, rev, map[string]storage.Opening{}
	}
	missing := slices.DeleteFunc(slices.Clone(cases), func(k storage.Case) bool { _, had := o.have[k.ID]; return had })
	if len(missing) > 0 {
		more, err := b.store.Openings(ctx, missing)
		if err != nil {
			return nil, err
		}
		for id, x := range more {
			o.have[id] = x
		}
	}
	all := make(map[string]storage.Opening, len(cases))
	for i := range cases {
		all[cases[i].ID] = o.have[cases[i].ID]
	}
	return all, nil
}
