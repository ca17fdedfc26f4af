package postgres_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/internal/sqlstore"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// migrated is a database with the newest schema.
func migrated(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", upToDate(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// names are the first columns of a query.
func names(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		list = append(list, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

const bucketedTables = "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'bucket' ORDER BY 1"

// TestEveryKeyOfADistributedTableHasTheBucket is sql rule K1: without the distribution
// column a database on many nodes cannot keep a key unique, nor a reference whole.
func TestEveryKeyOfADistributedTableHasTheBucket(t *testing.T) {
	db := migrated(t)
	tables := names(t, db, bucketedTables)
	if len(tables) < 11 {
		t.Fatalf("only %v have a bucket", tables)
	}
	for _, name := range names(t, db, `
		SELECT i.indexrelid::regclass || ' on ' || i.indrelid::regclass FROM pg_index i
		JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
		JOIN pg_attribute b ON b.attrelid = c.oid AND b.attname = 'bucket'
		WHERE i.indkey[0] <> b.attnum`) {
		t.Errorf("the index %s does not begin with the bucket", name)
	}
	for _, name := range names(t, db, `
		SELECT 'table ' || c.oid::regclass FROM pg_class c JOIN pg_attribute b ON b.attrelid = c.oid AND b.attname = 'bucket'
		WHERE c.relkind = 'r' AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
		UNION ALL
		SELECT 'column ' || c.oid::regclass FROM pg_class c JOIN pg_attribute b ON b.attrelid = c.oid AND b.attname = 'bucket'
		WHERE c.relkind = 'r' AND (NOT b.attnotnull OR b.atttypid <> 'smallint'::regtype)`) {
		t.Errorf("%s: a bucketed table has a primary key, and its bucket is smallint NOT NULL", name)
	}
	// Foreign keys between bucketed tables join on the bucket, and none points from a
	// reference table to a bucketed one.
	for _, name := range names(t, db, `
		SELECT f.conname FROM pg_constraint f
		LEFT JOIN pg_attribute b ON b.attrelid = f.conrelid AND b.attname = 'bucket'
		JOIN pg_attribute r ON r.attrelid = f.confrelid AND r.attname = 'bucket'
		WHERE f.contype = 'f' AND (b.attnum IS NULL OR f.conkey[1] <> b.attnum OR f.confkey[1] <> r.attnum)`) {
		t.Errorf("the foreign key %s does not go from bucket to bucket", name)
	}
}

// TestTheCitusScriptPlacesEveryTable keeps deploy/citus.sql in step with the schema.
func TestTheCitusScriptPlacesEveryTable(t *testing.T) {
	source, err := os.ReadFile("../../deploy/citus.sql")
	if err != nil {
		t.Fatal(err)
	}
	placed := func(call string) []string {
		var list []string
		for _, m := range regexp.MustCompile(call+`\('(\w+)'`).FindAllStringSubmatch(string(source), -1) {
			list = append(list, m[1])
		}
		slices.Sort(list)
		return list
	}
	db := migrated(t)
	if diff := cmp.Diff(names(t, db, bucketedTables), placed("create_distributed_table")); diff != "" {
		t.Errorf("distributed tables (-schema +script):\n%s", diff)
	}
	// Those of the migrations themselves stay where they are.
	others := names(t, db, `SELECT table_name FROM information_schema.tables t WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
		AND table_name NOT IN ('goose_db_version', 'migration_lock')
		AND NOT EXISTS (SELECT 1 FROM information_schema.columns c WHERE c.table_name = t.table_name AND c.column_name = 'bucket') ORDER BY 1`)
	if diff := cmp.Diff(others, placed("create_reference_table")); diff != "" {
		t.Errorf("reference tables (-schema +script):\n%s", diff)
	}
	// What is not about Citus runs here: the keys that go and come back are the schema's.
	before := names(t, db, "SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' ORDER BY 1")
	plain := regexp.MustCompile(`(?m)^(CREATE EXTENSION|SELECT create_).*$`).ReplaceAllString(string(source), "")
	if _, err := db.Exec(plain); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, names(t, db, "SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' ORDER BY 1")); diff != "" {
		t.Errorf("foreign keys (-before +after the script):\n%s", diff)
	}
}

// TestEveryTransactionStaysInOneBucket is sql rule S1, on the statements that the suite
// makes the store run.
func TestEveryTransactionStaysInOneBucket(t *testing.T) {
	r := &recorder{t: t, tables: strings.Join(names(t, migrated(t), bucketedTables), "|")}
	e := engine(true)
	storagetest.RunWrites(t, storagetest.Engine{Name: e.Name, New: func(t testing.TB) storagetest.Opener {
		open := e.New(t)
		return func(t testing.TB, o storagetest.Options) storage.Store {
			inner := o.Wrap
			o.Wrap = func(c driver.Connector) driver.Connector {
				if inner != nil {
					c = inner(c)
				}
				return recording{Connector: c, to: r}
			}
			return open(t, o)
		}
	}})
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.transactions < 100 || r.statements < 500 {
		t.Errorf("only %d statements in %d transactions were seen", r.statements, r.transactions)
	}
}

// recorder checks the statements of transactions.
type recorder struct {
	t      *testing.T
	tables string // for a regular expression

	mu                       sync.Mutex
	statements, transactions int // guarded by mu
}

var (
	equals = regexp.MustCompile(`\bbucket = \$(\d+)`)
	tuple  = regexp.MustCompile(`\(\$(\d+)(?:,|\))`)
)

// buckets are those that a statement with these arguments is restricted to.
func (r *recorder) buckets(text string, args []driver.NamedValue) []string {
	named := regexp.MustCompile(`\b(?:FROM|INTO|UPDATE|JOIN) (?:`+r.tables+`)\b`).FindAllString(text, -1)
	if len(named) == 0 {
		return nil
	}
	var found []string
	add := func(matches [][]string) {
		for _, m := range matches {
			n, err := strconv.Atoi(m[1])
			if err != nil || n > len(args) {
				r.t.Errorf("parameter %s of %d (%v) of %.100s", m[1], len(args), err, text)
				return
			}
			found = append(found, fmt.Sprint(args[n-1].Value))
		}
	}
	add(equals.FindAllStringSubmatch(text, -1))
	if head, values, ok := strings.Cut(text, " VALUES "); ok {
		if !strings.Contains(head, "(bucket, ") {
			r.t.Errorf("a row does not begin with its bucket: %.100s", text)
		}
		add(tuple.FindAllStringSubmatch(values, -1))
	}
	if len(found) < len(named) {
		r.t.Errorf("a table is not restricted to a bucket: %.200s", text)
	}
	return found
}

// recording wraps connections.
type recording struct {
	driver.Connector
	to *recorder
}

func (c recording) Connect(ctx context.Context) (driver.Conn, error) {
	dc, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &recordedConn{DriverConn: dc.(sqlstore.DriverConn), to: c.to}, nil
}

// recordedConn is used by one goroutine at a time.
type recordedConn struct {
	sqlstore.DriverConn
	to   *recorder
	in   bool   // a transaction
	only string // its bucket
}

func (c *recordedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.DriverConn.BeginTx(ctx, o)
	c.in, c.only = err == nil, ""
	c.to.mu.Lock()
	c.to.transactions++
	c.to.mu.Unlock()
	return recordedTx{tx, c}, err
}

type recordedTx struct {
	driver.Tx
	conn *recordedConn
}

func (t recordedTx) Commit() error   { t.conn.in = false; return t.Tx.Commit() }
func (t recordedTx) Rollback() error { t.conn.in = false; return t.Tx.Rollback() }

func (c *recordedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	st, err := c.DriverConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return recordedStmt{Stmt: st, conn: c, text: text}, nil
}

func (c *recordedConn) ran(text string, args []driver.NamedValue) {
	if !c.in || strings.HasPrefix(text, "INSERT INTO buckets") { // a migration makes them all
		return
	}
	c.to.mu.Lock()
	defer c.to.mu.Unlock()
	c.to.statements++
	for _, b := range c.to.buckets(text, args) {
		if c.only == "" {
			c.only = b
		}
		if b != c.only {
			c.to.t.Errorf("a transaction touches the buckets %s and %s: %.200s", c.only, b, text)
		}
	}
}

type recordedStmt struct {
	driver.Stmt
	conn *recordedConn
	text string
}

func (s recordedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.conn.ran(s.text, args)
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s recordedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.conn.ran(s.text, args)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}
