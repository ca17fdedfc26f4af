package admin

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// What the page of silence assumes unless somebody says otherwise: shown beside each figure that
// rests on it.
const (
	usualTarget = 15  // per cent of unsatisfied customers that is not to be reached
	silentShare = 0.8 // of unsatisfied customers who never complain
)

// sortedSites are the sites of counts, by name.
func sortedSites[T any](s *site, w *words, of map[string]T) []string {
	var ids []string
	for id := range of {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(s.siteName(w, a)+"\x00"+a, s.siteName(w, b)+"\x00"+b) })
	return ids
}

// reportSilence is who did not answer, and what that may hide.
func (s reportPages) reportSilence(r *http.Request, w *words, _ Viewer, f *reportFilter) (p reportPage, err error) {
	target := usualTarget
	if n, err := strconv.Atoi(r.URL.Query().Get("target")); err == nil && n > 0 && n < 100 {
		target = n
		f.keep.Set("target", strconv.Itoa(n))
	}
	p.Days = "days_asked"
	p.Asking = []reportAsking{{Name: "target", Label: w.t("target_label"), Kind: "number", Value: strconv.Itoa(target)}}
	ctx := r.Context()
	asked, more, err := askedBy(ctx, &s.Config, f.FigureFilter)
	if more {
		p.TooMany, p.Instead = true, w.manyAsked(f)
		return p, nil
	}
	if err != nil || asked.N() == 0 {
		p.Empty = err == nil
		return p, err
	}
	n, all, said := asked.N(), asked.Answered(), asked.Unsatisfied()
	answered, bad := said.N, said.K
	var earlier *report.Clustered
	if f.compare != "none" {
		was, more, err := askedBy(ctx, &s.Config, f.earlier)
		if err != nil {
			return p, err
		}
		if !more {
			e := was.Answered()
			earlier = &e
		}
	}
	ofAsked := w.of("asked")
	p.Figures = append(p.Figures, ofAsked.figureOfRate(w.t("answered_share"), all, earlier, f.behind()).keyed("answered"),
		ofAsked.figureOfRate(w.t("opened_share"), asked.Opened(), nil, "").keyed("opened"))
	p.Lede = w.t("silence_few", n)
	if all.Rated() && said.Rated() {
		bounds := report.Bounds(bad, answered, n)
		tile := reportFigure{
			Label: w.t("unsatisfied_bounds"), Value: w.t("from_to_percent", report.PerCent(bounds.Low), report.PerCent(bounds.High)), Meta: w.t("whatever_the_silent"),
			Bar: chart.Reach(math.NaN(), bounds.Low, bounds.High),
		}
		p.Figures = append(p.Figures, tile.numbered("unsatisfied_bounds", true, math.NaN(), &bounds, n))
		p.Lede = w.tipping(bad, answered, n, target)
	}
	heard, err := s.heard(r, w, f)
	if err != nil {
		return p, err
	}
	p.Figures = append(p.Figures, heard...)

	over, stretches := f.stretches(w)
	spaces, err := asked.Parts(ctx, figures.Day, over)
	if err != nil {
		return p, err
	}
	line := make([]part, len(stretches))
	for i, o := range stretches {
		rate := asked.NoneAsked()
		if of := spaces[o.First]; of != nil {
			rate = of.Answered()
		}
		line[i] = part{key: o.First, label: o.label, rate: rate}
	}
	sites, err := asked.Parts(ctx, figures.Site, nil)
	if err != nil {
		return p, err
	}
	bySite := figures.AnsweredBy(sites)
	trend := reportSection{ID: "trend", Title: w.t("answered_over_time"), columns: rateColumns, Head: [4]string{w.t("when"), w.t("asked_head"), "", w.t("answered_share")}}
	if trend.Marks, err = s.happenedIn(r.Context(), w, f); err != nil {
		return p, err
	}
	usual := math.NaN()
	if all.Rated() {
		usual = all.P
		trend.Notes = []string{ofAsked.t("band_legend", w.percent(usual))}
	}
	trend.Drawing, trend.Rows = ofAsked.lineOf("trend", trend.Title, line, usual, f.placed(over, trend.Marks)...)
	p.Sections = append(p.Sections, trend)
	if len(bySite) > 1 {
		var parts []part
		for _, id := range sortedSites(s.site, w, bySite) {
			parts = append(parts, part{key: id, label: s.siteName(w, id), url: f.behind("site", id), rate: bySite[id]})
		}
		c := reportSection{ID: "site", Title: w.t("answered_by_site"), Open: true, Even: true, Rows: ofAsked.besideOthers(parts, all), columns: rateColumns}
		c.Head = [4]string{w.t("by_site"), w.t("asked_head"), w.t("interval"), w.t("answered_share")}
		p.Sections = append(p.Sections, c)
	}
	p.Foot = append(p.Foot, w.t("silence_foot", n))
	return p, nil
}

// tipping says what the silent would have to be for the whole to reach the target.
func (w *words) tipping(bad, answered, asked, target int) string {
	share, ok := report.Tipping(bad, answered, asked, float64(target)/100)
	switch {
	case !ok:
		return w.t("nobody_silent")
	case share > 1:
		return w.t("tipping_never", target)
	case share <= 0:
		return w.t("tipping_over", target)
	}
	return w.t("tipping_at", w.percent(share), target)
}

// heard are the estimates of how many were unsatisfied and said nothing, each with what it assumes.
func (s reportPages) heard(r *http.Request, w *words, f *reportFilter) (tiles []reportFigure, err error) {
	said, more, err := s.Store.Received(r.Context(), f.FigureFilter)
	if err != nil || more {
		return nil, err
	}
	complained := map[string]bool{}
	complaints := 0
	for _, x := range said {
		if x.Kind == storage.Complaint {
			complaints++
			complained[x.Customer] = true
		}
	}
	if complaints >= report.FewestRated {
		n := report.Implied(complaints, silentShare)
		tiles = append(tiles, reportFigure{Label: w.t("implied_label"), Value: report.Printed(n, 0), Meta: w.t("implied_meta", complaints, w.percent(silentShare))}.numbered("implied", true, n, nil, complaints))
	}
	few := f.FigureFilter
	few.Limit = figures.Exact // who was unsatisfied is no sum
	judged, more, err := s.Store.Judged(r.Context(), few)
	if err != nil || more {
		return tiles, err
	}
	bad := map[string]bool{}
	for i := range judged {
		if judged[i].Level <= 3 {
			bad[judged[i].Customer] = true
		}
	}
	both := 0
	for c := range complained {
		if bad[c] {
			both++
		}
	}
	if u := report.UnheardOf(len(bad), len(complained), both); u.Shown {
		zero := func(x float64) string { return report.Printed(x, 0) }
		tiles = append(tiles, reportFigure{Label: w.t("unheard_label"), Value: zero(u.All), Meta: w.t("unheard_meta", zero(u.Within.Low), zero(u.Within.High), u.Seen)}.numbered("unheard", true, u.All, &u.Within, u.Seen))
	}
	return tiles, nil
}
