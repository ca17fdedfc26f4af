package personal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// Unnamed is what a chat account is told apart by that has no name, seven letters: always the same, and nobody who
// lacks the key can tell whose it is. It looks like no pseudonym, and is none: staff may know of whom it is. There are
// 20⁷ of them: among 2,000 customers two have the same in one house of 640.
func (k *Keeper) Unnamed(identity string) string {
	const letters = "BCDFGHJKLMNPQRSTVWXZ" // no vowels: they make no words
	mac := hmac.New(sha256.New, k.key)
	mac.Write([]byte("unnamed\x00" + identity))
	n, mark := binary.BigEndian.Uint64(mac.Sum(nil)), make([]byte, 7)
	for i := range mark {
		mark[i], n = letters[n%uint64(len(letters))], n/uint64(len(letters))
	}
	return string(mark)
}
