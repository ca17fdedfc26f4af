// Package app makes one running instance from its settings: the database, the bot, the
// accounts that it serves and the web server, started in order and stopped in the reverse.
// `aftercare serve`, the demo and tests embed it. It prints nothing and reads no
// environment; what happens goes to the log.
//
//	server := app.New(app.Config{Settings: s, Log: log})
//	err := server.Start(ctx) // requests are answered from here on
//	…
//	err = server.Stop()
//
// Connections are the accounts: they come and go while the instance runs. A new platform is
// one row of the table in platform.go.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/admin"
	"github.com/aftercare/aftercare/web/importing"
)

// Config is everything that an instance is made from.
type Config struct {
	Settings settings.Settings  // checked by settings.Read
	Version  string             // of the program, for the log and the pages
	Clock    func() time.Time   // nil = Now
	Log      *slog.Logger       // nil = discard
	BackedUp bool               // a migration after which older programs cannot go on needs no backup
	Say      func(words string) // tells whoever started it how to set up, while nobody can sign in; nil = nobody
	Demo     *Demo              // what the demo adds; nil in earnest
}

// Demo is what `aftercare demo` adds to an instance.
type Demo struct {
	// Fill stores what the demo begins with, before anything is served.
	Fill func(ctx context.Context, store storage.Store, b *bot.Bot) error
	// Pages makes the pages of staff the demo's. It is asked for after Fill.
	Pages func() *admin.Demo
	// Anew makes another customer like the one of this link, and returns the path of their page.
	Anew func(ctx context.Context, token string) (path string, err error)
}

// Now is the clock of a real process: UTC, to the microsecond, as databases keep it.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// How long each part may take to stop. The bot finishes what it receives and sends what
// is due, with limits of its own (bot.ServeAccount: 20 s at most). Together they stay
// below TimeoutStopSec in deploy/aftercare.service.
const (
	stopWeb    = 5 * time.Second
	stopBot    = 22 * time.Second
	stopQueue  = 5 * time.Second
	stopSaying = 2 * time.Second
	stopStore  = 5 * time.Second
)

// ErrStopped is what Start returns when its context ended while it waited for the database.
var ErrStopped = errors.New("stopped while the database was waited for")

// App is one instance. Start is called once; Stop may be called at any time after that,
// also when Start failed.
type App struct {
	Config
	failed      chan error // has the first failure after which the instance cannot go on
	listener    net.Listener
	web         *webServer
	edge        edge
	store       storage.Store
	pulse       *pulse
	hooks       *hookWatch
	scraped     net.Listener // of METRICS_LISTEN; nil without it
	bot         *bot.Bot
	asking      *asking.Asking
	systems     *Systems        // that call us in their own form
	imports     *importing.Desk // nil = none are taken
	files       page.Files      // of pages and API
	table       []row           // of platforms
	refused     refusals        // of credentials that belong to no account yet
	sides       chat.SideCalls  // of platforms, that fail
	connections *Connections

	stopping sync.Mutex // held while it stops
	stops    stopping
}

