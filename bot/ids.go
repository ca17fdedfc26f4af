package bot

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// secret is the operator's SECRET_KEY: ids and hashes follow from it, so that nobody who
// lacks it can make or recognize one.
type secret []byte

// sum is the keyed hash of what is written.
func (k secret) sum(what string) []byte {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(what))
	return mac.Sum(nil)
}

// derive makes an id that follows from what it belongs to, so that work which is
// repeated finds what it did before.
func (k secret) derive(what, of string) string { return k.derived(what, of).String() }

// sessionOf derives the id of the session that an invitation opens. It begins with the
// time of the invitation, laid out as in a UUID of version 7 (RFC 9562): sessions of one
// day, with their answers and messages, lie side by side in tables and indexes, so that
// what a batch writes lies on few pages, however much is stored.
func (k secret) sessionOf(invitation string, created time.Time) string {
	return dated(k.derived("session", invitation), created)
}

// sessionApart is sessionOf for a link that is opened elsewhere than where its page is: behind the page there may be a
// conversation, with a case (see Silence), and no two in one database have the same name.
func (k secret) sessionApart(invitation string, created time.Time) string {
	return dated(k.derived("session apart", invitation), created)
}

func dated(id uuid.UUID, created time.Time) string {
	ms := uint64(created.UnixMilli())
	binary.BigEndian.PutUint32(id[:4], uint32(ms>>16))
	binary.BigEndian.PutUint16(id[4:6], uint16(ms))
	return id.String()
}

// Opened reports whether this is the session that an invitation opened, named by this key.
func Opened(key []byte, invitation, session string) bool {
	id, err := uuid.Parse(session)
	if err != nil {
		return false
	}
	ms := int64(binary.BigEndian.Uint32(id[:4]))<<16 | int64(binary.BigEndian.Uint16(id[4:6]))
	at := time.UnixMilli(ms)
	return session == secret(key).sessionOf(invitation, at) || session == secret(key).sessionApart(invitation, at)
}

func (k secret) derived(what, of string) uuid.UUID {
	id := uuid.UUID(k.sum(what + "\x00" + of)[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// pseudonym is the mark that an identity had before marks were counted, "K7": some cards show
// it. It is always the same, though not its alone, and nobody who lacks the
// key can tell whose it is.
func (k secret) pseudonym(identity string) string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ" // without those that look like digits
	n := binary.BigEndian.Uint64(k.sum("pseudonym\x00" + identity))
	return string(letters[n%uint64(len(letters))]) + strconv.FormatUint(n/uint64(len(letters))%9999+1, 10)
}

// code is how the database knows a code that was given to somebody; kind tells what it is
// for. People may type it in small letters, with spaces.
func (k secret) code(kind, code string) string {
	return hex.EncodeToString(k.sum(kind + " code\x00" + strings.ToUpper(strings.Join(strings.Fields(code), ""))))
}
