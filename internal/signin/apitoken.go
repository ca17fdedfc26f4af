package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash/crc32"
	"strings"
)

// A token of the API is recognised by its beginning, and its end tells whether it was typed
// or copied wholly: that needs no look-up.
const (
	apiPrefix = "act_"
	apiRandom = 32 // bytes, 43 letters
	apiCheck  = 6  // letters
	digits62  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// NewAPIToken makes a token of the API. It is shown once; HashAPIToken is what is kept.
func NewAPIToken() string {
	raw := make([]byte, apiRandom)
	_, _ = rand.Read(raw) // never fails
	body := base64.RawURLEncoding.EncodeToString(raw)
	return apiPrefix + body + checkOf(body)
}

// HashAPIToken is what is kept of a token. ok is false for what cannot be one.
func HashAPIToken(token string) (hash string, ok bool) {
	body, found := strings.CutPrefix(token, apiPrefix)
	n := base64.RawURLEncoding.EncodedLen(apiRandom)
	if !found || len(body) != n+apiCheck || checkOf(body[:n]) != body[n:] {
		return "", false
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:]), true
}

// checkOf is a checksum in letters and digits.
func checkOf(body string) string {
	n, out := crc32.ChecksumIEEE([]byte(body)), [apiCheck]byte{}
	for i := range out {
		out[apiCheck-1-i] = digits62[n%62]
		n /= 62
	}
	return string(out[:])
}
