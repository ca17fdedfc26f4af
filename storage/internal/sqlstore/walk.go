package sqlstore

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// Heads implements storage.Reader: of each chat the lowest unsettled delivery of each rank, edits
// aside, if it is due and waits for none of its own conversation that ranks before it. A walk
// through the accounts' queues, which begins with what is on its way, meets what is in the way of a row
// before the row. It ends after mostLooked rows, however long the backlog of a chat is, and so many more from
// where the last one ended: what is far behind is found by one of the next looks.
func (s *Store) Heads(ctx context.Context, b storage.Bucket, of []storage.Served, now time.Time, limit int) ([]storage.Delivery, error) {
	walks := make(map[storage.Served]*walk, len(of))
	var order, going []storage.Served
	for _, a := range of {
		k := storage.Served{Platform: a.Platform, Account: storage.Clean(a.Account)}
		if walks[k] == nil {
			walks[k] = &walk{place: queued{platform: string(k.Platform), account: k.Account, rank: -1}, way: &inTheWay{sent: &inTheWay{}}}
			order, going = append(order, k), append(going, k)
		}
	}
	page := max(firstPage, limit)
	var sendingIn map[chat.Address][]sendingTalk // nil = not read yet
	for len(going) > 0 {
		keys := make([][]any, len(going))
		for i, k := range going {
			keys[i] = walks[k].place.place()
		}
		rows, err := forAll(ctx, s, "due deliveries", s.q.next, keys, []any{int64(b), int64(page)}, scanQueued)
		if err != nil {
			return nil, err
		}
		if sendingIn == nil && len(rows) > 0 {
			if sendingIn, err = s.onTheirWay(ctx, b, walks); err != nil {
				return nil, err
			}
		}
		if err := s.meet(ctx, b, rows, sendingIn, walks); err != nil {
			return nil, err
		}
		read := map[storage.Served]int{}
		var due []queued
		for _, q := range rows {
			k := storage.Served{Platform: chat.Platform(q.platform), Account: q.account}
			w := walks[k]
			w.place = q
			read[k]++
			// What the talk has behind the first of it is looked at below.
			if !q.due.IsZero() && !q.due.After(now) && !(!q.talk && w.way.of(q.address(), q.identity, q.rank, q.ord)) {
				due = append(due, q)
			}
			w.way.add(&q)
		}
		found, err := s.found(ctx, b, due, false)
		if err != nil {
			return nil, err
		}
		for _, q := range due {
			w := walks[storage.Served{Platform: chat.Platform(q.platform), Account: q.account}]
			for _, c := range w.way.heads(&q, found[q.item], now) {
				w.heads = append(w.heads, c.Delivery)
			}
		}
		going = slices.DeleteFunc(going, func(k storage.Served) bool {
			w := walks[k]
			w.read += read[k]
			return read[k] < page || len(w.heads) >= limit || w.read >= mostLooked && !s.walked.further(b, k, w, now)
		})
		page = min(page*4, mostLooked/4)
	}
	var all []storage.Delivery
	for _, k := range order {
		heads := walks[k].heads
		slices.SortStableFunc(heads, func(a, b storage.Delivery) int { return cmp.Or(cmp.Compare(a.Rank, b.Rank), inOrder(&a, &b)) })
		all = append(all, heads[:min(limit, len(heads))]...)
	}
	return all, nil
}

// onTheirWay begins walks with what is being sent: it is in the way of what waits. Of talks it returns by
// chat which ones to look at once something is met that waits there.
func (s *Store) onTheirWay(ctx context.Context, b storage.Bucket, walks map[storage.Served]*walk) (map[chat.Address][]sendingTalk, error) {
	keys := make([][]any, 0, len(walks))
	for k := range walks {
		keys = append(keys, []any{string(k.Platform), k.Account, int64(math.MaxInt64)})
	}
	rows, err := forAll(ctx, s, "deliveries on their way", s.q.doubts, keys, []any{int64(b), int64(mostSending)}, scanQueued)
	if err != nil {
		return nil, err
	}
	for _, q := range rows {
		walks[storage.Served{Platform: chat.Platform(q.platform), Account: q.account}].way.sent.add(&q)
	}
	all, err := s.listedTalks(ctx, b)
	by := make(map[chat.Address][]sendingTalk, len(all))
	for _, l := range all {
		by[l.address()] = append(by[l.address()], l)
	}
	return by, err
}

// meet notes what of talks is being sent in the chats of these rows.
func (s *Store) meet(ctx context.Context, b storage.Bucket, rows []queued, sendingIn map[chat.Address][]sendingTalk, walks map[storage.Served]*walk) error {
	var talks []sendingTalk
	for i := range rows {
		at := rows[i].address()
		at.Thread = ""
		talks = append(talks, sendingIn[at]...)
		delete(sendingIn, at)
	}
	sending, err := s.sending(ctx, b, talks)
	for _, c := range sending {
		if w := walks[storage.Served{Platform: c.Address.Platform, Account: c.Address.Account}]; w != nil && !c.Edits() {
			w.way.sent.note(c.Address, c.Identity, int64(c.Rank), c.Ord)
		}
	}
	return err
}

const (
	firstPage = 64 // rows of the queue that are read first while heads are looked for
	// mostLooked is how many rows a look reads before it goes on where the last one ended, and how many it
	// reads there.
	mostLooked = 4096
	// mostSending is more than are on their way at a time.
	mostSending = 16384
	// walkedFor is how long the end of a look is remembered.
	walkedFor = 10 * time.Second
)

