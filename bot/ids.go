package bot

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// derive makes an id that follows from what it belongs to, so that work which is
// repeated finds what it did before.
func (b *Bot) derive(what, of string) string { return b.derived(what, of).String() }

// sessionOf derives the id of the session that an invitation opens. It begins with the
// time of the invitation, laid out as in a UUID of version 7 (RFC 9562): sessions of one
// day, with their answers and messages, lie side by side in tables and indexes, so that
// what a batch writes lies on few pages, however much is stored.
func (b *Bot) sessionOf(invitation string, created time.Time) string {
	id := b.derived("session", invitation)
	ms := uint64(created.UnixMilli())
	binary.BigEndian.PutUint32(id[:4], uint32(ms>>16))
	binary.BigEndian.PutUint16(id[4:6], uint16(ms))
	return id.String()
}

func (b *Bot) derived(what, of string) uuid.UUID {
	mac := hmac.New(sha256.New, b.key)
	mac.Write([]byte(what + "\x00" + of))
	id := uuid.UUID(mac.Sum(nil)[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// pseudonym is the mark of an identity, "K7": always the same, and nobody who lacks the
// key can tell whose it is.
func (b *Bot) pseudonym(identity string) string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ" // without those that look like digits
	mac := hmac.New(sha256.New, b.key)
	mac.Write([]byte("pseudonym\x00" + identity))
	n := binary.BigEndian.Uint64(mac.Sum(nil))
	return string(letters[n%uint64(len(letters))]) + strconv.FormatUint(n/uint64(len(letters))%9999+1, 10)
}
