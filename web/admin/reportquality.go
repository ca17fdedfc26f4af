package admin

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/web/chart"
)

// reportQuality is how customers see the five dimensions of the quality of a service.
func (s givenPages) reportQuality(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	in, err := s.given(r, w, v, f, &p)
	if err != nil || in == nil {
		return p, err
	}
	names, q := s.namer(w), in.quality(s.site, f)
	of := p.Lede // of what it is, if that is not what was chosen
	if len(q.Dimensions) == 0 {
		p.Lede = w.sentences(w.t("quality_none"), of)
		return p, nil
	}
	name := func(d *figures.QualityDimension) string { return w.t("dimension_" + d.Name) }
	p.Lede = w.sentences(w.qualityFinding(&q, name), of)
	for _, one := range []struct {
		key string
		x   figures.Optional
	}{{"quality_weighted", q.Weighted}, {"quality_unweighted", q.Unweighted}} {
		tile := reportFigure{Label: w.t(one.key), Value: "–", Meta: w.t("mean_from_ten")}
		if one.x.Known() && len(q.Dimensions) > 1 {
			tile.Value, tile.Meta = decimal(float64(one.x)), w.t("quality_of", len(q.Dimensions))
		}
		p.Figures = append(p.Figures, tile.numbered(strings.TrimPrefix(one.key, "quality_"), tile.Value != "–", float64(one.x), nil, 0))
	}
	p.Sections = append(p.Sections, w.dimensions(&q, names, name))
	if c := w.dimensionGaps(&q, name); len(c.Rows) > 0 {
		p.Sections = append(p.Sections, c)
	}
	p.Sections = append(p.Sections, w.qualityQuadrants(&q, name))
	if q.OwnWeights() {
		p.Foot = append(p.Foot, w.t("quality_own_weights", q.Sharers))
	} else {
		p.Foot = append(p.Foot, w.t("quality_usual_weights"))
	}
	return p, nil
}

// qualityFinding names the dimensions that lie behind the others. That none does is said of those that are compared.
func (w *words) qualityFinding(q *figures.Quality, name func(*figures.QualityDimension) string) string {
	var behind, shown, compared, alone []string
	for i := range q.Dimensions {
		d := &q.Dimensions[i]
		if d.Perceived.Shown() {
			shown = append(shown, name(d))
		}
		if d.Behind {
			behind = append(behind, name(d))
		}
		if d.Compared {
			compared = append(compared, name(d))
		} else {
			alone = append(alone, name(d))
		}
	}
	switch comma := w.t("list_comma"); {
	case len(shown) == 0:
		return w.t("quality_few")
	case len(behind) > 0:
		return w.t("quality_behind", strings.Join(behind, comma))
	case len(shown) == 1:
		return w.t("quality_one", shown[0])
	case len(compared) == 0:
		return w.t("quality_not_compared", report.FewestPlain)
	case len(alone) > 0:
		return w.t("quality_even_but", strings.Join(compared, comma), strings.Join(alone, comma))
	}
	return w.t("quality_even")
}

var (
	dimensionColumns = []string{"dimension", "weight", "n", "customers", "mean", "low", "high"}
	gapColumns       = []string{"dimension", "n", "customers", "mean", "low", "high"}
	quadrantColumns  = []string{"dimension", "weight", "n", "customers", "mean", "low", "high", "quadrant", "decided"}
)

