package archive

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Querier is a transaction, or a connection.
type Querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
}

// Dialect is how an engine's tables are found, read and written.
type Dialect struct {
	Engine string
	// Columns asks for table, column and type of every column of the database's own tables.
	Columns string
	// Parents asks for pairs of tables: the first refers to the second.
	Parents string
	// Sequences asks for table, column and sequence of each column that is numbered by one;
	// Advance sets a sequence, $1, to the greatest number in use. "" = there are none.
	Sequences string
	// Kinds are the types of columns, in lower case.
	Kinds map[string]Kind
	// Raw is how a column is read so that no driver interprets it; nil = as it is.
	Raw func(column string) string
	// Bind writes the placeholders ? as the engine has them.
	Bind func(text string) string
	// Value is what the engine is given for a value of a kind; nil = the value.
	Value func(k Kind, value any) any
	// MostParameters bounds the parameters of one INSERT.
	MostParameters int
	// Describe is an error in words that hold no values.
	Describe func(error) string
}

// Schema is the tables of a database, each with its columns by name. A type that the
// archive does not know is an error: its values might not come back as they were.
func (d Dialect) Schema(ctx context.Context, db Querier) (map[string][]Column, error) {
	rows, err := db.QueryContext(ctx, d.Columns)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %s", d.Describe(err))
	}
	defer rows.Close()
	tables := map[string][]Column{}
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			return nil, fmt.Errorf("list the tables: %s", d.Describe(err))
		}
		if !Ours(table) {
			continue
		}
		known, ok := d.Kinds[strings.ToLower(kind)]
		if !ok || !identifier.MatchString(table) || !identifier.MatchString(column) {
			return nil, fmt.Errorf("a backup cannot hold the column %q of %q, of type %q", column, table, kind)
		}
		tables[table] = append(tables[table], Column{column, known})
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the tables: %s", d.Describe(err))
	}
	for _, columns := range tables {
		slices.SortFunc(columns, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
	}
	return tables, nil
}

// inOrder is the names of tables, each after those that it refers to.
func (d Dialect) inOrder(ctx context.Context, db Querier, tables map[string][]Column) ([]string, error) {
	rows, err := db.QueryContext(ctx, d.Parents)
	if err != nil {
		return nil, fmt.Errorf("list what refers to what: %s", d.Describe(err))
	}
	defer rows.Close()
	parents := map[string][]string{}
	for rows.Next() {
		var child, parent string
		if err := rows.Scan(&child, &parent); err != nil {
			return nil, fmt.Errorf("list what refers to what: %s", d.Describe(err))
		}
		parents[child] = append(parents[child], parent)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list what refers to what: %s", d.Describe(err))
	}
	names := make([]string, 0, len(tables))
	for name := range tables {
		names = append(names, name)
	}
	slices.Sort(names)
	var order []string
	seen := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		for _, parent := range parents[name] {
			visit(parent)
		}
		order = append(order, name)
	}
	for _, name := range names {
		visit(name)
	}
	return order, nil
}

// selects is the statement that reads a whole table.
func (d Dialect) selects(table string, columns []Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = `"` + c.Name + `"`
		if d.Raw != nil {
			names[i] = d.Raw(names[i])
		}
	}
	return "SELECT " + strings.Join(names, ", ") + ` FROM "` + table + `"`
}

// inserts is the statement that writes so many rows.
func (d Dialect) inserts(table string, columns []Column, rows int) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = `"` + c.Name + `"`
	}
	one := "(?" + strings.Repeat(", ?", len(columns)-1) + ")"
	return d.Bind(`INSERT INTO "` + table + `" (` + strings.Join(names, ", ") + ") VALUES " +
		one + strings.Repeat(", "+one, rows-1))
}
