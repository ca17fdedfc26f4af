// Package web serves what is neither a chat nor a page of staff: the schemas of the files that
// admins write, and what monitoring asks for.
package web

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/aftercare/aftercare/internal/page"
)

// Config is what these addresses need from the rest of the program.
type Config struct {
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
	// Log hears of failures. Nil discards them.
	Log *slog.Logger
}

type site struct{ Config }

// New returns the handler of /healthz, /readyz, /schema/ and /metrics.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &site{c}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.probe("healthz", c.Health, nil))
	mux.HandleFunc("GET /readyz", s.probe("readyz", c.Ready, c.Notes))
	mux.HandleFunc("GET /schema/{file}", s.schema)
	if c.Metrics != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(c.Metrics, promhttp.HandlerOpts{}))
	}
	headers := page.Headers{Policy: policy, Frames: "DENY", Referrer: "same-origin"}
	return headers.On(mux)
}

// policy lets nothing here be more than what it says.
const policy = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
