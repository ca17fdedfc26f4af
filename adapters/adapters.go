// Package adapters is what a chat platform's package offers the program so that it is
// served: a Platform, of which internal/app has a table. An adapter that needs more than
// this, as Slack's many workspaces behind one connection do, is joined to the program by a
// file of its own in internal/app.
package adapters

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Platform is how accounts of one platform are reached.
type Platform struct {
	Name   chat.Platform // in addresses and in the database; it never changes
	Title  string        // for people
	Traits chat.Traits   // what it can do; without Limits it sets none
	// Token names the setting that holds an account's token. Without it the platform is off,
	// until an account is connected while the program runs.
	Token string
	// Settings are all that it reads from the environment, Token among them.
	Settings []Setting
	// Open makes an account. It asks nothing of the platform yet.
	Open func(Host) (Account, error)
}

// Setting is one value from the environment. Like every setting it can be given as
// NAME_FILE instead, and it is never printed.
type Setting struct {
	Name    string
	Default string
	// Check says what is wrong with a value that was given and what to do, "" = nothing. It
	// must not quote the value. nil accepts everything.
	Check func(value string) string
}

// Host is what an account is given.
type Host struct {
	Token   string
	Setting func(name string) string // the value of one of Platform.Settings
	// Handle acts on what people do. An update is acknowledged to the platform only after
	// Handle returned nil.
	Handle chat.Handler
	// Hook is the address at which the platform may call Account.Hook, "" while the
	// public address is unknown, which may become known; account is the Self.ID.
	Hook  func(account string) string
	Clock func() time.Time
	Log   *slog.Logger // never of tokens or of people's words
}

// Account is one of our accounts on a platform. Its methods are safe for concurrent use.
type Account interface {
	chat.Sender
	// Me asks the platform whose token it is and makes the account ready. It is called
	// before anything else, and again after a failure. Errors are *chat.Error; Revoked means
	// that only an operator can help.
	Me(ctx context.Context) (Self, error)
	// Receive gives what people do to Host.Handle until ctx ends, and returns soon after.
	// One instance at a time calls it. Where the platform calls the Hook instead, it waits.
	Receive(ctx context.Context) error
	// Hook handles what the platform calls, on every instance; nil = it calls nothing.
	Hook() http.Handler
	// Close is called when nothing else of the account runs any more.
	Close()
}

// Self is who an account is.
type Self struct {
	ID   string // the Account of its addresses
	Name string // for people
}
