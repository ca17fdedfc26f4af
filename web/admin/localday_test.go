package admin

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	if page := body(w.as("robin").get("/")); !regexp.MustCompile(`<li class="figure"><span class="small">Unsatisfied</span><b>[^<]*</b><span class="meta">1 so far: too few`).MatchString(page) {
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
	literal := regexp.MustCompile(`(?:(?:\.audit|\.auditOf|\baudited|\baudit|\w+Audit|change|changeProved)\((?:[\w.&()]+, )*|\bWhat(?::| =) )"([a-z]+\.[a-z_]*)"( ?\+)?`)
	seen := map[string]bool{}
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasSuffix(name, "test") || d.Name() == ".git"): // what only tests use
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(name)
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
				seen[act] = true
				for _, lang := range []string{"en", "zh-Hans"} {
					if words := tongues()[lang]; !words.has("audit_" + act) {
						t.Errorf("%s: %q has no words in %s", name, act, lang)
					}
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range []string{"staff.linked", "chat.linked", "token.make", "link.close", "login.make"} { // of each room
		if !seen[act] {
			t.Errorf("%q was not found", act)
		}
	}
	if len(seen) < 60 {
		t.Errorf("only %d acts were found: %q", len(seen), slices.Sorted(maps.Keys(seen)))
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

// What customers wanted said is found under the day on which its page and its file show it: that of the site.
func TestWhatCustomersWantedSaidIsFoundOnTheDayItShows(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", "I waited.")
	for i, at := range []time.Time{
		time.Date(2026, 3, 2, 22, 30, 0, 0, time.UTC), // 23:30 of March 2 in Berlin
		time.Date(2026, 3, 2, 23, 30, 0, 0, time.UTC), // 00:30 of March 3
		time.Date(2026, 3, 3, 22, 30, 0, 0, time.UTC),
		time.Date(2026, 3, 3, 23, 30, 0, 0, time.UTC), // 00:30 of March 4
	} {
		said := storage.Feedback{ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", i), Kind: storage.Complaint, Site: "main", Identity: k.Identity, Text: fmt.Sprint("late-", i), At: at}
		change := storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) {
			return storage.Change{Case: &k, Feedback: []storage.Feedback{said}}, nil
		}}
		if err := w.store.Advance(t.Context(), k.Bucket, []storage.Turn{change})[0]; err != nil {
			t.Fatal(err)
		}
	}
	w.clock.add(time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC).Sub(w.clock.Now()))
	for day, want := range map[string]string{"2026-03-02": "late-0", "2026-03-03": "late-1 late-2", "2026-03-04": "late-3", "2026-03-05": ""} {
		for _, at := range []string{"/reports/words", "/reports/words/words.csv"} {
			page := body(w.as("robin").get(at + "?kind=complaint&from=" + day + "&to=" + day))
			for i := range 4 {
				word := fmt.Sprint("late-", i)
				if strings.Contains(page, word) != strings.Contains(want, word) {
					t.Errorf("%s of %s: want %q:\n%s", at, day, want, page)
					break
				}
			}
		}
	}
}

// The card of the settings and the page of tokens say one day of one token: the one on the clock of the house.
func TestATokenEndsOnOneDayOnEveryPage(t *testing.T) {
	w := newWorld(t)
	ends := time.Date(2026, 6, 3, 22, 30, 0, 0, time.UTC) // 00:30 of June 4 in Berlin
	token := storage.Token{ID: "01900000-0000-7000-8000-000000000001", Name: "till", Hash: "x", Scopes: []string{"flows:read"}, Made: w.clock.Now(), Expires: ends}
	if err := w.store.PutToken(t.Context(), token, storage.Audit{ID: "a", At: w.clock.Now(), Who: "mei", What: "token.make"}); err != nil {
		t.Fatal(err)
	}
	owner := viewer("robin")
	owner.Owner, owner.Language = true, "en"
	h := New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(owner), Clock: w.clock.Now})
	for _, at := range []string{"/settings", "/settings/tokens"} {
		if page := body((&visit{w: w, h: h}).get(at)); !strings.Contains(page, "Jun 4") || strings.Contains(page, "Jun 3") || strings.Contains(page, "2026-06-03") {
			t.Errorf("%s says another day:\n%s", at, page)
		}
	}
}

// What is shown and asks nothing is no question of the list.
func TestTheListCountsNoMessageAsAQuestion(t *testing.T) {
	w := newWorld(t)
	for flow, want := range map[string]string{"plain": "2 questions", "branched": "questions: 2 for everybody, 1 more as it turns out"} {
		source := "flow: " + flow + "\nclass: transactional\ntitle: {en: Quick word}\nlanguages: [en]\nquestions:\n" +
			"  - {key: how, scale: csat5, primary: true, ask: {en: How was it?}}\n  - {key: why, text: long, ask: {en: Why?}}\n"
		if flow == "branched" {
			source += "  - {key: more, text: long, when: {judgement: unhappy}, ask: {en: What else?}}\n"
		}
		source += "  - {key: bye, when: {judgement: unhappy}, message: {en: Good bye}}\n"
		if _, err := w.store.PutFlowDraft(t.Context(), storage.FlowDraft{Flow: flow, Rev: 1, Source: source, Person: "Mei", At: w.clock.Now()}); err != nil {
			t.Fatal(err)
		}
		if page := body(w.as("robin").get("/surveys")); !strings.Contains(page, want) {
			t.Errorf("%s is not said to have %s:\n%s", flow, want, page)
		}
	}
}

// The address that customers reach has one name, wherever somebody is sent to it; so has what ends.
func TestOneThingHasOneName(t *testing.T) {
	for lang, name := range map[string]string{"en": "the address for everybody", "zh-Hans": "大家都能打开的地址"} {
		w := tongues()[lang]
		for _, key := range []string{"address_title", "handout_local", "link_local", "link_nowhere", "done_links_many_nowhere", "no_card_text", "audit_address.set"} {
			if text := w.t(key); !strings.Contains(strings.ToLower(text), name) {
				t.Errorf("in %s, %s does not speak of %s: %q", lang, key, name, text)
			}
		}
	}
	w := tongues()["zh-Hans"]
	for act, name := range map[string]string{"audit_link.close": "停用", "link_close": "停用", "audit_link.open": "重新启用", "link_open": "重新启用", "audit_token.end": "停用", "token_end": "停用"} {
		if text := w.t(act); !strings.Contains(text, name) {
			t.Errorf("%s is not called %s: %q", act, name, text)
		}
	}
	for _, lang := range []string{"en", "zh-Hans"} {
		w := tongues()[lang]
		for _, key := range []string{"chat_telegram_time", "chat_slack_time"} {
			if text := w.t(key); strings.Count(text, " · ") != 1 || !strings.Contains(text, "about ") && !strings.Contains(text, "约") {
				t.Errorf("in %s, %s says how long in its own way: %q", lang, key, text)
			}
		}
	}
}
