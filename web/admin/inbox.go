package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// How much the list shows at once, and up to how many it counts in each part of the database.
const (
	openRows   = 20
	foldedRows = 10
	pageRows   = 50
	mostViews  = 12
	countUpTo  = 1000
)

// caseReasons are what the list may be narrowed to, each as the reasons of a case begin.
var caseReasons = []string{"primary", "nps", "composite", "critical", "attribute", "gap", "complaint", "mvc", "question", "suggestion"}

// choice is an entry of a menu.
type choice struct {
	Value, Text string
	Chosen      bool
}

// inboxPage is the list of cases.
type inboxPage struct {
	Groups []standingGroup
	Sites  []choice // nil where there is one only
	States []choice
	Ranks  []choice
	Whys   []choice
	Query  string // what was searched for
	Found  bool   // filters are set
	Views  []link // what was saved
	Saving string // the query of the address, to be saved; "" = nothing to save
	Empty  bool   // nobody waits
	Last   string // when the last case was closed, and by whom; "" = none was
	NotOne string // what was searched for and is no case
	Storms []stormRow
	May    bool   // the reader may act at all
	Back   string // this address, to come back to
	Files  []downloadFile
}

// permitted are the sites at which the viewer may do something; nil = every one.
func (s *site) permitted(v Viewer, d access.Deed) []string {
	if v.Owner {
		return nil
	}
	snap := s.Bot.Configuration().Now()
	all, some := v.Can(d, access.EverySite), []string{}
	if all {
		some = append(some, access.EverySite)
	}
	for id := range snap.Sites {
		if v.Can(d, id) {
			some = append(some, id)
		} else if id != access.EverySite {
			all = false
		}
	}
	if all {
		return nil
	}
	slices.Sort(some)
	return some
}

// siteChoices are the sites that the viewer may choose from, by name.
func (s *site) siteChoices(w *words, v Viewer, d access.Deed, chosen string) []choice {
	snap := s.Bot.Configuration().Now()
	var all []choice
	for _, id := range snap.NamedSites() {
		if v.Can(d, id) {
			all = append(all, choice{id, snap.Sites[id].Name, id == chosen})
		}
	}
	if chosen != "" && v.Can(d, chosen) && !slices.ContainsFunc(all, func(c choice) bool { return c.Chosen }) {
		all = append(all, choice{chosen, s.siteName(w, chosen), true}) // removed, or never there: it acts all the same
	}
	if len(all) < 2 {
		return nil
	}
	return append([]choice{{"", w.t("all_my_sites"), chosen == ""}}, all...)
}

// lookOf is how the viewer looks at the cases of a site.
func (s *site) lookOf(w *words, v Viewer, at string, now time.Time) look {
	return look{
		w: w, now: now, staff: v.Staff, words: v.Can(access.SeeWords, at), names: v.Can(access.SeeCustomers, at),
		all: len(s.Bot.Configuration().Now().Sites) > 1,
	}
}

