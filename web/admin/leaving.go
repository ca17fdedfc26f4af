package admin

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// leavingRoutes are the lists of customers who may leave, and of those who have.
var leavingRoutes = []route{{pattern: "GET /leaving", deed: access.SeeCustomers, page: in(customerPages.leaving)}}

// Which list it is, as its address says.
const (
	whoCaptive = "captive"
	whoLost    = "lost"
)

// lostWithin are the days within which customers became lost that may be chosen, the usual ones first.
var lostWithin = []int{30, 7, 90, 365}

// lostLooked is how many customers are looked at for one page.
const lostLooked = 2000

// leavingPage is one of the lists.
type leavingPage struct {
	Tabs          []reportTab
	Who           string
	Sites, Within []choice
	Lede          string
	Rows          []leaverRow
	More          string
	Foot          []string
	Files         []downloadFile
}

// leaverRow is a customer of it.
type leaverRow struct {
	URL, Name, Why, About string
	Level                 int
	Answer                string // where the answer stands; "" = the viewer may not read it
}

// leavingFilter is what a list is of, as its address says. Sites are those at which the viewer may know customers.
type leavingFilter struct {
	who    string
	sites  []string
	within int
	keep   url.Values
}

func (s customerPages) leavingFilter(r *http.Request, v Viewer) (f leavingFilter, err error) {
	q := r.URL.Query()
	f = leavingFilter{who: whoCaptive, sites: s.named(v, access.SeeCustomers), within: lostWithin[0], keep: url.Values{}}
	if q.Get("who") == whoLost {
		f.who = whoLost
		f.keep.Set("who", whoLost)
	}
	if at := q.Get("site"); at != "" {
		if !v.Can(access.SeeCustomers, at) {
			return f, notAllowed(nil)
		}
		f.sites = []string{at}
		f.keep.Set("site", at)
	}
	if n, err := strconv.Atoi(q.Get("within")); err == nil && f.who == whoLost && slices.Contains(lostWithin, n) {
		f.within = n
		f.keep.Set("within", strconv.Itoa(n))
	}
	return f, nil
}

// leavers is what looks for the customers of a list. waits is the key of what is said in their place, "" = it can be
// looked.
func (s customerPages) leavers(r *http.Request, w *words, v Viewer, f leavingFilter) (l *figures.Leavers, waits string, err error) {
	l = &figures.Leavers{
		Store: s.Store, Sites: f.sites, Zone: reportPages(s).zoneAt, Today: s.Bot.Configuration().Now().NewestDay(s.Clock()), Flows: s.customerFlow(), Within: f.within,
	}
	if f.who == whoCaptive {
		return l, "", nil
	}
	of := reportFilter{keep: f.keep}
	kept, _, err := reportPages(s).keptOf(r, w, v, &of, figures.KindCustomers)
	switch {
	case err != nil:
		return l, "", err
	case of.waits == figures.ReportOneSite:
		return l, "kept_choose_site", nil
	case of.waits == figures.ReportNotYet:
		return l, "kept_not_yet", nil
	}
	all, err := figures.CustomersIn(kept.Body)
	if err != nil {
		return l, "", err
	}
	if l.Usual = all.Loyalty.UsualAt; l.Usual == nil && all.Loyalty.Usual { // it was made by a program before this one
		waits = "kept_not_yet"
	}
	return l, waits, nil
}

// page reads a page of a list behind a place.
func (f leavingFilter) page(r *http.Request, l *figures.Leavers, after string, limit int) ([]figures.Leaver, string, error) {
	if f.who == whoLost {
		return l.Lost(r.Context(), after, limit)
	}
	return l.Captive(r.Context(), after, limit)
}

// leaving shows one of the lists.
func (s customerPages) leaving(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, err := s.leavingFilter(r, v)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	p := leavingPage{Who: f.who, Sites: s.siteChoices(words, v, access.SeeCustomers, f.keep.Get("site")), Foot: []string{words.t("leaving_foot_" + f.who), words.t("leaving_foot")}}
	for _, who := range []string{whoCaptive, whoLost} {
		q := url.Values{"who": {who}}
		if at := f.keep.Get("site"); at != "" {
			q.Set("site", at)
		}
		p.Tabs = append(p.Tabs, reportTab{"/leaving?" + q.Encode(), words.t("leaving_" + who), who == f.who})
	}
	if f.who == whoLost {
		for _, n := range lostWithin {
			p.Within = append(p.Within, choice{strconv.Itoa(n), words.t("leaving_within", n), n == f.within})
		}
	}
	l, waits, err := s.leavers(r, words, v, f)
	if err != nil {
		return err
	}
	if waits != "" {
		p.Lede = words.t(waits)
	} else if err := s.fillLeaving(r, words, v, f, l, &p); err != nil {
		return err
	}
	return s.show(w, r, v, http.StatusOK, "leaving.html", frame{Title: words.t("leaving"), Here: "/customers", Back: &link{"/customers", words.t("customers")}}, p)
}

