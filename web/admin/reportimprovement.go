package admin

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
)

// reportImprovement is what was changed and what came of it, and what came after any other day against
// what was before: where a site is chosen, against the others over the same days.
func (s improvementPages) reportImprovement(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	from, _ := time.Parse(time.DateOnly, f.From)
	to, _ := time.Parse(time.DateOnly, f.To)
	day := from.AddDate(0, 0, (int(to.Sub(from)/(24*time.Hour))+1)/2)
	if t, err := time.Parse(time.DateOnly, r.URL.Query().Get("change")); err == nil && t.After(from) && !t.After(to) {
		day = t
		f.keep.Set("change", t.Format(time.DateOnly))
	} else if f.strict && r.URL.Query().Has("change") {
		return p, s.nothingHere(nil, r, v)
	}
	change := day.Format(time.DateOnly)
	p.Asking = []reportAsking{{Name: "change", Label: w.t("change_label"), Kind: "date", Value: change}}
	at := f.keep.Get("site")
	wide := f.FigureFilter
	if at != "" {
		wide.Sites = s.named(v, access.SeeReports)
	}
	done, effects, err := s.improvementList(r.Context(), w, v, f)
	if err != nil {
		return p, err
	}
	if v.Anywhere(access.Improve) {
		p.Acts = []link{{"/improvements/new", w.t("improvement_new")}, {"/improvements/new?note=1", w.t("note_new")}}
	}
	p.Lede = w.improvementsFinding(len(done.Rows), effects)
	if len(done.Rows) > 0 {
		p.Sections = append(p.Sections, done)
	}
	p.Foot = append(p.Foot, w.t("improvements_foot", figures.ImprovementDays/7))
	all, more, err := s.gathered(r.Context(), wide)
	if err != nil {
		return p, err
	}
	if more || all.N() == 0 {
		p.TooMany, p.Empty = more && len(done.Rows) == 0, !more && len(done.Rows) == 0
		return p, nil
	}
	last := day.AddDate(0, 0, -1).Format(time.DateOnly)
	var failed error
	in := func(after, mine bool) report.Clustered {
		first, until := f.From, last
		if after {
			first, until = change, f.To
		}
		sites := wide.Sites
		if at != "" {
			sites = slices.DeleteFunc(slices.Clone(sites), func(id string) bool { return (id == at) != mine })
		}
		of, err := all.Narrow(r.Context(), first, until, sites)
		if err != nil {
			failed = errors.Join(failed, err)
			return all.None()
		}
		return of.Unsatisfied()
	}
	before, after := in(false, true), in(true, true)
	c := reportSection{ID: "change", Title: w.t("before_and_after"), Open: true, columns: rateColumns}
	c.Head = [4]string{w.t("when"), w.t("answers_head"), w.t("interval"), w.t("unsatisfied")}
	name := w.t("all_my_sites")
	if at != "" {
		name = s.siteName(w, at)
	}
	parts := []part{
		{key: "before", label: w.t("before_at", name, last), url: f.behind("to", last, "level", "1-3"), rate: before},
		{key: "after", label: w.t("after_at", name, change), url: f.behind("from", change, "level", "1-3"), rate: after},
	}
	var otherBefore, otherAfter report.Clustered
	if at != "" {
		otherBefore, otherAfter = in(false, false), in(true, false)
		parts = append(parts, part{key: "others_before", label: w.t("before_at", w.t("other_sites"), last), rate: otherBefore}, part{key: "others_after", label: w.t("after_at", w.t("other_sites"), change), rate: otherAfter})
	}
	if failed != nil {
		return p, failed
	}
	for from := 0; from < len(parts); from += 2 { // before and after are all there is of either
		hidden(parts[from : from+2])
	}
	c.Rows = w.besides(parts)
	d, ok := after.Minus(before)
	c.Caption = w.t("change_not_compared")
	if ok {
		c.Caption = w.t("change_finding", change, w.changed(d))
		if od, ok := otherAfter.Minus(otherBefore); ok && at != "" {
			against := report.Difference{By: d.By - od.By, Within: report.Between(d.By, d.Within, od.By, od.Within)}
			c.Caption = w.t("change_against", change, w.changed(d), w.changed(against))
		}
	}
	if len(done.Rows) == 0 || r.URL.Query().Has("change") {
		p.Lede, c.Caption = c.Caption, ""
	}
	c.Notes = []string{w.t("change_note")}
	if at == "" {
		c.Notes = append(c.Notes, w.t("change_choose_site"))
	}
	p.Sections = append(p.Sections, c)
	p.Foot = append(p.Foot, w.countsOf(all))
	return p, nil
}

// improvementsFinding says in a sentence what came of changes.
func (w *words) improvementsFinding(n int, effects map[figures.Effect]int) string {
	if n == 0 {
		return w.t("improvements_none")
	}
	better, worse, unchanged := effects[figures.Better], effects[figures.Worse], effects[figures.Unchanged]
	says := w.t("improvements_finding", n, better, worse)
	if open := n - better - worse - unchanged; open > 0 {
		says = w.sentences(says, w.t("improvements_open", open))
	}
	if unchanged > 0 {
		says = w.sentences(says, w.t("improvements_unchanged", unchanged, figures.ImprovementDays/7))
	}
	return says
}
