package admin

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// setupRoutes are the first evening, once the first person has signed in. Each step can be
// left and come back to.
var setupRoutes = []route{
	{pattern: "GET /setup/place", deed: access.EditSites, page: in(chatPages.setupPlace)},
	{pattern: "POST /setup/place", deed: access.EditSites, page: in(chatPages.savePlace)},
	{pattern: "GET /setup/chats", deed: access.EditSites, page: in(chatPages.setupChats)},
	{pattern: "GET /setup/survey", deed: access.EditSites, page: in(chatPages.setupSurvey)},
	{pattern: "POST /setup/survey", deed: access.AskNow, page: in(chatPages.trySurvey)},
	{pattern: "GET /setup/try", deed: access.AskNow, page: in(chatPages.setupTry)},
}

// setupSteps are how many steps there are; the first is the one-time link.
const setupSteps = 5

// setupBar is how far the first evening is.
type setupBar struct{ Done, Left []int }

func setupStep(n int) setupBar { return setupBar{make([]int, n), make([]int, setupSteps-n)} }

// setupFrame is the frame of a step.
func setupFrame(words *words, n int, title string, modules ...string) frame {
	return frame{Title: title, Meta: words.t("step_of", n, setupSteps), Bare: true, Wide: n > 2, Modules: modules}
}

// placePage asks for the first site.
type placePage struct {
	form
	Bar setupBar
}

// The hours that the first evening offers, as the days of a file of rules.
var setupHours = []struct{ key, week string }{
	{"weekdays", `mon: ["09:00-18:00"], tue: ["09:00-18:00"], wed: ["09:00-18:00"], thu: ["09:00-18:00"], fri: ["09:00-18:00"]`},
	{"every_day", `mon: ["09:00-18:00"], tue: ["09:00-18:00"], wed: ["09:00-18:00"], thu: ["09:00-18:00"], fri: ["09:00-18:00"], sat: ["09:00-18:00"], sun: ["09:00-18:00"]`},
	{"always", ``},
}

func (s chatPages) placeForm(r *http.Request, v Viewer) (f form, now storage.Site, err error) {
	all, err := s.Store.Sites(r.Context())
	if err != nil {
		return f, now, err
	}
	if len(all) > 0 {
		now = all[0]
	}
	words := s.words(r, v)
	f.Fields = append(f.Fields, field{Name: "name", Label: words.t("place_name"), Hint: words.t("place_name_hint"), Value: now.Name, Fill: "organization"},
		field{Name: "zone", Label: words.t("site_zone"), Hint: words.t("place_zone_hint"), Value: cmp.Or(now.Zone, serverZone()), Fill: "off"})
	var options []option
	for _, tag := range voice.Languages {
		options = append(options, option{tag, languageName(words.lang, tag)})
	}
	f.Fields = append(f.Fields, field{
		Name: "language", Label: words.t("place_language"), Kind: "select", Options: options, Value: cmp.Or(now.Language, customersLanguage(r, v)),
	})
	_, err = s.Store.Rules(r.Context(), 0)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return f, now, err
	}
	if err != nil { // nobody said anything about hours yet
		hours := field{Name: "hours", Label: words.t("place_hours"), Hint: words.t("place_hours_hint"), Kind: "select", Value: setupHours[0].key}
		for _, h := range setupHours {
			hours.Options = append(hours.Options, option{h.key, words.t("hours_" + h.key)})
		}
		f.Fields = append(f.Fields, hours)
	}
	for i := range f.Fields {
		f.Fields[i].Was = f.Fields[i].Value
	}
	return f, now, nil
}

// serverZone is the time zone of this machine, as far as it has a name.
func serverZone() string {
	if name := time.Local.String(); name != "Local" && name != "" {
		return name
	}
	return "UTC"
}

// customersLanguage is what customers of a new place most likely speak: the first that its owner asks for
// of those that the bot has.
func customersLanguage(r *http.Request, v Viewer) string {
	for _, wish := range append([]string{v.Language}, wishes(r)...) {
		if m := survey.MatchLanguage(voice.Languages, wish); wish != "" && m != "" {
			return m
		}
	}
	return "en"
}

func (s chatPages) setupPlace(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, _, err := s.placeForm(r, v)
	if err != nil {
		return err
	}
	return s.showPlace(w, r, v, http.StatusOK, f)
}

func (s chatPages) showPlace(w http.ResponseWriter, r *http.Request, v Viewer, status int, f form) error {
	words := s.words(r, v)
	return s.show(w, r, v, status, "setup_place.html", setupFrame(words, 2, words.t("place_title"), "zone.js"), placePage{f, setupStep(2)})
}

func (s chatPages) savePlace(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return storage.Repeated(func() error { return s.replacePlace(w, r, v) })
}

