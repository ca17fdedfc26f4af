package admin

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// gathered are the answers of a filter; more reports that they are too many.
func (s *site) gathered(ctx context.Context, f storage.FigureFilter) (a *figures.Answers, more bool, err error) {
	f.Exact = cmp.Or(s.ExactFigures, f.Exact)
	a, err = figures.Gather(ctx, s.Store, f)
	if errors.Is(err, figures.ErrTooMany) {
		return nil, true, nil
	}
	return a, false, err
}

// askedBy are the invitations of a filter; more reports that they are too many.
func askedBy(ctx context.Context, c *Config, f storage.FigureFilter) (a *figures.Asked, more bool, err error) {
	f.Exact = cmp.Or(c.ExactFigures, f.Exact)
	a, err = figures.GatherAsked(ctx, c.Store, f)
	if errors.Is(err, figures.ErrTooMany) {
		return nil, true, nil
	}
	return a, false, err
}

// manyAsked says what to do where more were asked than are read one by one: sums know nothing of the filter, or are not
// made yet.
func (w *words) manyAsked(f *reportFilter) string {
	if f.Service+f.Staff+f.Language+f.Channel != "" {
		return w.t("asked_many_narrowed")
	}
	return w.t("asked_many_yet")
}

// answersBefore is what answers are compared with; nil where nothing is.
func (s reportPages) answersBefore(r *http.Request, f *reportFilter) (*figures.Answers, error) {
	if f.compare == "none" {
		return nil, nil //nolint:nilnil // as said
	}
	a, _, err := s.gathered(r.Context(), f.earlier)
	return a, err
}

// countsOf says of how many answers figures are made, and in which way.
func (w *words) countsOf(a *figures.Answers) string {
	if a.Summed() {
		return w.t("report_counts_summed", a.N())
	}
	return w.t("report_counts", a.N(), a.Unsatisfied().Customers)
}

// siteName is a site as staff call it.
func (s *site) siteName(w *words, id string) string {
	if name := s.at(id).Name; name != "" {
		return name
	}
	if id == "" {
		return w.t("site_not_said")
	}
	return id
}

// reportLevel is how satisfied customers are.
func (s reportPages) reportLevel(r *http.Request, w *words, _ Viewer, f *reportFilter) (p reportPage, err error) {
	scored := f.FigureFilter
	scored.Scores = true
	all, more, err := s.gathered(r.Context(), scored)
	if err != nil || more || all.N() == 0 {
		return reportPage{TooMany: more, Empty: err == nil && !more}, err
	}
	was, err := s.answersBefore(r, f)
	if err != nil {
		return p, err
	}
	levels := report.LevelsOf(all.Levels())
	bad := all.Unsatisfied()
	for _, one := range figures.Metrics() {
		worst, best := one.Levels()
		if worst == 0 {
			continue // what is no share of answers stands on another page
		}
		rate := all.Rate(worst, best)
		var earlier *report.Clustered
		if was != nil {
			e := was.Rate(worst, best)
			earlier = &e
		}
		p.Figures = append(p.Figures, w.figureOfRate(w.t(string(one)), rate, earlier, f.behind("level", strconv.Itoa(worst)+"-"+strconv.Itoa(best))).keyed(string(one)))
	}
	points := reportFigure{Label: w.t("mean_level"), Value: "–", Meta: w.t("mean_from_ten"), URL: f.behind()}.keyed("mean_level")
	if m := all.Mean(); m.Shown() {
		points.Value = decimal(m.Mean)
		points = points.numbered("mean_level", true, m.Mean, &m.Within, m.N)
		points.Meta = w.t("mean_interval", decimal(m.Within.Low), decimal(m.Within.High), levels.Median)
	}
	p.Figures = append(p.Figures, points)
	p.Lede = w.levelFinding(bad, was)

	sites, err := all.Parts(r.Context(), figures.Site, nil)
	if err != nil {
		return p, err
	}
	trend, err := s.levelTrend(r.Context(), w, f, all)
	if err != nil {
		return p, err
	}
	p.Sections = append(p.Sections, trend)
	watched, ok, err := s.watched(r.Context(), w, f)
	if err != nil {
		return p, err
	}
	if ok {
		p.Sections = append(p.Sections, watched)
	}
	p.Sections = append(p.Sections, s.levelBars(w, f, all, sites, levels))
	worst, best := figures.Unsatisfied.Levels()
	for _, by := range []struct {
		key  string
		name func(string) string
	}{
		{"site", func(id string) string { return s.siteName(w, id) }},
		{"service", func(x string) string { return x }},
		{"language", voice.SelfName},
		{"channel", w.channel},
	} {
		of := sites
		if by.key != "site" {
			if of, err = all.Parts(r.Context(), figures.By(by.key), nil); err != nil {
				return p, err
			}
		}
		var parts []part
		for key, rate := range figures.Rates(of, worst, best) {
			if key == "" {
				parts = append(parts, part{key: key, label: w.t("not_said"), rate: rate})
				continue
			}
			parts = append(parts, part{key: key, label: by.name(key), url: f.behind(by.key, key, "level", "1-3"), rate: rate})
		}
		if len(parts) < 2 {
			continue
		}
		c := reportSection{ID: by.key, Title: w.t("unsatisfied_by_" + by.key), Open: true, Even: true, Rows: w.besideOthers(parts, bad), columns: rateColumns}
		c.Head = [4]string{w.t("by_" + by.key), w.t("answers_head"), w.t("interval"), w.t("unsatisfied")}
		if bad.Rated() {
			c.Notes = append(c.Notes, w.t("line_is_all", w.percent(bad.P)))
		}
		p.Sections = append(p.Sections, c)
	}
	targets, err := s.targets(r.Context(), w, f)
	if err != nil {
		return p, err
	}
	if len(targets.Rows) > 0 {
		p.Sections = append(p.Sections, targets)
	}
	scores, told, err := all.Questions(r.Context())
	if err != nil {
		return p, err
	}
	names := s.namer(w)
	if c := w.questionMeans(scores, names); len(c.Rows) > 1 {
		p.Sections = append(p.Sections, c)
	}
	if p.Foot = append(p.Foot, w.countsOf(all)); !told {
		p.Foot = append(p.Foot, w.t("scores_too_many", figures.Most))
	}
	return p, nil
}

