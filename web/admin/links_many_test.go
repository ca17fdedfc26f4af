package admin

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

func init() {
	kinds := []choice{{"table", "Tables", true}, {"staff", "Members of staff", false}}
	f := frame{Title: "Links for many at once", Here: "/asking/links", Back: &link{"/asking/links", "Links"}}
	fixtures = append(fixtures,
		fixture{"links_many.html", "empty", f, manyPage{For: "table", Kinds: kinds, NoSite: true}},
		fixture{"links_many.html", "full", f, manyPage{For: "staff", Kinds: kinds, form: form{Fields: []field{
			{Name: "each", Label: "Who gets a card", Hint: "A name a line.", Kind: "area", Value: "Maya\nTom", Fault: "Write one a line."},
			{Name: "site", Label: "Site", Kind: "select", Options: []option{{"main", "Main Street"}}},
		}}}},
	)
}

// TestEveryTableStafferServiceAndSiteGetsALink makes links for each of a kind, and prints their cards:
// a second time nothing is made that is there.
func TestEveryTableStafferServiceAndSiteGetsALink(t *testing.T) {
	h := newHouse(t, someone)
	if page := h.get("/asking/links/many", 200); !strings.Contains(page, "there is none yet at which you may make one") {
		t.Error("nobody is told that a site is missing")
	}
	h.withSite("main", "Main Street")
	h.withSite("harbour", "Harbour")
	if err := h.store.PutAccount(t.Context(), storage.Account{Platform: chat.Telegram, ID: "42", Name: "bella_bot", Seen: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for id, name := range map[string]string{"maya": "Maya Lee", "tom": "Tom Ray"} {
		if err := h.store.PutStaff(t.Context(), storage.Staff{ID: id, Name: name, Roles: access.Grants{"main": access.Agent}, Created: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.bot.Configuration().Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{"": "/asking/links/many", "/many": "/asking/links/many?for=staff", "/many?for=staff": "Maya Lee\nTom Ray</textarea>"} {
		if page := h.get("/asking/links"+at, 200); !strings.Contains(page, want) {
			t.Errorf("%s lacks %q:\n%s", at, want, page)
		}
	}
	made := func(kind string, form url.Values) []string {
		t.Helper()
		form.Set("flow", "post_service_3")
		form.Set("language", "")
		to := h.post("/asking/links/many?for="+kind, form, 303).Header().Get("Location")
		page := h.get(to, 200)
		if !strings.Contains(page, "The links are made.") {
			t.Errorf("%s leads to %s", kind, to)
		}
		var cards []string
		for _, part := range strings.Split(page, `class="which">`)[1:] {
			name, _, _ := strings.Cut(part, "<")
			cards = append(cards, name)
		}
		return cards
	}
	tables := url.Values{"word": {"Table"}, "from": {"1"}, "to": {"20"}, "site": {"main"}, "service": {"your dinner"}}
	var want []string
	for n := 1; n <= 20; n++ {
		want = append(want, fmt.Sprintf("Table %d", n))
	}
	for range 2 {
		if got := made("table", tables); strings.Join(got, ",") != strings.Join(want, ",") {
			t.Errorf("the cards are of %q", got)
		}
	}
	for kind, c := range map[string]struct {
		form url.Values
		want string
	}{
		"staff":   {url.Values{"each": {" Maya  Lee \r\nTom Ray\r\n\r\nTom Ray"}, "site": {"main"}, "service": {""}}, "Maya Lee,Tom Ray"},
		"service": {url.Values{"each": {"your haircut\nyour beard"}, "site": {"harbour"}}, "your beard,your haircut"},
		"site":    {url.Values{"service": {"your visit"}}, "Harbour,Main Street"},
	} {
		if got := made(kind, c.form); strings.Join(got, ",") != c.want {
			t.Errorf("%s: the cards are of %q", kind, got)
		}
	}
	all, err := h.store.StandingLinkList(t.Context())
	if err != nil || len(all) != 26 {
		t.Fatalf("%d links, %v", len(all), err)
	}
	facts := map[string]string{}
	for _, l := range all {
		facts[l.Name] = fmt.Sprint(l.Site, " ", l.Event)
	}
	for name, want := range map[string]string{
		"Table 7": "main map[service_name:your dinner table:7]", "Maya Lee": "main map[agent_name:Maya Lee]",
		"your beard": "harbour map[service_name:your beard]", "Harbour": "harbour map[service_name:your visit]",
	} {
		if facts[name] != want {
			t.Errorf("%s is %s", name, facts[name])
		}
	}
	if page := h.get("/asking/links/cards?kind=stickers", 200); strings.Count(page, `class="which"`) != 26 || !strings.Contains(page, "for=service") {
		t.Errorf("all of them:\n%s", page)
	}
}

// What is wrong with such a form stands at its field, and nothing is made; whose site it is not makes nothing there.
func TestLinksForManyAreRefusedAtTheirFields(t *testing.T) {
	h := newHouse(t, Viewer{Login: "l", SignIn: "lea", Grants: access.Grants{"main": access.Lead}, Language: "en"})
	for _, x := range []storage.Site{{ID: "main", Name: "Main Street", Zone: "UTC", Language: "en"}, {ID: "b", Name: "Site B", Zone: "UTC", Language: "en"}} {
		if err := h.store.PutSite(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.bot.Configuration().Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	good := map[string]url.Values{
		"table": {"word": {"Table"}, "from": {"1"}, "to": {"3"}, "site": {"main"}, "flow": {"post_service_3"}, "service": {""}, "language": {""}},
		"staff": {"each": {"Maya"}, "site": {"main"}, "flow": {"post_service_3"}, "service": {""}, "language": {""}},
	}
	for _, c := range []struct{ kind, name, value string }{
		{"table", "word", strings.Repeat("x", 61)},
		{"table", "from", "-1"},
		{"table", "from", "one"},
		{"table", "to", "0"},
		{"table", "to", "301"},
		{"table", "to", "10000"},
		{"table", "site", "b"},
		{"table", "flow", "no_such"},
		{"table", "service", "a\x01"},
		{"staff", "each", "\n \n"},
		{"staff", "each", strings.Repeat("x", 81)},
		{"staff", "each", strings.Join(numbered(301), "\n")},
		{"staff", "language", "xx"},
	} {
		form := url.Values{}
		for k, v := range good[c.kind] {
			form[k] = v
		}
		form.Set(c.name, c.value)
		if page := h.post("/asking/links/many?for="+c.kind, form, 422).Body.String(); !strings.Contains(page, `id="`+c.name+`-fault"`) {
			t.Errorf("%s %s = %.20q is answered by\n%s", c.kind, c.name, c.value, page)
		}
	}
	if all, err := h.store.StandingLinkList(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("stored all the same: %v, %v", all, err)
	}
	to := h.post("/asking/links/many?for=site", url.Values{"flow": {"post_service_3"}, "service": {""}, "language": {""}}, 303).Header().Get("Location")
	if page := h.get(to, 200); !strings.Contains(page, "once the address for everybody is known") { // neither a bot nor a public address is there
		t.Errorf("it leads to %s:\n%s", to, page)
	}
	if all, err := h.store.StandingLinkList(t.Context()); err != nil || len(all) != 1 || all[0].Site != "main" {
		t.Errorf("a lead of one site makes %v, %v", all, err)
	}
}

func numbered(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint("N ", i))
	}
	return all
}
