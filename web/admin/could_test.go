package admin

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// What is wrong is said in the reader's language and leads to the step that mends it; what
// could be done goes away when it is done.
func TestTodaySaysWhatIsWrongAndWhatOneCouldDo(t *testing.T) {
	w := newWorld(t)
	with := &bots{}
	owner := viewer("robin")
	owner.Owner, owner.Language = true, "en"
	notes := []string{"telegram: takes no messages; 3 chats wait", "slack: users.info fails since 2026-03-02 09:00 UTC; nothing waits for it", "chats of staff that cannot be written to: 2", "something new", "endpoints of other systems that were switched off: 1"}
	c := Config{Store: w.store, Bot: w.bot, Gate: gateOf(owner), Clock: w.clock.Now, Accounts: with, Notes: func(context.Context) []string { return notes }}
	page := body((&visit{w: w, h: New(c)}).get("/"))
	for _, want := range []string{
		"Telegram takes no messages; 3 chats wait.", "Slack: users.info fails since", "Chats of staff that cannot be written to: 2.", "wanted no more: 1. Look why", `href="/settings/webhooks"`, "something new", "Print a QR code", "Connect Telegram",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("Today does not say %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "Invite a colleague") {
		t.Error("whoever has colleagues is told to invite one")
	}
	with.list = []Account{{chat.Telegram, "42", "salon_bot", "", true}}
	if err := w.store.PutStandingLink(t.Context(), storage.StandingLink{ID: "abcdefgh", Site: "main", Flow: "one_tap_csat", Name: "Counter", Created: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	w.live()
	got := (&visit{w: w, h: New(c)}).get("/")
	if page := body(got); got.Code != http.StatusOK || strings.Contains(page, "You could") {
		t.Errorf("what is done is still to do:\n%s", page)
	}
	draft := storage.FlowDraft{Flow: "one_tap_csat", Rev: 1, Source: "flow: one_tap_csat\ntitle: {en: Quick word}\n", Person: "Mei", At: w.clock.Now()}
	if _, err := w.store.PutFlowDraft(t.Context(), draft); err != nil {
		t.Fatal(err)
	}
	page = body((&visit{w: w, h: New(c)}).get("/"))
	for _, want := range []string{"Quick word has a draft by Mei", `href="/surveys/one_tap_csat/edit"`, "Look at the draft"} {
		if !strings.Contains(page, want) {
			t.Errorf("a draft that waits is not on Today: it lacks %q", want)
		}
	}
}

// TestTodayShowsOneSite has two sites: who may see both chooses one, and who may not see one is refused it.
func TestTodayShowsOneSite(t *testing.T) {
	w := newWorld(t)
	here := w.unhappy("main", "1", "Anna", "I waited forty minutes.")
	there := w.unhappy("harbour", "2", "Li", "The shade is wrong.")
	w.folds()
	page := body(w.as("robin").get("/"))
	for _, want := range []string{here.Name(), there.Name(), `name="site"`, `role="search"`} {
		if !strings.Contains(page, want) {
			t.Errorf("Today lacks %q", want)
		}
	}
	page = body(w.as("robin").get("/?site=harbour"))
	if !strings.Contains(page, there.Name()) || strings.Contains(page, here.Name()) || strings.Contains(page, "forty minutes") {
		t.Errorf("Today of one site shows another: %s", page)
	}
	lead := viewer("vera")
	lead.Grants = access.Grants{"main": access.Lead}
	if got := (&visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(lead), Clock: w.clock.Now})}).get("/?site=harbour"); got.Code != http.StatusForbidden {
		t.Errorf("a site that one may not see: %d", got.Code)
	}
}

// oneQuestion is the least that a survey can be.
const oneQuestion = "flow: one\nlanguages: [en]\ntitle: {en: One}\nquestions:\n  - {key: overall, scale: csat5, primary: true, ask: {en: How was it?}}\n"

// live publishes a survey.
func (w *world) live() {
	w.t.Helper()
	if _, _, err := w.store.Publish(w.t.Context(), "one", oneQuestion, w.clock.Now()); err != nil {
		w.t.Fatal(err)
	}
	if err := w.bot.Configuration().Refresh(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// Whoever stopped before the first survey is led back to it from Today, until one is live.
func TestTodayLeadsBackToTheFirstSurvey(t *testing.T) {
	h := newHouse(t, Viewer{Login: "l", SignIn: "boss", Staff: "boss", Name: "Boss", Owner: true, Language: "en"})
	if page := h.get("/", http.StatusOK); !strings.Contains(page, `href="/setup/survey">Choose one`) {
		t.Errorf("Today does not lead to the first survey:\n%s", page)
	}
	if _, _, err := h.store.Publish(t.Context(), "one", oneQuestion, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := h.bot.Configuration().Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if page := h.get("/", http.StatusOK); strings.Contains(page, "/setup/survey") {
		t.Error("Today leads to the first survey although one is live")
	}
}
