package app

import (
	"net"
	"net/http"
	"sync"
)

// unused holds the connections on which nothing was asked yet. Browsers open such ones in
// advance, and a server that stops would otherwise wait five seconds for each of them.
type unused struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// note is told of every change of a connection (http.Server.ConnState).
func (u *unused) note(c net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if state != http.StateNew {
		delete(u.conns, c)
		return
	}
	if u.conns == nil {
		u.conns = make(map[net.Conn]struct{})
	}
	u.conns[c] = struct{}{}
}

// close closes them. Nothing is lost: what was sent on one of them was not acknowledged.
func (u *unused) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for c := range u.conns {
		_ = c.Close() // the other side may have closed it already
	}
}
