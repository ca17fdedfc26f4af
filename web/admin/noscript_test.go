package admin

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// withScript are the addresses that only script asks for, and why nobody misses them without it.
var withScript = map[string]string{
	"GET /live":                  "tells a page that it is old: whoever has no script loads it again",
	"GET /keys":                  "lists shortcuts, which script alone has",
	"POST /cases/{number}/draft": "keeps words that are being typed: without script they are in the page",
	"POST /me/passkeys":          "a device makes a passkey for script alone; the password stays",
	"POST /me/passkeys/remove":   "there is none without script",
	"POST /prove/passkey":        "the password proves as well",
}

// elsewhere are the addresses that pages lead to only in states that the walk does not make, each with
// the test that makes one: there a page offers the address as a link or a form, and it is asked for.
var elsewhere = map[string]func(*testing.T){
	"GET /improvements/{improvement}":           TestAChangeIsWrittenDownCountedAndTakenBack,
	"GET /improvements/{improvement}/table.csv": TestAChangeIsWrittenDownCountedAndTakenBack,
	"GET /improvements/{improvement}/tell":      TestThoseWhoSaidItAreToldByAClick,
	"POST /improvements/{improvement}/tell":     TestThoseWhoSaidItAreToldByAClick,
	"POST /improvements/{improvement}/remove":   TestAChangeIsWrittenDownCountedAndTakenBack,
	"POST /alarms/{alarm}/known":                TestAnAlarmIsSeenOnTodayUntilSomebodyKnows,
	"POST /reports/digest/now":                  TestADigestIsShownAndSentToWhoeverWantsIt,
	"POST /prove":                               TestWhatHurtsAsksForThePasswordAgain,
	"POST /settings/tokens/{token}/end":         TestATokenIsMadeShownOnceAndEnded,
	"GET /cases/{number}/reopen":                TestAPersonWorksACaseToItsEndWithoutScript,
	"POST /cases/{number}/reopen":               TestAPersonWorksACaseToItsEndWithoutScript,
	"POST /settings/chats/{chat}/test":          TestAStaffChatIsNamedLinkedAndTested,
	"POST /surveys/{flow}/undo":                 TestUndoAndRedo,
	"POST /people/{id}/withdraw":                TestAnInvitationIsWithdrawnAndAChatLinkedByACode,
	"POST /cases/{number}/undo":                 TestEveryTaskWithoutScript,
	"GET /setup/try":                            TestEveryTaskWithoutScript,
	"GET /cases/next":                           TestAStormIsOneRowOfTheList,
	"POST /cases/bulk":                          TestOneActWithSeveralCases,
	"GET /outbox/drop":                          TestWhatGotStuckIsTriedAgainAndGivenUpFromThePage,
	"POST /outbox/drop":                         TestWhatGotStuckIsTriedAgainAndGivenUpFromThePage,
	"POST /outbox/retry":                        TestWhatGotStuckIsTriedAgainAndGivenUpFromThePage,
	"GET /settings/webhooks":                    TestAnEndpointIsMadeTestedAndRemovedOnThePages,
	"GET /settings/webhooks/new":                TestAnEndpointIsMadeTestedAndRemovedOnThePages,
	"POST /settings/webhooks/new":               TestAnEndpointIsMadeTestedAndRemovedOnThePages,
	"GET /settings/webhooks/{id}":               TestAnEndpointIsMadeTestedAndRemovedOnThePages,
	"POST /settings/webhooks/{id}":              TestAnEndpointIsMadeTestedAndRemovedOnThePages,
	"GET /settings/systems":                     TestASystemIsHeardMendedAndRemovedOnThePages,
	"GET /settings/systems/new":                 TestASystemIsHeardMendedAndRemovedOnThePages,
	"POST /settings/systems/new":                TestASystemIsHeardMendedAndRemovedOnThePages,
	"GET /settings/systems/{name}":              TestASystemIsHeardMendedAndRemovedOnThePages,
	"POST /settings/systems/{name}":             TestASystemIsHeardMendedAndRemovedOnThePages,
	"GET /asking/import":                        TestAListOfCustomersIsImportedAndAsked,
	"POST /asking/import":                       TestAListOfCustomersIsImportedAndAsked,
	"GET /asking/import/{id}":                   TestAListOfCustomersIsImportedAndAsked,
	"POST /asking/import/{id}":                  TestAListOfCustomersIsImportedAndAsked,
	"GET /asking/import/sample.csv":             TestAListOfCustomersIsImportedAndAsked,
	"GET /asking/import/{id}/refused.csv":       TestAListOfCustomersIsImportedAndAsked,
	"GET /asking/handout/{ask}/whatsapp":        TestTriggersArePublishedAndEverybodyIsCounted,
	"POST /me/codes/recovery":                   TestCodesAtSignIn,
	"POST /me/codes/remove":                     TestCodesAtSignIn,
	"POST /me/sessions":                         TestWhatIsOnesOwnIsChangedByOneselfAlone,
	"GET /prove":                                TestWhatHurtsAsksForThePasswordAgain,
	"POST /surveys/{flow}/back":                 TestAMatrixIsBuiltByMenus,
	"GET /me/oidc":                              TestOnesOwnAccountIsLinkedAndUnlinked,
	"GET /me/oidc/link":                         TestOnesOwnAccountIsLinkedAndUnlinked,
	"POST /me/oidc/unlink":                      TestOnesOwnAccountIsLinkedAndUnlinked,
	"POST /people/{id}/oidc":                    TestWhoManagesPeopleLinksTheirAccounts,
	"GET /prove/oidc":                           TestAProofWithTheProviderIsMadeAnew,
	"POST /settings/sign-in":                    TestWithoutTheProviderPasswordsWork,
	"POST /settings/slack/channel":              TestSlackIsConnectedByItsTwoTokens,
	"POST /settings/slack/drop":                 TestSlackIsConnectedByItsTwoTokens,
}

