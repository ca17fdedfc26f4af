package importing

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A file that waits is a row of boxes, each its length and what it holds, sealed: under a key
// that only this file has, and bound to its place in the file, so that boxes can be neither
// moved nor left out. The first bit of the length says that a box is the last.
const (
	boxSize   = 64 << 10 // of what is sealed at once
	lengthLen = 4
	lastBox   = 1 << 31
)

// errTorn means that what is sealed cannot be opened: it is cut off, or was sealed under another
// key.
var errTorn = errors.New("what is kept of an import cannot be opened")

// aeadOf seals one file.
func aeadOf(key []byte, name string) (cipher.AEAD, error) {
	own, err := hkdf.Key(sha256.New, key, nil, "aftercare import "+name, 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of a file: %w", err)
	}
	block, err := aes.NewCipher(own)
	if err != nil {
		return nil, fmt.Errorf("derive the key of a file: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// sealing writes boxes behind what is there.
type sealing struct {
	out  io.Writer
	aead cipher.AEAD
	at   int64 // bytes of the file that hold whole boxes
	open []byte
}

// Write implements io.Writer.
func (s *sealing) Write(p []byte) (n int, err error) {
	for n < len(p) {
		some := min(len(p)-n, boxSize-len(s.open))
		s.open = append(s.open, p[n:n+some]...)
		n += some
		if len(s.open) == boxSize {
			if err := s.box(false); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// Flush seals what was written until now.
func (s *sealing) Flush() error {
	if len(s.open) == 0 {
		return nil
	}
	return s.box(false)
}

// Close seals the rest: nothing comes behind it.
func (s *sealing) Close() error { return s.box(true) }

func (s *sealing) box(last bool) error {
	head := make([]byte, lengthLen, lengthLen+len(s.open)+s.aead.Overhead())
	box := s.aead.Seal(head, nil, s.open, placed(s.at, last)) //nolint:gosec // the AEAD makes a nonce of its own
	length := uint32(len(box) - lengthLen)
	if last {
		length |= lastBox
	}
	binary.BigEndian.PutUint32(box, length)
	if _, err := s.out.Write(box); err != nil {
		return err
	}
	s.at, s.open = s.at+int64(len(box)), s.open[:0]
	return nil
}

// placed binds a box to where it stands.
func placed(at int64, last bool) []byte {
	var b [9]byte
	binary.BigEndian.PutUint64(b[:], uint64(at))
	if last {
		b[8] = 1
	}
	return b[:]
}

// opening reads boxes one after the other.
type opening struct {
	in   *bufio.Reader
	aead cipher.AEAD
	at   int64
	left []byte
	over bool
	cut  bool // the file may end behind any box
}

func newOpening(r io.Reader, aead cipher.AEAD, cut bool) *opening {
	return &opening{in: bufio.NewReaderSize(r, boxSize), aead: aead, cut: cut}
}

// Read implements io.Reader.
func (o *opening) Read(p []byte) (int, error) {
	for len(o.left) == 0 {
		if o.over {
			return 0, io.EOF
		}
		if err := o.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, o.left)
	o.left = o.left[n:]
	return n, nil
}

func (o *opening) next() error {
	var head [lengthLen]byte
	if _, err := io.ReadFull(o.in, head[:]); err != nil {
		if o.cut && errors.Is(err, io.EOF) {
			o.over = true
			return nil
		}
		return tornOr(err)
	}
	length := binary.BigEndian.Uint32(head[:])
	o.over = length&lastBox != 0
	length &^= lastBox
	if int(length) > boxSize+o.aead.Overhead() {
		return errTorn
	}
	box := make([]byte, length)
	if _, err := io.ReadFull(o.in, box); err != nil {
		return tornOr(err)
	}
	open, err := o.aead.Open(nil, nil, box, placed(o.at, o.over))
	if err != nil {
		return errTorn
	}
	o.at, o.left = o.at+lengthLen+int64(length), open
	return nil
}

// tornOr is errTorn of a file that ends too early. What a disk could not read now it may read later: nothing is thrown
// away for that.
func tornOr(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errTorn
	}
	return err
}
