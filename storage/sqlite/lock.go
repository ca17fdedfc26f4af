package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// lock says that a program uses the database at a path: every one that opens it holds it
// together with the others, and in the file stands which database that is. Whoever finds
// another one at the path must not open it: SQLite would take the log of changes beside it,
// which is in use, for its own, and empty it.
type lock struct{ file *os.File }

// lockPatience is how long the lock is waited for: whoever holds it alone only looks at two
// files.
const lockPatience = 5 * time.Second

// takeLock takes the lock of the database at path. Who is alone looks whether the log of
// changes beside the database, which a program left that was killed, belongs to it.
func takeLock(ctx context.Context, path string) (*lock, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the database. Call this as the user of the server, who may write its directory: %w", err)
	}
	l := &lock{f}
	if err := errors.Join(GiveToOwner(path+".lock"), l.take(ctx, path)); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *lock) take(ctx context.Context, path string) error {
	mine, err := identity(path)
	if err != nil {
		return err
	}
	for end := time.Now().Add(lockPatience); ; {
		alone, err := lockFile(l.file, true)
		if err != nil {
			return nil //nolint:nilerr // a file system without locks: nobody there can be told of anybody
		}
		if alone {
			if err := ownLog(path); err != nil {
				return err
			}
			if err := l.write(mine); err != nil {
				return err
			}
		}
		if together, _ := lockFile(l.file, false); together {
			return l.compare(path, mine)
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w: another program is opening it. Try again in a moment", storage.ErrUnavailable)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// write notes which file is in use.
func (l *lock) write(id string) error {
	_, err := l.file.WriteAt([]byte(id+"\n"), 0)
	return errors.Join(err, l.file.Truncate(int64(len(id)+1)))
}

// compare refuses a database that is not the one that others have open.
func (l *lock) compare(path, mine string) error {
	text, err := io.ReadAll(io.NewSectionReader(l.file, 0, 100))
	if err != nil {
		return err
	}
	if used := string(text); used != "" && used != mine+"\n" {
		return fmt.Errorf("%w: a program that runs has another file open as %s, which was moved or replaced. Stop the server, put its file back, and start it again", storage.ErrGone, path)
	}
	return nil
}

// close gives the lock back at once: closing the file alone would leave it to a program that
// this one is just starting, which has every open file for a moment.
func (l *lock) close() {
	unlockFile(l.file)
	_ = l.file.Close()
}

// InUse reports whether a program has the database at path open. It changes nothing.
func InUse(path string) bool {
	f, err := os.Open(path + ".lock")
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		return true // better one too many
	}
	l := lock{f}
	defer l.close()
	alone, err := lockFile(f, true)
	return err == nil && !alone
}