// inbox is the page of all cases.
func (s casePages) inbox(w http.ResponseWriter, r *http.Request, v Viewer) error {
	q := caseQuery(r)
	words, now := s.words(r, v), s.Clock()
	search := strings.TrimSpace(q.Get("q"))
	if bucket, number, ok := recovery.ParseName(search); ok && bucket < s.Store.Buckets() {
		http.Redirect(w, r, s.Prefix+"/cases/"+recovery.Case{Bucket: bucket, Number: number}.Name(), http.StatusSeeOther)
		return nil
	}
	base := storage.StandingFilter{Sites: s.permitted(v, access.SeeCases)}
	if at := q.Get("site"); at != "" {
		if !v.Can(access.SeeCases, at) {
			return notAllowed(nil)
		}
		base.Sites = []string{at}
	}
	rank, _ := strconv.Atoi(strings.TrimPrefix(q.Get("priority"), "P"))
	if rank >= 1 && rank <= 3 {
		base.Priority = recovery.Priority(rank)
	}
	state := q.Get("state")
	p := inboxPage{Query: search, May: v.Staff != "" && v.Anywhere(access.TakeCase), Back: "/cases"}
	p.Sites = s.siteChoices(words, v, access.SeeCases, q.Get("site"))
	for _, key := range slices.Concat([]string{""}, caseGroups) {
		p.States = append(p.States, choice{key, words.t("group_" + key), key == state})
	}
	for _, key := range slices.Concat([]string{""}, caseRanks) {
		p.Ranks = append(p.Ranks, choice{key, words.t("rank_" + key), key == q.Get("priority")})
	}
	for _, key := range slices.Concat([]string{""}, caseReasons) {
		p.Whys = append(p.Whys, choice{key, words.t("why_" + key), key == q.Get("reason")})
	}
	base.Reason = q.Get("reason")
	keep := kept(q, listFilters)
	if p.Found = len(keep) > 0; p.Found {
		p.Saving, p.Back = keep.Encode(), "/cases?"+keep.Encode()
	}
	if search != "" {
		found, err := s.casesOfNamed(r.Context(), words, v, now, search)
		if err != nil {
			return err
		}
		if len(found.Rows) > 0 {
			p.Groups, p.Found = append(p.Groups, found), true
			f := frame{Title: words.t("cases"), Here: "/cases", Own: true, Modules: caseModules}
			return s.show(w, r, v, http.StatusOK, "cases.html", f, p)
		}
		p.NotOne = search
	}
	reads, watches := s.standings(r)
	waiting, stand := 0, [][]storage.Case{}
	for _, g := range groupFilters(v.Staff) {
		if state != "" && state != g.key || g.key == "waiting" && v.Staff == "" {
			continue
		}
		f := g.filter
		f.Sites, f.Priority, f.Reason = base.Sites, base.Priority, base.Reason
		group, cases, n, err := s.group(r.Context(), reads, f, g.key, g.fold && state == "", keep, q.Get("after"))
		if err != nil {
			return err
		}
		if g.key == "waiting" || g.key == "free" {
			waiting += n
		}
		if n > 0 || state != "" {
			p.Groups, stand = append(p.Groups, group), append(stand, cases)
		}
	}
	fill := s.fillGroups
	if watches {
		fill = s.fillWatched
	}
	if err := fill(r.Context(), words, v, now, p.Groups, stand); err != nil {
		return err
	}
	if state == "closed" {
		group, err := s.closedGroup(r.Context(), words, v, now, base, keep, q.Get("after"))
		if err != nil {
			return err
		}
		p.Groups = append(p.Groups, group)
	}
	if p.Empty = waiting == 0 && (state == "" || state == "waiting" || state == "free"); p.Empty {
		last, err := s.lastClosed(r.Context(), words, base.Sites, now)
		if err != nil {
			return err
		}
		p.Last = last
	}
	if state == "" || state == "free" {
		storms, err := s.stormRows(r.Context(), words, v, now, q.Get("site"))
		if err != nil {
			return err
		}
		p.Storms = storms
	}
	f := frame{Title: words.t("cases"), Here: "/cases", Waiting: waiting, Counted: true, Own: true, Modules: caseModules, Part: watches}
	if watches { // what stands around the list has not changed
		return s.show(w, r, v, http.StatusOK, "cases.html", f, p)
	}
	if at := q.Get("site"); at == "" || v.Can(access.ExportData, at) {
		p.Files = s.filesOf(words, v, "/list/cases", "cases", keep, access.SeeCases)
	}
	views, err := s.Store.Views(r.Context(), v.Staff)
	if err != nil {
		return err
	}
	for _, view := range views {
		p.Views = append(p.Views, link{"/cases?" + view.Query, view.Name})
		if view.Query == p.Saving {
			p.Saving = ""
		}
	}
	return s.show(w, r, v, http.StatusOK, "cases.html", f, p)
}

// countText is a count that may have stopped early.
func countText(n int, more bool) string {
	if more {
		return strconv.Itoa(n) + "+"
	}
	return strconv.Itoa(n)
}

// casesOfNamed are the cases of customers whose names begin as what was typed, those that opened
// last first, as far as the viewer may know who they are.
func (s casePages) casesOfNamed(ctx context.Context, w *words, v Viewer, now time.Time, typed string) (standingGroup, error) {
	g := standingGroup{Key: "found"}
	if !v.Anywhere(access.SeeCustomers) || len(typed) > 100 {
		return g, nil
	}
	people, more, err := bot.PeopleNamed(ctx, s.Bot, typed)
	if err != nil {
		return g, err
	}
	var cases []storage.Case
	for _, d := range people {
		seen, _ := visible(v, d)
		for _, f := range seen.Cases {
			if v.Can(access.SeeCases, f.Case.Site) {
				cases = append(cases, f.Case)
			}
		}
	}
	slices.SortFunc(cases, func(a, b storage.Case) int { return b.OpenedAt.Compare(a.OpenedAt) })
	g.Count = countText(len(cases), more)
	g.Rows, err = s.rows(ctx, w, v, now, cases[:min(len(cases), openRows)])
	return g, err
}

// listFilters are what narrows the list, as its address says it.
var listFilters = []string{"state", "site", "priority", "reason"}

