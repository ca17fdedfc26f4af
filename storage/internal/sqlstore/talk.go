package sqlstore

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

const talkColumns = "bucket, id, identity, platform, account, chat, thread, started, settled, body"

// talk is what the survey of one session shows in its chat: a row, whatever its slots are.
type talk struct {
	id, identity string
	at           chat.Address
	started      time.Time
	// mixed says that slots which could be of the talk may be deliveries: those of a conversation
	// that began before there were talks, and those that have another address, or were given up.
	mixed bool
	slots []*deliveryCell // in their order

	queued queued // as the database has it; zero = nothing waits
	dirty  bool   // to be written
	stored bool   // the database has a row of it
}

// talkOf names the talk that a slot of this name is in, if it is in one.
func talkOf(slot string) (id string, ok bool) {
	word, rest, _ := strings.Cut(slot, ":")
	id, part, more := strings.Cut(rest, ":")
	switch word {
	case "q":
		return id, id != "" && more && !strings.Contains(part, ":")
	case "i", "t":
		return id, id != "" && !more
	}
	return "", false
}

// short is a slot's name without the talk's, long undoes it.
func short(slot, id string) (word, part string) {
	word, rest, _ := strings.Cut(slot, ":")
	return word, rest[len(id):]
}

func long(name, id string) string {
	word, part, more := strings.Cut(name, ":")
	if more {
		return word + ":" + id + ":" + part
	}
	return word + ":" + id
}

// find returns the cell of a slot, or nil.
func (t *talk) find(slot string) *deliveryCell {
	for _, c := range t.slots {
		if c.Slot == slot {
			return c
		}
	}
	return nil
}

// fits reports whether a slot can be of the talk.
func (t *talk) fits(d *storage.Delivery) bool {
	return d.State != storage.Failed && d.Identity == t.identity && d.Address == t.at && d.Kind != storage.CardD && d.Kind != storage.RelayD
}

// put adds a cell, or replaces the one of its slot.
func (t *talk) put(c *deliveryCell) {
	t.remove(c.Slot)
	at := len(t.slots)
	for at > 0 && inOrder(&c.Delivery, &t.slots[at-1].Delivery) < 0 {
		at--
	}
	t.slots = slices.Insert(t.slots, at, c)
}

func inOrder(a, b *storage.Delivery) int {
	return cmp.Or(cmp.Compare(a.Ord, b.Ord), cmp.Compare(a.Slot, b.Slot))
}

func (t *talk) remove(slot string) {
	t.slots = slices.DeleteFunc(t.slots, func(c *deliveryCell) bool { return c.Slot == slot })
}

// row is the talk as it is to be stored, and its place in the queue with it.
func (t *talk) row(b storage.Bucket, q queued) []any {
	var settled any
	if q.item == "" {
		var last time.Time
		for _, c := range t.slots {
			if c.Due.After(last) {
				last = c.Due
			}
		}
		settled = micro(last)
	}
	return []any{
		int64(b), t.id, t.identity, string(t.at.Platform), t.at.Account, t.at.Chat, t.at.Thread, micro(t.started), settled,
		t.encode(q),
	}
}

// talkChanges are the columns of a talk that change, behind its key.
const talkChanges = "settled, body"

// change is a row of talkChanges.
func change(row []any) []any { return []any{row[1], row[8], row[9]} }

// errLost is a talk that was read under the lock of its bucket, and is not there.
var errLost = errors.New("a talk is not there any more")

// talkFormat is the format in which bodies of talks are written. A program reads those of all
// programs before it.
const talkFormat = '1'

// talkSlot is a slot within a body of format 1. What most slots have in common is left out.
type talkSlot struct {
	Slot     string                `json:"s"` // without the talk's id
	State    storage.DeliveryState `json:"t"` // "" = sent
	Wanted   int                   `json:"w"`
	Shown    int                   `json:"n"`
	Ref      string                `json:"f"`
	Same     bool                  `json:"y"` // what is shown has the hash of what is wanted
	Sum      string                `json:"x"`
	Base     int                   `json:"b"`
	Repeated bool                  `json:"p"`
	Due      int64                 `json:"d"` // microseconds since Created
	Attempts int                   `json:"a"`
	Tried    int64                 `json:"i"` // likewise, and one more; 0 = never
	Epoch    int64                 `json:"e"`
	Error    string                `json:"l"`
	Created  int64                 `json:"c"` // microseconds
	Ord      int64                 `json:"o"` // since Created: places are moments, give or take
	Kind     storage.DeliveryKind  `json:"k"` // "" = a question
	Rank     *storage.Rank         `json:"r"` // nil = Plain
	Hash     string                `json:"h"`
}

// talkBody is a body of format 1. Slots and renders stand side by side, the newest first, and what
// changes is at the front of both: so a body ends as the one before it, and Postgres' log holds
// what differs.
type talkBody struct {
	Mixed bool              `json:"m"`
	Rank  *storage.Rank     `json:"r"` // where the queue has the talk
	Ord   int64             `json:"o"`
	Slots []talkSlot        `json:"s"`
	Shown []json.RawMessage `json:"t"`
}

