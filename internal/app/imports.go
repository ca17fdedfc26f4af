package app

import (
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/web/api"
	"github.com/aftercare/aftercare/web/importing"
)

// takeImports is where sheets are kept that are imported on the pages.
func (a *App) takeImports() *importing.Desk {
	door := api.NewDoor(api.Config{Store: a.store, Bot: a.bot, Asking: a.asking, Clock: a.Clock, Log: a.Log})
	c := importing.Config{
		Store: a.store, Asking: a.asking, Door: door,
		Key: a.connections.naming, Hashes: bot.Privacy(a.bot).Hashes, // the key outlives a change of SECRET_KEY
	}
	return importing.NewDesk(c, a.Settings.Imports(), a.Clock, a.Log)
}
