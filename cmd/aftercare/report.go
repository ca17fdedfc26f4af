package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
)

// reportCmd groups the commands about reports and what they are counted from.
type reportCmd struct {
	Show    reportShowCmd    `cmd:"" default:"withargs" help:"Show what a report shows: aftercare report recovery."`
	Figures reportFiguresCmd `cmd:"" help:"Show a rate that reports show, of all and of parts."`
	Rebuild reportRebuildCmd `cmd:"" help:"Make the rows that reports read anew, from all conversations. A server may run meanwhile."`
	Verify  reportVerifyCmd  `cmd:"" help:"Compare the rows that reports read with what all conversations say. It changes nothing; a server may run meanwhile."`
}

// rows opens the database and says how rows are made. The caller closes the store.
func (a *terminal) rows() (storage.Store, storage.Folding, error) {
	store, b, err := a.openBot()
	if err != nil {
		return nil, nil, err
	}
	return store, bot.Rows(b), b.Close()
}

// howFar says on standard error how far long work is: each second on a terminal, each minute
// elsewhere.
type howFar struct {
	a    *terminal
	what string
	said time.Time
}

func (a *terminal) howFar(what string) *howFar { return &howFar{a: a, what: what, said: time.Now()} }

func (p *howFar) tell(done, of int) {
	every := time.Minute
	to := p.a.stderr
	if printer, ok := to.(*printed); ok {
		to = printer.to
	}
	if isTerminal(to) {
		every = time.Second
	}
	if time.Since(p.said) >= every {
		p.said = time.Now()
		fmt.Fprintf(p.a.stderr, "%d of %d conversations %s\n", done, max(done, of), p.what)
	}
}

// pageOfRows is how many conversations are seen to at a time.
const pageOfRows = 200

type reportRebuildCmd struct{ outputFlags }

// Run makes everything anew and says how much there was. Cut off, a server goes on with it, or
// the next call begins again.
func (c *reportRebuildCmd) Run(a *terminal) error {
	store, how, err := a.rows()
	if err != nil {
		return err
	}
	defer store.Close()
	of, err := store.FoldAll(a.ctx)
	if err != nil {
		return err
	}
	var did storage.Folded
	told := a.howFar("made anew")
	behind, err := store.Behind(a.ctx)
	for err == nil && behind.Passing > 0 {
		for _, b := range behind.In {
			n, err := store.Fold(a.ctx, b, how, pageOfRows)
			if err != nil {
				return fmt.Errorf("it was cut off; call it again: %w", err)
			}
			did.Rows, did.Unread = did.Rows+n.Rows, did.Unread+n.Unread
		}
		if behind, err = store.Behind(a.ctx); err == nil {
			told.tell(behind.Passed, of)
		}
	}
	if err != nil {
		return err
	}
	if err := bot.SumUp(a.ctx, store); err != nil { // where a server runs, it does so
		return fmt.Errorf("the rows are made anew, their sums by day were cut off; call it again: %w", err)
	}
	if c.JSON {
		return a.printJSON(map[string]int{"conversations": behind.Passed, "rows_changed": did.Rows, "unread": did.Unread})
	}
	if did.Unread > 0 {
		if err := a.printf("%d conversations cannot be read, and keep the rows that they had. The log names them.\n", did.Unread); err != nil {
			return err
		}
	}
	return a.printf("Made anew from %d conversations: %d rows were not as they are now.\n", behind.Passed, did.Rows)
}

type reportVerifyCmd struct{ outputFlags }

// comparedView is a comparison as programs see it.
type comparedView struct {
	Equal         bool   `json:"equal"`
	Conversations int    `json:"conversations"`
	Answers       int    `json:"answers"`
	Waiting       int    `json:"waiting"` // they changed a moment ago: nothing is said of them
	Missing       int    `json:"missing"`
	Extra         int    `json:"extra"`
	Different     int    `json:"different"`
	Unread        int    `json:"unread"`
	Days          int    `json:"days"`         // of a site and a survey each, whose sums were compared
	Months        int    `json:"months"`       // likewise
	CaseDays      int    `json:"case_days"`    // of a site each, whose cases were compared
	AskedDays     int    `json:"asked_days"`   // of a site and a survey each, on which somebody was asked
	AskedMonths   int    `json:"asked_months"` // likewise
	SumsWaiting   int    `json:"sums_waiting"` // of all these: they are added up anew soon
	SumsDifferent int    `json:"sums_different"`
	First         string `json:"first,omitempty"`
}

// errUnequal is the end of a comparison that found something.
var errUnequal = errors.New("the rows that reports read are not what the conversations say. Make them anew: aftercare report rebuild")

// Run compares everything.
func (c *reportVerifyCmd) Run(a *terminal) error {
	store, how, err := a.rows()
	if err != nil {
		return err
	}
	defer store.Close()
	counts, err := store.Counts(a.ctx)
	if err != nil {
		return err
	}
	var all storage.Compared
	told := a.howFar("compared")
	for b := range storage.Bucket(store.Buckets()) {
		for after := ""; ; after = all.Next {
			one, err := store.Compare(a.ctx, b, after, pageOfRows, how)
			if err != nil {
				return err
			}
			all.Add(one)
			told.tell(all.Conversations, counts.Sessions)
			if all.Next == "" {
				break
			}
		}
	}
	sums, err := store.CompareCells(a.ctx)
	if err != nil {
		return err
	}
	equal := all.Equal() && sums.Different == 0
	if c.JSON {
		err = a.printJSON(comparedView{
			equal, all.Conversations, all.Answers, all.Waiting, all.Missing, all.Extra, all.Different, all.Unread,
			sums.Days, sums.Months, sums.CaseDays, sums.AskedDays, sums.AskedMonths, sums.Waiting, sums.Different, cmp.Or(all.First, sums.First),
		})
	} else {
		err = a.printCompared(all, sums)
	}
	if err == nil && !equal {
		err = errUnequal
	}
	return err
}

func (a *terminal) printCompared(all storage.Compared, sums storage.ComparedCells) error {
	if err := a.printf("Compared: %d conversations with %d answers.\n", all.Conversations, all.Answers); err != nil {
		return err
	}
	if all.Waiting > 0 {
		if err := a.printf("%d more changed lately and are not in reports yet; a running server sees to that.\n", all.Waiting); err != nil {
			return err
		}
	}
	if all.Unread > 0 {
		if err := a.printf("%d conversations cannot be read.\n", all.Unread); err != nil {
			return err
		}
	}
	if err := a.printf("Sums: of %d days and %d months, each of a site and a survey, and the cases of %d days of a site. Who was asked: %d days and %d months.\n",
		sums.Days, sums.Months, sums.CaseDays, sums.AskedDays, sums.AskedMonths); err != nil {
		return err
	}
	if sums.Waiting > 0 {
		if err := a.printf("%d of these are being added up anew; a running server sees to that.\n", sums.Waiting); err != nil {
			return err
		}
	}
	if sums.Different > 0 {
		if err := a.printf("%d of these are not what the rows say. The first: %s.\n", sums.Different, sums.First); err != nil {
			return err
		}
	}
	if all.Equal() && sums.Different == 0 {
		return a.printf("Everything is as the conversations say.\n")
	}
	if all.Equal() {
		return nil
	}
	return a.printf("%d rows are missing, %d should not be there, %d say something else. The first: %s.\n", all.Missing, all.Extra, all.Different, all.First)
}
