package sqlstore

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

const talkColumns = "bucket, id, identity, platform, account, chat, thread, started, settled, body, packed"

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
	sent   bool   // and something of it is being sent there
	format byte   // of its body, as it was read
	known  []byte // words that its messages are packed with
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
	return append([]any{
		int64(b), t.id, t.identity, string(t.at.Platform), t.at.Account, t.at.Chat, t.at.Thread, micro(t.started),
	}, t.change(q)[1:]...)
}

// change is its key and the columns of it that change.
func (t *talk) change(q queued) []any {
	var settled any
	if _, sends := t.sending(); q.item == "" && !sends {
		var last time.Time
		for _, c := range t.slots {
			if c.Due.After(last) {
				last = c.Due
			}
		}
		settled = micro(last)
	}
	return []any{t.id, settled, "", t.encode(q)}
}

// talkChanges are the columns of a talk that change, behind its key.
const talkChanges = "settled, body, packed"

// errLost is a row that was read under the lock of its bucket, and is not there.
var errLost = errors.New("a row is not there any more")

// scanTalk reads a row of talkColumns.
func scanTalk(row scanner) (*talk, error) {
	var t talk
	var b storage.Bucket
	var settled *time.Time
	var body, packed []byte
	err := row.Scan(&b, &t.id, &t.identity, &t.at.Platform, &t.at.Account, &t.at.Chat, &t.at.Thread, &t.started, &settled, &body, &packed)
	if err != nil {
		return nil, err
	}
	t.started, t.stored = t.started.UTC(), true
	err = t.decode(b, body, packed)
	_, t.sent = t.sending()
	return &t, err
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
