package app

import (
	"context"
	"sync"
	"time"

	"github.com/aftercare/aftercare/web/admin"
)

// stopBackup is how long a backup that is cut off may take to end.
const stopBackup = 2 * time.Second

// backups makes backups for the pages, one at a time.
type backups struct {
	app  *App
	life context.Context //nolint:containedctx // of all backups: it ends when the instance stops
	runs group

	mu    sync.Mutex
	state admin.BackupState
}

// backups are those of this instance; one that runs is cut off when it stops.
func (a *App) backups() *backups {
	life, cancel := context.WithCancel(context.Background())
	b := &backups{app: a, life: life}
	b.state.Where = a.Settings.Backups()
	a.stops.add("cut off a backup", stopBackup, func(limit context.Context) error {
		cancel()
		return b.runs.wait(limit)
	})
	return b
}

// State implements admin.Backups.
func (b *backups) State() admin.BackupState {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// Begin implements admin.Backups.
func (b *backups) Begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state.Running || b.state.Where == "" || b.life.Err() != nil {
		return
	}
	b.state.Running = true
	b.runs.start(b.make)
}

func (b *backups) make() {
	a := b.app
	made, err := Backup(b.life, Saving{Settings: a.Settings, Version: a.Version, Clock: a.Clock})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state.Running, b.state.Ended, b.state.Fault = false, a.Clock(), ""
	if err != nil {
		a.Log.Error("a backup that was asked for on the pages is not whole", "err", err)
		b.state.Fault = err.Error()
		return
	}
	a.Log.Info("a backup was made", "dir", made.Dir, "rows", made.Rows())
	b.state.Dir, b.state.Rows, b.state.Bytes = made.Dir, made.Rows(), made.Bytes()
}
