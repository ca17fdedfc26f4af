package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"

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
type settingsCard struct {
	At, Title string
	State     string
	Well      bool   // State is good news
	Wrong     string // what somebody should look at, before State
	About     string // what the page is for, by which it is found as well
}

// groupOf makes one of the groups for a viewer.
type groupOf func(context.Context, *words, Viewer) (settingsGroup, error)

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
		{"settings_places", []settingsCard{{At: "/settings/sites", Title: words.t("sites"), State: words.named(names)}}},
	}}
	for _, of := range []groupOf{s.settingsOfSurveys, s.settingsOfCases, s.settingsOfSystems, s.settingsOfHere} {
		g, err := of(r.Context(), words, v)
		if err != nil {
			return err
		}
		p.Groups = append(p.Groups, g)
	}
	first := &p.Groups[0]
	if mayRule(v) == nil {
		first.Cards = append(first.Cards, s.hoursCard(words))
	}
	if v.Anywhere(access.ManageAgents) {
		first.Cards = append(first.Cards, s.peopleCard(words))
	}
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
			p.Last = words.t("settings_last", what, a.Who, words.moment(s.Clock(), a.At, s.houseZone()))
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
			said := strings.ToLower(c.Title + " " + c.Wrong + " " + c.State + " " + c.About + " " + w.t(g.Name))
			return slices.ContainsFunc(strings.Fields(strings.ToLower(p.Query)), func(word string) bool { return !strings.Contains(said, word) })
		})
	}
}

// settingsOfSurveys are about what is asked, and how it is said.
func (s settingsPages) settingsOfSurveys(ctx context.Context, words *words, v Viewer) (settingsGroup, error) {
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
		g.Cards = append(g.Cards, settingsCard{At: "/settings/texts", Title: words.t("texts"), State: line, About: words.t("texts_line")})
	}
	if v.Anywhere(access.EditTriggers) {
		src, err := s.triggersNow(ctx)
		if err != nil {
			return g, err
		}
		g.Cards = append(g.Cards, settingsCard{At: "/asking/triggers", Title: words.t("triggers"), State: s.versionLine(words, src), About: words.t("triggers_line")})
	}
	return g, nil
}

// ofSites is something of the rules of every site that has its own.
func ofSites[T any](p recovery.Policy, of func(recovery.Rules) T) (all []T) {
	for _, r := range p.Sites {
		all = append(all, of(r))
	}
	return all
}

// settingsOfCases are about what follows when somebody is unhappy.
func (s settingsPages) settingsOfCases(ctx context.Context, words *words, v Viewer) (settingsGroup, error) {
	g := settingsGroup{Name: "cases"}
	snap := s.Bot.Configuration().Now()
	if mayRule(v) == nil {
		src, err := s.rulesNow(ctx)
		if err != nil {
			return g, err
		}
		g.Cards = append(g.Cards, settingsCard{At: "/settings/rules", Title: words.t("rules"), State: s.versionLine(words, src), About: words.t("rules_about_line")})
		routes := words.t("card_no_routes")
		if r := snap.Policy.Routing; len(r.Routes)+len(r.Receivers) > 0 {
			routes = words.t("routes_counts", len(r.Routes), len(r.Receivers))
		}
		g.Cards = append(g.Cards, settingsCard{At: "/settings/routes", Title: words.t("routes"), State: routes})
	}
	if mayConnectChats(v) == nil {
		g.Cards = append(g.Cards, s.staffChatsCard(words))
	}
	g.Cards = append(g.Cards, settingsCard{At: "/settings/hearing", Title: words.t("hearing"), State: words.t("hearing_line")})
	if mayRule(v) == nil {
		rules, saved := snap.Rules(""), words.t("card_none")
		if n := len(rules.Snippets); n > 0 {
			saved = words.t("card_in_use", n)
		}
		g.Cards = append(g.Cards, settingsCard{At: "/settings/snippets", Title: words.t("snippets"), State: saved, About: words.t("snippets_line")},
			settingsCard{At: "/settings/reporting", Title: words.t("reporting"), State: words.reportingLine(rules.Report), About: words.t("reporting_line")})
	}
	return g, nil
}

// settingsOfSystems are about what is connected.
func (s settingsPages) settingsOfSystems(ctx context.Context, words *words, v Viewer) (settingsGroup, error) {
	g := settingsGroup{Name: "settings_systems"}
	if s.Accounts != nil && v.Can(access.ConnectChats, access.EverySite) {
		g.Cards = append(g.Cards, s.platformCard(words, chat.Telegram, "/settings/telegram", "tg_title", "tg_line", "@"),
			s.platformCard(words, chat.Slack, "/settings/slack", "sl_title", "sl_line", ""))
	}
	if v.Can(access.EditSites, access.EverySite) {
		line := words.t("address_unset")
		if at := s.public(); at != "" {
			line = at
		}
		g.Cards = append(g.Cards, settingsCard{At: "/setup/chats", Title: words.t("address_title"), State: line})
	}
	if v.Can(access.EditSignIn, access.EverySite) {
		line := words.t("signin_none_line")
		if s.Provider != nil {
			line = s.Provider.Name
		}
		g.Cards = append(g.Cards, settingsCard{At: "/settings/sign-in", Title: words.t("signin"), State: line})
	}
	if v.Can(access.ManageTokens, access.EverySite) {
		card, err := s.tokensCard(ctx, words)
		if err != nil {
			return g, err
		}
		g.Cards = append(g.Cards, card)
	}
	if s.Endpoints != nil && v.Can(access.ManageWebhooks, access.EverySite) {
		card, err := s.webhooksCard(ctx, words)
		if err != nil {
			return g, err
		}
		g.Cards = append(g.Cards, card)
	}
	if s.Systems != nil && v.Can(access.ManageWebhooks, access.EverySite) {
		card, err := s.systemsCard(ctx, words)
		if err != nil {
			return g, err
		}
		g.Cards = append(g.Cards, card)
	}
	return g, nil
}

// settingsOfHere are about this installation.
func (s settingsPages) settingsOfHere(ctx context.Context, words *words, v Viewer) (settingsGroup, error) {
	g := settingsGroup{Name: "settings_here"}
	if v.Owner {
		g.Cards = append(g.Cards, s.dataCard(words))
	}
	if v.Can(access.SeeOutbox, access.EverySite) {
		counts, err := s.Store.Counts(ctx)
		if err != nil {
			return g, err
		}
		g.Cards = append(g.Cards, s.outboxCard(words, counts))
	}
	if v.Can(access.SeeAudit, access.EverySite) {
		g.Cards = append(g.Cards, settingsCard{At: "/audit", Title: words.t("audit"), State: words.t("audit_line")})
	}
	g.Cards = append(g.Cards,
		settingsCard{At: "/settings/about", Title: words.t("about"), State: "Aftercare " + s.Version},
		settingsCard{At: "/help", Title: words.t("help"), State: words.t("help_line")})
	return g, nil
}

func (s settingsPages) outboxCard(w *words, c storage.Counts) settingsCard {
	card := settingsCard{At: "/outbox", Title: w.t("outbox"), State: w.t("outbox_nothing")}
	if c.Failed+c.Parked > 0 {
		card.State, card.Wrong = "", w.t("outbox_counts", c.Failed, c.Parked)
	}
	return card
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
