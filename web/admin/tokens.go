package admin

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// tokenRoutes are the pages of what other systems use the API with.
var tokenRoutes = []route{
	{pattern: "GET /settings/tokens", deed: access.ManageTokens, page: in(systemPages.tokens)},
	{pattern: "GET /settings/tokens/new", deed: access.ManageTokens, page: in(systemPages.newToken)},
	{pattern: "POST /settings/tokens/new", deed: access.ManageTokens, page: in(systemPages.saveToken)},
	{pattern: "POST /settings/tokens/{token}/end", deed: access.ManageTokens, page: in(systemPages.endToken)},
}

// tokensPage lists the tokens: those that work, then the others.
type tokensPage struct{ Good, Over []tokenRow }

type tokenRow struct{ ID, Name, May, Where, Until, Used string }

func (s systemPages) tokens(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	all, err := s.Store.TokenList(r.Context())
	if err != nil {
		return err
	}
	names, err := s.siteNames(r)
	if err != nil {
		return err
	}
	var p tokensPage
	for _, t := range all {
		row := tokenRow{ID: t.ID, Name: t.Name, Where: words.t("everywhere"), Until: words.t("token_for_good"), Used: words.t("token_never_used")}
		var may, where []string
		for _, x := range t.Scopes {
			may = append(may, scopeText(words, x))
		}
		for _, x := range t.Sites {
			where = append(where, names[x])
		}
		row.May = strings.Join(may, " · ")
		if len(where) > 0 {
			row.Where = strings.Join(where, ", ")
		}
		if !t.Used.IsZero() {
			row.Used = words.t("token_used", words.moment(s.Clock(), t.Used, s.houseZone()))
		}
		switch {
		case !t.Ended.IsZero():
			row.Until = words.t("token_ended", s.tokenDay(words, t.Ended))
		case !t.Expires.IsZero():
			row.Until = words.t("token_until", s.tokenDay(words, t.Expires))
		}
		if t.Good(s.Clock()) {
			p.Good = append(p.Good, row)
		} else {
			p.Over = append(p.Over, row)
		}
	}
	return s.show(w, r, v, http.StatusOK, "tokens.html", frame{
		Title: words.t("tokens"), Here: "/settings", Back: &link{"/settings", words.t("settings")},
	}, p)
}

// tokenDay is the day on which a token ends, on every page.
func (s *site) tokenDay(words *words, at time.Time) string {
	return words.day(s.Clock(), at, s.houseZone())
}

// scopeText is what a scope lets somebody do, in plain words.
func scopeText(words *words, scope string) string {
	key := "scope_" + strings.NewReplacer(":", "_").Replace(scope)
	if !words.has(key) { // of another release
		return scope
	}
	return words.t(key)
}

// tokenPage asks what a token is for, and shows it once.
type tokenPage struct {
	rolesForm // its Places are the sites
	Scopes    []placeBox
	NoScope   string // what is wrong with the scopes
	Token     string
	Address   string // where a first call goes
	Name      string
}

func (s systemPages) tokenForm(r *http.Request, v Viewer) (p tokenPage, err error) {
	words := s.words(r, v)
	p.Fields = []field{
		{Name: "name", Label: words.t("token_name"), Hint: words.t("token_name_hint"), Fill: "off"},
		{Name: "days", Label: words.t("token_days"), Kind: "select", Value: "90", Options: []option{
			{"30", words.t("token_days_n", 30)}, {"90", words.t("token_days_n", 90)}, {"365", words.t("token_days_n", 365)}, {"0", words.t("token_for_good")},
		}},
	}
	for _, x := range access.Scopes() {
		p.Scopes = append(p.Scopes, placeBox{ID: string(x), Name: scopeText(words, string(x)) + " (" + string(x) + ")"})
	}
	p.May = v.Can(access.ManageTokens, access.EverySite)
	p.All = p.May
	sites, err := s.Store.Sites(r.Context())
	for _, x := range storage.Present(sites) {
		if v.Can(access.ManageTokens, x.ID) {
			p.Places = append(p.Places, placeBox{ID: x.ID, Name: x.Name})
		}
	}
	return p, err
}

