package personal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// Unnamed is what a chat account is told apart by that has no name, five letters: always the same, and nobody who lacks
// the key can tell whose it is. It looks like no pseudonym, and is none: staff may know of whom it is. Two of three
// million may have the same.
func (k *Keeper) Unnamed(identity string) string {
	const letters = "BCDFGHJKLMNPQRSTVWXZ" // no vowels: they make no words
	mac := hmac.New(sha256.New, k.key)
	mac.Write([]byte("unnamed\x00" + identity))
	n, mark := binary.BigEndian.Uint64(mac.Sum(nil)), make([]byte, 5)
	for i := range mark {
		mark[i], n = letters[n%uint64(len(letters))], n/uint64(len(letters))
	}
	return string(mark)
}
