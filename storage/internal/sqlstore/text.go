package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/aftercare/aftercare/storage"
)

// Dialect is what differs between the engines. Everything else is one text.
type Dialect struct {
	Name string
	Bind int // sqlx.QUESTION or sqlx.DOLLAR
	// Unhurried lets the statements of a transaction take as long as they do; empty where none is cut off.
	Unhurried string
	// Isolation of write transactions, said explicitly where the engine has a choice.
	Isolation sql.IsolationLevel
	Snapshot  sql.IsolationLevel         // of transactions that only read, and see one moment
	Lock      string                     // suffix that locks the rows of a SELECT; empty where a transaction locks everything
	Share     string                     // suffix that keeps the rows of a SELECT's table s from being changed; empty likewise
	Now       string                     // the database's own clock in microseconds since 1970, UTC
	Day       func(column string) string // the day of a moment in a column, UTC, "2026-03-05"
	// MostParameters limits the rows of one statement; 0 = all sizes.
	MostParameters int
	// Because is the condition that the reasons of a case, as the JSON of its body has them, are like
	// a parameter.
	Because string
	// HasSchema counts the tables that say which version the schema has: 0 or 1.
	HasSchema string
	// Fault says what an error of this driver means for the transaction.
	Fault func(error) Fault
	// Describe says what happened without parameters, secrets or addresses of files.
	Describe func(error) string
	// Each is the text of a SELECT of columns for every one of many keys of one bucket. Its
	// parameters are the keys, as Keys makes one of them, and the bucket. where is appended
	// to the conditions.
	Each func(columns, table, key, where string) string
	Keys func(keys []string) any
	// First is the text of a SELECT of the first rows, in an order, of every one of many keys of one bucket.
	// id is the rest of the table's own key. Its parameters are the keys, those of where, and how many rows a key has
	// at most; bucket says how the bucket is spelled. The table is called s.
	First func(columns, table, id, key, where, order, bucket string) string
	// Across is the text of one SELECT of what is at many places, in all of these tables. Its parameters are
	// those that Places makes of the places.
	Across func(tables []Source) string
	Places func(at []Place) ([]any, error)
	// Together has the database put many texts together: a row for each costs more on its way than that does.
	Together bool
	// Among is the condition that a column has one of many values: a parameter that Keys makes.
	Among func(column string) string
	// By, if set, names the index by which the rows of the table before it are found, where the engine would look
	// through a whole bucket for them: one without statistics takes a bucket for a handful of rows.
	By func(index string) string
	// Rows, if set, is the text of a SELECT of rows whose columns have these names, with one
	// parameter a column: one short statement for any number of rows. Column appends such a
	// parameter, made of the column at an index of all rows, to a buffer. nil = a parameter
	// for every value.
	Rows   func(columns []string) string
	Column func(buffer []byte, name string, rows [][]any, index int) ([]byte, error)
	// Pulse marks the database's file as in use; nil = a process's own row is enough.
	Pulse func(ctx context.Context, tx *sql.Tx) error
	// Scrub has the engine's files lose what was removed; whole = by writing the tables anew.
	// WholeOnce says that this must happen once: what was removed before is still there.
	Scrub     func(ctx context.Context, write *sql.DB, whole bool) (storage.Scrubbed, error)
	WholeOnce bool
	// Notify is the text that wakes listeners; empty where there are none.
	Notify string
}

// sizes are the numbers of rows (or values) that statements exist for, so that every
// text is known and checked at start.
var sizes = [...]int{64, 32, 16, 8, 4, 2, 1}

// sized is one statement in all its sizes; those that are too wide for the dialect are "".
type sized [len(sizes)]string

// chunks calls f for consecutive parts of n rows, largest first.
func (l *sized) chunks(n int, f func(text string, from, to int) error) error {
	for from := 0; from < n; {
		for i, size := range sizes {
			if n-from >= size && l[i] != "" {
				if err := f(l[i], from, from+size); err != nil {
					return err
				}
				from += size
				break
			}
		}
	}
	return nil
}

// list is a statement for rows that are written, or asked for: one for all of them where
// the dialect has a way to say so, else in sizes.
type list struct {
	sized   sized
	whole   string
	raw     string // whole, before its parameters are numbered
	within  bool   // the last parameter is the bucket
	columns []string
	column  func(buffer []byte, name string, rows [][]any, index int) ([]byte, error)
}

