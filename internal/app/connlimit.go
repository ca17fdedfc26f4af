package app

import (
	"container/list"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// spareFiles are the descriptors that connections leave to everything else: the database, the
// platforms, the log.
const spareFiles = 64

// crowd are the connections of the web server. It never has more than fit under the limit of
// open files: the one that has waited longest for a request makes room for the next.
type crowd struct {
	net.Listener
	log *slog.Logger
	max int

	mu      sync.Mutex
	waiting list.List // of net.Conn, the oldest first: nothing was asked, or nothing more
	at      map[net.Conn]*list.Element
	open    map[net.Conn]bool

	closed  atomic.Int64 // made room for others
	refused atomic.Int64 // found no room, or could not be accepted
	told    atomic.Int64 // when the log heard of it, in Unix seconds
}

func newCrowd(l net.Listener, log *slog.Logger) *crowd {
	return &crowd{Listener: l, log: log, max: max(16, openFiles()-spareFiles), at: map[net.Conn]*list.Element{}, open: map[net.Conn]bool{}}
}

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				c.refused.Add(1)
				c.tell("a connection cannot be accepted", "err", err, "do", "raise the limit of open files (LimitNOFILE)")
			}
			return nil, err
		}
		if c.enter(conn) {
			return conn, nil
		}
		c.refused.Add(1)
		_ = conn.Close()
		c.tell("connections are refused: all are busy", "limit", c.max, "do", "raise the limit of open files (LimitNOFILE), or have a proxy in front limit clients")
	}
}

// enter finds room for a connection.
func (c *crowd) enter(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) >= c.max {
		oldest := c.waiting.Front()
		if oldest == nil {
			return false
		}
		victim, _ := oldest.Value.(net.Conn)
		c.leave(victim)
		c.closed.Add(1)
		_ = victim.Close() // the server hears of it by itself
		c.tell("idle connections are closed to make room", "limit", c.max, "do", "raise the limit of open files (LimitNOFILE), or have a proxy in front limit clients")
	}
	c.open[conn] = true
	c.at[conn] = c.waiting.PushBack(conn)
	return true
}

// leave forgets a connection. c.mu is held.
func (c *crowd) leave(conn net.Conn) {
	if e := c.at[conn]; e != nil {
		c.waiting.Remove(e)
		delete(c.at, conn)
	}
	delete(c.open, conn)
}

// state is http.Server.ConnState.
func (c *crowd) state(conn net.Conn, s http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s {
	case http.StateNew: // it waits since it entered
	case http.StateActive:
		if e := c.at[conn]; e != nil {
			c.waiting.Remove(e)
			delete(c.at, conn)
		}
	case http.StateIdle:
		if c.open[conn] && c.at[conn] == nil {
			c.at[conn] = c.waiting.PushBack(conn)
		}
	case http.StateHijacked, http.StateClosed:
		c.leave(conn)
	}
}

// now is how many connections are open.
func (c *crowd) now() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

// tell warns at most once a minute.
func (c *crowd) tell(says string, about ...any) {
	now, last := time.Now().Unix(), c.told.Load()
	if now-last >= int64(tellEvery/time.Second) && c.told.CompareAndSwap(last, now) {
		c.log.Warn(says, about...)
	}
}
