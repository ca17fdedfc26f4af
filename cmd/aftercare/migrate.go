package main

import (
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/sqlite"
)

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
	view, err := c.migrate(a, s)
	if err != nil {
		return err
	}
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

func (c *migrateCmd) migrate(a *terminal, s settings) (migrationView, error) {
	if path := s.sqlitePath(); path != "" {
		if err := makePrivate(path); err != nil {
			return migrationView{}, err
		}
		r, err := sqlite.Migrate(a.ctx, path, sqlite.Options{Clock: a.clock, Buckets: c.Buckets})
		return migrationView{r.From, r.To, append([]string{}, r.Applied...), r.Buckets}, err
	}
	r, err := postgres.Migrate(a.ctx, string(s.DatabaseURL), postgres.Options{Clock: a.clock, Buckets: c.Buckets})
	return migrationView{r.From, r.To, append([]string{}, r.Applied...), r.Buckets}, err
}