// replacePlace is savePlace, unless somebody else changes the site meanwhile: storage.ErrChanged.
func (s chatPages) replacePlace(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	f, was, err := s.placeForm(r, v)
	if err != nil {
		return err
	}
	if err := f.merged(w, r, words); err != nil {
		return err
	}
	want := was
	want.Name, want.Zone, want.Language = f.field("name").Value, f.field("zone").Value, f.field("language").Value
	if want.Name == "" || len([]rune(want.Name)) > 100 || strings.ContainsFunc(want.Name, isControl) {
		f.field("name").Fault = words.t("site_name_fault")
	}
	if _, err := time.LoadLocation(want.Zone); err != nil || want.Zone == "" || want.Zone == "Local" {
		f.field("zone").Fault = words.t("site_zone_fault")
	}
	if !slices.Contains(voice.Languages, want.Language) {
		f.field("language").Fault = words.t("site_language_fault")
	}
	week := -1
	if h := f.field("hours"); h != nil {
		if week = slices.IndexFunc(setupHours, func(o struct{ key, week string }) bool { return o.key == h.Value }); week < 0 {
			h.Fault = words.t("site_language_fault")
		}
	}
	if len(f.Faults()) > 0 {
		return s.showPlace(w, r, v, http.StatusUnprocessableEntity, f)
	}
	if want.ID == "" {
		want.ID, want.Created = storage.SiteID(want.Name), s.Clock()
	}
	if err := s.Store.ReplaceSite(r.Context(), was, want); err != nil {
		return fmt.Errorf("store the site: %w", err)
	}
	if week >= 0 && setupHours[week].week != "" {
		source := "# Written by the first evening.\nrules:\n  hours:\n    week: {" + setupHours[week].week + "}\n"
		if _, _, err := s.Store.PublishRules(r.Context(), source, s.Clock()); err != nil {
			return fmt.Errorf("publish the hours: %w", err)
		}
	}
	a := s.audit(v, "site.add", want.ID)
	if was.ID != "" {
		a.What = "site.change"
	}
	a.After = want.Name + ", " + want.Zone + ", " + want.Language
	if err := s.Store.PutAudit(r.Context(), a); err != nil {
		return err
	}
	if err := s.Bot.Configuration().Refresh(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/setup/chats", http.StatusSeeOther)
	return nil
}

// chatsPage says where customers answer.
type chatsPage struct {
	Bar   setupBar
	Reach string // key of the words that say from where this address is reached
	At    string // the address

	Connects        bool   // platforms can be connected here
	Telegram, Slack string // what is connected, "" for nothing
	Address         *addressForm
}

// reach is who reaches the address of a request: everybody, a network, or this machine alone.
func reach(r *http.Request) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return reachOf(strings.Trim(host, "[]"))
}

// reach is who reaches the links that are made here: by the public address or, as long as there is none,
// as this page was opened.
func (s chatPages) reach(r *http.Request) string {
	if u, err := url.Parse(s.public()); err == nil && u.Hostname() != "" {
		return reachOf(u.Hostname())
	}
	return reach(r)
}

// reachOf is who reaches a host, as the key of its words.
func reachOf(host string) string {
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback():
		return "reach_here"
	case err == nil && (ip.IsPrivate() || ip.IsLinkLocalUnicast()) || err != nil && (!strings.Contains(host, ".") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".lan")):
		return "reach_network"
	}
	return "reach_named"
}

func (s chatPages) setupChats(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.showChats(w, r, v, http.StatusOK, s.addressForm(s.words(r, v), r))
}

func (s chatPages) showChats(w http.ResponseWriter, r *http.Request, v Viewer, status int, at *addressForm) error {
	words := s.words(r, v)
	p := chatsPage{Bar: setupStep(3), Reach: s.reach(r), At: cmp.Or(s.public(), r.Host+s.Prefix), Connects: s.Accounts != nil && v.Can(access.ConnectChats, access.EverySite), Address: at}
	if p.Connects {
		for _, a := range s.Accounts.Accounts() {
			switch a.Platform {
			case chat.Telegram:
				p.Telegram = a.Name
			case chat.Slack:
				p.Slack = a.Name
			}
		}
	}
	return s.show(w, r, v, status, "setup_chats.html", setupFrame(words, 3, words.t("chats_title")), p)
}

// The surveys that the first evening offers: the usual one is the second.
var setupSurveys = []string{"one_tap_csat", "post_service_3", "ladder7_expect", "restaurant", "repair"}

type surveyPage struct {
	Bar           setupBar
	Flows         []surveyCard
	Site          string
	Language, Dir string // of its customers
}

// surveyCard is a survey to choose, with its first question.
type surveyCard struct {
	ID, Title, Ask string
	Marks          []string
	Usual          bool
}

