package admin

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

func (h *house) withSite(id, name string) {
	h.t.Helper()
	h.post("/settings/sites/new", url.Values{"name": {name}, "id": {id}, "zone": {"Europe/Berlin"}, "language": {"zh-Hans"}, "signs": {"first"}}, 303)
	if err := h.bot.Configuration().Refresh(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// TestALinkIsMadePrintedClosedAndOpenedAgain is the way of somebody who hangs a card on the
// counter.
func TestALinkIsMadePrintedClosedAndOpenedAgain(t *testing.T) {
	h := newHouse(t, someone)
	h.withSite("main", "Main & Söhne")
	if err := h.store.PutAccount(t.Context(), storage.Account{Platform: chat.Telegram, ID: "42", Name: "bella_bot", Seen: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := h.bot.Configuration().Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if body := h.get("/asking/links", 200); !strings.Contains(body, "No link yet.") {
		t.Error("an empty list does not say so")
	}
	form := url.Values{"name": {"Counter"}, "flow": {"post_service_3"}, "site": {"main"}, "service": {"your haircut"}, "language": {""}}
	at := h.post("/asking/links/new", form, 303).Header().Get("Location")
	body := h.get(at, 200)
	id := regexp.MustCompile(`/asking/links/([a-z2-9]{10})`).FindStringSubmatch(at)
	if id == nil {
		t.Fatalf("it leads to %s", at)
	}
	for _, want := range []string{"The link is made.", "https://t.me/bella_bot?start=s_" + id[1], "your haircut", "Main &amp; Söhne", "begun: 0", `class="qr"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	card := h.get("/asking/links/"+id[1]+"/card", 200)
	for _, want := range []string{"Main &amp; Söhne", "您觉得怎么样？用一分钟告诉我们。", "How was it? Tell us in a minute.", "t.me/bella_bot?start=s_" + id[1], `fill="#000"`} {
		if !strings.Contains(card, want) {
			t.Errorf("the card lacks %q", want)
		}
	}
	if svg := h.get("/asking/links/"+id[1]+"/code.svg", 200); !strings.HasPrefix(svg, "<svg") {
		t.Error("the file is no picture")
	}
	h.post("/asking/links/"+id[1]+"/close", url.Values{}, 303)
	h.get("/asking/links/"+id[1]+"/card", 410)
	if body := h.get("/asking/links", 200); !strings.Contains(body, "closed") {
		t.Error("the list does not say that it is closed")
	}
	h.post("/asking/links/"+id[1]+"/open", url.Values{}, 303)
	h.get("/asking/links/"+id[1]+"/card", 200)
}

func TestALinkThatCannotBeMadeKeepsEveryWord(t *testing.T) {
	h := newHouse(t, someone)
	if body := h.get("/asking/links/new", 200); !strings.Contains(body, "there is none yet at which you may make one") {
		t.Error("nobody is told that a site is missing")
	}
	h.withSite("main", "Main")
	good := url.Values{"name": {"Counter"}, "flow": {"post_service_3"}, "site": {"main"}, "service": {"haircut"}, "language": {"en"}}
	for name, bad := range map[string]string{"name": "", "flow": "no_such", "site": "elsewhere", "language": "xx", "service": strings.Repeat("x", 81)} {
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		form.Set(name, bad)
		body := h.post("/asking/links/new", form, 422).Body.String()
		if !strings.Contains(body, `id="`+name+`-fault"`) || name != "name" && !strings.Contains(body, `value="Counter"`) {
			t.Errorf("%s = %q is answered by\n%s", name, bad, body)
		}
	}
	if all, err := h.store.StandingLinkList(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("stored all the same: %v, %v", all, err)
	}
}

func TestALeadHasTheLinksOfTheirOwnSiteAlone(t *testing.T) {
	h := newHouse(t, someone)
	h.withSite("a", "Site A")
	h.withSite("b", "Site B")
	at := h.post("/asking/links/new", url.Values{"name": {"At B"}, "flow": {"post_service_3"}, "site": {"b"}, "service": {""}, "language": {""}}, 303).Header().Get("Location")
	at, _, _ = strings.Cut(at, "?")
	*h.as = Viewer{Login: "l", Grants: access.Grants{"a": access.Lead}}
	if body := h.get("/asking/links", 200); strings.Contains(body, "At B") {
		t.Error("the list shows another site's")
	}
	if body := h.get("/asking/links/new", 200); strings.Contains(body, "Site B") {
		t.Error("another site is offered")
	}
	for _, below := range []string{"", "/card", "/code.svg"} {
		h.get(at+below, 404)
	}
	h.post(at+"/close", url.Values{}, 404)
	h.post("/asking/links/new", url.Values{"name": {"x"}, "flow": {"post_service_3"}, "site": {"b"}, "service": {""}, "language": {""}}, 422)
	*h.as = Viewer{Login: "l", Grants: access.Grants{"a": access.Agent}}
	h.get("/asking/links", 403)
}

func TestNoCardIsPrintedWithAnAddressThatNobodyReaches(t *testing.T) {
	for web, want := range map[string]string{
		"https://care.example/s/x": "https://care.example/s/x", "http://localhost:8080/s/x": "tg", "http://127.0.0.1/s/x": "tg", "http://192.168.1.4/s/x": "tg",
		"http://[::1]:8080/s/x": "tg", "http://shop.local/s/x": "tg", "": "tg",
	} {
		if got := printed(web, "tg"); got != want {
			t.Errorf("%q is printed as %q, want %q", web, got, want)
		}
	}
}