// again are the addresses that a browser asks for when somebody reloads what came of a form, each with that form's.
var again = map[string]string{"GET /setup/address": "POST /setup/address"}

// evening is a world at whose pages somebody has signed in by a setup link, without script.
func evening(t *testing.T) (*world, *plainBrowser) {
	t.Helper()
	w := newWorld(t)
	quick := signin.NewHasher()
	quick.Memory = 64
	h := New(Config{
		Store: w.store, Bot: w.bot, Clock: w.clock.Now, Hasher: quick, Accounts: &bots{}, Sealer: plainSealer{}, SlackManifest: "{}", Backups: &vault{},
	})
	token := signin.NewToken()
	l := storage.OneTimeLink{Hash: signin.HashToken(token), Kind: storage.SetupLink, Made: w.clock.Now(), Expires: w.clock.Now().Add(time.Hour)}
	if err := w.store.PutOneTimeLink(t.Context(), l, storage.Audit{}); err != nil {
		t.Fatal(err)
	}
	p := newPlain(t, h)
	p.open("/setup/"+token).press("Continue", "shown", "Ines Bauer")
	return w, p
}

// TestEveryTaskWithoutScript does with plain forms what an owner does: the first evening, a case to its
// end, a colleague, a bot, settings, answers, a customer.
func TestEveryTaskWithoutScript(t *testing.T) {
	w, p := evening(t)
	if p.at.Path != "/setup/place" {
		t.Fatalf("the setup link leads to %s", p.at)
	}
	p.press("Continue", "name", "Bella", "zone", "Europe/Berlin", "hours", "weekdays")
	if p.at.Path != "/setup/chats" {
		t.Fatalf("the place leads to %s\n%s", p.at, p.page)
	}
	p.open("/setup/survey")
	p.pressOne("flow", "one_tap_csat")
	if p.at.Path != "/setup/try" {
		t.Fatalf("a survey leads to %s\n%s", p.at, p.page)
	}

	kase := w.unhappy("main", "7", "Anna Bell", "I waited forty minutes.").Name()
	w.folds()
	p.open("/").says("I waited forty minutes").follow("Cases")
	p.press("Take")
	p.open("/cases/"+kase).press("Send to Anna", "reply", "We are sorry, Anna.")
	p.says("We are sorry, Anna.").press("Undo").says(">We are sorry, Anna.</textarea>")
	p.press("Send to Anna", "reply", "We are very sorry, Anna.")
	p.press("Save note", "note", "Called her.").says("Called her.")
	w.clock.add(time.Minute)
	w.runs()
	await(t, "the reply reaches the customer", func() bool { return strings.Contains(strings.Join(saidTo(t, w, "7"), "\n"), "very sorry") })
	p.open("/cases/"+kase).follow("Resolve").press("", "cause", "responsiveness", "action", "apology")
	if p.at.Path != "/cases/"+kase {
		t.Fatalf("not resolved: %d %s\n%s", p.code, p.at, p.page)
	}
	p.open("/cases/" + kase).says("Resolved")

	p.open("/people/new").press("", "name", "Mei Chen")
	p.open("/people").says("Mei Chen").follow("Ines Bauer")
	p.open("/settings/telegram").press("Connect", "token", "7412345678:AAF0123456789abcdefghijklmnopqrstuv").says("bella_bot")
	p.open("/settings/sites/main").press("Save", "name", "High Street")
	p.open("/settings/sites").says("High Street")
	p.open("/settings/texts?group=buttons&lang=en").press("Save", "skip", "Pass").says("Pass")
	p.open("/settings/snippets").press("Save", "snippet.0.name", "Sorry", "snippet.0.text", "We are sorry, {name}.")
	p.open("/settings/reporting").press("Save", "weekly", "08:00", "goal.0.figure", "unsatisfied", "goal.0.percent", "15")
	p.open("/settings/rules").press("Publish…", "sla.P1.contact", "45m").press("Publish version").says("Published.")
	p.open("/asking/triggers").press("Add a trigger", "new", "late_or_broken").press("Publish…", "wait.n", "24", "wait.unit", "h").press("Publish version").says("Published.")
	p.open("/answers").follow("I waited")
	p.open("/customers").press("", "q", "bell").says("Anna Bell")
}

