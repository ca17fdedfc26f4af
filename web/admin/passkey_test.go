package admin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/internal/browsertest"
	"github.com/aftercare/aftercare/storage"
)

func init() {
	ask := passkeyAsk{Host: "care.example", Challenge: "abc", Sealed: "sealed", User: "u", Name: "robin", Has: "k1"}
	fixtures = append(fixtures,
		fixture{"passkeys.html", "empty", frame{Title: "Passkeys"}, passkeysPage{}},
		fixture{"passkeys.html", "full", frame{Title: "Passkeys"}, passkeysPage{Keys: []passkeyRow{{"k1", "Firefox · Linux", "added 2026-03-04"}}, Ask: ask, Fault: "It was not added."}},
		fixture{"prove.html", "passkey", frame{Title: "Is it you?", Bare: true}, provePage{form: form{[]field{{Name: "password", Label: "Password", Kind: "password"}}}, Next: "/people", SignIn: "robin", Ask: ask}},
		fixture{"login.html", "passkey", frame{Title: "Sign in", Bare: true}, loginPage{form: form{[]field{{Name: "name", Label: "Name"}}}, Ask: ask}},
	)
}

// A passkey is made in a browser whose device asks who one is, opens the pages once for each
// challenge, and is good for nothing once it is removed. What the browser sent the last time, sent
// again, opens nothing.
func TestAPasskeyOpensThePages(t *testing.T) {
	passkeyOpens(t, browsertest.Start(t), browsertest.Looks()[0])
}

// passkeyOpens plays it in a look.
func passkeyOpens(t *testing.T, browser context.Context, l browsertest.Look) {
	s := newStreet(t)
	s.config.Sealer, s.config.Prefix = plainSealer{}, ""
	var ticks atomic.Int64
	s.config.Clock = func() time.Time { return s.now.Add(time.Duration(ticks.Add(int64(time.Second)))) }
	sent := make(chan url.Values, 9)
	s.pages = New(s.config)
	pages := s.pages
	server := httptest.NewServer(catching(pages, "/login/passkey", sent))
	defer server.Close()
	base := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)

	d := browsertest.Open(t, browser)
	d.Wear(l, 1280)
	press := func(selector string) {
		browsertest.Eval[bool](d, `window.before = true`)
		d.Do(chromedp.Click(chromedp.CSS(selector)))
		d.Until(`!window.before && document.readyState === "complete"`)
	}
	if _, err := chromedp.Call(d.Ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(d.Ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}); err != nil {
		t.Fatal(err)
	}
	d.Do(chromedp.Navigate(base + "/setup/" + s.link(storage.SetupLink, "", time.Hour)))
	d.Do(chromedp.SetValue(chromedp.CSS("#shown"), "Robin Park"))
	press("form .button.primary")
	d.Do(chromedp.Navigate(base + "/me/passkeys"))
	press("form[data-challenge] .button")
	d.UntilText("The passkey is added.")
	d.Accessible("passkeys")
	press(`form[action="/me/passkeys/remove"] button`)
	d.UntilText("The passkey is removed")
	press("form[data-challenge] .button")
	d.UntilText("The passkey is added.")
	d.Do(chromedp.Navigate(base + "/me"))
	press(`form[action="/logout"] button`)
	d.UntilText("Sign in with a passkey")
	press("form[data-challenge] .button")
	d.Until(`location.pathname !== "/login" && location.pathname !== "/login/passkey"`)

	// Before what hurts, the passkey is as good as the password.
	ticks.Add(int64(freshFor))
	d.Do(chromedp.Navigate(base + "/me/passkeys"))
	d.UntilText("Is it you?")
	d.Accessible("prove by a passkey")
	press("form[data-challenge] .button")
	d.Until(`location.pathname === "/me/passkeys"`)
	d.UntilText("added ")

	again := <-sent
	b := s.browser()
	r := httptest.NewRequest("POST", base+"/login/passkey", strings.NewReader(again.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	if b.pages.ServeHTTP(w, r); w.Code != 422 || len(w.Result().Cookies()) > 0 {
		t.Errorf("what was sent once opens the pages again: %d", w.Code)
	}
}

// catching passes requests on, and hands out the forms that were sent to an address.
func catching(next http.Handler, at string, sent chan<- url.Values) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == at {
			if r.ParseForm() == nil {
				sent <- r.PostForm
			}
		}
		next.ServeHTTP(w, r)
	})
}
