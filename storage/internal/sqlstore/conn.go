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

// Cached is a connector whose connections prepare every text with parameters once and
// keep it: the texts are few and known, and a text of 64 rows costs
// more to parse than to run.
type Cached struct {
	driver.Connector
	// Detach hides cancellations from the driver: the wrapped connection bounds every
	// call by itself, and a write that was begun is better finished than left in doubt.
	Detach bool
	// Finalize closes the statements before their connection. A server forgets them by
	// itself; an embedded database does not.
	Finalize bool
	// Guard is asked before a transaction begins and after it was committed: an error of
	// its is the transaction's. nil = no questions.
	Guard func() error
	// Settle is called with the connection after a transaction that was committed and that the guard let pass, and the
	// guard is asked again after it; nil = nothing is to be settled.
	Settle func(c DriverConn)
}

// Connect implements driver.Connector.
func (c *Cached) Connect(ctx context.Context) (driver.Conn, error) {
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
	return &cachedConn{DriverConn: full, checker: checker, detach: c.Detach, finalize: c.Finalize, guard: c.Guard, settle: c.Settle, prepared: map[string]driver.Stmt{}}, nil
}

// cachedConn is used by one goroutine at a time, as database/sql promises.
type cachedConn struct {
	DriverConn
	checker  driver.NamedValueChecker // nil = the default conversions
	detach   bool
	finalize bool
	guard    func() error // may be nil
	settle   func(DriverConn)
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

// Close implements driver.Conn. SQLite keeps a connection, and the lock of its
// transaction, for as long as a statement of it is open.
func (c *cachedConn) Close() error {
	if c.finalize {
		for _, st := range c.prepared {
			_ = st.Close() // the connection's own error is the one to tell
		}
	}
	return c.DriverConn.Close()
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
	if c.guard != nil {
		if err := c.guard(); err != nil {
			return nil, err
		}
	}
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
	if err != nil || t.conn.guard == nil {
		return err
	}
	if err := t.conn.guard(); err != nil || t.conn.settle == nil {
		return err
	}
	t.conn.settle(t.conn.DriverConn)
	return t.conn.guard()
}

// Rollback implements driver.Tx.
func (t *cachedTx) Rollback() error {
	err := t.Tx.Rollback()
	if err != nil {
		t.conn.broken = true
	}
	return err
}
