package inbound

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/survey/strictyaml"
)

// Scheme is how a system shows that it is itself.
type Scheme string

// The schemes.
const (
	Standard Scheme = "standard"    // Standard Webhooks
	HMAC     Scheme = "hmac-sha256" // of the body, in a header of its own
	Bearer   Scheme = "bearer"      // a token in Authorization
)

// Sign says how a system signs what it sends.
type Sign struct {
	Scheme   Scheme
	Header   string // HMAC: where the signature is
	Encoding string // HMAC: hex or base64
	Prefix   string // HMAC: what stands before it, such as "sha256="
	Time     string // HMAC: the header with the moment in seconds; "" = none
	Over     string // HMAC: what is signed, with {time} and {body}
}

// Secret is shared with a system until a moment; zero = for good.
type Secret struct {
	Value string    `json:"value"`
	Until time.Time `json:"until,omitzero"`
}

// Window is how far the moment of a call may be from now.
const Window = 5 * time.Minute

// Why a call is not let in.
var (
	ErrUnsigned  = errors.New("the call is not signed")
	ErrSignature = errors.New("the signature is not good: the secret or what was signed is another one")
	ErrMoment    = fmt.Errorf("the moment of the call is more than %s from now, or cannot be read", Window)
)

// Verify checks that a call comes from who has a secret, and returns what tells it from all
// others: the same call made twice has the same id.
func (s Sign) Verify(secrets []Secret, head http.Header, body []byte, now time.Time) (id string, err error) {
	var good []string
	for _, x := range secrets {
		if x.Until.IsZero() || now.Before(x.Until) {
			good = append(good, x.Value)
		}
	}
	switch s.Scheme {
	case Standard:
		return standard(good, head, body, now)
	case HMAC:
		err = s.hmac(good, head, body, now)
	case Bearer:
		err = bearer(good, head)
	default:
		err = ErrUnsigned
	}
	sum := sha256.Sum256(append([]byte(head.Get(s.Time)+"."), body...))
	return hex.EncodeToString(sum[:]), err
}

// mostID is the most bytes of an id that a system gives a call.
const mostID = 200

func standard(secrets []string, head http.Header, body []byte, now time.Time) (string, error) {
	id, at, given := head.Get("webhook-id"), head.Get("webhook-timestamp"), head.Get("webhook-signature")
	if id == "" || at == "" || given == "" || len(id) > mostID {
		return "", ErrUnsigned
	}
	if !near(at, now) {
		return "", ErrMoment
	}
	for _, secret := range secrets {
		key, err := StandardKey(secret)
		if err != nil {
			continue
		}
		want := sumOf(key, []byte(id+"."+at+"."), body)
		for one := range strings.FieldsSeq(given) {
			version, text, _ := strings.Cut(one, ",")
			got, err := base64.StdEncoding.DecodeString(text)
			if version == "v1" && err == nil && hmac.Equal(got, want) {
				return id, nil
			}
		}
	}
	return "", ErrSignature
}

// StandardKey is the key of a secret of Standard Webhooks.
func StandardKey(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) == 0 {
		return nil, errors.New("a secret of Standard Webhooks is whsec_ and base64")
	}
	return key, nil
}

func (s Sign) hmac(secrets []string, head http.Header, body []byte, now time.Time) error {
	given, found := strings.CutPrefix(strings.TrimSpace(head.Get(s.Header)), s.Prefix)
	if !found || given == "" {
		return ErrUnsigned
	}
	at := head.Get(s.Time)
	if s.Time != "" && !near(at, now) {
		return ErrMoment
	}
	got, err := hex.DecodeString(given)
	if s.Encoding == "base64" {
		got, err = base64.RawStdEncoding.DecodeString(strings.TrimRight(given, "="))
	}
	if err != nil {
		return ErrSignature
	}
	before, after, _ := strings.Cut(s.Over, "{body}")
	with := strings.NewReplacer("{time}", at)
	for _, secret := range secrets {
		if hmac.Equal(got, sumOf([]byte(secret), []byte(with.Replace(before)), body, []byte(with.Replace(after)))) {
			return nil
		}
	}
	return ErrSignature
}

func bearer(secrets []string, head http.Header) error {
	scheme, given, found := strings.Cut(strings.TrimSpace(head.Get("Authorization")), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return ErrUnsigned
	}
	got := sha256.Sum256([]byte(strings.TrimSpace(given)))
	for _, secret := range secrets {
		want := sha256.Sum256([]byte(secret))
		if subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			return nil
		}
	}
	return ErrSignature
}

func sumOf(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, p := range parts {
		mac.Write(p)
	}
	return mac.Sum(nil)
}

// near reports whether a moment in seconds is close to now.
func near(text string, now time.Time) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return false
	}
	return now.Sub(time.Unix(n, 0)).Abs() <= Window
}

func (d decoder) sign(n ast.Node, s *Sign) {
	o, ok := d.Object(n, "how a system signs", "scheme", "header", "encoding", "prefix", "time", "over")
	if !ok || !o.Need("scheme", "standard, hmac-sha256 or bearer") {
		return
	}
	word, _ := d.Word(o.Get("scheme"), "how a system signs", string(Standard), string(HMAC), string(Bearer))
	if s.Scheme = Scheme(word); s.Scheme != HMAC {
		for _, name := range []string{"header", "encoding", "prefix", "time", "over"} {
			if o.Has(name) && word != "" {
				d.FailAt(o.At(name), "%q is only of hmac-sha256: %s says itself where its signature is.", name, word)
			}
		}
		return
	}
	s.Encoding = "hex"
	if o.Need("header", "the header with the signature, such as X-Shop-Hmac") {
		s.Header = d.header(o.Get("header"))
	}
	if o.Has("encoding") {
		s.Encoding, _ = d.Word(o.Get("encoding"), "how the signature is written", "hex", "base64")
	}
	if o.Has("prefix") {
		s.Prefix, _ = d.Str(o.Get("prefix"), "what stands before the signature")
	}
	s.Over = "{body}"
	if o.Has("time") {
		s.Time, s.Over = d.header(o.Get("time")), "{time}.{body}"
	}
	if !o.Has("over") {
		return
	}
	s.Over, _ = d.Str(o.Get("over"), "what is signed")
	switch {
	case strings.Count(s.Over, "{body}") != 1:
		d.FailAt(o.Get("over"), "What is signed has {body} in it, once, as in \"{time}.{body}\".")
	case s.Time != "" != strings.Contains(s.Over, "{time}"):
		d.FailAt(o.Get("over"), "A moment counts only where it is signed: name its header as \"time\" and write {time} here, or leave out both.")
	}
}

// header reads the name of a header.
func (d decoder) header(n ast.Node) string {
	s, _ := d.Str(n, "a header")
	if s == "" || len(s) > 100 || strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		d.FailAt(n, "%q is no name of a header.", strictyaml.Short(s))
	}
	return s
}
