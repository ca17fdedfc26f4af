package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
)

// mark tells whose a file is and how far it has got: it stands in the first page of every
// database that was ever served, so that a file copied over ours, and a log of changes that
// belongs to another file, are told apart from our own (decision 0018).
type mark struct {
	id    uint32 // of the file, made once (PRAGMA application_id); 0 = it has none yet
	pulse uint32 // grows by one with every pulse (PRAGMA user_version)
}

// Where SQLite keeps the mark in the first page, and how long the header is.
const (
	headerSize = 100
	pulseAt    = 60
	idAt       = 68
)

func markOf(page []byte) mark {
	return mark{id: binary.BigEndian.Uint32(page[idAt:]), pulse: binary.BigEndian.Uint32(page[pulseAt:])}
}

// readMark reads the mark through SQLite, which knows of changes that are not yet in the file.
func readMark(ctx context.Context, db *sql.DB) (m mark, err error) {
	var id, pulse int32
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return m, fmt.Errorf("read the mark of the file: %w", err)
	}
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&pulse)
	return mark{uint32(id), uint32(pulse)}, err
}

// makeMark gives a file its id, once, and has it written into the file itself.
func makeMark(ctx context.Context, db *sql.DB) error {
	m, err := readMark(ctx, db)
	if err != nil || m.id != 0 {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("mark the file: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	var id int32
	if err := tx.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil || id != 0 {
		return err // another one was faster
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", 1+rand.Int32N(1<<31-1))); err != nil {
		return fmt.Errorf("mark the file: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("mark the file: %w", err)
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
	return err
}

// beat is a pulse: the next number in the first page.
func beat(ctx context.Context, tx *sql.Tx) error {
	var n int32
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&n); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", n+1))
	return err
}

// header reads the beginning of a database's file. A process that closes a file gives up all
// its locks on it, also those that SQLite holds by other descriptors: so the header of a file
// is opened once for all its stores, before SQLite does, and closed after the last of them.
type header struct {
	file  *os.File
	key   string
	users int
}

// headers are the files whose header this process reads, by what they are.
var headers = struct {
	sync.Mutex
	open map[string]*header
}{open: map[string]*header{}}

// readHeaderOf opens the header of the file at path, or shares the one that is open.
func readHeaderOf(path string) (*header, error) {
	headers.Lock()
	defer headers.Unlock()
	key, err := identity(path)
	if err != nil {
		return nil, err
	}
	if h := headers.open[key]; h != nil {
		h.users++
		return h, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	h := &header{file: file, key: key, users: 1}
	headers.open[key] = h
	return h, nil
}

// close must not be called before SQLite's connections are closed.
func (h *header) close() {
	headers.Lock()
	defer headers.Unlock()
	if h.users--; h.users == 0 {
		_ = h.file.Close() // it was read only
		delete(headers.open, h.key)
	}
}

// read is the mark in the file itself, zero where there is none.
func (h *header) read() mark {
	var page [headerSize]byte
	if n, _ := h.file.ReadAt(page[:], 0); n < headerSize {
		return mark{}
	}
	return markOf(page[:])
}

// overwritten reports whether the file's first page is another file's, or an older one.
func (h *header) overwritten(was mark, last uint32) bool {
	if was.id == 0 {
		return false
	}
	now := h.read()
	return now.id != was.id || now.pulse < last
}

// headerMark is the mark of the file at path, which this process has not open.
func headerMark(path string) (mark, error) {
	h, err := readHeaderOf(path)
	if err != nil {
		return mark{}, err
	}
	defer h.close()
	return h.read(), nil
}
