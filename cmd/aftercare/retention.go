package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/storage"
)

// retentionCmd groups the commands about how long data of people is kept.
type retentionCmd struct {
	Show retentionShowCmd `cmd:"" help:"Show for how many days each class of data is kept, and how much is older."`
	Set  retentionSetCmd  `cmd:"" help:"Say for how many days a class of data is kept."`
	Run  retentionRunCmd  `cmd:"" help:"Remove now what is older; a running server does it by itself, once a day."`
}

type retentionShowCmd struct{ outputFlags }

// retentionView is a class as programs see it.
type retentionView struct {
	personal.Old
	What   string `json:"what"`
	Since  string `json:"since"`
	Leaves string `json:"leaves"`
}

// keeping opens the database and what forgets people. The caller closes the store.
func (a *terminal) keeping() (storage.Store, *personal.Keeper, error) {
	store, b, err := a.openBot()
	if err != nil {
		return nil, nil, err
	}
	return store, bot.Privacy(b), b.Close()
}

// Run shows the days.
func (c *retentionShowCmd) Run(a *terminal) error {
	store, keeper, err := a.keeping()
	if err != nil {
		return err
	}
	defer store.Close()
	r, err := store.RetentionDays(a.ctx)
	if err != nil {
		return err
	}
	old, err := keeper.Old(a.ctx, r)
	if err != nil {
		return err
	}
	views := make([]retentionView, len(old))
	rows := [][]string{{"CLASS", "KEPT", "OLDER", "WHAT"}}
	for i, o := range old {
		views[i] = retentionView{o, o.Class.What(), o.Class.Since(), o.Class.Leaves()}
		rows = append(rows, []string{string(o.Class), daysOf(o.Days), strconv.Itoa(o.Count), o.Class.What()})
	}
	if c.JSON {
		return a.printJSON(views)
	}
	if err := a.printTable(rows); err != nil {
		return err
	}
	return a.printf("\nChange it: aftercare retention set words 365\n")
}

func daysOf(days int) string {
	if days == 0 {
		return "for good"
	}
	return strconv.Itoa(days) + " days"
}

type retentionSetCmd struct {
	Class string `arg:"" help:"The class of data: see retention show."`
	Days  string `arg:"" help:"A number of days, or never: it is kept for good."`
	Yes   bool   `help:"Do not ask."`
}

// Run says what will go, asks, and sets the days.
func (c *retentionSetCmd) Run(a *terminal) error {
	class, err := privacy.ParseClass(c.Class)
	if err != nil {
		return usageError{err}
	}
	days := 0 // for good
	if !strings.EqualFold(c.Days, "never") {
		if days, err = strconv.Atoi(c.Days); err != nil || days < 1 {
			return usagef("%q is no number of days. Say for example 365, or never", c.Days)
		}
	}
	store, keeper, err := a.keeping()
	if err != nil {
		return err
	}
	defer store.Close()
	now, err := store.RetentionDays(a.ctx)
	if err != nil {
		return err
	}
	next, err := now.Set(class, days)
	if err != nil {
		return usageError{err}
	}
	if days > 0 && !c.Yes {
		old, err := keeper.Old(a.ctx, next)
		if err != nil {
			return err
		}
		count := 0
		for _, o := range old {
			if o.Class == class {
				count = o.Count
			}
		}
		if err := a.printf("%s: %s.\nThey go %d days after %s. What is left: %s.\nAs of now %d are older, and go for good within a day.\n",
			class, class.What(), days, class.Since(), class.Leaves(), count); err != nil {
			return err
		}
		if ok, err := a.confirm("Set it?"); err != nil || !ok {
			return err
		}
	}
	if err := store.SetRetentionDays(a.ctx, class, days); err != nil {
		return err
	}
	was, _ := now.Days(class)
	if err := a.audited(store, "data.retention", string(class), daysOf(was), daysOf(days)); err != nil {
		return err
	}
	at := a.inForce(store).text()
	if days == 0 {
		return a.printf("%s: not set any more.\n%s", class, at)
	}
	return a.printf("%s: kept for %d days.\n%s", class, days, at)
}

type retentionRunCmd struct {
	outputFlags
	Yes bool `help:"Do not ask."`
}

// Run removes what is older.
func (c *retentionRunCmd) Run(a *terminal) error {
	store, keeper, err := a.keeping()
	if err != nil {
		return err
	}
	defer store.Close()
	r, err := store.RetentionDays(a.ctx)
	if err != nil {
		return err
	}
	if !c.Yes {
		if c.JSON {
			return usagef("with --json say --yes as well: nobody is asked")
		}
		old, err := keeper.Old(a.ctx, r)
		if err != nil {
			return err
		}
		for _, o := range old {
			if _, set := r[o.Class]; set && o.Class != privacy.Messages {
				if err := a.printf("%s older than %d days: %d\n", o.Class, o.Days, o.Count); err != nil {
					return err
				}
			}
		}
		if ok, err := a.confirm("Remove them for good?"); err != nil || !ok {
			return err
		}
	}
	gone, err := keeper.Retain(a.ctx)
	if err != nil {
		return fmt.Errorf("it was cut off; call it again to go on: %w", err)
	}
	files, err := keeper.Scrub(a.ctx, false, filesPatience)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(map[string]any{"removed": gone, "files": files})
	}
	for _, class := range privacy.Classes() {
		if n := gone[class]; n > 0 {
			if err := a.printf("%s: %d removed.\n", class, n); err != nil {
				return err
			}
		}
	}
	if !files.Done {
		return a.printf("Done. Still to come: %s\n", files.Left)
	}
	return a.printf("Done.\n")
}
