package bot

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

func (w *world) standing(l storage.StandingLink) string {
	w.t.Helper()
	l.ID, l.Created = NewStandingID(func(p []byte) { copy(p, l.Name+"0123456789") }), w.now
	if l.Event == nil {
		l.Event = map[string]string{}
	}
	if err := w.store.PutStandingLink(w.t.Context(), l); err != nil {
		w.t.Fatal(err)
	}
	return l.ID
}

func (w *world) opened(id string) int {
	w.t.Helper()
	l, err := w.store.StandingLink(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return l.Opened
}

// TestTwentyPeopleOpenOneStandingLink in Telegram: each has a conversation of their own; who
// opens it again on the same day finds the same one, on another day begins another.
func TestTwentyPeopleOpenOneStandingLink(t *testing.T) {
	for name, open := range map[string]func(testing.TB, int) opener{"sqlite": onSQLite, "postgres": onPostgres} {
		t.Run(name, func(t *testing.T) { twentyPeople(t, newWorldOn(t, open(t, 8))) })
	}
}

func twentyPeople(t *testing.T, w *world) {
	t.Helper()
	id := w.standing(storage.StandingLink{Name: "counter", Flow: "one_tap_csat"})
	sessions := map[string]bool{}
	for i := range 20 {
		c := telegramUser(fmt.Sprint(900+i), fmt.Sprintf("P%d", i), "en")
		w.command(c, "start", "s_"+id)
		if got := w.said(c.address, "q:"); len(got) != 1 {
			t.Fatalf("customer %d is asked %q", i, got)
		}
		s := w.sessionOf(c)
		if s.Flow != "one_tap_csat" || sessions[s.ID] {
			t.Errorf("customer %d has the session %s of %s", i, s.ID, s.Flow)
		}
		sessions[s.ID] = true
	}
	if n := w.opened(id); n != 20 {
		t.Errorf("%d are counted", n)
	}
	c := telegramUser("900", "P0", "en")
	before := w.sessionOf(c).ID
	w.command(c, "start", "s_"+id)
	if got := w.sessionOf(c).ID; got != before || w.opened(id) != 20 {
		t.Errorf("opened again on the same day: session %s after %s, counted %d", got, before, w.opened(id))
	}
	w.pass(24*time.Hour, time.Hour)
	w.command(c, "start", "s_"+id)
	if got := w.sessionOf(c).ID; got == before || w.opened(id) != 21 {
		t.Errorf("opened on another day: session %s after %s, counted %d", got, before, w.opened(id))
	}
}

func TestAStandingLinkOnTheWebBeginsOneConversationEachTime(t *testing.T) {
	w := newWorldOf(t, 8)
	ctx := t.Context()
	id := w.standing(storage.StandingLink{Name: "menu", Flow: "one_tap_csat", Language: "zh-Hans"})
	s := Standing{w.bot}
	if p, err := s.Describe(ctx, id); err != nil || p.Language != "zh-Hans" || !strings.HasSuffix(p.Telegram, "?start=s_"+id) {
		t.Errorf("it is described as %+v, %v", p, err)
	}
	if n := w.opened(id); n != 0 {
		t.Errorf("looking counts as %d", n)
	}
	tokens := map[string]bool{}
	for range 3 {
		token, err := s.Begin(ctx, id, []string{"es"})
		if err != nil || tokens[token] {
			t.Fatalf("begun: %v, twice the same: %v", err, tokens[token])
		}
		tokens[token] = true
		if v, err := w.bot.Visitor(ctx, token, ""); err != nil || !v.Fresh || v.Language != "zh-Hans" {
			t.Errorf("its page is for %+v, %v", v, err)
		}
	}
	if n := w.opened(id); n != 3 {
		t.Errorf("%d are counted", n)
	}
}

// A link without a language is in the browser's, else in the site's: whoever reads Chinese before the button is asked
// in Chinese behind it.
func TestAStandingLinkOnTheWebSpeaksTheCustomersLanguage(t *testing.T) {
	w := newWorldOf(t, 8)
	if err := w.store.PutSite(t.Context(), storage.Site{ID: "main", Name: "Main Street", Zone: "Europe/Berlin", Language: "es", Created: w.now}); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.snap.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := w.standing(storage.StandingLink{Name: "counter", Flow: "one_tap_csat", Site: "main"})
	if p, err := (Standing{w.bot}).Describe(t.Context(), id); err != nil || p.Language != "" || p.Else != "es" {
		t.Errorf("before the button the page is in %q, else in %q, %v", p.Language, p.Else, err)
	}
	for browser, want := range map[string]string{"zh-CN zh en": "zh-Hans", "tlh ar-EG": "ar", "en-GB": "en", "tlh": "es", "": "es"} {
		token, err := Standing{w.bot}.Begin(t.Context(), id, strings.Fields(browser))
		if err != nil {
			t.Fatal(err)
		}
		v, err := w.bot.Visitor(t.Context(), token, "")
		if err != nil || v.Language != want || v.User.Language != want {
			t.Errorf("a browser of %q: the page is in %q, the conversation in %q, want %q (%v)", browser, v.Language, v.User.Language, want, err)
		}
	}
}

func TestAStandingLinkThatLeadsNowhere(t *testing.T) {
	w := newWorldOf(t, 8)
	ctx := t.Context()
	s := Standing{w.bot}
	closed := w.standing(storage.StandingLink{Name: "closed", Flow: "one_tap_csat", Closed: w.now})
	c := telegramUser("77", "Tom", "en")
	for id, want := range map[string]error{"abcdefghjk": ErrUnknownLink, closed: ErrLinkExpired, "": ErrUnknownLink, "'; DROP": ErrUnknownLink} {
		if _, err := s.Describe(ctx, id); !errors.Is(err, want) {
			t.Errorf("describe %q: %v", id, err)
		}
		if _, err := s.Begin(ctx, id, []string{"es"}); !errors.Is(err, want) {
			t.Errorf("begin %q: %v", id, err)
		}
	}
	for id, words := range map[string]string{"abcdefghjk": "not known", closed: "expired", "short": "not known"} {
		w.command(c, "start", "s_"+id)
		if got := w.notices(c.address); len(got) == 0 || !strings.Contains(got[len(got)-1], words) {
			t.Errorf("/start s_%s says %q, want %q", id, got, words)
		}
	}
}

// A program that presses the button again and again fills nothing.
func TestAStandingLinkBeginsNoMoreThanACrowdWould(t *testing.T) {
	w := newWorldOf(t, 8)
	id := w.standing(storage.StandingLink{Name: "counter", Flow: "one_tap_csat"})
	s, begun := Standing{w.bot}, 0
	for range 3 * standingBurst {
		switch _, err := s.Begin(t.Context(), id, nil); {
		case err == nil:
			begun++
		case !errors.Is(err, ErrCrowded):
			t.Fatal(err)
		}
	}
	if begun != standingBurst || w.opened(id) != begun {
		t.Errorf("%d were begun and %d counted, want %d", begun, w.opened(id), standingBurst)
	}
	w.pass(time.Minute, time.Minute)
	if _, err := s.Begin(t.Context(), id, nil); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

// sessionOf is the survey that a customer is in.
func (w *world) sessionOf(c customer) storage.Session {
	w.t.Helper()
	p := c.person()
	bucket := w.bot.bucketOf(p)
	id, err := w.store.Identity(w.t.Context(), bucket, p.ID())
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := w.store.Session(w.t.Context(), bucket, id.Session)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// TestNobodyIsAskedByAPausedSurvey: neither by a link that is made nor by one that hangs
// somewhere, until it is asked again. Who tries it is asked.
func TestNobodyIsAskedByAPausedSurvey(t *testing.T) {
	w := newWorldOf(t, 8)
	ctx := t.Context()
	id := w.standing(storage.StandingLink{Name: "counter", Flow: "one_tap_csat"})
	if err := w.store.PutFlowState(ctx, storage.FlowState{Flow: "one_tap_csat", State: storage.FlowPaused, At: w.now}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.bot.Invite(ctx, InviteRequest{Flow: "one_tap_csat"}); !errors.Is(err, ErrNotAsked) {
		t.Errorf("invited: %v", err)
	}
	if _, err := w.bot.Invite(ctx, InviteRequest{Flow: "one_tap_csat", Test: true}); err != nil {
		t.Errorf("to try it: %v", err)
	}
	if _, err := w.bot.Invite(ctx, InviteRequest{Flow: "post_service_3"}); err != nil {
		t.Errorf("another survey: %v", err)
	}
	if _, err := (Standing{w.bot}).Begin(ctx, id, nil); !errors.Is(err, ErrLinkExpired) {
		t.Errorf("at the counter: %v", err)
	}
	if err := w.store.PutFlowState(ctx, storage.FlowState{Flow: "one_tap_csat"}); err != nil {
		t.Fatal(err)
	}
	if _, err := (Standing{w.bot}).Begin(ctx, id, nil); err != nil {
		t.Errorf("asked again: %v", err)
	}
}
