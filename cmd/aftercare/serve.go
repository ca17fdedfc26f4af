package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/aftercare/aftercare/cmd/aftercare/signals"
	"github.com/aftercare/aftercare/internal/app"
)

// serveCmd runs the bot and its web server until it is told to stop.
type serveCmd struct {
	Listen   string `help:"Address of the web server; LISTEN unless given."`
	BackedUp bool   `help:"Say that a Postgres is backed up, before a migration after which older programs cannot go on. A SQLite file is backed up by itself."`
}

// Run turns the environment into a Config and serves it.
func (c *serveCmd) Run(a *terminal) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	if c.Listen != "" {
		s.Listen = c.Listen
		if err := s.Check(); err != nil {
			return usageError{err}
		}
	}
	signals.Outlive()
	logger := s.Logger(a.stderr)
	for _, stranger := range s.Strangers {
		logger.Warn(stranger.String())
		if !logger.Enabled(a.ctx, slog.LevelWarn) { // who hears of errors alone has made one
			fmt.Fprintf(a.stderr, "aftercare: %v\n", stranger)
		}
	}
	return serve(a.ctx, app.Config{
		Settings: s, Version: thisBuild().Version, Clock: a.clock, BackedUp: c.BackedUp, Log: logger,
		Say: func(words string) { _ = a.printf("%s\n", words) }, // to a pipe that nobody reads: serving goes on
	}, nil)
}

// serve runs an instance until ctx ends or a part fails for good, stops everything it
// started, and returns why it failed. ready is told once that requests are answered; it may
// be nil.
func serve(ctx context.Context, c app.Config, ready func(net.Addr)) (err error) {
	server := app.New(c)
	defer func() { err = errors.Join(err, server.Stop()) }()
	if err := server.Start(ctx); err != nil {
		if ctx.Err() != nil { // whatever did not start any more
			c.Log.Info("stopping before it had started", "err", err)
			return nil
		}
		return err
	}
	if ready != nil {
		ready(server.Address())
	}
	select {
	case <-ctx.Done():
		c.Log.Info("stopping; a second signal stops at once")
		return nil
	case err := <-server.Failed():
		return err
	}
}
