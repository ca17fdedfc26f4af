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

// openedWindow is how far back the counts are looked at: no storm that began before it
// keeps its card.
const openedWindow = 6 * time.Hour

// openings counts the cases that opened at each site lately, by the minute: what the
// database counted, and what this process has committed since. A storm is known with the
// commit that makes it one. Cases that other processes open are known after the next look.
// The zero value knows of none.
type openings struct {
	mu     sync.Mutex
	counts map[string]map[time.Time]recovery.CasesOpened // by site and minute
}

// add counts a case that was committed here.
func (o *openings) add(site string, at time.Time, p recovery.Priority) {
	if p < recovery.P1 || p > recovery.P3 {
		return // the watch list makes no storm
	}
	minute := at.UTC().Truncate(time.Minute)
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.of(site)[minute]
	switch p {
	case recovery.P1:
		t.P1++
	case recovery.P2:
		t.P2++
	case recovery.P3:
		t.P3++
	}
	t.Site, t.Minute = site, minute
	o.of(site)[minute] = t
}

func (o *openings) of(site string) map[time.Time]recovery.CasesOpened {
	if o.counts == nil {
		o.counts = map[string]map[time.Time]recovery.CasesOpened{}
	}
	if o.counts[site] == nil {
		o.counts[site] = map[time.Time]recovery.CasesOpened{}
	}
	return o.counts[site]
}

// learned takes over what the database counted since a time. A count never gets less:
// what was read may be older than what is known here.
func (o *openings) learned(opened []recovery.CasesOpened, since time.Time) {
	type key struct {
		site   string
		minute time.Time
	}
	sums := make(map[key]recovery.CasesOpened, len(opened))
	for _, t := range opened { // each bucket has its own
		k := key{t.Site, t.Minute.UTC()}
		sum := sums[k]
		sum.Site, sum.Minute = k.site, k.minute
		sum.P1, sum.P2, sum.P3 = sum.P1+t.P1, sum.P2+t.P2, sum.P3+t.P3
		sums[k] = sum
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for k, sum := range sums {
		old := o.of(k.site)[k.minute]
		sum.P1, sum.P2, sum.P3 = max(sum.P1, old.P1), max(sum.P2, old.P2), max(sum.P3, old.P3)
		o.of(k.site)[k.minute] = sum
	}
	for site, minutes := range o.counts {
		maps.DeleteFunc(minutes, func(m time.Time, _ recovery.CasesOpened) bool { return m.Before(since) })
		if len(minutes) == 0 {
			delete(o.counts, site)
		}
	}
}

// storms returns the storms of a site, the earliest first.
func (o *openings) storms(site string, rule recovery.Storm) []recovery.Gathering {
	o.mu.Lock()
	opened := make([]recovery.CasesOpened, 0, len(o.counts[site]))
	for _, t := range o.counts[site] {
		opened = append(opened, t)
	}
	o.mu.Unlock()
	return rule.Gather(opened)
}

// sites are those where cases opened lately.
func (o *openings) sites() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make([]string, 0, len(o.counts))
	for site := range o.counts {
		all = append(all, site)
	}
	return all
}

// observe reads the counts of all buckets.
func (b *Bot) observe(ctx context.Context) error {
	since := b.now().UTC().Add(-openedWindow).Truncate(time.Minute)
	var all []recovery.CasesOpened
	for bucket := range storage.Bucket(b.store.Buckets()) {
		opened, err := b.store.CasesOpened(ctx, bucket, since)
		if err != nil {
			return fmt.Errorf("read the counts of cases opened: %w", err)
		}
		all = append(all, opened...)
	}
	b.openings.learned(all, since)
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
