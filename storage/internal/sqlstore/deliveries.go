package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

const (
	placeColumns = "platform, account, chat, thread"
	// What happens to a render on its way.
	progressColumns = "shown, shown_ref, shown_sum, base, repeated, state, due, attempts, tried, epoch, error"
	deliveryColumns = "bucket, slot, owner, identity, " + placeColumns + ", kind, ord, rank, render, hash, wanted, " + progressColumns + ", created"
	// What changes while a delivery is on its way; its key and created come before.
	stateColumns = placeColumns + ", " + progressColumns
)

// withoutRender are deliveryColumns where nobody will show anything yet.
var withoutRender = strings.Replace(deliveryColumns, " render,", " '' AS render,", 1)

// deliveryQueries are about deliveries.
type deliveryQueries struct {
	slots, slotStates, talks                        *keyed
	putDeliveries, putStates, putTalks, changeTalks *list
	transcript, transcriptPage                      string
	transcriptState, failed, talksIn                string
	talksOf, dropTalk                               string
	shown                                           *sized
}

func newDeliveryQueries(t *texts) deliveryQueries {
	return deliveryQueries{
		slots:      t.keyed(deliveryColumns, "deliveries", "slot", ""),
		slotStates: t.keyed(withoutRender, "deliveries", "slot", ""),
		talks:      t.keyed(talkColumns, "talks", "id", ""),
		talksIn:    t.one("SELECT " + talkColumns + " FROM talks WHERE bucket = ? AND chat = ? AND chat > ''"),
		// Nothing else asks for these: a bucket's are looked through.
		talksOf:       t.one("SELECT " + talkColumns + " FROM talks WHERE bucket = ? AND (" + t.dialect.Among("identity") + " OR " + t.dialect.Among("id") + ") ORDER BY id"),
		dropTalk:      t.one("DELETE FROM talks WHERE bucket = ? AND id = ?"),
		putTalks:      t.insert("talks", talkColumns, ""),
		changeTalks:   t.change("talks", "id", talkChanges),
		putDeliveries: t.put("deliveries", deliveryColumns, "bucket", "slot"),
		// Only rows that were read under the bucket's lock: every one of them conflicts.
		putStates: t.states(),
		transcript: t.one("SELECT " + deliveryColumns + " FROM deliveries" +
			" WHERE bucket = ? AND chat = ? AND ord > 0 AND platform = ? AND account = ? AND thread = ? ORDER BY ord, slot"),
		transcriptPage: t.one("SELECT " + deliveryColumns + " FROM deliveries" +
			" WHERE bucket = ? AND chat = ? AND ord > 0 AND ord < ?" +
			" AND platform = ? AND account = ? AND thread = ? ORDER BY ord DESC LIMIT ?"),
		transcriptState: t.one("SELECT count(*), coalesce(max(ord), 0), coalesce(sum(wanted), 0) FROM deliveries" +
			" WHERE bucket = ? AND chat = ? AND ord > 0 AND platform = ? AND account = ? AND thread = ?"),
		// The condition on the kind names the index. A chat's messages may lie in any bucket.
		shown: t.each("SELECT " + deliveryColumns + " FROM deliveries" +
			" WHERE bucket = ? AND chat = ? AND shown_ref = ? AND kind IN ('card','relay') AND platform = ? AND account = ?"),
		failed: t.one("SELECT " + deliveryColumns + " FROM deliveries" +
			" WHERE bucket = ? AND state = 'failed' ORDER BY due DESC, slot LIMIT ?"),
	}
}

// deliveryCell is one slot of the working set.
type deliveryCell struct {
	storage.Delivery
	render  []byte // Render as stored; nil = not loaded, because nobody asked
	packed  []byte // the same as a talk holds it; nil = not made yet
	decoded bool   // Delivery.Render is what render says
	dirty   bool   // to be written
	whole   bool   // and not its state alone
	talk    *talk  // that it is in; nil = it is a row of its own
	queued  queued // the row of the queue that the database has for it, where it is a row of its own
}

// load decodes the render, once.
func (c *deliveryCell) load() (err error) {
	if c.decoded {
		return nil
	}
	c.Render, err = decodeRender(c.render)
	c.decoded = err == nil
	return err
}

func (c *deliveryCell) forgetRender() { c.render, c.decoded, c.Render = nil, false, chat.Message{} }

func decodeRender(body []byte) (m chat.Message, err error) {
	if err := json.Unmarshal(body, &m); err != nil {
		return chat.Message{}, fmt.Errorf("decode message: %w", err)
	}
	return m, nil
}

