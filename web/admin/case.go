package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// caseModules are what the pages of cases load: they work without.
var caseModules = []string{"live.js", "stream.js", "keys.js", "draft.js", "clock.js", "notify.js"}

// pastSessions is how many earlier conversations the page of a case shows.
const pastSessions = 5

// found is a case of the address, with what it began with.
type found struct {
	storage.Case
	began storage.Opening
}

// find is the case that the address names, if the viewer may see it. Of one at another site
// nothing is told, not even that it is there.
func (s casePages) find(r *http.Request, v Viewer) (*found, error) {
	none := &page.Error{Code: page.NotFound, Title: "no_case", Text: "no_case_text"}
	bucket, number, ok := recovery.ParseName(r.PathValue("number"))
	if !ok || bucket >= s.Store.Buckets() {
		return nil, none
	}
	k, err := s.Store.CaseNumbered(r.Context(), storage.Bucket(bucket), number)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !v.Can(access.SeeCases, k.Site) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	began, err := s.Store.Openings(r.Context(), []storage.Case{k})
	if err != nil {
		return nil, err
	}
	return &found{k, began[k.ID]}, nil
}

// actor is the viewer as who they are at a site.
func (s casePages) actor(v Viewer, at string) recovery.Actor {
	m, ok := s.Bot.Configuration().Now().Team.Members[v.Staff]
	if !ok || v.Staff == "" {
		return recovery.Actor{}
	}
	return recovery.Actor{Staffer: recovery.Staffer{ID: m.ID, Name: m.Name}, Role: m.RoleAt(at)}
}

// source reads what the page of a case is made from.
func (s casePages) source(ctx context.Context, v Viewer, f *found) (in caseSource, err error) {
	snap := s.Bot.Configuration().Now()
	k, cases := &f.Case, bot.Cases{Bot: s.Bot}
	in = caseSource{
		Case: k, Zone: s.at(k.Site).Zone, Rules: snap.Rules(k.Site), Actor: s.actor(v, k.Site), FormID: uuid.Must(uuid.NewV7()).String(),
		Names: map[string]string{}, Reveal: mayReveal(v, k.Site), Cards: cases.Named(k.Cards),
	}
	for id, m := range snap.Team.Members {
		in.Names[id] = m.Name
	}
	if in.View, err = s.viewOf(ctx, k, f.began); err != nil {
		return in, err
	}
	if in.Events, err = s.Store.CaseEvents(ctx, k.Bucket, k.ID); err != nil {
		return in, err
	}
	if in.Pending, err = s.Store.PendingOf(ctx, k.Bucket, k.ID); err != nil {
		return in, err
	}
	if in.Drafts, err = s.Store.Drafts(ctx, k.Bucket, k.ID); err != nil {
		return in, err
	}
	if in.View == nil {
		return in, nil
	}
	in.Next = cases.Next(in.View)
	if in.Arrived, err = cases.Arrived(ctx, in.View); err != nil {
		return in, err
	}
	past, err := s.Store.SessionsOf(ctx, k.Bucket, k.Identity, pastSessions+1)
	if err != nil {
		return in, err
	}
	in.Past = slices.DeleteFunc(past, func(o storage.Session) bool {
		return o.ID == k.Session || len(o.Answers) == 0 || o.Mark != "" || !v.Can(access.SeeCustomers, o.Site)
	})
	if in.View.Pseudonymous() || in.View.Session.Mark != "" { // the past would say who it is
		in.Past = nil
	}
	in.Past = in.Past[:min(len(in.Past), pastSessions)]
	return in, nil
}

// kase is the page of a case.
func (s casePages) kase(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, err := s.find(r, v)
	if err != nil {
		return err
	}
	return s.showCase(w, r, v, f, http.StatusOK, nil)
}

// showCase shows the page of a case; change puts in what somebody typed and why it was not done.
func (s casePages) showCase(w http.ResponseWriter, r *http.Request, v Viewer, f *found, status int, change func(*casePage)) error {
	in, err := s.source(r.Context(), v, f)
	if err != nil {
		return err
	}
	upto, _ := strconv.Atoi(r.URL.Query().Get("upto"))
	in.show(upto)
	words := s.words(r, v)
	p := s.lookOf(words, v, f.Site, s.Clock()).caseOf(in)
	if change != nil {
		change(&p)
	}
	waiting, err := s.waiting(r.Context(), v)
	if err != nil {
		return err
	}
	title := words.t("case_title", p.Number, p.Name)
	return s.show(w, r, v, status, "case.html", frame{Title: title, Here: "/cases", Own: true, Waiting: waiting, Counted: true, Modules: caseModules}, p)
}

// waiting is how many cases wait for the viewer, or for anybody.
func (s *site) waiting(ctx context.Context, v Viewer) (int, error) {
	return s.waitingBeside(ctx, v, -1)
}

// waitingBeside is waiting where the cases that nobody has are counted already, at all sites; -1 = they are not.
func (s *site) waitingBeside(ctx context.Context, v Viewer, free int) (int, error) {
	all := 0
	for _, g := range groupFilters(v.Staff) {
		if g.fold || g.key == "waiting" && v.Staff == "" {
			continue
		}
		if g.key == "free" && free >= 0 {
			all += free
			continue
		}
		g.filter.Sites = s.permitted(v, access.SeeCases)
		n, _, err := s.Store.CountStanding(ctx, g.filter, countUpTo)
		if err != nil {
			return 0, err
		}
		all += n
	}
	return all, nil
}

// caseRoutes are the addresses of cases. Who may do an act at the site of a case is decided by
// the act itself, in the transaction that does it.
func caseRoutes() []route {
	all := []route{
		{"GET /cases", access.SeeCases, in(casePages.inbox)},
		{"POST /cases/take", access.TakeCase, in(casePages.takeOne)},
		{"POST /cases/views", access.SeeCases, in(casePages.saveView)},
		{"GET /cases/next", access.SeeCases, in(casePages.nextCase)},
		{"GET /cases/{number}", access.SeeCases, in(casePages.kase)},
		{"GET /live", access.SeeCases, (*site).live},
		{"POST /cases/{number}/take", access.TakeCase, actPost("take")},
		{"POST /cases/{number}/release", access.ReleaseCase, actPost("release")},
		{"POST /cases/{number}/reply", access.ContactCase, in(casePages.reply)},
		{"POST /cases/{number}/undo", access.ContactCase, in(casePages.undo)},
		{"POST /cases/{number}/note", access.NoteCase, in(casePages.note)},
		{"POST /cases/{number}/draft", access.NoteCase, in(casePages.draft)},
		{"POST /cases/{number}/snippet", access.ContactCase, in(casePages.putSnippet)},
	}
	for _, form := range actForms {
		deed := kindOf(form).Deed()
		if form == "reveal" {
			deed = access.Reveal
		}
		all = append(all, route{"GET /cases/{number}/" + form, deed, actForm(form)}, route{"POST /cases/{number}/" + form, deed, actPost(form)})
	}
	return all
}
