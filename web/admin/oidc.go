package admin

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/oidc"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// oidcDoors lead to the house's identity provider and back. They are links: a browser holds the redirect that
// follows a form to the policy of forms, which lets it go nowhere but here.
var oidcDoors = []route{
	{pattern: "GET /login/oidc", page: in(outsidePages.signInOutside)},
	{pattern: "GET /login/oidc/back", page: in(outsidePages.comeBack)},
	{pattern: "GET /join/{token}/oidc", page: in(outsidePages.joinOutside)},
}

// What somebody goes to the provider for.
const (
	toSignIn = "sign in"
	toJoin   = "join"
	toLink   = "link"
	toProve  = "prove"
)

// trip is a way to the provider and back as the browser keeps it: sealed, for ten minutes.
type trip struct {
	oidc.Trip
	For     string
	Next    string // where to go then
	Join    string // the token of the link by which somebody joins
	Login   string // whose account is linked, or who proves themselves
	Session string // in which that began
}

// Of coming back.
const (
	tripPlace = "trip to the provider"
	longNext  = 1000 // characters of an address to go to then: a cookie has 4,096

	// atOnce has the first try wait for a quarter of an hour, the longest there is: a trip lives ten minutes.
	atOnce = -6
)

// outside reports whether there is a provider to sign in with.
func (s outsidePages) outside() bool { return s.Provider != nil && s.Sealer != nil && s.Demo == nil }

func tripCookie(r *http.Request) string { return cookieName(r) + "-oidc" }

