package admin

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/aftercare/aftercare/internal/oidc"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// oidcRoutes are what somebody does with their own account of the provider.
var oidcRoutes = []route{
	{pattern: "GET /me/oidc", page: in(outsidePages.outsideOfMine)},
	{pattern: "GET /me/oidc/link", page: in(outsidePages.linkOutside)},
	{pattern: "POST /me/oidc/unlink", page: in(outsidePages.unlinkOutside)},
	{pattern: "GET /prove/oidc", page: in(outsidePages.proveOutside)},
}

// errLastWay is that somebody would have no way in.
var errLastWay = errors.New("the last way in stays")

// waysIn reports whether a login can be entered at all, as things are set here.
func (s outsidePages) waysIn(l storage.Login) bool {
	return l.Password != "" || len(l.Passkeys) > 0 || s.subjectOf(l) != ""
}

// subjectOf is by which subject somebody signs in with the provider; "" = they do not.
func (s outsidePages) subjectOf(l storage.Login) string {
	if !s.outside() || l.Owner {
		return ""
	}
	return l.SubjectAt(s.Provider.Issuer)
}

// outsidePage is how somebody's account of the provider stands.
type outsidePage struct {
	Provider string
	Subject  string
	Owner    bool
	Start    string // where linking begins
	Note     outsideNote
}

func (s outsidePages) outsideOfMine(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !s.outside() {
		return s.nothingHere(w, r, v)
	}
	if !s.proved(w, r, v, "/me/oidc") {
		return nil
	}
	return s.showOutside(w, r, v, http.StatusOK, outsideNote{})
}

func (s outsidePages) showOutside(w http.ResponseWriter, r *http.Request, v Viewer, status int, note outsideNote) error {
	l, err := doorPages(s).mine(r, v)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	return s.show(w, r, v, status, "oidc.html", frame{
		Title: words.t("oidc_title", s.Provider.Name), Here: "/me", Back: &link{"/me", words.t("me")},
	}, outsidePage{
		Provider: s.Provider.Name, Subject: s.subjectOf(l), Owner: l.Owner, Note: note,
		Start: "/me/oidc/link?start=" + url.QueryEscape(s.Sealer.Seal(startPlace(v), "start")),
	})
}

// linkOutside goes to the provider for the account that will be linked, from our own page alone.
func (s outsidePages) linkOutside(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !s.outside() {
		return s.nothingHere(w, r, v)
	}
	if _, err := s.Sealer.Open(startPlace(v), r.URL.Query().Get("start")); err != nil {
		http.Redirect(w, r, s.Prefix+"/me/oidc", http.StatusSeeOther)
		return nil
	}
	if !s.proved(w, r, v, "/me/oidc") {
		return nil
	}
	return s.leave(w, r, v, trip{For: toLink, Next: "/me/oidc", Login: v.Login, Session: v.Session})
}

// linkWith links an account with who is signed in, in the session that went for it.
func (s outsidePages) linkWith(w http.ResponseWriter, r *http.Request, v Viewer, t trip, who oidc.Who) error {
	if v.Login == "" || v.Login != t.Login || v.Session != t.Session {
		return s.failed(w, r, v, t, oidc.Error{Fault: oidc.Stale})
	}
	a := s.audit(v, "login.outside_link", v.SignIn)
	a.After = who.Subject
	_, err := s.Store.ChangeLogin(r.Context(), storage.LoginChange{ID: v.Login, Audit: a, Now: s.Clock(), Change: func(l *storage.Login) error {
		if l.Owner {
			return notAllowed(nil)
		}
		l.Outside = storage.OutsideKey(who.Issuer, who.Subject)
		return nil
	}})
	words := s.words(r, v)
	switch refused, no := errors.AsType[*page.Error](err); {
	case errors.Is(err, storage.ErrOutsideTaken):
		return s.told(w, r, v, t, http.StatusConflict, outsideNote{Text: words.t("oidc_taken", s.Provider.Name)})
	case no && refused.Code == page.Forbidden:
		return s.told(w, r, v, t, http.StatusForbidden, outsideNote{Text: words.t("oidc_owner", s.Provider.Name)})
	case err != nil:
		return err
	}
	http.Redirect(w, r, s.Prefix+"/me/oidc?done=oidc_linked", http.StatusSeeOther)
	return nil
}

// unlinkOutside takes one's own account away, unless it is the last way in, and ends one's other sessions: one
// may have begun by it.
func (s outsidePages) unlinkOutside(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	if !s.outside() {
		return s.nothingHere(w, r, v)
	}
	if !s.proved(w, r, v, "/me/oidc") {
		return nil
	}
	_, err := s.Store.ChangeLogin(r.Context(), storage.LoginChange{
		ID: v.Login, Ends: true, Keep: v.Session, Audit: s.audit(v, "login.outside_unlink", v.SignIn), Now: s.Clock(),
		Change: s.withoutOutside,
	})
	if errors.Is(err, errLastWay) {
		return s.showOutside(w, r, v, http.StatusUnprocessableEntity, outsideNote{Text: s.words(r, v).t("oidc_last", s.Provider.Name)})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/me/oidc?done=oidc_unlinked", http.StatusSeeOther)
	return nil
}

// withoutOutside takes the account of the provider from a login that has another way in.
func (s outsidePages) withoutOutside(l *storage.Login) error {
	l.Outside = ""
	if !s.waysIn(*l) {
		return errLastWay
	}
	return nil
}

// proveOutside goes to the provider for a proof that is made there now.
func (s outsidePages) proveOutside(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !s.outside() {
		return s.nothingHere(w, r, v)
	}
	return s.leave(w, r, v, trip{For: toProve, Next: nextPage(r.URL.Query().Get("next")), Login: v.Login, Session: v.Session})
}
