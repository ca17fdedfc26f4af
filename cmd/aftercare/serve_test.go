package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

// running is a server in the test's own process, on a port of its own.
type running struct {
	base string
	stop func() error
}

func runHere(t *testing.T, s settings) running {
	t.Helper()
	s.DatabaseURL = secret("sqlite:" + filepath.Join(t.TempDir(), "a.db"))
	s.Listen = "127.0.0.1:0"
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		ended <- run(ctx, Config{
			Settings: s, Clock: now, Log: slog.New(slog.DiscardHandler),
			Ready: func(a net.Addr) { ready <- a },
		})
	}()
	r := running{stop: func() error { cancel(); return <-ended }}
	select {
	case a := <-ready:
		r.base = "http://" + a.String()
	case err := <-ended:
		cancel()
		t.Fatalf("it does not start: %v", err)
	}
	return r
}

func TestAServerStartsAnswersAndLeavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	tg := telegramtest.New(t)
	s := settings{
		Token: secret(tg.Token), API: tg.URL, Mode: modeWebhook, WebhookSecret: "a-secret",
		PublicURL: "http://127.0.0.1:1/care", LogLevel: "info", LogFormat: "text",
	}
	r := runHere(t, s)
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
		{"GET", "/nothing", "", "", 404},
		{"GET", "/chat/nobody-was-given-this", "", "", 404},
		{"GET", "/room/staff", "", "", 404}, // the demo's only
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
	if err := r.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	tg.Close()
	goleak.VerifyNone(t, before)
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	err := run(t.Context(), Config{
		Settings: settings{DatabaseURL: secret("sqlite:" + filepath.Join(t.TempDir(), "no", "such", "dir", "a.db")), Listen: "127.0.0.1:0"},
		Clock:    now, Log: slog.New(slog.DiscardHandler),
	})
	if err == nil || !strings.Contains(err.Error(), "a.db") {
		t.Errorf("got %v", err)
	}
}

// While Telegram does not answer, an orderly stop waits for what is being sent. A second
// signal does not wait for anything.
func TestASecondSignalStopsAtOnce(t *testing.T) {
	t.Parallel()
	tg := telegramtest.New(t)
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db", "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL})
	p := m.serve()
	connected(tg, modePoll)
	tg.Inject(telegramtest.Fault{Method: "sendMessage", Times: -1, Hang: true})
	tg.NewUser("Ann Lee", "en").Send("/help")
	tg.WaitRequests("sendMessage", 1)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); !strings.Contains(p.log.String(), "a second signal stops at once"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the first signal is not heard:\n%s", p.log)
		}
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.done
	exit, ok := errors.AsType[*exec.ExitError](p.err)
	if !ok || !exit.Sys().(syscall.WaitStatus).Signaled() {
		t.Errorf("it did not stop at once, but with %v:\n%s", p.err, p.log)
	}
}
