package storage

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Bucket is the shard that a conversation and all that belongs to it live in.
type Bucket int

// Hash16 is the part of a person's hash that decides the bucket: the first two
// bytes, big endian, of the SHA-256 of platform, account and user, each ended by a
// NUL. Links and staff buttons carry it, so that it survives a change of the number
// of buckets. Test vectors are in bucket_test.go.
func (p Person) Hash16() uint16 { sum := p.sum(); return binary.BigEndian.Uint16(sum[:2]) }

// ID is the person's identity id: a UUID (version 8) of the same hash, so that it is
// known without a look-up.
func (p Person) ID() string {
	sum := p.sum()
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// IdentityHash is the Hash16 of whoever has an identity's id; false where the text is none.
func IdentityHash(id string) (hash uint16, ok bool) {
	sum, err := uuid.Parse(id)
	return binary.BigEndian.Uint16(sum[:2]), err == nil
}

// IsZero reports whether the person names nobody.
func (p Person) IsZero() bool { return p == Person{} }

// ByLink reports whether the person is whoever opened a link of the web chat. Nobody else
// vouches for them: such a person is never staff.
func (p Person) ByLink() bool { return p.Platform == chat.Web && p.Account == "" }

// BucketOf returns the bucket for a hash in a database of n buckets.
func BucketOf(hash uint16, n int) Bucket { return Bucket(int(hash) % n) }

func (p Person) sum() [sha256.Size]byte {
	return sha256.Sum256([]byte(string(p.Platform) + "\x00" + p.Account + "\x00" + p.User + "\x00"))
}