// caseGroups and caseRanks are what "state" and "priority" may say.
var (
	caseGroups = []string{"waiting", "free", "others", "asleep", "watch", "closed"}
	caseRanks  = []string{"P1", "P2", "P3"}
)

// caseQuery is the address of a list of cases without filters that say what there is not: they narrow nothing, and
// no menu shows them.
func caseQuery(r *http.Request) url.Values {
	q := r.URL.Query()
	for name, known := range map[string][]string{"state": caseGroups, "priority": caseRanks, "reason": caseReasons} {
		if !slices.Contains(known, q.Get(name)) {
			q.Del(name)
		}
	}
	return q
}

// kept are those of the values of an address that have one of these names.
func kept(q url.Values, names []string) url.Values {
	out := url.Values{}
	for _, name := range names {
		if q.Get(name) != "" {
			out.Set(name, q.Get(name))
		}
	}
	return out
}

// group reads one group of the list, without its rows, and its cases. n is how many it has, as far as that was counted.
func (s casePages) group(ctx context.Context, reads standings, f storage.StandingFilter, key string, fold bool, keep url.Values, after string) (standingGroup, []storage.Case, int, error) {
	g := standingGroup{Key: key, Fold: fold}
	f.Limit = openRows
	switch {
	case fold:
		f.Limit = foldedRows
	case keep.Get("state") != "":
		f.Limit = pageRows
		f.After = placeOf(after)
	}
	f.Limit++
	cases, n, more, err := reads.standing(ctx, f)
	if err != nil {
		return g, nil, 0, err
	}
	g.Count = countText(n, more)
	if len(cases) == f.Limit {
		cases = cases[:len(cases)-1]
		last := cases[len(cases)-1].Place()
		to := kept(keep, listFilters)
		to.Set("state", key)
		if keep.Get("state") != "" {
			to.Set("after", strconv.FormatInt(last.At.UnixMicro(), 36)+"."+last.ID)
		}
		g.More = "/cases?" + to.Encode()
	}
	return g, cases, n, nil
}

// fillGroups draws the rows of groups; what their cases began with is read once for all of them.
func (s casePages) fillGroups(ctx context.Context, w *words, v Viewer, now time.Time, groups []standingGroup, stand [][]storage.Case) error {
	rows, err := s.rows(ctx, w, v, now, slices.Concat(stand...))
	if err != nil {
		return err
	}
	for at := range groups {
		g, cases := &groups[at], stand[at]
		g.Rows, rows = rows[:len(cases):len(cases)], rows[len(cases):]
		g.offer(v, cases)
	}
	return nil
}

// offer gives the rows of a group what the viewer may do with their cases.
func (g *standingGroup) offer(v Viewer, cases []storage.Case) {
	if g.Key == "asleep" && len(g.Rows) > 0 {
		g.Next = g.Rows[0].Clock.At
	}
	for i := range g.Rows {
		may := v.Staff != "" && v.Can(access.TakeCase, cases[i].Site)
		g.Rows[i].Mark = may && cases[i].State.Active() && cases[i].Decision.Priority != recovery.P1
		switch {
		case !may:
		case g.Key == "free" || g.Key == "watch":
			g.Rows[i].Act = "take"
		case g.Key == "waiting" && cases[i].State.Active():
			g.Rows[i].Act = "reply"
		}
	}
}

// placeOf reads where a page of the list begins.
func placeOf(after string) storage.Place {
	at, id, _ := strings.Cut(after, ".")
	micro, err := strconv.ParseInt(at, 36, 64)
	if err != nil {
		return storage.Place{}
	}
	return storage.Place{At: time.UnixMicro(micro).UTC(), ID: id}
}

// rows are cases as rows.
func (s *site) rows(ctx context.Context, w *words, v Viewer, now time.Time, cases []storage.Case) ([]caseRow, error) {
	return s.rowsOf(ctx, readStandings{s.Store}, w, v, now, cases)
}

// rowsOf are cases as rows, with what they began with read somewhere.
func (s *site) rowsOf(ctx context.Context, reads standings, w *words, v Viewer, now time.Time, cases []storage.Case) ([]caseRow, error) {
	began, err := reads.openings(ctx, cases)
	if err != nil {
		return nil, err
	}
	all := make([]caseRow, 0, len(cases))
	for i := range cases {
		k := &cases[i]
		view, err := s.viewOf(ctx, k, began[k.ID])
		if err != nil {
			return nil, err
		}
		all = append(all, s.lookOf(w, v, k.Site, now).row(k, view, s.at(k.Site).Zone))
	}
	return all, nil
}

