package importing

import (
	"bufio"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/storage"
)

// private makes the directory, and makes sure that nobody else reads it.
func (d *Desk) private() error {
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return fmt.Errorf("make the directory of imports: %w", err)
	}
	info, err := os.Lstat(d.Dir)
	if err != nil {
		return fmt.Errorf("look at the directory of imports: %w", err)
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("others may read %s: nothing is kept there", d.Dir)
	}
	return nil
}

// kinds are the files that an import has: what was sent, what is known of it, and the same while it is written.
var kinds = []string{"sheet", "json", "refused", "next"}

// sentWithin is how long a file may rest while it is sent and looked at first.
const sentWithin = time.Hour

var idShape = regexp.MustCompile(`^[0-9a-f-]{36}$`)

func (d *Desk) path(id, kind string) string { return filepath.Join(d.Dir, id+"."+kind) }

func (d *Desk) aead(id, kind string) (cipher.AEAD, error) { return aeadOf(d.Key, id+"."+kind) }

// unsealed is what is sealed in a file, with the file.
type unsealed struct {
	io.Reader
	io.Closer
}

// open reads a file of an import. cut says that it may end behind any box.
func (d *Desk) open(id, kind string, cut bool) (io.ReadCloser, error) {
	aead, err := d.aead(id, kind)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(d.path(id, kind))
	if err != nil {
		return nil, err
	}
	return unsealed{newOpening(f, aead, cut), f}, nil
}

// file is what was sent.
func (d *Desk) file(id string) Source {
	return func() (io.ReadCloser, error) { return d.open(id, "sheet", false) }
}

// keep seals what is sent, and of a workbook what is read of one.
func (d *Desk) keep(id string, r io.Reader) (n int64, err error) {
	aead, err := d.aead(id, "sheet")
	if err != nil {
		return 0, err
	}
	f, err := os.OpenFile(d.path(id, "sheet"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("keep a file to import: %w", err)
	}
	out := sealing{out: f, aead: aead}
	if n, err = slim(&out, r); err == nil {
		err = out.Close()
	}
	return n, errors.Join(err, f.Close())
}

// slim copies a file, and of a workbook what is read of one. It says how many bytes were sent.
func slim(to io.Writer, from io.Reader) (int64, error) {
	in := bufio.NewReader(from)
	head, _ := in.Peek(4) // an error comes again
	if s, err := table.Sniff(head); err != nil || s.Format != table.XLSX {
		return io.Copy(to, in)
	}
	book, err := io.ReadAll(io.LimitReader(in, table.MostXLSX+1))
	switch n := int64(len(book)); {
	case err != nil:
		return n, err
	case n > table.MostXLSX:
		return n, &table.Error{Code: table.TooLarge}
	default:
		return n, table.Slim(to, book)
	}
}

// Get returns one. storage.ErrNotFound.
func (d *Desk) Get(id string) (x Import, err error) {
	if !idShape.MatchString(id) {
		return x, storage.ErrNotFound
	}
	in, err := d.open(id, "json", false)
	if errors.Is(err, os.ErrNotExist) {
		return x, storage.ErrNotFound
	}
	if err != nil {
		return x, err
	}
	defer in.Close()
	body, err := io.ReadAll(in)
	if err != nil {
		return x, err
	}
	return x, json.Unmarshal(body, &x)
}

// List returns all, the newest first.
func (d *Desk) List() ([]Import, error) {
	names, err := filepath.Glob(filepath.Join(d.Dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var out []Import
	for _, name := range names {
		x, err := d.Get(strings.TrimSuffix(filepath.Base(name), ".json"))
		switch {
		case errors.Is(err, storage.ErrNotFound):
			continue
		case errors.Is(err, errTorn): // of another key, or cut off by a full disk: nobody can go on with it
			d.dropTorn(strings.TrimSuffix(filepath.Base(name), ".json"))
			continue
		case err != nil:
			return nil, err
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Import) int { return strings.Compare(b.ID, a.ID) })
	return out, nil
}

// save writes what is known, all or nothing.
func (d *Desk) save(x *Import) error {
	body, err := json.Marshal(x)
	if err != nil {
		return err
	}
	aead, err := d.aead(x.ID, "json")
	if err != nil {
		return err
	}
	next := d.path(x.ID, "next")
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	out := sealing{out: f, aead: aead}
	if _, err = out.Write(body); err == nil {
		err = out.Close()
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(next, d.path(x.ID, "json"))
}

func (d *Desk) change(id string, f func(*Import) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	x, err := d.Get(id)
	if err != nil {
		return err
	}
	if err := f(&x); err != nil {
		return err
	}
	return d.save(&x)
}

// Forget removes a file and what is known of it, unless it is being imported. It waits for whoever changes that, who
// would write it down once more.
func (d *Desk) Forget(id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	x, err := d.Get(id)
	if err == nil && x.Stage != Running {
		d.drop(id)
	}
	return err
}

func (d *Desk) drop(id string) {
	for _, kind := range kinds {
		_ = os.Remove(d.path(id, kind))
	}
}

// dropTorn removes a file of which cannot be read what is known, unless somebody has just written that anew.
func (d *Desk) dropTorn(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.Get(id); errors.Is(err, errTorn) {
		d.drop(id)
	}
}

// sweep removes what a process that was killed left of files of which nothing is known: no erasure would find them.
// What is written to just now may be a file that is being sent.
func (d *Desk) sweep() {
	for _, kind := range kinds {
		names, _ := filepath.Glob(d.path("*", kind))
		for _, name := range names {
			id := strings.TrimSuffix(filepath.Base(name), "."+kind)
			if _, err := os.Lstat(d.path(id, "json")); !idShape.MatchString(id) || !errors.Is(err, os.ErrNotExist) {
				continue
			}
			if info, err := os.Lstat(name); err == nil && d.Clock().Sub(info.ModTime()) > sentWithin {
				_ = os.Remove(name)
			}
		}
	}
}
