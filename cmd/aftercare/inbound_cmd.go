package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/invitation/inbound"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/admin"
	"github.com/aftercare/aftercare/web/api"
)

// inboundCmd groups the commands about systems that call us in their own form.
type inboundCmd struct {
	Add     inboundAddCmd     `cmd:"" help:"Hear another system's webhooks: keep its mapping and its secret, and print the secret once."`
	List    inboundListCmd    `cmd:"" help:"List the systems that are heard."`
	Show    inboundShowCmd    `cmd:"" help:"Print the mapping of a system."`
	Check   inboundCheckCmd   `cmd:"" help:"Say what is wrong with a mapping, and what a body would become by it."`
	Set     inboundSetCmd     `cmd:"" help:"Give a system another mapping."`
	Log     inboundLogCmd     `cmd:"" help:"List the newest calls of a system, and what each would become now."`
	Rotate  inboundRotateCmd  `cmd:"" help:"Give a system another secret. The one of before is good for a day more."`
	Disable inboundDisableCmd `cmd:"" help:"Let no calls of a system in any more."`
	Enable  inboundEnableCmd  `cmd:"" help:"Let calls of a system in again."`
	Remove  inboundRemoveCmd  `cmd:"" help:"Forget a system."`
}

// withSystems runs f with the desk for systems that call us and the store below it.
func (a *terminal) withSystems(f func(*app.Systems, storage.Store) error) error {
	return withDesk(a, app.NewSystems, f)
}

// withDesk runs f with a desk for other systems and the store below it.
func withDesk[D any](
	a *terminal, open func(context.Context, settings.Settings, storage.Store, *bot.Bot, func() time.Time) (D, error), f func(D, storage.Store) error,
) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	store, b, err := a.openBot()
	if err != nil {
		return err
	}
	defer store.Close()
	desk, err := open(a.ctx, s, store, b, a.clock)
	if err != nil {
		return err
	}
	return errors.Join(f(desk, store), b.Close())
}

// noSystem says that there is no such system, where that is what err is.
func noSystem(name string, err error) error {
	if errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("there is no system %q. See `aftercare inbound list`", name)
	}
	return err
}

// mappingOf reads a file that is a mapping.
func mappingOf(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the mapping: %w", err)
	}
	if _, err := inbound.Parse(data); err != nil {
		return "", fmt.Errorf("%s:\n%w", path, err)
	}
	return string(data), nil
}

