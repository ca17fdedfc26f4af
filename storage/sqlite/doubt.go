package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/internal/sqlstore"
)

// doubt is whether the file is still ours, once a statement has met a page that cannot be: the mark is in the first
// page only, and what another program wrote over the others is seen by whoever reads them.
type doubt struct {
	open bool      // the file is being examined
	last time.Time // the end of the last examination that found nothing
}

const (
	// examining is how long an examination may take. Pages of another file are found in the first moments.
	examining = time.Minute
	// between is how long after one that found nothing the next may begin.
	between = time.Minute
)

// errDoubted is what transactions get while the file is examined: nothing is acknowledged that might be lost.
var errDoubted = fmt.Errorf("%w: a part of its file cannot be read, and the file is being examined", storage.ErrUnavailable)

// malformed reports whether SQLite met a page that is no page of the database.
func malformed(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == codes.SQLITE_CORRUPT || e.Code()&0xff == codes.SQLITE_NOTADB)
}

// dialect is the dialect of a store on this file: an error that says that the file is malformed has it looked at.
func (f *file) dialect() sqlstore.Dialect {
	d := dialect()
	d.Fault = func(err error) sqlstore.Fault {
		f.heed(err)
		return fault(err)
	}
	d.Describe = func(err error) string {
		f.heed(err)
		return describe(err)
	}
	d.Scrub = func(ctx context.Context, write *sql.DB, whole bool) (storage.Scrubbed, error) {
		return scrub(ctx, write, whole, f.guard)
	}
	return d
}

// heed has the file looked at, and examined unless it is known to be gone, after such an error.
func (f *file) heed(err error) {
	if !malformed(err) {
		return
	}
	if p := f.place.Load(); p != nil && p.check() == nil && p.suspect() {
		f.looks.Go(func() { f.examine(p) })
	}
}

// suspect opens the doubt; it is false where that is not to be done now.
func (p *place) suspect() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone != nil || p.doubt.open || !p.doubt.last.IsZero() && time.Since(p.doubt.last) < between {
		return false
	}
	p.doubt.open = true
	return true
}

// decide ends the doubt: with what is wrong with the file, or "" where nothing was found.
func (p *place) decide(wrong string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doubt = doubt{last: time.Now()}
	if wrong == "" || p.gone != nil {
		return
	}
	p.other = true
	p.gone = fmt.Errorf("%w: %s was overwritten by another program, or is damaged (SQLite says %q). "+
		"Bring back a backup, remove the -wal and -shm beside it, and start again", storage.ErrGone, filepath.Base(p.path), wrong)
}

// examine has SQLite read every page of the file, and decides.
func (f *file) examine(p *place) {
	ctx, cancel := context.WithTimeout(f.ends, examining)
	defer cancel()
	// What it remembers of pages is from before.
	_, err := f.anchor.ExecContext(ctx, "PRAGMA shrink_memory")
	says := ""
	if err == nil {
		err = f.anchor.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&says)
	}
	log := f.options.Log
	switch {
	case malformed(err):
		p.decide(describe(err))
	case err != nil:
		p.decide("")
		log.Error("a part of the database's file cannot be read, and the file could not be examined", "err", describe(err), "do", "look at the disk; stop the server and bring back a backup")
	case says != "ok":
		p.decide(says)
	default:
		p.decide("")
		log.Warn("a part of the database's file could not be read, and on a second look could", "do", "look at the disk")
	}
}
