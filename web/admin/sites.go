package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// siteRoutes are the pages of the branches of a business.
var siteRoutes = []route{
	{pattern: "GET /settings/sites", deed: access.SeeSettings, page: in(settingsPages.sites)},
	{pattern: "GET /settings/sites/new", deed: access.EditSites, page: in(settingsPages.siteForm)},
	{pattern: "GET /settings/sites/{site}", deed: access.EditSites, page: in(settingsPages.siteForm)},
	{pattern: "POST /settings/sites/new", deed: access.EditSites, page: in(settingsPages.saveSite)},
	{pattern: "POST /settings/sites/{site}", deed: access.EditSites, page: in(settingsPages.saveSite)},
}

// sitesPage lists the sites that the viewer may see.
type sitesPage struct {
	Sites []siteRow
}

type siteRow struct{ ID, Name, About, Edit string }

func (s settingsPages) sites(w http.ResponseWriter, r *http.Request, v Viewer) error {
	all, err := s.Store.Sites(r.Context())
	if err != nil {
		return err
	}
	words := s.words(r, v)
	var p sitesPage
	for _, x := range storage.Present(all) {
		if !v.Can(access.SeeSettings, x.ID) {
			continue
		}
		row := siteRow{ID: x.ID, Name: x.Name, About: words.t("site_about", cmp.Or(x.Zone, "UTC"), languageName(words.lang, x.Language), words.t("signs_"+string(cmp.Or(x.Signs, storage.ByFirstName))))}
		if v.Can(access.EditSites, x.ID) {
			row.Edit = "/settings/sites/" + url.PathEscape(x.ID)
		}
		p.Sites = append(p.Sites, row)
	}
	f := frame{Title: words.t("sites"), Here: "/settings", Back: &link{"/settings", words.t("settings")}}
	if v.Can(access.EditSites, access.EverySite) {
		f.Do = &link{"/settings/sites/new", words.t("site_add")}
	}
	return s.show(w, r, v, http.StatusOK, "sites.html", f, p)
}

// sitePage is the form of one site.
type sitePage struct {
	form
	At string // where it is posted
}

func (s settingsPages) siteForm(w http.ResponseWriter, r *http.Request, v Viewer) error {
	now, isNew, err := s.siteAsked(r, v)
	if err != nil {
		return err
	}
	return s.showSite(w, r, v, http.StatusOK, now, siteFields(s.words(r, v), now, isNew))
}

// siteAsked is the site that the address names, if the viewer may change it.
func (s settingsPages) siteAsked(r *http.Request, v Viewer) (x storage.Site, isNew bool, err error) {
	id := r.PathValue("site")
	if id == "" {
		if !v.Can(access.EditSites, access.EverySite) {
			return x, true, notAllowed(nil)
		}
		return storage.Site{Zone: "UTC", Language: "en", Signs: storage.ByFirstName}, true, nil
	}
	all, err := s.Store.Sites(r.Context())
	if err != nil {
		return x, false, err
	}
	i := slices.IndexFunc(all, func(x storage.Site) bool { return x.ID == id })
	if i < 0 || !all[i].Gone.IsZero() || !v.Can(access.EditSites, id) {
		return x, false, &page.Error{Code: page.NotFound, Title: "no_site", Text: "no_site_text"}
	}
	return all[i], false, nil
}

func (s settingsPages) showSite(w http.ResponseWriter, r *http.Request, v Viewer, status int, now storage.Site, f form) error {
	words := s.words(r, v)
	p := sitePage{form: f, At: "/settings/sites/" + cmp.Or(url.PathEscape(now.ID), "new")}
	return s.show(w, r, v, status, "site.html", frame{
		Title: cmp.Or(now.Name, words.t("site_new")), Here: "/settings", Back: &link{"/settings/sites", words.t("sites")},
	}, p)
}

