// Package webhook tells other systems what happens, by Standard Webhooks
// (github.com/standard-webhooks/standard-webhooks, version 1.0.0): a POST of JSON with an id, a
// moment and a signature. What is told waits in the outbox as messages do; an endpoint is an
// account, and what the news is about is a chat, so that news of one thing comes in order.
package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// The headers of Standard Webhooks, and the one that marks what is sent once more by hand.
const (
	IDHeader        = "webhook-id"
	TimeHeader      = "webhook-timestamp"
	SignatureHeader = "webhook-signature"
	ReplayHeader    = "aftercare-replay"
)

// Traits are what an endpoint can do: take messages. At most four are under way at once. What is
// not taken is tried again after five seconds, five minutes, half an hour, two, five, ten and ten
// hours: eight tries in about 28 hours.
func Traits() chat.Traits {
	limits := chat.NoLimits()
	limits.Parallel = 4
	limits.Pauses = []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
	}
	return chat.Traits{Limits: limits}
}

// Target is where an endpoint is, and how what it is sent is signed.
type Target struct {
	URL     string   `json:"url"`
	Secrets []Secret `json:"secrets"` // the newest first
	// Private allows addresses of networks that are not public, and HTTP without TLS to them.
	Private bool `json:"private,omitempty"`
}

// Secret signs until a moment; zero = for good.
type Secret struct {
	Value string    `json:"value"` // "whsec_" and base64 of 32 bytes
	Until time.Time `json:"until,omitzero"`
}

const secretPrefix = "whsec_"

// Rotation is how long a secret signs beside the one that replaces it.
const Rotation = 24 * time.Hour

// NewSecret makes a secret.
func NewSecret() string {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails: it ends the program instead
	return secretPrefix + base64.StdEncoding.EncodeToString(raw)
}

// Rotated is a target whose news are signed with another secret from now on, and for a day with
// the one of before as well.
func (t Target) Rotated(value string, now time.Time) Target {
	next := Target{URL: t.URL, Private: t.Private, Secrets: []Secret{{Value: value}}}
	if len(t.Secrets) > 0 {
		next.Secrets = append(next.Secrets, Secret{Value: t.Secrets[0].Value, Until: now.Add(Rotation)})
	}
	return next
}

// Encode is a target as it is sealed; Decode reads it.
func (t Target) Encode() string {
	text, _ := json.Marshal(t) // strings and moments always can be
	return string(text)
}

// Decode reads what Encode wrote.
func Decode(text string) (t Target, err error) {
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return Target{}, errors.New("the address of an endpoint cannot be read")
	}
	return t, nil
}

// ErrSecret is a secret that is none of Standard Webhooks.
var ErrSecret = errors.New("the secret is not whsec_ and base64")

// Sign is the signature of one message: "v1," and base64 of HMAC-SHA256 of "id.seconds.body".
func Sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil || len(key) == 0 {
		return "", ErrSecret
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// Signatures are those of every secret that is good at a moment, with a space between.
func (t Target) Signatures(id string, at time.Time, body []byte) (string, error) {
	var all []string
	for _, s := range t.Secrets {
		if !s.Until.IsZero() && !at.Before(s.Until) {
			continue
		}
		sum, err := Sign(s.Value, id, at, body)
		if err != nil {
			return "", err
		}
		all = append(all, sum)
	}
	if len(all) == 0 {
		return "", ErrSecret
	}
	return strings.Join(all, " "), nil
}
