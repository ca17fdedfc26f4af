package signin

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// ErrPasskey means that what a browser sent proves nothing.
var ErrPasskey = errors.New("this passkey proves nothing here")

// PasskeyHost is the host that a passkey of these pages belongs to: the name in an address as
// browsers send it, without a port. "" where there can be none: a passkey never belongs to a number.
func PasskeyHost(host string) string {
	u, err := url.Parse("//" + host)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// Ceremony is what both ways to use a passkey are held to (WebAuthn Level 3, sections 7.1 and
// 7.2, with the attestation "none": whose make an authenticator is, nobody asks).
type Ceremony struct {
	Host      string // as browsers send it, with its port
	Challenge []byte // that was given to the browser
	Client    []byte // clientDataJSON
	Auth      []byte // authenticatorData
}

// Flags of authenticatorData.
const (
	userPresent  = 1 << 0
	userVerified = 1 << 2
	hasKey       = 1 << 6
)

// check holds what the browser says to the challenge, to this site, and to a person who has
// proved themselves to the authenticator. It returns the authenticator's counter.
func (c Ceremony) check(kind string) (count uint32, flags byte, err error) {
	var said struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
		Origin    string `json:"origin"`
		Across    bool   `json:"crossOrigin"`
	}
	if err := json.Unmarshal(c.Client, &said); err != nil {
		return 0, 0, ErrPasskey
	}
	challenge, err := base64.RawURLEncoding.DecodeString(said.Challenge)
	origin, bad := url.Parse(said.Origin)
	host := PasskeyHost(c.Host)
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	if err != nil || bad != nil || host == "" || len(challenge) < 16 || said.Across ||
		said.Type != kind || subtle.ConstantTimeCompare(challenge, c.Challenge) != 1 ||
		!strings.EqualFold(origin.Host, c.Host) || origin.Scheme != "https" && !(local && origin.Scheme == "http") {
		return 0, 0, ErrPasskey
	}
	if len(c.Auth) < 37 {
		return 0, 0, ErrPasskey
	}
	sum := sha256.Sum256([]byte(host))
	flags = c.Auth[32]
	if !bytes.Equal(c.Auth[:32], sum[:]) || flags&userPresent == 0 || flags&userVerified == 0 {
		return 0, 0, ErrPasskey
	}
	return binary.BigEndian.Uint32(c.Auth[33:37]), flags, nil
}

// Enrol takes a new passkey: key is its public half (SPKI, DER) as the browser gives it to who
// has signed in. It returns the id by which the browser will name it.
func (c Ceremony) Enrol(key []byte) (id []byte, count uint32, err error) {
	count, flags, err := c.check("webauthn.create")
	if err != nil {
		return nil, 0, err
	}
	if flags&hasKey == 0 || len(c.Auth) < 55 {
		return nil, 0, ErrPasskey
	}
	n := int(binary.BigEndian.Uint16(c.Auth[53:55]))
	if n == 0 || n > 1023 || len(c.Auth) < 55+n {
		return nil, 0, ErrPasskey
	}
	if _, err := publicKey(key); err != nil {
		return nil, 0, err
	}
	return bytes.Clone(c.Auth[55 : 55+n]), count, nil
}

// Prove checks that whoever has the passkey of this key signs the challenge now. was is its
// counter as it was left: one that goes back is that of a copy.
func (c Ceremony) Prove(key, signature []byte, was uint32) (count uint32, err error) {
	count, _, err = c.check("webauthn.get")
	if err != nil {
		return 0, err
	}
	public, err := publicKey(key)
	if err != nil {
		return 0, err
	}
	client := sha256.Sum256(c.Client)
	signed := append(bytes.Clone(c.Auth), client[:]...)
	sum := sha256.Sum256(signed)
	good := false
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		good = ecdsa.VerifyASN1(k, sum[:], signature)
	case *rsa.PublicKey:
		good = rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], signature) == nil
	case ed25519.PublicKey:
		good = ed25519.Verify(k, signed, signature)
	}
	if !good || (count != 0 || was != 0) && count <= was {
		return 0, ErrPasskey
	}
	return count, nil
}

// publicKey reads a key of the kinds that are asked for: ES256, EdDSA, RS256.
func publicKey(der []byte) (crypto.PublicKey, error) {
	public, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, ErrPasskey
	}
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return k, nil
		}
	case *rsa.PublicKey:
		if k.N.BitLen() >= 2048 && k.N.BitLen() <= 4096 {
			return k, nil
		}
	case ed25519.PublicKey:
		return k, nil
	}
	return nil, ErrPasskey
}
