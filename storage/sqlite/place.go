package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/aftercare/aftercare/storage"
)

// suffixes of the files that SQLite keeps beside the database while it is open, as long as
// the file system allows for shared memory.
var suffixes = []string{"", "-wal", "-shm"}

// place is where a database is while it is open. A program whose file was removed, moved or
// replaced goes on writing to what it has open, and everybody is thanked for answers that
// nobody will ever find: so each change asks the place first, and before it is acknowledged.
type place struct {
	path   string
	opened []os.FileInfo // by suffix; nil = there was none
	header *header
	mark   mark              // who the file is; zero on one that was never served
	may    func(string) bool // writable

	mu    sync.Mutex
	last  uint32 // the newest pulse seen in the file itself
	gone  error  // once it is gone it stays so
	other bool   // what is open is not ours any more, or may not be written
	doubt doubt
}

// find notes which files are open. The connections exist already.
func find(path string, h *header, m mark) (*place, error) {
	p := &place{path: path, header: h, mark: m, may: writable, last: h.read().pulse}
	for _, suffix := range suffixes {
		info, err := os.Stat(path + suffix)
		if err != nil && (suffix == "" || !errors.Is(err, fs.ErrNotExist)) {
			return nil, fmt.Errorf("look at the files of the database: %w", err)
		}
		p.opened = append(p.opened, info)
	}
	return p, nil
}

// check is storage.ErrGone, with what happened and what to do, once the files at the path are
// not those that are open, or may no longer be written; errDoubted while that is not known.
func (p *place) check() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone == nil {
		if what := p.changed(); what != "" {
			p.gone = fmt.Errorf("%w: %s", storage.ErrGone, what)
		}
	}
	if p.gone == nil && p.doubt.open {
		return errDoubted
	}
	return p.gone
}

// changed says what happened to the files, "" if nothing did.
func (p *place) changed() string {
	if what := p.moved(); what != "" {
		return what
	}
	if !p.may(p.path) {
		if what := p.moved(); what != "" { // it was taken away between the two looks
			return what
		}
		p.other = true
		return filepath.Base(p.path) + " may no longer be written. See to its owner, its mode and its file system, and start again"
	}
	if p.header.overwritten(p.mark, p.last) {
		p.other = true
		return filepath.Base(p.path) + " was overwritten by another program. Bring back a backup, remove the -wal and -shm beside it, and start again"
	}
	p.last = max(p.last, p.header.read().pulse)
	return ""
}

// moved says which file is not where it was any more, or not as it was, "" if all are.
func (p *place) moved() string {
	for i, suffix := range suffixes {
		was := p.opened[i]
		if was == nil {
			continue
		}
		name := filepath.Base(p.path) + suffix
		now, err := os.Stat(p.path + suffix)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return name + " was removed or renamed. Put it back, with the files beside it, and start again"
		case err != nil:
			return name + " cannot be looked at any more. See to the permissions of its directory, and start again"
		case !os.SameFile(was, now):
			return "another file was put in the place of " + name + ". Put the old one back, or remove its -wal and -shm, and start again"
		case was.Mode()&0o600&^now.Mode() != 0:
			return name + " may no longer be read and written. Give its mode 0600 back, and start again"
		}
	}
	return ""
}

// spoiled reports whether what is open must not be written any more, not even to close it.
func (p *place) spoiled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.other
}

// lost reports whether the file has no name any more: it ends with its last descriptor.
func (p *place) lost() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone != nil && nameless(p.header.file)
}
