package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// Installation is what an account is connected with.
type Installation struct {
	Platform  chat.Platform
	Account   string // the bot's id or the workspace; "" = the platform is asked whose token it is
	Name      string // for people
	Token     settings.Secret
	Scopes    []string // what the token allows, where the platform says so
	Installer string   // the user who installed the app; "" = it is an account of the operator's own
	// Waits says that nobody has approved it: it is kept, and not served, until somebody does.
	Waits bool
	// Setting is the name of the setting that holds the token: such an account is connected
	// as long as the process lives, and nothing of it is kept. "" = it is kept in the
	// database, its token sealed, and every instance serves it.
	Setting string
}

// AccountHealth is the state of one account that this process connects.
type AccountHealth struct {
	outbox.AccountHealth        // of an account that is not served, only who it is, Revoked and Error
	Setting              string // that holds its token; "" = it is kept in the database
	Tenant               bool   // somebody else installed the app: its token is not the operator's
	Served               bool   // this process sends and receives for it, or would if another did not
}

// Connections are the accounts of this process. Those that settings name are connected at
// its start; those that are kept in the database come and go while it runs, by Connect and
// Drop here or on another instance, within lookEvery. Its methods are safe for concurrent
// use.
type Connections struct {
	host
	platforms []platform
	life      context.Context // of all connections
	changed   chan struct{}   // has a value after an installation came or went

	looking sync.Mutex // held by look
	mu      sync.Mutex
	given   map[string]*connection     // by setting
	kept    map[accountKey]*connection // what the database holds
	ended   bool                       // nothing is connected any more
	running group
}

type accountKey struct {
	platform chat.Platform
	account  string
}

// lookEvery is how often installations are looked for that another instance stored.
const lookEvery = 5 * time.Second

var errRemoved = errors.New("the app was removed from the workspace")

// newConnections connects nothing yet: run does.
func newConnections(life context.Context, h host, table []row) (*Connections, error) {
	c := &Connections{
		host: h, life: life, changed: make(chan struct{}, 1),
		given: map[string]*connection{}, kept: map[accountKey]*connection{},
	}
	var err error
	if c.seal, err = newSealer(h.key); err != nil {
		return nil, err
	}
	c.connections = c
	for _, r := range table {
		p, err := r.open(&c.host)
		if err != nil {
			return nil, err
		}
		c.platforms = append(c.platforms, p)
	}
	return c, nil
}

