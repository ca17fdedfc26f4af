package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/api"
)

// systemRoutes are the pages of other systems that call us in their own form.
var systemRoutes = []route{
	{pattern: "GET /settings/systems", deed: access.ManageWebhooks, page: in(systemPages.systems)},
	{pattern: "GET /settings/systems/new", deed: access.ManageWebhooks, page: in(systemPages.newSystem)},
	{pattern: "POST /settings/systems/new", deed: access.ManageWebhooks, page: in(systemPages.saveSystem)},
	{pattern: "GET /settings/systems/{name}", deed: access.ManageWebhooks, page: in(systemPages.system)},
	{pattern: "POST /settings/systems/{name}", deed: access.ManageWebhooks, page: in(systemPages.actOnSystem)},
}

// Systems is the desk for systems that call us in their own form. What is about one by its name is
// storage.ErrNotFound where there is none; a mapping that cannot be read is an error of
// inbound.Parse.
type Systems interface {
	// Add hears a system that signs with a given secret ("" = one is made), and returns it.
	// ErrSystemName, ErrSystemSecret.
	Add(ctx context.Context, s storage.InboundSource, given string) (secret string, err error)
	List(ctx context.Context) ([]storage.InboundSource, error)
	Save(ctx context.Context, name, file string) error
	Rotate(ctx context.Context, name, given string) (secret string, err error)
	Switch(ctx context.Context, name string, on bool) error
	Remove(ctx context.Context, name string) error
	// Calls returns the newest calls, and what each would become by a mapping; "" = its own.
	Calls(ctx context.Context, name, file string) ([]SystemCall, error)
}

// What is wrong with a system as somebody wrote it.
var (
	ErrSystemName   = errors.New("the name cannot be taken")
	ErrSystemSecret = errors.New("the secret cannot be taken")
)

// SystemCall is a call of a system, and what it would become now.
type SystemCall struct {
	storage.InboundCall
	Call    api.Sent
	Unread  bool        // it was sealed under another key
	Would   api.Outcome // of a call whose body is kept
	Becomes string      // a result of events, or "ignored"
}

// systemExample is the mapping that a new system starts with.
const systemExample = `sign: {scheme: hmac-sha256, header: X-Shop-Hmac, encoding: base64}
only: {header.x-shop-topic: [order/fulfilled, order/cancelled]}
map:
  id: body.order.number
  state: {from: header.x-shop-topic, order/fulfilled: done, order/cancelled: cancelled}
  ended: body.order.fulfilled_at
  site: main-street
  customer.id: body.customer.id
  customer.language: {from: body.customer.locale, zh-CN: zh-Hans, else: en}
  attributes.item: body.order.lines.0.title
`

// systemsPage lists the systems.
type systemsPage struct{ Rows []systemRow }

type systemRow struct{ Name, At, State string }

// systemPage is one system: its mapping beside what it sent last. A secret is shown only now.
type systemPage struct {
	systemRow
	Source, Secret string
	Off            bool
	Findings       []ruleFinding
	Calls          []systemCallRow
	Tried          bool // by a mapping that is not saved
	Fault          string
}

type systemCallRow struct {
	When, ISO, Was, Would string
	Refused               bool
	Head                  [][2]string
	Body, Event           string
	Faults                []string
}

// systemForm asks for a system.
type systemForm struct {
	form
	Source   string
	Findings []ruleFinding
}

func (s systemPages) systemsOr() (Systems, error) {
	if s.Systems == nil {
		return nil, noSystem(storage.ErrNotFound)
	}
	return s.Systems, nil
}

// noSystem says that there is no such system, where that is what err is.
func noSystem(err error) error {
	if errors.Is(err, storage.ErrNotFound) {
		return &page.Error{Code: page.NotFound, Title: "no_system", Text: "no_system_text"}
	}
	return err
}

func (s systemPages) systemRow(words *words, x *storage.InboundSource) systemRow {
	row := systemRow{Name: x.Name, At: api.InboundPath + x.Name, State: words.t("webhook_on")}
	if public := bot.LinksOf(s.Bot).PublicURL(); public != "" {
		row.At = strings.TrimSuffix(public, "/") + row.At
	}
	if x.Off {
		row.State = words.t("webhook_off_hand")
	}
	return row
}

