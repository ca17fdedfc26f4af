package main

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage"
)

// webhookCmd groups the commands about endpoints of other systems.
type webhookCmd struct {
	Add     webhookAddCmd     `cmd:"" help:"Tell another system what happens: keep its address, and print its secret once."`
	List    webhookListCmd    `cmd:"" help:"List the endpoints, what each is told, and whether it takes it."`
	Test    webhookTestCmd    `cmd:"" help:"Send test.ping to an endpoint now, and show what it answers."`
	Log     webhookLogCmd     `cmd:"" help:"List the newest tries to tell an endpoint something."`
	Replay  webhookReplayCmd  `cmd:"" help:"Send once more what an endpoint did not take, or all since a moment, or one message."`
	Rotate  webhookRotateCmd  `cmd:"" help:"Give an endpoint another secret. The one of before signs beside it for a day."`
	Disable webhookDisableCmd `cmd:"" help:"Tell an endpoint nothing any more."`
	Enable  webhookEnableCmd  `cmd:"" help:"Tell an endpoint again what happens from now on."`
	Remove  webhookRemoveCmd  `cmd:"" help:"Forget an endpoint."`
}

// withEndpoints runs f with the desk for endpoints and the store below it.
func (a *terminal) withEndpoints(f func(*app.Endpoints, storage.Store) error) error {
	return withDesk(a, app.NewEndpoints, f)
}

// endpoint is the one that somebody names by its id or its name.
func (a *terminal) endpoint(e *app.Endpoints, named string) (app.Endpoint, error) {
	all, err := e.List(a.ctx)
	if err != nil {
		return app.Endpoint{}, err
	}
	var found []app.Endpoint
	for _, x := range all {
		if x.ID == named || x.Name == named {
			found = append(found, x)
		}
	}
	switch len(found) {
	case 0:
		return app.Endpoint{}, fmt.Errorf("there is no endpoint %q. See `aftercare webhook list`", named)
	case 1:
		return found[0], nil
	}
	return app.Endpoint{}, fmt.Errorf("%d endpoints are called %q: say which by its id. See `aftercare webhook list`", len(found), named)
}

// onEndpoint runs f with the endpoint that somebody names.
func (a *terminal) onEndpoint(named string, f func(*app.Endpoints, storage.Store, app.Endpoint) error) error {
	return a.withEndpoints(func(e *app.Endpoints, store storage.Store) error {
		x, err := a.endpoint(e, named)
		if err != nil {
			return err
		}
		return f(e, store, x)
	})
}

type webhookAddCmd struct {
	outputFlags
	Name         string   `arg:"" help:"What you call it, such as crm."`
	URL          string   `name:"url" required:"" help:"Where it takes what it is told: https://…"`
	Event        []string `help:"What it is told, such as case.opened. Several: with a comma between, or again. Everything unless given."`
	Site         []string `help:"The sites of which it is told. Every site unless given."`
	Include      []string `enum:"words,names" help:"What customers wrote (words) or are called (names) goes with it. Neither unless given."`
	AllowPrivate bool     `help:"Allow an address of a network that is not public, and plain HTTP to it."`
}

// endpointView is an endpoint as programs see it.
type endpointView struct {
	ID     string         `json:"id"`
	Name   string         `json:"name"`
	URL    string         `json:"url,omitempty"`
	Events []storage.News `json:"events"`
	Sites  []string       `json:"sites,omitempty"`
	Words  bool           `json:"words,omitempty"`
	Names  bool           `json:"names,omitempty"`
	Off    string         `json:"off,omitempty"`
	Made   time.Time      `json:"made"`
	Failed time.Time      `json:"failing_since,omitzero"`
	Secret string         `json:"secret,omitempty"` // shown only when it is made
}

// Run keeps the endpoint.
func (c *webhookAddCmd) Run(a *terminal) error {
	h := storage.Hook{Name: c.Name, HookTerms: storage.HookTerms{Sites: c.Site, News: storage.AllNews()}}
	if len(c.Event) > 0 {
		h.News = nil
	}
	for _, name := range c.Event {
		n := storage.News(name)
		if !n.Known() {
			return usagef("there is no event %q. There are %s", name, newsText())
		}
		h.News = append(h.News, n)
	}
	for _, what := range c.Include {
		h.Words, h.Names = h.Words || what == "words", h.Names || what == "names"
	}
	return a.withEndpoints(func(e *app.Endpoints, store storage.Store) error {
		sites, err := store.Sites(a.ctx)
		if err != nil {
			return fmt.Errorf("read the sites: %w", err)
		}
		for _, id := range c.Site {
			if !hasSite(storage.Present(sites), id) {
				return fmt.Errorf("there is no site %q. See `aftercare site list`", id)
			}
		}
		id, secret, err := e.Add(a.ctx, h, c.URL, c.AllowPrivate)
		if errors.Is(err, app.ErrEndpoint) {
			return usagef("%v", err)
		}
		if err != nil {
			return err
		}
		if err := a.audited(store, "webhook.make", id, "", h.Told()); err != nil {
			return err
		}
		if c.JSON {
			return a.printJSON(endpointView{ID: id, Name: h.Name, URL: c.URL, Events: h.News, Sites: h.Sites, Words: h.Words, Names: h.Names, Made: a.clock(), Secret: secret})
		}
		return a.printf("%s\nThis is the secret of %s; it is shown only here. The endpoint checks with it that we call (standardwebhooks.com).\nTry it: aftercare webhook test %s\n", secret, id, id)
	})
}

