package admin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/browsertest"
	"github.com/aftercare/aftercare/internal/oidc"
	"github.com/aftercare/aftercare/internal/oidc/oidctest"
	"github.com/aftercare/aftercare/storage"
)

// TestSignInInABrowser plays in a browser how somebody gets in.
func TestSignInInABrowser(t *testing.T) {
	browser := browsertest.Start(t)
	for name, scene := range doorScenes {
		t.Run(name, func(t *testing.T) { playAtTheDoor(t, browser, browsertest.Looks()[0], scene) })
	}
}

// doorScenes are ways in.
var doorScenes = map[string]func(*door){
	"a link that a preview robot opened first lets its person in, once": robotFirst,
	"codes at sign-in": codesInABrowser,
	"the house's identity provider lets in who joined by it, and nobody else": outsideInABrowser,
}

// door is somebody in a browser before the pages of an installation in which nobody can sign in.
type door struct {
	*street
	browsertest.Tab
	look  browsertest.Look
	base  string
	house *oidctest.Issuer
	later *atomic.Int64 // how far the clock is ahead of the street's
}

func playAtTheDoor(t *testing.T, browser context.Context, l browsertest.Look, scene func(*door)) {
	s := newStreet(t)
	later := new(atomic.Int64)
	s.config.Sealer, s.config.Prefix = plainSealer{}, ""
	s.config.Clock = func() time.Time { return s.now.Add(time.Duration(later.Load())) }
	house := oidctest.New(t)
	s.config.Provider = oidc.New(oidc.Config{Issuer: house.URL, ClientID: oidctest.ClientID, Secret: oidctest.Secret, Name: "House", Clock: s.config.Clock})
	server := httptest.NewServer(New(s.config))
	t.Cleanup(server.Close)
	d := &door{street: s, house: house, Tab: browsertest.Open(t, browser), look: l, later: later, base: strings.Replace(server.URL, "127.0.0.1", "localhost", 1)}
	house.At, house.Back = s.config.Clock, d.base+"/login/oidc/back"
	d.Wear(l, 390)
	scene(d)
}

// opens shows a page.
func (d *door) opens(at string) {
	d.Helper()
	d.Visit(d.base+at, d.look)
}

// press presses a button and waits for the page that comes.
func (d *door) press(selector string) {
	d.Helper()
	browsertest.Eval[bool](d.Tab, `window.before = true`)
	d.Do(chromedp.Click(chromedp.CSS(selector)))
	d.Until(`!window.before && document.readyState === "complete"`)
}

// robot fetches an address as services do that show what is behind a link.
func (d *door) robot(at string) {
	d.Helper()
	for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodGet} {
		r, err := http.NewRequestWithContext(d.Context(), method, d.base+at, nil)
		if err != nil {
			d.Fatal(err)
		}
		r.Header.Set("User-Agent", "TelegramBot (like TwitterBot)")
		got, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err != nil {
			d.Fatal(err)
		}
		_ = got.Body.Close()
		if got.StatusCode != http.StatusOK || len(got.Cookies()) > 0 {
			d.Errorf("a robot is answered with %s and %d cookies", got.Status, len(got.Cookies()))
		}
	}
}

func robotFirst(d *door) {
	at := "/setup/" + d.link(storage.SetupLink, "", time.Hour)
	d.robot(at)
	d.opens(at)
	d.NoSidewaysScroll("the link")
	d.Do(chromedp.SetValue(chromedp.CSS("#shown"), "Robin Park"))
	d.press("form .button.primary")
	d.Until(`location.pathname === "/setup/place"`)
	reset := "/reset/" + d.link(storage.ResetLink, idOf(d.Tab.T, d.store, "robin.park"), time.Hour)
	d.robot(reset)
	d.opens(reset)
	d.Do(chromedp.SetValue(chromedp.CSS("#password"), "three old bicycles"))
	d.press("form .button.primary")
	d.opens("/me")
	d.Until(`location.pathname === "/me"`) // by the new password, without signing in again
	d.opens(reset)
	d.UntilText("This link does not work any more")
}

