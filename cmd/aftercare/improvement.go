package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/report"
)

// improvementCmd groups the commands about what was changed because of what customers said.
type improvementCmd struct {
	Add    improvementAddCmd    `cmd:"" help:"Write down a change, or a note about a day. Charts show it."`
	List   improvementListCmd   `cmd:"" help:"List what was changed, the newest day first."`
	Show   improvementShowCmd   `cmd:"" help:"Show a change and what came of it."`
	Remove improvementRemoveCmd `cmd:"" help:"Take a change or a note back."`
}

// sentImprovement is one as the API takes and gives it.
type sentImprovement struct {
	ID      string            `json:"id,omitempty"`
	Site    string            `json:"site,omitempty"`
	Day     string            `json:"day"`
	Note    bool              `json:"note,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Counted map[string]string `json:"counted,omitempty"`
	Change  string            `json:"change"`
	Owner   string            `json:"owner,omitempty"`
}

// line is one in words.
func (i sentImprovement) line() string {
	site := i.Site
	if site == "" {
		site = "every site"
	}
	text := i.Day + "  " + site + "  " + i.Change
	if i.Note {
		return text + " (a note)"
	}
	text += " (" + i.Reason
	if i.Owner != "" {
		text += "; " + i.Owner
	}
	return text + ")"
}

type improvementAddCmd struct {
	outputFlags
	Change string `arg:"" help:"What was changed, or the note."`
	Reason string `help:"Why: what customers said. Required, but of a note."`
	Day    string `required:"" placeholder:"DAY" help:"The first day with it, as 2026-03-05."`
	Site   string `placeholder:"ID" help:"Where; every site unless one is named."`
	Of     string `placeholder:"FLOW/QUESTION/CHOICE" help:"The answers that are counted before and after: those that choose this. The unsatisfied unless said."`
	Owner  string `help:"Who sees to it."`
	Note   bool   `help:"It explains a day and changed nothing."`
	ID     string `placeholder:"NAME" help:"A name of your own, so that the same call again changes nothing."`
}

// Run writes it down by the API.
func (c *improvementAddCmd) Run(a *terminal) error {
	i := sentImprovement{Site: c.Site, Day: c.Day, Note: c.Note, Reason: c.Reason, Change: c.Change, Owner: c.Owner}
	if c.Of != "" {
		of := strings.Split(c.Of, "/")
		if len(of) != 3 {
			return usagef("%q is no choice: write it as FLOW/QUESTION/CHOICE", c.Of)
		}
		i.Counted = map[string]string{"flow": of[0], "question": of[1], "choice": of[2]}
	}
	if c.ID == "" {
		c.ID = uuid.Must(uuid.NewV7()).String()
	}
	body, err := json.Marshal(i)
	if err != nil {
		return err
	}
	out, err := a.callAPI(http.MethodPut, "/improvements/"+url.PathEscape(c.ID), body)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printf("%s", out)
	}
	return a.printf("Written down as %s.\n", c.ID)
}

type improvementListCmd struct{ outputFlags }

// Run lists them.
func (c *improvementListCmd) Run(a *terminal) error {
	out, err := a.callAPI(http.MethodGet, "/improvements", nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printf("%s", out)
	}
	var all struct{ Items []sentImprovement }
	if err := json.Unmarshal(out, &all); err != nil {
		return fmt.Errorf("read the changes: %w", err)
	}
	if len(all.Items) == 0 {
		return a.printf("Nothing is written down.\n")
	}
	for _, i := range all.Items {
		if err := a.printf("%s  %s\n", i.ID, i.line()); err != nil {
			return err
		}
	}
	return nil
}

type improvementShowCmd struct {
	outputFlags
	ID string `arg:"" help:"Its name, as list shows it."`
}

// effects are what came of a change, in words.
var effects = map[string]string{
	"better": "clearly better", "worse": "clearly worse", "unchanged": "eight weeks have passed, and nothing has clearly changed",
	"early": "too early to say", "too_few": "fewer than 30 customers before or after: not compared",
}

// Run shows it with its figures.
func (c *improvementShowCmd) Run(a *terminal) error {
	out, err := a.callAPI(http.MethodGet, "/improvements/"+url.PathEscape(c.ID), nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printf("%s", out)
	}
	type space struct {
		From, To string
		shownFigure
	}
	type difference struct{ By, Low, High float64 }
	var v struct {
		sentImprovement
		Effect        string
		Before, After *space
		By            *difference
		LessOthers    *difference `json:"less_others"`
	}
	if err := json.Unmarshal(out, &v); err != nil {
		return fmt.Errorf("read the change: %w", err)
	}
	lines := []string{v.line()}
	if v.Before != nil && v.After != nil {
		lines = append(
			lines, "Before, "+v.Before.From+" to "+v.Before.To+": "+v.Before.line(), "After, "+v.After.From+" to "+v.After.To+": "+v.After.line(),
			"What came of it: "+effects[v.Effect],
		)
	}
	for _, x := range []struct {
		name string
		of   *difference
	}{{"After less before", v.By}, {"Less what changed at the other sites", v.LessOthers}} {
		if x.of != nil {
			lines = append(lines, fmt.Sprintf("%s: %s points (%s to %s)", x.name, signedPoints(x.of.By), signedPoints(x.of.Low), signedPoints(x.of.High)))
		}
	}
	return a.printf("%s\n", strings.Join(lines, "\n"))
}

// signedPoints are a difference of shares in points, with its sign.
func signedPoints(x float64) string {
	text := report.PerCent(x)
	if !strings.HasPrefix(text, "-") {
		text = "+" + text
	}
	return text
}

type improvementRemoveCmd struct {
	ID string `arg:"" help:"Its name, as list shows it."`
}

// Run takes it back.
func (c *improvementRemoveCmd) Run(a *terminal) error {
	if _, err := a.callAPI(http.MethodDelete, "/improvements/"+url.PathEscape(c.ID), nil); err != nil {
		return err
	}
	return a.printf("Taken back: charts and lists show it no more.\n")
}
