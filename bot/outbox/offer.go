package outbox

import (
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// look makes the process look for due rows of this account at once.
func (d *dispatcher) look() { d.out.lookout.ask(d) }

// wants returns how many heads of a bucket are worth fetching, as many as the account's
// limit lets through until the next look; 0 = there is no room for any.
func (d *dispatcher) wants() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.open || d.ready.Len() >= d.stock || d.ready.Len()+d.later.Len() >= maxWaiting {
		return 0
	}
	return d.stock + d.ready.Len() + d.later.Len() + d.active
}

// offerAll remembers rows that were read from the database.
func (d *dispatcher) offerAll(rows []storage.Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range rows {
		d.offer(r, false)
	}
}

// found hears whether the last look left due rows in the database.
func (d *dispatcher) found(more bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.more = more
}

// changed hears of a row that was just committed.
func (d *dispatcher) changed(r storage.Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch r.State {
	case storage.Due:
		d.offer(r, true)
	case storage.Sending:
		if l := d.lanes[r.Address]; l != nil && l.current != nil && keyOf(*l.current) == keyOf(r) && r.Wanted > l.current.Wanted {
			l.newer = true
		}
	}
}

// offer remembers a due row. live says that it was committed here just now; else it
// was read from the database and may be stale.
func (d *dispatcher) offer(r storage.Delivery, live bool) {
	l := d.lanes[r.Address]
	switch {
	case r.Due.After(d.out.now().Add(farAway)):
		return
	case !live && l != nil && l.phase != idle:
		return // it will be found again
	case !live && l != nil && l.knows(r):
		return // it is known, and what comes behind it in its chat is found with it
	case (l == nil || l.phase == idle && l.where == nil) && d.ready.Len()+d.later.Len() >= maxWaiting:
		d.more = true
		return
	}
	if l == nil {
		l = d.lane(r.Address)
	}
	if l.where == nil {
		l.rank = time.Now()
		if live {
			l.rank = l.rank.Add(-liveBonus)
		}
		if l.group {
			l.rank = l.rank.Add(-groupBonus)
		}
	}
	l.fetched = l.fetched || !live
	l.add(r)
	d.schedule(l)
}

func (d *dispatcher) lane(a chat.Address) *lane {
	l := d.lanes[a]
	if l == nil {
		l = &lane{addr: a, group: d.limits.IsGroup(a), budget: newBudget(d.limits.Of(a))}
		d.lanes[a] = l
	}
	return l
}
