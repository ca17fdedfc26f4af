package admin

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// Sealer keeps what nobody may read who has the database alone: each value for one place.
type Sealer interface {
	Seal(place, value string) string
	Open(place, value string) (string, error)
}

// secondDoors ask for a code after the password.
var secondDoors = []route{{pattern: "POST /login/code", page: in(doorPages.signInByCode)}}

// secondRoutes set and remove the codes of oneself.
var secondRoutes = []route{
	{pattern: "GET /me/codes", page: in(doorPages.second)},
	{pattern: "POST /me/codes", page: in(doorPages.enrolSecond)},
	{pattern: "POST /me/codes/recovery", page: in(doorPages.newRecovery)},
	{pattern: "POST /me/codes/remove", page: in(doorPages.removeSecond)},
}

// Of codes.
const (
	codeLife      = 5 * time.Minute // how long after the password its code is taken
	freeCodeTries = 10              // of one login, wherever from: only who has the password comes so far
)

// errCode is a code that is none, or was used.
var errCode = errors.New("a wrong code")

func secondPlace(login string) string { return "codes:" + login }

// halfIn is somebody whose password was right, and whose code is still to come.
type halfIn struct {
	name, password, next string // password is what names the one that was right
	until                time.Time
}

const halfPlace = "half signed in"

func (s doorPages) sealHalf(l storage.Login, next string) string {
	until := strconv.FormatInt(s.Clock().Add(codeLife).Unix(), 10)
	return s.Sealer.Seal(halfPlace, strings.Join([]string{l.Name, signin.HashToken(l.Password), until, next}, "\x00"))
}

func (s doorPages) openHalf(sealed string) (h halfIn, ok bool) {
	value, err := s.Sealer.Open(halfPlace, sealed)
	parts := strings.Split(value, "\x00")
	if err != nil || len(parts) != 4 {
		return h, false
	}
	until, err := strconv.ParseInt(parts[2], 10, 64)
	h = halfIn{name: parts[0], password: parts[1], next: nextPage(parts[3]), until: time.Unix(until, 0)}
	return h, err == nil && s.Clock().Before(h.until)
}

// codePage asks for a code of somebody whose password was right.
type codePage struct {
	form
	Half string
	Kept string // as on the page of signing in
}

func codeField(words *words) form {
	return form{Fields: []field{{Name: "code", Label: words.t("code"), Hint: words.t("code_hint"), Fill: "one-time-code"}}}
}

func (s doorPages) askCode(w http.ResponseWriter, r *http.Request, status int, half, fault string) error {
	words := s.words(r, Viewer{})
	p := codePage{form: codeField(words), Half: half, Kept: r.PostForm.Get("kept")}
	p.Fields[0].Fault = fault
	return s.show(w, r, Viewer{}, status, "code.html", frame{Title: words.t("code_title"), Bare: true}, p)
}

// signInByCode answers the code that follows a password.
func (s doorPages) signInByCode(w http.ResponseWriter, r *http.Request, _ Viewer) error {
	if err := page.ReadForm(w, r, signInForm); err != nil {
		return err
	}
	words := s.words(r, Viewer{})
	if s.Sealer == nil {
		return s.nothingHere(w, r, Viewer{})
	}
	half, ok := s.openHalf(r.PostForm.Get("half"))
	var l storage.Login
	if ok {
		var err error
		if l, err = s.Store.LoginNamed(r.Context(), half.name); err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		ok = l.ID != "" && signin.HashToken(l.Password) == half.password
	}
	if !ok { // too late, or the password is another one since
		f := s.loginForm(words)
		f.field("password").Fault = words.t("code_late")
		return s.showLogin(w, r, http.StatusUnprocessableEntity, half.next, f, outsideNote{})
	}
	fault, status, err := s.checkCode(r, words, l, r.PostForm.Get("code"))
	if err != nil {
		return err
	}
	if fault != "" {
		return s.askCode(w, r, status, r.PostForm.Get("half"), fault)
	}
	return s.enter(w, r, l, half.next)
}

// checkCode takes a code of a login, which counts once. fault says in words why it is none.
func (s doorPages) checkCode(r *http.Request, words *words, l storage.Login, code string) (fault string, status int, err error) {
	now := s.Clock()
	tries := []storage.Try{{Key: signin.HashToken("code\x00" + l.ID), Free: freeCodeTries}}
	until, err := s.Store.Try(r.Context(), tries, now)
	if err != nil {
		return "", 0, err
	}
	if wait := until.Sub(now); wait > 0 {
		return words.t("login_wait", waitWords(words, wait)), http.StatusTooManyRequests, nil
	}
	_, err = s.Store.ChangeLogin(r.Context(), storage.LoginChange{ID: l.ID, Now: now, Change: func(l *storage.Login) error { return s.useCode(l, code, now) }})
	if errors.Is(err, errCode) {
		return words.t("code_wrong"), http.StatusUnprocessableEntity, nil
	}
	if err != nil {
		return "", 0, err
	}
	return "", 0, s.Store.Forgive(r.Context(), tries[0].Key)
}

// useCode takes a code of the app, or one for a lost phone, from a login.
func (s doorPages) useCode(l *storage.Login, code string, now time.Time) error {
	if secret, err := s.Sealer.Open(secondPlace(l.ID), l.Second); err == nil {
		if at, ok := signin.CheckCode(secret, code, now, l.Step); ok {
			l.Step = at
			return nil
		}
	}
	left, ok := signin.UseRecovery(l.Recovery, code)
	if !ok {
		return errCode
	}
	l.Recovery = left
	return nil
}