func (s customerPages) fillLeaving(r *http.Request, w *words, v Viewer, f leavingFilter, l *figures.Leavers, p *leavingPage) error {
	l.Patience = lostLooked
	after := r.URL.Query().Get("after")
	list, next, err := f.page(r, l, after, pageRows)
	switch {
	case errors.Is(err, figures.ErrTooMany):
		p.Lede = w.t("leaving_too_many")
		return nil
	case err != nil:
		return err
	}
	if next != "" {
		to := url.Values{"after": {next}}
		for k, values := range f.keep {
			to[k] = values
		}
		p.More = "/leaving?" + to.Encode()
	}
	switch {
	case len(list) > 0:
		p.Lede = w.t("leaving_lede_"+f.who, f.within)
	case next != "":
		p.Lede = w.t("leaving_further")
	case after != "":
		p.Lede = w.t("leaving_no_more")
	default:
		p.Lede = w.t("leaving_none_"+f.who, f.within)
	}
	keys := make([]string, len(list))
	for i := range list {
		keys[i] = list[i].Customer
	}
	known, err := s.Store.CustomersOf(r.Context(), keys)
	if err != nil {
		return err
	}
	accounts, err := s.accountsOf(r.Context(), list, known)
	if err != nil {
		return err
	}
	for i := range list {
		x := &list[i]
		p.Rows = append(p.Rows, s.leaverRow(w, v, x, known[x.Customer], accounts[x.Customer]))
	}
	if len(list) > 0 {
		p.Files = s.filesOf(w, v, "/list/"+f.who, "leaving_"+f.who, f.keep, access.SeeCustomers)
	}
	return nil
}

// leaverRow is a customer as a row: who they are, and why they stand here. account is the one by which they are told
// apart, "" = by what they stand under.
func (s customerPages) leaverRow(w *words, v Viewer, x *figures.Leaver, c storage.Customer, account string) leaverRow {
	row := leaverRow{URL: "/customers/" + url.PathEscape(x.Customer), Name: cmp.Or(c.Name, voice.Called(x.Name)), Level: x.Answer.Level}
	switch {
	case row.Name != "":
	case x.Key && account == "":
		row.Name = x.Customer
	default:
		row.Name = s.unnamed(w, cmp.Or(account, x.Customer))
	}
	said, last, tier := "", "", ""
	if a := &x.Answer; a.Level > 0 {
		said = w.t("leaving_said", a.Level, w.plainDay(a.Day))
		if v.Can(access.SeeWords, a.Site) {
			row.Answer = "/answers/" + strconv.Itoa(int(a.Bucket)) + "." + a.Session
		}
	}
	if x.Last != "" {
		last = w.t("leaving_last", w.plainDay(x.Last), s.at(x.Site).Name, x.Visits)
	}
	if c.Tier != "" {
		tier = w.t("worth_" + string(c.Tier))
	}
	switch {
	case x.Why != "":
		row.Why = w.t("leaving_why_" + x.Why)
	case x.Visits > 2: // it is their own interval
		row.Why = w.t("leaving_since", w.plainDay(x.Since), report.Whole(x.Usual))
	default:
		row.Why = w.t("leaving_since_site", w.plainDay(x.Since), report.Whole(x.Usual))
	}
	row.About = voice.Join(" · ", said, last, tier)
	return row
}

// leavingFile hands out a list, page by page.
func leavingFile(who string) func(s *site, r *http.Request, v Viewer, sites []string, row func([]any) error) error {
	return func(s *site, r *http.Request, v Viewer, sites []string, row func([]any) error) error {
		pages := customerPages{s}
		f, err := pages.leavingFilter(r, v)
		if err != nil {
			return err
		}
		if f.who = who; sites != nil {
			f.sites = sites
		}
		if n, err := strconv.Atoi(r.URL.Query().Get("within")); err == nil && slices.Contains(lostWithin, n) {
			f.within = n
		}
		l, waits, err := pages.leavers(r, s.words(r, v), v, f)
		if err != nil {
			return err
		}
		if waits != "" {
			return &page.Error{Code: page.Unavailable, Title: "unavailable", Text: waits}
		}
		if who == whoCaptive { // each call reads all answers
			list, _, err := l.Captive(r.Context(), "", 0)
			if errors.Is(err, figures.ErrTooMany) {
				return &page.Error{Code: page.Unavailable, Title: "unavailable", Text: "leaving_too_many"}
			}
			for some := range slices.Chunk(list, listedAtOnce) {
				if err := pages.leaverRows(r, who, some, row); err != nil {
					return err
				}
			}
			return err
		}
		for after := ""; ; {
			list, next, err := l.Lost(r.Context(), after, listedAtOnce)
			if err != nil {
				return err
			}
			if err := pages.leaverRows(r, who, list, row); err != nil || next == "" {
				return err
			}
			after = next
		}
	}
}

// leaverRows hands out customers as rows: by their keys, without names.
func (s customerPages) leaverRows(r *http.Request, who string, list []figures.Leaver, row func([]any) error) error {
	keys := make([]string, len(list))
	for i := range list {
		keys[i] = list[i].Customer
	}
	known, err := s.Store.CustomersOf(r.Context(), keys)
	if err != nil {
		return err
	}
	some := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	for i := range list {
		x := &list[i]
		var level, visits any
		if x.Answer.Level > 0 {
			level = x.Answer.Level
		}
		if x.Visits > 0 {
			visits = x.Visits
		}
		last, tier := []any{level, some(x.Answer.Day), some(x.Last), some(x.Site), visits}, some(string(known[x.Customer].Tier))
		cells := append([]any{x.Customer, x.Why}, last...)
		if who == whoLost {
			cells = append([]any{x.Customer, x.Since, x.Usual}, last...)
		}
		if err := row(append(cells, tier)); err != nil {
			return err
		}
	}
	return nil
}

// leavingActs lead from a report to the lists, for who may know customers there.
func (s reportPages) leavingActs(w *words, v Viewer, f *reportFilter, lists ...string) (acts []link) {
	at := f.keep.Get("site")
	if !v.Anywhere(access.SeeCustomers) || at != "" && !v.Can(access.SeeCustomers, at) {
		return nil
	}
	for _, who := range lists {
		q := url.Values{"who": {who}}
		if at != "" {
			q.Set("site", at)
		}
		acts = append(acts, link{"/leaving?" + q.Encode(), w.t("leaving_" + who)})
	}
	return acts
}