func (s systemPages) newToken(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !s.proved(w, r, v, "/settings/tokens/new") {
		return nil
	}
	p, err := s.tokenForm(r, v)
	if err != nil {
		return err
	}
	return s.showToken(w, r, v, http.StatusOK, p)
}

func (s systemPages) showToken(w http.ResponseWriter, r *http.Request, v Viewer, status int, p tokenPage) error {
	words := s.words(r, v)
	return s.show(w, r, v, status, "token.html", frame{
		Title: words.t("token_new"), Here: "/settings", Back: &link{"/settings/tokens", words.t("tokens")}, Modules: []string{"copy.js"},
	}, p)
}

func (s systemPages) saveToken(w http.ResponseWriter, r *http.Request, v Viewer) error {
	p, err := s.tokenForm(r, v)
	if err != nil {
		return err
	}
	if err := p.read(w, r); err != nil {
		return err
	}
	if !s.proved(w, r, v, "/settings/tokens/new") {
		return nil
	}
	words := s.words(r, v)
	now := s.Clock().UTC().Truncate(time.Microsecond)
	value := signin.NewAPIToken()
	hash, _ := signin.HashAPIToken(value)
	t := storage.Token{ID: uuid.Must(uuid.NewV7()).String(), Name: p.field("name").Value, Hash: hash, By: v.SignIn, Made: now}
	if t.Name == "" || len([]rune(t.Name)) > 80 || strings.ContainsFunc(t.Name, isControl) {
		p.field("name").Fault = words.t("token_name_fault")
	}
	t.Scopes = choose(p.Scopes, r.PostForm["scope"])
	if len(t.Scopes) == 0 {
		p.NoScope = words.t("token_scope_fault")
	}
	t.Sites = choose(p.Places, r.PostForm["site"])
	if p.All = p.May && r.PostForm.Get("everywhere") != ""; p.All {
		t.Sites = nil
	} else if len(t.Sites) == 0 {
		p.Fault = words.t("token_site_fault")
	}
	days, known := map[string]int{"30": 30, "90": 90, "365": 365, "0": 0}[p.field("days").Value]
	if !known {
		p.field("days").Fault = words.t("link_choose")
	}
	if days > 0 {
		t.Expires = now.AddDate(0, 0, days)
	}
	if len(p.Faults()) > 0 || p.NoScope+p.Fault != "" {
		return s.showToken(w, r, v, http.StatusUnprocessableEntity, p)
	}
	a := s.audit(v, "token.make", t.ID)
	a.After = t.Name + ": " + strings.Join(t.Scopes, ", ")
	if err := s.Store.PutToken(r.Context(), t, a); err != nil {
		return fmt.Errorf("store the token: %w", err)
	}
	w.Header().Set("Cache-Control", "no-store")
	return s.showToken(w, r, v, http.StatusOK, tokenPage{Token: value, Name: t.Name, Address: peoplePages(s).base(r) + "/api/v1/token"})
}

// choose marks what was chosen of the boxes, and returns it.
func choose(boxes []placeBox, chosen []string) (out []string) {
	for i := range boxes {
		if boxes[i].On = slices.Contains(chosen, boxes[i].ID); boxes[i].On {
			out = append(out, boxes[i].ID)
		}
	}
	return out
}

func (s systemPages) endToken(w http.ResponseWriter, r *http.Request, v Viewer) error {
	id := r.PathValue("token")
	err := s.Store.EndToken(r.Context(), id, s.Clock(), s.audit(v, "token.end", id))
	if errors.Is(err, storage.ErrNotFound) {
		return &page.Error{Code: page.NotFound, Title: "no_token", Text: "no_token_text"}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/settings/tokens?done=token_end", http.StatusSeeOther)
	return nil
}
