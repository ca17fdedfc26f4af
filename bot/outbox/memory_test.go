package outbox

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a database in memory, for tests that need virtual time. It keeps what the
// Outbox uses: deliveries, identities, keys and leases. Everything else of
// storage.Store panics through the nil interface.
type memory struct {
	storage.Store
	buckets int
	cost    time.Duration // of each call

	mu     sync.Mutex
	rows   []map[string]storage.Delivery // by bucket and slot
	ids    map[string]storage.Identity
	keys   map[string]bool
	ord    []int64
	leases map[string]memoryLease
	hints  int
	sizes  []int // of the batches
	busy   []bool
	once   bool // two transactions of one bucket were never in flight at once: false if so
	polls  int
}

type memoryLease struct {
	storage.Lease
	until time.Time
}

func newMemory(buckets int) *memory {
	m := &memory{
		buckets: buckets, cost: time.Millisecond, once: true,
		ids: map[string]storage.Identity{}, keys: map[string]bool{}, leases: map[string]memoryLease{},
		ord: make([]int64, buckets), busy: make([]bool, buckets),
	}
	for range buckets {
		m.rows = append(m.rows, map[string]storage.Delivery{})
	}
	return m
}

// pass lets virtual time pass, and all that is due by then happen. What others wrote meanwhile may be read
// without a lock afterwards: a sleep alone orders nothing.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func memoryNow() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func (m *memory) Buckets() int { return m.buckets }

func (m *memory) Advance(_ context.Context, b storage.Bucket, turns []storage.Turn) []error {
	m.mu.Lock()
	if m.busy[b] {
		m.once = false
	}
	m.busy[b] = true
	m.sizes = append(m.sizes, len(turns))
	m.mu.Unlock()
	time.Sleep(m.cost)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy[b] = false
	errs := make([]error, len(turns))
	var done []func()
	now := memoryNow()
	for i, t := range turns {
		if t.Key != "" && m.keys[t.Key] {
			errs[i] = storage.ErrSeen
			continue
		}
		l := storage.Loaded{Now: now, Slots: map[string]storage.Delivery{}}
		for _, s := range t.Load.Slots {
			if d, ok := m.rows[b][s]; ok {
				l.Slots[s] = d
			}
		}
		if id, ok := m.ids[t.Load.Person.ID()]; ok {
			l.Identity = &id
		}
		ch, err := t.Apply(l)
		if err != nil {
			errs[i] = err
			continue
		}
		if t.Key != "" {
			m.keys[t.Key] = true
		}
		r := m.write(b, ch, now)
		if t.Done != nil {
			done = append(done, func() { t.Done(r) })
		}
	}
	for _, f := range done {
		f()
	}
	return errs
}

func (m *memory) write(b storage.Bucket, ch storage.Change, now time.Time) storage.Result {
	r := storage.Result{Change: ch}
	if ch.Identity != nil {
		m.ids[ch.Identity.ID] = *ch.Identity
	}
	written := map[string]bool{}
	for _, op := range ch.Slots {
		var d *storage.Delivery
		identity := ""
		if row, ok := m.rows[b][op.Slot()]; ok {
			d, identity = &row, row.Identity
		}
		var others []storage.Delivery
		for _, o := range m.rows[b] {
			if o.Identity == identity && o.Unsettled() {
				others = append(others, o)
			}
		}
		rows := op.Apply(b, d, others, m.ord[b]+1, now)
		m.ord[b]++
		for _, row := range rows {
			m.rows[b][row.Slot] = row
			written[row.Slot] = true
		}
		if op.Claim != nil {
			r.Claimed = append(r.Claimed, rows...)
		}
	}
	for _, s := range slices.Sorted(maps.Keys(written)) {
		r.Changed = append(r.Changed, m.rows[b][s])
	}
	return r
}

func (m *memory) Heads(_ context.Context, b storage.Bucket, of []storage.Served, now time.Time, limit int) ([]storage.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.polls++
	headed := m.headed(b)
	var all []storage.Delivery
	for _, a := range of {
		var heads []storage.Delivery
		for _, d := range m.rows[b] {
			ours := d.Address.Platform == a.Platform && d.Address.Account == a.Account
			if ours && d.State == storage.Due && !d.Due.After(now) && headed(d) {
				heads = append(heads, d)
			}
		}
		slices.SortFunc(heads, func(a, b storage.Delivery) int { return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Ord, b.Ord)) })
		all = append(all, heads[:min(len(heads), limit)]...)
	}
	return all, nil
}

// headed tells whether a row is the first of those that it may not overtake: in its chat, those
// of its rank, and those of its own conversation that rank before it.
func (m *memory) headed(b storage.Bucket) func(storage.Delivery) bool {
	type line struct {
		to       chat.Address
		rank     storage.Rank
		identity string // "" = of all
	}
	first := map[line]int64{} // the lowest Ord of each line
	stand := func(l line, ord int64) {
		if least, ok := first[l]; !ok || ord < least {
			first[l] = ord
		}
	}
	for _, e := range m.rows[b] {
		if e.Unsettled() && !e.Edits() {
			stand(line{e.Address, e.Rank, ""}, e.Ord)
			stand(line{e.Address, e.Rank, "of " + e.Identity}, e.Ord)
		}
	}
	before := func(l line, ord int64) bool {
		least, ok := first[l]
		return ok && least < ord
	}
	return func(d storage.Delivery) bool {
		if before(line{d.Address, d.Rank, ""}, d.Ord) {
			return false
		}
		for rank := range d.Rank {
			if before(line{d.Address, rank, "of " + d.Identity}, d.Ord) {
				return false
			}
		}
		return true
	}
}

func (m *memory) Doubtful(_ context.Context, b storage.Bucket, of []storage.Served, limit int) ([]storage.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []storage.Delivery
	for _, a := range of {
		var rows []storage.Delivery
		for _, d := range m.rows[b] {
			if d.State == storage.Sending && d.Epoch < a.Epoch && d.Address.Platform == a.Platform && d.Address.Account == a.Account {
				rows = append(rows, d)
			}
		}
		slices.SortFunc(rows, func(a, b storage.Delivery) int { return cmp.Compare(a.Ord, b.Ord) })
		all = append(all, rows[:min(len(rows), limit)]...)
	}
	return all, nil
}

func (m *memory) Identity(_ context.Context, _ storage.Bucket, id string) (storage.Identity, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i, ok := m.ids[id]; ok {
		return i, nil
	}
	return storage.Identity{}, storage.ErrNotFound
}

func (m *memory) Acquire(_ context.Context, name, holder string, ttl time.Duration) (storage.Lease, bool, error) {
	time.Sleep(m.cost)
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	l := m.leases[name]
	switch {
	case l.Holder == holder && now.Before(l.until):
	case now.Before(l.until):
		return storage.Lease{}, false, nil
	default:
		l.Lease = storage.Lease{Name: name, Holder: holder, Epoch: l.Epoch + 1}
	}
	l.until = now.Add(ttl)
	m.leases[name] = l
	return l.Lease, true, nil
}

func (m *memory) Release(_ context.Context, name, holder string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l := m.leases[name]; l.Holder == holder {
		l.until = time.Time{}
		m.leases[name] = l
	}
	return nil
}

func (m *memory) Hint(context.Context) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hints++
}

func (m *memory) row(t testing.TB, b storage.Bucket, slot string) storage.Delivery {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.rows[b][slot]
	if !ok {
		t.Fatalf("there is no slot %s", slot)
	}
	return d
}