func decimal(x float64) string { return report.Printed(x, 1) }

// channel is the name of a platform.
func (w *words) channel(name string) string {
	if w.has("channel_" + name) {
		return w.t("channel_" + name)
	}
	return name
}

// levelFinding says in a sentence what a rate is and whether it changed.
func (w *words) levelFinding(now report.Clustered, was *figures.Answers) string {
	if !now.Rated() {
		return w.t("finding_few", now.N)
	}
	if was == nil {
		return w.t("finding_rate", w.said(now.Rate))
	}
	before := was.Unsatisfied()
	d, ok := now.Minus(before)
	switch {
	case !ok:
		return w.t("finding_not_compared", w.said(now.Rate))
	case !d.Clear():
		return w.t("finding_same", w.said(now.Rate), w.changed(d))
	case d.By > 0:
		return w.t("finding_rose", w.percent(before.P), w.percent(now.P), w.changed(d))
	}
	return w.t("finding_fell", w.percent(before.P), w.percent(now.P), w.changed(d))
}

// unsatisfiedOver is the share of the unsatisfied in each of the spaces of time that a line is made of.
func (w *words) unsatisfiedOver(ctx context.Context, f *reportFilter, of *figures.Answers) ([]part, error) {
	over, all := f.stretches(w)
	spaces, err := of.Parts(ctx, figures.Day, over)
	if err != nil {
		return nil, err
	}
	rates := figures.Rates(spaces, 1, 3)
	parts := make([]part, len(all))
	for i, o := range all {
		rate, ok := rates[o.First]
		if !ok {
			rate = of.None()
		}
		parts[i] = part{key: o.First, label: o.label, url: f.behind("from", o.First, "to", o.Last, "level", "1-3"), rate: rate}
	}
	return parts, nil
}

