package storage

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Installation is a workspace in which somebody installed our app, so that we may act
// there. Sealed is the workspace's token, encrypted by whoever stores it: the database
// never holds one that works.
type Installation struct {
	Platform  chat.Platform
	Account   string // the workspace, as in Address
	Name      string
	Sealed    string
	Scopes    string // what the token allows, joined by commas
	Installer string // the user who installed the app
	Installed time.Time
	Approved  time.Time // zero = it waits for approval: its token is not used
}

// Waits reports whether nobody has approved the installation yet.
func (i Installation) Waits() bool { return i.Approved.IsZero() }

// InstallLink lets one workspace install the app and be approved by that.
type InstallLink struct {
	Hash     string // keyed: the database holds no link that works
	Platform chat.Platform
	Account  string // the workspace that it is for; "" = whichever comes first
	Expires  time.Time
}

// Installing is what an installation by a browser uses up.
type Installing interface {
	// PutInstallLink stores a link.
	PutInstallLink(ctx context.Context, l InstallLink) error
	// UseInstallLink uses a link up for a workspace. ErrNotFound if it is unknown, expired at
	// now, for another workspace, or used by another; the same may repeat it.
	UseInstallLink(ctx context.Context, hash, account string, now time.Time) error
	// UseInstallState reports whether a state comes for the first time. It is remembered
	// until it expires.
	UseInstallState(ctx context.Context, state string, expires, now time.Time) (bool, error)
}
