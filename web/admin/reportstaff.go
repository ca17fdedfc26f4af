package admin

import (
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// reportStaff is what one's own staff say of their work, together, as they were promised. It has no
// filters: the difference of two of them would be somebody.
func (s reportPages) reportStaff(r *http.Request, w *words, v Viewer, _ *reportFilter) (p reportPage, err error) {
	p.Fixed, p.Lede, p.Foot = true, w.t("pulse_none"), []string{w.t("pulse_foot")}
	snap := s.Bot.Configuration().Now()
	// What may be shown is decided of all sites, whoever looks: what two people see must not tell more than either.
	f := storage.FigureFilter{Sites: snap.EverySite(), Of: storage.OfStaff, Scores: true, Limit: figures.Most}
	f.From, f.To = figures.EndedMonths(snap.NewestDay(s.Clock()))
	list, more, err := s.Store.Judged(r.Context(), f)
	if err != nil || more {
		return reportPage{TooMany: more}, err
	}
	said, more, err := s.Store.PulseWords(r.Context(), f)
	if err != nil || more {
		return reportPage{TooMany: more}, err
	}
	months := figures.Pulse(list, said)
	if len(months) == 0 {
		return p, nil
	}
	newest := months[0]
	mine := s.permitted(v, access.SeeReports)
	everywhere := mine == nil
	if everywhere {
		p.Lede = w.t("pulse_finding", newest.Month, newest.People, w.rated(newest.Total.Rate))
		c := reportSection{ID: "trend", Title: w.t("pulse_over_time"), columns: rateColumns, Head: [4]string{w.t("when"), w.t("answers_head"), "", w.t("unsatisfied")}}
		var parts []part
		for _, m := range slices.Backward(months) {
			parts = append(parts, part{key: m.Month, label: m.Month, rate: m.Total})
		}
		c.Drawing, c.Rows = w.lineOf("trend", c.Title, parts, math.NaN())
		p.Sections = append(p.Sections, c)
	} else {
		p.Lede = w.t("pulse_finding_apart", newest.Month)
		p.Foot = append(p.Foot, w.t("pulse_total_note"))
	}
	bySite := reportSection{ID: "site", Title: w.t("pulse_by_site", newest.Month), Open: true, Even: true, columns: rateColumns}
	bySite.Head = [4]string{w.t("by_site"), w.t("answers_head"), w.t("interval"), w.t("unsatisfied")}
	for _, one := range newest.Sites {
		if everywhere || slices.Contains(mine, one.Site) {
			bySite.Rows = append(bySite.Rows, w.rowOf(part{key: one.Site, label: s.siteName(w, one.Site), rate: one.Rate}))
		}
	}
	slices.SortFunc(bySite.Rows, func(a, b reportRow) int { return strings.Compare(a.Label, b.Label) })
	if len(bySite.Rows) > 0 && (len(newest.Sites) > 1 || !everywhere) {
		p.Sections = append(p.Sections, bySite)
	}
	if !everywhere {
		return p, nil
	}
	if len(newest.Questions) > 0 {
		names := s.namer(w, survey.Pulse)
		c := w.questionMeans(newest.Questions, names)
		c.Title = w.t("pulse_scores", newest.Month)
		p.Sections = append(p.Sections, c)
	}
	if len(newest.Ideas) > 0 && s.permitted(v, access.SeeWords) == nil {
		c := reportSection{ID: "ideas", Title: w.t("pulse_ideas", newest.Month), Notes: []string{w.t("pulse_ideas_note")}}
		for _, idea := range newest.Ideas {
			c.Quotes = append(c.Quotes, voice.Cut(idea, 1000))
		}
		p.Sections = append(p.Sections, c)
	}
	return p, nil
}