// keepTrip has the browser keep a trip, or drop the one it keeps (sealed "").
func (s outsidePages) keepTrip(w http.ResponseWriter, r *http.Request, sealed string) {
	age := int(oidc.TripLife / time.Second)
	if sealed == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever there is TLS; on loopback there is none
		Name: tripCookie(r), Value: sealed, Path: "/", MaxAge: age, Secure: r.TLS != nil, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (s outsidePages) keptTrip(r *http.Request) (t trip, ok bool) {
	c, err := r.Cookie(tripCookie(r))
	if err != nil {
		return t, false
	}
	value, err := s.Sealer.Open(tripPlace, c.Value)
	return t, err == nil && json.Unmarshal([]byte(value), &t) == nil
}

// page is that on which the button stands by which a trip begins.
func (t trip) page() string {
	switch t.For {
	case toJoin:
		return "/join/" + url.PathEscape(t.Join)
	case toLink:
		return "/me/oidc"
	case toProve:
		return "/prove?next=" + queryEscape(t.Next)
	}
	return "/login?next=" + queryEscape(t.Next)
}

// pressed reports whether a request comes of a button of ours, on a page that was opened by the name to which the
// provider sends people back. Another website leads browsers here without one; and by another name of this server what
// the browser keeps of a trip would not be there on its way back. Where a browser says nothing, nobody is turned away.
func (s outsidePages) pressed(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return false
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host == "" {
		return true
	}
	at, err := url.Parse(peoplePages(s).base(r))
	return err == nil && from.Hostname() == at.Hostname() && (s.public() == "" || port(from) == port(at))
}

// port is that of an address, whether it is written or not.
func port(u *url.URL) string {
	return cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}

// leave sends the browser to the provider, or to the page on which somebody can press that they want to go there.
func (s outsidePages) leave(w http.ResponseWriter, r *http.Request, v Viewer, t trip) error {
	if len(t.Next) > longNext {
		t.Next = "/"
	}
	if !s.pressed(r) {
		http.Redirect(w, r, peoplePages(s).base(r)+t.page(), http.StatusSeeOther) //nolint:gosec // to our own page
		return nil
	}
	back := peoplePages(s).base(r) + "/login/oidc/back"
	way, to, err := s.Provider.Begin(r.Context(), back, t.For == toProve)
	if err != nil {
		return s.failed(w, r, v, t, err)
	}
	t.Trip = way
	body, err := json.Marshal(t)
	if err != nil {
		return err
	}
	s.keepTrip(w, r, s.Sealer.Seal(tripPlace, string(body)))
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // to the provider of the settings
	return nil
}

func (s outsidePages) signInOutside(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !s.outside() {
		return s.nothingHere(w, r, v)
	}
	next := nextPage(r.URL.Query().Get("next"))
	if v.Login != "" {
		http.Redirect(w, r, s.Prefix+next, http.StatusSeeOther) //nolint:gosec // nextPage lets through paths of this site alone
		return nil
	}
	return s.leave(w, r, v, trip{For: toSignIn, Next: next})
}

func (s outsidePages) joinOutside(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !s.outside() {
		return s.nothingHere(w, r, v)
	}
	if _, err := doorPages(s).open(r, storage.JoinLink); err != nil {
		return err
	}
	return s.leave(w, r, Viewer{}, trip{For: toJoin, Next: "/", Join: r.PathValue("token")})
}

// comeBack answers a browser that the provider sent here. What it brings counts once: the second time nothing
// of it reaches the provider.
func (s outsidePages) comeBack(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !s.outside() {
		return s.nothingHere(w, r, v)
	}
	q := r.URL.Query()
	t, ok := s.keptTrip(r)
	if !ok && v.Login != "" { // who goes back in their browser once they are in
		http.Redirect(w, r, s.Prefix+"/", http.StatusSeeOther)
		return nil
	}
	if !ok || !t.Of(q) {
		return s.failed(w, r, Viewer{}, trip{For: toSignIn, Next: "/"}, oidc.Error{Fault: oidc.Stale})
	}
	s.keepTrip(w, r, "")
	now, place := s.Clock(), signin.HashToken("provider\x00"+address(r))
	until, err := s.Store.Try(r.Context(), []storage.Try{{Key: place, Free: freeTriesPlace}}, now)
	if err != nil {
		return err
	}
	if wait := until.Sub(now); wait > 0 {
		return s.told(w, r, v, t, http.StatusTooManyRequests, outsideNote{Text: s.words(r, v).t("login_wait", waitWords(s.words(r, v), wait))})
	}
	until, err = s.Store.Try(r.Context(), []storage.Try{{Key: signin.HashToken("trip\x00" + t.State), Free: atOnce}}, now)
	if err != nil {
		return err
	}
	if until.After(now) {
		return s.failed(w, r, v, t, oidc.Error{Fault: oidc.Stale})
	}
	who, err := s.Provider.Finish(r.Context(), t.Trip, q)
	if err != nil {
		return s.failed(w, r, v, t, err)
	}
	if err := s.Store.Forgive(r.Context(), place); err != nil {
		return err
	}
	switch t.For {
	case toJoin:
		return s.joinAs(w, r, t, who)
	case toLink:
		return s.linkWith(w, r, v, t, who)
	case toProve:
		return s.proveAs(w, r, v, t, who)
	}
	return s.signInAs(w, r, t, who)
}

// outsideNote is what a page says of a trip that led nowhere.
type outsideNote struct {
	Text    string
	Subject string // of whoever came back, for whom they ask
}

// failed says why a trip led nowhere, where it began.
func (s outsidePages) failed(w http.ResponseWriter, r *http.Request, v Viewer, t trip, err error) error {
	e, ok := errors.AsType[oidc.Error](err)
	if !ok {
		return err
	}
	key, status := "oidc_"+string(e.Fault), http.StatusUnprocessableEntity
	if e.Fault.Theirs() {
		s.Log.Warn("admin: signing in with the identity provider fails; Settings, Sign-in says what to do", "why", string(e.Fault), "hint", e.Hint)
		key, status = "oidc_down", http.StatusServiceUnavailable
	}
	return s.told(w, r, v, t, status, outsideNote{Text: s.words(r, v).t(key, s.Provider.Name)})
}

// told shows the page at which a trip began, with a note.
func (s outsidePages) told(w http.ResponseWriter, r *http.Request, v Viewer, t trip, status int, note outsideNote) error {
	switch {
	case t.For == toJoin:
		o, err := doorPages(s).openLink(r, storage.JoinLink, t.Join)
		if err != nil {
			return err
		}
		made := signin.NewPassword()
		return doorPages(s).showLinkForm(w, r, status, o, doorPages(s).linkForm(s.words(r, Viewer{}), o, made), linkPage{Made: made, Token: t.Join, Note: note})
	case t.For == toLink && v.Login != "" && v.Login == t.Login:
		return s.showOutside(w, r, v, status, note)
	case t.For == toProve && v.Login != "" && v.Login == t.Login:
		return doorPages(s).showProve(w, r, v, status, t.Next, "", note)
	}
	return doorPages(s).showLogin(w, r, status, t.Next, doorPages(s).loginForm(s.words(r, Viewer{})), note)
}

// signInAs lets somebody in whose account is linked. An account that nobody here has enters nothing, whatever
// e-mail it has.
func (s outsidePages) signInAs(w http.ResponseWriter, r *http.Request, t trip, who oidc.Who) error {
	words := s.words(r, Viewer{})
	l, err := s.Store.LoginOutside(r.Context(), storage.OutsideKey(who.Issuer, who.Subject))
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return s.told(w, r, Viewer{}, t, http.StatusForbidden, outsideNote{words.t("oidc_stranger", s.Provider.Name), who.Subject})
	case err != nil:
		return err
	case l.Owner:
		return s.told(w, r, Viewer{}, t, http.StatusForbidden, outsideNote{Text: words.t("oidc_owner", s.Provider.Name)})
	}
	return doorPages(s).enterProved(w, r, l, t.Next, who.At)
}

