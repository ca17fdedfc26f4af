package admin

import (
	"net/http"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/oidc"
)

// signInRoutes show how signing in with the house's identity provider is set.
var signInRoutes = []route{
	{pattern: "GET /settings/sign-in", deed: access.EditSignIn, page: in(outsidePages.signInSettings)},
	{pattern: "POST /settings/sign-in", deed: access.EditSignIn, page: in(outsidePages.askProvider)},
}

// signInPage is how the identity provider is set, and how it does.
type signInPage struct {
	Name   string // "" = none is set
	Facts  []fact
	Back   string // the address that the provider is told to send people to
	Local  bool   // that is the address of this browser: none is set
	Fine   string // when it answered last
	Fault  string // what failed last, with what to do
	People int    // who sign in with it
}

func (s outsidePages) signInSettings(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.showSignIn(w, r, v, http.StatusOK)
}

func (s outsidePages) showSignIn(w http.ResponseWriter, r *http.Request, v Viewer, status int) error {
	words := s.words(r, v)
	p := signInPage{Back: peoplePages(s).base(r) + "/login/oidc/back", Local: s.public() == ""}
	if s.outside() {
		p.Name = s.Provider.Name
		p.Facts = []fact{{words.t("signin_issuer"), s.Provider.Issuer}, {words.t("signin_client"), s.Provider.ClientID}, {words.t("signin_button"), words.t("oidc_sign_in", p.Name)}}
		h := s.Provider.Health()
		if !h.Asked.IsZero() {
			p.Fine = words.t("signin_fine", p.Name, words.moment(s.Clock(), h.Asked, s.houseZone()))
		}
		if h.Fault != "" {
			p.Fault = words.sentences(words.t("signin_failed", words.moment(s.Clock(), h.At, s.houseZone())), mendWords(words, h))
		}
		all, err := s.Store.Logins(r.Context())
		if err != nil {
			return err
		}
		for _, l := range all {
			if s.subjectOf(l) != "" {
				p.People++
			}
		}
	}
	return s.show(w, r, v, status, "signin.html", frame{
		Title: words.t("signin"), Here: "/settings", Back: &link{"/settings", words.t("settings")}, Modules: []string{"copy.js"},
	}, p)
}

// mendWords is what failed and what to do about it.
func mendWords(words *words, h oidc.Health) string {
	if h.Fault == oidc.Incomplete {
		return words.t("signin_mend_incomplete", h.Hint)
	}
	text := words.t("signin_mend_" + string(h.Fault))
	if h.Hint != "" {
		text = words.sentences(text, words.t("signin_hint", h.Hint))
	}
	return text
}

// askProvider asks the provider now where its doors and keys are.
func (s outsidePages) askProvider(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !s.outside() {
		return s.nothingHere(w, r, v)
	}
	if err := s.Provider.Check(r.Context()); err != nil {
		return s.showSignIn(w, r, v, http.StatusBadGateway)
	}
	http.Redirect(w, r, s.Prefix+"/settings/sign-in?done=signin_answers", http.StatusSeeOther)
	return nil
}
