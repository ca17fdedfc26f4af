package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
)

// serveCmd runs the bot and its web server until it is told to stop.
type serveCmd struct {
	Listen string `help:"Address of the web server; LISTEN unless given."`
}

// Run turns the environment into a Config and serves it.
func (c *serveCmd) Run(a *terminal) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	if c.Listen != "" {
		s.Listen = c.Listen
		if problems := s.problems(); len(problems) > 0 {
			return usageError{settingsError(problems)}
		}
	}
	tuneCollector()
	return run(a.ctx, Config{Settings: s, Clock: a.clock, Log: s.logger(a.stderr)})
}

// Config is everything that a server is made from.
type Config struct {
	Settings settings
	Clock    func() time.Time
	Log      *slog.Logger
	Demo     *demo          // what the demo adds; nil in earnest
	Ready    func(net.Addr) // told once that requests are answered; may be nil
}

// How long each part may take to stop. The bot finishes what it receives and sends what
// is due, with limits of its own (bot.ServeAccount: 20 s at most). Together they stay
// below TimeoutStopSec in deploy/aftercare.service.
const (
	stopWeb   = 5 * time.Second
	stopBot   = 22 * time.Second
	stopQueue = 5 * time.Second
	stopStore = 5 * time.Second
)

// server is one running instance.
type server struct {
	Config
	store   storage.Store
	bot     *bot.Bot
	stops   stopping
	refused refusals // of credentials that belong to no account yet
}

// run serves until ctx ends or a part fails for good, stops everything it started,
// and returns why it failed.
func run(ctx context.Context, c Config) (err error) {
	s := &server{Config: c, stops: stopping{log: c.Log}}
	var web *webServer
	defer func() {
		err = errors.Join(err, s.stops.all())
		if web != nil {
			_ = web.Close() // it was stopped already, unless something did not start
		}
	}()

	listener, err := listen(ctx, c.Settings.Listen)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	web = s.startWeb(listener, failed)

	s.store, err = s.awaitStore(ctx)
	if err != nil || s.store == nil {
		return err
	}
	s.stops.add("close the database", stopStore, func(context.Context) error { return s.store.Close() })
	if c.Settings.PublicURL == "" && c.Demo != nil {
		s.Settings.PublicURL = "http://" + reachable(listener.Addr().String())
	}
	staff, err := s.Settings.staffChats(ctx, s.store)
	if err != nil {
		return err
	}
	elsewhere := s.Settings.staff()
	if c.Demo != nil {
		staff, elsewhere = append(staff, demoRoom), append(elsewhere, demoRoom)
	}
	if len(elsewhere) == 0 && s.Settings.SlackStaff == "" {
		c.Log.Warn("nobody will hear of unsatisfied customers", "do", "set TELEGRAM_STAFF_CHAT or SLACK_STAFF_CHANNEL")
	}
	s.bot, err = s.Settings.newBot(ctx, s.store, staff, c.Clock, c.Log)
	if err != nil {
		return err
	}
	s.stops.add("commit what is queued", stopQueue, func(context.Context) error { return s.bot.Close() })
	if c.Demo != nil {
		if err := c.Demo.fill(ctx, s.store, s.bot); err != nil {
			return fmt.Errorf("fill the demo: %w", err)
		}
	}

	hooks, err := s.startBot(failed, elsewhere)
	if err != nil {
		return err
	}
	handler, err := s.routes(hooks)
	if err != nil {
		return err
	}
	web.open(handler)
	s.stops.add("stop the web server", stopWeb, web.stop)
	c.Log.Info("ready", "listen", listener.Addr().String(), "url", s.Settings.PublicURL, "telegram", telegramState(c.Settings), "slack", slackState(c.Settings), "version", thisBuild().Version)
	if c.Ready != nil {
		c.Ready(listener.Addr())
	}

	select {
	case <-ctx.Done():
		c.Log.Info("stopping; a second signal stops at once")
		return nil
	case err := <-failed:
		return err
	}
}

// startBot starts what works in the background and returns what adds the addresses that
// the platforms call. staff are those of other platforms than Slack.
func (s *server) startBot(failed chan<- error, staff []chat.Address) (hooks func(*http.ServeMux), err error) {
	key, err := s.Settings.key()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var parts group
	s.stops.add("stop the bot", stopBot, func(limit context.Context) error {
		cancel()
		return parts.wait(limit)
	})
	parts.start(func() {
		if err := s.bot.Run(ctx); err != nil && ctx.Err() == nil {
			fail(failed, fmt.Errorf("run the bot: %w", err))
		}
	})
	var all []func(*http.ServeMux)
	parts.start(func() {
		if err := awaitOutdated(ctx, s.store); err != nil {
			s.Log.Error("this instance ends", "err", err)
			fail(failed, err)
		}
	})
	if s.Settings.Token != "" {
		t := newTelegram(s, key)
		parts.start(func() { t.serve(ctx) })
		if t.webhook != nil {
			all = append(all, func(mux *http.ServeMux) { mux.Handle("/hooks/telegram", t.webhook) })
		}
	}
	if s.Settings.usesSlack() {
		app, err := newSlack(s, key, staff)
		if err != nil {
			return nil, err
		}
		parts.start(func() { app.serve(ctx) })
		all = append(all, func(mux *http.ServeMux) { app.hooks(mux, key) })
	}
	return func(mux *http.ServeMux) {
		for _, add := range all {
			add(mux)
		}
	}, nil
}

// fail reports the first failure and drops the others, which follow from it.
func fail(failed chan<- error, err error) {
	select {
	case failed <- err:
	default:
	}
}

// listen opens the port, and where it is taken says what to do.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program is using %s. Stop it, or choose another port: --listen 127.0.0.1:8081", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen at %s. Choose a port above 1023: --listen 127.0.0.1:8080", address)
	}
	return nil, fmt.Errorf("listen at %s: %w. Choose another address with --listen", address, err)
}

// slackState says how Slack tells what people do.
func slackState(s settings) string {
	switch {
	case !s.usesSlack():
		return "off"
	case s.SlackAppToken != "" && s.SlackSecret != "":
		return "socket and http"
	case s.SlackAppToken != "":
		return "socket"
	}
	return "http"
}

func telegramState(s settings) string {
	if s.Token == "" {
		return "off"
	}
	return s.Mode
}