// secretIn reads a secret from the file that somebody names; "" = none is named.
func secretIn(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

type inboundAddCmd struct {
	outputFlags
	Name       string `arg:"" help:"What it is called: the end of its address, and the source of its services."`
	Map        string `required:"" type:"path" help:"The file that says how it signs and which of its members is which of ours."`
	SecretFile string `type:"path" help:"A file with the secret that the system gave you. One is made unless given."`
}

// Run hears it.
func (c *inboundAddCmd) Run(a *terminal) error {
	file, err := mappingOf(c.Map)
	if err != nil {
		return err
	}
	given, err := secretIn(c.SecretFile)
	if err != nil {
		return err
	}
	return a.withSystems(func(desk *app.Systems, store storage.Store) error {
		secret, err := desk.Add(a.ctx, storage.InboundSource{Name: c.Name, InboundTerms: storage.InboundTerms{File: file}}, given)
		if errors.Is(err, admin.ErrSystemName) || errors.Is(err, admin.ErrSystemSecret) {
			return usagef("%v", err)
		}
		if err != nil {
			return err
		}
		if err := a.audited(store, "system.make", c.Name, "", ""); err != nil {
			return err
		}
		if c.JSON {
			return a.printJSON(map[string]any{"name": c.Name, "path": api.InboundPath + c.Name, "secret": secret})
		}
		return a.printf("%s\nThis is the secret of %s; it is shown only here. The system signs with it, and calls %s%s below the server's address.\n", secret, c.Name, api.InboundPath, c.Name)
	})
}

type inboundListCmd struct{ outputFlags }

// Run lists them.
func (c *inboundListCmd) Run(a *terminal) error {
	return a.withSystems(func(desk *app.Systems, _ storage.Store) error {
		all, err := desk.List(a.ctx)
		if err != nil {
			return err
		}
		type view struct {
			Name string    `json:"name"`
			Path string    `json:"path"`
			Off  bool      `json:"off,omitempty"`
			Made time.Time `json:"made"`
		}
		views := make([]view, len(all))
		rows := [][]string{{"NAME", "PATH", "STATE"}}
		for i, x := range all {
			views[i] = view{x.Name, api.InboundPath + x.Name, x.Off, x.Made}
			state := "on"
			if x.Off {
				state = "off"
			}
			rows = append(rows, []string{x.Name, api.InboundPath + x.Name, state})
		}
		if c.JSON {
			return a.printJSON(views)
		}
		if len(all) == 0 {
			return a.printf("No system is heard yet. `aftercare inbound add NAME --map FILE` hears one.\n")
		}
		return a.printTable(rows)
	})
}

type inboundShowCmd struct {
	Name string `arg:"" help:"The system."`
}

// Run prints it.
func (c *inboundShowCmd) Run(a *terminal) error {
	return a.withSystems(func(desk *app.Systems, _ storage.Store) error {
		all, err := desk.List(a.ctx)
		for _, x := range all {
			if x.Name == c.Name {
				return a.printf("%s", x.File)
			}
		}
		if err == nil {
			err = storage.ErrNotFound
		}
		return noSystem(c.Name, err)
	})
}

type inboundCheckCmd struct {
	Map    string   `arg:"" type:"path" help:"The mapping."`
	Body   string   `type:"path" help:"A file with a body that the system sends: the service that it becomes is printed."`
	Header []string `sep:"none" help:"A header of that call, as NAME: VALUE. Give it again for another."`
}

// Run checks it. No database is looked at: whether there is such a site is not known.
func (c *inboundCheckCmd) Run(a *terminal) error {
	file, err := mappingOf(c.Map)
	if err != nil {
		return err
	}
	source, err := inbound.Parse([]byte(file))
	if err != nil || c.Body == "" {
		return errors.Join(err, a.printf("The mapping can be read: it fills %d members.\n", len(source.Map)))
	}
	body, err := os.ReadFile(c.Body)
	if err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	head, err := headersOf(c.Header)
	if err != nil {
		return err
	}
	read := source.Read(head, body)
	switch {
	case read.Ignored:
		return a.printf("It is not looked at: it is none of \"only\".\n")
	case len(read.Faults) > 0:
		var all []string
		for _, f := range read.Faults {
			all = append(all, f.Of+": "+f.Detail)
		}
		return errors.New(strings.Join(all, "\n"))
	}
	return a.printJSON(json.RawMessage(read.Event))
}

// headersOf reads headers as people write them.
func headersOf(list []string) (http.Header, error) {
	head := http.Header{}
	for _, line := range list {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, usagef("--header is NAME: VALUE, not %q", line)
		}
		head.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return head, nil
}

type inboundSetCmd struct {
	Name string `arg:"" help:"The system."`
	Map  string `required:"" type:"path" help:"The mapping that it gets."`
}

// Run keeps it.
func (c *inboundSetCmd) Run(a *terminal) error {
	file, err := mappingOf(c.Map)
	if err != nil {
		return err
	}
	return a.onSystem(c.Name, "system.save", "The mapping of %s holds from now on.\n", func(desk *app.Systems) error {
		return desk.Save(a.ctx, c.Name, file)
	})
}

type inboundLogCmd struct {
	outputFlags
	Name string `arg:"" help:"The system."`
}

// Run lists them.
func (c *inboundLogCmd) Run(a *terminal) error {
	return a.withSystems(func(desk *app.Systems, _ storage.Store) error {
		calls, err := desk.Calls(a.ctx, c.Name, "")
		if err != nil {
			return noSystem(c.Name, err)
		}
		type view struct {
			At      time.Time `json:"at"`
			Message string    `json:"message"`
			Status  int       `json:"status"`
			Result  string    `json:"result"`
			Becomes string    `json:"becomes,omitempty"`
			Faults  []string  `json:"faults,omitempty"`
			Body    string    `json:"body,omitempty"`
		}
		views := make([]view, len(calls))
		rows := [][]string{{"WHEN", "STATUS", "RESULT", "WOULD BE", "WHY NOT"}}
		for i, x := range calls {
			v := view{At: x.At, Message: x.Message, Status: x.Status, Result: x.Result, Becomes: x.Becomes, Body: x.Call.Body}
			for _, f := range x.Would.Faults {
				v.Faults = append(v.Faults, f.Pointer+": "+f.Detail)
			}
			views[i] = v
			rows = append(rows, []string{x.At.Format(time.DateTime), fmt.Sprint(x.Status), x.Result, x.Becomes, strings.Join(v.Faults, "; ")})
		}
		if c.JSON {
			return a.printJSON(views)
		}
		if len(calls) == 0 {
			return a.printf("No good call in the last %d hours.\n", storage.InboundHours)
		}
		return a.printTable(rows)
	})
}

type inboundRotateCmd struct {
	Name       string `arg:"" help:"The system."`
	SecretFile string `type:"path" help:"A file with the secret that the system gave you. One is made unless given."`
}

// Run gives it another secret.
func (c *inboundRotateCmd) Run(a *terminal) error {
	given, err := secretIn(c.SecretFile)
	if err != nil {
		return err
	}
	return a.withSystems(func(desk *app.Systems, store storage.Store) error {
		secret, err := desk.Rotate(a.ctx, c.Name, given)
		if errors.Is(err, admin.ErrSystemSecret) {
			return usagef("%v", err)
		}
		if err != nil {
			return noSystem(c.Name, err)
		}
		if err := a.audited(store, "system.rotate", c.Name, "", ""); err != nil {
			return err
		}
		return a.printf("%s\nThis is the new secret; it is shown only here. For 24 hours the one of before is good as well.\n", secret)
	})
}

type inboundDisableCmd struct {
	Name string `arg:"" help:"The system."`
}

// Run lets no calls in.
func (c *inboundDisableCmd) Run(a *terminal) error {
	return a.onSystem(c.Name, "system.disable", "Calls of %s are not let in any more.\n", func(desk *app.Systems) error {
		return desk.Switch(a.ctx, c.Name, false)
	})
}

type inboundEnableCmd struct {
	Name string `arg:"" help:"The system."`
}

// Run lets calls in.
func (c *inboundEnableCmd) Run(a *terminal) error {
	return a.onSystem(c.Name, "system.enable", "Calls of %s are let in from now on.\n", func(desk *app.Systems) error {
		return desk.Switch(a.ctx, c.Name, true)
	})
}

type inboundRemoveCmd struct {
	Name string `arg:"" help:"The system."`
}

// Run forgets it.
func (c *inboundRemoveCmd) Run(a *terminal) error {
	return a.onSystem(c.Name, "system.remove", "%s is removed.\n", func(desk *app.Systems) error { return desk.Remove(a.ctx, c.Name) })
}

func (a *terminal) onSystem(name, what, says string, f func(*app.Systems) error) error {
	return a.withSystems(func(desk *app.Systems, store storage.Store) error {
		if err := f(desk); err != nil {
			return noSystem(name, err)
		}
		if err := a.audited(store, what, name, "", ""); err != nil {
			return err
		}
		return a.printf(says, name)
	})
}
