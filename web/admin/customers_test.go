package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

func init() {
	f := frame{Title: "Anna", Here: "/customers"}
	fixtures = append(fixtures,
		fixture{"customers.html", "empty", frame{Title: "Customers", Here: "/customers"}, customersPage{Query: "nobody"}},
		fixture{"customers.html", "full", frame{Title: "Customers", Here: "/customers"}, customersPage{"@ann", []customerRow{{"/customers/1", "Anna", "2 conversations, 1 cases"}}, true, listedAs("/download/customers", "Customers")}},
		fixture{"customer.html", "empty", f, customerPage{}},
		fixture{"customer.html", "full", f, customerPage{
			Asked: []string{"Telegram: yes."}, Facts: [][2]string{{"Your key", "K-1"}}, Whole: true, Hides: true, At: "/customers/1",
			Tier: &tierForm{At: "/customers/1/tier", Choices: []choice{{"MVC", "Most valuable (MVC)", true}, {"normal", "Usual", false}}, Now: "Most valuable (MVC)", Past: []string{"since Mar 2: Most valuable (MVC), till"}},
			Past: []pastRow{{Kind: "case", URL: "/cases/A-1", What: "A-1 – open", About: "Main Street"}, {Kind: "answered", Level: 2, URL: "/answers/1.x", What: "3 answers"}, {Kind: "said", What: "A wish"}, {Kind: "served", What: "Haircut: done", About: "Main Street"}},
		}},
		fixture{"customer.html", "unclassed", f, customerPage{Tier: &tierForm{Now: "Not told"}}},
		fixture{"erase.html", "empty", f, erasePage{At: "/customers/1", Name: "Anna", Kept: [][2]string{{"Answers", "3"}}, Type: field{Name: "typed", Label: "How many records go", Hint: "Type the number.", Fault: "Type 3."}}},
		fixture{"erase.html", "full", f, erasePage{Receipt: &personal.Receipt{ID: "r-1"}, Kept: [][2]string{{"Answers", "3"}}, Left: []string{"Backups keep what they hold."}}},
	)
}

// A customer is found by what staff know of them, by those who work where they were; an admin of
// every place has all of it as a file, and erases it after having seen what goes.
func TestACustomerIsFoundExportedAndErased(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "7", "Anna Bell", "I waited forty minutes.")
	mei := w.as("mei")
	found := body(mei.get("/cases/" + k.Name()))
	at, _, ok := strings.Cut(found[strings.Index(found, `"/customers/`)+1:], `"`)
	if !ok {
		t.Fatalf("the case does not lead to its customer:\n%s", found)
	}
	for _, q := range []string{"telegram:42:7", "telegram:7", "7"} {
		if got := mei.get("/customers?q=" + url.QueryEscape(q)).Header().Get("Location"); got != at {
			t.Errorf("%s leads to %q, want %q", q, got, at)
		}
	}
	page := body(mei.get(at))
	for _, want := range []string{"Anna Bell", k.Name(), "The link was opened", "Telegram: yes"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "/erase") {
		t.Error("an agent is offered to erase")
	}
	if got := w.as("hans").get(at); got.Code != http.StatusNotFound || strings.Contains(body(got), "Anna") {
		t.Errorf("of another place: %d", got.Code)
	}
	if got := body(w.as("hans").get("/customers?q=7")); strings.Contains(got, "Anna") {
		t.Error("somebody of another place finds them")
	}
	for _, to := range []string{"/export", "/erase"} {
		if got := w.as("robin").get(at + to); got.Code != http.StatusForbidden {
			t.Errorf("a lead at %s: %d", to, got.Code)
		}
	}
	boss := viewer("robin")
	boss.Grants, boss.Proved = access.Grants{access.EverySite: access.Admin}, w.clock.Now()
	ada := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now})}
	var file personal.Exported
	if err := json.Unmarshal(ada.get(at+"/export").Body.Bytes(), &file); err != nil || len(file.Conversations) != 1 || file.Identities[0].Name != "Anna Bell" {
		t.Errorf("the export: %v, %+v", err, file)
	}
	if page := body(ada.get(at + "/erase")); !strings.Contains(page, "Erase Anna Bell") || !strings.Contains(page, "Conversations") {
		t.Errorf("what goes is not shown:\n%s", page)
	}
	late := boss
	late.Proved = w.clock.Now().Add(-freshFor)
	if got := (&visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(late), Clock: w.clock.Now})}).post(at+"/erase", url.Values{}); !strings.Contains(body(got), "password") {
		t.Error("somebody is erased without a proof of who asks")
	}
	records := regexp.MustCompile(`Records in all, without messages</dt><dd>(\d+)<`).FindStringSubmatch(body(ada.get(at + "/erase")))
	if records == nil {
		t.Fatalf("how many records go is not said: %s", textOf(body(ada.get(at+"/erase"))))
	}
	for _, typed := range []string{"", "0", records[1] + "1", "Anna Bell"} { // nothing, or another's
		if got := ada.post(at+"/erase", url.Values{"typed": {typed}}); got.Code != http.StatusUnprocessableEntity || !strings.Contains(body(got), "Nobody was erased. Type "+records[1]) {
			t.Errorf("with %q typed: %d", typed, got.Code)
		}
	}
	if got := ada.get(at); got.Code != http.StatusOK {
		t.Fatalf("they are gone although nothing was typed: %d", got.Code)
	}
	if page := body(ada.post(at+"/erase", url.Values{"typed": {" " + records[1]}})); !strings.Contains(page, "Nothing of them is in any table") || !strings.Contains(page, "Receipt") {
		t.Errorf("the receipt:\n%s", page)
	}
	if got := ada.get(at); got.Code != http.StatusNotFound {
		t.Errorf("they are still there: %d", got.Code)
	}
	if page := body(ada.get("/cases/" + k.Name())); strings.Contains(page, "Anna") {
		t.Error("the case still has their name")
	}
	audits, err := w.store.Audits(t.Context(), storage.AuditFilter{Limit: 99})
	if kept := fmt.Sprintf("%+v", audits); err != nil || len(audits) < 2 || strings.Contains(kept, "Anna") || strings.Contains(kept, strings.TrimPrefix(at, "/customers/")) {
		t.Errorf("what staff did is kept with who was erased: %s, %v", kept, err)
	}
}

