package admin

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// Half an hour after midnight of a site it is still yesterday in UTC: what is answered then is of today, on every page,
// and counts on Today at once.
func TestWhatIsAnsweredAfterMidnightIsOfToday(t *testing.T) {
	w := newWorld(t)
	w.clock.add(time.Date(2026, 3, 3, 23, 30, 0, 0, time.UTC).Sub(w.clock.Now())) // 00:30 of March 4 in Berlin
	w.unhappy("main", "1", "Anna", "I waited forty minutes.")
	w.folds()
	for _, at := range []string{"/", "/answers"} {
		page := body(w.as("robin").get(at))
		if strings.Contains(page, "tomorrow<") || strings.Contains(page, "yesterday<") || !strings.Contains(page, "Main Street · today") {
			t.Errorf("%s does not say that it was answered today:\n%s", at, page)
		}
	}
	if page := body(w.as("robin").get("/")); !strings.Contains(page, "Unsatisfied") {
		t.Errorf("the week leaves out what was answered today:\n%s", page)
	}
}

// What belongs to no site is told by the clock of the house.
func TestWhatBelongsToNoSiteIsToldByTheClockOfTheHouse(t *testing.T) {
	w := newWorld(t) // at 09:00 UTC, 10:00 in Berlin
	draft := storage.FlowDraft{Flow: "one_tap_csat", Rev: 1, Source: "flow: one_tap_csat\ntitle: {en: Quick word}\n", Person: "Mei", At: w.clock.Now()}
	if _, err := w.store.PutFlowDraft(t.Context(), draft); err != nil {
		t.Fatal(err)
	}
	if err := w.store.PutAudit(t.Context(), storage.Audit{ID: "a", At: w.clock.Now(), Who: "mei", What: "token.make", Subject: "x"}); err != nil {
		t.Fatal(err)
	}
	owner := viewer("robin")
	owner.Owner, owner.Language = true, "en"
	h := New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(owner), Clock: w.clock.Now})
	for _, at := range []string{"/", "/surveys", "/surveys/one_tap_csat/edit", "/settings"} {
		page := body((&visit{w: w, h: h}).get(at))
		if strings.Contains(page, "09:00") || !strings.Contains(page, "10:00") {
			t.Errorf("%s tells another clock than that of the sites:\n%s", at, page)
		}
	}
}

// Every act that is written down has words of its own: nobody reads the name that the program gives it.
func TestEveryActThatIsWrittenDownHasWords(t *testing.T) {
	rest := map[string][]string{ // what follows a part that is put together
		"flow.": {"paused", "retired", "asked"}, "link.": {"join", "reset", "close", "open"},
		"webhook.": {"replay", "enable", "disable", "remove"}, "system.": {"save", "enable", "disable", "remove"},
	}
	literal := regexp.MustCompile(`(?:\.audit|\.auditOf|\baudited|\baudit|change|changeProved)\((?:[\w.&]+, )*"([a-z]+\.[a-z_]*)"( ?\+)?`)
	seen := 0
	for _, room := range []string{".", "../api", "../../cmd/aftercare"} {
		all, err := filepath.Glob(filepath.Join(room, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range all {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range literal.FindAllStringSubmatch(string(text), -1) {
				acts := []string{m[1]}
				if m[2] != "" {
					if acts = nil; rest[m[1]] == nil {
						t.Errorf("%s: say here what follows %q", name, m[1])
					}
					for _, x := range rest[m[1]] {
						acts = append(acts, m[1]+x)
					}
				}
				for _, act := range acts {
					seen++
					for _, lang := range []string{"en", "zh-Hans"} {
						if words := tongues()[lang]; !words.has("audit_" + act) {
							t.Errorf("%s: %q has no words in %s", name, act, lang)
						}
					}
				}
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d acts were found", seen)
	}
}

// Where a link reaches nobody yet, a click leads to where that is mended; no terminal is needed.
func TestALinkThatNobodyReachesLeadsToTheAddress(t *testing.T) {
	h := newHouse(t, Viewer{Login: "l-mei", Staff: "mei", Name: "Mei", Owner: true, Grants: access.Grants{"*": access.Admin}})
	h.withSite("main", "Main")
	if err := h.store.PutStandingLink(t.Context(), storage.StandingLink{ID: "abcdefghjk", Site: "main", Flow: "post_service_3", Name: "Counter", Created: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if page := h.get("/asking/links/abcdefghjk", 200); !strings.Contains(page, `href="/setup/chats"`) || strings.Contains(page, "PUBLIC_URL") {
		t.Errorf("it does not lead to the address:\n%s", page)
	}
}

// A survey is called by its title wherever a link to it is shown.
func TestALinkNamesItsSurveyByItsTitle(t *testing.T) {
	h := newHouse(t, Viewer{Login: "l-mei", Staff: "mei", Name: "Mei", Owner: true, Grants: access.Grants{"*": access.Admin}})
	h.withSite("main", "Main")
	if err := h.store.PutStandingLink(t.Context(), storage.StandingLink{ID: "abcdefghjk", Site: "main", Flow: "post_service_3", Name: "Counter", Created: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"/asking/links", "/asking/links/abcdefghjk"} {
		if page := h.get(at, 200); strings.Contains(page, ">post_service_3<") || strings.Contains(page, "· post_service_3") || !strings.Contains(page, "Three-question post-service") {
			t.Errorf("%s calls the survey by its key:\n%s", at, page)
		}
	}
}
