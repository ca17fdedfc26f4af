package admin

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// passkeyDoors let somebody in by a passkey alone: the device has asked who they are.
var passkeyDoors = []route{{pattern: "POST /login/passkey", page: in(doorPages.signInByPasskey)}}

// passkeyRoutes add and remove the passkeys of oneself.
var passkeyRoutes = []route{
	{pattern: "GET /me/passkeys", page: in(doorPages.passkeys)},
	{pattern: "POST /me/passkeys", page: in(doorPages.addPasskey)},
	{pattern: "POST /me/passkeys/remove", page: in(doorPages.removePasskey)},
	{pattern: "POST /prove/passkey", page: in(doorPages.proveByPasskey)},
}

// Of passkeys.
const (
	passkeyLife  = 5 * time.Minute // how long a challenge is good
	mostPasskeys = 10              // of one login
)

// passkeyAsk is what a page gives a browser to sign. The zero value offers nothing.
type passkeyAsk struct {
	Host      string // that the passkey belongs to
	Challenge string // base64url
	Sealed    string // the challenge as it comes back
	User      string // who adds one: the id of the login
	Name      string
	Has       string // the ids of those there are, with spaces
}

func challengePlace(of string) string { return "passkey:" + of }

// askPasskey makes a challenge: for whoever signs in ("") or for a login that adds a passkey.
func (s doorPages) askPasskey(r *http.Request, of string) passkeyAsk {
	host := signin.PasskeyHost(r.Host)
	if s.Sealer == nil || s.Demo != nil || host == "" {
		return passkeyAsk{}
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // cannot fail
	challenge := base64.RawURLEncoding.EncodeToString(raw)
	return passkeyAsk{Host: host, Challenge: challenge, Sealed: s.Sealer.Seal(challengePlace(of), challenge+" "+strconv.FormatInt(s.Clock().UnixMicro(), 10))}
}

// ceremony is what a browser sent, with when its challenge was made. ok is false for none of
// ours, and for one that is too old.
func (s doorPages) ceremony(r *http.Request, of string) (c signin.Ceremony, made time.Time, ok bool) {
	if s.Sealer == nil || s.Demo != nil {
		return c, made, false
	}
	value, err := s.Sealer.Open(challengePlace(of), r.PostForm.Get("sealed"))
	challenge, at, _ := strings.Cut(value, " ")
	micro, bad := strconv.ParseInt(at, 10, 64)
	if err != nil || bad != nil {
		return c, made, false
	}
	made = time.UnixMicro(micro).UTC()
	c = signin.Ceremony{Host: r.Host, Challenge: unpadded(challenge), Client: unpadded(r.PostForm.Get("client")), Auth: unpadded(r.PostForm.Get("auth"))}
	return c, made, s.Clock().Sub(made) < passkeyLife
}

// unpadded is what stands in base64url; nothing where that is none.
func unpadded(text string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}

// passkeysPage lists one's passkeys.
type passkeysPage struct {
	Keys  []passkeyRow
	Ask   passkeyAsk
	Fault string
}

type passkeyRow struct{ ID, Name, About string }

func (s doorPages) passkeys(w http.ResponseWriter, r *http.Request, v Viewer) error {
	l, err := s.mine(r, v)
	if err != nil {
		return err
	}
	if !s.proved(w, r, v, "/me/passkeys") {
		return nil
	}
	return s.showPasskeys(w, r, v, http.StatusOK, l, "")
}

func (s doorPages) showPasskeys(w http.ResponseWriter, r *http.Request, v Viewer, status int, l storage.Login, fault string) error {
	words := s.words(r, v)
	p := passkeysPage{Ask: s.askPasskey(r, l.ID), Fault: fault}
	var ids []string
	for _, k := range l.Passkeys {
		row := passkeyRow{ID: k.ID, Name: k.Name, About: words.t("passkey_made", k.Made.Format("2006-01-02"))}
		if !k.Used.IsZero() {
			row.About += " · " + words.t("passkey_used", k.Used.Format("2006-01-02"))
		}
		p.Keys, ids = append(p.Keys, row), append(ids, k.ID)
	}
	p.Ask.User, p.Ask.Name, p.Ask.Has = base64.RawURLEncoding.EncodeToString([]byte(l.ID)), l.Name, strings.Join(ids, " ")
	return s.show(w, r, v, status, "passkeys.html", frame{
		Title: words.t("passkeys"), Here: "/me", Back: &link{"/me", words.t("me")}, Modules: []string{"passkey.js"},
	}, p)
}

// addPasskey keeps the public half of a key that the browser's device has made.
func (s doorPages) addPasskey(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	l, err := s.mine(r, v)
	if err != nil {
		return err
	}
	if !s.proved(w, r, v, "/me/passkeys") {
		return nil
	}
	words := s.words(r, v)
	c, _, ok := s.ceremony(r, l.ID)
	key := unpadded(r.PostForm.Get("key"))
	id, count, err := c.Enrol(key)
	if !ok || err != nil || len(l.Passkeys) >= mostPasskeys {
		return s.showPasskeys(w, r, v, http.StatusUnprocessableEntity, l, words.t("passkey_not_added"))
	}
	begins, _ := s.newSession(r, l.ID)
	k := storage.Passkey{
		ID: base64.RawURLEncoding.EncodeToString(id), Key: base64.StdEncoding.EncodeToString(key), Name: begins.Device, Count: count, Made: s.Clock(),
	}
	a := s.audit(v, "login.passkey_add", v.SignIn)
	a.After = k.Name
	_, err = s.Store.ChangeLogin(r.Context(), storage.LoginChange{ID: l.ID, Audit: a, Now: s.Clock(), Change: func(l *storage.Login) error {
		l.Passkeys = append(slices.DeleteFunc(l.Passkeys, func(x storage.Passkey) bool { return x.ID == k.ID }), k)
		return nil
	}})
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/me/passkeys?done=passkey_added", http.StatusSeeOther)
	return nil
}

// removePasskey takes one away, and ends the other sessions: one may have begun by it.
func (s doorPages) removePasskey(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	if _, err := s.mine(r, v); err != nil {
		return err
	}
	if !s.proved(w, r, v, "/me/passkeys") {
		return nil
	}
	_, err := s.Store.ChangeLogin(r.Context(), storage.LoginChange{
		ID: v.Login, Ends: true, Keep: v.Session, Audit: s.audit(v, "login.passkey_drop", v.SignIn), Now: s.Clock(),
		Change: func(l *storage.Login) error {
			l.Passkeys = slices.DeleteFunc(l.Passkeys, func(x storage.Passkey) bool { return x.ID == r.PostForm.Get("id") })
			if !outsidePages(s).waysIn(*l) {
				return errLastWay
			}
			return nil
		},
	})
	if errors.Is(err, errLastWay) {
		l, err := s.mine(r, v)
		if err != nil {
			return err
		}
		return s.showPasskeys(w, r, v, http.StatusUnprocessableEntity, l, s.words(r, v).t("passkey_last"))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/me/passkeys?done=passkey_dropped", http.StatusSeeOther)
	return nil
}

// signInByPasskey lets somebody in whose device has signed a challenge of ours.
func (s doorPages) signInByPasskey(w http.ResponseWriter, r *http.Request, _ Viewer) error {
	if err := page.ReadForm(w, r, signInForm); err != nil {
		return err
	}
	words, now := s.words(r, Viewer{}), s.Clock()
	next := nextPage(r.PostForm.Get("next"))
	refuse := func(status int, fault string) error {
		f := s.loginForm(words)
		f.field("password").Fault = fault
		return s.showLogin(w, r, status, next, f, outsideNote{})
	}
	until, err := s.Store.Try(r.Context(), []storage.Try{{Key: signin.HashToken("place\x00" + address(r)), Free: freeTriesPlace}}, now)
	if err != nil {
		return err
	}
	if wait := until.Sub(now); wait > 0 {
		return refuse(http.StatusTooManyRequests, words.t("login_wait", waitWords(words, wait)))
	}
	l, err := s.usePasskey(r, "", string(unpadded(r.PostForm.Get("user"))))
	if errors.Is(err, signin.ErrPasskey) || errors.Is(err, storage.ErrNotFound) {
		return refuse(http.StatusUnprocessableEntity, words.t("passkey_wrong"))
	}
	if err != nil {
		return err
	}
	return s.enter(w, r, l, next)
}

// provePlace is what a challenge is made for by which a viewer proves anew who they are.
func provePlace(v Viewer) string { return "prove:" + v.Login }

// proveByPasskey takes a passkey of one's own for the proof that is asked before what hurts.
func (s doorPages) proveByPasskey(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	next := nextPage(r.PostForm.Get("next"))
	l, err := s.usePasskey(r, provePlace(v), v.Login)
	if errors.Is(err, signin.ErrPasskey) || errors.Is(err, storage.ErrNotFound) {
		return s.showProve(w, r, v, http.StatusUnprocessableEntity, next, s.words(r, v).t("passkey_wrong"), outsideNote{})
	}
	if err != nil {
		return err
	}
	return s.enter(w, r, l, next)
}

// usePasskey holds what a browser sent to a challenge that was made for of, and to a passkey of the
// login who. A challenge counts once: one that was made before a passkey was used last proves nothing by
// it. Its error is signin.ErrPasskey where it proves nothing.
func (s doorPages) usePasskey(r *http.Request, of, who string) (storage.Login, error) {
	now, id := s.Clock(), r.PostForm.Get("id")
	c, made, ok := s.ceremony(r, of)
	if !ok || who == "" {
		return storage.Login{}, signin.ErrPasskey
	}
	return s.Store.ChangeLogin(r.Context(), storage.LoginChange{ID: who, Now: now, Change: func(l *storage.Login) error {
		i := slices.IndexFunc(l.Passkeys, func(k storage.Passkey) bool { return k.ID == id })
		if i < 0 || !made.After(l.Passkeys[i].Used) {
			return signin.ErrPasskey
		}
		key, err := base64.StdEncoding.DecodeString(l.Passkeys[i].Key)
		if err != nil {
			return signin.ErrPasskey
		}
		count, err := c.Prove(key, unpadded(r.PostForm.Get("signature")), l.Passkeys[i].Count)
		if err != nil {
			return err
		}
		l.Passkeys = slices.Clone(l.Passkeys)
		l.Passkeys[i].Count, l.Passkeys[i].Used = count, now
		return nil
	}})
}
