package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// webhookRoutes are the pages of other systems that are told what happens.
var webhookRoutes = []route{
	{pattern: "GET /settings/webhooks", deed: access.ManageWebhooks, page: in(systemPages.webhooks)},
	{pattern: "GET /settings/webhooks/new", deed: access.ManageWebhooks, page: in(systemPages.newWebhook)},
	{pattern: "POST /settings/webhooks/new", deed: access.ManageWebhooks, page: in(systemPages.saveWebhook)},
	{pattern: "GET /settings/webhooks/{id}", deed: access.ManageWebhooks, page: in(systemPages.webhook)},
	{pattern: "POST /settings/webhooks/{id}", deed: access.ManageWebhooks, page: in(systemPages.actOnWebhook)},
}

// Endpoints is the desk for endpoints of other systems.
type Endpoints interface {
	// Add keeps an endpoint, and returns its id and its secret. ErrAddress.
	Add(ctx context.Context, h storage.Hook, url string, private bool) (id, secret string, err error)
	// List returns every endpoint, the newest first.
	List(ctx context.Context) ([]Endpoint, error)
	// The others are about one. storage.ErrNotFound.
	Test(ctx context.Context, id string) (storage.HookTry, error)
	Rotate(ctx context.Context, id string) (secret string, err error)
	Switch(ctx context.Context, id string, on bool) error
	Remove(ctx context.Context, id string) error
	Log(ctx context.Context, id, before string, limit int) ([]storage.HookTry, error)
	Replay(ctx context.Context, id, message string, since time.Time, failed bool) (int, error)
}

// Endpoint is an endpoint and where it is.
type Endpoint struct {
	storage.Hook
	URL     string // "" = it cannot be read: SECRET_KEY is another one
	Private bool   // addresses of networks that are not public are allowed
}

// ErrAddress is an address that is not called.
var ErrAddress = errors.New("the address is not called")

// mostTries is how many tries a page of the log shows.
const mostTries = 50

// webhooksPage lists the endpoints.
type webhooksPage struct{ Rows []webhookRow }

type webhookRow struct{ ID, Name, URL, Told, State string }

// webhookPage is one endpoint and its log; right after it was made, or got another secret, with that.
type webhookPage struct {
	webhookRow
	Secret string
	Off    bool
	Tries  []hookTryRow
	Older  string // the id behind which older tries are; "" = there are none
}

type hookTryRow struct {
	When, ISO, News, Message, Result, Answer string
	OK, Waits                                bool // Waits: it can be sent once more
}

// webhookForm asks for an endpoint.
type webhookForm struct {
	rolesForm
	News   []placeBox
	NoNews string // what is wrong with them
	Owner  bool   // the viewer may allow words, names and private addresses
	Words, Names,
	Private bool
}

// endpointsOr is the desk, or an error where this server has none.
func (s systemPages) endpointsOr() (Endpoints, error) {
	if s.Endpoints == nil {
		return nil, &page.Error{Code: page.NotFound, Title: "no_webhook", Text: "no_webhook_text"}
	}
	return s.Endpoints, nil
}

// newsText is what an endpoint is told, in words.
func newsText(words *words, h *storage.Hook) string {
	var all []string
	if len(h.News) == len(storage.AllNews()) {
		all = append(all, words.t("webhook_everything"))
	} else {
		for _, n := range h.News {
			all = append(all, words.t("news_"+strings.ReplaceAll(string(n), ".", "_")))
		}
	}
	if h.Words {
		all = append(all, words.t("webhook_words"))
	}
	if h.Names {
		all = append(all, words.t("webhook_names"))
	}
	return strings.Join(all, " · ")
}

func (s systemPages) webhookRow(ctx context.Context, words *words, x *Endpoint) (webhookRow, error) {
	row := webhookRow{ID: x.ID, Name: x.Name, URL: x.URL, Told: newsText(words, &x.Hook), State: words.t("webhook_on")}
	if x.Off != "" {
		row.State = words.t("webhook_off_" + string(x.Off))
		return row, nil
	}
	since, err := s.Store.HookFailing(ctx, x.ID)
	if !since.IsZero() {
		row.State = words.t("webhook_failing", since.Format("2006-01-02 15:04")+" UTC")
	}
	return row, err
}

