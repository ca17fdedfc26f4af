package app

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
)

// sealer encrypts tokens that are kept in the database: AES-256-GCM under a key that
// follows from SECRET_KEY, bound to what the token is for. Whoever has the database
// alone has no token.
type sealer struct{ aead cipher.AEAD }

// sealed begins a value's form, so that a later one can tell it apart.
const sealed = "1."

var errSealed = errors.New("a stored token cannot be read: SECRET_KEY is another one than when it was stored. Restore the old key, or install the app again")

func newSealer(secretKey []byte) (sealer, error) {
	key, err := hkdf.Key(sha256.New, secretKey, nil, "aftercare stored tokens", 32)
	if err != nil {
		return sealer{}, fmt.Errorf("derive the key for tokens: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("derive the key for tokens: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealer{}, fmt.Errorf("derive the key for tokens: %w", err)
	}
	return sealer{aead}, nil
}

// seal encrypts a token for one place, such as "slack:T01".
func (s sealer) seal(place, token string) string {
	box := s.aead.Seal(nil, nil, []byte(token), []byte(place)) //nolint:gosec // the AEAD makes a nonce of its own
	return sealed + base64.RawStdEncoding.EncodeToString(box)
}

// open is the token that was sealed for this place.
func (s sealer) open(place, value string) (string, error) {
	rest, ok := strings.CutPrefix(value, sealed)
	raw, err := base64.RawStdEncoding.DecodeString(rest)
	if !ok || err != nil {
		return "", errSealed
	}
	token, err := s.aead.Open(nil, nil, raw, []byte(place))
	if err != nil {
		return "", errSealed
	}
	return string(token), nil
}

// place is what the token of an account is sealed for.
func place(p chat.Platform, account string) string { return string(p) + ":" + account }