func siteFields(words *words, now storage.Site, isNew bool) form {
	var f form
	add := func(x field) {
		x.Was = x.Value
		f.Fields = append(f.Fields, x)
	}
	add(field{Name: "name", Label: words.t("site_name"), Hint: words.t("site_name_hint"), Value: now.Name, Fill: "off"})
	if isNew {
		add(field{Name: "id", Label: words.t("site_id"), Hint: words.t("site_id_hint"), Fill: "off"})
	}
	add(field{Name: "zone", Label: words.t("site_zone"), Hint: words.t("site_zone_hint"), Value: cmp.Or(now.Zone, "UTC"), Fill: "off"})
	langs := append(slices.Clone(voice.Languages), now.Language)
	slices.Sort(langs)
	var options []option
	for _, tag := range slices.Compact(langs) {
		if tag != "" {
			options = append(options, option{tag, languageName(words.lang, tag)})
		}
	}
	add(field{Name: "language", Label: words.t("site_language"), Kind: "select", Options: options, Value: cmp.Or(now.Language, "en")})
	var signs []option
	for _, x := range storage.Signatures() {
		signs = append(signs, option{string(x), words.t("signs_" + string(x))})
	}
	add(field{Name: "signs", Label: words.t("site_signs"), Hint: words.t("site_signs_hint"), Kind: "select", Options: signs, Value: string(cmp.Or(now.Signs, storage.ByFirstName))})
	return f
}

// languageName is a language's name in another one, its tag if nobody knows it.
func languageName(in, tag string) string {
	t, err := language.Parse(cmp.Or(tag, "en"))
	if err != nil {
		return tag
	}
	return cmp.Or(display.Tags(language.Make(in)).Name(t), tag)
}

var siteID = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)

func (s settingsPages) saveSite(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return storage.Repeated(func() error { return s.replaceSite(w, r, v) })
}

// replaceSite is saveSite, unless somebody else changes the site meanwhile: storage.ErrChanged.
func (s settingsPages) replaceSite(w http.ResponseWriter, r *http.Request, v Viewer) error {
	now, isNew, err := s.siteAsked(r, v)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	f := siteFields(words, now, isNew)
	if err := f.read(w, r); err != nil {
		return err
	}
	want, meanwhile := now, words.t("changed_meanwhile")
	fault := func(name, key string, bad bool) {
		if x := f.field(name); bad && x.Fault == "" {
			x.Fault = words.t(key)
		}
	}
	want.Name = f.field("name").merge(now.Name, meanwhile)
	want.Zone = f.field("zone").merge(cmp.Or(now.Zone, "UTC"), meanwhile)
	want.Language = f.field("language").merge(cmp.Or(now.Language, "en"), meanwhile)
	want.Signs = storage.Signature(f.field("signs").merge(string(cmp.Or(now.Signs, storage.ByFirstName)), meanwhile))
	fault("name", "site_name_fault", want.Name == "" || len([]rune(want.Name)) > 100 || strings.ContainsFunc(want.Name, isControl))
	_, badZone := time.LoadLocation(want.Zone)
	fault("zone", "site_zone_fault", badZone != nil || want.Zone == "" || want.Zone == "Local")
	_, badLanguage := language.Parse(want.Language)
	fault("language", "site_language_fault", badLanguage != nil)
	fault("signs", "site_signs_fault", !slices.Contains(storage.Signatures(), want.Signs))
	if isNew {
		want.ID, want.Created = f.field("id").Value, s.Clock()
		fault("id", "site_id_fault", !siteID.MatchString(want.ID) || want.ID == newThing)
		all, err := s.Store.Sites(r.Context())
		if err != nil {
			return err
		}
		fault("id", "site_id_taken", slices.ContainsFunc(all, func(x storage.Site) bool { return x.ID == want.ID }))
	}
	if len(f.Faults()) > 0 {
		return s.showSite(w, r, v, http.StatusUnprocessableEntity, now, f)
	}
	if err := s.Store.ReplaceSite(r.Context(), now, want); err != nil {
		return fmt.Errorf("store the site: %w", err)
	}
	a := s.audit(v, "site.edit", want.ID)
	a.Before, a.After = siteText(now), siteText(want)
	return s.done(w, r, a, "/settings/sites?done=site")
}

// siteText is a site as the list of changes has it.
func siteText(x storage.Site) string {
	if x.ID == "" {
		return ""
	}
	return strings.Join([]string{x.Name, x.Zone, x.Language, string(x.Signs)}, ", ")
}

func isControl(r rune) bool { return r < ' ' || r == 0x7F }
