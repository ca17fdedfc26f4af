package app

import "github.com/aftercare/aftercare/adapters/chat"

// failingSides are the calls of platforms that fail and for which nothing waits.
func (a *App) failingSides() []chat.SideCall { return a.sides.Failing(a.Clock()) }
