package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
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

func sampleDemo(invite func(ctx context.Context, site, language, flow string) (string, error)) *Demo {
	return &Demo{
		Customer: func(_ context.Context, token string) (string, error) {
			if token == "KNOWN" {
				return token, nil
			}
			return "http://127.0.0.1:8080/chat/FIRST-token_1", nil
		},
		Room:      "staff",
		Sites:     []Choice{{"salon", "Salon <Anna>"}, {"repair", "QuickFix"}},
		Flows:     []Choice{{"post_service_3", "Three questions"}, {"one_tap_csat", "One tap"}},
		Languages: []Choice{{"en", "English"}, {"zh-Hans", "简体中文"}}, NewCustomer: invite,
	}
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

func TestFrontPage(t *testing.T) {
	w := ask(New(Config{Version: "1.2.3"}), "GET", "/", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "Version 1.2.3") || !strings.Contains(w.Body.String(), "documentation") {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
	if w := ask(New(Config{}), "POST", "/demo/customer", "site=salon"); w.Code == http.StatusSeeOther {
		t.Error("outside the demo a customer can be invited by anyone")
	}
	if w := ask(New(Config{}), "GET", "/admin/", ""); w.Code != 404 || !strings.Contains(w.Body.String(), "There is no such page") {
		t.Errorf("unknown page: %d\n%s", w.Code, w.Body)
	}
}

func TestEveryPageIsSafe(t *testing.T) {
	h := New(Config{Demo: sampleDemo(nil)})
	for _, path := range []string{"/", "/?chat=x", "/nowhere", "/healthz", "/static/web/nothing.css"} {
		w := ask(h, "GET", path, "")
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cache-Control": "no-store", "X-Frame-Options": "DENY",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		for _, not := range []string{"<script", "<style", "style=", "onclick", `src="http`} {
			if strings.Contains(w.Body.String(), not) {
				t.Errorf("%s has %q", path, not)
			}
		}
	}
}

func TestDemoPage(t *testing.T) {
	h := New(Config{Demo: sampleDemo(nil), Prefix: "/care"})
	page := ask(h, "GET", "/care/", "").Body.String()
	for _, want := range []string{
		`src="/care/chat/FIRST-token_1"`, `src="/care/room/staff"`, `action="/care/demo/customer"`,
		`<option value="salon">Salon &lt;Anna&gt;</option>`, `<option value="zh-Hans">简体中文</option>`, `href="/care/static/web/`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	chosen := ask(h, "GET", "/?chat=SECOND&site=repair&flow=one_tap_csat&language=zh-Hans", "").Body.String()
	for _, want := range []string{`src="/care/chat/SECOND"`, `value="repair" selected`, `value="one_tap_csat" selected`, `value="zh-Hans" selected`} {
		if !strings.Contains(chosen, want) {
			t.Errorf("the page lacks %q:\n%s", want, chosen)
		}
	}
	back := ask(h, "GET", "/", "", "Cookie", demoCookie+"=KNOWN").Body.String()
	if !strings.Contains(back, `src="/care/chat/KNOWN"`) {
		t.Errorf("a browser that comes back is another customer:\n%s", back)
	}
	for _, forged := range []string{"../room/x", "javascript:alert(1)", "//evil.example", `"><script>`, "."} {
		page := ask(h, "GET", "/?chat="+url.QueryEscape(forged), "").Body.String()
		if !strings.Contains(page, `src="/care/chat/FIRST-token_1"`) {
			t.Errorf("%q decides what the frame shows:\n%s", forged, page)
		}
	}
}

func TestNewCustomer(t *testing.T) {
	var asked []string
	invite := func(_ context.Context, site, language, flow string) (string, error) {
		asked = append(asked, site+" "+language+" "+flow)
		if site == "repair" {
			return "", errors.New("no database")
		}
		return "https://care.example/care/chat/NEW_token", nil
	}
	h := New(Config{Demo: sampleDemo(invite), Prefix: "care"})
	good := "site=salon&flow=one_tap_csat&language=zh-Hans"
	w := ask(h, "POST", "/demo/customer", good)
	if w.Code != 303 || w.Header().Get("Location") != "/care/?chat=NEW_token&flow=one_tap_csat&language=zh-Hans&site=salon" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	for name, c := range map[string]struct {
		body   string
		header []string
		status int
		asked  int
	}{
		"unknown site":        {"site=x&flow=one_tap_csat&language=en", nil, 400, 1},
		"unknown flow":        {"site=salon&flow=x&language=en", nil, 400, 1},
		"unknown language":    {"site=salon&flow=one_tap_csat&language=x", nil, 400, 1},
		"nothing":             {"", nil, 400, 1},
		"garbage":             {"%zz", nil, 400, 1},
		"too big":             {good + "&x=" + strings.Repeat("x", maxForm), nil, 413, 1},
		"from another site":   {good, []string{"Sec-Fetch-Site", "cross-site"}, 403, 1},
		"the store is away":   {"site=repair&flow=one_tap_csat&language=en", nil, 503, 2},
		"looking invites not": {"", nil, 404, 1},
	} {
		asked = []string{"salon zh-Hans one_tap_csat"}
		method := "POST"
		if name == "looking invites not" {
			method = "GET"
		}
		if w := ask(h, method, "/demo/customer", c.body, c.header...); w.Code != c.status || len(asked) != c.asked {
			t.Errorf("%s: status %d with %d invitations, want %d with %d", name, w.Code, len(asked), c.status, c.asked)
		}
	}
}

func TestStaticFiles(t *testing.T) {
	h := New(Config{})
	links := regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(ask(h, "GET", "/", "").Body.String(), -1)
	if len(links) < 2 {
		t.Fatalf("the page uses %d files", len(links))
	}
	for _, l := range links {
		if w := ask(h, "GET", l[1], ""); w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, %v", l[1], w.Code, w.Header())
		}
	}
}
