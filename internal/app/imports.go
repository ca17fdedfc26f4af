package app

import (
	"github.com/aftercare/aftercare/web/api"
	"github.com/aftercare/aftercare/web/importing"
)

// takeImports is where sheets are kept that are imported on the pages; nil in a demo.
func (a *App) takeImports() *importing.Desk {
	if a.Demo != nil {
		return nil
	}
	door := api.NewDoor(api.Config{Store: a.store, Bot: a.bot, Asking: a.asking, Clock: a.Clock, Log: a.Log})
	return importing.NewDesk(importing.Config{Store: a.store, Asking: a.asking, Door: door}, a.Settings.Imports(), a.Clock, a.Log)
}