func (s systemPages) webhooks(w http.ResponseWriter, r *http.Request, v Viewer) error {
	desk, err := s.endpointsOr()
	if err != nil {
		return err
	}
	words := s.words(r, v)
	all, err := desk.List(r.Context())
	if err != nil {
		return err
	}
	var p webhooksPage
	for i := range all {
		row, err := s.webhookRow(r.Context(), words, &all[i])
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
	}
	return s.show(w, r, v, http.StatusOK, "webhooks.html", frame{
		Title: words.t("webhooks"), Here: "/settings", Back: &link{"/settings", words.t("settings")},
	}, p)
}

func (s systemPages) webhookForm(r *http.Request, v Viewer) (p webhookForm, err error) {
	words := s.words(r, v)
	p.Fields = []field{
		{Name: "name", Label: words.t("webhook_name"), Hint: words.t("webhook_name_hint"), Fill: "off"},
		{Name: "url", Label: words.t("webhook_url"), Hint: words.t("webhook_url_hint"), Kind: "url", Fill: "off"},
	}
	for _, n := range storage.AllNews() {
		p.News = append(p.News, placeBox{ID: string(n), Name: words.t("news_"+strings.ReplaceAll(string(n), ".", "_")) + " (" + string(n) + ")", On: true})
	}
	p.May, p.All, p.Owner = true, true, v.Owner
	sites, err := s.Store.Sites(r.Context())
	for _, x := range storage.Present(sites) {
		p.Places = append(p.Places, placeBox{ID: x.ID, Name: x.Name})
	}
	return p, err
}

func (s systemPages) newWebhook(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if _, err := s.endpointsOr(); err != nil {
		return err
	}
	if !s.proved(w, r, v, "/settings/webhooks/new") {
		return nil
	}
	p, err := s.webhookForm(r, v)
	if err != nil {
		return err
	}
	return s.askForWebhook(w, r, v, http.StatusOK, p)
}

func (s systemPages) askForWebhook(w http.ResponseWriter, r *http.Request, v Viewer, status int, p webhookForm) error {
	words := s.words(r, v)
	return s.show(w, r, v, status, "webhook_new.html", frame{
		Title: words.t("webhook_new"), Here: "/settings", Back: &link{"/settings/webhooks", words.t("webhooks")},
	}, p)
}

func (s systemPages) saveWebhook(w http.ResponseWriter, r *http.Request, v Viewer) error {
	desk, err := s.endpointsOr()
	if err != nil {
		return err
	}
	p, err := s.webhookForm(r, v)
	if err != nil {
		return err
	}
	if err := p.read(w, r); err != nil {
		return err
	}
	if !s.proved(w, r, v, "/settings/webhooks/new") {
		return nil
	}
	words := s.words(r, v)
	h := storage.Hook{Name: p.field("name").Value, HookTerms: storage.HookTerms{By: v.SignIn}}
	if h.Name == "" || len([]rune(h.Name)) > 80 || strings.ContainsFunc(h.Name, isControl) {
		p.field("name").Fault = words.t("token_name_fault")
	}
	for _, x := range choose(p.News, r.PostForm["news"]) {
		h.News = append(h.News, storage.News(x))
	}
	if len(h.News) == 0 {
		p.NoNews = words.t("token_scope_fault")
	}
	h.Sites = choose(p.Places, r.PostForm["site"])
	if p.All = r.PostForm.Get("everywhere") != ""; p.All {
		h.Sites = nil
	} else if len(h.Sites) == 0 {
		p.Fault = words.t("token_site_fault")
	}
	p.Words, p.Names, p.Private = r.PostForm.Has("words"), r.PostForm.Has("names"), r.PostForm.Has("private")
	if (p.Words || p.Names || p.Private) && !v.Can(access.CallPrivate, access.EverySite) {
		return notAllowed(nil)
	}
	h.Words, h.Names = p.Words, p.Names
	if len(p.Faults()) == 0 && p.NoNews+p.Fault == "" {
		id, secret, err := desk.Add(r.Context(), h, p.field("url").Value, p.Private)
		if err == nil {
			a := s.audit(v, "webhook.make", id)
			if a.After = h.Told(); p.Private {
				a.After += ", private addresses"
			}
			if err := s.Store.PutAudit(r.Context(), a); err != nil {
				return err
			}
			return s.showWebhook(w, r, v, id, secret)
		}
		if !errors.Is(err, ErrAddress) {
			return err
		}
		p.field("url").Fault = words.t("webhook_url_fault")
	}
	return s.askForWebhook(w, r, v, http.StatusUnprocessableEntity, p)
}

