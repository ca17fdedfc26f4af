package admin

import (
	"context"
	"database/sql/driver"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// counter counts what a database is asked and what it answers.
type counter struct{ queries, rows atomic.Int64 }

// wrap counts on every connection.
func (c *counter) wrap(in driver.Connector) driver.Connector { return countedConnector{in, c} }

type countedConnector struct {
	driver.Connector
	c *counter
}

func (k countedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &countedConn{conn.(wholeConn), k.c}, nil
}

// wholeConn is what the driver's connections can do.
type wholeConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.QueryerContext
	driver.ExecerContext
	driver.SessionResetter
	driver.Validator
}

type countedConn struct {
	wholeConn
	c *counter
}

func (k *countedConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := k.wholeConn.QueryContext(ctx, q, args)
	return k.c.counted(rows, err)
}

func (k *countedConn) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	st, err := k.wholeConn.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	return countedStmt{st, k.c}, nil
}

type countedStmt struct {
	driver.Stmt
	c *counter
}

func (k countedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := k.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	return k.c.counted(rows, err)
}

func (k countedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return k.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (c *counter) counted(rows driver.Rows, err error) (driver.Rows, error) {
	c.queries.Add(1)
	if err != nil {
		return rows, err
	}
	return countedRows{rows, c}, nil
}

type countedRows struct {
	driver.Rows
	c *counter
}

func (k countedRows) Next(into []driver.Value) error {
	err := k.Rows.Next(into)
	if err == nil {
		k.c.rows.Add(1)
	}
	return err
}

// What a page may ask of the database and send, whatever there is. Pages that look at what many
// customers said, or at all that is stored of one, are named with what they may.
const (
	mostQueries = 24
	mostRows    = 450
	mostBytes   = pageAlone
)

var costly = map[string]struct{ queries, rows, bytes int }{}

// crowd makes this many unhappy customers, each with a case.
func (w *world) crowd(from, to int) (last storage.Case) {
	for i := from; i < to; i++ {
		last = w.unhappy([]string{"main", "harbour"}[i%2], fmt.Sprint(1000+i), fmt.Sprintf("Customer %c%c", 'A'+i/26, 'A'+i%26), "I waited.")
		w.clock.add(time.Minute)
	}
	w.folds()
	return last
}

// No page asks the database once a row: with twice as many customers it asks as often. How
// many rows it reads and bytes it sends stays below a ceiling.
func TestNoPageAsksOncePerRow(t *testing.T) {
	c := &counter{}
	w := newWorldOn(t, c.wrap)
	owner := Viewer{Login: "l", SignIn: "boss", Staff: "robin", Name: "Robin Park", Owner: true, Language: "en", Proved: w.clock.Now().Add(time.Hour)}
	h := New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(owner), Clock: w.clock.Now, Accounts: &bots{}})
	link := storage.StandingLink{ID: "abcdefgh", Name: "Counter", Flow: "one_tap_csat", Site: "main", Event: map[string]string{}, Created: w.clock.Now()}
	if err := w.store.PutStandingLink(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	kase := w.crowd(0, 35)
	asked := func(pattern string) (queries, rows, bytes int) {
		at := strings.NewReplacer("{$}", "", "{number}", kase.Name(), "{who}", kase.Identity, "{id}", "0."+kase.Session, "{link}", link.ID, "{site}", "main", "{flow}", "one_tap_csat",
			"{topic}", "running", "{picture}", "x.svg", "{ask}", "x", "{challenge}", "x").Replace(pattern)
		if pattern == "/people/{id}" {
			at = "/people/robin"
		}
		for range 2 { // the second time everything is prepared
			c.queries.Store(0)
			c.rows.Store(0)
			out := httptest.NewRecorder()
			h.ServeHTTP(out, httptest.NewRequest("GET", at, nil))
			if out.Code >= http.StatusInternalServerError {
				t.Errorf("%s: %d", at, out.Code)
			}
			queries, rows, bytes = int(c.queries.Load()), int(c.rows.Load()), out.Body.Len()
		}
		return queries, rows, bytes
	}
	var pages []string
	for _, to := range routes {
		method, at, _ := strings.Cut(to.pattern, " ")
		if at == "/reports/{report}" {
			for _, r := range reports {
				pages = append(pages, "/reports/"+r.name)
			}
		} else if method == "GET" && at != "/live" && !strings.HasSuffix(at, "/export") && !regexp.MustCompile(`\.(csv|svg)$`).MatchString(at) {
			pages = append(pages, at)
		}
	}
	slices.Sort(pages)
	few := map[string]int{}
	for _, at := range pages {
		few[at], _, _ = asked(at)
	}
	kase = w.crowd(35, 80)
	for _, at := range pages {
		queries, rows, bytes := asked(at)
		may, named := costly[at]
		if !named {
			may.queries, may.rows, may.bytes = mostQueries, mostRows, mostBytes
		}
		t.Logf("%-42s %3d queries %5d rows %7d bytes", at, queries, rows, bytes)
		if queries > few[at]+2 {
			t.Errorf("%s asks the database %d times with 80 customers, %d times with 35", at, queries, few[at])
		}
		if queries > may.queries || rows > may.rows || bytes > may.bytes {
			t.Errorf("%s: %d queries, %d rows, %d bytes; %v are allowed", at, queries, rows, bytes, may)
		}
	}
}
