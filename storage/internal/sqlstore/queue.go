package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

const (
	queuePlace   = "platform, account, rank, ord, item"
	queueKey     = "chat, item"
	queueColumns = "bucket, " + queuePlace + ", talk, identity, chat, thread, posts, due, epoch"
)

// queueQueries are about what is unsettled.
type queueQueries struct {
	inChat                  *keyed
	addQueue, moveQueue     *list // what is new, and what is changed
	dropQueue, next, doubts *list
	countQueue, dropQueued  string
	backlog                 string
}

func newQueueQueries(t *texts) queueQueries {
	return queueQueries{
		inChat:    t.keyed(queueColumns, "queue", "chat", ""),
		addQueue:  t.insert("queue", queueColumns, ""),
		moveQueue: t.change("queue", queueKey, "posts, due, epoch"),
		dropQueue: t.drop("queue", queueKey),
		// What waits behind a place in an account's queue.
		next: t.asked(columns(queuePlace), func(of func(string) string) string {
			return "SELECT " + queueColumns + " FROM queue WHERE platform = " + of("platform") + " AND account = " + of("account") +
				" AND (rank, ord, item) > (" + of("rank") + ", " + of("ord") + ", " + of("item") + ") AND bucket = ? AND due IS NOT NULL ORDER BY rank, ord, item LIMIT ?"
		}),
		doubts: t.asked([]string{"platform", "account", "epoch"}, func(of func(string) string) string {
			return "SELECT " + queueColumns + " FROM queue WHERE platform = " + of("platform") + " AND account = " + of("account") +
				" AND queue.epoch < " + of("epoch") + " AND bucket = ? AND epoch IS NOT NULL ORDER BY rank, ord, item LIMIT ?"
		}),
		countQueue: t.one("SELECT count(*) FROM queue WHERE bucket = ? AND chat >= ''"),
		backlog:    t.one("SELECT platform, account, count(*) FROM queue WHERE bucket = ? AND due IS NOT NULL GROUP BY platform, account"),
		dropQueued: t.one("DELETE FROM queue WHERE bucket = ? AND chat >= '' AND " + t.dialect.Among("item")),
	}
}

// queued is a row of queue; without an item there is none.
type queued struct {
	platform, account      string
	rank, ord              int64
	item                   string // a talk's id, or a delivery's slot
	talk                   bool
	identity, chat, thread string
	posts                  bool      // what of it waits has a place in the chat's order
	due                    time.Time // when the first of it is; zero = none waits
	sending                bool
	epoch                  int64 // the lowest under which something of it is being sent
}

// Backlog implements storage.Reader.
func (s *Store) Backlog(ctx context.Context) (all []storage.Backlog, err error) {
	for b := range int64(s.buckets) {
		list, err := collect(ctx, s, "what waits to be sent", s.q.backlog, []any{b}, func(row scanner) (x storage.Backlog, _ error) {
			return x, row.Scan(&x.Platform, &x.Account, &x.Waiting)
		})
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			i := slices.IndexFunc(all, func(o storage.Backlog) bool { return o.Platform == x.Platform && o.Account == x.Account })
			if i < 0 {
				all = append(all, x)
				continue
			}
			all[i].Waiting += x.Waiting
		}
	}
	slices.SortFunc(all, func(x, y storage.Backlog) int {
		return cmp.Or(cmp.Compare(x.Platform, y.Platform), cmp.Compare(x.Account, y.Account))
	})
	return all, nil
}

func (q *queued) address() chat.Address {
	return chat.Address{Platform: chat.Platform(q.platform), Account: q.account, Chat: q.chat, Thread: q.thread}
}

func (q *queued) row(b storage.Bucket) []any {
	var due, epoch any
	if !q.due.IsZero() {
		due = q.due
	}
	if q.sending {
		epoch = q.epoch
	}
	return []any{
		int64(b), q.platform, q.account, q.rank, q.ord, q.item, q.talk, q.identity, q.chat, q.thread, q.posts, due, epoch,
	}
}

func (q *queued) key() []any { return []any{q.chat, q.item} }

// place is where it stands in the queue of its account.
func (q *queued) place() []any { return []any{q.platform, q.account, q.rank, q.ord, q.item} }

// stays reports whether a row becomes o by what changes in place.
func (q *queued) stays(o *queued) bool {
	was := *q
	was.posts, was.due, was.sending, was.epoch = o.posts, o.due, o.sending, o.epoch
	return was == *o
}

func scanQueued(row scanner) (q queued, err error) {
	var b storage.Bucket
	var due *time.Time
	var epoch *int64
	err = row.Scan(&b, &q.platform, &q.account, &q.rank, &q.ord, &q.item, &q.talk, &q.identity, &q.chat, &q.thread, &q.posts, &due, &epoch)
	if due != nil {
		q.due = due.UTC()
	}
	if epoch != nil {
		q.sending, q.epoch = true, *epoch
	}
	return q, err
}

// add counts an unsettled delivery in.
func (q *queued) add(d *storage.Delivery) {
	q.posts = q.posts || !d.Edits()
	if due := micro(d.Due); d.State == storage.Due && (q.due.IsZero() || due.Before(q.due)) {
		q.due = due
	}
	if d.State == storage.Sending && (!q.sending || d.Epoch < q.epoch) {
		q.sending, q.epoch = true, d.Epoch
	}
}

// queueOf is the row of a delivery.
func queueOf(d *storage.Delivery) (q queued) {
	if !d.Unsettled() {
		return q
	}
	q = queued{
		platform: string(d.Address.Platform), account: d.Address.Account, chat: d.Address.Chat, thread: d.Address.Thread,
		rank: int64(d.Rank), ord: d.Ord, item: d.Slot, identity: d.Identity,
	}
	q.add(d)
	return q
}

