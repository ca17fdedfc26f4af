package main

import (
	"fmt"

	"github.com/aftercare/aftercare/storage"
)

// recordCmd groups the commands that look at what is stored.
type recordCmd struct {
	Show recordShowCmd `cmd:"" help:"Print, as JSON, what is stored under an id: of a conversation (its answers, and what its chat shows), a person, an invitation, a case, or a message. What customers wrote is printed."`
}

type recordShowCmd struct {
	ID string `arg:"" help:"The id."`
}

// Run prints the records, whatever the format of their bodies is.
func (c *recordShowCmd) Run(a *terminal) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	shower, ok := store.(storage.Shower)
	if !ok {
		return fmt.Errorf("a %T does not show its records", store)
	}
	records, err := shower.Show(a.ctx, c.ID)
	if err != nil {
		return fmt.Errorf("read the record: %w", err)
	}
	if len(records) == 0 {
		return fmt.Errorf("nothing is stored under %q: ids stand in exports, in the log, and in the columns id and slot of the tables", c.ID)
	}
	return a.printJSON(records)
}