func (s systemPages) systems(w http.ResponseWriter, r *http.Request, v Viewer) error {
	desk, err := s.systemsOr()
	if err != nil {
		return err
	}
	all, err := desk.List(r.Context())
	if err != nil {
		return err
	}
	words := s.words(r, v)
	var p systemsPage
	for i := range all {
		p.Rows = append(p.Rows, s.systemRow(words, &all[i]))
	}
	return s.show(w, r, v, http.StatusOK, "systems.html", frame{
		Title: words.t("systems"), Here: "/settings", Back: &link{"/settings", words.t("settings")},
	}, p)
}

func (s systemPages) newSystem(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if _, err := s.systemsOr(); err != nil {
		return err
	}
	if !s.proved(w, r, v, "/settings/systems/new") {
		return nil
	}
	return s.askForSystem(w, r, v, http.StatusOK, systemForm{form: systemFields(s.words(r, v)), Source: systemExample})
}

func systemFields(words *words) form {
	return form{Fields: []field{
		{Name: "name", Label: words.t("system_name"), Hint: words.t("system_name_hint"), Fill: "off"},
		{Name: "secret", Label: words.t("system_secret"), Hint: words.t("system_secret_hint"), Kind: "password", Fill: "off"},
	}}
}

func (s systemPages) askForSystem(w http.ResponseWriter, r *http.Request, v Viewer, status int, p systemForm) error {
	words := s.words(r, v)
	return s.show(w, r, v, status, "system_new.html", frame{
		Title: words.t("system_new"), Here: "/settings", Back: &link{"/settings/systems", words.t("systems")},
	}, p)
}

func (s systemPages) saveSystem(w http.ResponseWriter, r *http.Request, v Viewer) error {
	desk, err := s.systemsOr()
	if err != nil {
		return err
	}
	words := s.words(r, v)
	p := systemForm{form: systemFields(words)}
	if err := p.read(w, r); err != nil {
		return err
	}
	p.Source = lines(r.PostForm.Get("source"))
	given := p.field("secret").Value
	p.field("secret").Value = "" // no page repeats it
	if !s.proved(w, r, v, "/settings/systems/new") {
		return nil
	}
	x := storage.InboundSource{Name: p.field("name").Value, InboundTerms: storage.InboundTerms{File: p.Source, By: v.SignIn}}
	secret, err := desk.Add(r.Context(), x, given)
	switch {
	case err == nil:
		if err := s.Store.PutAudit(r.Context(), s.audit(v, "system.make", x.Name)); err != nil {
			return err
		}
		return s.showSystem(w, r, v, x.Name, systemPage{Secret: secret})
	case errors.Is(err, ErrSystemName):
		p.field("name").Fault = words.t("system_name_fault")
	case errors.Is(err, ErrSystemSecret):
		p.field("secret").Fault = words.t("system_secret_fault")
	default:
		if p.Findings, err = findingsOf(words, err); err != nil {
			return err
		}
	}
	return s.askForSystem(w, r, v, http.StatusUnprocessableEntity, p)
}

func (s systemPages) system(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.showSystem(w, r, v, r.PathValue("name"), systemPage{})
}

// showSystem shows one system. A mapping in p is shown, and tried, in the place of its own.
func (s systemPages) showSystem(w http.ResponseWriter, r *http.Request, v Viewer, name string, p systemPage) error {
	desk, err := s.systemsOr()
	if err != nil {
		return err
	}
	words, status := s.words(r, v), http.StatusOK
	all, err := desk.List(r.Context())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(x storage.InboundSource) bool { return x.Name == name })
	if i < 0 {
		return noSystem(storage.ErrNotFound)
	}
	p.systemRow, p.Off = s.systemRow(words, &all[i]), all[i].Off
	if p.Tried = p.Source != "" && p.Source != all[i].File; !p.Tried {
		p.Source = all[i].File
	}
	calls, err := desk.Calls(r.Context(), name, p.Source)
	if err != nil {
		if p.Findings, err = findingsOf(words, err); err != nil {
			return noSystem(err)
		}
		status = http.StatusUnprocessableEntity
	}
	for i := range calls {
		p.Calls = append(p.Calls, s.systemCallRow(words, &calls[i]))
	}
	if p.Fault != "" {
		status = http.StatusUnprocessableEntity
	}
	w.Header().Set("Cache-Control", "no-store") // it may hold a secret, and holds what customers did
	return s.show(w, r, v, status, "system.html", frame{
		Title: p.Name, Here: "/settings", Back: &link{"/settings/systems", words.t("systems")}, Modules: []string{"copy.js"},
	}, p)
}

