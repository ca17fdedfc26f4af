package admin

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// linkRoutes are the pages of standing links: addresses that are printed and opened by many.
var linkRoutes = []route{
	{pattern: "GET /asking/links", deed: access.MakeLinks, page: in(linkPages.links)},
	{pattern: "GET /asking/links/new", deed: access.MakeLinks, page: in(linkPages.newLink)},
	{pattern: "POST /asking/links/new", deed: access.MakeLinks, page: in(linkPages.saveLink)},
	{pattern: "GET /asking/links/{link}", deed: access.MakeLinks, page: in(linkPages.link)},
	{pattern: "POST /asking/links/{link}/close", deed: access.MakeLinks, page: in(linkPages.closeLink)},
	{pattern: "POST /asking/links/{link}/open", deed: access.MakeLinks, page: in(linkPages.openLink)},
	{pattern: "GET /asking/links/{link}/card", deed: access.MakeLinks, page: in(linkPages.linkCard)},
	{pattern: "GET /asking/links/cards", deed: access.MakeLinks, page: in(linkPages.linkCards)},
	{pattern: "GET /asking/links/{link}/code.svg", deed: access.MakeLinks, page: in(linkPages.linkCode)},
	{pattern: "GET /asking/links/{link}/code.png", deed: access.MakeLinks, page: in(linkPages.linkCode)},
}

// linksPage lists the links of the viewer's sites.
type linksPage struct{ Links []linkRow }

type linkRow struct{ At, Name, About, Opened string }

func (s linkPages) links(w http.ResponseWriter, r *http.Request, v Viewer) error {
	all, err := s.Store.StandingLinkList(r.Context())
	if err != nil {
		return err
	}
	words := s.words(r, v)
	names, err := s.siteNames(r)
	if err != nil {
		return err
	}
	var p linksPage
	surveys := s.namer(words)
	for _, l := range all {
		if !v.Can(access.MakeLinks, l.Site) {
			continue
		}
		row := linkRow{At: "/asking/links/" + l.ID, Name: l.Name, About: surveys.survey(l.Flow), Opened: words.t("link_opened", l.Opened)}
		if name := names[l.Site]; name != "" {
			row.About = name + " · " + row.About
		}
		if !l.Closed.IsZero() {
			row.Opened = words.t("link_is_closed")
		}
		p.Links = append(p.Links, row)
	}
	return s.show(w, r, v, http.StatusOK, "links.html", frame{Title: words.t("links"), Here: "/asking/links"}, p)
}

func (s *site) siteNames(r *http.Request) (map[string]string, error) {
	all, err := s.Store.Sites(r.Context())
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(all))
	for _, x := range all {
		names[x.ID] = x.Name
	}
	return names, nil
}

// standingLinkForm is the form of a new link.
func (s linkPages) standingLinkForm(r *http.Request, v Viewer) (form, error) {
	words := s.words(r, v)
	flow, at, err := s.askable(r, v, access.MakeLinks)
	if err != nil {
		return form{}, err
	}
	languages := []option{{"", words.t("link_language_own")}}
	for _, tag := range voice.Languages {
		languages = append(languages, option{tag, languageName(words.lang, tag)})
	}
	return form{Fields: []field{
		{Name: "name", Label: words.t("link_name"), Hint: words.t("link_name_hint"), Fill: "off"},
		flow,
		at,
		{Name: "service", Label: words.t("link_service"), Hint: words.t("link_service_hint"), Fill: "off"},
		{Name: "language", Label: words.t("link_language"), Kind: "select", Options: languages},
	}}, nil
}

type newLinkPage struct {
	form
	NoSite bool // there is none at which the viewer may make one
}

func (s linkPages) showStandingLinkForm(w http.ResponseWriter, r *http.Request, v Viewer, status int, f form) error {
	words := s.words(r, v)
	return s.show(w, r, v, status, "link_new.html", frame{
		Title: words.t("link_new"), Here: "/asking/links", Back: &link{"/asking/links", words.t("links")},
	}, newLinkPage{form: f, NoSite: len(f.field("site").Options) == 0})
}

func (s linkPages) newLink(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, err := s.standingLinkForm(r, v)
	if err != nil {
		return err
	}
	if at, of := f.field("flow"), r.URL.Query().Get("flow"); slices.ContainsFunc(at.Options, func(o option) bool { return o.Value == of }) {
		at.Value = of // from the page of a survey
	}
	return s.showStandingLinkForm(w, r, v, http.StatusOK, f)
}

