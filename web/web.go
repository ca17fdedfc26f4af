// Package web serves everything but the chats: the front page, the demo's page with the
// customer's chat and the staff room side by side, the flow files' schema, and what
// monitoring asks for.
package web

import (
	"context"
	"embed"
	"html/template"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/aftercare/aftercare/internal/page"
)

var (
	//go:embed pages
	pageFiles embed.FS
	//go:embed static
	staticFiles embed.FS
)

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// Config is what the pages need from the rest of the program.
type Config struct {
	// Version is the program's, as `aftercare version` prints it.
	Version string
	// Health says that the process works at all; nil is always well. A failure means
	// that only a restart helps.
	Health func(ctx context.Context) error
	// Ready says that the database answers and that every account is held or waits for
	// its lease; nil is always ready. The reason goes to the log, not to the page.
	Ready func(ctx context.Context) error
	// Notes are what needs somebody although the server is ready, a line each, in words that
	// name nobody; nil has none.
	Notes func(ctx context.Context) []string
	// Metrics are served at /metrics; nil serves none.
	Metrics prometheus.Gatherer
	// Schemas are the JSON Schemas of the files that admins write, for editors: each is
	// served at /schema/ under its name, "flow.json".
	Schemas map[string][]byte
	// Demo makes the front page the demo's; nil outside `aftercare demo`.
	Demo *Demo
	// Prefix is the path of PUBLIC_URL, "" for none. Links carry it; requests may
	// arrive with it or, where a proxy takes it off, without.
	Prefix string
	// Log hears of failures. Nil discards them.
	Log *slog.Logger
}

type site struct {
	Config
	assets *page.Assets
}

// New returns the handler of everything that is not a chat or a platform's hook.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Prefix = page.Prefix(c.Prefix)
	s := &site{Config: c, assets: page.NewAssets(staticFiles, "static", c.Prefix+"/static/web/")}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.probe("healthz", c.Health, nil))
	mux.HandleFunc("GET /readyz", s.probe("readyz", c.Ready, c.Notes))
	mux.HandleFunc("GET /schema/{file}", s.schema)
	mux.Handle("GET /static/web/{file}", s.assets)
	if c.Metrics != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(c.Metrics, promhttp.HandlerOpts{}))
	}
	if c.Demo != nil {
		mux.HandleFunc("GET /{$}", s.demo)
		mux.HandleFunc("POST /demo/customer", s.newCustomer)
	} else {
		mux.HandleFunc("GET /{$}", s.front)
	}
	mux.HandleFunc("GET /", s.nothingHere)

	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, &page.Error{
			Code: page.Forbidden, Title: "That came from another website",
			Text: "Nothing was changed. Open this site’s own page and try again.",
		})
	}))
	headers := page.Headers{
		Policy: policy, Frames: "DENY",
		Referrer: "same-origin", // no-referrer would make our own forms look foreign on plain HTTP
	}
	return page.StripPrefix(c.Prefix, headers.On(guard.Handler(mux)))
}

// policy lets a page use its own style and show the chats in frames. There is no script.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// frame is what every page has around its content.
type frame struct {
	Title, CSS, Icon, Prefix, Version string
}

func (s *site) frame(title string) frame {
	return frame{title, s.assets.URL("web.css"), s.assets.URL("icon.svg"), s.Prefix, s.Version}
}

func (s *site) front(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "front.html", s.frame("Aftercare"))
}

// noticePage is a page of a few words.
type noticePage struct {
	frame
	Text string
}

// refuse answers with a page that says what err says. Why it is so is for the log.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := page.AsError(err)
	if e.Title == "" {
		e = &page.Error{
			Code: e.Code, Err: e.Err, Title: "That did not work",
			Text: "The server is at fault. Wait a moment, then go back and try again.",
		}
	}
	if e.Code.Status() >= http.StatusInternalServerError {
		s.Log.Error("web: "+r.Method+" "+r.Pattern, "err", err)
	}
	s.render(w, r, e.Code.Status(), "notice.html", noticePage{s.frame(e.Title), e.Text})
}

func (s *site) nothingHere(w http.ResponseWriter, r *http.Request) {
	s.refuse(w, r, &page.Error{
		Code: page.NotFound, Title: "There is no such page", Text: "Check the address, or start at the front page.",
	})
}

func (s *site) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	if err := page.Render(w, r, pages, status, name, data); err != nil {
		s.Log.Error("web: a page cannot be shown", "err", err)
	}
}
