// Package signin is what proves who somebody is: passwords and how they are hashed, the
// secrets that browsers and links hold, and codes of a second factor. It keeps nothing.
package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// What a password must be.
const (
	MinPassword = 12   // characters
	MaxPassword = 1024 // bytes
)

// Errors of passwords that a person is told of.
var (
	ErrShort  = errors.New("the password is shorter than 12 characters")
	ErrLong   = errors.New("the password is longer than is read")
	ErrCommon = errors.New("the password is one that is tried first")
)

// CheckPassword says why a password is none to keep; about are words that it must not be
// made of, such as the sign-in name.
func CheckPassword(password string, about ...string) error {
	if utf8.RuneCountInString(password) < MinPassword {
		return ErrShort
	}
	if len(password) > MaxPassword {
		return ErrLong
	}
	if strings.Contains(strings.Repeat("1234567890", 4), password) || strings.Contains(strings.Repeat("0987654321", 4), password) {
		return ErrCommon
	}
	bare := letters(password)
	for _, word := range append(about, common...) {
		if w := letters(word); len(w) >= 3 && strings.ReplaceAll(bare, w, "") == "" {
			return ErrCommon
		}
	}
	for n := 1; n <= 3; n++ { // "aaaaaaaaaaaa", "abcabcabcabc"
		if runes := []rune(password); strings.ReplaceAll(password, string(runes[:n]), "") == "" {
			return ErrCommon
		}
	}
	return nil
}

// letters are the letters of a password in lower case, without the digits and marks that
// people put around a word.
func letters(s string) string {
	s = strings.ToLower(norm.NFKC.String(s))
	trimmed := strings.Trim(s, "0123456789!?.,-_*#@ ")
	if trimmed == "" {
		return s
	}
	return trimmed
}

// common are the beginnings of what is tried first, alone or repeated.
var common = []string{
	"password", "passwort", "passw0rd", "p@ssw0rd", "p@ssword", "admin", "administrator", "welcome", "willkommen", "letmein", "qwertyuiop", "qwertyuiopasdf",
	"qwerty", "qwertz", "asdfghjkl", "iloveyou", "aftercare", "changeme", "changeit", "secret", "geheim", "master", "monkey", "dragon",
	"football", "baseball", "sunshine", "princess", "superman", "batman", "trustno1", "123456789012", "1234567890", "12345678", "123456789", "0123456789",
	"987654321", "9876543210", "12345", "1234", "123", "abc123", "1q2w3e4r", "1q2w3e4r5t6y", "1qaz2wsx3edc", "1qaz2wsx", "zaq12wsx", "correcthorsebatterystaple",
	"correct horse battery staple", "passwordpassword", "hello", "customer", "feedback", "starwars", "whatever", "computer", "internet", "samsung",
}

// Hasher makes and checks hashes of passwords, so many at a time as the machine carries.
type Hasher struct {
	Memory uint32 // KiB that a new hash costs; tests of other things take less
	slots  chan struct{}
	left   atomic.Int64 // KiB that hashes have left behind since that was collected
	none   string       // the hash of a password that nobody has
}

// The cost of one hash, as OWASP recommends for argon2id: 19 MiB, two passes.
const (
	memory  = 19 * 1024 // KiB
	passes  = 2
	lanes   = 1
	saltLen = 16
	keyLen  = 32
)

// NewHasher returns one for this machine: as many hashes at a time as it has processors, four
// at most. With what they leave behind until it is collected a crowd at the door takes twice
// 76 MiB and no more.
func NewHasher() *Hasher {
	return &Hasher{Memory: memory, slots: make(chan struct{}, min(4, runtime.GOMAXPROCS(0))), none: phc(memory, []byte("nobody's salt..."), make([]byte, keyLen))}
}

func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave ends a hash that took so many KiB. A collector that lets garbage pile up, as a server's
// does, counts those as if they were in use and waits for several times as much: somebody who
// only tries to sign in would have it hold hundreds of megabytes.
func (h *Hasher) leave(kibibytes uint32) {
	if h.left.Add(int64(kibibytes)) >= memory*int64(cap(h.slots)) {
		h.left.Store(0)
		runtime.GC()
	}
	<-h.slots
}

// Hash is the PHC string of a password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave(h.Memory)
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails
	return phc(h.Memory, salt, argon2.IDKey(normal(password), salt, passes, h.Memory, lanes, keyLen)), nil
}

// normal is a password as bytes, the same from whatever keyboard.
func normal(password string) []byte { return []byte(norm.NFC.String(password)) }

func phc(memory uint32, salt, key []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, b64(salt), b64(key))
}

// Check reports whether a password is the one of a hash. It takes the same time for a hash
// that is not there ("") as for a wrong password.
func (h *Hasher) Check(ctx context.Context, hash, password string) (bool, error) {
	there := hash != ""
	if !there {
		hash = h.none
	}
	var version, m, t, p int
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("a stored password is of no known form")
	}
	_, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &m, &t, &p)
	salt, err2 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err3 := base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(err, err2, err3); err != nil || version != argon2.Version || m < 8 || m > 1<<20 || t < 1 || t > 64 || p < 1 || p > 64 || len(key) < 16 {
		return false, errors.New("a stored password is of no known form")
	}
	if len(password) > MaxPassword {
		password = password[:MaxPassword+1] // wrong, and no more work than another
		there = false
	}
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave(uint32(m))
	got := argon2.IDKey(normal(password), salt, uint32(t), uint32(m), uint8(p), uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1 && there, nil
}

// NewToken is a secret of 128 bits for a link or a cookie.
func NewToken() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	return base64.RawURLEncoding.EncodeToString(raw)
}

// HashToken is what the database keeps of a token. A plain hash is enough: nobody guesses 128
// random bits.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// alphabet has no letter that is taken for another.
const alphabet = "abcdefghjkmnpqrstuvwxyz23456789"

// NewPassword is a password that can be read out: four groups of four letters and digits, 79 bits.
func NewPassword() string { return groups(4, 4) }

// groups are n groups of so many letters, joined by "-".
func groups(n, each int) string {
	var b strings.Builder
	raw := make([]byte, 1)
	for i := 0; i < n*each; {
		_, _ = rand.Read(raw) // never fails
		if int(raw[0]) >= 256/len(alphabet)*len(alphabet) {
			continue // else some letters would come more often
		}
		if i > 0 && i%each == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(alphabet[int(raw[0])%len(alphabet)])
		i++
	}
	return b.String()
}
