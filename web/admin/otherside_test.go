package admin

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// Whoever may do everything at one site reads nothing of another on any page, in any table and in
// no search, and is refused at what belongs to it, whatever they ask for.
func TestNoPageTellsOfAnotherSite(t *testing.T) {
	w := newWorld(t)
	kase := w.unhappy("main", "7", "Secretta", "They robbed me blind.")
	w.unhappy("harbour", "8", "Tom", "The shade is wrong.")
	w.folds()
	link := storage.StandingLink{ID: "abcdefgh", Name: "Hidden counter", Flow: "one_tap_csat", Site: "main", Event: map[string]string{}, Created: w.clock.Now()}
	if err := w.store.PutStandingLink(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	w.improves(storage.Improvement{ID: "i1", Site: "main", Day: "2026-02-01", ImprovementTerms: storage.ImprovementTerms{Reason: "They robbed", Change: "Secretta left"}})
	fill := strings.NewReplacer("{$}", "", "{number}", kase.Name(), "{who}", kase.Identity, "{id}", "0."+kase.Session, "{link}", link.ID, "{site}", "main",
		"{flow}", "one_tap_csat", "{topic}", "running", "{picture}", "x.svg", "{report}", "complaints", "{ask}", "x", "{improvement}", "i1", "{challenge}", "x")
	secret := regexp.MustCompile(`Secretta|robbed|Hidden counter|/cases/` + regexp.QuoteMeta(kase.Name()) + `["/?]`)
	for name, v := range map[string]Viewer{
		"the admin of another site": {Login: "l", SignIn: "boss", Staff: "hans", Name: "Hans Beck", Grants: access.Grants{"harbour": access.Admin}, Language: "en", Proved: w.clock.Now()},
		"an agent of another site":  viewer("hans"),
	} {
		b := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(v), Clock: w.clock.Now, Accounts: &bots{}})}
		ask := func(at string, refused bool) {
			t.Helper()
			out := b.get(at)
			page := out.Body.String()
			if told := secret.FindString(page); told != "" {
				t.Errorf("%s reads %q at %s", name, told, at)
			}
			if refused && out.Code != http.StatusForbidden && out.Code != http.StatusNotFound {
				t.Errorf("%s is answered with %d at %s", name, out.Code, at)
			}
			if out.Code >= http.StatusInternalServerError {
				t.Errorf("%s: %d", at, out.Code)
			}
		}
		for _, to := range routes {
			method, at, _ := strings.Cut(to.pattern, " ")
			if method != "GET" || at == "/live" { // the stream has its own test
				continue
			}
			own := regexp.MustCompile(`\{(number|who|id|link|site|improvement)\}`).MatchString(at) && !strings.HasPrefix(at, "/people/")
			ask(fill.Replace(at), own)
			if !strings.Contains(at, "{") {
				ask(at+"?site=main", false)
			}
		}
		for _, at := range []string{"/cases?q=Secretta", "/customers?q=Secretta", "/customers?q=Se"} {
			page := strings.ReplaceAll(body(b.get(at)), "“Secretta”", "") // what was searched for
			if page = regexp.MustCompile(`value="[^"]*"`).ReplaceAllString(page, ""); secret.MatchString(page) {
				t.Errorf("%s finds %q at %s", name, secret.FindString(page), at)
			}
		}
	}
}