func (s chatPages) setupSurvey(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	all, err := s.Store.Sites(r.Context())
	if err != nil {
		return err
	}
	if len(all) == 0 {
		http.Redirect(w, r, s.Prefix+"/setup/place", http.StatusSeeOther)
		return nil
	}
	surveys, err := bot.Standing{Bot: s.Bot}.Surveys(r.Context())
	if err != nil {
		return err
	}
	texts, err := voice.Load()
	if err != nil {
		return err
	}
	p := surveyPage{Bar: setupStep(4), Site: all[0].Name, Language: all[0].Language, Dir: dir(all[0].Language)}
	as := &voice.Voice{Words: texts.Of(p.Language), Lang: p.Language, Langs: []string{p.Language, "en"}, Site: s.at(all[0].ID)}
	for _, id := range setupSurveys {
		i := slices.IndexFunc(surveys, func(f survey.Flow) bool { return f.ID == id })
		if i < 0 {
			continue // it was withdrawn
		}
		p.Flows = append(p.Flows, cardOf(as, &surveys[i], words.t("flow_"+id)))
	}
	return s.show(w, r, v, http.StatusOK, "setup_survey.html", setupFrame(words, 4, words.t("survey_title")), p)
}

// cardOf is a survey as its customers meet it: its first question, in their language.
func cardOf(as *voice.Voice, f *survey.Flow, title string) surveyCard {
	first := &f.Questions[0]
	c := surveyCard{ID: f.ID, Title: title, Ask: as.Fill(first.Ask.In(as.Langs...)), Usual: f.ID == usualFlow}
	for _, o := range first.Scale.Options {
		c.Marks = append(c.Marks, voice.Number(o.Value))
	}
	return c
}

// trySurvey makes a link of a survey for whoever sets up, to be tried at once. Its answers
// count nowhere.
func (s chatPages) trySurvey(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	flow := r.PostForm.Get("flow")
	if !slices.Contains(setupSurveys, flow) {
		return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
	}
	all, err := s.Store.Sites(r.Context())
	if err != nil {
		return err
	}
	if len(all) == 0 {
		http.Redirect(w, r, s.Prefix+"/setup/place", http.StatusSeeOther)
		return nil
	}
	made, err := s.Bot.Invite(r.Context(), bot.InviteRequest{
		Flow: flow, Site: all[0].ID, Channel: "web", Language: all[0].Language, Test: true,
		Event: map[string]string{voice.AttrFirstName: v.Name},
	})
	if err != nil {
		return fmt.Errorf("make a link to try: %w", err)
	}
	http.Redirect(w, r, s.Prefix+"/setup/try?chat="+url.QueryEscape(made.Token), http.StatusSeeOther)
	return nil
}

// tryPage shows a customer's chat beside what staff see of it.
type tryPage struct {
	Bar      setupBar
	Chat     string // the address of the chat
	Answered int
	Answers  []answered // newest wording, as staff read them
	Topic    string     // that tells when there is another
	Case     *caseRow
	Here     string // this page, to look again
}

// framed lets a page show the chats of this program in it.
const framed = policy + "; frame-src 'self'"

func (s chatPages) setupTry(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	token := r.URL.Query().Get("chat")
	links := bot.LinksOf(s.Bot)
	trial, err := links.Tried(r.Context(), token)
	if errors.Is(err, bot.ErrUnknownLink) || token == "" {
		http.Redirect(w, r, s.Prefix+"/setup/survey", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	p := tryPage{
		Bar: setupStep(5), Chat: s.Prefix + "/chat/" + url.PathEscape(token), Answered: trial.Answered, Here: "/setup/try?chat=" + url.QueryEscape(token),
		Topic: tryTopic + token,
	}
	if trial.Of != nil {
		view, err := s.viewOf(r.Context(), nil, storage.Opening{Session: trial.Of})
		if err != nil {
			return err
		}
		if view != nil {
			var drawn casePage
			l := s.lookOf(words, v, trial.Of.Site, s.Clock())
			l.saidIn(&drawn, caseSource{Case: &storage.Case{}, View: view, Zone: s.at(trial.Of.Site).Zone}, view.StaffVoiceIn(words.lang))
			p.Answers = drawn.Answers
		}
	}
	if trial.Case != "" {
		cases, err := s.Store.Cases(r.Context(), storage.CaseFilter{Limit: 20})
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(cases, func(c storage.Case) bool { return c.ID == trial.Case }); i >= 0 && v.Can(access.SeeCases, cases[i].Site) {
			rows, err := s.rows(r.Context(), words, v, s.Clock(), cases[i:i+1])
			if err != nil {
				return err
			}
			p.Case = &rows[0]
		}
	}
	w.Header().Set("Content-Security-Policy", framed)
	return s.show(w, r, v, http.StatusOK, "setup_try.html", setupFrame(words, 5, words.t("try_title"), "stream.js", "live.js"), p)
}
