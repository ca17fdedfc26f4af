package app

import (
	"strings"
	"testing"
)

func TestATokenIsSealedForItsPlaceAndKey(t *testing.T) {
	s, err := newSealer([]byte(someKey))
	if err != nil {
		t.Fatal(err)
	}
	const token = "xoxb" + "-canary-4711"
	one, two := s.seal("slack:T1", token), s.seal("slack:T1", token)
	if one == two || strings.Contains(one, "canary") {
		t.Errorf("sealed as %s and %s", one, two)
	}
	if got, err := s.open("slack:T1", one); err != nil || got != token {
		t.Errorf("opened as %q, %v", got, err)
	}
	other, err := newSealer([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	tampered := []byte(one)
	tampered[len(tampered)-2] ^= 1
	for what, try := range map[string]func() (string, error){
		"another place": func() (string, error) { return s.open("slack:T2", one) },
		"another key":   func() (string, error) { return other.open("slack:T1", one) },
		"a changed bit": func() (string, error) { return s.open("slack:T1", string(tampered)) },
		"the token":     func() (string, error) { return s.open("slack:T1", token) },
		"nothing":       func() (string, error) { return s.open("slack:T1", "") },
	} {
		if got, err := try(); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
}
