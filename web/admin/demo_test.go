package admin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage"
)

func init() { fixtures = append(fixtures, demoFixtures...) }

var demoFixtures = []fixture{
	{"demo.html", "empty", frame{Title: "Aftercare demo", Bare: true, Wide: true}, demoPage{Chat: "/chat/x"}},
	{"demo.html", "full", frame{Title: "Aftercare demo", Bare: true, Wide: true}, demoPage{
		Chat: "/chat/x", Menus: []demoMenu{{"site", "Place", []option{{"bella", "Bella Hair & Beauty"}}, "bella"}},
		People: []demoWho{{"robin", "Robin Park", "Lead", true}, {"mei", "Mei Chen", "Agent", false}}, Password: "customers first",
	}},
}

// Whoever opens the demo on this computer is one of its people, and can be another; nobody
// else is let in, and the pages of an earnest installation know nothing of it.
func TestTheDemoIsForThisComputerAndItsPeople(t *testing.T) {
	h := newHouse(t, Viewer{})
	for _, id := range []string{"robin", "mei"} {
		err := h.store.Enrol(t.Context(), storage.Enrolment{Login: storage.Login{ID: id, Name: id, Shown: id}, Audit: storage.Audit{ID: id}})
		if err != nil {
			t.Fatal(err)
		}
	}
	is := DemoCustomer{Token: "T", Site: "bella", Flow: "one_tap_csat", Language: "en"}
	demo := &Demo{
		People: []DemoPerson{{"robin", "Robin", "lead"}, {"mei", "Mei", "agent"}}, Flows: []string{"one_tap_csat"},
		Sites: []DemoChoice{{"bella", "Bella <b>"}}, Languages: []DemoChoice{{"en", "English"}},
		Customer: func(_ context.Context, token string) (DemoCustomer, error) {
			if token == "T2" {
				return DemoCustomer{Token: token, Site: "bella", Flow: "one_tap_csat", Language: "en"}, nil
			}
			return is, nil
		},
		Invite: func(_ context.Context, c DemoCustomer) (DemoCustomer, error) { c.Token = "T2"; return c, nil },
	}
	pages := New(Config{Store: h.store, Bot: h.bot, Demo: demo})
	var cookies []*http.Cookie
	ask := func(method, host, at string, f url.Values) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequest(method, "http://"+host+at, strings.NewReader(f.Encode()))
		if method == "POST" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		cookies = append(w.Result().Cookies(), cookies...) // of two with a name the first counts
		return w
	}
	if w := ask("GET", "127.0.0.1:8080", "/cases", nil); w.Code != 303 || w.Header().Get("Location") != "/demo" {
		t.Errorf("whoever is nobody is led to %q, %d", w.Header().Get("Location"), w.Code)
	}
	for _, host := range []string{"evil.example:8080", "10.0.0.7:8080", "127.0.0.1.evil.example"} {
		if w := ask("GET", host, "/demo", nil); w.Code != http.StatusForbidden || len(w.Result().Cookies()) > 0 {
			t.Errorf("asked for as %s: %d", host, w.Code)
		}
	}
	front := ask("GET", "127.0.0.1:8080", "/demo", nil)
	for _, want := range []string{`src="/chat/T"`, `src="/cases"`, `Bella &lt;b&gt;`, `value="robin" aria-pressed="true"`} {
		if !strings.Contains(front.Body.String(), want) {
			t.Errorf("the page lacks %s:\n%s", want, front.Body)
		}
	}
	if got := front.Header().Get("X-Frame-Options"); got != "DENY" {
		t.Errorf("the demo may be framed: %q", got)
	}
	if w := ask("POST", "localhost:8080", "/demo/person", url.Values{"login": {"mei"}}); w.Code != 303 {
		t.Fatalf("to be another: %d", w.Code)
	}
	if w := ask("POST", "localhost:8080", "/demo/person", url.Values{"login": {"eve"}}); w.Code != 400 {
		t.Errorf("to be somebody who is not there: %d", w.Code)
	}
	if body := ask("GET", "127.0.0.1:8080", "/demo", nil).Body.String(); !strings.Contains(body, `value="mei" aria-pressed="true"`) {
		t.Errorf("one is not Mei:\n%s", body)
	}
	if w := ask("POST", "localhost:8080", "/demo/customer", url.Values{"site": {"x"}, "flow": {"one_tap_csat"}, "language": {"en"}}); w.Code != 400 {
		t.Errorf("a customer of no site: %d", w.Code)
	}
	if w := ask("POST", "localhost:8080", "/demo/customer", url.Values{"site": {"bella"}, "flow": {"one_tap_csat"}, "language": {"en"}}); w.Code != 303 {
		t.Errorf("another customer: %d", w.Code)
	}
	if body := ask("GET", "127.0.0.1:8080", "/demo", nil).Body.String(); !strings.Contains(body, `src="/chat/T2"`) {
		t.Errorf("the other customer is not shown:\n%s", body)
	}
	if got := ask("GET", "127.0.0.1:8080", "/cases", nil).Header().Get("X-Frame-Options"); got != "SAMEORIGIN" {
		t.Errorf("the demo cannot show the pages: %q", got)
	}
	pages = New(Config{Store: h.store, Bot: h.bot, Gate: h})
	if w := ask("GET", "127.0.0.1:8080", "/demo", nil); w.Code != 303 || w.Header().Get("Location") != "/login?next=%2Fdemo" {
		t.Errorf("in earnest: %d to %q", w.Code, w.Header().Get("Location"))
	}
}
