package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/aftercare/aftercare/storage/internal/sqlstore"
)

// mostFrames is how many pages may wait in the log of changes before they are written into the file, where no
// reader needs them: what SQLite does by itself.
const mostFrames = 1000

// settle writes the changes that wait in the log into the file, once there are many. SQLite would do so within a
// commit: a file that another program wrote over while the commit waited for the disk would get its first page, and
// the mark in it, back from the log before anybody looked, and nobody could tell it from our own. So it is done
// after the commit, when the guard has just looked. What fails is tried again after the next commit.
func settle(c sqlstore.DriverConn) {
	if waiting, done, err := checkpoint(c, "NOOP"); err == nil && waiting >= mostFrames && waiting > done {
		_, _, _ = checkpoint(c, "PASSIVE")
	}
}

// checkpoint is how many pages are in the log, and how many of them are in the file, too.
func checkpoint(c sqlstore.DriverConn, mode string) (waiting, done int64, err error) {
	rows, err := c.QueryContext(context.Background(), "PRAGMA wal_checkpoint("+mode+")", nil)
	if err != nil {
		return 0, 0, err
	}
	values := make([]driver.Value, 3) // busy, waiting, done
	err = rows.Next(values)
	if err := errors.Join(ignoring(err, io.EOF), rows.Close()); err != nil {
		return 0, 0, err
	}
	waiting, _ = values[1].(int64)
	done, _ = values[2].(int64)
	return waiting, done, nil
}

// ignoring is nil where err is what is expected, else err.
func ignoring(err, what error) error {
	if errors.Is(err, what) {
		return nil
	}
	return err
}
