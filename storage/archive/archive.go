// Package archive writes everything that a database holds into a directory, and reads it
// back into a database of either engine: each table as compressed JSON Lines, with counts
// and checksums, the key beside them, and last of all the manifest. A directory without one
// is no backup. The engines' packages say how a database is read and written (Dialect).
package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Names of the files that are no tables.
const (
	ManifestFile = "manifest.json"
	KeyFile      = "secret.key"
	CopyFile     = "aftercare.db" // of SQLite's own file
)

// format is the version of the directory's layout.
const format = 1

// Manifest says what a backup holds.
type Manifest struct {
	Format  int       `json:"format"`
	Program string    `json:"program"` // the version that made it
	Began   time.Time `json:"began"`   // what was acknowledged before is in it
	Ended   time.Time `json:"ended"`
	Engine  string    `json:"engine"` // sqlite or postgres
	Schema  int64     `json:"schema"` // version
	Reads   string    `json:"how_to_read"`
	Key     *Key      `json:"key"`  // nil = there was none
	Copy    *File     `json:"copy"` // of SQLite's own file; nil on Postgres
	Tables  []Table   `json:"tables"`
	Sum     string    `json:"sum"` // SHA-256 of this file with "" in this place
}

// Key is the file with SECRET_KEY.
type Key struct {
	File
	Says string `json:"says"`
}