// proveAs takes what somebody proved anew at the provider for the proof that is asked before what hurts.
func (s outsidePages) proveAs(w http.ResponseWriter, r *http.Request, v Viewer, t trip, who oidc.Who) error {
	words := s.words(r, v)
	if v.Login == "" || v.Login != t.Login || v.Session != t.Session {
		return s.failed(w, r, v, t, oidc.Error{Fault: oidc.Stale})
	}
	l, err := s.Store.LoginOutside(r.Context(), storage.OutsideKey(who.Issuer, who.Subject))
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	switch {
	case l.ID != v.Login:
		return s.told(w, r, v, t, http.StatusForbidden, outsideNote{Text: words.t("oidc_another", s.Provider.Name)})
	case l.Owner:
		return s.told(w, r, v, t, http.StatusForbidden, outsideNote{Text: words.t("oidc_owner", s.Provider.Name)})
	}
	return doorPages(s).enter(w, r, l, t.Next)
}

// joinAs makes the login of a join link, which is entered by the account of the provider and has no password.
// Its name is made from the person's key; the next number follows one that somebody has.
func (s outsidePages) joinAs(w http.ResponseWriter, r *http.Request, t trip, who oidc.Who) error {
	o, err := doorPages(s).openLink(r, storage.JoinLink, t.Join)
	if err != nil {
		return err
	}
	l := doorPages(s).loginOf(o)
	l.Outside = storage.OutsideKey(who.Issuer, who.Subject)
	begins, cookie := s.newSession(r, l.ID)
	begins.Fresh = who.At
	for _, end := range []string{"", "-2", "-3", "-4", "-5"} {
		l.Name = o.staff.ID + end
		if err = doorPages(s).spend(r, o, l, nil, begins); !errors.Is(err, storage.ErrTaken) {
			break
		}
	}
	switch {
	case errors.Is(err, storage.ErrOutsideTaken):
		return s.told(w, r, Viewer{}, t, http.StatusConflict, outsideNote{Text: s.words(r, Viewer{}).t("oidc_taken", s.Provider.Name)})
	case errors.Is(err, storage.ErrNotFound), errors.Is(err, storage.ErrTaken):
		return &page.Error{Code: page.Gone, Title: "link_gone", Text: "link_gone_join"}
	case err != nil:
		return err
	}
	doorPages(s).lets(w, r, l.ID, cookie)
	http.Redirect(w, r, s.Prefix+"/", http.StatusSeeOther)
	return nil
}

// startPlace is what the link is sealed for by which a session begins to link an account: another website that
// leads a browser here has none, and cannot have its own account linked with who is signed in.
func startPlace(v Viewer) string {
	return strings.Join([]string{"link an account", v.Login, v.Session}, "\x00")
}
