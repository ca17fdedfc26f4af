package app

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/webchat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/web"
	"github.com/aftercare/aftercare/web/admin"
	"github.com/aftercare/aftercare/web/api"
)

// routes joins the handlers. A path of PUBLIC_URL is taken off where the proxy left it.
func (a *App) routes() (http.Handler, error) {
	public, err := url.Parse(a.Settings.PublicURL)
	if err != nil {
		return nil, err
	}
	conversations := a.webchat(public.Path)
	mux := http.NewServeMux()
	mux.Handle("/chat/", conversations)
	mux.Handle("/s/", conversations)
	mux.Handle("/static/chat/", conversations)
	for _, p := range a.connections.platforms {
		called := http.NewServeMux()
		p.hooks(called)
		watched := a.hooks.watch(string(p.name()), called)
		mux.HandleFunc("/hooks/"+string(p.name())+"/", func(w http.ResponseWriter, r *http.Request) {
			if isHook(r.URL.Path) {
				watched.ServeHTTP(w, r)
				return
			}
			called.ServeHTTP(w, r)
		})
		mux.Handle("/hooks/"+string(p.name()), watched)
	}
	plain := web.Config{
		Schemas: map[string][]byte{"flow.json": flowfile.Schema(), "recovery.json": rulefile.Schema()},
		Ready:   a.ready, Notes: a.notes, Log: a.Log,
	}
	plain.Metrics = newMetrics(metrics{stats: a.bot.Stats, health: a.health, refused: a.refused.all, sides: a.failingSides, counts: a.store.Counts, behind: a.store.Behind, clock: a.Clock, hooks: a.hooks.counts, web: a.web, log: a.Settings.SQLitePath()})
	if a.scraped != nil {
		a.showMetrics(plain.Metrics)
		plain.Metrics = nil
	}
	apart := web.New(plain)
	for _, at := range []string{"/healthz", "/readyz", "/metrics", "/schema/"} {
		mux.Handle(at, apart)
	}
	a.systems = newSystems(a.store, a.bot, a.connections.seal, a.Clock)
	pages, err := a.pages(public.Path)
	if err != nil {
		return nil, err
	}
	mux.Handle("/", pages)
	keep, err := newSealer(a.connections.naming) // which outlives a change of SECRET_KEY
	if err != nil {
		return nil, err
	}
	told := admin.NewReports(admin.Config{Store: a.store, Bot: a.bot, Asking: a.asking, Clock: a.Clock, Log: a.Log})
	calls := api.New(api.Config{
		Store: a.store, Bot: a.bot, Reports: told, Asking: a.asking, Systems: a.systems, Endpoints: apiEndpoints{a.endpoints()}, Sealer: answers{keep}, Files: &a.files,
		Clock: a.Clock, Prefix: public.Path, Log: a.Log,
	})
	mux.Handle("/api/", calls)
	mux.Handle("/problems/", calls)
	mux.Handle(api.MCPPath, calls)
	mux.Handle(api.InboundPath, a.hooks.watch(inboundCalls, calls))
	all := page.Legible(page.StripPrefix(page.Prefix(public.Path), mux))
	id := ServerID(a.connections.key)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/healthz") {
			w.Header().Set(ServerHeader, id)
		}
		all.ServeHTTP(w, r)
	}), nil
}

// webchat makes the browser's conversations from the bot'a. The adapter and the bot do
// not know each other, so what one says is put into the other's words here.
func (a *App) webchat(prefix string) http.Handler {
	shown := a.bot.Transcripts()
	links, standing := bot.LinksOf(a.bot), bot.Standing{Bot: a.bot}
	config := webchat.Config{
		Handle: a.bot.Handle,
		Visitor: func(ctx context.Context, token, browser string) (webchat.Visitor, error) {
			v, err := a.bot.Visitor(ctx, token, browser)
			return webchat.Visitor{
				Address: v.Address, User: v.User, Language: v.Language, Title: v.Title, About: v.About, Zone: v.Zone, Closed: v.Closed, Pulse: v.Pulse,
				Fresh: v.Fresh, Unopened: v.Unopened, Asking: v.Asking,
			}, webchatError(err)
		},
		Claim: func(ctx context.Context, token, browser string) error {
			return webchatError(a.bot.ClaimLink(ctx, token, browser))
		},
		Preview: func(ctx context.Context, token string) ([]webchat.Item, error) {
			wants, err := links.Preview(ctx, token)
			items := make([]webchat.Item, len(wants))
			for i, w := range wants {
				items[i] = webchat.Item{Slot: w.Slot, Ord: int64(i + 1), Version: 1, Message: w.Render}
			}
			return items, webchatError(err)
		},
		Code: func(ctx context.Context, token, browser string) (string, time.Duration, error) {
			code, life, err := links.Code(ctx, token, browser)
			return code, life, webchatError(err)
		},
		Move: func(ctx context.Context, token, browser, code string) error {
			return webchatError(links.Move(ctx, token, browser, code))
		},
		Ask: func(ctx context.Context, token, browser, words, nonce string) error {
			return webchatError(links.Ask(ctx, token, browser, words, nonce))
		},
		Standing: func(ctx context.Context, id string) (webchat.Standing, error) {
			p, err := standing.Describe(ctx, id)
			return webchat.Standing{Title: p.Title, Language: p.Language, Else: p.Else, Telegram: p.Telegram}, webchatError(err)
		},
		Begin: func(ctx context.Context, id string, languages []string) (string, error) {
			token, err := standing.Begin(ctx, id, languages)
			return token, webchatError(err)
		},
		Transcript: func(ctx context.Context, to chat.Address, before int64, limit int) ([]webchat.Item, error) {
			deliveries, err := shown.Page(ctx, to, before, limit)
			items := make([]webchat.Item, len(deliveries))
			for i, d := range deliveries {
				items[i] = webchat.Item{Slot: d.Slot, Ord: d.Ord, Version: d.Wanted, Message: d.Render}
			}
			return items, err
		},
		State: shown.State, Seen: shown.Seen,
		Watch: shown.Watch, Prefix: prefix, Secure: strings.HasPrefix(a.Settings.PublicURL, "https:"),
		Key: a.connections.key, Clock: a.Clock, Log: a.Log,
		MaxText:      survey.MaxText,
		ChangeWithin: survey.EditWindow,
	}
	if a.Demo != nil {
		config.Anew = a.Demo.Anew
	}
	return webchat.New(config)
}

func webchatError(err error) error {
	switch {
	case errors.Is(err, bot.ErrUnknownLink):
		return webchat.ErrUnknown
	case errors.Is(err, bot.ErrLinkUsed):
		return webchat.ErrUsed
	case errors.Is(err, bot.ErrLinkElsewhere):
		return webchat.ErrElsewhere
	case errors.Is(err, bot.ErrLinkOver):
		return webchat.ErrOver
	case errors.Is(err, bot.ErrLinkOff):
		return webchat.ErrOff
	case errors.Is(err, bot.ErrLinkExpired):
		return webchat.ErrExpired
	case errors.Is(err, bot.ErrCrowded):
		return webchat.ErrCrowded
	case errors.Is(err, bot.ErrWrongCode):
		return webchat.ErrWrongCode
	case errors.Is(err, bot.ErrNoCode):
		return webchat.ErrNoCode
	}
	return err
}

// answers are what the API keeps of its answers.
type answers struct{ sealer }

// Seal implements api.Sealer.
func (k answers) Seal(place, value string) string { return k.seal("api "+place, value) }

// Open implements api.Sealer.
func (k answers) Open(place, sealed string) (string, error) { return k.open("api "+place, sealed) }