// queue is the row of a talk that has this one: what of it waits. It keeps its place as long as
// only edits wait, which have none. What of a talk is being sent stands in a list (underway.go).
func (t *talk) queue(old queued) (q queued) {
	var first *storage.Delivery
	for _, c := range t.slots {
		d := &c.Delivery
		if d.State != storage.Due {
			continue
		}
		q.add(d)
		if first == nil || first.Edits() && !d.Edits() || first.Edits() == d.Edits() && d.Rank < first.Rank {
			first = d
		}
	}
	if first == nil {
		return q
	}
	q.platform, q.account, q.chat, q.thread = string(t.at.Platform), t.at.Account, t.at.Chat, t.at.Thread
	q.item, q.talk, q.identity = t.id, true, t.identity
	q.rank, q.ord = int64(first.Rank), first.Ord
	if first.Edits() && old.item != "" {
		q.rank, q.ord = old.rank, old.ord
	}
	return q
}

// changedQueue are the rows that the queue has to lose and to get.
type changedQueue struct{ gone, add, move [][]any }

func (c *changedQueue) become(b storage.Bucket, from, to queued) {
	if from == to {
		return
	}
	if from.item != "" && !from.stays(&to) {
		c.gone = append(c.gone, from.key())
	}
	switch {
	case to.item == "":
	case from.stays(&to):
		row := to.row(b)
		c.move = append(c.move, append(to.key(), row[10:]...))
	default:
		c.add = append(c.add, to.row(b))
	}
}

// saveQueue writes what changed.
func (w *working) saveQueue(c *changedQueue) error {
	if _, err := w.alter(w.s.q.dropQueue, c.gone); err != nil {
		return err
	}
	if _, err := w.alter(w.s.q.moveQueue, c.move); err != nil {
		return err
	}
	return w.insert(w.s.q.addQueue, c.add)
}

// alter runs a statement of change or drop, and says how many rows there were.
func (w *working) alter(l *list, rows [][]any) (total int, err error) {
	err = l.each(&w.buffer, rows, func(text string, args []any) error {
		n, err := w.count(text, append(args, int64(w.bucket))...)
		total += n
		return err
	})
	return total, err
}

// found are the deliveries that queue rows stand for, by item: those of a talk in their order.
func (s *Store) found(ctx context.Context, b storage.Bucket, rows []queued, renders bool) (map[string][]*deliveryCell, error) {
	var talks, slots []string
	for _, q := range rows {
		if q.talk {
			talks = append(talks, q.item)
		} else {
			slots = append(slots, q.item)
		}
	}
	all := map[string][]*deliveryCell{}
	if len(talks) > 0 {
		list, err := collect(ctx, s, "talks", s.q.talks.many, []any{s.dialect.Keys(talks), int64(b)}, scanTalk)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			all[t.id] = t.slots
		}
	}
	if len(slots) > 0 {
		text := s.q.slotStates
		if renders {
			text = s.q.slots
		}
		list, err := collect(ctx, s, "deliveries", text.many, []any{s.dialect.Keys(slots), int64(b)}, scanDelivery)
		if err != nil {
			return nil, err
		}
		for i := range list {
			all[list[i].Slot] = []*deliveryCell{&list[i]}
		}
	}
	return all, nil
}

// fetchTalks loads the talks with these ids that are not in the working set yet.
func (w *working) fetchTalks(ids []string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool {
		_, known := w.talks.get(id)
		return known
	})
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		w.talks.put(id, nil)
	}
	return w.find(w.s.q.talks, ids, func(rows *sql.Rows) error {
		t, err := scanTalk(rows)
		if err != nil {
			return err
		}
		w.talks.put(t.id, t)
		return nil
	})
}

// slot is what is known of a slot: its cell, nil if there is none.
func (w *working) slot(name string) (c *deliveryCell, known bool) {
	if id, ok := talkOf(name); ok {
		t, known := w.talks.get(id)
		if !known {
			return nil, false
		}
		if t != nil {
			if c := t.find(name); c != nil {
				return c, true
			}
			if !t.mixed {
				return nil, true
			}
		}
	}
	return w.slots.get(name)
}

// place puts a cell where it belongs; before is the cell of its slot as it was, or nil.
func (w *working) place(c, before *deliveryCell) {
	var t *talk
	if before != nil {
		t, c.queued = before.talk, before.queued
	} else if id, ok := talkOf(c.Slot); ok {
		if t, _ = w.talks.get(id); t == nil {
			t = &talk{id: id, identity: c.Identity, at: c.Address, started: w.now, mixed: !w.begins(id)}
			if t.fits(&c.Delivery) {
				w.talks.put(id, t)
			} else {
				t = nil
			}
		}
	}
	if c.talk = t; t == nil {
		w.slots.put(c.Slot, c)
		return
	}
	if !t.dirty {
		t.dirty = true
		w.dirtyTalks = append(w.dirtyTalks, t)
	}
	if t.fits(&c.Delivery) {
		t.put(c)
		return
	}
	if before != nil {
		t.remove(c.Slot)
		c.whole = true
	}
	c.talk, t.mixed = nil, true
	w.slots.put(c.Slot, c)
}

// begins reports whether a session is known to be new: nothing of it is stored.
func (w *working) begins(session string) bool {
	c := w.cell(sessionTable, session)
	return c != nil && c.row != nil && c.checked && c.created
}
