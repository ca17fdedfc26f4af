package admin

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// loginDoors are signing in and out.
var loginDoors = []route{
	{pattern: "GET /login", page: in(doorPages.login)},
	{pattern: "POST /login", page: in(doorPages.signIn)},
	{pattern: "POST /logout", page: in(doorPages.signOut)},
}

// proveRoutes ask somebody who has signed in to prove again who they are.
var proveRoutes = []route{
	{pattern: "GET /prove", page: in(doorPages.prove)},
	{pattern: "POST /prove", page: in(doorPages.proveNow)},
}

// How often a password is tried without a wait: for one name from one place, and from one
// place for all names. A name alone never waits: who knows it would lock its owner out.
const (
	freeTries      = 5
	freeTriesPlace = 30
)

// signInForm is the size in bytes up to which a form of signing in is read: it may take along what was written before.
const signInForm = 4 * maxForm

// loginPage is the page of signing in.
type loginPage struct {
	form
	Next  string // where to go then
	Kept  string // what was written before, sealed: see signInFirst
	Plain bool   // the connection is not encrypted, and goes over a network
	None  bool   // nobody can sign in yet
	Ask   passkeyAsk
	With  string // the identity provider that one may sign in with; "" = there is none
	Note  outsideNote
}

func queryEscape(s string) string { return url.QueryEscape(s) }

// nextPage is the page that an address asks to come back to, "/" for any that is not ours.
func nextPage(next string) string {
	u, err := url.Parse(next)
	ours := err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && strings.HasPrefix(next, "/") &&
		!strings.HasPrefix(next, "//") && !strings.ContainsFunc(next, func(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f })
	if !ours || strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.Path, "/login") || strings.HasPrefix(u.Path, "/logout") {
		return "/"
	}
	return u.RequestURI()
}

func (s doorPages) loginForm(words *words) form {
	return form{Fields: []field{
		{Name: "name", Label: words.t("login_name"), Fill: "username"},
		{Name: "password", Label: words.t("login_password"), Kind: "password", Fill: "current-password"},
	}}
}

func (s doorPages) login(w http.ResponseWriter, r *http.Request, v Viewer) error {
	next := nextPage(r.URL.Query().Get("next"))
	if v.Login != "" {
		http.Redirect(w, r, s.Prefix+next, http.StatusSeeOther) //nolint:gosec // nextPage lets through paths of this site alone
		return nil
	}
	return s.showLogin(w, r, http.StatusOK, next, s.loginForm(s.words(r, v)), outsideNote{})
}

func (s doorPages) showLogin(w http.ResponseWriter, r *http.Request, status int, next string, f form, note outsideNote) error {
	all, err := s.Store.Logins(r.Context())
	if err != nil {
		return err
	}
	f.field("password").Value = ""
	p := loginPage{form: f, Next: next, Kept: r.PostForm.Get("kept"), Plain: unencrypted(r), None: len(all) == 0, Note: note}
	if outsidePages(s).outside() {
		p.With = s.Provider.Name
	}
	fr := frame{Title: s.words(r, Viewer{}).t("login_title"), Bare: true}
	if slices.ContainsFunc(all, func(l storage.Login) bool { return len(l.Passkeys) > 0 }) { // nobody is named by that
		p.Ask, fr.Modules = s.askPasskey(r, ""), []string{"passkey.js"}
	}
	return s.show(w, r, Viewer{}, status, "login.html", fr, p)
}

// unencrypted reports whether others on the way can read what a browser sends.
func unencrypted(r *http.Request) bool {
	host := r.Host
	if i := strings.LastIndex(host, ":"); i > strings.LastIndex(host, "]") {
		host = host[:i]
	}
	return r.TLS == nil && host != "localhost" && !strings.HasPrefix(host, "127.") && host != "[::1]" && !strings.HasSuffix(host, ".localhost")
}

// signIn answers a name and a password. What it says does not depend on whether there is
// such a name, and neither does how long it takes.
func (s doorPages) signIn(w http.ResponseWriter, r *http.Request, _ Viewer) error {
	words := s.words(r, Viewer{})
	f := s.loginForm(words)
	if err := page.ReadForm(w, r, signInForm); err != nil {
		return err
	}
	if err := f.read(w, r); err != nil {
		return err
	}
	next, name := nextPage(r.PostForm.Get("next")), f.field("name").Value
	l, fault, status, err := s.check(r, words, name, r.PostForm.Get("password"))
	if err != nil {
		return err
	}
	if fault != "" {
		f.field("password").Fault = fault
		return s.showLogin(w, r, status, next, f, outsideNote{})
	}
	if l.Second != "" {
		if s.Sealer == nil {
			return fmt.Errorf("%s signs in with codes, and this program cannot read them", l.Name)
		}
		return s.askCode(w, r, http.StatusOK, s.sealHalf(l, next), "")
	}
	return s.enter(w, r, l, next)
}

// enter begins a session of a login, in place of whatever the browser held.
func (s doorPages) enter(w http.ResponseWriter, r *http.Request, l storage.Login, next string) error {
	return s.enterProved(w, r, l, next, s.Clock())
}

