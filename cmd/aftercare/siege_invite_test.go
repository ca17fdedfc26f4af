package main

import (
	"context"
	"flag"
	"log/slog"
	"sync"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// crowd are so many web customers at a time where the load is as much as the machine bears, else as many as usual.
func crowd(n int) int {
	if *thinkFlag > 0 {
		return usual
	}
	return n
}

// leisure is how long web customers think about an answer in a siege that lasts long anyway, because leases must
// lapse in it: longer than usual, unless somebody has said how long.
func leisure() time.Duration {
	thought := 3 * usualThought
	flag.Visit(func(f *flag.Flag) {
		if f.Name == "think" {
			thought = *thinkFlag
		}
	})
	return thought
}

// makeDatabase brings the database up to date in the test's own process: who invites does not.
func (s *siege) makeDatabase() {
	s.t.Helper()
	of := settings.Settings{DatabaseURL: settings.Secret(s.env["DATABASE_URL"]), SecretKey: someKey}
	if _, err := app.Migrate(s.t.Context(), app.Migrating{Settings: of, Clock: app.Now, BackedUp: true}); err != nil {
		s.t.Fatal(err)
	}
}

// inviteToTelegram invites those on Telegram, before anybody begins.
func (s *siege) inviteToTelegram() {
	s.t.Helper()
	err := s.inviting(s.t.Context(), func(store storage.Store, b *bot.Bot) error {
		// Every unsatisfied customer has a card of their own, however many there are at once.
		if _, _, err := store.PublishRules(s.t.Context(), "rules:\n  storm: {cases: 0}\n", app.Now()); err != nil {
			return err
		}
		invites, err := inviteMany(s.t.Context(), b, s.telegram)
		for _, invite := range invites {
			s.customers = append(s.customers, &customer{invite: invite, low: true, given: map[int]string{}})
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// inviteToTheWeb invites whoever is needed until there is enough: a siege ends when its test
// has done what it wanted to, however fast customers answer. It is a program of its own
// beside the servers, as `aftercare invite` is, and comes and goes. While the database is
// away it tries again.
func (s *siege) inviteToTheWeb() {
	for s.enough.Err() == nil {
		var invites []bot.Invite
		err := s.inviting(s.enough, func(_ storage.Store, b *bot.Bot) (err error) {
			invites, err = inviteMany(s.enough, b, 4*s.inFlight)
			return err
		})
		if err != nil {
			s.notInvited.Store(&err)
			time.Sleep(50 * time.Millisecond)
		}
		for _, invite := range invites {
			select {
			case <-s.enough.Done():
				return
			case s.invited <- invite:
			}
		}
	}
}

// whyNobodyComes says what kept customers from being invited lately, if anything did.
func (s *siege) whyNobodyComes() string {
	if err := s.notInvited.Load(); err != nil {
		return "; customers were not invited: " + (*err).Error()
	}
	return ""
}

// comes is a customer on the web who begins now.
func (s *siege) comes(invite bot.Invite) *customer {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &customer{invite: invite, given: map[int]string{}}
	if s.lows && time.Since(s.lastLow) > lowEvery {
		c.low, s.lastLow = true, time.Now()
	}
	s.customers = append(s.customers, c)
	return c
}

// inviting opens the database for f, in the test's own process.
func (s *siege) inviting(ctx context.Context, f func(storage.Store, *bot.Bot) error) error {
	of := settings.Settings{
		DatabaseURL: settings.Secret(s.env["DATABASE_URL"]), SecretKey: someKey, PublicURL: s.env["PUBLIC_URL"],
	}
	store, err := app.OpenStore(ctx, of, app.Now, nil)
	if err != nil {
		return err
	}
	defer store.Close()
	b, err := app.NewBot(ctx, of, store, app.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer b.Close()
	return f(store, b)
}

// inviteMany returns the invitations that were made, and the error of another one.
func inviteMany(ctx context.Context, b *bot.Bot, n int) ([]bot.Invite, error) {
	var (
		mu      sync.Mutex
		invites []bot.Invite
		failed  error
		all     sync.WaitGroup
	)
	slots := make(chan struct{}, 100)
	for range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			invite, err := b.Invite(ctx, bot.InviteRequest{Flow: "post_service_3", Event: map[string]string{"service_name": "haircut"}, Expires: time.Hour})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
				return
			}
			invites = append(invites, invite)
		})
	}
	all.Wait()
	return invites, failed
}
