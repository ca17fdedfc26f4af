package bot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// openedWindow is how far back the counts are looked at: no storm that began before it
// keeps its card.
const openedWindow = 6 * time.Hour

// tally is how many cases opened, by site and minute.
type tally map[string]map[time.Time]recovery.CasesOpened

func (t tally) add(site string, minute time.Time, more recovery.CasesOpened) {
	if t[site] == nil {
		t[site] = map[time.Time]recovery.CasesOpened{}
	}
	sum := t[site][minute]
	sum.Site, sum.Minute = site, minute
	sum.P1, sum.P2, sum.P3 = sum.P1+more.P1, sum.P2+more.P2, sum.P3+more.P3
	t[site][minute] = sum
}

func (t tally) addAll(more tally) {
	for site, minutes := range more {
		for minute, opened := range minutes {
			t.add(site, minute, opened)
		}
	}
}

// openings counts the cases that opened at each site lately, by the minute: what the
// database counted, and what this process has committed since. A storm is known with the
// commit that makes it one. Cases that other processes open are known after the next look.
// One that is committed while the database is looked at may count twice until the next look,
// and none is ever left out. The zero value knows of none.
type openings struct {
	mu      sync.Mutex
	counted tally // in the database, at the last look
	looking tally // committed here before the look that is under way began, or that failed
	fresh   tally // committed here since
}

// add counts a case that was committed here.
func (o *openings) add(site string, at time.Time, p recovery.Priority) {
	var one recovery.CasesOpened
	switch p {
	case recovery.P1:
		one.P1 = 1
	case recovery.P2:
		one.P2 = 1
	case recovery.P3:
		one.P3 = 1
	default:
		return // the watch list makes no storm
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fresh == nil {
		o.fresh = tally{}
	}
	o.fresh.add(site, at.UTC().Truncate(time.Minute), one)
}

// look says that the database is about to be looked at: it has all that was added so far.
func (o *openings) look() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.looking == nil {
		o.looking = tally{}
	}
	o.looking.addAll(o.fresh)
	o.fresh = nil
}

// learned takes over what the database counted, at a look that began with look.
func (o *openings) learned(opened []recovery.CasesOpened) {
	counted := tally{}
	for _, t := range opened { // each bucket has its own
		counted.add(t.Site, t.Minute.UTC(), t)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counted, o.looking = counted, nil
}

// all is everything that is known, to be changed by whoever holds the lock.
func (o *openings) all() tally {
	all := tally{}
	for _, t := range []tally{o.counted, o.looking, o.fresh} {
		all.addAll(t)
	}
	return all
}

// storms returns the storms of a site, the earliest first.
func (o *openings) storms(site string, rule recovery.Storm) []recovery.Gathering {
	o.mu.Lock()
	at := tally{}
	for _, t := range []tally{o.counted, o.looking, o.fresh} {
		at.addAll(tally{site: t[site]})
	}
	o.mu.Unlock()
	return rule.Gather(slices.Collect(maps.Values(at[site])))
}

// sites are those where cases opened lately.
func (o *openings) sites() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Collect(maps.Keys(o.all()))
}

// observe reads the counts of all buckets.
func (b *Bot) observe(ctx context.Context) error {
	since := b.now().UTC().Add(-openedWindow).Truncate(time.Minute)
	b.openings.look()
	var all []recovery.CasesOpened
	for bucket := range storage.Bucket(b.store.Buckets()) {
		opened, err := b.store.CasesOpened(ctx, bucket, since)
		if err != nil {
			return fmt.Errorf("read the counts of cases opened: %w", err)
		}
		all = append(all, opened...)
	}
	b.openings.learned(all)
	return nil
}

// noticed counts the answers that a committed turn stored and the cases that it opened.
func (b *Bot) noticed(c storage.Change) {
	b.totals.answers.Add(int64(len(c.Answers)))
	if c.Case == nil {
		return
	}
	for _, e := range c.Events {
		if e.Kind == eventOpened && e.Case == c.Case.ID {
			b.totals.cases.Add(1)
			b.openings.add(c.Case.Site, c.Case.OpenedAt, c.Case.Decision.Priority)
		}
	}
}
