package admin

import (
	"net/http"
	"strconv"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/web/chart"
)

// reportReturn is who came again after an unsatisfied answer, by what became of their case.
func (s reportPages) reportReturn(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	all, ok, err := s.customersOf(r, w, v, f, &p, false)
	if err != nil || !ok {
		return p, err
	}
	g, people := &all.Regained, w.of("customers")
	switch {
	case g.Many:
		p.Lede = w.t("regained_many")
		return p, nil
	case g.After == 0: // it was made by a program before this one
		p.Lede = w.t("kept_not_yet")
		return p, nil
	}
	p.Foot = append(p.Foot, w.t("regained_by_chance"), w.t("regained_foot", g.After))
	unhappy := 0
	for _, group := range g.Groups[:4] {
		if len(group) > 0 {
			unhappy += group[0].Customers
		}
	}
	if unhappy == 0 {
		p.Lede = w.t("regained_none", g.After)
		return p, nil
	}
	p.Lede = people.regainedFinding(g)
	if n, ok := g.Unhappy(); ok {
		tile := reportFigure{Label: w.t("regained_unhappy"), Value: strconv.Itoa(n), Meta: w.t("regained_year", g.After)}
		p.Figures = append(p.Figures, tile.numbered("unsatisfied_customers", true, float64(n), nil, 0))
	}
	for _, name := range []string{figures.WonBack, figures.NotWonBack, figures.Unspoken} {
		group := g.Of(name)
		back := group[len(group)-1]
		tile := people.returnFigure(w.t("regained_tile_"+name, back.Days), w.t("measure_from_ten"), back)
		p.Figures = append(p.Figures, tile.keyed(name+"_returned_within_"+strconv.Itoa(back.Days)))
	}
	p.Sections = append(p.Sections, people.regained(g), people.regainedApart(g))
	return p, nil
}

// regainedFinding is what stands on top: whether those who were won back came again more often than those to whom
// nobody spoke.
func (w *words) regainedFinding(g *figures.Regained) string {
	won := g.Of(figures.WonBack)
	back := won[len(won)-1]
	for _, name := range []string{figures.Unspoken, figures.NotWonBack} {
		d, ok := g.Difference(name)
		if !ok {
			continue
		}
		group := g.Of(name)
		other := group[len(group)-1]
		key := "regained_alike_"
		switch {
		case d.Clear() && d.By > 0:
			key = "regained_more_"
		case d.Clear():
			key = "regained_less_"
		}
		return w.t(key+name, w.cameAgain(back), back.Days, w.cameAgain(other), w.differs(d))
	}
	if m := back.Manner(); m == report.Few || m == report.Plain {
		return w.t("regained_only", w.cameAgain(back), back.Days, report.FewestPlain)
	}
	return w.t("regained_few", report.FewestRated)
}

// differs is a difference of the shares of two groups in words. None is called one whose range holds 0.
func (w *words) differs(d report.Difference) string {
	switch {
	case !d.Clear():
		return w.t("no_clear_difference", points(d.Within.Low), points(d.Within.High))
	case d.By > 0:
		return w.t("points_more", points(d.By), points(d.Within.Low), points(d.Within.High))
	}
	return w.t("points_fewer", points(-d.By), points(-d.Within.High), points(-d.Within.Low))
}

var regainedColumns = append([]string{"became"}, returnColumns...)

// regained is how many came again, by what became of their case.
func (w *words) regained(g *figures.Regained) reportSection {
	c := reportSection{ID: "regained", Title: w.t("regained_title"), Open: true, columns: regainedColumns, Notes: []string{w.t("regained_note", g.After)}}
	c.Head = [4]string{w.t("regained_head"), w.t("customers_head"), w.t("interval"), w.t("share")}
	for n := range g.Groups[0] {
		for i, name := range figures.RegainedGroups() {
			back := g.Groups[i][n]
			c.Rows = append(c.Rows, w.returnRow(w.t("regained_"+name, back.Days), []string{name}, back, customersIn(g.Groups[:4], n)))
		}
	}
	if g.Young > 0 {
		c.Notes = append(c.Notes, w.t("regained_young", g.After))
	}
	return c
}

var apartColumns = []string{"against", "days", "difference", "low", "high"}

// regainedApart is how those who were won back differ from the others.
func (w *words) regainedApart(g *figures.Regained) reportSection {
	c := reportSection{ID: "apart", Title: w.t("regained_apart"), Open: true, Even: true, columns: apartColumns, Notes: []string{w.t("regained_apart_note")}}
	c.Head = [4]string{w.t("regained_apart_head"), w.t("customers_head"), w.t("interval"), w.t("regained_difference")}
	for _, name := range []string{figures.Unspoken, figures.NotWonBack, figures.Content} {
		group := g.Of(name)
		other := group[len(group)-1]
		row := reportRow{Label: w.t("regained_"+name, other.Days), N: w.returnRow("", nil, other, customersIn(g.Groups[:4], len(group)-1)).N, Value: w.t("after_uncompared", report.FewestPlain)}
		row.raw = []string{name, strconv.Itoa(other.Days), "", "", ""}
		if d, ok := g.Difference(name); ok {
			row.Value, row.Clear = w.differs(d), d.Clear()
			row.Drawing = chart.Difference(d.By, d.Within.Low, d.Within.High)
			row.raw[2], row.raw[3], row.raw[4] = exact(d.By), exact(d.Within.Low), exact(d.Within.High)
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}
