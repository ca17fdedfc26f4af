package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lib/pq"

	"github.com/aftercare/aftercare/storage/internal/sqlstore"
)

// How long things may take. The server gives up first, so that its answer is known;
// the connection's own limit is for servers that do not answer at all: a context's
// deadline does not free a query on a black-holed connection.
const (
	connectTimeout   = 3 * time.Second
	lockTimeout      = 3 * time.Second
	statementTimeout = 4 * time.Second
	idleTimeout      = 5 * time.Second // of a transaction
	silence          = statementTimeout + 5*time.Second
	grace            = time.Second // past a context's deadline
)

// address is where the database is, and how to talk to it.
type address struct {
	dsn     string // with sslmode spelled out; a secret
	patient bool   // no limits to statements: for migrations
}

var errDSN = errors.New("the database's address is not understood: write it like postgres://user:password@host/name?sslmode=require")

// parse checks a DSN. The parser's own error would show the password.
func parse(dsn string) (address, error) {
	c, err := pq.NewConfig(dsn)
	if err != nil {
		return address{}, errDSN
	}
	mode := "require"
	switch ip := net.ParseIP(c.Host); {
	case strings.HasPrefix(c.Host, "/"), strings.HasPrefix(c.Host, "@"), c.Host == "localhost", ip != nil && ip.IsLoopback():
		mode = "disable" // this machine
	}
	a := address{}
	a.dsn, err = withDefault(dsn, "sslmode", mode)
	if err != nil {
		return address{}, errDSN
	}
	return a, nil
}

// withDefault adds a setting to a DSN that does not have it.
func withDefault(dsn, key, value string) (string, error) {
	if strings.Contains(dsn, "://") {
		u, err := url.Parse(dsn)
		if err != nil {
			return "", err
		}
		q := u.Query()
		if !q.Has(key) {
			q.Set(key, value)
			u.RawQuery = q.Encode()
		}
		return u.String(), nil
	}
	given, err := regexp.MatchString(`(^|\s)`+key+`\s*=`, dsn)
	if err != nil || given {
		return dsn, err
	}
	return strings.TrimSpace(dsn + " " + key + "='" + value + "'"), nil
}

// pool opens connections to the database. Nothing is dialled yet.
func (a address) pool(o Options, size int) *sql.DB {
	var c driver.Connector = connector{a}
	if o.Wrap != nil {
		c = o.Wrap(c)
	}
	db := sql.OpenDB(&sqlstore.Cached{Connector: c, Detach: true})
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(time.Hour)
	return db
}

// connector makes connections that bound each of their reads and writes.
type connector struct{ address }

// Driver implements driver.Connector.
func (connector) Driver() driver.Driver { return &pq.Driver{} }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	cfg, err := pq.NewConfig(c.dsn)
	if err != nil {
		return nil, errDSN
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	if end, ok := ctx.Deadline(); ok {
		cfg.ConnectTimeout = min(cfg.ConnectTimeout, max(time.Until(end)+grace, time.Millisecond))
	}
	if cfg.ApplicationName == "" {
		cfg.ApplicationName = "aftercare"
	}
	cfg = cfg.Clone()
	cfg.BinaryParameters = true // bytes are sent as they are: see array
	setting := func(name, value string) {
		if _, given := cfg.Runtime[name]; !given {
			cfg.Runtime[name] = value
		}
	}
	setting("timezone", "UTC")
	d := &dialer{silence: silence}
	if c.patient {
		d.silence = 0
	} else {
		// Every statement has its index. A plan made while a table was small would read the
		// whole of it, and be kept while it grows, until statistics are gathered.
		setting("enable_seqscan", "off")
		// No statement is so long that it is worth compiling, or starting processes for.
		setting("jit", "off")
		setting("max_parallel_workers_per_gather", "0")
		// Postgres would plan a statement anew for every list of keys shorter than the one it
		// guesses. All are made to have one good plan.
		setting("plan_cache_mode", "force_generic_plan")
		setting("statement_timeout", milliseconds(statementTimeout))
		setting("lock_timeout", milliseconds(lockTimeout))
		setting("idle_in_transaction_session_timeout", milliseconds(idleTimeout))
	}
	pc, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, errDSN
	}
	pc.Dialer(d)
	dc, err := pc.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := dc.(sqlstore.DriverConn)
	if !ok {
		_ = dc.Close()
		return nil, fmt.Errorf("connection of type %T lacks what this program needs", dc)
	}
	checker, _ := dc.(driver.NamedValueChecker)
	return &conn{DriverConn: full, NamedValueChecker: checker, net: d.last}, nil
}

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

// conn is a connection that knows its socket, so that a context's deadline can bound it.
type conn struct {
	sqlstore.DriverConn
	driver.NamedValueChecker
	net *boundConn
}

// SetContext bounds every read and write from now on by the context's deadline.
func (c *conn) SetContext(ctx context.Context) {
	end, ok := ctx.Deadline()
	if ok {
		end = end.Add(grace)
	}
	_ = c.net.SetDeadline(end) // never fails
}

// Close says goodbye to the server. The deadline of the last statement's context may
// have passed long ago; it does not bound this.
func (c *conn) Close() error {
	_ = c.net.SetDeadline(time.Now().Add(grace)) // never fails
	return c.DriverConn.Close()
}

// dialer makes boundConns. It is used by one connection.
type dialer struct {
	net     net.Dialer
	silence time.Duration
	last    *boundConn
}

// Dial implements pq.Dialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout implements pq.Dialer.
func (d *dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// DialContext implements pq.DialerContext.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.net.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.last = &boundConn{Conn: c, silence: d.silence}
	return d.last, nil
}

// boundConn sets a deadline on every read and write: its silence from now, or the
// deadline that was set, whichever comes first.
type boundConn struct {
	net.Conn
	silence time.Duration // 0 = unlimited
	until   atomic.Int64  // nanoseconds since 1970; 0 = none
}

// SetDeadline implements net.Conn.
func (c *boundConn) SetDeadline(t time.Time) error {
	if t.IsZero() {
		c.until.Store(0)
		return nil
	}
	c.until.Store(t.UnixNano())
	return nil
}

func (c *boundConn) deadline() time.Time {
	var t time.Time
	if c.silence > 0 {
		t = time.Now().Add(c.silence)
	}
	if ns := c.until.Load(); ns != 0 {
		if u := time.Unix(0, ns); t.IsZero() || u.Before(t) {
			t = u
		}
	}
	return t
}

// Read implements net.Conn.
func (c *boundConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(c.deadline()); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write implements net.Conn.
func (c *boundConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(c.deadline()); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