// encode is the talk's body; the last format.
func (t *talk) encode(q queued) []byte {
	size := 64
	for _, c := range t.slots {
		size += 256 + len(c.render)
	}
	b := append(make([]byte, 0, size), talkFormat, '{')
	if t.mixed {
		b = append(b, `"m":true,`...)
	}
	if q.item != "" {
		b = strconv.AppendInt(append(b, `"r":`...), q.rank, 10)
		b = strconv.AppendInt(append(b, `,"o":`...), q.ord, 10)
		b = append(b, ',')
	}
	b = append(b, `"s":[`...)
	for i := len(t.slots) - 1; i >= 0; i-- {
		b = t.slots[i].encode(b, t.id)
		if i > 0 {
			b = append(b, ',')
		}
	}
	b = append(b, `],"t":[`...)
	for i := len(t.slots) - 1; i >= 0; i-- {
		b = append(b, t.slots[i].render...)
		if i > 0 {
			b = append(b, ',')
		}
	}
	return append(b, "]}"...)
}

func (c *deliveryCell) encode(b []byte, id string) []byte {
	d := &c.Delivery
	number := func(name string, n int64) {
		if n != 0 {
			b = strconv.AppendInt(append(b, name...), n, 10)
		}
	}
	text := func(name, s string) {
		if s != "" {
			b = appendText(append(b, name...), s)
		}
	}
	yes := func(name string, is bool) {
		if is {
			b = append(append(b, name...), "true"...)
		}
	}
	word, part := short(d.Slot, id)
	b = appendText(append(b, `{"s":`...), word+part)
	if d.State != storage.Sent {
		text(`,"t":`, string(d.State))
	}
	number(`,"w":`, int64(d.Wanted))
	number(`,"n":`, int64(d.Shown))
	text(`,"f":`, string(d.ShownRef))
	if d.ShownSum == d.Hash && d.Hash != "" {
		yes(`,"y":`, true)
	} else {
		text(`,"x":`, d.ShownSum)
	}
	number(`,"b":`, int64(d.Base))
	yes(`,"p":`, d.Repeated)
	created := d.Created.UnixMicro()
	number(`,"d":`, d.Due.UnixMicro()-created)
	number(`,"a":`, int64(d.Attempts))
	if !d.Tried.IsZero() {
		b = strconv.AppendInt(append(b, `,"i":`...), d.Tried.UnixMicro()-created+1, 10)
	}
	number(`,"e":`, d.Epoch)
	text(`,"l":`, d.Error)
	number(`,"c":`, created)
	number(`,"o":`, d.Ord-created)
	if d.Kind != storage.QuestionD {
		text(`,"k":`, string(d.Kind))
	}
	if d.Rank != storage.Plain {
		b = strconv.AppendInt(append(b, `,"r":`...), int64(d.Rank), 10)
	}
	text(`,"h":`, d.Hash)
	return append(b, '}')
}

// appendText appends a text as JSON.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			var e bytes.Buffer
			enc := json.NewEncoder(&e)
			enc.SetEscapeHTML(false)
			_ = enc.Encode(s) // a string cannot fail to encode
			return append(b, bytes.TrimSuffix(e.Bytes(), []byte("\n"))...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// scanTalk reads a row of talkColumns.
func scanTalk(row scanner) (*talk, error) {
	var t talk
	var b storage.Bucket
	var settled *time.Time
	var body []byte
	err := row.Scan(&b, &t.id, &t.identity, &t.at.Platform, &t.at.Account, &t.at.Chat, &t.at.Thread, &t.started, &settled, &body)
	if err != nil {
		return nil, err
	}
	t.started, t.stored = t.started.UTC(), true
	return &t, t.decode(b, body)
}

// decode reads a body of any format.
func (t *talk) decode(b storage.Bucket, body []byte) error {
	if len(body) == 0 || body[0] != talkFormat {
		return errors.New("a talk has a format that this program does not know")
	}
	var v talkBody
	if err := json.Unmarshal(body[1:], &v); err != nil {
		return fmt.Errorf("decode talk: %w", err)
	}
	if len(v.Slots) != len(v.Shown) {
		return fmt.Errorf("decode talk: %d slots show %d messages", len(v.Slots), len(v.Shown))
	}
	t.mixed, t.slots = v.Mixed, make([]*deliveryCell, len(v.Slots))
	for i := range v.Slots {
		s := &v.Slots[i]
		created := time.UnixMicro(s.Created).UTC()
		since := func(n int64) time.Time { return time.UnixMicro(s.Created + n).UTC() }
		c := &deliveryCell{render: v.Shown[i], talk: t}
		c.Delivery = storage.Delivery{
			Bucket: b, Slot: long(s.Slot, t.id), Identity: t.identity, Address: t.at, Kind: cmp.Or(s.Kind, storage.QuestionD),
			Ord: s.Created + s.Ord, Rank: storage.Plain, Hash: s.Hash, Wanted: s.Wanted, Shown: s.Shown, ShownRef: chat.Ref(s.Ref), ShownSum: s.Sum,
			Base: s.Base, Repeated: s.Repeated, State: cmp.Or(s.State, storage.Sent), Due: since(s.Due), Attempts: s.Attempts,
			Epoch: s.Epoch, Error: s.Error, Created: created,
		}
		if s.Rank != nil {
			c.Rank = *s.Rank
		}
		if s.Same {
			c.ShownSum = s.Hash
		}
		if s.Tried != 0 {
			c.Tried = since(s.Tried - 1)
		}
		t.slots[len(v.Slots)-1-i] = c
	}
	if v.Rank != nil {
		t.queued = t.queue(queued{item: t.id, rank: int64(*v.Rank), ord: v.Ord})
	}
	return nil
}

// deliveries are the talk's slots as deliveries that share nothing with it.
func (t *talk) deliveries() ([]storage.Delivery, error) {
	list := make([]storage.Delivery, len(t.slots))
	for i, c := range t.slots {
		var err error
		if list[i], err = c.copied(); err != nil {
			return nil, err
		}
	}
	return list, nil
}
