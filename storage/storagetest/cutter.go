package storagetest

import (
	"context"
	"database/sql/driver"
	"fmt"
	"sync"

	"github.com/aftercare/aftercare/storage/internal/sqlstore"
)

// Point is a moment at which a Cutter may cut the connection.
type Point string

// The points.
const (
	Begin     Point = "begin"
	Statement Point = "statement"
	Commit    Point = "commit"
)

// Cut says what happens at a point.
type Cut int

// The cuts.
const (
	Pass   Cut = iota // nothing
	Before            // the connection breaks before the database hears of it
	After             // the database does it, and its answer is lost
)

// Cutter cuts connections at the driver's level, where a network would.
type Cutter struct {
	mu   sync.Mutex
	plan func(Point) Cut // guarded by mu; nil = nothing
	cuts int             // guarded by mu
}

// Plan says from now on what happens at each point.
func (c *Cutter) Plan(plan func(Point) Cut) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plan = plan
}

// Once cuts at the n-th point of this kind, counted from 1, and never again.
func (c *Cutter) Once(at Point, n int, cut Cut) {
	c.Plan(func(p Point) Cut {
		if p == at {
			n--
			if n == 0 {
				return cut
			}
		}
		return Pass
	})
}

// Cuts is how often it cut.
func (c *Cutter) Cuts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cuts
}

func (c *Cutter) at(p Point) Cut {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.plan == nil {
		return Pass
	}
	cut := c.plan(p)
	if cut != Pass {
		c.cuts++
	}
	return cut
}

// Wrap puts the cutter between the store and its driver.
func (c *Cutter) Wrap(inner driver.Connector) driver.Connector {
	return &cutConnector{Connector: inner, cutter: c}
}

type cutConnector struct {
	driver.Connector
	cutter *Cutter
}

func (c *cutConnector) Connect(ctx context.Context) (driver.Conn, error) {
	dc, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := dc.(sqlstore.DriverConn)
	if !ok {
		return nil, fmt.Errorf("connection of type %T lacks what the store needs", dc)
	}
	return &cutConn{DriverConn: full, cutter: c.cutter}, nil
}

type cutConn struct {
	sqlstore.DriverConn
	cutter *Cutter
	dead   bool
	// prepared is closed with the connection: SQLite keeps its lock until then.
	prepared []driver.Stmt
}

// do runs f unless the plan says otherwise.
func (c *cutConn) do(p Point, f func() error) error {
	return c.doing(p, func(Cut) error { return f() })
}

// doing tells f, which is not run on Before, what comes after it.
func (c *cutConn) doing(p Point, f func(Cut) error) error {
	if c.dead {
		return driver.ErrBadConn
	}
	cut := c.cutter.at(p)
	if cut != Before {
		if err := f(cut); err != nil {
			return err
		}
	}
	if cut == Pass {
		return nil
	}
	c.dead = true
	for _, st := range c.prepared {
		_ = st.Close() // it is meant to be broken
	}
	_ = c.DriverConn.Close()
	return driver.ErrBadConn
}

// query is do for what yields rows.
func (c *cutConn) query(f func() (driver.Rows, error)) (driver.Rows, error) {
	var rows driver.Rows
	err := c.doing(Statement, func(cut Cut) (err error) {
		if rows, err = f(); err == nil && cut == After {
			err = rows.Close()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// Close closes what is not broken already.
func (c *cutConn) Close() error {
	if c.dead {
		return nil
	}
	return c.DriverConn.Close()
}

func (c *cutConn) IsValid() bool { return !c.dead && c.DriverConn.IsValid() }

func (c *cutConn) ResetSession(ctx context.Context) error {
	if c.dead {
		return driver.ErrBadConn
	}
	return c.DriverConn.ResetSession(ctx)
}

// CheckNamedValue and SetContext pass on what embedding hides.
func (c *cutConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.DriverConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *cutConn) SetContext(ctx context.Context) {
	if d, ok := c.DriverConn.(interface{ SetContext(context.Context) }); ok {
		d.SetContext(ctx)
	}
}

func (c *cutConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	if c.dead {
		return nil, driver.ErrBadConn
	}
	st, err := c.DriverConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.prepared = append(c.prepared, st)
	return &cutStmt{Stmt: st, conn: c}, nil
}

func (c *cutConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	var tx driver.Tx
	err := c.do(Begin, func() (err error) { tx, err = c.DriverConn.BeginTx(ctx, o); return err })
	if err != nil {
		return nil, err
	}
	return &cutTx{Tx: tx, conn: c}, nil
}

type cutTx struct {
	driver.Tx
	conn *cutConn
}

func (t *cutTx) Commit() error { return t.conn.do(Commit, t.Tx.Commit) }

func (t *cutTx) Rollback() error {
	if t.conn.dead {
		return driver.ErrBadConn
	}
	return t.Tx.Rollback()
}

type cutStmt struct {
	driver.Stmt
	conn *cutConn
}

func (s *cutStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.query(func() (driver.Rows, error) { return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args) })
}

func (s *cutStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (r driver.Result, err error) {
	err = s.conn.do(Statement, func() (err error) { r, err = s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args); return err })
	return r, err
}

func (c *cutConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	return c.query(func() (driver.Rows, error) { return c.DriverConn.QueryContext(ctx, text, args) })
}

func (c *cutConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (r driver.Result, err error) {
	err = c.do(Statement, func() (err error) { r, err = c.DriverConn.ExecContext(ctx, text, args); return err })
	return r, err
}
