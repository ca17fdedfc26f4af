package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/webchat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/web"
)

// routes joins the handlers. A path of PUBLIC_URL is taken off where the proxy left it.
func (s *server) routes(hooks func(*http.ServeMux)) (http.Handler, error) {
	public, err := url.Parse(s.Settings.PublicURL)
	if err != nil {
		return nil, err
	}
	conversations := s.webchat(public.Path)
	mux := http.NewServeMux()
	mux.Handle("/chat/", conversations)
	mux.Handle("/room/", conversations)
	mux.Handle("/static/chat/", conversations)
	hooks(mux)
	pages := web.Config{
		Schemas: map[string][]byte{"flow.json": flowfile.Schema(), "recovery.json": rulefile.Schema()},
		Version: thisBuild().Version, Ready: s.ready, Prefix: public.Path, Log: s.Log,
	}
	pages.Metrics = newMetrics(metrics{stats: s.bot.Stats, health: s.bot.Health, refused: s.refused.all, counts: s.store.Counts})
	if s.Demo != nil {
		pages.Demo = s.Demo.page()
	}
	mux.Handle("/", web.New(pages))
	return page.StripPrefix(page.Prefix(public.Path), mux), nil
}

// ready says whether this instance can do its work: whether its database takes changes and
// no platform refuses its credentials. A platform that is only away makes nobody unready.
func (s *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := s.store.Ping(ctx); err != nil {
		return err
	}
	health := s.bot.Health()
	if health.Stalled {
		return errors.New("the database takes no changes")
	}
	if settings := s.refused.String(); settings != "" {
		return fmt.Errorf("a platform refuses the credentials in %s", settings)
	}
	if !health.Healthy() {
		return errors.New("a platform refuses the credentials of an account")
	}
	return nil
}

// webchat makes the browser's conversations from the bot's. The adapter and the bot do
// not know each other, so what one says is put into the other's words here.
func (s *server) webchat(prefix string) http.Handler {
	var rooms []webchat.Room
	if s.Demo != nil {
		rooms = []webchat.Room{{ID: demoRoom.Chat, User: demoStaff}}
	}
	return webchat.New(webchat.Config{
		Handle: s.bot.Handle,
		Visitor: func(ctx context.Context, token string) (webchat.Visitor, error) {
			v, err := s.bot.Visitor(ctx, token)
			return webchat.Visitor{Address: v.Address, User: v.User, Language: v.Language, Title: v.Title}, webchatError(err)
		},
		Transcript: func(ctx context.Context, to chat.Address) ([]webchat.Item, error) {
			deliveries, err := s.bot.Transcript(ctx, to)
			items := make([]webchat.Item, len(deliveries))
			for i, d := range deliveries {
				items[i] = webchat.Item{Slot: d.Slot, Ord: d.Ord, Version: d.Wanted, Message: d.Render}
			}
			return items, err
		},
		Watch: s.bot.Watch, Rooms: rooms, Prefix: prefix, Clock: s.Clock, Log: s.Log,
	})
}

func webchatError(err error) error {
	switch {
	case errors.Is(err, bot.ErrUnknownLink):
		return webchat.ErrUnknown
	case errors.Is(err, bot.ErrLinkUsed):
		return webchat.ErrUsed
	case errors.Is(err, bot.ErrLinkExpired):
		return webchat.ErrExpired
	}
	return err
}
