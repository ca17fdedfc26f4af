package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage/archive"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// Saving is a backup that is to be made, or restored.
type Saving struct {
	Settings settings.Settings
	Dir      string // "" = a new one in BACKUP_DIR, named after the time
	Version  string // of the program
	Clock    func() time.Time
	Told     archive.Progress // nil = nobody is told
}

// Backup writes all that the database holds, and the key, into a directory.
func Backup(ctx context.Context, c Saving) (*archive.Backup, error) {
	dir := c.Dir
	if dir == "" {
		if dir = c.Settings.Backups(); dir == "" {
			return nil, errors.New("say where: name a directory, or set BACKUP_DIR")
		}
		dir = filepath.Join(dir, c.Clock().UTC().Format(stamp))
	}
	info := archive.Info{Program: c.Version, Key: func(proof string) ([]byte, error) { return keyToKeep(c.Settings, proof) }, Clock: c.Clock, Told: c.Told}
	if path := c.Settings.SQLitePath(); path != "" {
		if err := exists(path); err != nil {
			return nil, err
		}
		return sqlite.Backup(ctx, path, dir, info)
	}
	return postgres.Backup(ctx, string(c.Settings.DatabaseURL), dir, info)
}

// keyToKeep is the key that belongs into a backup: the one of this proof, or, while none is
// known, the one that there is; nil if it is not there.
func keyToKeep(s settings.Settings, known string) ([]byte, error) {
	kept, err := keptKeys(s)
	if err != nil || len(kept) == 0 {
		return nil, err
	}
	for _, k := range kept {
		if known == "" || proof(k.key) == known {
			return k.key, nil
		}
	}
	return nil, foundKey{state: KeyWrong}.refuse(s)
}

// CheckBackup compares every file of a backup with its manifest, and changes nothing.
func CheckBackup(dir string) (*archive.Backup, error) {
	b, err := archive.Open(dir)
	if err == nil {
		err = b.Check()
	}
	return b, err
}

// Restore puts a backup into the new database that DATABASE_URL names, brings it up to date,
// and keeps the key where the program looks for it. A key that is there already must be
// the backup's.
func Restore(ctx context.Context, c Saving) (*archive.Backup, Migration, error) {
	b, err := archive.Open(c.Dir)
	if err != nil {
		return nil, Migration{}, err
	}
	path := c.Settings.SQLitePath()
	if err := sameKey(c.Settings, b); err != nil {
		return b, Migration{}, err
	}
	if path == "" {
		r, err := postgres.Restore(ctx, string(c.Settings.DatabaseURL), b, postgres.Options{Clock: c.Clock}, c.Told)
		return b, Migration{r.From, r.To, r.Applied, r.Buckets}, err
	}
	keep := func() error { return nil }
	if c.Settings.SecretKey == "" && b.Key != nil {
		keep = func() error {
			key, err := b.Secret()
			if err == nil {
				err = putKey(path+".key", key)
			}
			if err != nil {
				err = fmt.Errorf("keep the backup's key: %w", err)
			}
			return err
		}
	}
	r, err := sqlite.Restore(ctx, path, b, sqlite.Options{Clock: c.Clock}, c.Told, keep)
	return b, Migration{r.From, r.To, r.Applied, r.Buckets}, err
}

// sameKey refuses a backup whose key is not the one that is there already.
func sameKey(s settings.Settings, b *archive.Backup) error {
	theirs, err := b.Secret()
	if err != nil || theirs == nil {
		return err
	}
	kept, err := keptKeys(s)
	if err != nil || len(kept) == 0 {
		return err
	}
	switch ours := kept[0]; {
	case bytes.Equal(ours.key, theirs):
		return nil
	case ours.path != "":
		return fmt.Errorf("another key is kept in %s: move that file away, it is not this backup's", ours.path)
	}
	return fmt.Errorf("SECRET_KEY is not the key of this backup: set SECRET_KEY_FILE=%s instead, or what that file holds as SECRET_KEY", filepath.Join(b.Dir, archive.KeyFile))
}

// stamp is how a directory of BACKUP_DIR is named after a time.
const stamp = "2006-01-02T15-04-05.000Z"

// before is asked before a migration after which older programs cannot go on: a SQLite file
// is backed up first, and of a Postgres somebody has to say that it was.
func (m Migrating) before(ctx context.Context, p sqlite.Pending) error {
	if m.BackedUp {
		return nil
	}
	why := fmt.Sprintf("older programs cannot go on after schema %d, and this database has %d", p.To, p.From)
	if m.Settings.SQLitePath() == "" {
		return fmt.Errorf("%w: %s. Back it up (`aftercare backup DIR`, or as you always do), then run `aftercare migrate --backed-up`", ErrNotBackedUp, why)
	}
	dir := filepath.Join(m.Settings.Backups(), fmt.Sprintf("%s-before-schema-%d", m.Clock().UTC().Format(stamp), p.To))
	b, err := Backup(ctx, Saving{Settings: m.Settings, Dir: dir, Version: m.Version, Clock: m.Clock})
	if err != nil {
		return fmt.Errorf("%w: %s, and it cannot be backed up first: %w", ErrNotBackedUp, why, err)
	}
	if m.Saved != nil {
		m.Saved(b)
	}
	return nil
}

// ErrNotBackedUp means that a database was not migrated, because it has no backup. Nothing
// was changed.
var ErrNotBackedUp = errors.New("nothing was changed: the database has no backup")

// putKey keeps a key in a file where there is none, or the same.
func putKey(path string, key []byte) error {
	if err := keepKey(path, strings.TrimSpace(string(key))); err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err == nil && !bytes.Equal(bytes.TrimSpace(content), key) {
		err = fmt.Errorf("another one is kept in %s", path)
	}
	return err
}
