// Package admin serves the pages of staff and admins: what waits for somebody, what
// customers said, who works here, how everything is set. Every page works as plain forms;
// modules make them quicker. Who may see or do what is decided by package access, by the
// deed that a route names, before its handler runs.
package admin

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"embed"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/internal/oidc"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/importing"
)

//go:embed static
var staticFiles embed.FS

// Static is the path under which the files of these pages are served.
const Static = "/static/admin/"

// Config is what the pages need from the rest of the program.
type Config struct {
	Store storage.Store
	Bot   *bot.Bot
	// ExactFigures is up to how many answers figures are counted one by one; above, they are made of sums by
	// day. 0 is figures.Exact.
	ExactFigures int
	// MostLooked is about how many conversations one page looks through for words; 0 is as usual.
	MostLooked int
	// Gate says who has signed in; nil is Sessions of the store.
	Gate Gate
	// Accounts are the bots that can be connected here; nil shows no page for that.
	Accounts Accounts
	// SlackManifest is the manifest of our app as JSON: Slack makes the app of it.
	SlackManifest string
	// Endpoints are those of other systems that are told what happens; nil shows no page for that.
	Endpoints Endpoints
	// Systems are those that call us in their own form; nil shows no page for that.
	Systems Systems
	// Backups are made on the server; nil offers none.
	Backups Backups
	// Asking decides whom to ask, and finds people on the platforms; nil is one that finds nobody
	// there whom the bot does not know.
	Asking *asking.Asking
	// Imports are tables of services that are sent here; nil takes none.
	Imports *importing.Desk
	// Sealer keeps the secrets of codes at sign-in; nil offers none.
	Sealer Sealer
	// Provider is the house's own identity provider, with which staff sign in; nil is none.
	Provider *oidc.Provider
	// Hasher makes and checks hashes of passwords; nil is one for this machine.
	Hasher *signin.Hasher
	// Files sends files; nil is a sender of its own. It is the one of the API where there is one.
	Files *page.Files
	// Clock is the time; nil is time.Now.
	Clock func() time.Time
	// Notes are what needs somebody although the program works, a line each; nil has none.
	Notes func(ctx context.Context) []string
	// Prefix is the path of PUBLIC_URL, "" for none. Links carry it; requests come without.
	Prefix string
	// PublicURL is the address under which others open the pages, as the setting has it; "" = what was
	// found on the pages, else that of each request.
	PublicURL string
	// Draw lays a message out as each platform shows it; previews of surveys are drawn by it.
	Draw map[chat.Platform]func(chat.Message) (chat.Drawn, error)
	// Demo makes the pages those of a demo; nil in earnest.
	Demo *Demo
	// Version is the program's, as `aftercare version` prints it.
	Version string
	// Log hears of failures. Nil discards them.
	Log *slog.Logger
}

// site is the admin of one installation.
type site struct {
	Config
	*material
	hub    *hub
	board  *board // what is read once for all who watch the list
	stuck  stuckCount
	cases  waitingCount
	secret []byte // by which this process knows its own answers
	pasts  pasts  // what drafts of surveys are tried on
}

// New returns the handler of all pages of staff and admins, and of their files. Its mux
// knows nothing else: whoever mounts it keeps the addresses of others away from it.
func New(c Config) http.Handler { return newSite(c).handler() }

func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+Static+"{file}", s.assets)
	for _, r := range routes {
		mux.HandleFunc(r.pattern, s.behindTheGate(r))
	}
	for _, r := range doors {
		mux.HandleFunc(r.pattern, s.beforeTheGate(r))
	}
	headers := page.Headers{
		Policy: policy, Frames: "DENY",
		Referrer: "same-origin", // no-referrer would make our own forms look foreign on plain HTTP
	}
	all := http.Handler(mux)
	if s.Demo != nil {
		for _, r := range demoDoors {
			mux.HandleFunc(r.pattern, s.beforeTheGate(r))
		}
		all = onThisComputer(mux)
		headers.Policy, headers.Frames = strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors 'self'", 1), "SAMEORIGIN"
	}
	mux.HandleFunc("/", s.behindTheGate(route{page: (*site).nothingHere}))

	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, Viewer{}, &page.Error{Code: page.Forbidden, Title: "foreign", Text: "foreign_text"})
	}))
	return page.StripPrefix(s.Prefix, headers.On(guard.Handler(s.encrypted(all))))
}

func newSite(c Config) *site {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Gate == nil {
		c.Gate = Sessions{c.Store, c.Clock}
	}
	if c.Hasher == nil {
		c.Hasher = signin.NewHasher()
	}
	if c.Files == nil {
		c.Files = new(page.Files)
	}
	c.Prefix = page.Prefix(c.Prefix)
	s := &site{
		Config: c, material: materialBelow(c.Prefix), hub: newHub(c.Store), secret: []byte(rand.Text()),
	}
	s.hub.clock = c.Clock
	s.cases.of = map[string]counted{}
	s.board = &board{readStandings: readStandings{c.Store}, clock: c.Clock, revision: s.hub.listed, reads: map[string]*boardEntry{}}
	if s.Bot != nil {
		s.hub.test = bot.ChatTests{Bot: s.Bot}.Look
		s.hub.tried = bot.LinksOf(s.Bot).Tried
	}
	return s
}

// policy lets a page use its own files and nothing else. No string becomes markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// encrypted takes a request for PUBLIC_URL's host for one by TLS where PUBLIC_URL is https,
// whatever a proxy that nobody named says of it: cookies go no other way then.
func (s *site) encrypted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil {
			if public, err := url.Parse(s.public()); err == nil && public.Scheme == "https" && strings.EqualFold(r.Host, public.Host) {
				r.TLS = &tls.ConnectionState{}
			}
		}
		next.ServeHTTP(w, r)
	})
}