// each calls f with a statement and its arguments until all rows had their turn. The
// arguments may lie in the buffer, which is used again when f has returned.
func (l *list) each(buffer *[]byte, rows [][]any, f func(text string, args []any) error) error {
	if len(rows) == 0 {
		return nil
	}
	if l.whole == "" {
		return l.sized.chunks(len(rows), func(text string, from, to int) error {
			args := make([]any, 0, (to-from)*len(rows[from]))
			for _, row := range rows[from:to] {
				args = append(args, row...)
			}
			return f(text, args)
		})
	}
	all, ends := (*buffer)[:0], make([]int, len(l.columns))
	for i, name := range l.columns {
		var err error
		if all, err = l.column(all, name, rows, i); err != nil {
			return err
		}
		ends[i] = len(all)
	}
	args, from := make([]any, len(l.columns)), 0
	for i, to := range ends {
		args[i], from = all[from:to:to], to
	}
	*buffer = all
	return f(l.whole, args)
}

// texts collects every statement as the dialect spells it.
type texts struct {
	dialect Dialect
	marks   *strings.Replacer // {lock}, {share} and {now}, as the dialect spells them
	all     []string
	boot    []string // each statement once, lists in their smallest size
}

// one is a statement of one size. {lock}, {share} and {now} stand for the dialect's own.
func (t *texts) one(text string) string {
	text = t.spell(text)
	t.boot = append(t.boot, text)
	return text
}

// by is Dialect.By, or nothing.
func (t *texts) by(index string) string {
	if t.dialect.By == nil {
		return ""
	}
	return t.dialect.By(index)
}

func (t *texts) spell(text string) string {
	if t.marks == nil {
		t.marks = strings.NewReplacer("{lock}", t.dialect.Lock, "{share}", t.dialect.Share, "{now}", t.dialect.Now)
	}
	text = sqlx.Rebind(t.dialect.Bind, t.marks.Replace(text))
	t.all = append(t.all, text)
	return text
}

// all takes the text for all rows.
func (l *list) all(t *texts, text string) { l.raw, l.whole = text, t.one(text) }

// rows is an INSERT of rows with these columns, then tail. Constants are columns, and what
// they are the same in all rows.
func (t *texts) rows(table string, columns []string, tail string, constants ...[2]string) *list {
	into, same := "INSERT INTO "+table+" ("+strings.Join(columns, ", "), ""
	for _, c := range constants {
		into += ", " + c[0]
		same += ", " + c[1]
	}
	l := list{columns: columns, column: t.dialect.Column}
	if t.dialect.Rows != nil {
		l.all(t, into+") SELECT r.*"+same+" FROM ("+t.dialect.Rows(columns)+") AS r "+tail)
		return &l
	}
	tuple := "(" + strings.Repeat("?, ", len(columns)-1) + "?" + same + ")"
	for i, size := range sizes {
		if most := t.dialect.MostParameters; most > 0 && size > 1 && size*len(columns) > most {
			continue
		}
		l.sized[i] = t.spell(into + ") VALUES " + strings.Repeat(tuple+", ", size-1) + tuple + " " + tail)
	}
	t.boot = append(t.boot, l.sized[len(sizes)-1])
	return &l
}

// keyed is a SELECT by key within a bucket: of one, and of many in one go.
type keyed struct{ one, many string }

func (t *texts) keyed(columns, table, key, where string) *keyed {
	return &keyed{
		one:  t.one("SELECT " + columns + " FROM " + table + " WHERE bucket = ? AND " + key + " = ?" + where),
		many: t.one(t.dialect.Each(columns, table, key, where)),
	}
}

// numbered is what stands before the number of a parameter that is named by it.
func (t *texts) numbered() string {
	if t.dialect.Bind == sqlx.DOLLAR {
		return "$"
	}
	return "?"
}

