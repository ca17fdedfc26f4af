package main

import (
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/internal/app"
)

// keyCmd is about SECRET_KEY.
type keyCmd struct {
	Check  keyCheckCmd  `cmd:"" help:"Say whether SECRET_KEY is the one of the database. Changes nothing."`
	Rotate keyRotateCmd `cmd:"" help:"Replace SECRET_KEY. Links that are out stay good."`
	New    keyNewCmd    `cmd:"" help:"Begin with a new SECRET_KEY because the old one is lost. Links that are out stop working."`
}

type keyCheckCmd struct{ outputFlags }

// keyWords say what each state means.
var keyWords = map[app.KeyState]string{
	app.KeyOK:       "SECRET_KEY is the one of this database.\n",
	app.KeyUnproved: "Nothing shows yet whether SECRET_KEY is the one of this database: no link was opened.\n",
}

// Run prints the state and fails if nobody goes on with the key.
func (c *keyCheckCmd) Run(a *terminal) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	store, err := app.OpenStore(a.ctx, s, a.clock, nil)
	if err != nil {
		return err
	}
	defer store.Close()
	state, err := app.StateOfKey(a.ctx, s, store)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := a.printJSON(map[string]any{"state": state}); err != nil {
			return err
		}
	} else if words := keyWords[state]; words != "" {
		return a.printf("%s", words)
	}
	return app.CheckKey(a.ctx, s, store)
}

type keyRotateCmd struct {
	outputFlags
	NewKeyFile string `help:"The file with the new key; it is made if it is not there. Needed where SECRET_KEY is given, and not where it is kept beside the SQLite file."`
}

// keyChangedView is a new key as programs see it.
type keyChangedView struct {
	File    string `json:"file"`
	Already bool   `json:"already,omitempty"`
	Sealed  int    `json:"sealed"`
	GivenUp int    `json:"given_up"`
}

// Run replaces the key.
func (c *keyRotateCmd) Run(a *terminal) error { return a.changeKey(c.JSON, c.NewKeyFile, false) }

type keyNewCmd struct {
	outputFlags
	NewKeyFile string `help:"The file with the new key; it is made if it is not there. Needed where SECRET_KEY is given."`
	Yes        bool   `help:"Give up the links that are out, and the tokens that only the old key reads."`
}

// Run begins with another key.
func (c *keyNewCmd) Run(a *terminal) error {
	if !c.Yes {
		return usagef("links that are out stop working, and workspaces that installed the app have to do so again. First look for the key in your backups (secret.key). If it is lost for good, say --yes")
	}
	return a.changeKey(c.JSON, c.NewKeyFile, true)
}

func (a *terminal) changeKey(asJSON bool, file string, lost bool) (err error) {
	s, err := a.settings()
	if err != nil {
		return err
	}
	store, err := app.OpenStore(a.ctx, s, a.clock, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	done, err := app.ChangeKey(a.ctx, app.KeyChange{Settings: s, Store: store, Clock: a.clock, NewFile: file, Lost: lost})
	if err != nil {
		return err
	}
	if !done.Already {
		what := map[bool]string{false: "key.rotate", true: "key.new"}[lost]
		if err := a.audited(store, what, "SECRET_KEY", "", fmt.Sprintf("%d sealed anew, %d given up", done.Sealed, done.GivenUp)); err != nil {
			return err
		}
	}
	if asJSON {
		return a.printJSON(keyChangedView(done))
	}
	text := fmt.Sprintf("SECRET_KEY is now the one in %s; %d stored tokens were sealed anew.\n", done.File, done.Sealed)
	if done.Already {
		text = fmt.Sprintf("SECRET_KEY is the one in %s already; nothing was changed.\n", done.File)
	}
	if done.GivenUp > 0 {
		text += fmt.Sprintf("%d stored tokens cannot be read: those workspaces have to install the app again.\n", done.GivenUp)
	}
	if file != "" {
		text += fmt.Sprintf("Set SECRET_KEY_FILE=%s, or what it holds as SECRET_KEY, for every instance and command.\n", file)
	}
	return a.printf("%sServers that run end within seconds; start them again, if nothing does so by itself. Then make a backup: the older ones hold the older key.\n", text)
}