// walk is a look through the queue of an account.
type walk struct {
	place queued // the last row that was read
	way   *inTheWay
	heads []storage.Delivery
	read  int
	far   bool // it went on where the last look ended
	at    time.Time
}

// walked remembers where looks through long queues ended.
type walked struct {
	mu sync.Mutex
	by map[walkedIn]*walk
}

type walkedIn struct {
	bucket storage.Bucket
	of     storage.Served
}

// further has a look that read its share go on where the last one ended, once; after that it is
// remembered for the next one, and further is false.
func (m *walked) further(b storage.Bucket, of storage.Served, w *walk, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	in := walkedIn{b, of}
	if w.far {
		if m.by == nil {
			m.by = map[walkedIn]*walk{}
		}
		w.way.before, w.way.sent = nil, nil
		m.by[in] = &walk{place: w.place, way: w.way, at: now}
		return false
	}
	w.far, w.read = true, 0
	last := m.by[in]
	delete(m.by, in) // a look that comes to the end leaves nothing
	if last != nil && now.Sub(last.at).Abs() < walkedFor && last.place.behind(&w.place) {
		last.way.before, last.way.sent = w.way, w.way.sent
		w.place, w.way = last.place, last.way
	}
	return true
}

// behind reports whether q stands behind o in an account's queue.
func (q *queued) behind(o *queued) bool {
	return cmp.Or(cmp.Compare(q.rank, o.rank), cmp.Compare(q.ord, o.ord), cmp.Compare(q.item, o.item)) > 0
}

// inTheWay is what a walk through a queue has met that others wait for: the lowest place of each
// rank in a chat, and of each conversation in it.
type inTheWay struct {
	before *inTheWay // what an earlier part of the walk has met
	sent   *inTheWay // what is being sent now
	ranks  map[rankIn]int64
	people map[personIn]map[int64]int64
}

type (
	rankIn struct {
		at   chat.Address
		rank int64
	}
	personIn struct {
		at       chat.Address
		identity string
	}
)

func (w *inTheWay) add(q *queued) {
	if q.posts {
		w.note(q.address(), q.identity, q.rank, q.ord)
	}
}

func (w *inTheWay) note(at chat.Address, identity string, rank, ord int64) {
	if w.ranks == nil {
		w.ranks, w.people = map[rankIn]int64{}, map[personIn]map[int64]int64{}
	}
	if low, ok := w.ranks[rankIn{at, rank}]; !ok || ord < low {
		w.ranks[rankIn{at, rank}] = ord
	}
	p := personIn{at, identity}
	if w.people[p] == nil {
		w.people[p] = map[int64]int64{}
	}
	if low, ok := w.people[p][rank]; !ok || ord < low {
		w.people[p][rank] = ord
	}
}

// of reports whether something is in the way of a place.
func (w *inTheWay) of(at chat.Address, identity string, rank, ord int64) bool {
	if w.before != nil && w.before.of(at, identity, rank, ord) || w.sent != nil && w.sent.of(at, identity, rank, ord) {
		return true
	}
	if low, ok := w.ranks[rankIn{at, rank}]; ok && low < ord {
		return true
	}
	for r, low := range w.people[personIn{at, identity}] {
		if r < rank && low < ord {
			return true
		}
	}
	return false
}

// heads are those of a row's deliveries that are due and have nothing in their way.
func (w *inTheWay) heads(q *queued, cells []*deliveryCell, now time.Time) (heads []*deliveryCell) {
	for _, c := range cells {
		if c.Unsettled() && !c.Edits() {
			w.note(c.Address, c.Identity, int64(c.Rank), c.Ord)
		}
	}
	for _, c := range cells {
		if c.State == storage.Due && !c.Due.After(now) && c.Address == q.address() && !w.of(c.Address, c.Identity, int64(c.Rank), c.Ord) {
			heads = append(heads, c)
		}
	}
	return heads
}

// Doubtful implements storage.Reader.
func (s *Store) Doubtful(ctx context.Context, b storage.Bucket, of []storage.Served, limit int) ([]storage.Delivery, error) {
	keys := make([][]any, len(of))
	epochs := map[storage.Served]int64{}
	for i, a := range of {
		keys[i] = []any{string(a.Platform), storage.Clean(a.Account), a.Epoch}
		epochs[storage.Served{Platform: a.Platform, Account: storage.Clean(a.Account)}] = a.Epoch
	}
	if len(of) == 0 {
		return nil, nil
	}
	rows, err := forAll(ctx, s, "doubtful deliveries", s.q.doubts, keys, []any{int64(b), int64(limit)}, scanQueued)
	if err != nil {
		return nil, err
	}
	found, err := s.found(ctx, b, rows, true)
	if err != nil {
		return nil, err
	}
	var cells []*deliveryCell
	for _, q := range rows {
		cells = append(cells, found[q.item]...)
	}
	talks, err := s.listedTalks(ctx, b)
	if err != nil {
		return nil, err
	}
	talks = slices.DeleteFunc(talks, func(l sendingTalk) bool {
		epoch, asked := epochs[l.served()]
		return !asked || l.epoch >= epoch
	})
	sending, err := s.sending(ctx, b, talks)
	if err != nil {
		return nil, err
	}
	count := map[storage.Served]int{}
	var all []storage.Delivery
	for _, c := range append(cells, sending...) {
		k := storage.Served{Platform: c.Address.Platform, Account: c.Address.Account}
		if c.State != storage.Sending || c.Epoch >= epochs[k] || count[k] >= limit {
			continue
		}
		if err := c.load(); err != nil {
			return nil, err
		}
		count[k]++
		all = append(all, c.Delivery)
	}
	return all, nil
}
