package app

import (
	"github.com/aftercare/aftercare/web/api"
	"github.com/aftercare/aftercare/web/importing"
)

// takeImports is where sheets are kept that are imported on the pages; nil where no directory for
// them can be made, or in a demo.
func (a *App) takeImports() *importing.Desk {
	if a.Demo != nil {
		return nil
	}
	door := api.NewDoor(api.Config{Store: a.store, Bot: a.bot, Asking: a.asking, Clock: a.Clock, Log: a.Log})
	desk, err := importing.NewDesk(importing.Config{Store: a.store, Asking: a.asking, Door: door}, a.Settings.Imports(), a.Clock, a.Log)
	if err != nil {
		a.Log.Warn("no sheets are taken on the pages; the command imports them", "err", err)
		return nil
	}
	return desk
}
