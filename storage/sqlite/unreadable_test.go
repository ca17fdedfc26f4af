package sqlite_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"reflect"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
)

// A row that cannot be read is an error of whoever asked, never the end of the process: a server that stops cancels
// what it reads between a row's arrival and its reading, and a database may hold what an older hand put there. Each
// method of the store is called on a database that answers every query with such a row.
func TestNoRowThatCannotBeReadEndsTheProcess(t *testing.T) {
	var spoil spoiler
	store, err := sqlite.Open(t.Context(), sqlitetest.New(t, 1), sqlite.Options{Wrap: spoil.wrap, Unchecked: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		spoil.on.Store(false)
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	skipped := map[string]bool{"Close": true, "Hints": true, "Buckets": true}
	asked := 0
	v := reflect.ValueOf(store)
	for i := range v.NumMethod() {
		name := v.Type().Method(i).Name
		if skipped[name] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{1, 20} { // few and many have statements of their own
				if panicked(t.Context(), v.Method(i), n) != nil {
					continue // nobody calls it with such arguments
				}
				before := spoil.rows.Load()
				spoil.on.Store(true)
				p := panicked(t.Context(), v.Method(i), n)
				spoil.on.Store(false)
				if p != nil {
					t.Errorf("with lists of %d: %v", n, p)
				}
				if spoil.rows.Load() > before {
					asked++
				}
			}
		})
	}
	if asked < 50 {
		t.Errorf("only %d calls read a row", asked)
	}
}

// panicked calls a method and returns what it panicked with, nil if it did not.
func panicked(ctx context.Context, method reflect.Value, n int) (what any) {
	defer func() {
		if p := recover(); p != nil {
			what = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
	}()
	method.Call(arguments(ctx, method.Type(), n))
	return nil
}

// arguments are values for a method: of each list n, and nothing empty.
func arguments(ctx context.Context, method reflect.Type, n int) []reflect.Value {
	var list []reflect.Value
	for i := range method.NumIn() {
		in := method.In(i)
		if in == reflect.TypeFor[context.Context]() {
			list = append(list, reflect.ValueOf(ctx))
			continue
		}
		list = append(list, filled(in, n, 0))
	}
	return list
}

// filled is a value of a type with something in every part of it. A function does nothing and returns zero values.
func filled(of reflect.Type, n, depth int) reflect.Value {
	v := reflect.New(of).Elem()
	switch {
	case depth > 6:
	case of == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
	case of.Kind() == reflect.String:
		v.SetString("x")
	case v.CanInt() && of.Name() != "Bucket":
		v.SetInt(1)
	case v.CanUint():
		v.SetUint(1)
	case v.CanFloat():
		v.SetFloat(1)
	case of.Kind() == reflect.Pointer:
		v.Set(reflect.New(of.Elem()))
		v.Elem().Set(filled(of.Elem(), n, depth+1))
	case of.Kind() == reflect.Slice:
		for range n {
			v.Set(reflect.Append(v, filled(of.Elem(), n, depth+1)))
		}
	case of.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(of))
		v.SetMapIndex(filled(of.Key(), n, depth+1), filled(of.Elem(), n, depth+1))
	case of.Kind() == reflect.Struct:
		for i := range of.NumField() {
			if of.Field(i).IsExported() {
				v.Field(i).Set(filled(of.Field(i).Type, n, depth+1))
			}
		}
	case of.Kind() == reflect.Func:
		v.Set(reflect.MakeFunc(of, func([]reflect.Value) (out []reflect.Value) {
			for i := range of.NumOut() {
				out = append(out, reflect.Zero(of.Out(i)))
			}
			return out
		}))
	}
	return v
}

// spoiler answers queries, while it is on, with one row of which no value is what was asked for.
type spoiler struct {
	on   atomic.Bool
	rows atomic.Int64
}

func (s *spoiler) wrap(in driver.Connector) driver.Connector { return spoiled{in, s} }

type spoiled struct {
	driver.Connector
	by *spoiler
}

func (k spoiled) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &spoiledConn{conn.(wholeConn), k.by}, nil
}

// wholeConn is what a connection of the driver can do.
type wholeConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.QueryerContext
	driver.ExecerContext
	driver.SessionResetter
	driver.Validator
}

type spoiledConn struct {
	wholeConn
	by *spoiler
}

func (k *spoiledConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	return k.by.spoil(k.wholeConn.QueryContext(ctx, q, args))
}

func (k *spoiledConn) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	st, err := k.wholeConn.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	return spoiledStmt{st, k.by}, nil
}

type spoiledStmt struct {
	driver.Stmt
	by *spoiler
}

func (k spoiledStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return k.by.spoil(k.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args))
}

func (k spoiledStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return k.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s *spoiler) spoil(rows driver.Rows, err error) (driver.Rows, error) {
	if err != nil || !s.on.Load() {
		return rows, err
	}
	return &spoiledRows{Rows: rows, by: s}, nil
}

type spoiledRows struct {
	driver.Rows
	by   *spoiler
	done bool
}

func (r *spoiledRows) Next(into []driver.Value) error {
	if r.done {
		return io.EOF
	}
	r.done = true
	r.by.rows.Add(1)
	for i := range into {
		into[i] = "?"
	}
	return nil
}
