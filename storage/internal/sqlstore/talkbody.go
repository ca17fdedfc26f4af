package sqlstore

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// Bodies of talks begin with a digit, their format. A program reads those of all programs before
// it, and writes the last: format 1 is JSON in the column body, format 2 is bytes in the column
// packed.
const talkFormat = '2'

// Format 2. What changes is at the beginning, and what an answer adds stands behind it: so a body ends as
// the one before it, and Postgres' log holds what differs. (A length stands before all, and so nothing
// that begins alike is found to.) First comes where the queue has the talk; then the progress of the newest
// two slots, and of those on their way; then the slots, the newest first, each with what stays as it is,
// its message, and the progress of those that do not have it in front. Moments are counted from those
// before them, in microseconds.
const (
	// Of what of a slot stays as it is.
	slotSettled = 1 << 0 // its progress stands here
	slotHexHash = 1 << 1
	slotKind    = 1 << 2 // it is no question
	slotRank    = 1 << 3 // not Plain
	// Of its progress.
	refIsNumber   = 1 << 0
	shownIsWanted = 1 << 1 // what is shown has the hash of what is wanted
	wasTried      = 1 << 2
	hasAttempts   = 1 << 3
	isNotSent     = 1 << 4 // its state is given
	hasBase       = 1 << 5
	sumIsHex      = 1 << 6
	sumIsText     = 1 << 7
	refIsText     = 1 << 8
	isRepeated    = 1 << 9
	hasError      = 1 << 10
	// Of the talk.
	talkMixed  = 1 << 0
	talkQueued = 1 << 1
)

// front is how many slots have their progress in front: the question that is open, and the one that was
// answered.
const front = 2

// words are what messages of a talk are packed with the help of. They belong to the format.
func (t *talk) words() []byte {
	if t.known == nil {
		token := ""
		if id, err := uuid.Parse(t.id); err == nil { // as buttons name the session
			token = base64.RawURLEncoding.EncodeToString(id[:])
		}
		var b strings.Builder
		b.WriteString(`"html":true,"photo":"","link":"`)
		for _, act := range [...]string{"o", "b", "c"} {
			b.WriteString(`"}]],"lang":"en"}],[{"text":"Back","data":"1` + act + token + `.`)
		}
		b.WriteString(`","label":"1 of 5, "},{"text":"{"text":"\n✓ : 5 – \n\n1 = \n2 = ","rows":[[{"text":"1","data":"1p` + token + `.0.0","label":"`)
		t.known = []byte(b.String())
	}
	return t.known
}

// inFront reports whether the progress of a slot stands in front.
func (t *talk) inFront(i int) bool { return i >= len(t.slots)-front || t.slots[i].Unsettled() }

// encode is the talk's body; the last format.
func (t *talk) encode(q queued) []byte {
	size, inFront := 64, 0
	for i, c := range t.slots {
		if c.packed == nil {
			c.packed = pack(nil, t.words(), c.render)
		}
		size += 96 + len(c.packed)
		if t.inFront(i) {
			inFront++
		}
	}
	started := t.started.UnixMicro()
	var of uint64
	if t.mixed {
		of |= talkMixed
	}
	if q.item != "" {
		of |= talkQueued
	}
	b := append(make([]byte, 0, size), talkFormat)
	b = binary.AppendUvarint(b, of)
	if q.item != "" {
		b = binary.AppendVarint(b, q.rank)
		b = binary.AppendVarint(b, q.ord-started)
	}
	b = binary.AppendUvarint(b, uint64(inFront))
	for i := len(t.slots) - 1; i >= 0; i-- {
		if t.inFront(i) {
			b = t.slots[i].encodeProgress(b)
		}
	}
	for i := len(t.slots) - 1; i >= 0; i-- {
		b = t.slots[i].encode(b, t.id, started, t.inFront(i))
	}
	return b
}

