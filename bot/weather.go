package bot

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// tallyWindow is how far back tallies are looked at: no storm that began before it keeps
// its card.
const tallyWindow = 6 * time.Hour

// weather is how many cases opened at each site lately, by the minute: what the database
// tallied, and what this process has committed since. It tells a storm with the commit
// that makes it one. The zero value knows of none. Cases that other processes open are known after the next look.
type weather struct {
	mu     sync.Mutex
	counts map[string]map[time.Time]recovery.Tally // by site and minute
}

// opened counts a case that was committed here.
func (w *weather) opened(site string, at time.Time, p recovery.Priority) {
	if p < recovery.P1 || p > recovery.P3 {
		return // the watch list makes no storm
	}
	minute := at.UTC().Truncate(time.Minute)
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.of(site)[minute]
	switch p {
	case recovery.P1:
		t.P1++
	case recovery.P2:
		t.P2++
	case recovery.P3:
		t.P3++
	}
	t.Site, t.Minute = site, minute
	w.of(site)[minute] = t
}

func (w *weather) of(site string) map[time.Time]recovery.Tally {
	if w.counts == nil {
		w.counts = map[string]map[time.Time]recovery.Tally{}
	}
	if w.counts[site] == nil {
		w.counts[site] = map[time.Time]recovery.Tally{}
	}
	return w.counts[site]
}

// learned takes over what the database tallied since a time. A count never gets less:
// what was read may be older than what is known here.
func (w *weather) learned(tallies []recovery.Tally, since time.Time) {
	type key struct {
		site   string
		minute time.Time
	}
	sums := make(map[key]recovery.Tally, len(tallies))
	for _, t := range tallies { // each bucket has its own
		k := key{t.Site, t.Minute.UTC()}
		sum := sums[k]
		sum.Site, sum.Minute = k.site, k.minute
		sum.P1, sum.P2, sum.P3 = sum.P1+t.P1, sum.P2+t.P2, sum.P3+t.P3
		sums[k] = sum
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for k, sum := range sums {
		old := w.of(k.site)[k.minute]
		sum.P1, sum.P2, sum.P3 = max(sum.P1, old.P1), max(sum.P2, old.P2), max(sum.P3, old.P3)
		w.of(k.site)[k.minute] = sum
	}
	for site, minutes := range w.counts {
		maps.DeleteFunc(minutes, func(m time.Time, _ recovery.Tally) bool { return m.Before(since) })
		if len(minutes) == 0 {
			delete(w.counts, site)
		}
	}
}

// storms returns the storms of a site, the earliest first.
func (w *weather) storms(site string, rule recovery.Storm) []recovery.Gathering {
	w.mu.Lock()
	tallies := make([]recovery.Tally, 0, len(w.counts[site]))
	for _, t := range w.counts[site] {
		tallies = append(tallies, t)
	}
	w.mu.Unlock()
	return rule.Gather(tallies)
}

// sites are those where cases opened lately.
func (w *weather) sites() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]string, 0, len(w.counts))
	for site := range w.counts {
		all = append(all, site)
	}
	return all
}

// observe looks at the tallies of all buckets.
func (b *Bot) observe(ctx context.Context) error {
	since := b.now().UTC().Add(-tallyWindow).Truncate(time.Minute)
	var all []recovery.Tally
	for bucket := range storage.Bucket(b.store.Buckets()) {
		tallies, err := b.store.Tallies(ctx, bucket, since)
		if err != nil {
			return fmt.Errorf("read the tallies of cases: %w", err)
		}
		all = append(all, tallies...)
	}
	b.weather.learned(all, since)
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
			b.weather.opened(c.Case.Site, c.Case.OpenedAt, c.Case.Decision.Priority)
		}
	}
}