func codesInABrowser(d *door) {
	d.opens("/setup/" + d.link(storage.SetupLink, "", time.Hour))
	d.Do(chromedp.SetValue(chromedp.CSS("#shown"), "Robin Park"), chromedp.SetValue(chromedp.CSS("#password"), password))
	d.press("form .button.primary")
	d.opens("/me/codes")
	d.NoSidewaysScroll("codes")
	secret := browsertest.Eval[string](d.Tab, `document.querySelector("ol.lines code").innerText`)
	d.Do(chromedp.SetValue(chromedp.CSS("#code"), phone(d.Tab.T, secret, d.now)))
	d.press("form .button.primary")
	d.UntilText("Keep these where you keep important papers")
	d.opens("/me")
	d.press(`form[action="/logout"] button`)
	d.later.Store(int64(time.Minute))
	d.Do(chromedp.SetValue(chromedp.CSS("#name"), "robin.park"), chromedp.SetValue(chromedp.CSS("#password"), password))
	d.press("form .button.primary")
	d.Until(`document.querySelector("#code") !== null`)
	d.NoSidewaysScroll("the code")
	d.Do(chromedp.SetValue(chromedp.CSS("#code"), "000000"))
	d.press("form .button.primary")
	d.Until(`document.querySelector("#code")?.getAttribute("aria-invalid") === "true"`)
	d.Do(chromedp.SetValue(chromedp.CSS("#code"), phone(d.Tab.T, secret, d.now.Add(time.Minute))))
	d.press("form .button.primary")
	d.Until(`!location.pathname.startsWith("/login")`)
}

// outsideInABrowser joins by a link with the provider, signs out and in again; a stranger and an owner are
// refused with a sentence.
func outsideInABrowser(d *door) {
	d.opens("/setup/" + d.link(storage.SetupLink, "", time.Hour))
	d.Do(chromedp.SetValue(chromedp.CSS("#shown"), "Robin Park"), chromedp.SetValue(chromedp.CSS("#password"), password))
	d.press("form .button.primary")
	d.opens("/me")
	d.press(`form[action="/logout"] button`)

	if err := d.store.PutStaff(d.Context(), storage.Staff{ID: "amy", Name: "Amy Fox", Roles: access.Grants{"main": access.Agent}, Created: d.now}); err != nil {
		d.Fatal(err)
	}
	d.house.Person = "amy-7"
	at := "/join/" + d.link(storage.JoinLink, "amy", time.Hour)
	d.robot(at)
	d.opens(at)
	d.NoSidewaysScroll("joining")
	d.Accessible("joining with the provider")
	d.press(`a[href$="/oidc"]`)
	d.Until(`!location.pathname.startsWith("/join") && !location.pathname.startsWith("/login")`)
	d.opens("/me")
	d.UntilText("On: you can sign in with it.")
	d.press(`form[action="/logout"] button`)

	d.UntilText("Sign in with House")
	d.NoSidewaysScroll("signing in")
	d.press(`a[href^="/login/oidc"]`)
	d.Until(`!location.pathname.startsWith("/login")`)
	d.opens("/me")
	d.press(`form[action="/logout"] button`)

	d.house.Person = "a-stranger"
	d.press(`a[href^="/login/oidc"]`)
	d.UntilText("Nobody here has this account of House.")
	d.UntilText("a-stranger")
	d.NoSidewaysScroll("a stranger")
	d.Accessible("a stranger")

	// An owner whose account an older program, or a hand in the database, left linked.
	if _, err := d.store.ChangeLogin(d.Context(), storage.LoginChange{ID: idOf(d.Tab.T, d.store, "robin.park"), Now: d.now, Change: func(l *storage.Login) error {
		l.Outside = storage.OutsideKey(d.house.URL, "robin-1")
		return nil
	}}); err != nil {
		d.Fatal(err)
	}
	d.house.Person = "robin-1"
	d.press(`a[href^="/login/oidc"]`)
	d.UntilText("An owner signs in by password or passkey, never with House")
	d.opens("/me")
	d.Until(`location.pathname === "/login"`)
}