// dimensions are the dimensions with what customers found.
func (w *words) dimensions(q *figures.Quality, names namer, name func(*figures.QualityDimension) string) reportSection {
	c := reportSection{ID: "dimensions", Title: w.t("quality_dimensions"), Open: true, columns: dimensionColumns, Notes: []string{w.t("quality_note")}}
	c.Head = [4]string{w.t("dimension_head"), w.t("answers_head"), w.t("interval"), w.t("mean_score")}
	for i := range q.Dimensions {
		d := &q.Dimensions[i]
		row := w.meanRow(name(d), []string{d.Name, report.Printed(d.Weight, 2)}, d.Perceived, mostPerceived(q.Dimensions), 0, 100, math.NaN())
		row.Versus = w.t("quality_weight", report.PerCent(d.Weight))
		if d.Behind {
			row.Versus, row.Clear = row.Versus+w.t("list_comma")+w.t("quality_is_behind"), true
		} else if lacks := w.neededFor(d.Perceived.N, d.Perceived.Customers); lacks != "" {
			row.Versus += w.t("list_comma") + lacks
		}
		var asked []string
		for _, one := range d.Questions {
			asked = append(asked, w.t("question_of", names.question(one.Flow, one.Question, askedInRow), names.survey(one.Flow)))
		}
		slices.Sort(asked)
		c.Notes = append(c.Notes, w.t("quality_asked", name(d), strings.Join(asked, w.t("list_semicolon"))))
		if d.Alpha.Known() {
			c.Notes = append(c.Notes, w.t("quality_alpha", name(d), signedTwo(float64(d.Alpha)), signedTwo(d.AlphaIn.Low), signedTwo(d.AlphaIn.High), d.AlphaOf))
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// mostPerceived is how many answers the dimension has that has most.
func mostPerceived(all []figures.QualityDimension) (most int) {
	for i := range all {
		most = max(most, all[i].Perceived.N)
	}
	return most
}

// dimensionGaps are how what was found compares with what was expected before, where it was asked.
func (w *words) dimensionGaps(q *figures.Quality, name func(*figures.QualityDimension) string) reportSection {
	c := reportSection{ID: "gaps", Title: w.t("quality_gaps"), Open: true, columns: gapColumns, Notes: []string{w.t("quality_gaps_note")}}
	c.Head = [4]string{w.t("dimension_head"), w.t("answers_head"), w.t("interval"), w.t("quality_gap_head")}
	for i := range q.Dimensions {
		if d := &q.Dimensions[i]; d.Gap.N > 0 {
			c.Rows = append(c.Rows, w.meanRow(name(d), []string{d.Name}, d.Gap, d.Gap.N, -100, 100, 0))
		}
	}
	return c
}

// qualityQuadrants hold how much dimensions weigh against how well they are done.
func (w *words) qualityQuadrants(q *figures.Quality, name func(*figures.QualityDimension) string) reportSection {
	c := reportSection{ID: "quadrants", Title: w.t("quality_quadrants"), columns: quadrantColumns, Notes: []string{w.t("quadrants_note")}}
	c.Head = [4]string{w.t("dimension_head"), w.t("answers_head"), w.t("interval"), w.t("quadrant_head")}
	var placed []*figures.QualityDimension
	var all []report.Attribute
	for i := range q.Dimensions {
		if d := &q.Dimensions[i]; min(d.Perceived.N, d.Perceived.Customers) >= report.FewestPlain {
			placed = append(placed, d)
			all = append(all, report.Attribute{Importance: d.Weight, Performance: d.Perceived.Mean, Within: d.Perceived.Within})
		}
	}
	if len(placed) < 2 {
		c.Notes = []string{w.t("quadrants_few")}
		return c
	}
	important, good, where := report.Quadrants(all)
	drawing := chart.Scatter{
		ID: "c-quadrants", Title: c.Title, Description: w.t("quadrants_says"), CutX: important, CutY: good, AxisX: w.t("quadrants_x"),
		AtX: w.percent, AtY: decimal, Corners: [4]string{w.t("quadrant_overkill"), w.t("quadrant_keep"), w.t("quadrant_low"), w.t("quadrant_concentrate")},
	}
	for i, d := range placed {
		row := w.meanRow(name(d), []string{d.Name, report.Printed(d.Weight, 2)}, d.Perceived, mostPerceived(q.Dimensions), 0, 100, math.NaN())
		verdict := w.t(quadrantKeys[where[i].Quadrant])
		if !where[i].Decided {
			verdict = w.t("quadrant_open", verdict)
		}
		row.Value, row.Drawing = verdict, ""
		row.raw = append(row.raw, string(where[i].Quadrant), strconv.FormatBool(where[i].Decided))
		c.Rows = append(c.Rows, row)
		drawing.Spots = append(drawing.Spots, chart.Spot{
			Words: name(d) + ": " + verdict, Label: name(d), X: d.Weight, Y: d.Perceived.Mean, Low: d.Perceived.Within.Low, High: d.Perceived.Within.High, Hollow: !where[i].Decided,
		})
	}
	drawing.X, drawing.Y = axesOf(drawing.Spots, 1, 100)
	c.Drawing = drawing.SVG()
	return c
}

var quadrantKeys = map[report.Quadrant]string{
	report.Concentrate: "quadrant_concentrate", report.KeepUp: "quadrant_keep", report.LowPriority: "quadrant_low", report.Overkill: "quadrant_overkill",
}

// axesOf are the ends of both axes: what holds every spot with its interval and some room, up to the end of its scale.
func axesOf(spots []chart.Spot, mostX, mostY float64) (x, y [2]float64) {
	x, y = [2]float64{math.Inf(1), math.Inf(-1)}, [2]float64{math.Inf(1), math.Inf(-1)}
	for _, s := range spots {
		x, y = [2]float64{min(x[0], s.X), max(x[1], s.X)}, [2]float64{min(y[0], s.Low), max(y[1], s.High)}
	}
	roomX, roomY := max(0.02*mostX, (x[1]-x[0])/8), max(0.05*mostY, (y[1]-y[0])/4)
	return [2]float64{max(0, x[0]-roomX), min(mostX, x[1]+roomX)}, [2]float64{y[0] - roomY, min(mostY, y[1]+roomY)}
}

// signedTwo is a number below 1 with two decimals.
func signedTwo(x float64) string {
	text := report.Printed(math.Abs(x), 2)
	if x < 0 && text != "0.00" {
		return "−" + text
	}
	return text
}
