package sqlstore

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// DriverConn is what both drivers' connections can do. Wrappers embed it.
type DriverConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.QueryerContext
	driver.ExecerContext
	driver.SessionResetter
	driver.Validator
}

// Cached wraps a connector so that every text with parameters is prepared once on each
// connection and kept there: the texts are few and known, and a text of 64 rows costs
// more to parse than to run. If detach is set, the driver does not see cancellations:
// the wrapped connection bounds every call by itself, and a write that was begun is
// better finished than left in doubt.
func Cached(c driver.Connector, detach bool) driver.Connector {
	return &cachedConnector{Connector: c, detach: detach}
}

type cachedConnector struct {
	driver.Connector
	detach bool
}

func (c *cachedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	dc, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := dc.(DriverConn)
	if !ok {
		_ = dc.Close()
		return nil, fmt.Errorf("connection of type %T lacks what this program needs", dc)
	}
	checker, _ := dc.(driver.NamedValueChecker)
	return &cachedConn{DriverConn: full, checker: checker, detach: c.detach, prepared: map[string]driver.Stmt{}}, nil
}

// cachedConn is used by one goroutine at a time, as database/sql promises.
type cachedConn struct {
	DriverConn
	checker  driver.NamedValueChecker // nil = the default conversions
	detach   bool
	prepared map[string]driver.Stmt
	broken   bool // a COMMIT failed: nobody knows whether a transaction is still open
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *cachedConn) CheckNamedValue(v *driver.NamedValue) error {
	if c.checker != nil {
		return c.checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// IsValid implements driver.Validator.
func (c *cachedConn) IsValid() bool { return !c.broken && c.DriverConn.IsValid() }

// deadliner is a connection that gives up by itself at its context's deadline.
type deadliner interface{ SetContext(ctx context.Context) }

// context hands the deadline to the connection and, if told so, takes the
// cancellation away.
func (c *cachedConn) context(ctx context.Context) context.Context {
	if d, ok := c.DriverConn.(deadliner); ok {
		d.SetContext(ctx)
	}
	if c.detach {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func (c *cachedConn) statement(ctx context.Context, text string) (driver.Stmt, error) {
	if st, ok := c.prepared[text]; ok {
		return st, nil
	}
	st, err := c.DriverConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.prepared[text] = st
	return st, nil
}

// QueryContext implements driver.QueryerContext.
func (c *cachedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	ctx = c.context(ctx)
	if len(args) == 0 {
		return c.DriverConn.QueryContext(ctx, text, args)
	}
	st, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return st.(driver.StmtQueryContext).QueryContext(ctx, args)
}

// ExecContext implements driver.ExecerContext.
func (c *cachedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	ctx = c.context(ctx)
	if len(args) == 0 {
		return c.DriverConn.ExecContext(ctx, text, args)
	}
	st, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return st.(driver.StmtExecContext).ExecContext(ctx, args)
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *cachedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	return c.DriverConn.PrepareContext(c.context(ctx), text)
}

// BeginTx implements driver.ConnBeginTx.
func (c *cachedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.DriverConn.BeginTx(c.context(ctx), opts)
	if err != nil {
		return nil, err
	}
	return &cachedTx{Tx: tx, conn: c}, nil
}

type cachedTx struct {
	driver.Tx
	conn *cachedConn
}

// Commit implements driver.Tx. After a failure the connection is not used again: on
// SQLite the transaction may still be open.
func (t *cachedTx) Commit() error {
	err := t.Tx.Commit()
	if err != nil {
		t.conn.broken = true
	}
	return err
}

// Rollback implements driver.Tx.
func (t *cachedTx) Rollback() error {
	err := t.Tx.Rollback()
	if err != nil {
		t.conn.broken = true
	}
	return err
}
