package main

import (
	"fmt"
	"strconv"
	"time"
)

// outboxCmd groups the commands that look at messages on their way.
type outboxCmd struct {
	List outboxListCmd `cmd:"" help:"List messages that could not be delivered."`
}

type outboxListCmd struct {
	outputFlags
	Limit int `default:"50" help:"The most messages to list."`
}

// failedView is a message that was given up, without its words.
type failedView struct {
	Slot     string    `json:"slot"`
	Address  string    `json:"address"`
	Kind     string    `json:"kind"`
	Attempts int       `json:"attempts"`
	Error    string    `json:"error"`
	Created  time.Time `json:"created"`
}

// Run lists what was given up, and counts what waits.
func (c *outboxListCmd) Run(a *app) error {
	if c.Limit < 1 {
		return usagef("--limit must be at least 1")
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	failed, err := store.Failed(a.ctx, c.Limit)
	if err != nil {
		return fmt.Errorf("read the outbox: %w", err)
	}
	counts, err := store.Counts(a.ctx)
	if err != nil {
		return fmt.Errorf("count the outbox: %w", err)
	}
	views := make([]failedView, len(failed))
	for i, d := range failed {
		views[i] = failedView{d.Slot, d.Address.String(), string(d.Kind), d.Attempts, d.Error, d.Created}
	}
	if c.JSON {
		return a.printJSON(map[string]any{"waiting": counts.Due, "failed": counts.Failed, "parked": counts.Parked, "messages": views})
	}
	if err := a.printf("%d waiting, %d given up, %d updates parked.\n", counts.Due, counts.Failed, counts.Parked); err != nil || len(views) == 0 {
		return err
	}
	rows := [][]string{{"SLOT", "CHAT", "TRIES", "SINCE", "WHY"}}
	for _, v := range views {
		rows = append(rows, []string{v.Slot, v.Address, strconv.Itoa(v.Attempts), v.Created.Format(time.RFC3339), v.Error})
	}
	return a.printTable(rows)
}