func (c *deliveryCell) encode(b []byte, id string, started int64, inFront bool) []byte {
	d := &c.Delivery
	created := d.Created.UnixMicro()
	of, hash := byte(0), []byte(d.Hash)
	if raw, ok := ofHex(d.Hash); ok {
		of, hash = of|slotHexHash, raw
	}
	if !inFront {
		of |= slotSettled
	}
	if d.Kind != storage.QuestionD {
		of |= slotKind
	}
	if d.Rank != storage.Plain {
		of |= slotRank
	}
	word, part := short(d.Slot, id)
	b = appendString(append(b, of), word+part)
	b = binary.AppendVarint(b, created-started)
	b = binary.AppendVarint(b, d.Ord-created)
	if of&slotKind != 0 {
		b = appendString(b, string(d.Kind))
	}
	if of&slotRank != 0 {
		b = binary.AppendVarint(b, int64(d.Rank))
	}
	b = append(binary.AppendUvarint(b, uint64(len(hash))), hash...)
	b = append(b, c.packed...)
	if !inFront {
		b = c.encodeProgress(b)
	}
	return b
}

func (c *deliveryCell) encodeProgress(b []byte) []byte {
	d := &c.Delivery
	created := d.Created.UnixMicro()
	var of uint64
	say := func(bit uint64, is bool) bool {
		if is {
			of |= bit
		}
		return is
	}
	number, err := strconv.ParseUint(string(d.ShownRef), 10, 63)
	if !say(refIsNumber, err == nil && strconv.FormatUint(number, 10) == string(d.ShownRef)) {
		say(refIsText, d.ShownRef != "")
	}
	sum, isHex := ofHex(d.ShownSum)
	if !say(shownIsWanted, d.ShownSum == d.Hash && d.Hash != "") && !say(sumIsHex, isHex && d.ShownSum != "") {
		say(sumIsText, d.ShownSum != "")
	}
	say(isNotSent, d.State != storage.Sent)
	say(hasBase, d.Base != 0)
	say(isRepeated, d.Repeated)
	say(hasAttempts, d.Attempts != 0)
	say(wasTried, !d.Tried.IsZero())
	say(hasError, d.Error != "")
	b = binary.AppendUvarint(b, of)
	b = binary.AppendVarint(b, int64(d.Wanted))
	b = binary.AppendVarint(b, int64(d.Shown))
	b = binary.AppendVarint(b, d.Due.UnixMicro()-created)
	b = binary.AppendVarint(b, d.Epoch)
	if of&refIsNumber != 0 {
		b = binary.AppendUvarint(b, number)
	}
	if of&refIsText != 0 {
		b = appendString(b, string(d.ShownRef))
	}
	if of&sumIsHex != 0 {
		b = append(binary.AppendUvarint(b, uint64(len(sum))), sum...)
	}
	if of&sumIsText != 0 {
		b = appendString(b, d.ShownSum)
	}
	if of&isNotSent != 0 {
		b = appendString(b, string(d.State))
	}
	if of&hasBase != 0 {
		b = binary.AppendVarint(b, int64(d.Base))
	}
	if of&hasAttempts != 0 {
		b = binary.AppendVarint(b, int64(d.Attempts))
	}
	if of&wasTried != 0 {
		b = binary.AppendVarint(b, d.Tried.UnixMicro()-created)
	}
	if of&hasError != 0 {
		b = appendString(b, d.Error)
	}
	return b
}

// ofHex is what a text says in hexadecimal, if it is written as this program writes that.
func ofHex(s string) ([]byte, bool) {
	if s == "" || len(s)%2 != 0 {
		return nil, false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return nil, false
		}
	}
	raw, err := hex.DecodeString(s)
	return raw, err == nil
}

// decode reads a body of any format.
func (t *talk) decode(b storage.Bucket, body, packed []byte) error {
	switch {
	case len(packed) > 0 && packed[0] == talkFormat:
		t.format = packed[0]
		return t.decodePacked(b, packed[1:])
	case len(packed) == 0 && len(body) > 0 && body[0] == '1':
		t.format = body[0]
		return t.decodeJSON(b, body[1:])
	}
	return errors.New("a talk has a format that this program does not know")
}