func hasSite(all []storage.Site, id string) bool {
	for _, s := range all {
		if s.ID == id {
			return true
		}
	}
	return false
}

func newsText() string {
	var all []string
	for _, n := range storage.AllNews() {
		all = append(all, string(n))
	}
	return strings.Join(all, ", ")
}

type webhookListCmd struct{ outputFlags }

// Run lists them.
func (c *webhookListCmd) Run(a *terminal) error {
	return a.withEndpoints(func(e *app.Endpoints, store storage.Store) error {
		all, err := e.List(a.ctx)
		if err != nil {
			return err
		}
		views := make([]endpointView, len(all))
		rows := [][]string{{"ID", "NAME", "ADDRESS", "TOLD", "STATE"}}
		for i, x := range all {
			v := endpointView{ID: x.ID, Name: x.Name, URL: x.URL, Events: x.News, Sites: x.Sites, Words: x.Words, Names: x.Names, Off: string(x.Off), Made: x.Made}
			if v.Failed, err = store.HookFailing(a.ctx, x.ID); err != nil {
				return err
			}
			views[i] = v
			state := "on"
			switch {
			case x.Off != "":
				state = offText(x.Off)
			case !v.Failed.IsZero():
				state = "takes nothing since " + v.Failed.Format("2006-01-02 15:04")
			}
			rows = append(rows, []string{x.ID, x.Name, cmp.Or(x.URL, "cannot be read"), x.Told(), state})
		}
		if c.JSON {
			return a.printJSON(views)
		}
		if len(all) == 0 {
			return a.printf("There is no endpoint yet. `aftercare webhook add NAME --url https://…` makes one.\n")
		}
		return a.printTable(rows)
	})
}

// offText is why an endpoint is told nothing.
func offText(off storage.HookOff) string {
	switch off {
	case storage.HookGone:
		return "off: it answered 410"
	case storage.HookFailing:
		return "off: it took nothing for three days"
	}
	return "off"
}

type webhookTestCmd struct {
	outputFlags
	Endpoint string `arg:"" help:"Its id or its name."`
}

// hookTryView is a try as programs see it.
type hookTryView struct {
	At      time.Time    `json:"at"`
	Message string       `json:"message"`
	Event   storage.News `json:"event"`
	Status  int          `json:"status,omitempty"`
	Took    int64        `json:"took_ms"`
	Error   string       `json:"error,omitempty"`
	Answer  string       `json:"answer,omitempty"`
	Replay  bool         `json:"replay,omitempty"`
}

func viewTry(t storage.HookTry) hookTryView {
	return hookTryView{t.At, t.Message, t.News, t.Status, t.Took.Milliseconds(), t.Error, t.Answer, t.Replay}
}

// Run sends it.
func (c *webhookTestCmd) Run(a *terminal) error {
	return a.onEndpoint(c.Endpoint, func(e *app.Endpoints, _ storage.Store, x app.Endpoint) error {
		t, err := e.Test(a.ctx, x.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			if err := a.printJSON(viewTry(t)); err != nil {
				return err
			}
		} else if t.Error == "" {
			return a.printf("It took test.ping: %d in %d ms.\n", t.Status, t.Took.Milliseconds())
		}
		if t.Error != "" {
			return fmt.Errorf("it did not take test.ping: %s", t.Error)
		}
		return nil
	})
}

type webhookLogCmd struct {
	outputFlags
	Endpoint string `arg:"" help:"Its id or its name."`
	Limit    int    `default:"50" help:"How many tries at most."`
}

