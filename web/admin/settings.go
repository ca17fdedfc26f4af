package admin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// settingsRoutes are the index of the settings, and what this installation is.
var settingsRoutes = []route{
	{pattern: "GET /settings", deed: access.SeeSettings, page: (*site).settings},
	{pattern: "GET /settings/about", deed: access.SeeSettings, page: (*site).about},
}

// settingsGroup is a heading of the index with its cards.
type settingsGroup struct {
	Name  string // key of its words
	Cards []settingsCard
}

// settingsCard leads to one page, with a line about how it stands.
type settingsCard struct{ At, Title, State string }

func (s *site) settings(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	sites, err := s.Store.Sites(r.Context())
	if err != nil {
		return err
	}
	sites = slices.DeleteFunc(storage.Present(sites), func(x storage.Site) bool { return !v.Can(access.SeeSettings, x.ID) })
	names := make([]string, len(sites))
	for i, x := range sites {
		names[i] = x.Name
	}
	groups := []settingsGroup{{"settings_places", []settingsCard{{"/settings/sites", words.t("sites"), strings.Join(names, ", ")}}}}
	here := settingsGroup{Name: "settings_here"}
	if v.Can(access.SeeOutbox, access.EverySite) {
		counts, err := s.Store.Counts(r.Context())
		if err != nil {
			return err
		}
		here.Cards = append(here.Cards, settingsCard{"/outbox", words.t("outbox"), s.stuckLine(words, counts)})
	}
	if v.Can(access.ManageTokens, access.EverySite) {
		here.Cards = append(here.Cards, settingsCard{"/settings/tokens", words.t("tokens"), words.t("tokens_line")})
	}
	if v.Can(access.SeeAudit, access.EverySite) {
		here.Cards = append(here.Cards, settingsCard{"/audit", words.t("audit"), words.t("audit_line")})
	}
	if s.Accounts != nil && v.Can(access.ConnectChats, access.EverySite) {
		groups[0].Cards = append(groups[0].Cards, settingsCard{"/settings/telegram", words.t("tg_title"), words.t("tg_line")}, settingsCard{"/settings/slack", words.t("sl_title"), words.t("sl_line")})
	}
	if mayConnectChats(v) == nil {
		groups[0].Cards = append(groups[0].Cards, settingsCard{"/settings/chats", words.t("schats"), words.t("schats_line")})
	}
	groups[0].Cards = append(groups[0].Cards, settingsCard{"/settings/hearing", words.t("hearing"), words.t("hearing_line")})
	if mayRule(v) == nil {
		groups[0].Cards = append(groups[0].Cards, settingsCard{"/settings/hours", words.t("opening"), words.t("opening_line")},
			settingsCard{"/settings/rules", words.t("rules"), words.t("rules_line")},
			settingsCard{"/settings/routes", words.t("routes"), words.t("routes_line")},
			settingsCard{"/settings/snippets", words.t("snippets"), words.t("snippets_line")})
	}
	if v.Anywhere(access.ManageAgents) {
		groups[0].Cards = append(groups[0].Cards, settingsCard{"/people", words.t("people"), words.t("people_line")})
	}
	if v.Owner {
		here.Cards = append(here.Cards, settingsCard{"/settings/data", words.t("data"), words.t("data_line")})
	}
	here.Cards = append(here.Cards,
		settingsCard{"/settings/about", words.t("about"), "Aftercare " + s.Version},
		settingsCard{"/help", words.t("help"), words.t("help_line")})
	groups = append(groups, here)
	return s.show(w, r, v, http.StatusOK, "settings.html", frame{Title: words.t("settings"), Here: "/settings"}, groups)
}

func (s *site) stuckLine(words *words, c storage.Counts) string {
	if c.Failed+c.Parked == 0 {
		return words.t("outbox_nothing")
	}
	return words.t("outbox_counts", c.Failed, c.Parked)
}

// aboutPage is what this installation is and holds.
type aboutPage struct {
	Version string
	Counts  storage.Counts
}

func (s *site) about(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	counts, err := s.Store.Counts(r.Context())
	if err != nil {
		return err
	}
	f := frame{Title: words.t("about"), Here: "/settings", Back: &link{"/settings", words.t("settings")}}
	return s.show(w, r, v, http.StatusOK, "about.html", f, aboutPage{Version: s.Version, Counts: counts})
}
