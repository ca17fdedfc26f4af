package storage

import (
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
}