func (t *talk) decodePacked(bucket storage.Bucket, body []byte) error {
	r := &reading{rest: body}
	started := t.started.UnixMicro()
	of := r.number()
	t.mixed = of&talkMixed != 0
	place := queued{item: t.id}
	if of&talkQueued != 0 {
		place.rank, place.ord = r.signed(), started+r.signed()
	}
	var inFront []progress
	for n := r.number(); n > 0 && !r.bad; n-- {
		inFront = append(inFront, r.progress())
	}
	t.slots = nil
	for !r.bad && len(r.rest) > 0 {
		of := r.bytes(1)[0]
		c := &deliveryCell{talk: t}
		d := &c.Delivery
		d.Bucket, d.Identity, d.Address, d.Kind, d.Rank = bucket, t.identity, t.at, storage.QuestionD, storage.Plain
		d.Slot = long(r.text(), t.id)
		created := started + r.signed()
		d.Created, d.Ord = time.UnixMicro(created).UTC(), created+r.signed()
		if of&slotKind != 0 {
			d.Kind = storage.DeliveryKind(r.text())
		}
		if of&slotRank != 0 {
			d.Rank = storage.Rank(r.signed())
		}
		if d.Hash = r.text(); of&slotHexHash != 0 {
			d.Hash = hex.EncodeToString([]byte(d.Hash))
		}
		from := r.rest
		c.render = r.unpack(t.words())
		c.packed = slices.Clone(from[:len(from)-len(r.rest)])
		switch {
		case of&slotSettled != 0:
			r.progress().of(d)
		case len(inFront) > 0:
			inFront[0].of(d)
			inFront = inFront[1:]
		default:
			r.bad = true
		}
		t.slots = append(t.slots, c)
	}
	if r.bad || len(inFront) > 0 {
		return errors.New("decode talk: it is damaged")
	}
	slices.Reverse(t.slots)
	if of&talkQueued != 0 {
		t.placed(place)
	}
	return nil
}

// placed says where the queue has the talk. Before there were lists of what is being sent, it had talks
// of which nothing waits, too.
func (t *talk) placed(at queued) {
	if t.queued = t.queue(at); t.queued.item != "" {
		t.queued.rank, t.queued.ord = at.rank, at.ord
	}
}

// progress is how far a message came. Its moments are counted from when it was made.
type progress struct {
	storage.Delivery
	bits       uint64
	due, tried int64
}

func (r *reading) progress() (p progress) {
	p.bits = r.number()
	p.Wanted, p.Shown, p.due, p.Epoch, p.State = int(r.signed()), int(r.signed()), r.signed(), r.signed(), storage.Sent
	if p.bits&refIsNumber != 0 {
		p.ShownRef = chat.Ref(strconv.FormatUint(r.number(), 10))
	}
	if p.bits&refIsText != 0 {
		p.ShownRef = chat.Ref(r.text())
	}
	if p.bits&sumIsHex != 0 {
		p.ShownSum = hex.EncodeToString([]byte(r.text()))
	}
	if p.bits&sumIsText != 0 {
		p.ShownSum = r.text()
	}
	if p.bits&isNotSent != 0 {
		p.State = storage.DeliveryState(r.text())
	}
	if p.bits&hasBase != 0 {
		p.Base = int(r.signed())
	}
	if p.bits&hasAttempts != 0 {
		p.Attempts = int(r.signed())
	}
	if p.bits&wasTried != 0 {
		p.tried = r.signed()
	}
	if p.bits&hasError != 0 {
		p.Error = r.text()
	}
	return p
}

// of gives a message its progress.
func (p progress) of(d *storage.Delivery) {
	created := d.Created.UnixMicro()
	d.Wanted, d.Shown, d.Epoch, d.State, d.ShownRef, d.ShownSum = p.Wanted, p.Shown, p.Epoch, p.State, p.ShownRef, p.ShownSum
	d.Base, d.Attempts, d.Error, d.Repeated = p.Base, p.Attempts, p.Error, p.bits&isRepeated != 0
	d.Due = time.UnixMicro(created + p.due).UTC()
	if p.bits&shownIsWanted != 0 {
		d.ShownSum = d.Hash
	}
	if p.bits&wasTried != 0 {
		d.Tried = time.UnixMicro(created + p.tried).UTC()
	}
}

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

// talkBody is a body of format 1. Slots and renders stand side by side, the newest first.
type talkBody struct {
	Mixed bool              `json:"m"`
	Rank  *storage.Rank     `json:"r"` // where the queue has the talk
	Ord   int64             `json:"o"`
	Slots []talkSlot        `json:"s"`
	Shown []json.RawMessage `json:"t"`
}

// decodeJSON reads a body of format 1.
func (t *talk) decodeJSON(b storage.Bucket, body []byte) error {
	var v talkBody
	if err := json.Unmarshal(body, &v); err != nil {
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
		t.placed(queued{item: t.id, rank: int64(*v.Rank), ord: v.Ord})
	}
	return nil
}
