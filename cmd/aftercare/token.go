package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// tokenCmd groups the commands about tokens of the API.
type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token, and print it once."`
	List   tokenListCmd   `cmd:"" help:"List the tokens, what each may do and when it was used."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token: from then on it opens nothing."`
}

type tokenCreateCmd struct {
	outputFlags
	For     string   `arg:"" name:"name" optional:"" help:"What you call it: the system that uses it, such as till."`
	Name    string   `help:"The same."`
	Scope   []string `required:"" help:"What it may do, such as flows:read. Several: with a comma between, or again."`
	Site    []string `help:"The sites that it is for. Every site unless given."`
	Expires span     `default:"90d" help:"How long it works, such as 72h or 30d. 0 = until it is ended."`
}

// madeTokenView is a new token as programs see it.
type madeTokenView struct {
	apiTokenView
	Token string `json:"token"` // shown only here
}

// Run makes the token.
func (c *tokenCreateCmd) Run(a *terminal) error {
	for _, s := range c.Scope {
		if !access.Scope(s).Known() {
			return usagef("there is no scope %q. The scopes are %s", s, scopesText())
		}
	}
	if c.Expires < 0 {
		return usagef("--expires must be longer than nothing, such as 30d, or 0 for a token that never runs out")
	}
	if c.For != "" && c.Name != "" && c.For != c.Name {
		return usagef("the token is called %q and %q: give it one name", c.For, c.Name)
	}
	name := strings.TrimSpace(cmp.Or(c.Name, c.For))
	if name == "" {
		return usagef("give the token a name, such as till")
	}
	return a.withStore(func(store storage.Store) error {
		sites, err := store.Sites(a.ctx)
		if err != nil {
			return fmt.Errorf("read the sites: %w", err)
		}
		for _, id := range c.Site {
			if !slices.ContainsFunc(storage.Present(sites), func(x storage.Site) bool { return x.ID == id }) {
				return fmt.Errorf("there is no site %q. See `aftercare site list`", id)
			}
		}
		value, now := signin.NewAPIToken(), a.clock()
		hash, _ := signin.HashAPIToken(value)
		t := storage.Token{ID: uuid.Must(uuid.NewV7()).String(), Name: name, Hash: hash, Scopes: c.Scope, Sites: c.Site, Made: now}
		if c.Expires > 0 {
			t.Expires = now.Add(time.Duration(c.Expires))
		}
		if err := store.PutToken(a.ctx, t, cliAudit(now, "token.make", t.ID, "", t.Name+": "+strings.Join(t.Scopes, ", "))); err != nil {
			return err
		}
		if c.JSON {
			return a.printJSON(madeTokenView{viewToken(t), value})
		}
		until := "until it is ended"
		if !t.Expires.IsZero() {
			until = "until " + inUTC(t.Expires)
		}
		return a.printf("%s\nThis is the token. It is shown only here, and works %s. Send this header with each request:\nAuthorization: Bearer %s\n", value, until, value)
	})
}

func scopesText() string {
	var all []string
	for _, s := range access.Scopes() {
		all = append(all, string(s))
	}
	return strings.Join(all, ", ")
}

// inUTC is a moment with its zone: the pages tell it by the clock of the sites.
func inUTC(at time.Time) string { return at.UTC().Format("2006-01-02 15:04") + " UTC" }

type tokenListCmd struct{ outputFlags }

// apiTokenView is a token as programs see it.
type apiTokenView struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Scopes  []string  `json:"scopes"`
	Sites   []string  `json:"sites,omitempty"`
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Used    time.Time `json:"used,omitzero"`
}

func viewToken(t storage.Token) apiTokenView {
	return apiTokenView{t.ID, t.Name, t.Scopes, t.Sites, t.Made, t.Expires, t.Ended, t.Used}
}

// Run lists them.
func (c *tokenListCmd) Run(a *terminal) error {
	return a.withStore(func(store storage.Store) error {
		all, err := store.TokenList(a.ctx)
		if err != nil {
			return err
		}
		views := make([]apiTokenView, len(all))
		rows := [][]string{{"ID", "NAME", "MAY", "SITES", "WORKS", "USED"}}
		for i, t := range all {
			views[i] = viewToken(t)
			works, used, sites := "until it is ended", "never", "every site"
			switch {
			case !t.Ended.IsZero():
				works = "ended " + inUTC(t.Ended)
			case !t.Good(a.clock()):
				works = "ran out " + inUTC(t.Expires)
			case !t.Expires.IsZero():
				works = "until " + inUTC(t.Expires)
			}
			if !t.Used.IsZero() {
				used = inUTC(t.Used)
			}
			if len(t.Sites) > 0 {
				sites = strings.Join(t.Sites, ", ")
			}
			rows = append(rows, []string{t.ID, t.Name, strings.Join(t.Scopes, ", "), sites, works, used})
		}
		if c.JSON {
			return a.printJSON(views)
		}
		if len(all) == 0 {
			return a.printf("There is no token yet. `aftercare token create NAME --scope …` makes one.\n")
		}
		return a.printTable(rows)
	})
}

type tokenRevokeCmd struct {
	ID string `arg:"" help:"The token's id, or its name if only one that works has it."`
}

// Run ends the token.
func (c *tokenRevokeCmd) Run(a *terminal) error {
	return a.withStore(func(store storage.Store) error {
		all, err := store.TokenList(a.ctx)
		if err != nil {
			return err
		}
		var named []storage.Token
		for _, t := range all {
			if t.Ended.IsZero() && (t.ID == c.ID || t.Name == c.ID) {
				named = append(named, t)
			}
		}
		switch {
		case len(named) == 0:
			return fmt.Errorf("there is no token %q that has not ended. See `aftercare token list`", c.ID)
		case len(named) > 1:
			return fmt.Errorf("%d tokens are called %q: say which by its id. See `aftercare token list`", len(named), c.ID)
		}
		now := a.clock()
		err = store.EndToken(a.ctx, named[0].ID, now, cliAudit(now, "token.end", named[0].ID, named[0].Name, ""))
		if errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("the token %q has just been ended", c.ID)
		}
		if err != nil {
			return err
		}
		return a.printf("The token %q is ended: whoever still sends it is refused.\n", named[0].Name)
	})
}
