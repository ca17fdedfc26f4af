package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/storage"
)

// customerCmd groups the commands about what is kept of one person.
type customerCmd struct {
	Show     customerShowCmd     `cmd:"" help:"Show what is kept of one person, by kind of data."`
	Contacts customerContactsCmd `cmd:"" help:"Show when one person was asked, and why at other times not."`
	Tier     customerTierCmd     `cmd:"" help:"Show which class by value one customer has had, or give them another."`
	Export   customerExportCmd   `cmd:"" help:"Write everything that is kept of one person to a file, for them."`
	Erase    customerEraseCmd    `cmd:"" help:"Erase one person: what is left are marks and choices of nobody."`
	Allow    customerAllowCmd    `cmd:"" help:"Let somebody be invited again who was erased, or whose data is gone and who had said stop."`
}

// whom is the person that a command is about.
type whom struct {
	ID string `arg:"" help:"Your own key of the customer, a chat account such as telegram:123456, slack:T0123:U0456 or @name, or the link that the customer was sent."`
}

type customerShowCmd struct {
	outputFlags
	whom
}

// personView is a person as programs see them.
type personView struct {
	Keys     []string      `json:"keys"`
	Accounts []accountView `json:"chat_accounts"`
	Kept     []keptView    `json:"kept"`
}

type accountView struct {
	Account  string    `json:"account"`
	Name     string    `json:"name"`
	Username string    `json:"username,omitempty"`
	Seen     time.Time `json:"seen"`
	Stopped  bool      `json:"stopped"`
}

// keptView is how much of one kind is kept.
type keptView struct {
	Class  privacy.Class `json:"class"`
	What   string        `json:"what"`
	Count  int           `json:"count"`
	Oldest time.Time     `json:"oldest,omitzero"`
	Newest time.Time     `json:"newest,omitzero"`
}

// add counts one more.
func (k *keptView) add(at time.Time) {
	k.Count++
	if at.IsZero() {
		return
	}
	if k.Oldest.IsZero() || at.Before(k.Oldest) {
		k.Oldest = at
	}
	if at.After(k.Newest) {
		k.Newest = at
	}
}

// viewPerson counts what is kept of somebody.
func viewPerson(d storage.Dossier) personView {
	v := personView{Keys: append([]string{}, d.Keys...), Accounts: []accountView{}}
	for _, i := range d.Identities {
		v.Accounts = append(v.Accounts, accountView{personal.AccountName(i.Person), i.Name, i.Username, i.Seen, !i.Stopped.IsZero()})
	}
	kept := func(c privacy.Class, what string) *keptView {
		v.Kept = append(v.Kept, keptView{Class: c, What: what})
		return &v.Kept[len(v.Kept)-1]
	}
	k := kept(privacy.People, "names and chat accounts")
	for _, c := range d.Customers {
		k.add(c.Created)
	}
	for _, i := range d.Identities {
		k.add(i.Created)
	}
	k = kept(privacy.People, "services that other systems told of")
	for _, e := range d.Events {
		k.add(e.Received)
	}
	k = kept(privacy.Invitations, "invitations")
	for _, i := range d.Invitations {
		k.add(i.Created)
	}
	k = kept(privacy.Invitations, "whether they were asked, and why not")
	for _, f := range d.Asks {
		k.add(f.Made)
	}
	k = kept(privacy.Conversations, "conversations")
	for _, c := range d.Conversations {
		k.add(c.Session.Started)
	}
	k = kept(privacy.Conversations, "answers, with those that were changed")
	for _, c := range d.Conversations {
		for _, a := range c.Answers {
			k.add(a.At)
		}
	}
	k = kept(privacy.Words, "words beside answers")
	for _, w := range d.Words {
		k.add(w.At)
	}
	k = kept(privacy.Words, "complaints, wishes, questions and praise")
	for _, f := range d.Feedback {
		k.add(f.At)
	}
	k = kept(privacy.Cases, "cases")
	for _, c := range d.Cases {
		k.add(c.Case.OpenedAt)
	}
	k = kept(privacy.Cases, "lines of the history of cases")
	for _, c := range d.Cases {
		for _, e := range c.Events {
			k.add(e.At)
		}
	}
	k = kept(privacy.Messages, "messages to them and about them")
	for _, m := range d.Messages {
		k.add(m.Created)
	}
	k = kept(privacy.Parked, "updates that could not be handled")
	for _, p := range d.Parked {
		k.add(p.At)
	}
	k = kept(privacy.Messages, "keys of handled updates that name them")
	for range d.Handled {
		k.add(time.Time{})
	}
	return v
}

// Run shows what is kept.
func (c *customerShowCmd) Run(a *terminal) error {
	store, d, err := a.person(c.ID)
	if err != nil {
		return err
	}
	defer store.Close()
	v := viewPerson(d)
	if c.JSON {
		return a.printJSON(v)
	}
	if err := a.printPerson(v); err != nil {
		return err
	}
	return a.printf("\nGive them a copy with `aftercare customer export`, erase them with `aftercare customer erase`.\n")
}

// printPerson tells people who somebody is and what is kept.
func (a *terminal) printPerson(v personView) error {
	if len(v.Keys) > 0 {
		if err := a.printf("Your key: %s\n", strings.Join(v.Keys, ", ")); err != nil {
			return err
		}
	}
	for _, i := range v.Accounts {
		line := "Chat account: " + i.Account
		if i.Name != "" {
			line += ", " + strconv.Quote(i.Name)
		}
		if i.Username != "" {
			line += " @" + i.Username
		}
		line += ", last heard of on " + i.Seen.Format(time.DateOnly)
		if i.Stopped {
			line += ", wants no surveys"
		}
		if err := a.printf("%s\n", line); err != nil {
			return err
		}
	}
	rows := [][]string{{"KEPT", "COUNT", "FROM", "TO"}}
	for _, k := range v.Kept {
		if k.Count == 0 {
			continue
		}
		from, to := "", ""
		if !k.Oldest.IsZero() {
			from, to = k.Oldest.Format(time.DateOnly), k.Newest.Format(time.DateOnly)
		}
		rows = append(rows, []string{k.What, strconv.Itoa(k.Count), from, to})
	}
	return a.printTableIfAny(rows)
}

type customerExportCmd struct {
	whom
	Out string `short:"o" type:"path" help:"The file to write, for your eyes only (mode 0600); it must not be there yet. Without it everything is printed."`
}

// Run writes the file.
func (c *customerExportCmd) Run(a *terminal) error {
	store, d, err := a.person(c.ID)
	if err != nil {
		return err
	}
	defer store.Close()
	out := personal.Export(d, a.clock())
	if c.Out == "" {
		return a.printJSON(out)
	}
	if err := writeNew(c.Out, out); err != nil {
		return err
	}
	return a.printf("Everything that is kept of this person is in %s. It holds what they wrote: pass it on by a safe way.\n", filepath.Base(c.Out))
}

// writeNew writes v as JSON to a file that is not there yet, readable by this user only.
func writeNew(path string, v any) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("the file cannot be written. Name one that is not there yet: %w", err)
	}
	return closing(f, encodePretty(f, v))
}

// closing closes f; the first error is the one to tell.
func closing(f io.Closer, err error) error {
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

func encodePretty(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
