package admin

import (
	"math"
	"net/http"
	"slices"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/survey"
)

// mostGap is how many steps a mean gap is drawn up to, on either side.
const mostGap = 2

// reportExpectation is how what customers got compares with what they expected.
func (s givenPages) reportExpectation(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	in, err := s.given(r, w, v, f, &p)
	if err != nil || in == nil {
		return p, err
	}
	flows, names := s.customerFlow(), s.namer(w)
	e, before := in.expectation(s.site, f)
	of := p.Lede // of what it is, if that is not what was chosen
	if e.Mean.N == 0 {
		p.Lede = w.sentences(w.t("expect_none"), of)
		return p, nil
	}
	p.Lede = w.t("finding_few", e.Mean.N)
	if e.Below.Rated() {
		p.Lede = w.t("expect_finding", w.said(e.Below.Rate), w.said(e.Above.Rate))
	}
	if e.Broken {
		p.Lede = w.sentences(p.Lede, w.t("expect_broken"))
	}
	p.Lede = w.sentences(p.Lede, of)
	states := ofWhole([]part{{key: "below", label: w.t("expect_below"), rate: e.Below}, {key: "met", label: w.t("expect_met"), rate: e.Met}, {key: "above", label: w.t("expect_above"), rate: e.Above}})
	for i, now := range states {
		var earlier *report.Clustered
		if before != nil {
			earlier = [3]*report.Clustered{&before.Below, &before.Met, &before.Above}[i]
		}
		p.Figures = append(p.Figures, w.figureOfRate(now.label, now.rate, earlier, "").keyed(now.key))
	}
	p.Figures = append(p.Figures, w.figureOfRate(w.t("expect_delighted"), e.Delighted, nil, "").keyed("delighted"))
	gap := w.meanRow("", nil, e.Mean, e.Mean.N, -mostGap, mostGap, 0)
	tile := reportFigure{Label: w.t("expect_gap"), Value: "–", Meta: gap.Value}
	if e.Mean.Shown() {
		tile.Value, tile.Meta = signed(e.Mean.Mean), w.t("expect_steps", signed(e.Mean.Within.Low), signed(e.Mean.Within.High))
	}
	p.Figures = append(p.Figures, tile.numbered("gap", e.Mean.Shown(), e.Mean.Mean, &e.Mean.Within, e.Mean.N))

	c := reportSection{ID: "states", Title: w.t("expect_states"), Open: true, Even: true, columns: rateColumns, Rows: w.rateRows(states)}
	c.Head = [4]string{w.t("expect_head"), w.t("answers_head"), w.t("interval"), w.t("share")}
	c.Notes = []string{w.t("expect_states_note")}
	p.Sections = append(p.Sections, c)
	if len(e.Pairs) > 0 {
		p.Sections = append(p.Sections, w.expectedPairs(e.Pairs, names))
	}
	c = reportSection{ID: "sources", Title: w.t("expect_sources"), Open: true, Even: true, columns: rateColumns, Notes: []string{w.t("expect_sources_note")}}
	c.Head = [4]string{w.t("expect_source_head"), w.t("answers_head"), w.t("interval"), w.t("share")}
	var sources []part
	for _, one := range e.Sources {
		sources = append(sources, part{key: one.Flow + " " + one.Choice, label: names.choice(one.Flow, one.Question, one.Choice), rate: one.Rate})
	}
	if c.Rows = w.rateRows(sources); len(c.Rows) > 0 {
		if top := sources[0]; top.rate.Rated() {
			c.Caption = w.t("choice_finding", top.label, w.rated(top.rate.Rate))
		}
		if several(flows, e.Sources) {
			c.Notes = append(c.Notes, w.t("several_named"))
		}
		p.Sections = append(p.Sections, c)
	}
	if e.Promise[0].N > 0 {
		c := reportSection{ID: "promise", Title: w.t("expect_promise"), Open: true, Even: true, columns: rateColumns, Notes: []string{w.t("expect_promise_note")}}
		c.Head = [4]string{w.t("expect_promise_head"), w.t("answers_head"), w.t("interval"), w.t("share")}
		var parts []part
		for i, key := range [3]string{"promise_kept", "promise_partly", "promise_broken"} {
			parts = append(parts, part{key: key, label: w.t(key), rate: e.Promise[i]})
		}
		if kept := e.Promise[0]; kept.Rated() {
			c.Caption = w.t("expect_promise_finding", w.rated(kept.Rate))
		}
		c.Rows = w.rateRows(ofWhole(parts))
		p.Sections = append(p.Sections, c)
	}
	p.Foot = append(p.Foot, w.t("expect_counts", e.Mean.N, e.Mean.Customers))
	return p, nil
}

// several reports whether a question that asks where an expectation came from takes several answers.
func several(flows map[string]*survey.Flow, sources []figures.ExpectedSource) bool {
	return slices.ContainsFunc(sources, func(one figures.ExpectedSource) bool {
		q := figures.QuestionOf(flows[one.Flow], one.Question)
		return q != nil && q.Max > 1
	})
}

var pairColumns = []string{"flow", "question", "what", "n", "customers", "mean", "low", "high"}

// expectedPairs are what was expected and what was found, side by side.
func (w *words) expectedPairs(pairs []figures.ExpectedPair, names namer) reportSection {
	c := reportSection{ID: "pairs", Title: w.t("expect_pairs"), Open: true, columns: pairColumns, Notes: []string{w.t("expect_pairs_note")}}
	c.Head = [4]string{w.t("question_head"), w.t("answers_head"), w.t("interval"), w.t("mean_score")}
	whole := 0
	for _, pair := range pairs {
		whole = max(whole, mostOf(pair.Expected, pair.Perceived, pair.Gap))
	}
	for _, pair := range pairs {
		name := names.question(pair.Flow, pair.Question, askedInRow)
		for _, one := range []struct {
			key             string
			m               report.ClusteredMean
			low, high, line float64
		}{
			{"expected", pair.Expected, 0, 100, math.NaN()},
			{"perceived", pair.Perceived, 0, 100, math.NaN()},
			{"gap", pair.Gap, -100, 100, 0},
		} {
			row := w.meanRow(w.t("label_value", name, w.t("pair_"+one.key)), []string{pair.Flow, pair.Question, one.key}, one.m, whole, one.low, one.high, one.line)
			row.About = names.survey(pair.Flow)
			c.Rows = append(c.Rows, row)
		}
	}
	return c
}
