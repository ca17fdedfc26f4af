package app

import (
	"context"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/storage"
)

// connection is an account that this process connects and serves, again whenever that ends.
type connection struct {
	Installation
	sealed string // what the database holds of the token; "" = a setting holds it
	link   link
	stop   context.CancelFunc
	done   chan struct{} // closed when it is no longer served

	mu      sync.Mutex
	account storage.Account         // zero until the platform said whose token it is
	leaving context.CancelCauseFunc // ends serving, so that it is connected anew; nil while it is not served
	err     error                   // why it is not served; nil while it is
	at      time.Time               // of err
}

func newConnection(i Installation, sealed string, l link) *connection {
	return &connection{Installation: i, sealed: sealed, link: l, done: make(chan struct{})}
}

// id is the account as its platform says it, "" while that is unknown.
func (n *connection) id() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.account.ID != "" {
		return n.account.ID
	}
	return n.Account
}

// end stops the connection for good. It does not wait.
func (n *connection) end() {
	n.stop()
	if n.link.forget != nil {
		n.link.forget()
	}
}

// leave ends serving, if it is served, so that it is connected anew.
func (n *connection) leave(why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.leaving != nil {
		n.leaving(why)
	}
}

func (n *connection) serving(a storage.Account, leave context.CancelCauseFunc) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.account, n.leaving, n.err = a, leave, nil
}

func (n *connection) left() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.leaving = nil
}

// note keeps why it is not served.
func (n *connection) note(err error, at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.err, n.at = err, at
}

// health is what the connection itself knows.
func (n *connection) health() AccountHealth {
	id := n.id()
	n.mu.Lock()
	defer n.mu.Unlock()
	h := AccountHealth{Setting: n.Setting, Tenant: n.Installer != "", Served: n.leaving != nil}
	h.AccountHealth = outbox.AccountHealth{Platform: n.Platform, ID: id, Name: n.Name}
	if n.account.Name != "" {
		h.Name = n.account.Name
	}
	if n.err != nil {
		h.Error, h.ErrorAt, h.Revoked = n.err.Error(), n.at, chat.AsError(n.err).Kind == chat.Revoked
	}
	return h
}