// viewOf is a case as it is drawn; nil where what it began with is gone.
func (s *site) viewOf(ctx context.Context, k *storage.Case, o storage.Opening) (*draw.CaseView, error) {
	view, err := bot.Cases{Bot: s.Bot}.View(ctx, k, o)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("view case %s: %w", k.Name(), err)
	}
	return view, nil
}

func (s *site) at(id string) snapshot.Site { return s.Bot.Configuration().Now().Site(id) }

// closedStates are those of cases that are over.
var closedStates = append([]recovery.State{recovery.Resolved}, recovery.Resting()...)

// closedGroup are the cases that are over, those that opened last first.
func (s casePages) closedGroup(ctx context.Context, w *words, v Viewer, now time.Time, base storage.StandingFilter, keep url.Values, after string) (standingGroup, error) {
	f := storage.CaseFilter{States: closedStates, Sites: base.Sites, Limit: pageRows + 1}
	if place := placeOf(after); !place.At.IsZero() {
		f.Before = storage.Cursor(place)
	}
	if base.Sites != nil && len(base.Sites) == 0 {
		return standingGroup{Key: "closed"}, nil
	}
	cases, err := s.Store.Cases(ctx, f)
	if err != nil {
		return standingGroup{}, err
	}
	g := standingGroup{Key: "closed"}
	if len(cases) == f.Limit {
		cases = cases[:pageRows]
		last := cases[pageRows-1].Cursor()
		to := kept(keep, listFilters)
		to.Set("after", strconv.FormatInt(last.At.UnixMicro(), 36)+"."+last.ID)
		g.More = "/cases?" + to.Encode()
	}
	cases = slices.DeleteFunc(cases, func(k storage.Case) bool { return !fitsClosed(&k, base.Priority, base.Reason) })
	g.Rows, err = s.rows(ctx, w, v, now, cases)
	return g, err
}

// lastClosed says when a case was closed last, and by whom.
func (s casePages) lastClosed(ctx context.Context, w *words, sites []string, now time.Time) (string, error) {
	if sites != nil && len(sites) == 0 {
		return "", nil
	}
	cases, err := s.Store.Cases(ctx, storage.CaseFilter{States: closedStates, Sites: sites, Limit: foldedRows})
	if err != nil || len(cases) == 0 {
		return "", err
	}
	last := slices.MaxFunc(cases, func(a, b storage.Case) int { return a.EndedAt.Compare(b.EndedAt) })
	if last.EndedAt.IsZero() || last.Ended.Name == "" {
		return "", nil
	}
	return w.t("last_closed", w.moment(now, last.EndedAt, s.at(last.Site).Zone), last.Ended.Name), nil
}

// saveView keeps the filters of the list under a name; without filters the name is forgotten.
func (s casePages) saveView(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := readForm(w, r, 4096); err != nil {
		return err
	}
	name, query := strings.TrimSpace(r.PostForm.Get("name")), r.PostForm.Get("query")
	asked, err := url.ParseQuery(query)
	if err != nil || v.Staff == "" || len(name) > 80 {
		return &page.Error{Code: page.Invalid, Title: "failed", Text: "failed_text"}
	}
	clean := kept(asked, listFilters)
	views, err := s.Store.Views(r.Context(), v.Staff)
	if err != nil {
		return err
	}
	if name == "" {
		name = s.viewName(s.words(r, v), clean)
	}
	if len(views) < mostViews || r.PostForm.Get("forget") != "" {
		view := storage.SavedView{Person: v.Staff, Name: name, Query: clean.Encode(), Created: s.Clock()}
		if r.PostForm.Get("forget") != "" {
			view.Query = ""
		}
		if err := s.Store.PutView(r.Context(), view); err != nil {
			return err
		}
	}
	http.Redirect(w, r, s.Prefix+"/cases?"+clean.Encode()+"&done=saved", http.StatusSeeOther)
	return nil
}

// viewName is what filters are called: by what they say.
func (s casePages) viewName(w *words, of url.Values) string {
	var parts []string
	if of.Get("state") != "" {
		parts = append(parts, w.t("group_"+of.Get("state")))
	}
	if at := of.Get("site"); at != "" {
		parts = append(parts, s.at(at).Name)
	}
	if of.Get("priority") != "" {
		parts = append(parts, of.Get("priority"))
	}
	if slices.Contains(caseReasons, of.Get("reason")) {
		parts = append(parts, w.t("why_"+of.Get("reason")))
	}
	return strings.Join(parts, " · ")
}
