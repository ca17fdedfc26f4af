package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// settingsRoutes are the index of the settings, and what this installation is.
var settingsRoutes = []route{
	{pattern: "GET /settings", deed: access.SeeSettings, page: in(settingsPages.settings)},
	{pattern: "GET /settings/about", deed: access.SeeSettings, page: in(settingsPages.about)},
}

// settingsGroup is a heading of the index with its cards.
type settingsGroup struct {
	Name  string // key of its words
	Cards []settingsCard
}

// settingsPage is the index of the settings.
type settingsPage struct {
	Groups []settingsGroup
	Last   string // what was changed last, by whom and when; "" for who may not see it
	Query  string // what is looked for; "" = everything is shown
}

// settingsCard leads to one page, with a line about how it stands.
type settingsCard struct{ At, Title, State string }

func (s settingsPages) settings(w http.ResponseWriter, r *http.Request, v Viewer) error {
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
	p := settingsPage{Groups: []settingsGroup{
		{"settings_places", []settingsCard{{"/settings/sites", words.t("sites"), strings.Join(names, ", ")}}},
		s.settingsOfSurveys(words, v), s.settingsOfCases(words, v), s.settingsOfSystems(words, v),
	}}
	first := &p.Groups[0]
	if mayRule(v) == nil {
		first.Cards = append(first.Cards, settingsCard{"/settings/hours", words.t("opening"), words.t("opening_line")})
	}
	if v.Anywhere(access.ManageAgents) {
		first.Cards = append(first.Cards, settingsCard{"/people", words.t("people"), words.t("people_line")})
	}
	here, err := s.settingsOfHere(r.Context(), words, v)
	if err != nil {
		return err
	}
	p.Groups = append(p.Groups, here)
	p.find(words, r.URL.Query().Get("q"))
	p.Groups = slices.DeleteFunc(p.Groups, func(g settingsGroup) bool { return len(g.Cards) == 0 })
	if v.Can(access.SeeAudit, access.EverySite) {
		last, err := s.Store.Audits(r.Context(), storage.AuditFilter{Limit: 1})
		if err != nil {
			return err
		}
		for _, a := range last {
			what := words.t("audit_" + a.What)
			if !words.has("audit_" + a.What) {
				what = a.What
			}
			p.Last = words.t("settings_last", what, a.Who, words.moment(s.Clock(), a.At, time.UTC))
		}
	}
	return s.show(w, r, v, http.StatusOK, "settings.html", frame{Title: words.t("settings"), Here: "/settings"}, p)
}

// find leaves the cards that have every word that is looked for, in their title, their line or their
// heading.
func (p *settingsPage) find(w *words, query string) {
	p.Query = strings.TrimSpace(query)
	for i := range p.Groups {
		g := &p.Groups[i]
		g.Cards = slices.DeleteFunc(g.Cards, func(c settingsCard) bool {
			said := strings.ToLower(c.Title + " " + c.State + " " + w.t(g.Name))
			return slices.ContainsFunc(strings.Fields(strings.ToLower(p.Query)), func(word string) bool { return !strings.Contains(said, word) })
		})
	}
}

// settingsOfSurveys are about what is asked, and how it is said.
func (s settingsPages) settingsOfSurveys(words *words, v Viewer) settingsGroup {
	g := settingsGroup{Name: "settings_surveys"}
	if mayRule(v) == nil {
		own := map[[2]string]bool{}
		p := s.Bot.Configuration().Now().Policy.Policy
		for _, list := range append(ofSites(p, func(r recovery.Rules) []recovery.Wording { return r.Texts }), p.Rules.Texts) {
			for _, t := range list {
				own[[2]string{t.Text, t.Language}] = true
			}
		}
		line := words.t("texts_line")
		if len(own) > 0 {
			line = words.t("texts_own", len(own))
		}
		g.Cards = append(g.Cards, settingsCard{"/settings/texts", words.t("texts"), line})
	}
	if v.Anywhere(access.EditTriggers) {
		g.Cards = append(g.Cards, settingsCard{"/asking/triggers", words.t("triggers"), words.t("triggers_line")})
	}
	return g
}

// ofSites is something of the rules of every site that has its own.
func ofSites[T any](p recovery.Policy, of func(recovery.Rules) T) (all []T) {
	for _, r := range p.Sites {
		all = append(all, of(r))
	}
	return all
}

