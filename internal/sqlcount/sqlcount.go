// Package sqlcount counts what a database is asked and how many rows it answers with: for tests
// and for the benchmark, which hold pages to a number that no machine changes.
package sqlcount

import (
	"context"
	"database/sql/driver"
	"sync/atomic"
)

// Counter counts on every connection that it wraps. The zero value is ready.
type Counter struct{ Queries, Rows atomic.Int64 }

// Reset begins anew.
func (c *Counter) Reset() {
	c.Queries.Store(0)
	c.Rows.Store(0)
}

// Wrap counts on the connections of a connector.
func (c *Counter) Wrap(in driver.Connector) driver.Connector { return connector{in, c} }

type connector struct {
	driver.Connector
	c *Counter
}

// Connect wraps a new connection.
func (k connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &counted{conn.(whole), k.c}, nil
}

// whole is what the connections of both drivers can do.
type whole interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.QueryerContext
	driver.ExecerContext
	driver.SessionResetter
	driver.Validator
}

type counted struct {
	whole
	c *Counter
}

// QueryContext counts a query that was not prepared.
func (k *counted) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := k.whole.QueryContext(ctx, q, args)
	return k.c.counted(rows, err)
}

// PrepareContext prepares a query that is counted whenever it runs.
func (k *counted) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	st, err := k.whole.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	return statement{st, k.c}, nil
}

type statement struct {
	driver.Stmt
	c *Counter
}

// QueryContext counts a query that was prepared.
func (k statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := k.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	return k.c.counted(rows, err)
}

// ExecContext is not counted: it answers with no rows.
func (k statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return k.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (c *Counter) counted(of driver.Rows, err error) (driver.Rows, error) {
	c.Queries.Add(1)
	if err != nil {
		return of, err
	}
	return rows{of, c}, nil
}

type rows struct {
	driver.Rows
	c *Counter
}

// Next counts a row.
func (k rows) Next(into []driver.Value) error {
	err := k.Rows.Next(into)
	if err == nil {
		k.c.Rows.Add(1)
	}
	return err
}
