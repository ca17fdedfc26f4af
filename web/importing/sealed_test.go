package importing

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// TestWhatADiskCannotReadNowIsNotTorn: a file is thrown away where it ends too early or was sealed under another key,
// and not for a disk that fails once.
func TestWhatADiskCannotReadNowIsNotTorn(t *testing.T) {
	key := bytes.Repeat([]byte{1}, 32)
	aead, err := aeadOf(key, "a")
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	s := &sealing{out: &sealed, aead: aead}
	if _, err := s.Write(bytes.Repeat([]byte("words "), boxSize)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	another, err := aeadOf(key, "b")
	if err != nil {
		t.Fatal(err)
	}
	whole, broken := sealed.Bytes(), errors.New("input/output error")
	for at := range whole {
		if at%997 != 0 && at > 8 { // beginnings of all lengths, and some of each box
			continue
		}
		_, err := io.ReadAll(newOpening(io.MultiReader(bytes.NewReader(whole[:at]), iotest.ErrReader(broken)), aead, false))
		if !errors.Is(err, broken) || errors.Is(err, errTorn) {
			t.Fatalf("a disk that fails behind %d bytes: %v", at, err)
		}
		if _, err := io.ReadAll(newOpening(bytes.NewReader(whole[:at]), aead, false)); !errors.Is(err, errTorn) {
			t.Fatalf("a file that ends behind %d bytes: %v", at, err)
		}
	}
	if _, err := io.ReadAll(newOpening(bytes.NewReader(whole), another, false)); !errors.Is(err, errTorn) {
		t.Errorf("sealed under another key: %v", err)
	}
}
