package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/web/admin"
	"github.com/aftercare/aftercare/web/api"
)

// eventCmd groups the commands about services that took place.
type eventCmd struct {
	Post   eventPostCmd   `cmd:"" help:"Tell of services that took place, as the API does: from a JSON file."`
	Show   eventShowCmd   `cmd:"" help:"Show an event as it is stored, who was asked about it, and why."`
	Cancel eventCancelCmd `cmd:"" help:"Say that a service does not take place, or did not."`
}

// maxEventFile is more than one call takes: what is larger is refused by the API in its words.
const maxEventFile = 8 << 20

// callAPI calls the API without its server, and returns what it answers; a problem is an error.
func (a *terminal) callAPI(method, path string, body []byte) ([]byte, error) {
	store, b, err := a.openBot()
	if err != nil {
		return nil, err
	}
	defer store.Close()
	asks := asking.New(asking.Config{Store: store, Bot: b, Clock: a.clock})
	told := admin.NewReports(admin.Config{Store: store, Bot: b, Asking: asks, Clock: a.clock})
	status, answer, err := api.Call(a.ctx, api.Config{Store: store, Bot: b, Reports: told, Asking: asks, Clock: a.clock}, method, path, body)
	if err != nil || status < http.StatusBadRequest {
		return answer, err
	}
	var p struct {
		Title   string   `json:"title"`
		Detail  string   `json:"detail"`
		Differs []string `json:"differs"`
		Errors  []struct{ Pointer, Detail string }
	}
	if err := json.Unmarshal(answer, &p); err != nil {
		return nil, fmt.Errorf("read what the API answers: %w", err)
	}
	words := cmp.Or(p.Detail, p.Title)
	if len(p.Differs) > 0 {
		words += " They differ in: " + strings.Join(p.Differs, ", ")
	}
	for _, e := range p.Errors {
		words += "\n  " + e.Pointer + ": " + e.Detail
	}
	return nil, errors.New(words)
}

type eventPostCmd struct {
	outputFlags
	File    string `arg:"" help:"The file: one event as an object, or {\"events\": […]} with at most 1,000; - for standard input."`
	Partial bool   `help:"Store what is right, also where something else is not."`
}

// Run tells them.
func (c *eventPostCmd) Run(a *terminal) error {
	from := a.stdin
	if c.File != "-" {
		f, err := os.Open(a.path(c.File))
		if err != nil {
			return usagef("%s cannot be read. Check the path and the permissions: %w", c.File, err)
		}
		defer f.Close()
		from = f
	}
	body, err := io.ReadAll(io.LimitReader(from, maxEventFile))
	if err != nil {
		return fmt.Errorf("read the events: %w", err)
	}
	path := "/events"
	if c.Partial {
		path += "?partial=true"
	}
	out, err := a.callAPI(http.MethodPost, path, body)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printf("%s", out)
	}
	type result struct {
		Source, ID, Result string
		asking.Answer
	}
	var many struct{ Items []result }
	var one result
	if err := errors.Join(json.Unmarshal(out, &many), json.Unmarshal(out, &one)); err != nil {
		return err
	}
	if many.Items == nil {
		many.Items = []result{one}
	}
	count := map[string]int{}
	for _, r := range many.Items {
		count[r.Result]++
		switch {
		case r.Invitation != nil:
			count["asked"]++
		case r.NotAsked != nil:
			count["not asked"]++
		}
	}
	bad := count["refused"] + count["conflict"]
	err = a.printf("Stored: %d. Known before: %d. Not stored: %d. Are asked: %d. Are not: %d; `aftercare event show` says why of each.\n",
		count["stored"], count["known"], bad, count["asked"], count["not asked"])
	if bad > 0 {
		return errors.Join(err, fmt.Errorf("%d of %d events are not stored. --json says why of each", bad, len(many.Items)))
	}
	return err
}

// eventName is what both commands about one event are given.
type eventName struct {
	Source string `arg:"" help:"The system that told it, such as till."`
	ID     string `arg:"" help:"Its number there."`
}

func (n eventName) path() string {
	return "/events/" + url.PathEscape(n.Source) + "/" + url.PathEscape(n.ID)
}

type eventShowCmd struct{ eventName }

// Run prints it as JSON, with what was decided about it.
func (c *eventShowCmd) Run(a *terminal) error {
	out, err := a.callAPI(http.MethodGet, c.path(), nil)
	if err != nil {
		return err
	}
	return a.printJSON(json.RawMessage(out))
}

type eventCancelCmd struct {
	eventName
	Reason string `help:"Why, in your words."`
}

// Run cancels it.
func (c *eventCancelCmd) Run(a *terminal) error {
	body, err := json.Marshal(map[string]string{"reason": c.Reason})
	if err != nil {
		return err
	}
	if _, err := a.callAPI(http.MethodPost, c.path()+"/cancel", body); err != nil {
		return err
	}
	return a.printf("The event %s %s is cancelled.\n", c.Source, c.ID)
}
