package app

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// A name of somebody else's that points here does nothing.
func TestL13OnlyNamesThatAreOursComeIn(t *testing.T) {
	const (
		yes = http.StatusOK
		no  = http.StatusMisdirectedRequest
	)
	for _, c := range []struct {
		listen, host, path string
		want               int
	}{
		{"127.0.0.1:8080", "care.example", "/chat/x", yes},
		{"127.0.0.1:8080", "CARE.example:443", "/chat/x", yes},
		{"127.0.0.1:8080", "localhost:8080", "/", yes},
		{"127.0.0.1:8080", "127.0.0.1:8080", "/", yes},
		{"127.0.0.1:8080", "[::1]:8080", "/", yes},
		{"127.0.0.1:8080", "aftercare:8080", "/", yes},
		{"127.0.0.1:8080", "evil.example", "/", no},
		{"127.0.0.1:8080", "care.example.evil.example", "/", no},
		{"127.0.0.1:8080", "127.0.0.1.evil.example", "/chat/x", no},
		{"127.0.0.1:8080", "10.1.2.3:8080", "/", no},
		{"127.0.0.1:8080", "10.1.2.3:8080", "/readyz", yes},
		{"0.0.0.0:8080", "10.1.2.3:8080", "/", yes},
		{"0.0.0.0:8080", "evil.example:8080", "/", no},
		{"10.1.2.3:8080", "10.1.2.3:8080", "/", yes},
		{"127.0.0.1:8080", "new.example", "/reach/ABC", yes},
		{"127.0.0.1:8080", "new.example", "/reach", no},
	} {
		e := newEdge(settings.Settings{Listen: c.listen, PublicURL: "https://care.example/a"})
		r := httptest.NewRequest("GET", "http://"+c.host+c.path, nil)
		w := httptest.NewRecorder()
		e.guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s at %s%s: %d, want %d", c.listen, c.host, c.path, w.Code, c.want)
		}
	}
}

// What a client says of itself is believed only where a trusted proxy says it.
func TestProxiesAreBelievedWhereTheyAreTrusted(t *testing.T) {
	for _, c := range []struct {
		from, says string
		want       string
		secure     bool
	}{
		{"10.0.0.7:1", "203.0.113.9, 10.0.0.8", "203.0.113.9:0", true},
		{"10.0.0.7:1", "1.1.1.1, 203.0.113.9", "203.0.113.9:0", true},
		{"10.0.0.7:1", "evil", "10.0.0.7:1", true},
		{"203.0.113.5:1", "127.0.0.1", "203.0.113.5:1", false},
	} {
		e := newEdge(settings.Settings{Listen: "127.0.0.1:1", Proxies: "10.0.0.0/24"})
		r := httptest.NewRequest("GET", "http://localhost/", nil)
		r.RemoteAddr = c.from
		r.Header.Set("X-Forwarded-For", c.says)
		r.Header.Set("X-Forwarded-Proto", "https")
		var got *http.Request
		e.guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r })).ServeHTTP(httptest.NewRecorder(), r)
		if got.RemoteAddr != c.want || (got.TLS != nil) != c.secure || proxied(got) {
			t.Errorf("%s says %s: %s, secure %v", c.from, c.says, got.RemoteAddr, got.TLS != nil)
		}
	}
}

