package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// outboxCmd groups the commands that look at messages and updates that got stuck, and
// mend them.
type outboxCmd struct {
	List  outboxListCmd  `cmd:"" help:"List messages that could not be delivered, and updates that could not be handled."`
	Show  outboxShowCmd  `cmd:"" help:"Show one of them whole. What customers wrote is printed."`
	Retry outboxRetryCmd `cmd:"" help:"Deliver a message again, or handle an update again."`
	Drop  outboxDropCmd  `cmd:"" help:"Give a message or an update up for good."`
}

type outboxListCmd struct {
	outputFlags
	Limit int `default:"50" help:"The most messages, and the most updates, to list."`
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

func viewOfFailed(d storage.Delivery) failedView {
	return failedView{d.Slot, d.Address.String(), string(d.Kind), d.Attempts, d.Error, d.Created}
}

// parkedView is an update that could not be handled, without its words.
type parkedView struct {
	Key    string    `json:"key"`
	Person string    `json:"person"`
	Error  string    `json:"error"`
	At     time.Time `json:"at"`
}

func viewOfParked(p storage.Parked) parkedView {
	return parkedView{p.Key, fmt.Sprintf("%s:%s:%s", p.Person.Platform, p.Person.Account, p.Person.User), p.Error, p.At}
}

// Run lists what was given up, and counts what waits.
func (c *outboxListCmd) Run(a *terminal) error {
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
	parked, err := store.ParkedUpdates(a.ctx, c.Limit)
	if err != nil {
		return fmt.Errorf("read the parked updates: %w", err)
	}
	counts, err := store.Counts(a.ctx)
	if err != nil {
		return fmt.Errorf("count the outbox: %w", err)
	}
	messages, updates := make([]failedView, len(failed)), make([]parkedView, len(parked))
	for i, d := range failed {
		messages[i] = viewOfFailed(d)
	}
	for i, p := range parked {
		updates[i] = viewOfParked(p)
	}
	if c.JSON {
		return a.printJSON(map[string]any{
			"waiting": counts.Due, "failed": counts.Failed, "parked": counts.Parked, "messages": messages, "updates": updates,
		})
	}
	if err := a.printf("%d waiting, %d given up, %d updates parked.\n", counts.Due, counts.Failed, counts.Parked); err != nil {
		return err
	}
	rows := [][]string{{"MESSAGE", "CHAT", "TRIES", "SINCE", "WHY"}}
	for _, v := range messages {
		rows = append(rows, []string{v.Slot, v.Address, strconv.Itoa(v.Attempts), v.Created.Format(time.RFC3339), v.Error})
	}
	if err := a.printTableIfAny(rows); err != nil {
		return err
	}
	rows = [][]string{{"UPDATE", "FROM", "SINCE", "WHY"}}
	for _, v := range updates {
		rows = append(rows, []string{v.Key, v.Person, v.At.Format(time.RFC3339), v.Error})
	}
	if err := a.printTableIfAny(rows); err != nil || len(messages)+len(updates) == 0 {
		return err
	}
	return a.printf("\nLook at one with `aftercare outbox show ID`; mend it with `outbox retry ID` or `outbox drop ID --yes`.\n")
}

// printTableIfAny prints a table that has more than its heading.
func (a *terminal) printTableIfAny(rows [][]string) error {
	if len(rows) == 1 {
		return nil
	}
	if err := a.printf("\n"); err != nil {
		return err
	}
	return a.printTable(rows)
}
