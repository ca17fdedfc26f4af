package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage"
)

// findStuck looks up what has an id of `outbox list`.
func findStuck(ctx context.Context, store storage.Store, id string) (bot.Stuck, error) {
	found, err := bot.FindStuck(ctx, store, id)
	switch {
	case errors.Is(err, bot.ErrNotGivenUp):
		return found, fmt.Errorf("%w. Only one that was given up can be mended", err)
	case errors.Is(err, storage.ErrNotFound):
		return found, fmt.Errorf("there is no message and no update %q. `aftercare outbox list` tells their ids", id)
	}
	return found, err
}

type outboxShowCmd struct {
	outputFlags
	ID string `arg:"" help:"The id of a message or an update, as outbox list tells it."`
}

// Run prints everything that is known of one message or update. It is the only command
// that prints what customers wrote, because it was asked to.
func (c *outboxShowCmd) Run(a *terminal) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	found, err := findStuck(a.ctx, store, c.ID)
	if err != nil {
		return err
	}
	if d := found.Message; d != nil {
		if c.JSON {
			return a.printJSON(struct {
				failedView
				Message chat.Message `json:"message"`
			}{viewOfFailed(*d), d.Render})
		}
		v := viewOfFailed(*d)
		if err := a.printf("Message %s, a %s to %s\nWanted since %s, given up after %d tries: %s\n\n",
			v.Slot, v.Kind, v.Address, v.Created.Format("2006-01-02 15:04:05 MST"), v.Attempts, v.Error); err != nil {
			return err
		}
		return a.printJSON(d.Render)
	}
	p := found.Update
	if c.JSON {
		return a.printJSON(struct {
			parkedView
			Update json.RawMessage `json:"update"`
		}{viewOfParked(*p), json.RawMessage(p.Payload)})
	}
	v := viewOfParked(*p)
	return a.printf("Update %s from %s\nParked at %s: %s\n\n%s\n", v.Key, v.Person, v.At.Format("2006-01-02 15:04:05 MST"), v.Error, p.Payload)
}

// mendedView says what became of one id.
type mendedView struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"` // message or update
	Result string `json:"result"`
	Error  string `json:"error,omitempty"`
}

type outboxRetryCmd struct {
	outputFlags
	IDs   []string `arg:"" optional:"" name:"id" help:"The ids of messages and updates, as outbox list tells them."`
	All   bool     `help:"Everything that outbox list would list."`
	Limit int      `default:"1000" help:"With --all: the most messages, and the most updates, to retry."`
}

// Run makes messages due again and handles updates again, each exactly once.
func (c *outboxRetryCmd) Run(a *terminal) error {
	if (len(c.IDs) == 0) != c.All || c.Limit < 1 {
		return usagef("name the messages and updates to retry, or give --all")
	}
	return mend(a, c.JSON, c.IDs, c.Limit, func(b *bot.Bot, s bot.Stuck) (string, error) {
		result := "handled"
		if s.Message != nil {
			result = "it is due again; the running server sends it"
		}
		return result, s.Retry(a.ctx, b)
	})
}

type outboxDropCmd struct {
	outputFlags
	IDs []string `arg:"" name:"id" help:"The ids of messages and updates, as outbox list tells them."`
	Yes bool     `help:"Yes, drop them: a dropped update is lost for good."`
}

// Run gives messages and updates up for good.
func (c *outboxDropCmd) Run(a *terminal) error {
	if !c.Yes {
		return usagef("what is dropped cannot be brought back: look at it with `aftercare outbox show`, then add --yes")
	}
	return mend(a, c.JSON, c.IDs, 0, func(b *bot.Bot, s bot.Stuck) (string, error) {
		return "dropped", s.Drop(a.ctx, b)
	})
}

// mend does one thing to each of ids, or to everything that is stuck if there are none,
// and tells what became of each. It fails if one of them does.
func mend(a *terminal, asJSON bool, ids []string, limit int, do func(*bot.Bot, bot.Stuck) (string, error)) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	store, err := app.OpenKeyed(a.ctx, s, a.clock, nil)
	if err != nil {
		return err
	}
	defer store.Close()
	if len(ids) == 0 {
		if ids, err = everythingStuck(a.ctx, store, limit); err != nil {
			return err
		}
	}
	b, err := app.NewBot(a.ctx, s, store, a.clock, nil)
	if err != nil {
		return err
	}
	defer b.Close()
	views, failed := make([]mendedView, 0, len(ids)), 0
	for _, id := range ids {
		v := mendedView{ID: id, Kind: "message"}
		found, err := findStuck(a.ctx, store, id)
		if err == nil {
			if found.Update != nil {
				v.Kind = "update"
			}
			v.Result, err = do(b, found)
		}
		if err != nil && len(ids) == 1 && !asJSON {
			return fmt.Errorf("%s: %w", id, err)
		}
		if err != nil {
			v.Result, v.Error = "failed", err.Error()
			failed++
		}
		views = append(views, v)
	}
	if err := printMended(a, asJSON, views); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d could not be mended", failed, len(ids))
	}
	return nil
}

func printMended(a *terminal, asJSON bool, views []mendedView) error {
	if asJSON {
		return a.printJSON(map[string]any{"mended": views})
	}
	for _, v := range views {
		text := v.Result
		if v.Error != "" {
			text = v.Error
		}
		if err := a.printf("%s: %s.\n", v.ID, text); err != nil {
			return err
		}
	}
	if len(views) == 0 {
		return a.printf("Nothing is stuck.\n")
	}
	return nil
}

// everythingStuck is the ids of messages and of updates, each the oldest first.
func everythingStuck(ctx context.Context, store storage.Store, limit int) ([]string, error) {
	failed, err := store.Failed(ctx, limit)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	parked, err := store.ParkedUpdates(ctx, limit)
	if err != nil {
		return nil, fmt.Errorf("read the parked updates: %w", err)
	}
	var ids []string
	for _, d := range slices.Backward(failed) {
		ids = append(ids, d.Slot)
	}
	for _, p := range slices.Backward(parked) {
		ids = append(ids, p.Key)
	}
	return ids, nil
}