func (s systemPages) systemCallRow(words *words, c *SystemCall) systemCallRow {
	row := systemCallRow{
		When: c.At.UTC().Format(time.DateTime), ISO: c.At.Format(time.RFC3339), Was: words.t("system_was_" + c.Result), Refused: c.Result == string(api.Refused),
	}
	switch {
	case c.Unread:
		row.Would = words.t("system_unread")
		return row
	case c.Body == "":
		row.Would = words.t("system_gone")
		return row
	}
	row.Would = words.t("system_would_" + c.Becomes)
	for name, value := range c.Call.Head {
		row.Head = append(row.Head, [2]string{name, value})
	}
	slices.SortFunc(row.Head, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	row.Body = c.Call.Body
	var laid bytes.Buffer
	if json.Indent(&laid, []byte(c.Call.Body), "", "  ") == nil {
		row.Body = laid.String()
	}
	for _, f := range c.Would.Faults {
		row.Faults = append(row.Faults, strings.TrimPrefix(f.Pointer+": ", ": ")+f.Detail)
	}
	if len(row.Faults) == 0 && c.Becomes != "ignored" {
		event, _ := json.MarshalIndent(c.Would.Event, "", "  ") // as it was read
		row.Event = string(event)
	}
	return row
}

// actOnSystem does one thing with a system: "do" says which.
func (s systemPages) actOnSystem(w http.ResponseWriter, r *http.Request, v Viewer) error {
	desk, err := s.systemsOr()
	if err != nil {
		return err
	}
	var f form
	if err := f.read(w, r); err != nil {
		return err
	}
	name, do, ctx, words := r.PathValue("name"), r.PostForm.Get("do"), r.Context(), s.words(r, v)
	at := "/settings/systems/" + name
	switch do {
	case "check", "save":
		p := systemPage{Source: lines(r.PostForm.Get("source"))}
		if do == "check" {
			return s.showSystem(w, r, v, name, p)
		}
		if err := desk.Save(ctx, name, p.Source); err != nil {
			if findings, other := findingsOf(words, err); other == nil && len(findings) > 0 {
				return s.showSystem(w, r, v, name, p)
			}
			return noSystem(err)
		}
	case "rotate":
		if !s.proved(w, r, v, at) {
			return nil
		}
		secret, err := desk.Rotate(ctx, name, strings.TrimSpace(r.PostForm.Get("secret")))
		if errors.Is(err, ErrSystemSecret) {
			return s.showSystem(w, r, v, name, systemPage{Fault: words.t("system_secret_fault")})
		}
		if err == nil {
			err = s.Store.PutAudit(ctx, s.audit(v, "system.rotate", name))
		}
		if err != nil {
			return noSystem(err)
		}
		return s.showSystem(w, r, v, name, systemPage{Secret: secret})
	case "enable", "disable":
		err = desk.Switch(ctx, name, do == "enable")
	case "remove":
		at = "/settings/systems"
		err = desk.Remove(ctx, name)
	default:
		return &page.Error{Code: page.Invalid, Title: "bad_form", Text: "bad_form_text"}
	}
	if err != nil {
		return noSystem(err)
	}
	if err := s.Store.PutAudit(ctx, s.audit(v, "system."+do, name)); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+at+"?done=system_"+do, http.StatusSeeOther) //nolint:gosec // to our own page, by a name that was found
	return nil
}