func (s linkPages) saveLink(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, err := s.standingLinkForm(r, v)
	if err != nil {
		return err
	}
	if err := f.read(w, r); err != nil {
		return err
	}
	words := s.words(r, v)
	for _, x := range []struct{ name, key string }{{"name", "link_name_fault"}, {"service", "link_service_fault"}} {
		at := f.field(x.name)
		if (at.Value == "" && x.name == "name") || len([]rune(at.Value)) > 80 || strings.ContainsFunc(at.Value, isControl) {
			at.Fault = words.t(x.key)
		}
	}
	f.offered(words, "flow", "site", "language")
	if len(f.Faults()) > 0 {
		return s.showStandingLinkForm(w, r, v, http.StatusUnprocessableEntity, f)
	}
	l := storage.StandingLink{
		ID: bot.NewStandingID(func(p []byte) { _, _ = rand.Read(p) }), Name: f.field("name").Value, Flow: f.field("flow").Value,
		Site: f.field("site").Value, Language: f.field("language").Value, Event: map[string]string{}, Created: s.Clock(),
	}
	if service := f.field("service").Value; service != "" {
		l.Event[voice.AttrService] = service
	}
	if err := s.Store.ReplaceStandingLink(r.Context(), storage.StandingLink{}, l); err != nil {
		return fmt.Errorf("store the link: %w", err)
	}
	a := s.audit(v, "link.make", l.ID)
	a.After = l.Name + ", " + l.Flow + ", " + l.Site
	return s.done(w, r, a, "/asking/links/"+l.ID+"?done=link")
}

// linkAsked is the link that the address names, if the viewer may have it.
func (s linkPages) linkAsked(r *http.Request, v Viewer) (storage.StandingLink, error) {
	l, err := s.Store.StandingLink(r.Context(), r.PathValue("link"))
	switch {
	case errors.Is(err, storage.ErrNotFound), err == nil && !v.Can(access.MakeLinks, l.Site):
		return l, &page.Error{Code: page.NotFound, Title: "no_link", Text: "no_link_text"}
	case err != nil:
		return l, err
	}
	return l, nil
}

// standingLinkPage is one link with its addresses and its code.
type standingLinkPage struct {
	ID            string
	Facts         []fact
	Web, Telegram string
	Code          *qrPicture // of the address that is printed; nil = there is none
	Local         bool       // the address leads to this computer alone: nothing is printed
	Mends         bool       // the viewer may say another address
	Closed        bool
}

type fact struct{ Name, Value string }

// printed is the address that stands in a link's code: that of the page, which offers
// Telegram too; without a public one that in Telegram. "" = there is none yet.
func printed(web, telegram string) string {
	if web == "" || isLocal(web) {
		return telegram
	}
	return web
}

// isLocal reports whether an address leads to this computer or a private network alone.
func isLocal(address string) bool {
	u, err := url.Parse(address)
	return err != nil || reachOf(u.Hostname()) != "reach_named"
}

func (s linkPages) link(w http.ResponseWriter, r *http.Request, v Viewer) error {
	l, err := s.linkAsked(r, v)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	names, err := s.siteNames(r)
	if err != nil {
		return err
	}
	p := standingLinkPage{ID: l.ID, Closed: !l.Closed.IsZero()}
	p.Web, p.Telegram = bot.Standing{Bot: s.Bot}.Addresses(l.ID)
	if to := printed(p.Web, p.Telegram); to != "" {
		code, err := newQR(to)
		if err != nil {
			return err
		}
		p.Code = &code
	}
	p.Local = p.Web != "" && isLocal(p.Web)
	p.Mends = v.Can(access.EditSites, access.EverySite)
	p.Facts = []fact{
		{words.t("link_flow"), s.namer(words).survey(l.Flow)},
		{words.t("link_site"), names[l.Site]},
		{words.t("link_service"), l.Event[voice.AttrService]},
		{words.t("link_counted"), words.t("link_opened", l.Opened)},
	}
	if !l.Last.IsZero() {
		zone := s.Bot.Configuration().Now().Site(l.Site).Zone
		p.Facts = append(p.Facts, fact{words.t("link_last"), l.Last.In(zone).Format("2006-01-02 15:04")})
	}
	p.Facts = slices.DeleteFunc(p.Facts, func(f fact) bool { return f.Value == "" })
	return s.show(w, r, v, http.StatusOK, "link.html", frame{
		Title: l.Name, Here: "/asking/links", Back: &link{"/asking/links", words.t("links")},
	}, p)
}

func (s linkPages) closeLink(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.setLink(w, r, v, s.Clock(), "close")
}

func (s linkPages) openLink(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.setLink(w, r, v, time.Time{}, "open")
}

func (s linkPages) setLink(w http.ResponseWriter, r *http.Request, v Viewer, closed time.Time, done string) error {
	var l storage.StandingLink
	err := storage.Repeated(func() (err error) {
		if l, err = s.linkAsked(r, v); err != nil {
			return err
		}
		was := l
		l.Closed = closed
		return s.Store.ReplaceStandingLink(r.Context(), was, l)
	})
	if err != nil {
		return err
	}
	return s.done(w, r, s.audit(v, "link."+done, l.ID), "/asking/links/"+l.ID+"?done=link_"+done)
}
