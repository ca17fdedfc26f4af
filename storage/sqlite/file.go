package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// file is a database file that this process uses, beside the connections of its store.
type file struct {
	path    string
	options Options
	lock    *lock
	header  *header
	anchor  *sql.DB // one connection that stays: the last to be closed takes the log of changes away
	place   atomic.Pointer[place]

	ends  context.Context // when the file is given up
	end   context.CancelFunc
	looks sync.WaitGroup // examinations under way
}

// hold makes the file where there is none and Options.Migrate allows it, and takes its lock.
func hold(ctx context.Context, path string, o Options) (*file, error) {
	_, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.Migrate:
		err = touch(path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: there is no file %s; run `aftercare migrate`", ErrSchema, path)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	f := &file{path: path, options: o}
	f.ends, f.end = context.WithCancel(context.WithoutCancel(ctx))
	if f.lock, err = takeLock(ctx, path); err != nil {
		return nil, err
	}
	if f.header, err = readHeaderOf(path); err != nil {
		f.lock.close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return f, nil
}

// touch makes an empty file for this user only: customers' words will be in it. SQLite gives
// the files that it puts beside it the same mode and owner.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // another one was faster
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), GiveToOwner(path))
}

// open notes the files that the connections have open, from which on the guard compares.
func (f *file) open(ctx context.Context, db *sql.DB) error {
	o := f.options
	o.Wrap = nil
	f.anchor = pool(f.path, o, use{wait: busy, size: 1, readOnly: true})
	var tables int
	if err := f.anchor.QueryRowContext(ctx, dialect().HasSchema).Scan(&tables); err != nil {
		return err
	}
	if o.Migrate {
		if err := makeMark(ctx, db); err != nil {
			return err
		}
	}
	m, err := readMark(ctx, db)
	if err != nil {
		return err
	}
	if f.header.read().id != m.id {
		m.id = 0 // it waits in the log: the next start compares
	}
	p, err := find(f.path, f.header, m)
	if err != nil {
		return err
	}
	f.place.Store(p)
	return nil
}

// guard is the place's error, once the place is known.
func (f *file) guard() error {
	if p := f.place.Load(); p != nil {
		return p.check()
	}
	return nil
}

// left are files that somebody wrote over, which stay open until the process ends, with their locks.
var left struct {
	sync.Mutex
	files []*file
}

// release gives everything up, when the store's own connections are closed. What is open of a
// file that somebody wrote over stays open until the process ends: closing it would write the
// last changes into what is there now.
func (f *file) release() {
	f.end()
	f.looks.Wait()
	if p := f.place.Load(); p != nil {
		gone := p.check()
		if p.spoiled() { // as this look may have found
			left.Lock()
			left.files = append(left.files, f)
			left.Unlock()
			return
		}
		if gone != nil {
			f.save(p.lost())
		}
	}
	f.close()
}

// close closes what is open.
func (f *file) close() {
	if f.anchor != nil {
		_ = f.anchor.Close() // it only read
	}
	f.header.close()
	f.lock.close()
}

// save completes a file that was taken away, wherever it is now: SQLite itself leaves the
// changes of a file that was moved in the log. One that was removed is written into a new file
// beside its place, before the last descriptor of it is closed.
func (f *file) save(removed bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	log := f.options.Log
	_, err := f.anchor.ExecContext(ctx, "PRAGMA query_only = 0")
	if removed && err == nil {
		path := f.path + ".rescued-" + f.options.Clock().UTC().Format("20060102T150405Z")
		if _, err = f.anchor.ExecContext(ctx, "VACUUM INTO ?", path); err == nil {
			// SQLite made it by the process's mask, and root can read it in any case.
			err = errors.Join(os.Chmod(path, 0o600), GiveToOwner(path))
			log.Warn("the removed database was saved", "file", filepath.Base(path), "do", "rename it to "+filepath.Base(f.path)+" and start again")
		}
	}
	if err == nil {
		_, err = f.anchor.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	if err != nil {
		log.Error("the database that was taken away could not be saved", "err", describe(err))
	}
}
