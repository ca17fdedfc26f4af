package pgtest

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage/internal/sqlstore"
)

// most is how many idle connections of a database are kept.
const most = 6

// Kept has the connections to a database that From has made outlive the store that opened them: the next
// store, of this test or of the next one on this database, finds them as new, with the server's catalogues
// read already. It is what Options.Wrap takes. A connection that broke, is in
// a transaction, or is closed when another test has the database, ends as it always does.
func Kept(dsn string) func(driver.Connector) driver.Connector {
	d, ok := binary.byDSN.Load(dsn)
	if !ok {
		return func(c driver.Connector) driver.Connector { return c }
	}
	of := d.(*database)
	of.mu.Lock()
	name := of.name
	of.mu.Unlock()
	return func(c driver.Connector) driver.Connector {
		settings := strings.Replace(fmt.Sprintf("%#v", c), "/"+name+"?", "/?", 1) // the same, whatever the database is called
		return keeping{c, of, name, settings}
	}
}

type keeping struct {
	driver.Connector
	of       *database
	name     string // of the database, as long as the test runs to which this belongs
	settings string // of connections, a secret among them
}

// Connect implements driver.Connector.
func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	k.of.mu.Lock()
	for i, c := range k.of.idle {
		if c.settings == k.settings && k.name == k.of.name { // else it is another test's by now
			k.of.idle = append(k.of.idle[:i:i], k.of.idle[i+1:]...)
			next := c.again()
			k.of.mu.Unlock()
			return next, nil
		}
	}
	k.of.mu.Unlock()
	dc, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := dc.(sqlstore.DriverConn)
	if !ok {
		_ = dc.Close()
		return nil, fmt.Errorf("connection of type %T lacks what is needed", dc)
	}
	c := &keptConn{DriverConn: full, settings: k.settings, of: k.of, name: k.name}
	if c.pid, err = c.backend(ctx); err != nil {
		_ = dc.Close()
		return nil, err
	}
	return c, nil
}

// keptConn is a connection that goes back to its database when it is closed.
type keptConn struct {
	sqlstore.DriverConn
	settings string
	of       *database
	name     string // of the database, when this was opened
	pid      int64  // of the server's process
	closed   bool
}

// again is the same connection for another user. The database is locked.
func (c *keptConn) again() *keptConn {
	return &keptConn{DriverConn: c.DriverConn, settings: c.settings, of: c.of, name: c.of.name, pid: c.pid}
}

func (c *keptConn) backend(ctx context.Context) (int64, error) {
	rows, err := c.QueryContext(ctx, "SELECT CAST(pg_backend_pid() AS bigint)", nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	row := make([]driver.Value, 1)
	if err := rows.Next(row); err != nil {
		return 0, err
	}
	pid, ok := row[0].(int64)
	if !ok {
		return 0, fmt.Errorf("the server's process is %v", row[0])
	}
	return pid, nil
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *keptConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.DriverConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// SetContext bounds what follows, if the connection can be bounded.
func (c *keptConn) SetContext(ctx context.Context) {
	if d, ok := c.DriverConn.(interface{ SetContext(ctx context.Context) }); ok {
		d.SetContext(ctx)
	}
}

// Close implements driver.Conn.
func (c *keptConn) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	if !c.IsValid() {
		return c.DriverConn.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c.SetContext(ctx)
	if _, err := c.ExecContext(ctx, "DISCARD ALL", nil); err != nil { // such as one that is in a transaction
		return c.DriverConn.Close()
	}
	c.SetContext(context.Background())
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if len(c.of.idle) >= most || c.name != c.of.name { // another test has the database, and the server has ended this
		return c.DriverConn.Close()
	}
	c.of.idle = append(c.of.idle, c)
	return nil
}