// TestEveryAddressIsReachedWithoutScript follows every link and every form of every page, as somebody
// does whose browser has no script, and holds what is found to the list of addresses: a page that nothing
// leads to, or a form that only script sends, is missing.
func TestEveryAddressIsReachedWithoutScript(t *testing.T) {
	w, p := evening(t)
	w.crowd(0, 3)
	if err := w.store.PutStandingLink(t.Context(), storage.StandingLink{ID: "abcdefgh", Name: "Counter", Flow: "one_tap_csat", Site: "main", Event: map[string]string{}, Created: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.PutFlowDraft(t.Context(), storage.FlowDraft{Flow: storage.RulesDraft, Rev: 1, Same: 1, Source: "rules: {currency: EUR}\n", Change: "rules", At: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	const triggers = "triggers:\n  - {name: visit, ask: one_tap_csat}\n"
	if _, _, err := w.store.PublishTriggers(t.Context(), triggers, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.PutFlowDraft(t.Context(), storage.FlowDraft{Flow: storage.TriggersDraft, Rev: 1, Base: 1, Same: 1, Source: triggers + "# more\n", Change: "trigger_set", At: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	prepareForCrawl(t, w, p)

	mux, patterns := http.NewServeMux(), map[string]bool{}
	for _, r := range slices.Concat(routes, doors) {
		mux.HandleFunc(r.pattern, func(http.ResponseWriter, *http.Request) {})
		patterns[r.pattern] = true
	}
	patternOf := func(method string, at *url.URL) string {
		_, pattern := mux.Handler(httptest.NewRequest(method, "http://localhost"+at.EscapedPath(), nil))
		return pattern
	}
	reached, looked, seen := map[string]bool{}, map[string]int{}, map[string]bool{}
	// The last two are offered in states that are not made here: each page of a case draws all it offers.
	queue, asked := []string{"/", "/more", "/cases?state=closed", "/settings/telegram", "/cases/A-2/spoke", "/cases/A-2/reveal"}, map[string]bool{} // asked are forms that are sent empty
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		to, err := url.Parse(at)
		if err != nil || to.Host != "" || to.Scheme != "" || seen[to.Path+"?"+to.RawQuery] {
			continue
		}
		seen[to.Path+"?"+to.RawQuery] = true
		pattern := patternOf("GET", to)
		if pattern == "" {
			continue // of another room: a chat, a file
		}
		reached[pattern] = true
		if looked[pattern]++; looked[pattern] > 40 { // more than there are reports
			continue
		}
		p.open(at)
		if p.code >= 400 && !asked[at] {
			t.Errorf("a link leads to %s: %d", at, p.code)
		}
		here := p.at
		for _, l := range p.links {
			if next, err := here.Parse(l.at); err == nil && l.at != "" && !strings.HasPrefix(l.at, "#") {
				queue = append(queue, next.RequestURI())
			}
		}
		for _, f := range p.forms {
			if f.hidden {
				continue
			}
			actions := map[[2]string]bool{}
			for _, b := range f.buttons {
				to := [2]string{f.method, f.action}
				if b.action != "" {
					to[1] = b.action
				}
				actions[to] = true
			}
			for to := range actions {
				if next, err := here.Parse(to[1]); err == nil {
					reached[patternOf(to[0], next)] = true
					if to[0] == "GET" {
						queue = append(queue, next.RequestURI())
						asked[next.RequestURI()] = true
					}
				}
			}
		}
	}
	for pattern := range patterns {
		_, script := withScript[pattern]
		_, other := elsewhere[pattern]
		switch {
		case slices.ContainsFunc(doors, func(r route) bool { return r.pattern == pattern }):
			// whoever comes to these has not signed in, or has a link in the hand
		case again[pattern] != "" && reached[again[pattern]]:
			// whoever reloads
		case script && reached[pattern]:
			t.Errorf("%s is said to need script, and a page leads to it", pattern)
		case !script && !other && !reached[pattern]:
			t.Errorf("nothing leads to %s without script", pattern)
		}
	}
	for pattern := range withScript {
		if !patterns[pattern] {
			t.Errorf("there is no %s", pattern)
		}
	}
	for pattern, name := range playElsewhere(t) {
		if offered, done := did(name, pattern); !patterns[pattern] || !offered || !done {
			t.Errorf("%s in %s: offered by a page %v, asked for and answered %v", pattern, name, offered, done)
		}
	}
	t.Logf("%d addresses, %d pages looked at", len(patterns), len(seen))
}

// playElsewhere runs the tests of elsewhere and returns their names, by address.
func playElsewhere(t *testing.T) map[string]string {
	t.Helper()
	names, ran := map[string]string{}, map[string]bool{}
	for pattern, test := range elsewhere {
		_, name, _ := strings.Cut(runtime.FuncForPC(reflect.ValueOf(test).Pointer()).Name(), "web/admin.")
		if names[pattern] = name; !ran[name] {
			ran[name] = true
			t.Run(name, test)
		}
	}
	return names
}

// prepareForCrawl makes what some pages only show once there is something.
func prepareForCrawl(t *testing.T, w *world, p *plainBrowser) {
	t.Helper()
	ctx := t.Context()
	closed := storage.StandingLink{ID: "hgfedcba", Name: "Door", Flow: "one_tap_csat", Site: "main", Event: map[string]string{}, Created: w.clock.Now(), Closed: w.clock.Now()}
	if err := w.store.PutStandingLink(ctx, closed); err != nil {
		t.Fatal(err)
	}
	if err := w.store.PutStaffChat(ctx, storage.StaffChat{Name: "front-desk", Created: w.clock.Now(), Address: chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-100"}, Linked: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	keyed, err := w.bot.Invite(ctx, bot.InviteRequest{Flow: "one_tap_csat", Site: "main", Customer: "crm-1"})
	if err != nil {
		t.Fatal(err)
	}
	w.says("71", "Zoe", chat.Update{Kind: chat.Command, Command: "start", Text: keyed.Token})
	w.press("71", "Zoe", "2") // a case leads to its customer
	p.open("/settings/snippets").press("Save", "snippet.0.name", "Sorry", "snippet.0.text", "We are sorry.")
	p.open("/people/new").press("Make the link", "name", "Mei Chen")
	p.open("/settings/tokens/new").press("Make", "name", "Till")
	p.open("/settings/telegram").press("Connect", "token", "7412345678:AAF0123456789abcdefghijklmnopqrstuv")
	p.open("/surveys/one_tap_csat/edit")
	p.press("Save", p.sentence(), "How satisfied are you with us?").press("Save", p.sentence(), "How satisfied were you, all in all?").press("Undo")
	// One case is held, one is over.
	p.open("/cases").press("Take").open("/cases/A-2").press("Take")
	p.open("/cases/A-2/no-action")
}
