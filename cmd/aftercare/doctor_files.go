package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage/archive"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// lookAtDatabase tells how the database is, as far as it can be read.
func (u *checkup) lookAtDatabase(ctx context.Context) []finding {
	path := u.settings.SQLitePath()
	denied, cannot := errors.AsType[*app.CannotUseError](u.broken)
	switch err := u.broken; {
	case err == nil:
	case errors.Is(err, app.ErrNoDatabase):
		for _, left := range []string{".key", "-wal", ".lock"} {
			if _, e := os.Stat(path + left); e == nil {
				return []finding{wrong("put the file back, or bring back a backup: aftercare restore DIR", "the database was moved or removed: %s is there, and %s is not", path+left, path)}
			}
		}
		if dir := filepath.Dir(path); !mayWrite(dir) {
			return []finding{wrong("make the directory, give this user the right to write in it, or name another place in DATABASE_URL",
				"there is no database at %s, and none can be made: its directory is not there, or this user may not write in it", path)}
		}
		return []finding{warning("start `aftercare serve`, which makes it; if there is one already, go to its directory", "%v", err)}
	case cannot:
		return []finding{wrong(denied.Do, "the database cannot be used: %s (%v)", denied.Why, denied.Err)}
	case errors.Is(err, sqlite.ErrMoved):
		return []finding{wrong("stop the server, put its file back, and start it again", "%v", err)}
	case errors.Is(err, sqlite.ErrStrayLog):
		return []finding{wrong("see the sentence above, and keep a copy of both until all is well", "%v", err)}
	case errors.Is(err, sqlite.ErrSchema) && strings.Contains(err.Error(), "newer program"):
		return []finding{wrong("use the newer program that made it, or bring back the backup from before", "%v", err)}
	case errors.Is(err, sqlite.ErrSchema):
		return []finding{warning("start `aftercare serve`, or run `aftercare migrate`", "%v", err)}
	default:
		return []finding{wrong("check DATABASE_URL, that the server runs, and that this user may use it", "%v", err)}
	}
	counts, err := u.store.Counts(ctx)
	if err != nil {
		return []finding{wrong("check that the database is whole, or bring back a backup", "%v", err)}
	}
	return fine("%d sessions, %d answers, %d cases; %d conversations and messages wait", counts.Sessions, counts.Answers, counts.Cases, counts.Due)
}

// lookAtKey says whether the key is there, and the one that the database was made with.
func (u *checkup) lookAtKey(ctx context.Context) []finding {
	if u.store == nil {
		return unseen("the database cannot be read")
	}
	state, err := app.StateOfKey(ctx, u.settings, u.store)
	if err != nil {
		return []finding{wrong("call this as the user of the server, or see to the file's permissions", "%v", err)}
	}
	switch state {
	case app.KeyWrong:
		return []finding{wrong("put the old key back: in SECRET_KEY, or beside the database", "this is not the key of this database")}
	case app.KeyLost:
		return []finding{wrong("put the key back from a backup, where it is secret.key; if it is lost for good: aftercare key new", "the key is lost: links that are out and stored tokens are unknown without it")}
	case app.KeyUnproved:
		return fine("nothing shows yet whether it is the database's: the next start notes it")
	}
	return fine("it is the database's")
}

// lookAtFiles says who else may read what is secret.
func (u *checkup) lookAtFiles(context.Context) []finding {
	var out []finding
	names := []string{filepath.Join(u.dir, ".env")}
	if path := u.settings.SQLitePath(); path != "" {
		if !filepath.IsAbs(path) {
			path = filepath.Join(u.dir, path)
		}
		names = append(names, path, path+"-wal", path+".key")
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			out = append(out, wrong("call this as the user of the server", "%v", err))
			continue
		}
		if info.Mode().Perm()&0o077 != 0 {
			out = append(out, wrong("chmod 600 "+name, "others may read %s (%v): it holds secrets or what customers wrote", name, info.Mode().Perm()))
		}
		if owner, wanted, ok := strangeOwner(name, info); ok && name != names[0] {
			out = append(out, wrong("chown "+wanted+" "+name, "%s belongs to user %s, and its directory to %s: the server may not open it", name, owner, wanted))
		}
	}
	return orFine(out, "nobody else may read them")
}

// leastFree is how much of a disk must be free.
const leastFree = 0.05

func (u *checkup) lookAtDisk(context.Context) []finding {
	path := u.settings.SQLitePath()
	if path == "" {
		return unseen("the database is on its own server")
	}
	free, ok := freeShare(filepath.Dir(path))
	if !ok {
		return unseen("this system does not say")
	}
	if free < leastFree {
		return []finding{wrong("make room: when the disk is full, no answer can be stored", "only %.1f %% of the disk are free", 100*free)}
	}
	return fine("%.0f %% are free", 100*free)
}

// oldBackup is how old the newest backup may be.
const oldBackup = 48 * time.Hour

func (u *checkup) lookAtBackups(ctx context.Context) []finding {
	dir := u.settings.Backups()
	const do = "aftercare backup, and have something call it every day"
	if dir == "" {
		return []finding{warning("set BACKUP_DIR to have this checked", "not looked at, because no BACKUP_DIR is set")}
	}
	if u.store == nil {
		return unseen("there is no database to compare with")
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return []finding{warning("see to the permissions of "+dir, "%v", err)}
	}
	var newest time.Time
	for _, e := range entries {
		if ctx.Err() != nil {
			break
		}
		b, err := archive.Open(filepath.Join(dir, e.Name()))
		if err == nil && b.Began.After(newest) {
			newest = b.Began
		}
	}
	switch age := u.clock().Sub(newest); {
	case newest.IsZero():
		return []finding{warning(do, "there is no backup in %s", dir)}
	case age > oldBackup:
		return []finding{warning(do, "the newest backup is %.0f hours old", age.Hours())}
	default:
		return fine("the newest is %.0f hours old", age.Hours())
	}
}