// A class that nobody has said stays so when its form is sent as it is; one that an owner who is not of the staff
// says is theirs by the name that they sign in with.
func TestAClassIsSaidBySomebody(t *testing.T) {
	w := newWorld(t)
	w.serve(servedOnce{customer: "C-1", site: "main", day: "2026-03-01"})
	boss := Viewer{Login: "l", SignIn: "boss", Owner: true, Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	b := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now})}
	at := b.get("/customers?q=C-1").Header().Get("Location")
	if got := b.post(at+"/tier", asShown(body(b.get(at)))); got.Code != http.StatusOK || strings.Contains(body(got), "could not be read") {
		t.Errorf("as it is: %d\n%s", got.Code, body(got))
	}
	if page := textOf(body(b.post(at+"/tier", url.Values{"tier": {"MVC"}}))); !strings.Contains(page, ", boss") {
		t.Errorf("nobody said it:\n%s", page)
	}
}

// What staff know by a pseudonym alone is not told by the page of a person who has a name.
func TestAPersonsPageKeepsPseudonyms(t *testing.T) {
	d := storage.Dossier{
		Conversations: []storage.Conversation{
			{Session: storage.Session{Session: survey.Session{ID: "open"}, Site: "main"}},
			{Session: storage.Session{Session: survey.Session{ID: "masked"}, Site: "main", Mark: "123456", Case: "c"}},
			{Session: storage.Session{Session: survey.Session{ID: "elsewhere"}, Site: "harbour"}},
		},
		Cases: []storage.CaseFile{{Case: storage.Case{Case: recovery.Case{ID: "c"}, Site: "main"}}, {Case: storage.Case{Case: recovery.Case{ID: "d"}, Site: "main"}}},
	}
	seen, hides := visible(viewer("mei"), d)
	if len(seen.Conversations) != 1 || seen.Conversations[0].Session.ID != "open" || len(seen.Cases) != 1 || seen.Cases[0].Case.ID != "d" || !hides {
		t.Errorf("seen: %+v", seen)
	}
}

// Somebody of whom only another system told is found as well, by those who work where it took
// place, and erased.
func TestWhoIsOnlyKnownByAnEventIsFoundAndErased(t *testing.T) {
	w := newWorld(t)
	e := storage.Event{Source: "till", ID: "1", State: storage.EventDone, Site: "main", Service: "Haircut", Ended: w.clock.Now(), Customer: &storage.EventCustomer{ID: "C-1", FirstName: "Zoe"}}
	if _, err := w.store.PutEvents(t.Context(), []storage.Event{e}, w.clock.Now(), false); err != nil {
		t.Fatal(err)
	}
	if page := body(w.as("mei").get("/customers/C-1")); !strings.Contains(page, "Zoe") || !strings.Contains(page, "Haircut: done") {
		t.Errorf("the page does not show the service:\n%s", page)
	}
	if got := w.as("hans").get("/customers/C-1"); got.Code != http.StatusNotFound {
		t.Errorf("of another place: %d", got.Code)
	}
	boss := viewer("robin")
	boss.Grants, boss.Proved = access.Grants{access.EverySite: access.Admin}, w.clock.Now()
	ada := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now})}
	for _, page := range []string{body(ada.get("/customers/C-1/erase")), body(ada.post("/customers/C-1/erase", url.Values{"typed": {"C-2"}})), body(ada.post("/customers/C-1/erase", url.Values{"typed": {"c-1"}}))} {
		if !strings.Contains(page, "Services that other systems told of") {
			t.Errorf("what goes is not shown:\n%s", page)
		}
	}
	if d, err := w.store.Dossier(t.Context(), storage.Anchor{Customers: []string{"C-1"}}); err != nil || !d.Empty() {
		t.Errorf("left: %+v, %v", d, err)
	}
}