// enterProved begins a session of somebody who proved at a time who they are; zero = nobody knows when.
func (s doorPages) enterProved(w http.ResponseWriter, r *http.Request, l storage.Login, next string, at time.Time) error {
	begins, cookie := s.newSession(r, l.ID)
	begins.Fresh = at
	if err := s.Store.PutWebSession(r.Context(), begins, signin.HashToken(held(r))); err != nil {
		return err
	}
	now := s.Clock()
	if _, err := s.Store.ChangeLogin(r.Context(), storage.LoginChange{ID: l.ID, Now: now, Change: func(l *storage.Login) error { l.Seen = now; return nil }}); err != nil {
		return err
	}
	s.lets(w, r, l.ID, cookie)
	if k, ok := s.keptFrom(r, l.ID); ok {
		return s.showKept(w, r, Viewer{Login: l.ID, Language: l.Language, Look: l.Look, SignIn: l.Name}, k)
	}
	http.Redirect(w, r, s.Prefix+next, http.StatusSeeOther) //nolint:gosec // nextPage lets through paths of this site alone
	return nil
}

// lets a browser in: it holds a session that was stored, and knows who signed in last there.
func (s doorPages) lets(w http.ResponseWriter, r *http.Request, login string, session *http.Cookie) {
	s.remembers(w, r, login)
	http.SetCookie(w, session)
}

// check is the login of a name and a password. fault says in words why there is none, the
// same for every reason but a wait.
func (s doorPages) check(r *http.Request, words *words, name, password string) (l storage.Login, fault string, status int, err error) {
	now, at := s.Clock(), address(r)
	of := storage.Try{Key: signin.HashToken("name\x00" + storage.FoldName(name) + "\x00" + at), Free: freeTries}
	until, err := s.Store.Try(r.Context(), []storage.Try{of, {Key: signin.HashToken("place\x00" + at), Free: freeTriesPlace}}, now)
	if err != nil {
		return l, "", 0, err
	}
	if wait := until.Sub(now); wait > 0 {
		return l, words.t("login_wait", waitWords(words, wait)), http.StatusTooManyRequests, nil
	}
	l, err = s.Store.LoginNamed(r.Context(), name)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return l, "", 0, err
	}
	ok, err := s.Hasher.Check(r.Context(), l.Password, password)
	if err != nil {
		return l, "", 0, err
	}
	if !ok {
		return storage.Login{}, words.t("login_wrong"), http.StatusUnprocessableEntity, nil
	}
	return l, "", 0, s.Store.Forgive(r.Context(), of.Key)
}

// waitWords is a wait as it is said: in seconds up to a minute and a half, then in minutes.
func waitWords(words *words, wait time.Duration) string {
	if seconds := int((wait + time.Second - 1) / time.Second); seconds <= 90 {
		return words.t("wait_seconds", seconds)
	}
	return words.t("wait_minutes", int((wait+time.Minute-1)/time.Minute))
}

func (s doorPages) signOut(w http.ResponseWriter, r *http.Request, _ Viewer) error {
	if token := held(r); token != "" {
		if err := s.Store.PutWebSession(r.Context(), storage.WebSession{Created: s.Clock()}, signin.HashToken(token)); err != nil {
			return err
		}
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName(r), Path: "/", MaxAge: -1, Secure: r.TLS != nil, HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // on loopback there is no TLS
	http.Redirect(w, r, s.Prefix+"/login?done=signed_out", http.StatusSeeOther)
	return nil
}

// provePage asks for the password of somebody who has signed in.
type provePage struct {
	form
	Next, SignIn string
	Ask          passkeyAsk
	With         string // the identity provider with which it can be proved; "" = not by that
	Note         outsideNote
}

func (s doorPages) prove(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.showProve(w, r, v, http.StatusOK, nextPage(r.URL.Query().Get("next")), "", outsideNote{})
}

func (s doorPages) showProve(w http.ResponseWriter, r *http.Request, v Viewer, status int, next, fault string, note outsideNote) error {
	words := s.words(r, v)
	f := form{Fields: []field{{Name: "password", Label: words.t("login_password"), Kind: "password", Fill: "current-password", Fault: fault}}}
	p := provePage{form: f, Next: next, SignIn: v.SignIn, Note: note}
	l, err := s.Store.LoginNamed(r.Context(), v.SignIn)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if l.ID == v.Login && len(l.Passkeys) > 0 {
		p.Ask = s.askPasskey(r, provePlace(v))
		for _, k := range l.Passkeys {
			p.Ask.Has += k.ID + " "
		}
	}
	if l.ID == v.Login && outsidePages(s).subjectOf(l) != "" {
		p.With = s.Provider.Name
		if l.Password == "" {
			p.Fields = nil // there is nothing that they could say
		}
	}
	return s.show(w, r, v, status, "prove.html", frame{Title: words.t("prove_title"), Bare: true, Modules: []string{"passkey.js"}}, p)
}

func (s doorPages) proveNow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	next := nextPage(r.PostForm.Get("next"))
	l, fault, status, err := s.check(r, s.words(r, v), v.SignIn, r.PostForm.Get("password"))
	if err != nil {
		return err
	}
	if fault == "" && l.ID != v.Login {
		return notAllowed(nil) // the name is another's since
	}
	if fault != "" {
		return s.showProve(w, r, v, status, next, fault, outsideNote{})
	}
	return s.enter(w, r, l, next)
}

// audit is an entry for what a viewer changes, to be filled in.
func (s *site) audit(v Viewer, what, subject string) storage.Audit {
	role := "owner"
	if !v.Owner {
		role = rolesText(v.Grants)
	}
	return storage.Audit{
		ID: uuid.Must(uuid.NewV7()).String(), At: s.Clock(), Who: cmp.Or(v.SignIn, v.Staff), Role: role, From: "page", What: what, Subject: subject,
	}
}
