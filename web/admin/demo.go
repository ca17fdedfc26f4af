package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// Demo makes these pages those of a demo on this computer: whoever opens /demo is one of its
// people, and sees a customer's chat beside these pages.
type Demo struct {
	// People are who one can be there; the first is who one is at first.
	People []DemoPerson
	// What a customer can be: the first of each is chosen at first.
	Sites, Languages []DemoChoice
	Flows            []string // ids, whose names are words of these pages
	// Customer is the customer with this token or, where there is none, one of whom nobody has
	// said anything yet.
	Customer func(ctx context.Context, token string) (DemoCustomer, error)
	// Invite makes another customer of this kind.
	Invite func(ctx context.Context, like DemoCustomer) (DemoCustomer, error)
	// Password is that of all its people: some pages ask for it.
	Password string
}

// DemoPerson is somebody who one can be in a demo.
type DemoPerson struct {
	Login string // id
	Name  string
	Role  string // "owner", or one of package access
}

// DemoChoice is one entry of a menu.
type DemoChoice struct{ Value, Text string }

// DemoCustomer is a customer whom a demo has invited.
type DemoCustomer struct {
	Token                string // of the chat
	Site, Flow, Language string
}

// demoCookie remembers which customer a browser is: another one is another.
const demoCookie = "demo"

// demoDoors are the pages of a demo.
var demoDoors = []route{
	{pattern: "GET /demo", page: in(doorPages.demo)},
	{pattern: "POST /demo/customer", page: in(doorPages.demoCustomer)},
	{pattern: "POST /demo/person", page: in(doorPages.demoPerson)},
}

// demoPage is a customer's chat beside these pages.
type demoPage struct {
	Chat     string // address of the chat
	Menus    []demoMenu
	People   []demoWho
	Password string
}

type demoMenu struct {
	Name, Label string
	Options     []option
	Value       string
}

type demoWho struct {
	Login, Name, Role string
	Now               bool // the one whom the browser is
}

// onThisComputer lets through what asks for this computer by its own name: a page elsewhere
// that makes a name of its own mean this computer gets nothing.
func onThisComputer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if reachOf(strings.Trim(host, "[]")) != "reach_here" {
			http.Error(w, "The demo is for this computer alone: open it at 127.0.0.1.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// demo shows the chat of the customer whom this browser is beside the pages of staff, and
// makes the browser one of the demo's people where it is nobody.
func (s doorPages) demo(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if v.Login == "" {
		if err := s.become(w, r, s.Demo.People[0].Login); err != nil {
			return err
		}
		v.Login = s.Demo.People[0].Login
	}
	token := r.URL.Query().Get("chat")
	if c, err := r.Cookie(demoCookie); token == "" && err == nil {
		token = c.Value
	}
	is, err := s.Demo.Customer(r.Context(), token)
	if err != nil {
		return fmt.Errorf("find a customer for the demo: %w", err)
	}
	s.rememberCustomer(w, is)
	words := s.words(r, v)
	p := demoPage{Chat: s.Prefix + "/chat/" + url.PathEscape(is.Token), Password: s.Demo.Password}
	flows := make([]DemoChoice, len(s.Demo.Flows))
	for i, id := range s.Demo.Flows {
		flows[i] = DemoChoice{id, words.t("flow_" + id)}
	}
	for _, m := range []struct {
		name, now string
		of        []DemoChoice
	}{{"site", is.Site, s.Demo.Sites}, {"flow", is.Flow, flows}, {"language", is.Language, s.Demo.Languages}} {
		menu := demoMenu{Name: m.name, Label: words.t("demo_" + m.name), Value: m.now}
		for _, c := range m.of {
			menu.Options = append(menu.Options, option(c))
		}
		p.Menus = append(p.Menus, menu)
	}
	for _, who := range s.Demo.People {
		p.People = append(p.People, demoWho{who.Login, who.Name, words.t("role_" + who.Role), who.Login == v.Login})
	}
	w.Header().Set("Content-Security-Policy", policy+"; frame-src 'self'")
	w.Header().Set("X-Frame-Options", "DENY")
	return s.show(w, r, v, http.StatusOK, "demo.html", frame{Title: words.t("demo_title"), Bare: true, Wide: true}, p)
}

// rememberCustomer makes a browser this customer.
func (s doorPages) rememberCustomer(w http.ResponseWriter, c DemoCustomer) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // the demo is served without https, and its customers are nobody
		Name: demoCookie, Value: c.Token, Path: s.Prefix + "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(24 * time.Hour / time.Second),
	})
}

// become begins a session of one of the demo's people.
func (s doorPages) become(w http.ResponseWriter, r *http.Request, login string) error {
	begins, cookie := s.newSession(r, login)
	if err := s.Store.PutWebSession(r.Context(), begins, signin.HashToken(held(r))); err != nil {
		return fmt.Errorf("sign in to the demo: %w", err)
	}
	http.SetCookie(w, cookie)
	return nil
}

func (s doorPages) demoPerson(w http.ResponseWriter, r *http.Request, _ Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	login := r.PostForm.Get("login")
	if !slices.ContainsFunc(s.Demo.People, func(p DemoPerson) bool { return p.Login == login }) {
		return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
	}
	switch err := s.become(w, r, login); {
	case errors.Is(err, storage.ErrNotFound): // an owner of the demo removed them
		return &page.Error{Code: page.Gone, Title: "not_found", Text: "not_found_text", Err: err}
	case err != nil:
		return err
	}
	http.Redirect(w, r, s.Prefix+"/demo", http.StatusSeeOther)
	return nil
}

func (s doorPages) demoCustomer(w http.ResponseWriter, r *http.Request, _ Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	like := DemoCustomer{Site: r.PostForm.Get("site"), Flow: r.PostForm.Get("flow"), Language: r.PostForm.Get("language")}
	among := func(all []DemoChoice, value string) bool {
		return slices.ContainsFunc(all, func(c DemoChoice) bool { return c.Value == value })
	}
	if !among(s.Demo.Sites, like.Site) || !among(s.Demo.Languages, like.Language) || !slices.Contains(s.Demo.Flows, like.Flow) {
		return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
	}
	made, err := s.Demo.Invite(r.Context(), like)
	if err != nil {
		return fmt.Errorf("invite a customer of the demo: %w", err)
	}
	s.rememberCustomer(w, made)
	http.Redirect(w, r, s.Prefix+"/demo", http.StatusSeeOther)
	return nil
}

// DemoPath is the page of a demo that shows the chat of the customer with this token.
func DemoPath(token string) string { return "/demo?chat=" + url.QueryEscape(token) }
