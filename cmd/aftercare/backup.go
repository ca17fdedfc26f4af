package main

import (
	"fmt"
	"time"

	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage/archive"
)

// backupCmd writes all that the database holds, and the key, into a directory.
type backupCmd struct {
	outputFlags
	Dir string `arg:"" optional:"" help:"A new directory for this backup; one named after the time in BACKUP_DIR unless given."`
}

// backupView is a backup as programs see it.
type backupView struct {
	Dir    string           `json:"dir"`
	Began  time.Time        `json:"began"` // what was acknowledged before is in it
	Ended  time.Time        `json:"ended"`
	Engine string           `json:"engine"`
	Schema int64            `json:"schema"`
	Rows   int64            `json:"rows"`
	Tables map[string]int64 `json:"tables"` // rows of each
	Bytes  int64            `json:"bytes"`  // of all files
	Key    string           `json:"key,omitempty"`
	Copy   string           `json:"copy,omitempty"` // of the SQLite file
}

func viewBackup(b *archive.Backup) backupView {
	v := backupView{
		Dir: b.Dir, Began: b.Began, Ended: b.Ended, Engine: b.Engine, Schema: b.Schema, Rows: b.Rows(), Tables: map[string]int64{}, Bytes: b.Bytes(),
	}
	for _, t := range b.Tables {
		v.Tables[t.Name] = t.Rows
	}
	if b.Key != nil {
		v.Key = b.Key.Name
	}
	if b.Copy != nil {
		v.Copy = b.Copy.Name
	}
	return v
}

// Run backs up, tells how far it is on standard error, and what there is at the end.
func (c *backupCmd) Run(a *terminal) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	b, err := app.Backup(a.ctx, app.Saving{
		Settings: s, Dir: c.Dir, Version: thisBuild().Version, Clock: a.clock, Told: a.progress(),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(viewBackup(b))
	}
	return a.printBackup(b, "The backup is whole")
}

func (a *terminal) printBackup(b *archive.Backup, verdict string) error {
	err := a.printf("%s: %d rows of %d tables, schema %d, %s, in %s\n", verdict, b.Rows(), len(b.Tables), b.Schema, size(b.Bytes()), b.Dir)
	if err == nil && b.Copy != nil {
		err = a.printf("A checked copy of the SQLite file is in it as %s.\n", b.Copy.Name)
	}
	if err != nil {
		return err
	}
	if b.Key == nil {
		return a.printf("There was no key to back up: no SECRET_KEY is set and none is kept beside the database.\n")
	}
	return a.printf("SECRET_KEY is in it as %s: whoever reads this directory reads what customers said and the stored tokens. Keep it private.\n", b.Key.Name)
}

// progress tells on standard error how many rows are done, a line a table.
func (a *terminal) progress() archive.Progress {
	return func(table string, rows int64) { fmt.Fprintf(a.stderr, "%12d rows of %s\n", rows, table) }
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d kB", (n+1023)/1024)
}

// restoreCmd puts a backup into a new database.
type restoreCmd struct {
	outputFlags
	Dir   string `arg:"" help:"The directory of the backup."`
	Check bool   `help:"Only compare every file with its checksum; nothing is restored."`
}

// restoreView is what was restored, as programs see it.
type restoreView struct {
	Backup backupView     `json:"backup"`
	Schema *migrationView `json:"database,omitempty"` // none with --check
}

// Run restores, or only checks.
func (c *restoreCmd) Run(a *terminal) error {
	if c.Check {
		b, err := app.CheckBackup(c.Dir)
		if err != nil {
			return err
		}
		if c.JSON {
			return a.printJSON(restoreView{Backup: viewBackup(b)})
		}
		return a.printBackup(b, "Every file is as it was written")
	}
	s, err := a.settings()
	if err != nil {
		return err
	}
	b, done, err := app.Restore(a.ctx, app.Saving{
		Settings: s, Dir: c.Dir, Version: thisBuild().Version, Clock: a.clock, Told: a.progress(),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		view := migrationView{From: done.From, To: done.To, Applied: append([]string{}, done.Applied...), Buckets: done.Buckets}
		return a.printJSON(restoreView{viewBackup(b), &view})
	}
	if err := a.printf("Restored and compared: %d rows of %d tables, as they were at %s.\n", b.Rows(), len(b.Tables), b.Began.UTC().Format(time.RFC3339)); err != nil {
		return err
	}
	for _, file := range done.Applied {
		if err := a.printf("Applied %s.\n", file); err != nil {
			return err
		}
	}
	switch {
	case b.Key == nil:
		return a.printf("The backup holds no key.\n")
	case s.SecretKey == "":
		return a.printf("The key is kept beside the database, in %s.key.\n", s.SQLitePath())
	}
	return a.printf("SECRET_KEY is the one of the backup.\n")
}
