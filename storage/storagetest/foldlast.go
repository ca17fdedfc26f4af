package storagetest

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/internal/sqlstore"
)

// written notes what transactions write, in order. The zero value is ready.
type written struct {
	mu    sync.Mutex
	texts []string // guarded by mu; "" = a transaction ended
}

func (w *written) note(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !strings.HasPrefix(text, "SELECT ") {
		w.texts = append(w.texts, text)
	}
}

// transactions are what each of them wrote.
func (w *written) transactions() (all [][]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var one []string
	for _, text := range w.texts {
		if text != "" {
			one = append(one, text)
			continue
		}
		all, one = append(all, one), nil
	}
	return all
}

// Wrap notes what is written on the connections of a connector.
func (w *written) Wrap(in driver.Connector) driver.Connector { return noting{in, w} }

type noting struct {
	driver.Connector
	to *written
}

func (c noting) Connect(ctx context.Context) (driver.Conn, error) {
	dc, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := dc.(sqlstore.DriverConn)
	if !ok {
		return nil, fmt.Errorf("connection of type %T lacks what the store needs", dc)
	}
	return &notingConn{full, c.to}, nil
}

type notingConn struct {
	sqlstore.DriverConn
	to *written
}

func (c *notingConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.DriverConn.BeginTx(ctx, o)
	return notingTx{tx, c.to}, err
}

func (c *notingConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	st, err := c.DriverConn.PrepareContext(ctx, text)
	return notingStmt{st, text, c.to}, err
}

type notingTx struct {
	driver.Tx
	to *written
}

func (t notingTx) Commit() error { t.to.note(""); return t.Tx.Commit() }

type notingStmt struct {
	driver.Stmt
	text string
	to   *written
}

func (s notingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.to.note(s.text)
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s notingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.to.note(s.text)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

func init() {
	foldTests["a fold marks days of invitations last, for whoever is asked on such a day waits for it"] = func(t *testing.T, b *bench) {
		w := &written{}
		b.store = b.open(t, Options{Clock: b.clock.Now, Wrap: w.Wrap})
		b.openedLink(t, person(1), 0, 2)
		_ = must(b.store.FoldAll(t.Context()))(t)
		b.openedLink(t, person(2), storage.Bucket(b.store.Buckets()-1), 3)
		folds := 0
		for _, texts := range w.transactions() {
			all := strings.Join(texts, "\n")
			if !strings.Contains(all, "INSERT INTO folds") || strings.Count(all, "INSERT INTO cell_marks") != 2 || !strings.Contains(all, "INSERT INTO read_sessions") {
				continue
			}
			folds++
			if last := texts[len(texts)-1]; !strings.HasPrefix(last, "INSERT INTO cell_marks") {
				t.Errorf("behind the marks something else is written: %.100s", last)
			}
		}
		equal(t, "folds of answers to links", folds, 2)
	}
}
