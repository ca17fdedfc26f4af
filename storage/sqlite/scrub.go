package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/internal/sqlstore"
)

// scrub empties the log of writes (WAL) into the file, so that nothing of what was removed is
// left there, and waits until ctx ends, whatever is being done then, for whoever reads or
// writes. What is removed is
// overwritten in the file by itself (secure_delete); whole writes the file anew, for what was
// removed before that was so. The guard is asked before anything is written into the file.
func scrub(ctx context.Context, write *sql.DB, whole bool, guard func() error) (storage.Scrubbed, error) {
	for whole {
		_, err := write.ExecContext(ctx, "VACUUM")
		if err == nil {
			break
		}
		if fault(err) != sqlstore.Again && ctx.Err() == nil {
			return storage.Scrubbed{}, err
		}
		if !pause(ctx) {
			return storage.Scrubbed{Busy: true, Left: "the database file could not be written anew, because another program is writing to it: " +
				"run `aftercare retention run` to try again."}, nil
		}
	}
	for {
		if err := guard(); err != nil {
			return storage.Scrubbed{}, err
		}
		var busy, log, moved int
		err := write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved)
		if err != nil && fault(err) != sqlstore.Again && ctx.Err() == nil {
			return storage.Scrubbed{}, err
		}
		if err == nil && busy == 0 {
			return storage.Scrubbed{Done: true}, nil
		}
		if !pause(ctx) {
			return storage.Scrubbed{Busy: true, Left: "the database's -wal file still holds removed data: another program reads from it. " +
				"The running server empties it as soon as that ends."}, nil
		}
	}
}

// pause waits a moment; it is false once ctx has ended.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(100 * time.Millisecond):
		return true
	}
}