func (s systemPages) webhook(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.showWebhook(w, r, v, r.PathValue("id"), "")
}

// showWebhook shows one endpoint; a secret is shown only now.
func (s systemPages) showWebhook(w http.ResponseWriter, r *http.Request, v Viewer, id, secret string) error {
	desk, err := s.endpointsOr()
	if err != nil {
		return err
	}
	words := s.words(r, v)
	all, err := desk.List(r.Context())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(x Endpoint) bool { return x.ID == id })
	if i < 0 {
		return &page.Error{Code: page.NotFound, Title: "no_webhook", Text: "no_webhook_text"}
	}
	p := webhookPage{Secret: secret, Off: all[i].Off != ""}
	if p.webhookRow, err = s.webhookRow(r.Context(), words, &all[i]); err != nil {
		return err
	}
	tries, err := desk.Log(r.Context(), id, r.URL.Query().Get("before"), mostTries+1)
	if err != nil {
		return err
	}
	if len(tries) > mostTries {
		tries = tries[:mostTries]
		p.Older = tries[mostTries-1].ID
	}
	for _, t := range tries {
		p.Tries = append(p.Tries, hookTryRow{
			When: t.At.Format("2006-01-02 15:04:05"), ISO: t.At.Format(time.RFC3339), News: string(t.News), Message: t.Message,
			Result: tryText(words, &t), Answer: t.Answer, OK: t.Error == "", Waits: t.Slot != "",
		})
	}
	if secret != "" {
		w.Header().Set("Cache-Control", "no-store")
	}
	return s.show(w, r, v, http.StatusOK, "webhook.html", frame{
		Title: p.Name, Here: "/settings", Back: &link{"/settings/webhooks", words.t("webhooks")}, Modules: []string{"copy.js"},
	}, p)
}

// tryText is what became of a try.
func tryText(words *words, t *storage.HookTry) string {
	ms := strconv.FormatInt(t.Took.Milliseconds(), 10)
	switch {
	case t.Error == "":
		return words.t("webhook_taken", t.Status, ms)
	case t.Status > 0:
		return words.t("webhook_answered", t.Status, ms)
	}
	return words.t("webhook_no_answer", t.Error)
}

// actOnWebhook does one thing with an endpoint: "do" says which.
func (s systemPages) actOnWebhook(w http.ResponseWriter, r *http.Request, v Viewer) error {
	desk, err := s.endpointsOr()
	if err != nil {
		return err
	}
	var f form
	if err := f.read(w, r); err != nil {
		return err
	}
	id, do, ctx := r.PathValue("id"), r.PostForm.Get("do"), r.Context()
	at, note := "/settings/webhooks/"+id, ""
	switch do {
	case "test":
		_, err = desk.Test(ctx, id)
	case "rotate":
		if !s.proved(w, r, v, at) {
			return nil
		}
		secret, err := desk.Rotate(ctx, id)
		if err == nil {
			err = s.Store.PutAudit(ctx, s.audit(v, "webhook.rotate", id))
		}
		if err != nil {
			return noWebhook(err)
		}
		return s.showWebhook(w, r, v, id, secret)
	case "replay":
		var n int
		message := r.PostForm.Get("message")
		n, err = desk.Replay(ctx, id, message, s.Clock().AddDate(0, 0, -storage.HookTryDays), message == "")
		note = strconv.Itoa(n)
	case "enable", "disable":
		err = desk.Switch(ctx, id, do == "enable")
	case "remove":
		at = "/settings/webhooks"
		err = desk.Remove(ctx, id)
	default:
		return &page.Error{Code: page.Invalid, Title: "bad_form", Text: "bad_form_text"}
	}
	if err != nil {
		return noWebhook(err)
	}
	if do != "test" {
		a := s.audit(v, "webhook."+do, id)
		a.After = note
		if err := s.Store.PutAudit(ctx, a); err != nil {
			return err
		}
	}
	http.Redirect(w, r, s.Prefix+at+"?done=webhook_"+do, http.StatusSeeOther) //nolint:gosec // to our own page, by an id that was found
	return nil
}

// noWebhook says that there is no such endpoint, or no such message, where that is what err is.
func noWebhook(err error) error {
	if errors.Is(err, storage.ErrNotFound) {
		return &page.Error{Code: page.NotFound, Title: "no_webhook", Text: "no_webhook_text"}
	}
	return err
}