// secondPage is how codes stand for somebody, and what makes them begin.
type secondPage struct {
	form
	On     bool
	Left   int       // codes for a lost phone
	Secret string    // as it is typed, in groups
	Sealed string    // as it comes back
	QR     qrPicture // of the secret
	Codes  []string  // for a lost phone, shown once
}

// mine is the login of a viewer.
func (s doorPages) mine(r *http.Request, v Viewer) (storage.Login, error) {
	if s.Sealer == nil {
		return storage.Login{}, &page.Error{Code: page.NotFound, Title: "not_found", Text: "not_found_text"}
	}
	l, err := s.Store.LoginNamed(r.Context(), v.SignIn)
	if err == nil && l.ID != v.Login {
		return l, notAllowed(nil) // the name is another's since
	}
	return l, err
}

func (s doorPages) second(w http.ResponseWriter, r *http.Request, v Viewer) error {
	l, err := s.mine(r, v)
	if err != nil {
		return err
	}
	if l.Second == "" && !s.proved(w, r, v, "/me/codes") {
		return nil
	}
	return s.showSecond(w, r, v, http.StatusOK, l, signin.NewSecret(), "")
}

// showSecond shows how codes stand; where they are off, the secret that would begin them.
func (s doorPages) showSecond(w http.ResponseWriter, r *http.Request, v Viewer, status int, l storage.Login, secret, fault string) error {
	words := s.words(r, v)
	p := secondPage{form: codeField(words), On: l.Second != "", Left: len(l.Recovery)}
	p.Fields[0].Hint, p.Fields[0].Fault = "", fault
	if !p.On {
		var err error
		if p.QR, err = newQR(signin.SecretURL(secret, l.Name)); err != nil {
			return err
		}
		p.Sealed = s.Sealer.Seal("new "+secondPlace(l.ID), secret)
		for i := 0; i < len(secret); i += 4 {
			p.Secret += secret[i:min(i+4, len(secret))] + " "
		}
	}
	return s.show(w, r, v, status, "second.html", s.secondFrame(words), p)
}

func (s doorPages) secondFrame(words *words) frame {
	return frame{Title: words.t("second_title"), Here: "/me", Back: &link{"/me", words.t("me")}}
}

// enrolSecond turns codes on, once the app has shown that it has the secret.
func (s doorPages) enrolSecond(w http.ResponseWriter, r *http.Request, v Viewer) error {
	l, err := s.mine(r, v)
	if err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	if !s.proved(w, r, v, "/me/codes") {
		return nil
	}
	secret, err := s.Sealer.Open("new "+secondPlace(l.ID), r.PostForm.Get("sealed"))
	if err != nil || l.Second != "" {
		http.Redirect(w, r, s.Prefix+"/me/codes", http.StatusSeeOther)
		return nil
	}
	at, ok := signin.CheckCode(secret, r.PostForm.Get("code"), s.Clock(), 0)
	if !ok {
		return s.showSecond(w, r, v, http.StatusUnprocessableEntity, l, secret, s.words(r, v).t("code_clock"))
	}
	return s.change(w, r, v, "login.codes_on", func(l *storage.Login) []string {
		codes, hashes := signin.NewRecovery()
		l.Second, l.Step, l.Recovery = s.Sealer.Seal(secondPlace(l.ID), secret), at, hashes
		return codes
	})
}

// newRecovery makes other codes for a lost phone; those there were are good for nothing then.
func (s doorPages) newRecovery(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.changeProved(w, r, v, "login.codes_new", func(l *storage.Login) []string {
		codes, hashes := signin.NewRecovery()
		l.Recovery = hashes
		return codes
	})
}

func (s doorPages) removeSecond(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.changeProved(w, r, v, "login.codes_off", func(l *storage.Login) []string {
		l.Second, l.Step, l.Recovery = "", 0, nil
		return nil
	})
}

// changeProved changes the codes of somebody who has them and proved lately who they are.
func (s doorPages) changeProved(w http.ResponseWriter, r *http.Request, v Viewer, what string, change func(*storage.Login) []string) error {
	l, err := s.mine(r, v)
	if err != nil {
		return err
	}
	if !s.proved(w, r, v, "/me/codes") {
		return nil
	}
	if l.Second == "" {
		http.Redirect(w, r, s.Prefix+"/me/codes", http.StatusSeeOther)
		return nil
	}
	return s.change(w, r, v, what, change)
}

// change changes how somebody signs in, ends their other sessions, and shows the codes that it
// made: once, and to them alone.
func (s doorPages) change(w http.ResponseWriter, r *http.Request, v Viewer, what string, change func(*storage.Login) []string) error {
	var codes []string
	l, err := s.Store.ChangeLogin(r.Context(), storage.LoginChange{
		ID: v.Login, Ends: true, Keep: v.Session, Audit: s.audit(v, what, v.SignIn), Now: s.Clock(),
		Change: func(l *storage.Login) error { codes = change(l); return nil },
	})
	if err != nil {
		return err
	}
	if codes == nil {
		http.Redirect(w, r, s.Prefix+"/me/codes?done=codes_off", http.StatusSeeOther)
		return nil
	}
	words := s.words(r, v)
	return s.show(w, r, v, http.StatusOK, "second.html", s.secondFrame(words), secondPage{On: l.Second != "", Left: len(l.Recovery), Codes: codes})
}