// File is one file, with what shows that it is whole.
type File struct {
	Name   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Table is one table: a line of its file is a row, a JSON list in the order of Columns.
type Table struct {
	Name    string   `json:"table"`
	Columns []Column `json:"columns"` // by name
	Rows    int64    `json:"rows"`
	Plain   int64    `json:"plain_bytes"` // without compression
	// Content is the sum of the rows' SHA-256, in whatever order they come: equal for equal
	// tables of both engines.
	Content string `json:"content"`
	File
}

// Column is a column with its kind.
type Column struct {
	Name string `json:"column"`
	Kind Kind   `json:"kind"`
}

// Kind says how a value is written.
type Kind string

// The kinds. Nothing is null; text that is no UTF-8, and bytes, are {"base64": …}.
const (
	Integer Kind = "integer"
	Real    Kind = "real"
	Text    Kind = "text"
	Boolean Kind = "boolean"
	Time    Kind = "time" // microseconds since 1970, UTC
	Bytes   Kind = "bytes"
)

const (
	howToRead = "each file of a table is gzip; a line is a row, a JSON list in the order of its columns; times are microseconds since 1970 UTC; text that is no UTF-8, and bytes, are {\"base64\": …}"
	keySays   = "this file is SECRET_KEY: with it and the tables whoever reads them has the stored tokens as well; keep the directory private"
)

// Progress is told how many rows of a table are done: now and then, and at its end.
type Progress func(table string, rows int64)

func (p Progress) tell(table string, rows int64) {
	if p != nil {
		p(table, rows)
	}
}

// ErrDamaged means that a backup is not what was written. The text names the file.
var ErrDamaged = errors.New("this backup is damaged")

func damaged(name, format string, args ...any) error {
	return fmt.Errorf("%w: %s %s. Take another one", ErrDamaged, name, fmt.Sprintf(format, args...))
}

// Rows is how many rows all tables have.
func (m Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// files are all that a backup has beside the manifest.
func (m Manifest) files() []File {
	var all []File
	if m.Key != nil {
		all = append(all, m.Key.File)
	}
	if m.Copy != nil {
		all = append(all, *m.Copy)
	}
	for _, t := range m.Tables {
		all = append(all, t.File)
	}
	return all
}

// Bytes is how large all files are.
func (m Manifest) Bytes() (n int64) {
	for _, f := range m.files() {
		n += f.Bytes
	}
	return n
}

// Plain is how large all tables are without compression.
func (m Manifest) Plain() (n int64) {
	for _, t := range m.Tables {
		n += t.Plain
	}
	return n
}

// Fits refuses a backup of a schema that is newer than the latest one of the program.
func (m Manifest) Fits(latest func() (int64, error)) error {
	known, err := latest()
	if err == nil && m.Schema > known {
		err = fmt.Errorf("this backup has schema %d, made by a newer program (%s), and this one knows %d: restore it with the newer program", m.Schema, m.Program, known)
	}
	return err
}

// encode is the manifest's file, sum included.
func (m Manifest) encode() ([]byte, error) {
	m.Sum = ""
	body, err := encode(m)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	m.Sum = hex.EncodeToString(sum[:])
	return encode(m)
}

func encode(m Manifest) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(m)
	return b.Bytes(), err
}

// decode reads a manifest's file and checks its sum, and that it names nothing that is
// elsewhere.
func decode(body []byte) (Manifest, error) {
	var loose struct {
		Format int    `json:"format"`
		Sum    string `json:"sum"`
	}
	if err := json.Unmarshal(body, &loose); err != nil {
		return Manifest{}, damaged(ManifestFile, "cannot be read")
	}
	sum := sha256.Sum256(bytes.Replace(body, []byte(`"sum": "`+loose.Sum+`"`), []byte(`"sum": ""`), 1))
	if loose.Sum == "" || hex.EncodeToString(sum[:]) != loose.Sum {
		return Manifest{}, damaged(ManifestFile, "does not have its checksum")
	}
	if loose.Format != format {
		return Manifest{}, fmt.Errorf("this backup has format %d, made by a newer program, and this one knows %d: restore it with the newer program", loose.Format, format)
	}
	var m Manifest
	if err := json.Unmarshal(body, &m); err != nil {
		return Manifest{}, damaged(ManifestFile, "cannot be read")
	}
	for _, t := range m.Tables {
		if !identifier.MatchString(t.Name) || t.File.Name != t.Name+suffix {
			return Manifest{}, damaged(ManifestFile, "names a table that cannot be")
		}
		for _, c := range t.Columns {
			if !identifier.MatchString(c.Name) {
				return Manifest{}, damaged(ManifestFile, "names a column that cannot be")
			}
		}
	}
	if m.Key != nil && m.Key.Name != KeyFile || m.Copy != nil && m.Copy.Name != CopyFile {
		return Manifest{}, damaged(ManifestFile, "names a file that cannot be")
	}
	return m, nil
}

// suffix ends the names of tables' files.
const suffix = ".jsonl.gz"

var identifier = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// Ours reports whether a table is the program's, and not what an engine or the migrations
// keep for themselves.
func Ours(table string) bool {
	return !strings.HasPrefix(table, "goose_") && !strings.HasPrefix(table, "sqlite_") && table != "migration_lock"
}

// Backup is a backup in a directory.
type Backup struct {
	Dir string
	Manifest
}

// Open reads and checks a backup's manifest.
func Open(dir string) (*Backup, error) {
	body, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("there is no backup in %s: %w", dir, err)
		}
		return nil, fmt.Errorf("%s holds no whole backup: it has no %s, which is written last. Take another one", dir, ManifestFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	m, err := decode(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return &Backup{dir, m}, nil
}

// Check compares every file with the manifest.
func (b *Backup) Check() error {
	for _, f := range b.files() {
		got, err := describe(b.Dir, f.Name)
		if errors.Is(err, fs.ErrNotExist) {
			return damaged(f.Name, "is not there")
		}
		if err != nil {
			return fmt.Errorf("check the backup: %w", err)
		}
		if got.Bytes != f.Bytes {
			return damaged(f.Name, "has %d bytes and should have %d", got.Bytes, f.Bytes)
		}
		if got.SHA256 != f.SHA256 {
			return damaged(f.Name, "does not have its checksum")
		}
	}
	return nil
}

// Secret is the key that was backed up, nil if there was none.
func (b *Backup) Secret() ([]byte, error) {
	if b.Key == nil {
		return nil, nil
	}
	content, err := os.ReadFile(filepath.Join(b.Dir, KeyFile))
	if err != nil {
		return nil, fmt.Errorf("read the backup's key: %w", err)
	}
	return bytes.TrimSpace(content), nil
}

// describe measures a file.
func describe(dir, name string) (File, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return File{Name: name, Bytes: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

// Newest is the backup in a directory of backups that began last, nil if none is whole.
func Newest(dir string) (*Backup, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for backups: %w", err)
	}
	var newest *Backup
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		b, err := Open(filepath.Join(dir, e.Name()))
		if err == nil && (newest == nil || b.Began.After(newest.Began)) {
			newest = b
		}
	}
	return newest, nil
}