// settingsOfCases are about what follows when somebody is unhappy.
func (s settingsPages) settingsOfCases(words *words, v Viewer) settingsGroup {
	g := settingsGroup{Name: "cases"}
	snap := s.Bot.Configuration().Now()
	if mayRule(v) == nil {
		rules := words.t("rules_shipped_line")
		if snap.Policy.Version > 0 {
			rules = words.t("rules_version_line", snap.Policy.Version)
		}
		g.Cards = append(g.Cards, settingsCard{"/settings/rules", words.t("rules"), rules})
		g.Cards = append(g.Cards, settingsCard{"/settings/routes", words.t("routes"), words.t("routes_counts", len(snap.Policy.Routing.Routes), len(snap.Policy.Routing.Receivers))})
	}
	if mayConnectChats(v) == nil {
		var chats []string
		for _, c := range snap.Chats {
			if c.Gone.IsZero() {
				chats = append(chats, c.Name)
			}
		}
		line := strings.Join(chats, ", ")
		if line == "" {
			line = words.t("schats_line")
		}
		g.Cards = append(g.Cards, settingsCard{"/settings/chats", words.t("schats"), line})
	}
	g.Cards = append(g.Cards, settingsCard{"/settings/hearing", words.t("hearing"), words.t("hearing_line")})
	if mayRule(v) == nil {
		g.Cards = append(g.Cards, settingsCard{"/settings/snippets", words.t("snippets"), words.t("snippets_line")})
		g.Cards = append(g.Cards, settingsCard{"/settings/reporting", words.t("reporting"), words.t("reporting_line")})
	}
	return g
}

// settingsOfSystems are about what is connected.
func (s settingsPages) settingsOfSystems(words *words, v Viewer) settingsGroup {
	g := settingsGroup{Name: "settings_systems"}
	if s.Accounts != nil && v.Can(access.ConnectChats, access.EverySite) {
		lines := map[chat.Platform]string{chat.Telegram: words.t("tg_line"), chat.Slack: words.t("sl_line")}
		for _, a := range s.Accounts.Accounts() {
			switch {
			case a.Platform == chat.Telegram && a.Name != "":
				lines[a.Platform] = "✓ @" + a.Name
			case a.Name != "":
				lines[a.Platform] = "✓ " + a.Name
			}
		}
		g.Cards = append(g.Cards, settingsCard{"/settings/telegram", words.t("tg_title"), lines[chat.Telegram]}, settingsCard{"/settings/slack", words.t("sl_title"), lines[chat.Slack]})
	}
	if v.Can(access.EditSites, access.EverySite) {
		line := words.t("address_unset")
		if at := s.public(); at != "" {
			line = at
		}
		g.Cards = append(g.Cards, settingsCard{"/setup/chats", words.t("address_title"), line})
	}
	if v.Can(access.EditSignIn, access.EverySite) {
		line := words.t("signin_none_line")
		if s.Provider != nil {
			line = s.Provider.Name
		}
		g.Cards = append(g.Cards, settingsCard{"/settings/sign-in", words.t("signin"), line})
	}
	if v.Can(access.ManageTokens, access.EverySite) {
		g.Cards = append(g.Cards, settingsCard{"/settings/tokens", words.t("tokens"), words.t("tokens_line")})
	}
	if s.Endpoints != nil && v.Can(access.ManageWebhooks, access.EverySite) {
		g.Cards = append(g.Cards, settingsCard{"/settings/webhooks", words.t("webhooks"), words.t("webhooks_line")})
	}
	if s.Systems != nil && v.Can(access.ManageWebhooks, access.EverySite) {
		g.Cards = append(g.Cards, settingsCard{"/settings/systems", words.t("systems"), words.t("systems_line")})
	}
	return g
}

// settingsOfHere are about this installation.
func (s settingsPages) settingsOfHere(ctx context.Context, words *words, v Viewer) (settingsGroup, error) {
	g := settingsGroup{Name: "settings_here"}
	if v.Owner {
		g.Cards = append(g.Cards, settingsCard{"/settings/data", words.t("data"), words.t("data_line")})
	}
	if v.Can(access.SeeOutbox, access.EverySite) {
		counts, err := s.Store.Counts(ctx)
		if err != nil {
			return g, err
		}
		g.Cards = append(g.Cards, settingsCard{"/outbox", words.t("outbox"), s.stuckLine(words, counts)})
	}
	if v.Can(access.SeeAudit, access.EverySite) {
		g.Cards = append(g.Cards, settingsCard{"/audit", words.t("audit"), words.t("audit_line")})
	}
	g.Cards = append(g.Cards,
		settingsCard{"/settings/about", words.t("about"), "Aftercare " + s.Version},
		settingsCard{"/help", words.t("help"), words.t("help_line")})
	return g, nil
}

func (s settingsPages) stuckLine(words *words, c storage.Counts) string {
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

func (s settingsPages) about(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	counts, err := s.Store.Counts(r.Context())
	if err != nil {
		return err
	}
	f := frame{Title: words.t("about"), Here: "/settings", Back: &link{"/settings", words.t("settings")}}
	return s.show(w, r, v, http.StatusOK, "about.html", f, aboutPage{Version: s.Version, Counts: counts})
}