// levelTrend is the share of the unsatisfied over time.
func (s reportPages) levelTrend(ctx context.Context, w *words, f *reportFilter, of *figures.Answers) (reportSection, error) {
	parts, err := w.unsatisfiedOver(ctx, f, of)
	if err != nil {
		return reportSection{}, err
	}
	all := of.Unsatisfied()
	c := reportSection{ID: "trend", Title: w.t("unsatisfied_over_time"), columns: rateColumns}
	if c.Marks, err = s.happenedIn(ctx, w, f); err != nil {
		return c, err
	}
	usual := math.NaN()
	if all.Rated() {
		usual = all.P
		c.Notes = append(c.Notes, w.t("band_legend", w.percent(usual)))
	}
	over, _ := f.stretches(w)
	line := chart.Line{ID: "trend", Title: c.Title, Usual: usual, Marks: f.placed(over, c.Marks), Aim: s.aim(f)}
	if line.Aim > 0 {
		line.AimWords = w.t("aim_line", report.PerCent(line.Aim))
	}
	c.Drawing, c.Rows = w.lined(line, parts)
	c.Head = [4]string{w.t("when"), w.t("answers_head"), "", w.t("unsatisfied")}
	return c, nil
}

// levelBars is how answers spread over the levels, of all and of each site that has enough.
func (s reportPages) levelBars(w *words, f *reportFilter, all *figures.Answers, by map[string]*figures.Answers, levels report.Levels) reportSection {
	c := reportSection{ID: "levels", Title: w.t("seven_levels"), Even: true, columns: rateColumns, Notes: []string{w.t("cut_legend")}}
	c.Head = [4]string{w.t("level"), w.t("answers_head"), "", w.t("share")}
	caption := func(of *figures.Answers) string {
		return w.t("levels_caption", w.said(of.Unsatisfied().Rate), w.said(of.Rate(6, 7).Rate), w.said(of.Rate(7, 7).Rate))
	}
	if !all.Unsatisfied().Rated() {
		c.Notes = []string{w.t("finding_few", levels.N)}
		return c
	}
	c.Caption = caption(all)
	var parts []part
	for _, key := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, part{key: key, rate: by[key].Unsatisfied()})
	}
	drawn := [][7]int{levels.Counts}
	var sites []string
	for _, p := range hidden(parts) {
		if p.rate.Rated() && len(by) > 1 {
			sites = append(sites, p.key)
			drawn = append(drawn, by[p.key].Levels())
		}
	}
	slices.SortFunc(sites, func(a, b string) int { return strings.Compare(s.siteName(w, a)+a, s.siteName(w, b)+b) })
	low, width := chart.Aligned(drawn...)
	name := func(level, n int) string { return w.t("level_n", level) + ": " + strconv.Itoa(n) }
	bar := func(id, title string, of *figures.Answers, large bool) chart.Levels {
		return chart.Levels{
			ID: id, Title: title, Description: caption(of),
			Counts: of.Levels(), Low: low, Whole: width, Large: large, Name: name, Percent: w.percent,
		}
	}
	c.Drawing = bar("levels", c.Title, all, true).SVG()
	for i, id := range sites {
		c.Below = append(c.Below, reportDrawing{s.siteName(w, id), w.t("n_answers", by[id].N()), bar("levels-"+strconv.Itoa(i), s.siteName(w, id), by[id], false).SVG()})
	}
	for level := range levels.Counts {
		at := strconv.Itoa(level + 1)
		c.Rows = append(c.Rows, w.rowOf(part{key: at, label: w.t("level_n", level+1), url: f.behind("level", at), rate: all.Rate(level+1, level+1)}))
	}
	return c
}

var meanColumns = []string{"flow", "question", "n", "customers", "mean", "low", "high", "unit"}

// questionMeans are the means of the questions' scores.
func (w *words) questionMeans(scores []figures.Question, names namer) reportSection {
	c := reportSection{ID: "questions", Title: w.t("score_by_question"), Open: true, columns: meanColumns, Notes: []string{w.t("scores_legend")}}
	c.Head = [4]string{w.t("question_head"), w.t("answers_head"), w.t("interval"), w.t("mean_score")}
	whole := 0
	for i := range scores {
		whole = max(whole, scores[i].Mean().N)
	}
	for i := range scores {
		q := &scores[i]
		row := w.meanRow(names.question(q.Flow, q.Question, askedInRow), []string{q.Flow, q.Question}, q.Mean(), whole, 0, 100, math.NaN())
		row.About = names.survey(q.Flow)
		if q.Summed() { // of sums only the fewest are known
			row.raw[3] = ""
		}
		row.raw = append(row.raw, unitOf(q.Summed()))
		c.Rows = append(c.Rows, row)
	}
	return c
}