// run connects what the settings name and follows what the database holds, until the life
// of all connections ends. It returns when all of them have ended.
func (c *Connections) run() {
	for _, p := range c.platforms {
		c.running.start(func() { p.run(c.life) })
		for _, i := range p.given() {
			c.begin(p, i)
		}
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for c.life.Err() == nil {
		if err := c.look(c.life); err != nil && c.life.Err() == nil {
			c.log.Warn("cannot look for installations", "err", err)
		}
		select {
		case <-c.life.Done():
		case <-tick.C:
		case <-c.changed:
		}
	}
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.running.running.Wait() // they end with their life
	for _, p := range c.platforms {
		p.close()
	}
}

// wake has installations looked for at once, before the next look is due.
func (c *Connections) wake() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func (c *Connections) platform(name chat.Platform) (platform, error) {
	for _, p := range c.platforms {
		if p.name() == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("no account of %q can be connected", name)
}

// Connect keeps an account and serves it from now on: here at once, on other instances soon.
// One that waits is served once it is approved.
// One that is there already gets the new token. Errors of the platform are *chat.Error.
func (c *Connections) Connect(ctx context.Context, i Installation) error {
	p, err := c.platform(i.Platform)
	if err != nil {
		return err
	}
	if i.Setting != "" {
		c.begin(p, i)
		return nil
	}
	if err := p.keeps(); err != nil {
		return err
	}
	if i.Account == "" {
		whose, err := p.whose(ctx, i.Token)
		if err != nil {
			return fmt.Errorf("ask %s whose token it is: %w", i.Platform, err)
		}
		i.Account, i.Name = whose.ID, whose.Name
	}
	kept := storage.Installation{
		Platform: i.Platform, Account: i.Account, Name: i.Name, Sealed: c.seal.seal(place(i.Platform, i.Account), string(i.Token)),
		Scopes: strings.Join(i.Scopes, ","), Installer: i.Installer, Installed: c.clock(),
	}
	if !i.Waits {
		kept.Approved = kept.Installed
	}
	if err := c.store.PutInstallation(ctx, kept); err != nil {
		return fmt.Errorf("keep an installation: %w", err)
	}
	if err := c.look(ctx); err != nil {
		c.wake() // it is kept: the next look finds it
	}
	return nil
}

// Drop forgets an account that is kept, with its token, and returns when it is no longer
// served here: what is due was sent, or its time was over. Other instances follow soon. An
// account whose token a setting holds is not dropped: the error says so.
func (c *Connections) Drop(ctx context.Context, p chat.Platform, account string) error {
	c.mu.Lock()
	for setting, n := range c.given {
		if n.Platform == p && n.id() == account {
			c.mu.Unlock()
			return fmt.Errorf("the token of %s:%s is the setting %s. Take it out there and start again", p, account, setting)
		}
	}
	n := c.kept[accountKey{p, account}]
	c.mu.Unlock()
	if err := c.store.DropInstallation(ctx, p, account); err != nil {
		return fmt.Errorf("forget an installation: %w", err)
	}
	if n == nil {
		return nil
	}
	if err := c.look(ctx); err != nil {
		return fmt.Errorf("stop serving %s:%s: %w", p, account, err)
	}
	select {
	case <-n.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait until %s:%s is no longer served: %w", p, account, ctx.Err())
	}
}

// removed forgets an account because its platform says that we were removed from it. It
// waits for nothing. An account of a setting is asked about again: it may be given back.
func (c *Connections) removed(ctx context.Context, p chat.Platform, account string) error {
	if err := c.store.DropInstallation(ctx, p, account); err != nil {
		return fmt.Errorf("forget an installation: %w", err)
	}
	c.mu.Lock()
	for _, n := range c.given {
		if n.Platform == p && n.id() == account {
			n.leave(errRemoved)
		}
	}
	c.mu.Unlock()
	c.wake()
	return nil
}

// look begins and ends connections so that they are those that the database holds.
func (c *Connections) look(ctx context.Context) error {
	c.looking.Lock()
	defer c.looking.Unlock()
	var errs []error
	for _, p := range c.platforms {
		if p.keeps() != nil {
			continue
		}
		list, err := c.store.Installations(ctx, p.name())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		still := map[string]bool{}
		for _, i := range list {
			if i.Waits() {
				continue
			}
			still[i.Account] = true
			c.follow(p, i)
		}
		c.mu.Lock()
		for key, n := range c.kept {
			if key.platform == p.name() && !still[key.account] {
				n.end()
				delete(c.kept, key)
			}
		}
		c.mu.Unlock()
	}
	return errors.Join(errs...)
}

// follow begins the connection of an installation, unless it is there with this token or a
// setting has the account.
func (c *Connections) follow(p platform, i storage.Installation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.kept[accountKey{i.Platform, i.Account}]
	if old != nil && old.sealed == i.Sealed {
		return
	}
	for _, n := range c.given {
		if n.Platform == i.Platform && n.id() == i.Account {
			return
		}
	}
	token, err := c.seal.open(place(i.Platform, i.Account), i.Sealed)
	known := Installation{Platform: i.Platform, Account: i.Account, Name: i.Name, Token: settings.Secret(token), Installer: i.Installer}
	l := p.open(known)
	if l.connect == nil && err == nil { // nobody can serve it here
		return
	}
	if err != nil { // it is tried again for an operator who puts the old key back
		l.connect = func(context.Context) (storage.Account, error) { return storage.Account{}, err }
	}
	c.beginLocked(newConnection(known, i.Sealed, l), p.patience(known))
}

// begin connects an account of a setting.
func (c *Connections) begin(p platform, i Installation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beginLocked(newConnection(i, "", p.open(i)), p.patience(i))
}

// beginLocked connects an account, after the connection that it replaces has ended.
// c.mu is held.
func (c *Connections) beginLocked(n *connection, p patience) {
	if c.ended {
		return
	}
	var old *connection
	if n.Setting != "" {
		old, c.given[n.Setting] = c.given[n.Setting], n
	} else {
		key := accountKey{n.Platform, n.Account}
		old, c.kept[key] = c.kept[key], n
	}
	if old != nil {
		old.end()
	}
	ctx, stop := context.WithCancel(c.life)
	n.stop = stop
	c.running.start(func() {
		defer close(n.done)
		defer stop()
		if n.link.close != nil {
			defer n.link.close()
		}
		if old != nil {
			<-old.done
		}
		c.insist(ctx, p, func(ctx context.Context) error { return c.serve(ctx, n) })
	})
}

// serve connects an account and serves it until ctx ends or the platform says that we were
// removed.
func (c *Connections) serve(ctx context.Context, n *connection) (err error) {
	defer func() {
		if ctx.Err() == nil {
			n.note(err, c.clock())
		}
	}()
	account, err := n.link.connect(ctx)
	if n.Setting != "" && ctx.Err() == nil {
		c.refused.set(n.Setting, err != nil && chat.AsError(err).Kind == chat.Revoked)
	}
	if err != nil {
		return err
	}
	account.Seen = c.clock()
	if !n.link.nameless {
		if err := c.store.PutAccount(ctx, account); err != nil {
			return err
		}
	}
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	n.serving(account, leave)
	defer n.left()
	if n.Setting != "" {
		if err := c.claim(ctx, account); err != nil {
			return err
		}
	}
	if n.link.connected != nil {
		n.link.connected(account)
	}
	err = c.bot.ServeAccount(ctx, outbox.Account{
		Platform: account.Platform, ID: account.ID, Name: account.Name, Sender: n.link.sender,
		Intake: n.link.intake, Beside: n.link.beside,
	})
	if err != nil {
		return err
	}
	return context.Cause(ctx)
}

// claim ends the connection of an installation whose account a setting has as well.
func (c *Connections) claim(ctx context.Context, a storage.Account) error {
	key := accountKey{a.Platform, a.ID}
	c.mu.Lock()
	n := c.kept[key]
	delete(c.kept, key)
	c.mu.Unlock()
	if n == nil {
		return nil
	}
	n.end()
	select {
	case <-n.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Health tells how the accounts are that this process connects, in the order of their names.
func (c *Connections) Health() []AccountHealth {
	served := map[accountKey]outbox.AccountHealth{}
	for _, h := range c.bot.Health().Accounts {
		served[accountKey{h.Platform, h.ID}] = h
	}
	c.mu.Lock()
	all := append(slices.Collect(maps.Values(c.given)), slices.Collect(maps.Values(c.kept))...)
	c.mu.Unlock()
	out := make([]AccountHealth, len(all))
	for i, n := range all {
		out[i] = n.health()
		if h, ok := served[accountKey{out[i].Platform, out[i].ID}]; ok && out[i].Served {
			out[i].AccountHealth = h
		}
	}
	slices.SortFunc(out, func(a, b AccountHealth) int {
		return cmp.Or(strings.Compare(string(a.Platform), string(b.Platform)), strings.Compare(a.ID, b.ID), strings.Compare(a.Setting, b.Setting))
	})
	return out
}
