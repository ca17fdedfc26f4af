package pgtest

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/lib/pq"
)

// database is one that was copied from a template and is used by one test after the other.
type database struct {
	admin *sql.DB // of one connection, whose plans and catalogues stay warm
	as    contents

	mu   sync.Mutex
	name string      // guarded by mu: another one for each test, "" when it is left
	idle []*keptConn // guarded by mu: of stores that were closed
}

// contents are what a database holds when a test gets it.
type contents struct {
	schema string              // changes whenever somebody changes the schema
	rows   map[string][]string // by table, each as the server writes a row
	filled string              // asks for the tables that hold something
	counts map[string]string   // by sequence, where it stands
}

// shape tells of all that defines a schema how much there is of it and when it was last changed. What
// VACUUM and ANALYZE write to these tables they write in place.
const shape = `SELECT string_agg(a::text, ' ') FROM (
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_class UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_attribute UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_attrdef UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_index UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_constraint UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_trigger UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_rewrite UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_proc UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_type UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_namespace UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_extension UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_db_role_setting UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_authid UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_sequence UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_statistic_ext UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_policy UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_description UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_default_acl UNION ALL
	SELECT count(*) || ':' || max(xmin::text::bigint) FROM pg_largeobject_metadata UNION ALL
	SELECT concat_ws(' ', datacl, datconnlimit, datallowconn) FROM pg_database WHERE datname = current_database()) AS a`

// list is what a query answers, of one column of texts.
func list(q interface {
	Query(text string, args ...any) (*sql.Rows, error)
}, text string, args ...any,
) (out []string, err error) {
	rows, err := q.Query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("%.100s: %w", text, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s.String)
	}
	return out, rows.Err()
}

// contentsOf reads what a database holds.
func contentsOf(db *sql.DB) (c contents, err error) {
	c = contents{rows: map[string][]string{}, counts: map[string]string{}}
	is, err := list(db, shape)
	if err != nil {
		return c, err
	}
	c.schema = strings.Join(is, "")
	tables, err := list(db, "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1")
	if err != nil {
		return c, err
	}
	var asks []string
	for _, table := range tables {
		if c.rows[table], err = list(db, "SELECT r::text FROM "+table+" AS r"); err != nil {
			return c, err
		}
		asks = append(asks, "SELECT "+pq.QuoteLiteral(table)+" WHERE EXISTS (SELECT FROM "+table+")")
	}
	c.filled = strings.Join(asks, " UNION ALL ")
	sequences, err := list(db, "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace")
	if err != nil {
		return c, err
	}
	for _, name := range sequences {
		at, err := list(db, "SELECT last_value || ', ' || is_called FROM "+name)
		if err != nil {
			return c, err
		}
		c.counts[name] = at[0]
	}
	return c, nil
}

// errUnfit means that a test has left its database as no other test may get it.
var errUnfit = errors.New("the database is of no use to others")

// others are the processes of the server that serve somebody else in the database; $1 are those that stay.
const others = " FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'" +
	" AND pid <> pg_backend_pid() AND NOT pid = ANY ($1)"

// entering are the processes of the server that let somebody else into the database. They have looked up its name, and
// hold a lock on it until they are among the others.
const entering = " FROM pg_locks WHERE locktype = 'object' AND classid = 'pg_database'::regclass" +
	" AND objid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()"

// goodbye is how long, in milliseconds, a process of the server may take to end.
const goodbye = "10000"

// rename gives the database a name that nobody knows. Renaming it as one usually does needs all connections closed;
// those that are kept know it by its number.
func (d *database) rename(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.admin.Exec("UPDATE pg_database SET datname = $1 WHERE datname = current_database()", name); err != nil {
		return fmt.Errorf("rename a database: %w", err)
	}
	d.name = name
	return nil
}

// reset renames the database, ends what still runs there, and has it hold what it held at first.
func (d *database) reset(name string) error {
	// Whoever the last test left behind and is ended now does not find it when they connect again.
	if err := d.rename(name); err != nil {
		return err
	}
	d.mu.Lock()
	stay := []int64{0}
	for _, c := range d.idle {
		stay = append(stay, c.pid)
	}
	d.mu.Unlock()
	// Whoever has looked up the old name holds that lock by now, is one of the others, or finds the new name once they
	// have the lock. So those who enter are looked at before the others, who may have entered meanwhile.
	if _, err := list(d.admin, "SELECT pg_terminate_backend(pid, "+goodbye+")::text"+entering); err != nil {
		return err
	}
	// Whoever was killed by a test may have left a statement that still runs.
	if _, err := list(d.admin, "SELECT pg_terminate_backend(pid, "+goodbye+")::text"+others, pq.Array(stay)); err != nil {
		return err
	}
	is, err := list(d.admin, shape)
	if err != nil {
		return err
	}
	if strings.Join(is, "") != d.as.schema {
		return errUnfit
	}
	filled, err := list(d.admin, d.as.filled)
	if err != nil {
		return err
	}
	tx, err := d.admin.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()                   // after a commit it does nothing
	text := "SET LOCAL session_replication_role = replica" // no keys of other tables are looked at
	for table, rows := range d.as.rows {
		if slices.Contains(filled, table) {
			text += "; DELETE FROM " + table
		}
		for _, row := range rows {
			text += "; INSERT INTO " + table + " OVERRIDING SYSTEM VALUE SELECT (" + pq.QuoteLiteral(row) + "::" + table + ").*"
		}
	}
	for name, at := range d.as.counts {
		text += "; SELECT setval(" + pq.QuoteLiteral(name) + ", " + at + ")"
	}
	if _, err := tx.Exec(text); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for _, look := range []struct { // those who did not end in time; whoever entered meanwhile is one of the others
		text string
		args []any
	}{{entering, nil}, {others, []any{pq.Array(stay)}}} {
		if left, err := list(d.admin, "SELECT pid::text"+look.text, look.args...); err != nil || len(left) > 0 {
			return cmp.Or(err, errUnfit)
		}
	}
	return nil
}

// close leaves the database.
func (d *database) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.idle {
		_ = c.DriverConn.Close() // the server may have ended it
	}
	d.idle, d.name = nil, ""
	return d.admin.Close()
}
