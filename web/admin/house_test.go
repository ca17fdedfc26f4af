package admin

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// house is an admin over a real database and a real bot, as one viewer sees it.
type house struct {
	t     *testing.T
	store storage.Store
	bot   *bot.Bot
	pages http.Handler
	as    *Viewer
}

// Viewer makes the house its own gate.
func (h *house) Viewer(*http.Request) (Viewer, bool, error) { return *h.as, h.as.Login != "", nil }

func newHouse(t *testing.T, as Viewer) *house {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlitetest.New(t, 1), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	b, err := bot.New(t.Context(), bot.Config{
		Store: store, Key: []byte("0123456789abcdef0123456789abcdef"), Parse: flowfile.Parse, Format: flowfile.Format, Templates: flowfile.Templates, Policy: rulefile.Parse,
		Traits: map[chat.Platform]chat.Traits{chat.Telegram: {}, chat.Web: {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	h := &house{t: t, store: store, bot: b, as: &as}
	h.pages = New(Config{Store: store, Bot: b, Gate: h, Version: "test"})
	return h
}

// get asks for a page and wants the status.
func (h *house) get(at string, want int) string {
	h.t.Helper()
	return h.ask(httptest.NewRequest("GET", at, nil), want).Body.String()
}

// post sends a form as this site's own page does, and wants the status.
func (h *house) post(at string, form url.Values, want int) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequest("POST", at, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return h.ask(r, want)
}

func (h *house) ask(r *http.Request, want int) *httptest.ResponseRecorder {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.pages.ServeHTTP(w, r)
	if w.Code != want {
		h.t.Fatalf("%s %s: %d, want %d\n%s", r.Method, r.URL, w.Code, want, w.Body)
	}
	return w
}

// giveUp stores a message that was given up for this reason.
func (h *house) giveUp(slot, why string) {
	h.t.Helper()
	to := chat.Address{Platform: chat.Telegram, Account: "bot", Chat: "-77"}
	err := h.store.Advance(h.t.Context(), 0, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) {
		return storage.Change{Slots: []storage.SlotOp{
			{Want: &storage.Want{Slot: slot, Address: to, Kind: storage.CardD, Render: chat.Message{Text: "a customer's words"}, Hash: slot}},
			{Claim: &storage.Claim{Slot: slot, Epoch: 1}},
			{Settle: &storage.Settle{Slot: slot, Epoch: 1, Version: 1, Outcome: storage.GaveUp, Error: why}},
		}}, nil
	}}})[0]
	if err != nil {
		h.t.Fatal(err)
	}
}

// park stores an update that could not be handled.
func (h *house) park(key, payload, why string) {
	h.t.Helper()
	p := storage.Parked{
		Key: key, Person: storage.Person{Platform: chat.Telegram, Account: "bot", User: "7"}, Payload: payload, Error: why, At: time.Now(),
	}
	if err := h.store.Park(h.t.Context(), p); err != nil {
		h.t.Fatal(err)
	}
}
