package main

import (
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage/archive"
)

// migrateCmd brings the database up to date and does nothing else. `serve` does the
// same by itself; the command is for those who want it done first.
type migrateCmd struct {
	outputFlags
	BackedUp bool `help:"Say that the database is backed up, before a migration after which older programs cannot go on. A SQLite file is backed up by itself."`
	Buckets  int  `help:"Shards of a new database: how many transactions can write at once. It cannot be changed later. 1 on SQLite and 4 on Postgres unless given."`
}

// migrationView is a migration as programs see it.
type migrationView struct {
	From    int64    `json:"from"`
	To      int64    `json:"to"`
	Applied []string `json:"applied"`
	Buckets int      `json:"buckets"`
	Backup  string   `json:"backup,omitempty"` // directory of the one that was made first
}

// Run migrates and tells what was done.
func (c *migrateCmd) Run(a *terminal) error {
	if c.Buckets < 0 || c.Buckets > 1024 {
		return usagef("--buckets must be between 1 and 1024")
	}
	s, err := a.settings()
	if err != nil {
		return err
	}
	var saved *archive.Backup
	done, err := app.Migrate(a.ctx, app.Migrating{
		Settings: s, Version: thisBuild().Version, Clock: a.clock, Buckets: c.Buckets, BackedUp: c.BackedUp,
		Saved: func(b *archive.Backup) { saved = b },
	})
	if err != nil {
		return err
	}
	view := migrationView{From: done.From, To: done.To, Applied: append([]string{}, done.Applied...), Buckets: done.Buckets}
	if saved != nil {
		view.Backup = saved.Dir
	}
	if c.JSON {
		return a.printJSON(view)
	}
	if saved != nil {
		if err := a.printBackup(saved, "Older programs cannot go on after this, so everything was backed up first"); err != nil {
			return err
		}
	}
	for _, file := range view.Applied {
		if err := a.printf("Applied %s.\n", file); err != nil {
			return err
		}
	}
	return a.printf("The database is up to date: schema %d, %d buckets.\n", view.To, view.Buckets)
}
