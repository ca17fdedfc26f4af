package admin

import (
	"slices"
	"strconv"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/web/chart"
)

var targetColumns = slices.Concat(rateColumns, []string{"target", "state"})

// targets holds the unsatisfied of each site to the target that its rules name. It is judged by the
// interval, under the rule for small numbers, and never compared with other sites.
func (s *site) targets(w *words, f *reportFilter, rates map[string]report.Clustered) reportSection {
	c := reportSection{ID: "targets", Title: w.t("targets"), Open: true, Even: true, columns: targetColumns, Notes: []string{w.t("targets_note")}}
	c.Head = [4]string{w.t("by_site"), w.t("answers_head"), w.t("interval"), w.t("targets")}
	var parts []part
	top := 0.1
	for _, id := range sortedSites(s, w, rates) {
		parts = append(parts, part{id, s.siteName(w, id), f.behind("site", id, "level", "1-3"), rates[id]})
		top = max(top, rates[id].High())
	}
	for _, p := range hidden(parts) { // of all sites, as beside each other
		most := s.Bot.Configuration().Now().Rules(p.key).Report.Target
		if most == 0 {
			continue
		}
		row := w.rowOf(p)
		state := p.rate.AtMost(float64(most) / 100)
		if p.rate.Rated() {
			row.Drawing = chart.Span{Mark: markOf(p.rate.Rate), P: p.rate.P, Low: p.rate.Low(), High: p.rate.High(), Mean: float64(most) / 100, Top: max(top, float64(most)/100)}.SVG()
		}
		row.Versus, row.Clear = w.t("target_"+string(state), most), state != report.Open
		row.raw = append(row.raw, strconv.Itoa(most), string(state))
		c.Rows = append(c.Rows, row)
	}
	return c
}