func fetch(t *testing.T, url string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

func TestMetricsAreServedInOnePlace(t *testing.T) {
	const shown = "aftercare_connections "
	r := start(t, settings.Settings{PublicURL: "https://care.example"})
	if code, body := fetch(t, r.base+"/metrics"); code != 200 || !strings.Contains(body, shown) {
		t.Errorf("to this machine: %d, %t", code, strings.Contains(body, shown))
	}
	for _, headers := range [][]string{{"Host", "care.example"}, {"X-Forwarded-For", "203.0.113.9"}} {
		if code, body := fetch(t, r.base+"/metrics", headers...); code != 403 || strings.Contains(body, shown) {
			t.Errorf("with %v: %d, %t", headers, code, strings.Contains(body, shown))
		}
	}
	r = start(t, settings.Settings{MetricsListen: "127.0.0.1:0"})
	if code, _ := fetch(t, r.base+"/metrics"); code != 404 {
		t.Errorf("at LISTEN beside METRICS_LISTEN: %d", code)
	}
	at := "http://" + r.scraped.Addr().String()
	if code, body := fetch(t, at+"/metrics"); code != 200 || !strings.Contains(body, shown) {
		t.Errorf("at METRICS_LISTEN: %d, %t", code, strings.Contains(body, shown))
	}
	if code, _ := fetch(t, at+"/readyz"); code != 404 {
		t.Errorf("another page at METRICS_LISTEN: %d", code)
	}
}

// Each refused call is counted by its platform and reason, and the log tells of it once.
func TestR5RefusedCallsAreSeen(t *testing.T) {
	var log bytes.Buffer
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	h := newHookWatch(func() time.Time { return now }, slog.New(slog.NewTextHandler(&log, nil)))
	call := func(platform string, status int, headers ...string) {
		r := httptest.NewRequest("POST", "http://localhost/hooks/"+platform, nil)
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		answers := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		h.watch(platform, answers).ServeHTTP(httptest.NewRecorder(), r)
	}
	stamp := func(ago time.Duration) string { return strconv.FormatInt(now.Add(-ago).Unix(), 10) }
	for range 50 {
		call("slack", 401, "X-Slack-Signature", "v0=0", "X-Slack-Request-Timestamp", stamp(0))
		call("slack", 401, "X-Slack-Signature", "v0=0", "X-Slack-Request-Timestamp", stamp(10*time.Minute))
		call("telegram", 401, "X-Telegram-Bot-Api-Secret-Token", "x")
		call("telegram", 401)
		call("telegram", 400)
		call("telegram", 413)
		call("telegram", 405)
		call("telegram", 200)
		call("telegram", 503)
		for _, status := range []int{401, 404, 413, 422, 429, 200} {
			call(inboundCalls, status)
		}
		call("telegram", 404)
		call("slack", 200, "X-Slack-Signature", "v0=0", "X-Slack-Request-Timestamp", stamp(-2*time.Minute))
	}
	want := map[refusedHook]int64{
		{"slack", "signature"}: 50, {"slack", "clock"}: 50, {"telegram", "signature"}: 50, {"telegram", "unsigned"}: 50,
		{"telegram", "malformed"}: 50, {"telegram", "too large"}: 50, {"telegram", "method"}: 50,
		{"inbound", "signature"}: 50, {"inbound", "unknown"}: 50, {"inbound", "too large"}: 50, {"inbound", "mistakes"}: 50, {"inbound", "too many"}: 50,
	}
	got := h.counts()
	if len(got) != len(want) {
		t.Errorf("counted %v", got)
	}
	for what, n := range want {
		if got[what] != n {
			t.Errorf("%v: %d, want %d", what, got[what], n)
		}
	}
	if lines := strings.Count(log.String(), "\n"); lines != len(want)+1 {
		t.Errorf("%d lines:\n%s", lines, log.String())
	}
	for _, says := range []string{"clock_differs_by=10m0s", "this machine's clock differs from the platform's", "by=-2m0s"} {
		if !strings.Contains(log.String(), says) {
			t.Errorf("the log does not say %q:\n%s", says, log.String())
		}
	}
	if !t.Failed() {
		t.Attr("figure", "600 refused calls of two platforms and other systems: each counted by reason, 12 lines, and the clock named twice")
	}
}

// A SECRET_KEY that is easy to guess begins no database, and stays in use where there is one.
func TestAWeakKeyBeginsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	s := settings.Settings{DatabaseURL: settings.Secret("sqlite:" + path), Listen: "127.0.0.1:0", SecretKey: settings.Secret(strings.Repeat("a", 32))}
	run := func(s settings.Settings, log io.Writer) error {
		a := New(Config{Settings: s, Log: slog.New(slog.NewTextHandler(log, nil))})
		err := a.Start(t.Context())
		if stopped := a.Stop(); stopped != nil {
			t.Error(stopped)
		}
		return err
	}
	if err := run(s, io.Discard); err == nil || !strings.Contains(err.Error(), "openssl rand -hex 32") {
		t.Errorf("a new database: %v", err)
	}
	store, err := OpenStore(t.Context(), s, Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.PutAccount(t.Context(), someAccount()); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	if err := run(s, &log); err != nil || !strings.Contains(log.String(), "SECRET_KEY is easy to guess") {
		t.Errorf("a database in use: %v\n%s", err, log.String())
	}
}

func someAccount() storage.Account {
	return storage.Account{Platform: chat.Telegram, ID: "42", Name: "some_bot", Seen: Now()}
}

// An address that was found on the pages is ours from then on, and cookies go by https where it does.
func TestAnAddressThatWasFoundIsOurs(t *testing.T) {
	e := newEdge(settings.Settings{Listen: "127.0.0.1:8080"})
	at := ""
	find := func() string { return at }
	e.found.Store(&find)
	ask := func(host string) (code int, secure bool) {
		w := httptest.NewRecorder()
		e.guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { secure = r.TLS != nil })).ServeHTTP(w, httptest.NewRequest("GET", "http://"+host+"/", nil))
		return w.Code, secure
	}
	if code, _ := ask("care.example"); code != http.StatusMisdirectedRequest {
		t.Errorf("a name that nobody gave: %d", code)
	}
	at = "https://Care.example"
	if code, secure := ask("care.example"); code != http.StatusOK || !secure {
		t.Errorf("the address that was found: %d, secure %v", code, secure)
	}
	if code, _ := ask("evil.example"); code != http.StatusMisdirectedRequest {
		t.Errorf("another name: %d", code)
	}
	if code, secure := ask("localhost:8080"); code != http.StatusOK || secure {
		t.Errorf("this computer: %d, secure %v", code, secure)
	}
}

// What is no text in an address reaches nothing behind the edge: pages, the API, and what they ask of a database.
func TestAnAddressThatIsNoTextIsMadeText(t *testing.T) {
	r := start(t, settings.Settings{})
	for _, at := range []string{"/api/v1/a%00b", "/api/v1/a%ffb"} {
		if code, body := fetch(t, r.base+at); code != 404 || !strings.Contains(body, "/api/v1/a\uFFFDb") {
			t.Errorf("%s: %d, %s", at, code, body)
		}
	}
}
