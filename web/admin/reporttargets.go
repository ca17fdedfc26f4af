package admin

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/web/chart"
)

var targetColumns = slices.Concat(rateColumns, []string{"figure", "target", "from", "to", "state"})

// mostJudgings is how many figures are read for targets: one for each figure and its days, of all sites at once.
const mostJudgings = 12

// judging is a figure of some days by which targets are judged, of all sites at once.
type judging struct {
	figure   recovery.Figure
	from, to string
}

// aimed is a target of a site.
type aimed struct {
	site string
	goal recovery.Goal
}

// targets holds the figures of each site to the targets that its rules name, over the days of the filter or over
// their own. They are judged by the interval, under the rule for small numbers, and never compared with other
// sites. A target is of all answers of a site: of a filter of a part of them there is none.
func (s reportPages) targets(ctx context.Context, w *words, f *reportFilter) (c reportSection, err error) {
	c = reportSection{ID: "targets", Title: w.t("targets"), Open: true, Even: true, columns: targetColumns, Notes: []string{w.t("targets_note")}}
	c.Head = [4]string{w.t("by_site"), w.t("answers_head"), w.t("interval"), w.t("targets")}
	if f.Flow+f.Service+f.Staff+f.Language+f.Channel != "" {
		return c, nil
	}
	order, goals := s.judgings(w, f)
	for _, by := range order[:min(mostJudgings, len(order))] {
		of := f.FigureFilter
		of.From, of.To = by.from, by.to
		table, err := figures.Read(ctx, s.Store, of, figures.MetricOf(by.figure), figures.Site)
		if errors.Is(err, figures.ErrTooMany) {
			c.Notes = append(c.Notes, w.t("targets_many", w.t("goal_"+string(by.figure), "…"), by.from, by.to))
			continue
		}
		if err != nil {
			return c, err
		}
		top := 0.1
		for _, a := range goals[by] {
			top = max(top, float64(a.goal.Percent())/100)
		}
		for _, p := range table.Parts {
			top = max(top, p.High())
		}
		for _, a := range goals[by] {
			at := slices.IndexFunc(table.Parts, func(p figures.Part) bool { return p.Key == a.site })
			if at < 0 {
				continue // nobody answered there
			}
			c.Rows = append(c.Rows, s.targetRow(w, f, by, a, table.Parts[at].Clustered, top))
		}
	}
	if left := len(order) - mostJudgings; left > 0 {
		c.Notes = append(c.Notes, w.t("targets_left", left))
	}
	return c, nil
}

// judgings are the targets of the sites of a filter by what they are judged by.
func (s reportPages) judgings(w *words, f *reportFilter) (order []judging, goals map[judging][]aimed) {
	goals = map[judging][]aimed{}
	sites := slices.Clone(f.Sites)
	slices.SortFunc(sites, func(a, b string) int { return strings.Compare(s.siteName(w, a)+a, s.siteName(w, b)+b) })
	snap := s.Bot.Configuration().Now()
	for _, id := range sites {
		for _, g := range snap.Rules(id).Report.Goals() {
			by := judging{g.Figure, f.From, f.To}
			if g.Dated() {
				var begun bool
				if by.from, by.to, begun = g.Days(snap.NewestDay(s.Clock()).Format("2006-01-02")); !begun {
					continue
				}
			}
			if goals[by] == nil {
				order = append(order, by)
			}
			goals[by] = append(goals[by], aimed{id, g})
		}
	}
	return order, goals
}

// targetRow is how a figure of a site stands to its target.
func (s reportPages) targetRow(w *words, f *reportFilter, by judging, a aimed, rate report.Clustered, top float64) reportRow {
	p := part{key: a.site, label: s.siteName(w, a.site), rate: rate}
	if worst, best := figures.MetricOf(by.figure).Levels(); worst > 0 {
		p.url = f.behind("site", a.site, "from", by.from, "to", by.to, "level", strconv.Itoa(worst)+"-"+strconv.Itoa(best))
	}
	row, state := w.rowOf(p), figures.StateOf(a.goal, rate.Rate)
	if rate.Rated() {
		row.Drawing = chart.Span{Mark: markOf(rate.Rate), P: rate.P, Low: rate.Low(), High: rate.High(), Mean: float64(a.goal.Percent()) / 100, Top: top}.SVG()
	}
	row.About = w.goal(a.goal)
	row.Versus, row.Clear = w.t("target_"+string(state)), state != report.Open
	row.raw = append(row.raw, string(by.figure), strconv.Itoa(a.goal.Percent()), by.from, by.to, string(state))
	return row
}

// goal is a target in words.
func (w *words) goal(g recovery.Goal) string {
	text := w.t("goal_"+string(g.Figure), g.Percent())
	switch {
	case g.Until != "":
		return w.t("goal_between", text, w.plainDay(g.From), w.plainDay(g.Until))
	case g.Dated():
		return w.t("goal_from", text, w.plainDay(g.From))
	}
	return text
}

// aim is the share of unsatisfied answers that a line of one site is held to; 0 = there is none.
func (s reportPages) aim(f *reportFilter) float64 {
	if len(f.Sites) != 1 || f.Flow+f.Service+f.Staff+f.Language+f.Channel != "" {
		return 0
	}
	for _, g := range s.Bot.Configuration().Now().Rules(f.Sites[0]).Report.Goals() {
		if g.Figure == recovery.FigureUnsatisfied && (!g.Dated() || g.From <= f.To && (g.Until == "" || g.Until >= f.From)) {
			return float64(g.Percent()) / 100
		}
	}
	return 0
}
