package postgres

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/lib/pq"

	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/storage"
)

// personal are the tables that hold data of people, each once.
func personal() (tables []string) {
	for _, c := range privacy.Columns() {
		switch c.Fate {
		case privacy.Gone, privacy.Anew, privacy.DayOnly, privacy.Cleared:
			if !slices.Contains(tables, c.Table) {
				tables = append(tables, c.Table)
			}
		}
	}
	return tables
}

// scrub writes every table with data of people anew if whole is set: Postgres keeps removed rows in
// its files until then. Statistics hold values of rows, and files that were replaced go at a
// checkpoint: both are done as far as the role may.
func scrub(ctx context.Context, a address, o Options, whole bool) (storage.Scrubbed, error) {
	if !whole {
		return storage.Scrubbed{Left: "Postgres keeps removed rows in its own files until it vacuums. " +
			"Do it now with --vacuum: each table is locked while it is written anew."}, nil
	}
	a.patient = true
	db := a.pool(o, 1)
	defer db.Close()
	var left []string
	for _, table := range personal() {
		if _, err := db.ExecContext(ctx, "VACUUM (FULL, ANALYZE) "+pq.QuoteIdentifier(table)); err != nil {
			return storage.Scrubbed{}, err
		}
	}
	for _, also := range []struct{ text, left string }{
		{"VACUUM FULL pg_catalog.pg_statistic", "old statistics of columns in pg_statistic, until Postgres reuses their place"},
		{"CHECKPOINT", "files that were replaced, until Postgres's next checkpoint (some minutes)"},
	} {
		if err := run(ctx, db, also.text); err != nil {
			left = append(left, also.left)
		}
	}
	if len(left) > 0 {
		return storage.Scrubbed{Left: "the role of this program may not do everything. What is left: " + strings.Join(left, "; ") + "."}, nil
	}
	return storage.Scrubbed{Done: true}, nil
}

func run(ctx context.Context, db *sql.DB, text string) error {
	_, err := db.ExecContext(ctx, text)
	return err
}