// New returns an instance that was not started.
func New(c Config) *App {
	if c.Clock == nil {
		c.Clock = Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &App{Config: c, failed: make(chan error, 1), table: platforms(), stops: stopping{log: c.Log}}
}

// Start opens the port, waits for the database where it does not answer yet, and starts
// everything. From then on requests are answered. ctx bounds the start alone: what was
// started goes on until Stop, which must be called in any case.
func (a *App) Start(ctx context.Context) (err error) {
	if a.listener, err = listen(ctx, a.Settings.Listen); err != nil {
		return err
	}
	a.edge = newEdge(a.Settings)
	a.web = startWeb(a.listener, a.edge, a.Log, a.fail)
	a.hooks = newHookWatch(a.Clock, a.Log)
	if a.Settings.MetricsListen != "" {
		if a.scraped, err = listen(ctx, a.Settings.MetricsListen); err != nil {
			return fmt.Errorf("METRICS_LISTEN: %w", err)
		}
		a.stops.add("stop showing metrics", stopWeb, func(context.Context) error { return closed(a.scraped) })
	}

	if a.store, err = a.awaitStore(ctx); err != nil {
		return err
	}
	a.pulse = newPulse(a.store, a.listener.Addr().String())
	a.stops.add("close the database", stopStore, func(context.Context) error { return a.store.Close() })
	if a.Settings.PublicURL == "" && a.Demo != nil {
		a.Settings.PublicURL = "http://" + Reachable(a.listener.Addr().String())
	}
	if err := a.strong(ctx); err != nil {
		return err
	}
	if err := a.placeStaff(ctx); err != nil {
		return err
	}
	keys, err := OpenKeys(ctx, a.Settings, a.store, a.Clock)
	if err != nil {
		return err
	}
	if err := a.pulse.begin(ctx); err != nil {
		a.Log.Warn("cannot say yet that this instance starts", "err", err)
	}
	a.stops.add("say that this instance ends", stopSaying, a.pulse.end)
	a.bot, err = newBot(ctx, a.Settings, bot.Config{Key: keys.Naming, Store: a.store, Clock: a.Clock, Log: a.Log, Traits: traitsOf(a.table)})
	if err != nil {
		return err
	}
	a.stops.add("commit what is queued", stopQueue, func(context.Context) error { return a.bot.Close() })
	if a.Demo != nil {
		if err := a.Demo.Fill(ctx, a.store, a.bot); err != nil {
			return fmt.Errorf("fill the demo: %w", err)
		}
	}
	if err := a.startBot(keys); err != nil {
		return err
	}
	handler, err := a.routes()
	if err != nil {
		return err
	}
	found := func() string { return bot.LinksOf(a.bot).PublicURL() }
	a.edge.found.Store(&found)
	a.web.open(handler)
	a.stops.add("stop the web server", stopWeb, a.web.stop)
	a.logReady()
	return nil
}

// startBot starts what works in the background.
func (a *App) startBot(keys Keys) (err error) {
	ctx, cancel := context.WithCancel(context.Background())
	var parts group
	a.stops.add("stop the bot", stopBot, func(limit context.Context) error {
		cancel()
		return parts.wait(limit)
	})
	a.connections, err = newConnections(ctx, host{
		settings: a.Settings, key: keys.Secret, naming: keys.Naming, store: a.store, bot: a.bot, clock: a.Clock, log: a.Log, refused: &a.refused, sides: &a.sides,
	}, a.table)
	if err != nil {
		return err
	}
	parts.start(func() {
		if err := a.bot.Run(ctx); err != nil && ctx.Err() == nil {
			a.fail(fmt.Errorf("run the bot: %w", err))
		}
	})
	parts.start(func() {
		if err := a.pulse.run(ctx, a.bot.Configuration()); err != nil {
			a.Log.Error("this instance ends", "err", err)
			a.fail(err)
		}
	})
	parts.start(func() {
		if err := awaitReplacedKey(ctx, a.Settings, a.store, keys, a.Clock); err != nil {
			a.Log.Error("this instance ends", "err", err)
			a.fail(err)
		}
	})
	a.asking = asking.New(asking.Config{Store: a.store, Bot: a.bot, Clock: a.Clock, Log: a.Log, Find: a.connections.finder()})
	bot.StaffAsks{Bot: a.bot}.By(a.asking.ForStaff)
	parts.start(func() { a.asking.Run(ctx) })
	if a.imports = a.takeImports(); a.imports != nil {
		parts.start(func() { a.imports.Serve(ctx) })
	}
	results := a.keeping()
	parts.start(func() { results.Run(ctx) })
	parts.start(a.connections.run)
	parts.start(func() { a.saySetup(ctx) })
	return nil
}

func (a *App) logReady() {
	about := []any{"listen", a.listener.Addr().String(), "url", a.Settings.PublicURL}
	for _, p := range a.connections.platforms {
		about = append(about, string(p.name()), p.state())
	}
	a.Log.Info("ready", append(about, "version", a.Version)...)
}

// Stop stops everything that was started, the newest first, and returns when nothing of it
// runs any more or its time is over. Each step is named in the log and bounded. It may be
// called again.
func (a *App) Stop() error {
	a.stopping.Lock()
	defer a.stopping.Unlock()
	err := a.stops.all()
	if a.web != nil {
		_ = a.web.Close() // it was stopped already, unless something did not start
	}
	return err
}

// Failed has a value once the instance cannot go on: its owner stops it.
func (a *App) Failed() <-chan error { return a.failed }

// Address is where it listens. The port is the one that was found where LISTEN names 0.
func (a *App) Address() net.Addr { return a.listener.Addr() }

// Bot holds the conversations. It is nil until Start succeeded.
func (a *App) Bot() *bot.Bot { return a.bot }

// Connections are the accounts that it serves. They are nil until Start succeeded.
func (a *App) Connections() *Connections { return a.connections }

// fail reports the first failure and drops the others, which follow from it.
func (a *App) fail(err error) {
	select {
	case a.failed <- err:
	default:
	}
}
