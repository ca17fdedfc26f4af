package signin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what authenticator apps compute (RFC 6238)
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// step is how long one code of an authenticator app is shown.
const step = 30 * time.Second

var base32Code = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret is the secret of an authenticator app, as it is typed.
func NewSecret() string {
	raw := make([]byte, 20)
	_, _ = rand.Read(raw) // never fails
	return base32Code.EncodeToString(raw)
}

// SecretURL is what an authenticator app scans.
func SecretURL(secret, name string) string {
	q := url.Values{"secret": {secret}, "issuer": {"Aftercare"}}
	return "otpauth://totp/" + url.PathEscape("Aftercare:"+name) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// CheckCode says of which step a code is, at now or one step beside it, of those after last:
// no code counts twice. ok is false for any other.
func CheckCode(secret, code string, now time.Time, last int64) (at int64, ok bool) {
	key, err := base32Code.DecodeString(secret)
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	if err != nil || len(code) != 6 {
		return 0, false
	}
	current := now.Unix() / int64(step/time.Second)
	for _, n := range []int64{current, current - 1, current + 1} {
		if n > last && subtle.ConstantTimeCompare([]byte(codeOf(key, n)), []byte(code)) == 1 {
			return n, true
		}
	}
	return 0, false
}

// codeOf is RFC 4226 with six digits.
func codeOf(key []byte, n int64) string {
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, n)
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[from:])&0x7fffffff)%1_000_000)
}

// NewRecovery are ten codes that each stand once for a lost phone, and what is kept of them.
func NewRecovery() (codes, hashes []string) {
	for range 10 {
		c := groups(3, 4)
		codes = append(codes, c)
		hashes = append(hashes, HashToken(c))
	}
	return codes, hashes
}

// UseRecovery takes a code out of those that are left.
func UseRecovery(hashes []string, code string) (left []string, ok bool) {
	h := HashToken(strings.ToLower(strings.TrimSpace(code)))
	for _, other := range hashes {
		if subtle.ConstantTimeCompare([]byte(other), []byte(h)) == 1 && !ok {
			ok = true
			continue
		}
		left = append(left, other)
	}
	return left, ok
}
