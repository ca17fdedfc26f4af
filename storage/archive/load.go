package archive

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Seeded are the tables in which a database has rows that nobody put there: those that a
// migration makes. They are replaced.
var Seeded = []string{"buckets", "moments", "revision"} //nolint:gochecknoglobals // it is never changed

// Passing are the tables whose rows tell of the moment and of nothing that is to come back: they
// are in a backup without their rows.
var Passing = []string{"processes", "presences"} //nolint:gochecknoglobals // it is never changed

// ErrNotEmpty means that a database holds something already.
var ErrNotEmpty = errors.New("the database is not empty, and nothing is restored over what it holds. Name a new one in DATABASE_URL")

// Load puts everything into a transaction's database, which has the backup's schema and
// nothing else, and compares what is there then with the backup. The caller commits.
func (b *Backup) Load(ctx context.Context, tx Querier, d Dialect, told Progress) error {
	tables, err := d.Schema(ctx, tx)
	if err != nil {
		return err
	}
	if err := b.fits(tables); err != nil {
		return err
	}
	order, err := d.inOrder(ctx, tx, tables)
	if err != nil {
		return err
	}
	if err := empty(ctx, tx, d, order); err != nil {
		return err
	}
	for _, name := range order {
		i := slices.IndexFunc(b.Tables, func(t Table) bool { return t.Name == name })
		if err := b.table(ctx, tx, d, b.Tables[i], told); err != nil {
			return fmt.Errorf("restore the table %s: %w", name, err)
		}
	}
	if err := sequences(ctx, tx, d); err != nil {
		return err
	}
	return b.compare(ctx, tx, d)
}

// fits compares the backup's tables with the database's.
func (b *Backup) fits(tables map[string][]Column) error {
	for _, t := range b.Tables {
		if !slices.Equal(tables[t.Name], t.Columns) {
			return fmt.Errorf("the table %s of this backup is not the one of schema %d as this program knows it. Restore it with the program that made it (%s)", t.Name, b.Schema, b.Program)
		}
	}
	if len(tables) != len(b.Tables) {
		return fmt.Errorf("this backup has %d tables and schema %d has %d as this program knows it. Restore it with the program that made it (%s)", len(b.Tables), b.Schema, len(tables), b.Program)
	}
	return nil
}

// empty makes sure that the tables hold nothing but what migrations put there, and takes
// that out.
func empty(ctx context.Context, tx Querier, d Dialect, order []string) error {
	for _, name := range slices.Backward(order) {
		if slices.Contains(Seeded, name) {
			if _, err := tx.ExecContext(ctx, `DELETE FROM "`+name+`"`); err != nil {
				return errors.New(d.Describe(err))
			}
			continue
		}
		some, err := hasRows(ctx, tx, name)
		if err != nil {
			return errors.New(d.Describe(err))
		}
		if some {
			return fmt.Errorf("%w (the table %s has rows)", ErrNotEmpty, name)
		}
	}
	return nil
}

func hasRows(ctx context.Context, tx Querier, table string) (bool, error) {
	rows, err := tx.QueryContext(ctx, `SELECT 1 FROM "`+table+`" LIMIT 1`)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	return rows.Next(), rows.Err()
}

// table writes one table's rows, and checks their number and their file's sum once more: it
// was read before, and this is another time.
func (b *Backup) table(ctx context.Context, tx Querier, d Dialect, t Table, told Progress) error {
	f, err := os.Open(filepath.Join(b.Dir, t.File.Name))
	if err != nil {
		return err
	}
	defer f.Close()
	hash := sha256.New()
	file := io.TeeReader(f, hash)
	packed, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		return damaged(t.File.Name, "cannot be read")
	}
	lines := bufio.NewReaderSize(packed, 1<<16)
	size := max(d.MostParameters/len(t.Columns), 1)
	batch := make([]any, 0, size*len(t.Columns))
	var n int64
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		_, err := tx.ExecContext(ctx, d.inserts(t.Name, t.Columns, len(batch)/len(t.Columns)), batch...)
		batch = batch[:0]
		if err != nil {
			return errors.New(d.Describe(err))
		}
		return ctx.Err()
	}
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			break
		}
		if err != nil {
			return damaged(t.File.Name, "cannot be read")
		}
		values, err := parseRow(line, t.Columns)
		if err != nil {
			return damaged(t.File.Name, "cannot be read: row %d: %v", n+1, err)
		}
		for i, v := range values {
			if d.Value != nil {
				v = d.Value(t.Columns[i].Kind, v)
			}
			batch = append(batch, v)
		}
		if n++; n%int64(size) == 0 {
			if err := flush(); err != nil {
				return err
			}
		}
		if n%tellEvery == 0 {
			told.tell(t.Name, n)
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, file); err != nil {
		return err
	}
	if n != t.Rows || hex.EncodeToString(hash.Sum(nil)) != t.SHA256 {
		return damaged(t.File.Name, "has changed while it was read")
	}
	told.tell(t.Name, n)
	return nil
}

// sequences sets those that number rows to the greatest number in use.
func sequences(ctx context.Context, tx Querier, d Dialect) error {
	if d.Sequences == "" {
		return nil
	}
	rows, err := tx.QueryContext(ctx, d.Sequences)
	if err != nil {
		return fmt.Errorf("list the sequences: %s", d.Describe(err))
	}
	defer rows.Close()
	var set []string
	for rows.Next() {
		var table, column, sequence string
		if err := rows.Scan(&table, &column, &sequence); err != nil {
			return fmt.Errorf("list the sequences: %s", d.Describe(err))
		}
		if Ours(table) && identifier.MatchString(table) && identifier.MatchString(column) {
			set = append(set, fmt.Sprintf(`SELECT setval('%s', max("%s")) FROM "%s" HAVING max("%s") IS NOT NULL`, sequence, column, table, column))
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list the sequences: %s", d.Describe(err))
	}
	for _, text := range set {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("set the sequences: %s", d.Describe(err))
		}
	}
	return nil
}

// compare reads everything back.
func (b *Backup) compare(ctx context.Context, tx Querier, d Dialect) error {
	for _, t := range b.Tables {
		var sum content
		var n int64
		err := scan(ctx, tx, d, t.Name, t.Columns, func(line []byte) error {
			sum.add(line)
			n++
			return nil
		})
		if err != nil {
			return fmt.Errorf("compare the table %s: %w", t.Name, err)
		}
		if n != t.Rows || sum.String() != t.Content {
			return fmt.Errorf("the table %s does not hold what the backup holds; nothing was restored. Tell the authors, and keep the backup", t.Name)
		}
	}
	return nil
}
