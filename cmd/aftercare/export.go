package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// exportCmd writes the rows that docs/data.md tells of.
type exportCmd struct {
	What   string   `arg:"" enum:"answers,sessions,cases,invitations,feedback,customers,words" help:"answers, sessions, cases, invitations, feedback, customers or words."`
	Format string   `enum:"csv,xlsx,jsonl" default:"csv" xor:"form" help:"csv, xlsx or jsonl: one JSON object a line."`
	CSV    bool     `name:"csv" xor:"form" hidden:"" help:"As --format csv."`
	JSONL  bool     `name:"jsonl" xor:"form" hidden:"" help:"As --format jsonl."`
	Site   []string `placeholder:"ID" help:"Only of this site; may be given several times."`
	Flow   string   `placeholder:"ID" help:"Only of this survey."`
	Since  string   `placeholder:"DAY" help:"Only from this day on, as 2026-03-05; of customers since when they are known. Days of invitations and feedback are UTC."`
	Until  string   `placeholder:"DAY" help:"Only up to this day."`
}

// filter says which rows are meant.
func (c *exportCmd) filter() (storage.ExportFilter, error) {
	for _, day := range []string{c.Since, c.Until} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return storage.ExportFilter{}, fmt.Errorf("%q is no day: write it as 2026-03-05", day)
		}
	}
	if c.Flow != "" && !storage.Exported(c.What).OfFlows() {
		return storage.ExportFilter{}, fmt.Errorf("%s are of no survey: leave --flow out", c.What)
	}
	return storage.ExportFilter{Sites: c.Site, Flow: c.Flow, Since: c.Since, Until: c.Until}, nil
}

// Run writes rows as they are read: however many there are, few are held.
func (c *exportCmd) Run(a *terminal) error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	if err := a.knownSites(store, c.Site...); err != nil {
		return err
	}
	if err := a.knownFlow(store, c.Flow); err != nil {
		return err
	}
	to := a.stdout
	if p, ok := to.(*printed); ok {
		to = p.to
	}
	what, format := storage.Exported(c.What), c.Format
	if c.JSONL {
		format = table.JSONL
	}
	about := slices.Concat([]string{c.What + "." + format}, c.Site, []string{c.Flow, c.Since, c.Until})
	if err := a.audited(store, "data.export", strings.Join(strings.Fields(strings.Join(about, " ")), " "), "", ""); err != nil {
		return err
	}
	return table.Fill(to, format, what.Columns(), report.Inert, func(row func([]any) error) error {
		return store.Export(a.ctx, what, f, row)
	})
}
