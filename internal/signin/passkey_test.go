package signin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
)

// device is an authenticator that can be told to lie.
type device struct {
	host, origin, kind string
	challenge          []byte
	flags              byte
	count              uint32
	across             bool
}

func (d device) client() []byte {
	return fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":%v}`, d.kind, base64.RawURLEncoding.EncodeToString(d.challenge), d.origin, d.across)
}

func (d device) auth() []byte {
	sum := sha256.Sum256([]byte(d.host))
	b := append(sum[:], d.flags)
	return binary.BigEndian.AppendUint32(b, d.count)
}

// A passkey proves who somebody is by a signature of this challenge, at this site, by somebody
// who proved themselves to the device, with a counter that does not go back; and by nothing less.
func TestAPasskeyProvesNothingLess(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	challenge := []byte("a challenge of thirty-two bytes.")
	good := device{host: "care.example", origin: "https://care.example:8443", kind: "webauthn.get", challenge: challenge, flags: userPresent | userVerified, count: 8}
	prove := func(d device, at string, was uint32) error {
		c := Ceremony{Host: at, Challenge: challenge, Client: d.client(), Auth: d.auth()}
		sum := sha256.Sum256(c.Client)
		signed := sha256.Sum256(append(append([]byte{}, c.Auth...), sum[:]...))
		signature, err := ecdsa.SignASN1(rand.Reader, key, signed[:])
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Prove(public, signature, was)
		return err
	}
	if err := prove(good, "care.example:8443", 7); err != nil {
		t.Errorf("a good one: %v", err)
	}
	local := good
	local.host, local.origin, local.count = "localhost", "http://localhost:8080", 0
	if err := prove(local, "localhost:8080", 0); err != nil {
		t.Errorf("on this machine, without a counter: %v", err)
	}
	for what, spoil := range map[string]func(*device){
		"another challenge":          func(d *device) { d.challenge = []byte("another challenge of 32 bytes...") },
		"no challenge":               func(d *device) { d.challenge = nil },
		"another site":               func(d *device) { d.origin = "https://evil.example:8443" },
		"another port":               func(d *device) { d.origin = "https://care.example" },
		"no encryption":              func(d *device) { d.origin = "http://care.example:8443" },
		"a passkey of another host":  func(d *device) { d.host = "evil.example" },
		"the making of a passkey":    func(d *device) { d.kind = "webauthn.create" },
		"from within another site":   func(d *device) { d.across = true },
		"nobody there":               func(d *device) { d.flags = userVerified },
		"nobody asked who they are":  func(d *device) { d.flags = userPresent },
		"a counter that stands":      func(d *device) { d.count = 7 },
		"a counter that went back":   func(d *device) { d.count = 1 },
		"a counter that disappeared": func(d *device) { d.count = 0 },
	} {
		bad := good
		if spoil(&bad); !errors.Is(prove(bad, "care.example:8443", 7), ErrPasskey) {
			t.Errorf("%s is taken", what)
		}
	}
	c := Ceremony{Host: "care.example:8443", Challenge: challenge, Client: good.client(), Auth: good.auth()}
	for what, signature := range map[string][]byte{"none": nil, "another": []byte("signature")} {
		if _, err := c.Prove(public, signature, 7); !errors.Is(err, ErrPasskey) {
			t.Errorf("signature %s: %v", what, err)
		}
	}
	for what, short := range map[string]Ceremony{"nothing": {}, "no data": {Host: "care.example:8443", Challenge: challenge, Client: good.client()}, "no JSON": {Client: []byte("{")}} {
		if _, err := short.Prove(public, nil, 0); !errors.Is(err, ErrPasskey) {
			t.Errorf("%s: %v", what, err)
		}
		if _, _, err := short.Enrol(public); !errors.Is(err, ErrPasskey) {
			t.Errorf("%s, enrolled: %v", what, err)
		}
	}
	made := good
	made.kind = "webauthn.create"
	if _, _, err := (Ceremony{Host: "care.example:8443", Challenge: challenge, Client: made.client(), Auth: made.auth()}).Enrol(public); !errors.Is(err, ErrPasskey) {
		t.Errorf("enrolled without a key: %v", err)
	}
	made.flags |= hasKey
	auth := append(made.auth(), make([]byte, 16)...)
	auth = append(auth, 0, 3, 'a', 'b', 'c', 0xa0)
	if id, _, err := (Ceremony{Host: "care.example:8443", Challenge: challenge, Client: made.client(), Auth: auth}).Enrol(public); err != nil || string(id) != "abc" {
		t.Errorf("enrolled: %q, %v", id, err)
	}
	if _, _, err := (Ceremony{Host: "care.example:8443", Challenge: challenge, Client: made.client(), Auth: auth[:57]}).Enrol(public); !errors.Is(err, ErrPasskey) {
		t.Errorf("an id that is cut off: %v", err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := x509.MarshalPKIXPublicKey(&p384.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := (Ceremony{Host: "care.example:8443", Challenge: challenge, Client: made.client(), Auth: auth}).Enrol(other); !errors.Is(err, ErrPasskey) {
		t.Errorf("a key of a kind that nobody asked for: %v", err)
	}
}

// A passkey belongs to a name: an address of numbers carries none.
func TestAPasskeyBelongsToAName(t *testing.T) {
	for host, want := range map[string]string{
		"care.example": "care.example", "Care.Example:8443": "care.example", "localhost:8080": "localhost", "127.0.0.1:8080": "", "[::1]:8080": "", "": "", "a b": "",
	} {
		if got := PasskeyHost(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}