// Run lists them.
func (c *webhookLogCmd) Run(a *terminal) error {
	if c.Limit < 1 || c.Limit > 10_000 {
		return usagef("--limit is between 1 and 10000")
	}
	return a.onEndpoint(c.Endpoint, func(e *app.Endpoints, _ storage.Store, x app.Endpoint) error {
		tries, err := e.Log(a.ctx, x.ID, "", c.Limit)
		if err != nil {
			return err
		}
		views := make([]hookTryView, len(tries))
		rows := [][]string{{"WHEN", "EVENT", "MESSAGE", "STATUS", "MS", "WHY NOT"}}
		for i, t := range tries {
			views[i] = viewTry(t)
			status := "none"
			if t.Status > 0 {
				status = strconv.Itoa(t.Status)
			}
			rows = append(rows, []string{t.At.Format(time.DateTime), string(t.News), t.Message, status, strconv.FormatInt(t.Took.Milliseconds(), 10), t.Error})
		}
		if c.JSON {
			return a.printJSON(views)
		}
		if len(tries) == 0 {
			return a.printf("Nothing was sent to it in the last %d days.\n", storage.HookTryDays)
		}
		return a.printTable(rows)
	})
}

type webhookReplayCmd struct {
	Endpoint string `arg:"" help:"Its id or its name."`
	Message  string `help:"One message, by its id (msg_…)."`
	Since    span   `help:"Everything since so long, such as 6h or 2d. What was not taken in 30 days unless given."`
	Failed   bool   `help:"Of that only what was not taken."`
}

// Run has them sent once more, by a server.
func (c *webhookReplayCmd) Run(a *terminal) error {
	if c.Message != "" && (c.Since != 0 || c.Failed) {
		return usagef("give either --message, or --since and --failed")
	}
	if c.Since < 0 {
		return usagef("--since must be longer than nothing, such as 6h")
	}
	return a.onEndpoint(c.Endpoint, func(e *app.Endpoints, store storage.Store, x app.Endpoint) error {
		back, failed := time.Duration(c.Since), c.Failed || c.Since == 0 && c.Message == ""
		if back == 0 {
			back = storage.HookTryDays * 24 * time.Hour
		}
		n, err := e.Replay(a.ctx, x.ID, c.Message, a.clock().Add(-back), failed)
		if errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("the message %q is not kept: see `aftercare webhook log %s`", c.Message, x.ID)
		}
		if err != nil {
			return err
		}
		if err := a.audited(store, "webhook.replay", x.ID, "", strconv.Itoa(n)); err != nil {
			return err
		}
		return a.printf("A running server sends once more: %d.\n", n)
	})
}

type webhookRotateCmd struct {
	Endpoint string `arg:"" help:"Its id or its name."`
}

// Run gives it another secret.
func (c *webhookRotateCmd) Run(a *terminal) error {
	return a.onEndpoint(c.Endpoint, func(e *app.Endpoints, store storage.Store, x app.Endpoint) error {
		secret, err := e.Rotate(a.ctx, x.ID)
		if err != nil {
			return err
		}
		if err := a.audited(store, "webhook.rotate", x.ID, "", x.Name); err != nil {
			return err
		}
		return a.printf("%s\nThis is the new secret; it is shown only here. For 24 hours what is sent is signed with the one of before as well.\n", secret)
	})
}

type webhookDisableCmd struct {
	Endpoint string `arg:"" help:"Its id or its name."`
}

// Run switches it off.
func (c *webhookDisableCmd) Run(a *terminal) error {
	return a.switchEndpoint(c.Endpoint, "webhook.disable", "%s is told nothing any more.\n", func(e *app.Endpoints, id string) error {
		return e.Switch(a.ctx, id, false)
	})
}

type webhookEnableCmd struct {
	Endpoint string `arg:"" help:"Its id or its name."`
}

// Run switches it on.
func (c *webhookEnableCmd) Run(a *terminal) error {
	return a.switchEndpoint(c.Endpoint, "webhook.enable", "%s is told what happens from now on.\n", func(e *app.Endpoints, id string) error {
		return e.Switch(a.ctx, id, true)
	})
}

type webhookRemoveCmd struct {
	Endpoint string `arg:"" help:"Its id or its name."`
}

// Run forgets it.
func (c *webhookRemoveCmd) Run(a *terminal) error {
	return a.switchEndpoint(c.Endpoint, "webhook.remove", "%s is removed.\n", func(e *app.Endpoints, id string) error {
		return e.Remove(a.ctx, id)
	})
}

func (a *terminal) switchEndpoint(named, what, says string, f func(*app.Endpoints, string) error) error {
	return a.onEndpoint(named, func(e *app.Endpoints, store storage.Store, x app.Endpoint) error {
		if err := f(e, x.ID); err != nil {
			return err
		}
		if err := a.audited(store, what, x.ID, x.Name, ""); err != nil {
			return err
		}
		return a.printf(says, x.Name)
	})
}
