package app

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/internal/testdisk"
)

const (
	someToken = "123456:AAGfNotARealTokenButShapedLikeOne"
	someKey   = "0123456789abcdef0123456789abcdef"

	// longest is how long tests wait for something that must happen.
	longest = 60 * time.Second
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, testdisk.InMemory()) }

// running is an instance in the test's own process, on a port and a database of its own.
type running struct {
	*App
	base string
}

func start(t *testing.T, s settings.Settings) running {
	t.Helper()
	return startWith(t, s, platforms()...)
}

// startWith is start with these platforms alone.
func startWith(t *testing.T, s settings.Settings, table ...row) running {
	t.Helper()
	s.DatabaseURL = settings.Secret("sqlite:" + filepath.Join(t.TempDir(), "a.db"))
	s.Listen = "127.0.0.1:0"
	a := New(Config{Settings: s})
	a.table = table
	t.Cleanup(func() {
		if err := a.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
	if err := a.Start(t.Context()); err != nil {
		t.Fatalf("it does not start: %v", err)
	}
	return running{App: a, base: "http://" + a.Address().String()}
}

func TestAServerStartsAnswersAndLeavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	tg := telegramtest.New(t)
	s := settings.Settings{
		Token: settings.Secret(tg.Token), API: tg.URL, Mode: settings.Webhook, WebhookSecret: "a-secret",
		PublicURL: "http://127.0.0.1:1/care", LogLevel: "info", LogFormat: "text",
	}
	r := start(t, s)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	tests := []struct {
		method, path, secret, body string
		want                       int
	}{
		{"GET", "/healthz", "", "", 200},
		{"GET", "/schema/flow.json", "", "", 200},
		{"GET", "/schema/recovery.json", "", "", 200},
		{"GET", "/readyz", "", "", 200},
		{"GET", "/care/readyz", "", "", 200}, // with the path of PUBLIC_URL, or without
		{"GET", "/nothing", "", "", 200},     // whoever has not signed in is led to the door
		{"GET", "/chat/nothing", "", "", 404},
		{"GET", "/chat/nobody-was-given-this", "", "", 404},
		{"POST", "/hooks/telegram", "", "{}", 401},
		{"POST", "/hooks/telegram", "b-secret", "{}", 401},
		{"POST", "/hooks/telegram", "a-secret", "garbage", 400},
		{"POST", "/hooks/telegram", "a-secret", strings.Repeat(" ", 1<<20) + "{}", 413},
		{"POST", "/hooks/telegram", "a-secret", `{"update_id":1,"something_new":{}}`, 200},
		{"POST", "/care/hooks/telegram", "a-secret", `{"update_id":2,"something_new":{}}`, 200},
		{"GET", "/hooks/telegram", "a-secret", "", 405},
	}
	for _, tt := range tests {
		request, err := http.NewRequest(tt.method, r.base+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		if tt.secret != "" {
			request.Header.Set("X-Telegram-Bot-Api-Secret-Token", tt.secret)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != tt.want {
			t.Errorf("%s %s: %d, want %d: %.200s", tt.method, tt.path, response.StatusCode, tt.want, said)
		}
	}
	if err := r.Stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	tg.Close()
	goleak.VerifyNone(t, before)
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	a := New(Config{Settings: settings.Settings{
		DatabaseURL: settings.Secret("sqlite:" + filepath.Join(t.TempDir(), "no", "such", "dir", "a.db")), Listen: "127.0.0.1:0",
	}})
	if err := a.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "a.db") {
		t.Errorf("got %v", err)
	}
	for range 2 { // whatever did start is stopped, once
		if err := a.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	}
}