// seal encodes the render of a delivery that an operation made, unless body is that, and
// takes it back where the rule for texts changed it: what is sent is what is stored.
func seal(d storage.Delivery, body []byte) (deliveryCell, error) {
	cleaned := false
	if body == nil || unclean(body) {
		var err error
		if body, cleaned, err = encode(d.Render); err != nil {
			return deliveryCell{}, fmt.Errorf("encode message: %w", err)
		}
	}
	if cleaned {
		var err error
		if d.Render, err = decodeRender(body); err != nil {
			return deliveryCell{}, err
		}
	}
	return deliveryCell{Delivery: cleanDelivery(d), render: body, decoded: true, whole: true}, nil
}

func cleanDelivery(d storage.Delivery) storage.Delivery {
	d.Slot, d.Identity, d.Hash = storage.Clean(d.Slot), storage.Clean(d.Identity), storage.Clean(d.Hash)
	d.Address = cleanAddress(d.Address)
	d.ShownRef, d.ShownSum = chat.Ref(storage.Clean(string(d.ShownRef))), storage.Clean(d.ShownSum)
	d.Error = storage.Clean(d.Error)
	return d
}

func cleanAddress(a chat.Address) chat.Address {
	return chat.Address{
		Platform: chat.Platform(storage.Clean(string(a.Platform))), Account: storage.Clean(a.Account),
		Chat: storage.Clean(a.Chat), Thread: storage.Clean(a.Thread),
	}
}

func (c deliveryCell) row() []any {
	d := c.Delivery
	return []any{
		int64(d.Bucket), d.Slot, storage.SlotOwner(d.Slot), d.Identity, string(d.Address.Platform), d.Address.Account, d.Address.Chat,
		d.Address.Thread, string(d.Kind), d.Ord, int64(d.Rank), string(c.render), d.Hash, int64(d.Wanted), int64(d.Shown), string(d.ShownRef),
		d.ShownSum, int64(d.Base), d.Repeated, string(d.State), micro(d.Due), int64(d.Attempts), orNull(d.Tried), d.Epoch, d.Error,
		micro(d.Created),
	}
}

// stateRow is what changes while the delivery is on its way, in the order of stateColumns.
func (c deliveryCell) stateRow() []any {
	d := c.Delivery
	return []any{
		int64(d.Bucket), d.Slot, micro(d.Created), string(d.Address.Platform), d.Address.Account, d.Address.Chat, d.Address.Thread,
		int64(d.Shown), string(d.ShownRef), d.ShownSum, int64(d.Base), d.Repeated, string(d.State), micro(d.Due), int64(d.Attempts),
		orNull(d.Tried), d.Epoch, d.Error,
	}
}

// scanDelivery reads a row and leaves its render as it is stored.
func scanDelivery(row scanner) (deliveryCell, error) {
	var (
		c      deliveryCell
		owner  string
		render []byte
		tried  *time.Time
	)
	d := &c.Delivery
	err := row.Scan(&d.Bucket, &d.Slot, &owner, &d.Identity, &d.Address.Platform, &d.Address.Account, &d.Address.Chat,
		&d.Address.Thread, &d.Kind, &d.Ord, &d.Rank, &render, &d.Hash, &d.Wanted, &d.Shown, &d.ShownRef,
		&d.ShownSum, &d.Base, &d.Repeated, &d.State, &d.Due, &d.Attempts, &tried, &d.Epoch, &d.Error, &d.Created)
	if err != nil {
		return c, err
	}
	d.Due, d.Created = d.Due.UTC(), d.Created.UTC()
	if tried != nil {
		d.Tried = tried.UTC()
	}
	if len(render) > 0 {
		c.render = render
	}
	return c, nil
}

// copied is a delivery that shares nothing with the working set.
func (c deliveryCell) copied() (d storage.Delivery, err error) {
	d = c.Delivery
	d.Render, err = decodeRender(c.render)
	return d, err
}

// Delivery implements storage.Reader.
func (s *Store) Delivery(ctx context.Context, b storage.Bucket, slot string) (storage.Delivery, error) {
	slot = storage.Clean(slot)
	if id, ok := talkOf(slot); ok { // first: what leaves its talk is a row of its own by then
		talks, err := collect(ctx, s, "delivery", s.q.talks.one, []any{int64(b), id}, scanTalk)
		if err != nil {
			return storage.Delivery{}, err
		}
		for _, t := range talks {
			if c := t.find(slot); c != nil {
				return c.copied()
			}
		}
	}
	list, err := collect(ctx, s, "delivery", s.q.slots.one, []any{int64(b), slot}, scanPlain)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("read delivery: %w", storage.ErrNotFound)
	}
	if err != nil {
		return storage.Delivery{}, err
	}
	return list[0], nil
}

