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
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Info is what a backup says of itself, and the key that it holds.
type Info struct {
	Program string
	// Key is the SECRET_KEY with this proof (storage.KeyRecord), "" = none is known; nil = there
	// is none.
	Key   func(proof string) ([]byte, error)
	Clock func() time.Time
	Told  Progress
}

// Writer writes one backup. Until Finish the directory is no backup.
type Writer struct {
	dir      string
	made     bool // the directory did not exist
	info     Info
	manifest Manifest
	files    []string
	finished bool
}

// Begin makes the directory, for this user only. One that holds something already is refused.
func Begin(dir, engine string, info Info) (*Writer, error) {
	w := &Writer{dir: dir, info: info}
	w.manifest = Manifest{Format: format, Program: info.Program, Began: info.Clock(), Engine: engine, Reads: howToRead}
	err := os.MkdirAll(filepath.Dir(dir), 0o700)
	if err == nil {
		err = os.Mkdir(dir, 0o700)
		w.made = err == nil
	}
	if errors.Is(err, fs.ErrExist) {
		var entries []os.DirEntry
		if entries, err = os.ReadDir(dir); err == nil && len(entries) > 0 {
			return nil, fmt.Errorf("%s is not empty: name a new directory", dir)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("make the directory of the backup: %w", err)
	}
	return w, nil
}

// key puts the key of the database into the backup.
func (w *Writer) key(ctx context.Context, db Querier, tables map[string][]Column) error {
	proof := ""
	if tables[keyTable] != nil {
		rows, err := db.QueryContext(ctx, "SELECT proof FROM "+keyTable)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&proof); err != nil {
				return err
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	key, err := w.info.Key(proof)
	if err != nil || key == nil {
		return err
	}
	f, err := w.create(KeyFile)
	if err != nil {
		return err
	}
	_, err = f.Write(append(slices.Clone(key), '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	file, err := describe(w.dir, KeyFile)
	w.manifest.Key = &Key{file, keySays}
	return err
}

// keyTable is the table that knows the key.
const keyTable = "secret_key"

// create makes a file of the backup.
func (w *Writer) create(name string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(w.dir, name), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		w.files = append(w.files, name)
	}
	return f, err
}

// CopyPath makes the empty file for a copy of SQLite's own file and returns its path.
func (w *Writer) CopyPath() (string, error) {
	f, err := w.create(CopyFile)
	if err != nil {
		return "", fmt.Errorf("make the copy's file: %w", err)
	}
	return filepath.Join(w.dir, CopyFile), f.Close()
}

// Copied says that the copy is whole.
func (w *Writer) Copied() error {
	f, err := os.OpenFile(filepath.Join(w.dir, CopyFile), os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	if err == nil {
		var file File
		file, err = describe(w.dir, CopyFile)
		w.manifest.Copy = &file
	}
	if err != nil {
		return fmt.Errorf("keep the copy: %w", err)
	}
	return nil
}

// Tables writes every table that db, which sees one snapshot, has at this version of the
// schema.
func (w *Writer) Tables(ctx context.Context, db Querier, d Dialect, schema int64) error {
	w.manifest.Schema = schema
	tables, err := d.Schema(ctx, db)
	if err != nil {
		return err
	}
	if err := w.key(ctx, db, tables); err != nil {
		return fmt.Errorf("back up the key: %w", err)
	}
	order, err := d.inOrder(ctx, db, tables)
	if err != nil {
		return err
	}
	for _, name := range order {
		t, err := w.table(ctx, db, d, name, tables[name])
		if err != nil {
			return fmt.Errorf("back up the table %s: %w", name, err)
		}
		w.manifest.Tables = append(w.manifest.Tables, t)
	}
	return nil
}

func (w *Writer) table(ctx context.Context, db Querier, d Dialect, name string, columns []Column) (Table, error) {
	t := Table{Name: name, Columns: columns, File: File{Name: name + suffix}}
	f, err := w.create(t.File.Name)
	if err != nil {
		return t, err
	}
	defer f.Close() // again, after an error
	hash := sha256.New()
	counted := &counter{to: io.MultiWriter(f, hash)}
	buffered := bufio.NewWriterSize(counted, 1<<16)
	packed, err := gzip.NewWriterLevel(buffered, gzip.BestSpeed)
	if err != nil {
		return t, err
	}
	var sum content
	err = rowsOf(ctx, db, d, name, columns, func(line []byte) error {
		sum.add(line)
		t.Rows++
		t.Plain += int64(len(line))
		if t.Rows%tellEvery == 0 {
			w.info.Told.tell(name, t.Rows)
		}
		_, err := packed.Write(line)
		return err
	})
	if err != nil {
		return t, err
	}
	if err := errors.Join(packed.Close(), buffered.Flush(), f.Sync(), f.Close()); err != nil {
		return t, err
	}
	t.Bytes, t.SHA256, t.Content = counted.n, hex.EncodeToString(hash.Sum(nil)), sum.String()
	w.info.Told.tell(name, t.Rows)
	return t, nil
}

// tellEvery is how many rows are done between two words of progress.
const tellEvery = 50_000

// rowsOf is scan of a table whose rows belong into a backup.
func rowsOf(ctx context.Context, db Querier, d Dialect, name string, columns []Column, f func(line []byte) error) error {
	if slices.Contains(Passing, name) {
		return nil
	}
	return scan(ctx, db, d, name, columns, f)
}

// scan gives each row of a table to f, as a line that lasts until f returns.
func scan(ctx context.Context, db Querier, d Dialect, name string, columns []Column, f func(line []byte) error) error {
	rows, err := db.QueryContext(ctx, d.selects(name, columns))
	if err != nil {
		return errors.New(d.Describe(err))
	}
	defer rows.Close()
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var line []byte
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return errors.New(d.Describe(err))
		}
		if line, err = appendRow(line[:0], columns, values); err != nil {
			return err
		}
		if err := f(line); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return errors.New(d.Describe(err))
	}
	return ctx.Err()
}

// counter counts what is written through it.
type counter struct {
	to io.Writer
	n  int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}

// Finish writes the manifest: from then on the directory is a backup.
func (w *Writer) Finish() (*Backup, error) {
	w.manifest.Ended = w.info.Clock()
	body, err := w.manifest.encode()
	if err != nil {
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	const temporary = ManifestFile + ".new"
	f, err := w.create(temporary)
	if err == nil {
		_, err = f.Write(body)
		err = errors.Join(err, f.Sync(), f.Close(), syncDir(w.dir))
	}
	if err == nil {
		err = os.Rename(filepath.Join(w.dir, temporary), filepath.Join(w.dir, ManifestFile))
	}
	if err == nil {
		w.finished = true
		err = errors.Join(syncDir(w.dir), syncDir(filepath.Dir(w.dir)))
	}
	if err != nil {
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	return Open(w.dir)
}

// Abort removes what was written, unless the backup is finished.
func (w *Writer) Abort() {
	if w.finished {
		return
	}
	for _, name := range w.files {
		_ = os.Remove(filepath.Join(w.dir, name)) // what is left has no manifest
	}
	if w.made {
		_ = os.Remove(w.dir)
	}
}

// syncDir makes the names in a directory last.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
