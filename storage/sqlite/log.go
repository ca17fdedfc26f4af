package sqlite

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrStrayLog means that the log of changes beside a database (its -wal) is another one's.
// SQLite would mix the two.
var ErrStrayLog = errors.New("the -wal file beside the database is not its own")

// ownLog is ErrStrayLog, with what to do, if the log beside the database at path is another
// one's: of a file that was there before, most often, when a copy was put into its place.
func ownLog(path string) error {
	f, err := os.Open(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	first, last, ok := marksIn(f)
	info, err := os.Stat(path)
	if err != nil || !ok {
		return err // an empty log: nothing is known against it
	}
	main, err := headerMark(path)
	if err != nil {
		return err
	}
	switch {
	case info.Size() == 0: // a new file that is about to be filled
	case last.id == 0 || main.id == 0:
		return nil // from before files had marks
	// A log begins where its file is complete, at most one pulse later, and its file never
	// has more than it.
	case main.id == last.id && first.pulse <= main.pulse+1 && main.pulse <= last.pulse:
		return nil
	}
	return fmt.Errorf("%w: the changes in %s-wal belong to another file than %s, or to another state of it. "+
		"If a backup was put in place, remove %s-wal and %s-shm; else put the file back that they belong to", ErrStrayLog, path, path, path, path)
}

// Sizes in a log of changes.
const (
	logHeader   = 32
	frameHeader = 24
)

// marksIn finds the marks in the first and in the last first page among the changes in a log
// that were committed; ok is false if there is none.
func marksIn(log io.Reader) (first, last mark, ok bool) {
	in := bufio.NewReaderSize(log, 1<<20)
	var head [logHeader]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return first, last, false
	}
	magic, size := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[8:])
	if magic&^1 != 0x377f0682 || size < 512 || size > 65536 {
		return first, last, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if magic&1 == 1 {
		order = binary.BigEndian
	}
	sum := sums{order: order}
	sum.add(head[:24])
	if !sum.is(head[24:]) {
		return first, last, false
	}
	frame := make([]byte, frameHeader+int(size))
	var seen []mark // since the last commit
	for {
		if _, err := io.ReadFull(in, frame); err != nil {
			return first, last, ok
		}
		sum.add(frame[:8])
		sum.add(frame[frameHeader:])
		if string(frame[8:16]) != string(head[16:24]) || !sum.is(frame[16:24]) {
			return first, last, ok // left over from before the log was begun anew
		}
		if binary.BigEndian.Uint32(frame) == 1 {
			seen = append(seen, markOf(frame[frameHeader:]))
		}
		if committed := binary.BigEndian.Uint32(frame[4:]) != 0; committed && len(seen) > 0 {
			if !ok {
				first = seen[0]
			}
			last, ok, seen = seen[len(seen)-1], true, seen[:0]
		}
	}
}

// sums is the checksum that runs through a log.
type sums struct {
	order binary.ByteOrder
	a, b  uint32
}

func (s *sums) add(p []byte) {
	for ; len(p) >= 8; p = p[8:] {
		s.a += s.order.Uint32(p) + s.b
		s.b += s.order.Uint32(p[4:]) + s.a
	}
}

func (s *sums) is(p []byte) bool {
	return s.a == binary.BigEndian.Uint32(p) && s.b == binary.BigEndian.Uint32(p[4:])
}
