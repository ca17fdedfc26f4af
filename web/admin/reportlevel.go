package admin

import (
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

// unsatisfied is the share of the unsatisfied.
func unsatisfied(list []storage.JudgedSession) report.Clustered {
	worst, best := figures.Unsatisfied.Levels()
	return figures.Of(list, worst, best)
}

func levelsIn(list []storage.JudgedSession) (counts [7]int) {
	for i := range list {
		if l := list[i].Level; l >= 1 && l <= 7 {
			counts[l-1]++
		}
	}
	return counts
}

// before is what conversations are compared with; nil where nothing is.
func (s *site) judgedBefore(r *http.Request, f *reportFilter) ([]storage.JudgedSession, error) {
	if f.compare == "none" {
		return nil, nil
	}
	list, more, err := s.Store.Judged(r.Context(), f.earlier)
	if more {
		list = nil
	}
	return list, err
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
func (s *site) reportLevel(r *http.Request, w *words, _ Viewer, f *reportFilter) (p reportPage, err error) {
	scored := f.FigureFilter
	scored.Scores = true
	list, more, err := s.Store.Judged(r.Context(), scored)
	if err != nil || more || len(list) == 0 {
		return reportPage{TooMany: more, Empty: err == nil && !more}, err
	}
	was, err := s.judgedBefore(r, f)
	if err != nil {
		return p, err
	}
	levels := report.LevelsOf(levelsIn(list))
	bad := unsatisfied(list)
	for _, one := range figures.Metrics() {
		worst, best := one.Levels()
		if worst == 0 {
			continue // what is no share of answers stands on another page
		}
		rate := figures.Of(list, worst, best)
		var earlier *report.Clustered
		if was != nil {
			e := figures.Of(was, worst, best)
			earlier = &e
		}
		p.Figures = append(p.Figures, w.figureOfRate(w.t(string(one)), rate, earlier, f.behind("level", strconv.Itoa(worst)+"-"+strconv.Itoa(best))))
	}
	points := reportFigure{Label: w.t("mean_level"), Value: "–", Meta: w.t("mean_from_ten"), URL: f.behind()}
	if m := pointsOf(list); m.Shown() {
		points.Value = decimal(m.Mean)
		points.Meta = w.t("mean_interval", decimal(m.Within.Low), decimal(m.Within.High), levels.Median)
	}
	p.Figures = append(p.Figures, points)
	p.Lede = w.levelFinding(bad, was)

	p.Sections = append(p.Sections, s.levelTrend(w, f, list, bad), s.levelBars(w, f, list, levels))
	worst, best := figures.Unsatisfied.Levels()
	for _, by := range []struct {
		key  string
		of   func(*storage.JudgedSession) string
		name func(string) string
	}{
		{"site", func(j *storage.JudgedSession) string { return j.Site }, func(id string) string { return s.siteName(w, id) }},
		{"service", func(j *storage.JudgedSession) string { return j.Service }, func(x string) string { return x }},
		{"language", func(j *storage.JudgedSession) string { return j.Language }, voice.SelfName},
		{"channel", func(j *storage.JudgedSession) string { return j.Channel }, w.channel},
	} {
		var parts []part
		for key, rate := range figures.Grouped(list, by.of, worst, best) {
			if key == "" {
				parts = append(parts, part{key, w.t("not_said"), "", rate})
				continue
			}
			parts = append(parts, part{key, by.name(key), f.behind(by.key, key, "level", "1-3"), rate})
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
	if c := s.targets(w, f, list); len(c.Rows) > 0 {
		p.Sections = append(p.Sections, c)
	}
	if c := s.questionMeans(w, figures.Questions(list), s.customerFlows(w)); len(c.Rows) > 1 {
		p.Sections = append(p.Sections, c)
	}
	p.Foot = append(p.Foot, w.t("report_counts", levels.N, bad.Customers))
	return p, nil
}

// pointsOf is the mean of the levels, clustered by customer.
func pointsOf(list []storage.JudgedSession) report.ClusteredMean {
	var c report.ClusteredSums
	for i := 0; i < len(list); {
		m, y := 0.0, 0.0
		for of := list[i].Customer; i < len(list) && list[i].Customer == of; i++ {
			m, y = m+1, y+float64(list[i].Level)
		}
		c.Add(m, y)
	}
	return c.Mean()
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// channel is the name of a platform.
func (w *words) channel(name string) string {
	if w.has("channel_" + name) {
		return w.t("channel_" + name)
	}
	return name
}

// levelFinding says in a sentence what a rate is and whether it changed.
func (w *words) levelFinding(now report.Clustered, was []storage.JudgedSession) string {
	if !now.Rated() {
		return w.t("finding_few", now.N)
	}
	if was == nil {
		return w.t("finding_rate", w.rated(now.Rate))
	}
	before := unsatisfied(was)
	d, ok := now.Minus(before)
	switch {
	case !ok:
		return w.t("finding_not_compared", w.rated(now.Rate))
	case !d.Clear():
		return w.t("finding_same", w.rated(now.Rate), w.changed(d))
	case d.By > 0:
		return w.t("finding_rose", w.percent(before.P), w.percent(now.P), w.changed(d))
	}
	return w.t("finding_fell", w.percent(before.P), w.percent(now.P), w.changed(d))
}

// unsatisfiedOver is the share of the unsatisfied in each of the spaces of time that a line is made of.
func (w *words) unsatisfiedOver(f *reportFilter, list []storage.JudgedSession) []part {
	over, all := f.stretches(w)
	worst, best := figures.Unsatisfied.Levels()
	rates := figures.Grouped(list, func(j *storage.JudgedSession) string { return figures.SpaceOf(over, j.Day) }, worst, best)
	parts := make([]part, len(all))
	for i, o := range all {
		rate, ok := rates[o.First]
		if !ok {
			rate = report.Tally{}.Rate()
		}
		parts[i] = part{o.First, o.label, f.behind("from", o.First, "to", o.Last, "level", "1-3"), rate}
	}
	return parts
}

// levelTrend is the share of the unsatisfied over time.
func (s *site) levelTrend(w *words, f *reportFilter, list []storage.JudgedSession, all report.Clustered) reportSection {
	parts := w.unsatisfiedOver(f, list)
	c := reportSection{ID: "trend", Title: w.t("unsatisfied_over_time"), columns: rateColumns}
	usual := math.NaN()
	if all.Rated() {
		usual = all.P
		c.Notes = append(c.Notes, w.t("band_legend", w.percent(usual)))
	}
	c.Drawing, c.Rows = w.lineOf("trend", c.Title, parts, usual)
	c.Head = [4]string{w.t("when"), w.t("answers_head"), "", w.t("unsatisfied")}
	return c
}

// levelBars is how answers spread over the levels, of all and of each site that has enough.
func (s *site) levelBars(w *words, f *reportFilter, list []storage.JudgedSession, levels report.Levels) reportSection {
	c := reportSection{ID: "levels", Title: w.t("seven_levels"), Even: true, columns: rateColumns, Notes: []string{w.t("cut_legend")}}
	c.Head = [4]string{w.t("level"), w.t("answers_head"), "", w.t("share")}
	caption := func(of []storage.JudgedSession) string {
		return w.t("levels_caption", w.rated(unsatisfied(of).Rate), w.rated(figures.Of(of, 6, 7).Rate), w.rated(figures.Of(of, 7, 7).Rate))
	}
	if !unsatisfied(list).Rated() {
		c.Notes = []string{w.t("finding_few", levels.N)}
		return c
	}
	c.Caption = caption(list)
	by := map[string][]storage.JudgedSession{}
	for i := range list {
		by[list[i].Site] = append(by[list[i].Site], list[i])
	}
	drawn := [][7]int{levels.Counts}
	var sites []string
	for _, p := range hidden(partsOf(by)) {
		if p.rate.Rated() && len(by) > 1 {
			sites = append(sites, p.key)
			drawn = append(drawn, levelsIn(by[p.key]))
		}
	}
	slices.SortFunc(sites, func(a, b string) int { return strings.Compare(s.siteName(w, a)+a, s.siteName(w, b)+b) })
	low, width := chart.Aligned(drawn...)
	name := func(level, n int) string { return w.t("level_n", level) + ": " + strconv.Itoa(n) }
	bar := func(id, title string, of []storage.JudgedSession, large bool) chart.Levels {
		return chart.Levels{
			ID: id, Title: title, Description: caption(of),
			Counts: levelsIn(of), Low: low, Whole: width, Large: large, Name: name, Percent: w.percent,
		}
	}
	c.Drawing = bar("levels", c.Title, list, true).SVG()
	for i, id := range sites {
		c.Below = append(c.Below, reportDrawing{s.siteName(w, id), w.t("n_answers", len(by[id])), bar("levels-"+strconv.Itoa(i), s.siteName(w, id), by[id], false).SVG()})
	}
	for level := range levels.Counts {
		at := strconv.Itoa(level + 1)
		rate := figures.Of(list, level+1, level+1)
		c.Rows = append(c.Rows, w.rowOf(part{at, w.t("level_n", level+1), f.behind("level", at), rate}))
	}
	return c
}

// partsOf are the shares of the unsatisfied of parts, in no order that means anything.
func partsOf(by map[string][]storage.JudgedSession) (parts []part) {
	for _, key := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, part{key: key, rate: unsatisfied(by[key])})
	}
	return parts
}

var meanColumns = []string{"flow", "question", "n", "customers", "mean", "low", "high"}

// questionMeans are the means of the questions' scores.
func (s *site) questionMeans(w *words, scores []figures.Question, flows map[string]string) reportSection {
	c := reportSection{ID: "questions", Title: w.t("score_by_question"), Open: true, Even: true, columns: meanColumns, Notes: []string{w.t("scores_legend")}}
	c.Head = [4]string{w.t("question_head"), w.t("answers_head"), w.t("interval"), w.t("mean_score")}
	for _, q := range scores {
		m := q.Scores.Mean()
		title := flows[q.Flow]
		if title == "" {
			title = q.Flow
		}
		row := reportRow{Label: title + " · " + q.Question, N: strconv.Itoa(m.N), Value: w.t("mean_from_ten"), raw: []string{q.Flow, q.Question, "", "", "", "", ""}}
		if min(m.N, m.Customers) < report.FewestCounted {
			row.N = w.t("under_five")
		} else {
			row.raw[2], row.raw[3] = row.N, strconv.Itoa(m.Customers)
		}
		if m.Shown() {
			mark := chart.Filled
			if min(m.N, m.Customers) < report.FewestPlain {
				mark = chart.Hollow
			}
			low, high := max(0, m.Within.Low), min(100, m.Within.High)
			row.Value = w.t("mean_of", decimal(m.Mean), decimal(low), decimal(high))
			row.Drawing = chart.Span{Mark: mark, P: m.Mean / 100, Low: low / 100, High: high / 100, Mean: math.NaN(), Top: 1}.SVG()
			row.raw[4], row.raw[5], row.raw[6] = decimal(m.Mean), decimal(low), decimal(high)
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}