// Shown implements storage.Reader.
func (s *Store) Shown(ctx context.Context, in chat.Address, ref chat.Ref) (found storage.Delivery, err error) {
	if ref == "" {
		return found, fmt.Errorf("find a message: %w", storage.ErrNotFound)
	}
	in = cleanAddress(in)
	err = s.q.shown.chunks(s.buckets, func(text string, from, to int) error {
		var args []any
		for b := from; b < to; b++ {
			args = append(args, int64(b), in.Chat, storage.Clean(string(ref)), string(in.Platform), in.Account)
		}
		list, err := collect(ctx, s, "messages", text, args, scanPlain)
		for _, d := range list {
			found = d // a reference is a chat's own
		}
		return err
	})
	if err == nil && found.Slot == "" {
		err = fmt.Errorf("find a message: %w", storage.ErrNotFound)
	}
	return found, err
}

func scanPlain(row scanner) (storage.Delivery, error) {
	c, err := scanDelivery(row)
	if err == nil {
		err = c.load()
	}
	return c.Delivery, err
}

// Transcript implements storage.Reader.
func (s *Store) Transcript(ctx context.Context, b storage.Bucket, to chat.Address) ([]storage.Delivery, error) {
	to = cleanAddress(to)
	talks, err := s.talksIn(ctx, b, to)
	if err != nil {
		return nil, err
	}
	rows, err := collect(ctx, s, "transcript", s.q.transcript,
		[]any{int64(b), to.Chat, string(to.Platform), to.Account, to.Thread}, scanPlain)
	if err != nil {
		return nil, err
	}
	return together(rows, talks)
}

// talksIn are the slots of the talks at an address.
func (s *Store) talksIn(ctx context.Context, b storage.Bucket, to chat.Address) ([]*deliveryCell, error) {
	talks, err := collect(ctx, s, "transcript", s.q.talksIn, []any{int64(b), to.Chat}, scanTalk)
	if err != nil {
		return nil, err
	}
	var all []*deliveryCell
	for _, t := range talks {
		if t.at == to {
			all = append(all, t.slots...)
		}
	}
	return all, nil
}

// together is what a chat shows, in its order: rows of their own, and slots of talks, which were
// read before. What left its talk in between is in both, and newer as a row of its own.
func together(rows []storage.Delivery, cells []*deliveryCell) ([]storage.Delivery, error) {
	if len(cells) == 0 {
		return rows, nil
	}
	names := make(map[string]bool, len(rows))
	for _, d := range rows {
		names[d.Slot] = true
	}
	for _, c := range cells {
		if names[c.Slot] {
			continue
		}
		d, err := c.copied()
		if err != nil {
			return nil, err
		}
		rows = append(rows, d)
	}
	slices.SortFunc(rows, func(a, b storage.Delivery) int { return inOrder(&a, &b) })
	return rows, nil
}

// TranscriptPage implements storage.Reader.
func (s *Store) TranscriptPage(ctx context.Context, b storage.Bucket, to chat.Address, before int64, limit int) ([]storage.Delivery, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	to = cleanAddress(to)
	talks, err := s.talksIn(ctx, b, to)
	if err != nil {
		return nil, err
	}
	talks = slices.DeleteFunc(talks, func(c *deliveryCell) bool { return c.Ord >= before })
	rows, err := collect(ctx, s, "transcript", s.q.transcriptPage,
		[]any{int64(b), to.Chat, before, string(to.Platform), to.Account, to.Thread, int64(limit)}, scanPlain)
	if err != nil {
		return nil, err
	}
	slices.Reverse(rows)
	list, err := together(rows, talks)
	return list[max(0, len(list)-limit):], err
}

// TranscriptState implements storage.Reader.
func (s *Store) TranscriptState(ctx context.Context, b storage.Bucket, to chat.Address) (storage.TranscriptState, error) {
	to = cleanAddress(to)
	talks, err := s.talksIn(ctx, b, to)
	if err != nil {
		return storage.TranscriptState{}, err
	}
	list, err := collect(ctx, s, "transcript", s.q.transcriptState,
		[]any{int64(b), to.Chat, string(to.Platform), to.Account, to.Thread},
		func(row scanner) (t storage.TranscriptState, err error) {
			return t, row.Scan(&t.Count, &t.Last, &t.Versions)
		})
	if err != nil || len(list) == 0 {
		return storage.TranscriptState{}, err
	}
	state := list[0]
	for _, c := range talks {
		state.Count, state.Last, state.Versions = state.Count+1, max(state.Last, c.Ord), state.Versions+int64(c.Wanted)
	}
	return state, nil
}

// Failed implements storage.Reader.
func (s *Store) Failed(ctx context.Context, limit int) ([]storage.Delivery, error) {
	return newest(s, limit, func(b storage.Bucket) ([]storage.Delivery, error) {
		return collect(ctx, s, "failed deliveries", s.q.failed, []any{int64(b), int64(limit)}, scanPlain)
	}, func(d storage.Delivery) time.Time { return d.Due })
}
