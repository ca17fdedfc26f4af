package main

import "github.com/aftercare/aftercare/internal/app"

// migrateCmd brings the database up to date and does nothing else. `serve` does the
// same by itself; the command is for those who want it done first.
type migrateCmd struct {
	outputFlags
	Buckets int `help:"Shards of a new database: how many transactions can write at once. It cannot be changed later. 1 on SQLite and 4 on Postgres unless given."`
}

// migrationView is a migration as programs see it.
type migrationView struct {
	From    int64    `json:"from"`
	To      int64    `json:"to"`
	Applied []string `json:"applied"`
	Buckets int      `json:"buckets"`
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
	done, err := app.Migrate(a.ctx, s, c.Buckets, a.clock)
	if err != nil {
		return err
	}
	view := migrationView{done.From, done.To, append([]string{}, done.Applied...), done.Buckets}
	if c.JSON {
		return a.printJSON(view)
	}
	for _, file := range view.Applied {
		if err := a.printf("Applied %s.\n", file); err != nil {
			return err
		}
	}
	return a.printf("The database is up to date: schema %d, %d buckets.\n", view.To, view.Buckets)
}
