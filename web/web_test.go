package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ask(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://care.example"+path, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestProbes(t *testing.T) {
	var log strings.Builder
	broken := func(context.Context) error { return errors.New("database at 10.0.0.7 refuses") }
	for name, c := range map[string]struct {
		config Config
		path   string
		status int
		body   string
	}{
		"alive":       {Config{}, "/healthz", 200, "ok\n"},
		"not alive":   {Config{Health: broken}, "/healthz", 503, "unavailable\n"},
		"ready":       {Config{Ready: func(context.Context) error { return nil }}, "/readyz", 200, "ok\n"},
		"not ready":   {Config{Ready: broken}, "/readyz", 503, "unavailable\n"},
		"outdated":    {Config{Ready: func(context.Context) error { return storage.ErrOutdated }}, "/readyz", 503, storage.ErrOutdated.Error() + "\n"},
		"unconnected": {Config{Ready: broken}, "/healthz", 200, "ok\n"},
	} {
		c.config.Log = slog.New(slog.NewTextHandler(&log, nil))
		w := ask(New(c.config), "GET", c.path, "")
		if w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%s: %d %q, want %d %q", name, w.Code, w.Body, c.status, c.body)
		}
	}
	if !strings.Contains(log.String(), "10.0.0.7 refuses") {
		t.Error("the log does not say why")
	}
}

func TestMetricsAndSchema(t *testing.T) {
	registry := prometheus.NewRegistry()
	answers := prometheus.NewCounter(prometheus.CounterOpts{Name: "aftercare_answers_total", Help: "Answers stored."})
	registry.MustRegister(answers)
	answers.Add(3)
	h := New(Config{Metrics: registry, Schemas: map[string][]byte{"flow.json": []byte(`{"type":"object"}`)}})
	if w := ask(h, "GET", "/metrics", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "aftercare_answers_total 3") {
		t.Errorf("metrics: %d %s", w.Code, w.Body)
	}
	w := ask(h, "GET", "/schema/flow.json", "")
	if w.Code != 200 || w.Body.String() != `{"type":"object"}` || w.Header().Get("Content-Type") != "application/schema+json" {
		t.Errorf("schema: %d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := ask(h, "GET", "/schema/other.json", ""); w.Code != 404 {
		t.Errorf("a schema that is not there: %d", w.Code)
	}
	for _, path := range []string{"/metrics", "/schema/flow.json"} {
		if w := ask(New(Config{}), "GET", path, ""); w.Code != 404 {
			t.Errorf("%s without any: status %d", path, w.Code)
		}
	}
}

func TestEveryAnswerIsSafe(t *testing.T) {
	h := New(Config{})
	for _, path := range []string{"/", "/nowhere", "/healthz", "/schema/x.json"} {
		w := ask(h, "GET", path, "")
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cache-Control": "no-store", "X-Frame-Options": "DENY",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}