// asked is a SELECT that is put for each of many keys, whose columns have these names: in
// one statement where the dialect has a way to say so, else one by one. The question's first
// parameters are the key's; of gives the spelling of each. It may have a limit of its own.
func (t *texts) asked(columns []string, question func(of func(column string) string) string) *list {
	l := list{columns: columns, column: t.dialect.Column}
	if t.dialect.Rows != nil {
		l.whole = t.one("SELECT h.* FROM (" + t.dialect.Rows(columns) + ") AS k CROSS JOIN LATERAL (" +
			question(func(column string) string { return "k." + column }) + ") AS h")
		return &l
	}
	l.sized[len(sizes)-1] = t.one(question(func(string) string { return "?" }))
	return &l
}

// first is a SELECT that is put for each of many keys, and of which the first rows of all of them are wanted, in the
// order of these columns: see firstRows.
func (t *texts) first(columns []string, order string, question func(of func(column string) string) string) *list {
	l := list{columns: columns, column: t.dialect.Column}
	if t.dialect.Rows != nil {
		l.whole = t.one("SELECT h.* FROM (" + t.dialect.Rows(columns) + ") AS k CROSS JOIN LATERAL (" +
			question(func(column string) string { return "k." + column }) + " LIMIT ?) AS h ORDER BY " + order + " LIMIT ?")
		return &l
	}
	l.sized[len(sizes)-1] = t.one(question(func(string) string { return "?" }) + " LIMIT ?")
	return &l
}

// inBuckets is a SELECT that is put for each of many buckets: see asked. It may name the bucket anywhere and more
// than once.
func (t *texts) inBuckets(question func(bucket string) string) *list {
	return t.asked([]string{"bucket"}, func(of func(string) string) string {
		if bucket := of("bucket"); bucket != "?" {
			return question(bucket)
		}
		mark := t.numbered()
		var text strings.Builder
		n := 1
		for _, c := range question("{bucket}") {
			if c == '?' {
				n++
				fmt.Fprint(&text, mark, n)
			} else {
				text.WriteRune(c)
			}
		}
		return strings.ReplaceAll(text.String(), "{bucket}", mark+"1")
	})
}

// Source is a table that is asked for rows by a key. Each row comes once for each place that it is at, in any order.
type Source struct {
	Columns, Table string
	Bucket, Key    string // the columns that a place names
	Where          string // appended to the conditions
}

// Place is a key in a bucket.
type Place struct {
	Bucket storage.Bucket
	Key    string
}

// across asks tables for what is at places, in whatever buckets: everything in one statement. A transaction, which
// keeps to one bucket, takes the statements of each table.
type across struct {
	many string
	ones []string
}

func (t *texts) across(tables ...Source) *across {
	a := &across{many: t.one(t.dialect.Across(tables))}
	for _, s := range tables {
		a.ones = append(a.ones, t.one("SELECT "+s.Columns+" FROM "+s.Table+" WHERE "+s.Bucket+" = ? AND "+s.Key+" = ?"+s.Where))
	}
	return a
}

// readAcross has scan see every row that is at one of these places.
func readAcross(ctx context.Context, db querier, d Dialect, q *across, at []Place, scan func(scanner) error) error {
	if len(at) == 0 {
		return nil
	}
	for i := range at {
		at[i].Key = storage.Clean(at[i].Key)
	}
	args, err := d.Places(at)
	if err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, q.many, args...)
	if err != nil {
		return err
	}
	return each(rows, func(rows *sql.Rows) error { return scan(rows) })
}

// drop is a DELETE of the rows of a bucket that have these keys; the last parameter is the bucket.
func (t *texts) drop(table, key string) *list {
	l := list{columns: columns(key), column: t.dialect.Column, within: true}
	if t.dialect.Rows != nil {
		text := "DELETE FROM " + table + " q USING (" + t.dialect.Rows(l.columns) + ") AS r WHERE q.bucket = ?"
		for _, c := range l.columns {
			text += " AND q." + c + " = r." + c
		}
		l.all(t, text)
		return &l
	}
	l.sized[len(sizes)-1] = t.one("DELETE FROM " + table + " WHERE " + strings.Join(l.columns, " = ? AND ") + " = ? AND bucket = ?")
	return &l
}

