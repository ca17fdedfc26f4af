package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/internal/sqlstore"
)

// ErrMoved means that a program that runs has another file open than the one at the path.
var ErrMoved = errors.New("a program that runs has another file open as this one, which was moved or replaced")

// Examine says what is wrong with the files at path: ErrMoved, ErrStrayLog, or nil. It changes
// none of them.
func Examine(path string) error {
	if !InUse(path) {
		return ownLog(path)
	}
	mine, err := identity(path)
	if err != nil {
		return err
	}
	used, err := os.ReadFile(path + ".lock")
	if err == nil && len(used) > 0 && string(used) != mine+"\n" {
		return fmt.Errorf("%w: %s", ErrMoved, path)
	}
	return nil
}

// Look opens the file at path to be read only, and changes no byte of its directory. Beside a
// server, whose log of changes is there as long as it runs, it reads as everybody does. Where
// none runs it reads the file alone or, if a server that was killed left changes beside it, a
// copy, which is removed when the store is closed.
func Look(ctx context.Context, path string, o Options) (storage.Store, error) {
	o = o.withDefaults()
	if err := Examine(path); err != nil {
		return nil, err
	}
	more := url.Values{"mode": {"ro"}}
	drop := func() {}
	info, err := os.Stat(path + "-wal")
	if logged := err == nil; !logged || !InUse(path) { // without a log whoever has it open only looks, or has not begun
		if logged && info.Size() > 0 {
			dir, err := copyBoth(path)
			if err != nil {
				return nil, fmt.Errorf("copy the file to look at it: %w", err)
			}
			drop = func() { _ = os.RemoveAll(dir) }
			path, more = filepath.Join(dir, "copy.db"), url.Values{"mode": {"rw"}}
		} else {
			more.Set("immutable", "1")
		}
	}
	for name, value := range map[string]string{
		"_query_only": "1", "_busy_timeout": fmt.Sprint(busy.Milliseconds()), "_time_integer_format": "unix_micro",
		"_inttotime": "1", "_timezone": "UTC", "_dqs": "0", "_error_rc": "1",
	} {
		more.Set(name, value)
	}
	read := pooled(connector(uri(path, more)), use{size: 2, readOnly: true})
	if _, err := schema(o).Check(ctx, read); err != nil {
		_ = read.Close()
		drop()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s, err := sqlstore.New(ctx, sqlstore.Config{Dialect: dialect(), Write: read, Read: read, Lease: read, Clock: o.Clock, Log: o.Log, Release: drop})
	if err != nil {
		_ = read.Close()
		drop()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return s, nil
}

// copyBoth copies a file and its log of changes into a new directory, for this user only.
func copyBoth(path string) (dir string, err error) {
	dropCopies()
	if dir, err = os.MkdirTemp("", copies); err != nil {
		return "", err
	}
	for _, suffix := range []string{"", "-wal"} {
		if err := copyOne(path+suffix, filepath.Join(dir, "copy.db"+suffix)); err != nil {
			_ = os.RemoveAll(dir)
			return "", err
		}
	}
	return dir, nil
}

// copies is how the directories of copies are called.
const copies = "aftercare-look-*"

// dropCopies removes the copies that a program that was killed left: whoever was erased since stands in them. Nobody
// looks at one for a day.
func dropCopies() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), copies))
	for _, dir := range old {
		if info, err := os.Lstat(dir); err == nil && info.IsDir() && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(dir) // another user's stays
		}
	}
}

func copyOne(from, to string) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
