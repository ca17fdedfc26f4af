package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery"
)

// bulkRoutes do one thing with several cases.
var bulkRoutes = []route{
	{"GET /cases/bulk", access.TakeCase, in(casePages.bulk)},
	{"POST /cases/bulk", access.TakeCase, in(casePages.bulkDo)},
}

// bulkActs are what may be done with several cases at once, as forms name them.
var bulkActs = []string{"assign", "snooze", "no-action"}

// mostBulk is how many cases one act may be about.
const mostBulk = 50

// bulkPage is one act with several cases.
type bulkPage struct {
	Act     actPage
	Rows    []caseRow
	Left    []bulkLeft // that it is not about, with why
	Done    []string   // by their names, once it is done
	Over    bool
	Nothing bool // nothing is marked
}

type bulkLeft struct{ Number, Why string }

// bulkOf reads which cases are meant, and what can be done with all of them. A P1 is never
// among them: it is looked at by itself.
func (s casePages) bulkOf(r *http.Request, v Viewer, asked url.Values) (p bulkPage, cases []*found, err error) {
	words, form := s.words(r, v), asked.Get("act")
	if !slices.Contains(bulkActs, form) {
		return p, nil, &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
	}
	p.Act = actPage{Kind: form, Values: asked, Button: words.t("button_" + form)}
	names := slices.Compact(slices.Sorted(slices.Values(asked["case"])))
	for _, name := range names[:min(len(names), mostBulk)] {
		r.SetPathValue("number", name)
		f, err := s.find(r, v)
		if e, ok := errors.AsType[*page.Error](err); ok && e.Code == page.NotFound {
			p.Left = append(p.Left, bulkLeft{name, words.t("no_case")})
			continue
		}
		if err != nil {
			return p, nil, err
		}
		if f.Decision.Priority == recovery.P1 {
			p.Left = append(p.Left, bulkLeft{f.Name(), words.t("bulk_p1")})
			continue
		}
		in, err := s.source(r.Context(), v, f)
		if err != nil {
			return p, nil, err
		}
		l := s.lookOf(words, v, f.Site, s.Clock())
		if in.View == nil || !slices.Contains(l.caseOf(in).Offers, string(kindOf(form))) {
			p.Left = append(p.Left, bulkLeft{f.Name(), words.t("bulk_not_offered")})
			continue
		}
		one := actPage{Values: asked}
		l.fill(&one, in, form)
		if len(cases) == 0 {
			p.Act.Choices = one.Choices
		} else { // what all of them offer
			p.Act.Choices = slices.DeleteFunc(p.Act.Choices, func(c choice) bool {
				return !slices.ContainsFunc(one.Choices, func(x choice) bool { return x.Value == c.Value })
			})
		}
		cases = append(cases, f)
		p.Rows = append(p.Rows, l.row(&f.Case, in.View, in.Zone))
	}
	for _, name := range names[min(len(names), mostBulk):] {
		p.Left = append(p.Left, bulkLeft{name, words.t("bulk_most", mostBulk)})
	}
	p.Nothing = len(cases) == 0
	return p, cases, nil
}

func (s casePages) showBulk(w http.ResponseWriter, r *http.Request, v Viewer, status int, p bulkPage) error {
	words := s.words(r, v)
	title := words.t("bulk_"+p.Act.Kind, len(p.Rows))
	return s.show(w, r, v, status, "bulk.html", frame{Title: title, Here: "/cases", Back: &link{"/cases", words.t("cases")}}, p)
}

func (s casePages) bulk(w http.ResponseWriter, r *http.Request, v Viewer) error {
	p, _, err := s.bulkOf(r, v, r.URL.Query())
	if err != nil {
		return err
	}
	return s.showBulk(w, r, v, http.StatusOK, p)
}

// bulkDo does it with each case by itself: what one refuses is said, and the others are done.
func (s casePages) bulkDo(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := readForm(w, r, mostForm); err != nil {
		return err
	}
	typed, words := r.PostForm, s.words(r, v)
	p, cases, err := s.bulkOf(r, v, typed)
	if err != nil {
		return err
	}
	var acts []recovery.Act
	for _, f := range cases {
		in, err := s.source(r.Context(), v, f)
		if err != nil {
			return err
		}
		act, at := actOf(words, p.Act.Kind, typed, in, s.Clock())
		if a, ok := act.(recovery.NoAction); ok && a.Reason == "" {
			at = map[string]string{"reason": words.t("bulk_reason")}
		}
		if len(at) > 0 {
			p.Act.At = at
			return s.showBulk(w, r, v, http.StatusUnprocessableEntity, p)
		}
		acts = append(acts, act)
	}
	if p.Nothing {
		return s.showBulk(w, r, v, http.StatusOK, p)
	}
	p.Over, p.Rows = true, nil
	for i, f := range cases {
		_, err := s.Bot.Act(r.Context(), bot.Doing{Bucket: f.Bucket, Case: f.ID, Act: acts[i], By: v.Staff, Language: words.lang})
		refused, no := errors.AsType[*bot.Refused](err)
		switch {
		case no:
			p.Left = append(p.Left, bulkLeft{f.Name(), refused.Text})
		case err != nil:
			p.Left = append(p.Left, bulkLeft{f.Name(), words.t("bulk_failed")})
			s.Log.Error("admin: an act with several cases", "case", f.Name(), "err", err)
		default:
			p.Done = append(p.Done, f.Name())
		}
	}
	return s.showBulk(w, r, v, http.StatusOK, p)
}