// change is an UPDATE of the rows of a bucket that have these keys: columns of the key come first;
// the last parameter is the bucket. Other than an upsert it neither looks whether the row is there
// nor locks it by itself.
func (t *texts) change(table, key, to string) *list {
	keys, set := columns(key), columns(to)
	l := list{columns: append(slices.Clone(keys), set...), column: t.dialect.Column, within: true}
	if t.dialect.Rows != nil {
		text := "UPDATE " + table + " q SET "
		for i, c := range set {
			if i > 0 {
				text += ", "
			}
			text += c + " = r." + c
		}
		text += " FROM (" + t.dialect.Rows(l.columns) + ") AS r WHERE q.bucket = ?"
		for _, c := range keys {
			text += " AND q." + c + " = r." + c
		}
		l.all(t, text)
		return &l
	}
	// The key's parameters come first, and are numbered so.
	mark := t.numbered()
	text := "UPDATE " + table + " SET "
	for i, c := range set {
		if i > 0 {
			text += ", "
		}
		text += c + " = " + mark + strconv.Itoa(len(keys)+i+1)
	}
	text += " WHERE "
	for i, c := range keys {
		text += c + " = " + mark + strconv.Itoa(i+1) + " AND "
	}
	l.sized[len(sizes)-1] = t.one(text + "bucket = " + mark + strconv.Itoa(len(l.columns)+1))
	return &l
}

// states is an upsert of stateColumns. What it does not change is said to be nothing.
func (t *texts) states() *list {
	var set []string
	for _, c := range columns(stateColumns) {
		set = append(set, c+" = excluded."+c)
	}
	return t.rows("deliveries", append([]string{"bucket", "slot", "created"}, columns(stateColumns)...),
		"ON CONFLICT (bucket, slot) DO UPDATE SET "+strings.Join(set, ", "),
		[2]string{"owner", "''"}, [2]string{"identity", "''"}, [2]string{"kind", "''"}, [2]string{"ord", "0"},
		[2]string{"render", "''"}, [2]string{"hash", "''"}, [2]string{"wanted", "0"})
}

// versions are the statements of a kind of file that is published in versions: a row in
// heads says which is the newest of a name, and is the lock under which publishers count.
type versions struct {
	insertHead, lockHead, updateHead string
	insert, version, newest          string
}

// versions of files in this table, by the column key.
func (t *texts) versions(key, heads, table string) *versions {
	row := "v." + key + ", v.version, v.source, v.published FROM " + table + " v"
	return &versions{
		insertHead: t.one("INSERT INTO " + heads + " (" + key + ", version) VALUES (?, 0) ON CONFLICT (" + key + ") DO NOTHING"),
		lockHead:   t.one("SELECT version FROM " + heads + " WHERE " + key + " = ?{lock}"),
		updateHead: t.one("UPDATE " + heads + " SET version = ? WHERE " + key + " = ?"),
		insert:     t.one("INSERT INTO " + table + " (" + key + ", version, source, published) VALUES (?, ?, ?, ?)"),
		version:    t.one("SELECT " + row + " WHERE v." + key + " = ? AND v.version = ?"),
		newest:     t.one("SELECT " + row + " JOIN " + heads + " h ON h." + key + " = v." + key + " AND h.version = v.version WHERE v." + key + " = ?"),
	}
}

// each is one SELECT for every key, put together by UNION ALL.
func (t *texts) each(text string) *sized {
	var l sized
	for i, size := range sizes {
		l[i] = t.spell(text + strings.Repeat(" UNION ALL "+text, size-1))
	}
	t.boot = append(t.boot, l[len(l)-1])
	return &l
}

// columns are those of a list of their names.
func columns(list string) []string { return strings.Split(list, ", ") }

// put is an upsert of whole rows: columns beginning with the key's.
func (t *texts) put(table, all string, key ...string) *list {
	var set []string
	for _, c := range columns(all) {
		if !slices.Contains(key, c) {
			set = append(set, c+" = excluded."+c)
		}
	}
	return t.rows(table, columns(all), "ON CONFLICT ("+strings.Join(key, ", ")+") DO UPDATE SET "+strings.Join(set, ", "))
}

// insert is an INSERT of whole rows, then tail.
func (t *texts) insert(table, all, tail string) *list { return t.rows(table, columns(all), tail) }

// record finds records with their links.
func (t *texts) record(table, link string) *keyed {
	return t.keyed("id, "+link+", body", table, "id", "")
}
