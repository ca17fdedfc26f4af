package admin

import (
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// handler answers one request of somebody who may ask it. What it returns is shown to the
// person in one place: a *page.Error by its words, anything else as a failure of ours.
type handler func(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error

// route is one address with what it takes to use it.
type route struct {
	pattern string      // of http.ServeMux, with its method
	deed    access.Deed // what the person must be allowed at some site at least; "" = having signed in
	page    handler     // reads the rights at the site of what it shows by itself
}

// A room is the handlers of one kind of pages, with what only they share. What several rooms need are
// methods of site, which each room holds.
type (
	casePages        struct{ *site } // the list of cases, a case, what is done to it
	customerPages    struct{ *site } // what is kept of customers
	surveyPages      struct{ *site } // surveys, as they are published
	draftPages       struct{ *site } // the editor of surveys
	peoplePages      struct{ *site } // who works here
	doorPages        struct{ *site } // signing in, and what proves who somebody is
	outsidePages     struct{ *site } // signing in with the house's identity provider
	chatPages        struct{ *site } // the first evening, chats and the accounts that serve them
	systemPages      struct{ *site } // other systems: their tokens, what they are told, how they call
	reportPages      struct{ *site } // reports, and their files
	givenPages       struct{ *site } // reports of what customers gave questions
	standardPages    struct{ *site } // the report of the standards of services
	saidPages        struct{ *site } // answers and words, one by one
	improvementPages struct{ *site } // what was improved, and who is told of it
	askingPages      struct{ *site } // who is asked, and who is asked now
	linkPages        struct{ *site } // links and codes that stand somewhere
	importPages      struct{ *site } // tables of services
	triggerPages     struct{ *site } // what asks whom and when
	rulePages        struct{ *site } // the rules of recovery, and the texts
	settingsPages    struct{ *site } // sites, data, what is stuck, and where each setting is
)

// in makes a handler of one of a room's.
func in[R ~struct{ *site }](page func(R, http.ResponseWriter, *http.Request, Viewer) error) handler {
	return func(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error { return page(R{s}, w, r, v) }
}

// of makes a report of one of a room's.
func of[R ~struct{ *site }](one func(R, *http.Request, *words, Viewer, *reportFilter) (reportPage, error)) reportMaker {
	return func(s *site, r *http.Request, w *words, v Viewer, f *reportFilter) (reportPage, error) {
		return one(R{s}, r, w, v, f)
	}
}

// routes are the addresses for people who have signed in.
var routes = slices.Concat(
	addressRoutes,
	alarmRoutes,
	answerRoutes,
	askingRoutes,
	triggerRoutes,
	askNowRoutes,
	auditRoutes,
	bulkRoutes,
	caseRoutes(),
	customerRoutes,
	dataRoutes,
	downloadRoutes,
	flowRoutes,
	helpRoutes,
	importRoutes,
	listFileRoutes,
	improvementRoutes,
	sayingRoutes,
	keyRoutes,
	leavingRoutes,
	linkRoutes,
	manyRoutes,
	meRoutes,
	oidcRoutes,
	moreRoutes,
	chatCodeRoutes,
	outboxRoutes,
	passkeyRoutes,
	peopleRoutes,
	proveRoutes,
	ruleRoutes,
	secondRoutes,
	reportRoutes,
	reportingRoutes,
	settingsRoutes,
	signInRoutes,
	setupRoutes,
	siteRoutes,
	slackRoutes,
	staffChatRoutes,
	telegramRoutes,
	textRoutes,
	todayRoutes,
	tokenRoutes,
	webhookRoutes,
	systemRoutes,
)

// start is the first page: the first place that the viewer may see.
func (s *site) start(w http.ResponseWriter, r *http.Request, v Viewer) error {
	for _, p := range places {
		if p.At != "/" && v.Anywhere(p.deed) {
			http.Redirect(w, r, s.Prefix+p.At, http.StatusSeeOther)
			return nil
		}
	}
	http.Redirect(w, r, s.Prefix+"/me", http.StatusSeeOther)
	return nil
}

// doors are the addresses that need no session: signing in, and one-time links. Their
// Viewer is that of the session if there is one.
var doors = slices.Concat(addressDoors, linkDoors, loginDoors, oidcDoors, passkeyDoors, secondDoors)

// behindTheGate lets in who has signed in and may use the route.
func (s *site) behindTheGate(to route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, ok, err := s.Gate.Viewer(r)
		switch {
		case err != nil:
			s.refuse(w, r, Viewer{}, &page.Error{Code: page.Unavailable, Title: "unavailable", Text: "unavailable_text", Err: err})
		case !ok && s.Demo != nil:
			http.Redirect(w, r, s.Prefix+"/demo", http.StatusSeeOther)
		case !ok:
			s.answer(route{page: in(doorPages.signInFirst)}, w, r, Viewer{})
		case to.deed != "" && !v.Anywhere(to.deed):
			s.refuse(w, r, v, notAllowed(nil))
		default:
			s.answer(to, w, r, v)
		}
	}
}

// beforeTheGate serves a door.
func (s *site) beforeTheGate(to route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, ok, err := s.Gate.Viewer(r)
		if err != nil || !ok {
			v = Viewer{}
		}
		s.answer(to, w, r, v)
	}
}

func (s *site) answer(to route, w http.ResponseWriter, r *http.Request, v Viewer) {
	if err := to.page(s, w, r, v); err != nil {
		s.refuse(w, r, v, err)
	}
}

// notAllowed is the error of somebody who may not do what they asked.
func notAllowed(err error) *page.Error {
	return &page.Error{Code: page.Forbidden, Title: "not_allowed", Text: "not_allowed_text", Err: err}
}

// nothingHere is the page of an address that does not exist.
func (s *site) nothingHere(_ http.ResponseWriter, _ *http.Request, _ Viewer) error {
	return &page.Error{Code: page.NotFound, Title: "not_found", Text: "not_found_text"}
}

// notice is a page of a few words.
type notice struct{ Text string }

// refuse answers with a page that says what err says. Title and Text of a page.Error are
// keys of the words of these pages; why it is so is for the log.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, v Viewer, err error) {
	e := page.AsError(err)
	switch {
	case e.Title != "":
	case errors.Is(err, storage.ErrChanged):
		e = &page.Error{Code: page.Unavailable, Title: "changed_at_once", Text: "changed_at_once_text", Err: e.Err}
	case errors.Is(err, storage.ErrSlow) && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		e = &page.Error{Code: page.Unavailable, Title: "slow", Text: "slow_text", Err: e.Err}
	case errors.Is(err, storage.ErrThere):
		e = &page.Error{Code: page.Unavailable, Title: "changed_at_once", Text: "there_at_once_text", Err: e.Err}
	case errors.Is(err, storage.ErrUnavailable) && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		// Nothing was to be done, so nothing is to be looked after: the page comes back with the database.
		e = &page.Error{Code: page.Unavailable, Title: "unavailable", Text: "unavailable_text", Err: e.Err}
	default:
		e = &page.Error{Code: e.Code, Title: "failed", Text: "failed_text", Err: e.Err}
	}
	if e.Code.Status() >= http.StatusInternalServerError {
		s.Log.Error("admin: "+page.Asked(r), "err", err)
	}
	words := s.words(r, v)
	f := frame{Title: words.t(e.Title)}
	_ = s.show(w, r, v, e.Code.Status(), "notice.html", f, notice{words.t(e.Text)})
}

// Pages are the addresses that a browser opens as pages, as patterns of http.ServeMux without their
// method, in order. Streams and files are none; each report stands by its own name.
func Pages() []string {
	var all []string
	for _, to := range routes {
		method, at, _ := strings.Cut(to.pattern, " ")
		switch {
		case method != http.MethodGet || at == "/live" || path.Ext(at) != "" || strings.HasSuffix(at, "/export"):
		case at == "/reports/{report}":
			for _, r := range reports {
				all = append(all, "/reports/"+r.name)
			}
		default:
			all = append(all, at)
		}
	}
	slices.Sort(all)
	return all
}
