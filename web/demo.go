package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"

	"github.com/aftercare/aftercare/internal/page"
)

// Demo is what the demo's front page needs. It shows the customer's chat of one
// invitation beside the staff room; it never lists invitations.
type Demo struct {
	// Customer returns the web chat link of the customer with this token or, where there is
	// none, of one of whom nobody has said anything yet.
	Customer func(ctx context.Context, token string) (link string, err error)
	// Room is the id of the staff room: /room/{id}.
	Room string
	// What a new customer can be: the first of each is chosen at first.
	Sites, Flows, Languages []Choice
	// NewCustomer invites another customer and returns the web chat link.
	NewCustomer func(ctx context.Context, site, language, flow string) (link string, err error)
}

// Choice is one entry of a menu.
type Choice struct{ Value, Label string }

// maxForm is the size in bytes up to which a form is read.
const maxForm = 64 << 10

// demoCookie remembers which customer a browser is: another one is another.
const demoCookie = "demo"

type demoPage struct {
	frame
	Chat, Room string // what the two frames show
	Menus      []menu
}

type menu struct {
	Name, Label string
	Choices     []Choice
	Chosen      string
}

func (s *site) demo(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	token := q.Get("chat")
	if token == "" || token != linkToken(token) {
		was := ""
		if c, err := r.Cookie(demoCookie); err == nil {
			was = linkToken(c.Value)
		}
		link, err := s.Demo.Customer(r.Context(), was)
		if err != nil {
			s.refuse(w, r, &page.Error{
				Code: page.Unavailable, Title: "We cannot show that right now", Text: "Reload this page in a moment.",
				Err: fmt.Errorf("find a customer for the demo: %w", err),
			})
			return
		}
		token = linkToken(link)
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // the demo is served without https, and its customers are nobody
		Name: demoCookie, Value: token, Path: s.Prefix + "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	s.render(w, r, http.StatusOK, "demo.html", demoPage{
		frame: s.frame("Aftercare demo"),
		Chat:  s.Prefix + "/chat/" + token,
		Room:  s.Prefix + "/room/" + url.PathEscape(s.Demo.Room),
		Menus: []menu{
			{"site", "Place", s.Demo.Sites, q.Get("site")},
			{"flow", "Survey", s.Demo.Flows, q.Get("flow")},
			{"language", "Language", s.Demo.Languages, q.Get("language")},
		},
	})
}

func (s *site) newCustomer(w http.ResponseWriter, r *http.Request) {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		s.refuse(w, r, &page.Error{
			Code: page.AsError(err).Code, Title: "We could not read that", Text: "Nothing was changed. Go back and try again.", Err: err,
		})
		return
	}
	place, flow, language := r.PostForm.Get("site"), r.PostForm.Get("flow"), r.PostForm.Get("language")
	if !among(s.Demo.Sites, place) || !among(s.Demo.Flows, flow) || !among(s.Demo.Languages, language) {
		s.refuse(w, r, &page.Error{
			Code: page.Invalid, Title: "Choose from the menus",
			Text: "Nothing was changed. Go back and choose a place, a survey and a language.",
		})
		return
	}
	link, err := s.Demo.NewCustomer(r.Context(), place, language, flow)
	if err != nil {
		s.refuse(w, r, &page.Error{
			Code: page.Unavailable, Title: "We cannot do that right now",
			Text: "Nothing was changed. Wait a moment, then go back and try again.", Err: fmt.Errorf("invite a new customer: %w", err),
		})
		return
	}
	show := url.Values{"chat": {linkToken(link)}, "site": {place}, "flow": {flow}, "language": {language}}
	http.Redirect(w, r, s.Prefix+"/?"+show.Encode(), http.StatusSeeOther)
}

func among(choices []Choice, value string) bool {
	for _, c := range choices {
		if c.Value == value {
			return true
		}
	}
	return false
}

// linkToken is the last part of a web chat link, "" unless it is URL-safe.
func linkToken(link string) string {
	token := path.Base(link)
	for _, c := range token {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
		if !ok {
			return ""
		}
	}
	return token
}
