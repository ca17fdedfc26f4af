package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage"
)

type customerEraseCmd struct {
	outputFlags
	whom
	Yes     bool   `help:"Do not ask."`
	Quiet   bool   `help:"Do not tell the customer in the chat."`
	Vacuum  bool   `help:"On Postgres, write the tables anew as well, so that its own files hold nothing of the person; each table is locked meanwhile."`
	Receipt string `type:"path" help:"Write the receipt to this file as well, as JSON; it must not be there yet. It names nobody."`
}

// How long the database's files are waited for: for readers, and with --vacuum.
const (
	filesPatience  = 30 * time.Second
	vacuumPatience = 2 * time.Hour
)

// Run shows what will go, asks, and erases.
func (c *customerEraseCmd) Run(a *terminal) error {
	store, d, err := a.person(c.ID)
	if err != nil {
		return err
	}
	defer store.Close()
	if !c.Yes {
		if c.JSON {
			return usagef("with --json say --yes as well: nobody is asked")
		}
		if err := a.printPerson(viewPerson(d)); err != nil {
			return err
		}
		if err := a.printf("\nAll of this goes, for good. Left are the marks and choices, with the day, the site, the service, who served, the survey, its language and the kind of chat, so that figures stay.\n"); err != nil {
			return err
		}
		if ok, err := a.confirm("Erase this person?"); err != nil || !ok {
			return err
		}
	}
	s, err := a.settings()
	if err != nil {
		return err
	}
	b, err := app.NewBot(a.ctx, s, store, a.clock, nil)
	if err != nil {
		return err
	}
	defer b.Close()
	o := personal.Options{Quiet: c.Quiet, Whole: c.Vacuum, Why: storage.ErasedOnRequest, Mark: true, Files: filesPatience}
	if c.Vacuum {
		o.Files = vacuumPatience
	}
	r, err := bot.Privacy(b).Erase(a.ctx, d, o)
	if err != nil {
		return fmt.Errorf("the erasure was cut off, and the running server goes on with it within about a minute: %w", err)
	}
	if err := a.audited(store, "customer.erase", r.ID, "", ""); err != nil { // a receipt, which names nobody
		return err
	}
	if c.Receipt != "" {
		if err := writeNew(c.Receipt, r); err != nil {
			return err
		}
	}
	if c.JSON {
		return a.printJSON(r)
	}
	return a.printReceipt(r)
}

// confirm asks a question that only "yes" answers.
func (a *terminal) confirm(question string) (bool, error) {
	if err := a.printf("%s Type yes: ", question); err != nil {
		return false, err
	}
	line, err := bufio.NewReader(a.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	if strings.EqualFold(strings.TrimSpace(line), "yes") {
		return true, nil
	}
	return false, a.printf("\nNothing was changed. Answer yes, or say --yes.\n")
}

// printReceipt tells people what was done, and what was not reached.
func (a *terminal) printReceipt(r personal.Receipt) error {
	var out strings.Builder
	n := r.Erased
	fmt.Fprintf(&out, "Erased (receipt %s, %s).\n\n", r.ID, r.Done.Format(time.RFC3339))
	fmt.Fprintf(&out, "Made nobody's: %d conversations with %d answers, %d cases, %d entries of feedback, %d invitations.\n",
		n.Conversations, n.Answers, n.Cases, n.Feedback, n.Invitations)
	fmt.Fprintf(&out, "Removed: %d chat accounts, %d words beside answers, %d messages, %d parked updates, %d keys of updates.\n",
		n.Accounts, n.Words, n.Messages, n.Parked, n.Handled)
	if n.Edits > 0 {
		fmt.Fprintf(&out, "In staff chats %d messages are overwritten by the running server: %q.\n", n.Edits, "This customer's data was erased")
	}
	if r.Told > 0 {
		fmt.Fprintf(&out, "The customer was told in %d chats. The address was forgotten after that.\n", r.Told)
	}
	if r.NotTold > 0 {
		fmt.Fprintf(&out, "The customer could not be told in %d chats: no running server sent it in time. Nothing waits any more: tell them yourself.\n", r.NotTold)
	}
	if r.Marks > 0 {
		fmt.Fprintf(&out, "They are not invited again: %d codes that name nobody see to it.\n", r.Marks)
	}
	if r.Files.Done {
		out.WriteString("The database's own files hold nothing of them any more.\n")
	} else {
		fmt.Fprintf(&out, "Still to come: %s\n", r.Files.Left)
	}
	out.WriteString("\nNot reached:\n")
	for _, what := range r.NotReached {
		fmt.Fprintf(&out, "- %s.\n", what)
	}
	return a.printf("%s", out.String())
}

type customerAllowCmd struct {
	ID string `arg:"" help:"Your own key of the customer, or the whole chat account: telegram:BOT:123456, slack:T0123:U0456."`
}

// Run takes back that somebody is not to be invited.
func (c *customerAllowCmd) Run(a *terminal) error {
	store, b, err := a.openBot()
	if err != nil {
		return err
	}
	defer store.Close()
	defer b.Close()
	of := storage.Anchor{Customers: []string{strings.TrimSpace(c.ID)}}
	if words := strings.Split(strings.TrimSpace(c.ID), ":"); len(words) == 3 {
		of.Identities = append(of.Identities, storage.Person{Platform: chat.Platform(words[0]), Account: words[1], User: words[2]})
	}
	n, err := store.Recall(a.ctx, bot.Privacy(b).Hashes(of))
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%q is not among those who are forgotten. Give the key or the chat account exactly as it was", c.ID)
	}
	return a.printf("%s may be invited again.\n", c.ID)
}
