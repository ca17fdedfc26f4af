// Package web serves everything but the chats: the front page, the demo's page with the
// customer's chat and the staff room side by side, the flow files' schema, and what
// monitoring asks for.
package web

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

//go:embed pages
var pageFiles embed.FS

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
	assets assets
}

// New returns the handler of everything that is not a chat or a platform's hook.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if p := strings.Trim(c.Prefix, "/"); p == "" {
		c.Prefix = ""
	} else {
		c.Prefix = "/" + p
	}
	s := &site{Config: c, assets: newAssets(c.Prefix)}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.probe("healthz", c.Health))
	mux.HandleFunc("GET /readyz", s.probe("readyz", c.Ready))
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
		s.notice(w, r, http.StatusForbidden, "That came from another website", "Nothing was changed. Open this site’s own page and try again.")
	}))
	return stripPrefix(c.Prefix, headers(guard.Handler(mux)))
}

// stripPrefix takes the prefix off where it is there.
func stripPrefix(prefix string, next http.Handler) http.Handler {
	if prefix == "" {
		return next
	}
	strip := http.StripPrefix(prefix, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, prefix+"/") {
			strip.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// policy lets a page use its own style and show the chats in frames. There is no script.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin") // no-referrer would make our own forms look foreign on plain HTTP
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// page is what every page has around its content.
type page struct {
	Title, CSS, Icon, Prefix, Version string
}

func (s *site) page(title string) page {
	return page{title, s.assets.urls["web.css"], s.assets.urls["icon.svg"], s.Prefix, s.Version}
}

func (s *site) front(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "front.html", s.page("Aftercare"))
}

// noticePage is a page of a few words.
type noticePage struct {
	page
	Text string
}

func (s *site) notice(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	s.render(w, r, status, "notice.html", noticePage{s.page(title), text})
}

func (s *site) nothingHere(w http.ResponseWriter, r *http.Request) {
	s.notice(w, r, http.StatusNotFound, "There is no such page", "Check the address, or start at the front page.")
}

// render writes a page once it is whole, so that a template that fails sends no half page.
func (s *site) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		s.Log.Error("web: render page", "page", name, "err", err)
		http.Error(w, "This page cannot be shown. Reload it in a moment.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes())
	}
}
