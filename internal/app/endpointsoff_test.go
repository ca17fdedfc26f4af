package app

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/webhook"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// An endpoint that takes nothing for three days is switched off, not a moment before, and one try
// that it takes begins them anew; whoever reads the notes learns of it. The clock is in the test's hand.
func TestAnEndpointThatTakesNothingForThreeDaysIsSwitchedOff(t *testing.T) {
	r := start(t, settings.Settings{})
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	e := &hookEndpoints{&host{store: r.store, clock: func() time.Time { return now }, log: slog.New(slog.DiscardHandler)}}
	h := storage.Hook{ID: "crm", Name: "CRM", Made: now, HookTerms: storage.HookTerms{News: storage.AllNews()}}
	if err := r.store.PutInstallation(t.Context(), h.Installation("1.sealed")); err != nil {
		t.Fatal(err)
	}
	off := func() storage.HookOff {
		t.Helper()
		h, _, ok := e.hook(t.Context(), "crm")
		if !ok {
			t.Fatal("the endpoint is gone")
		}
		return h.Off
	}
	status := http.StatusInternalServerError
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(there.Close)
	client := webhook.New(webhook.Config{Target: webhook.Target{URL: there.URL, Private: true, Secrets: []webhook.Secret{{Value: webhook.NewSecret()}}}, Clock: e.clock})
	t.Cleanup(client.Close)
	after := func(d time.Duration, answers int, want storage.HookOff) {
		t.Helper()
		now, status = now.Add(d), answers
		m := chat.Message{Title: "msg_1", Text: `{"type":"case.opened"}`}
		e.tried(t.Context(), "crm", m, client.Call(t.Context(), m.Title, m.Text, false))
		if got := off(); got != want {
			t.Fatalf("at %s, after %d, it is off because of %q, want %q", now, answers, got, want)
		}
	}
	after(0, 500, "")
	after(failsFor-time.Second, 500, "")
	after(time.Millisecond, 204, "") // it took one: the days begin anew
	after(time.Minute, 500, "")
	after(failsFor-time.Second, 503, "")
	if notes := strings.Join(r.notes(t.Context()), "\n"); strings.Contains(notes, "endpoints") {
		t.Errorf("the notes say %q", notes)
	}
	after(time.Second, 500, storage.HookFailing)
	if notes := strings.Join(r.notes(t.Context()), "\n"); !strings.Contains(notes, "endpoints of other systems that were switched off: 1") {
		t.Errorf("the notes say %q", notes)
	}
}
