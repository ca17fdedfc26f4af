package admin

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// keptOf reads the kept result that a report is made of: of all sites, or of the one that the filters name, or of the
// only one that the reader may see. What there is not yet is asked for. said, if not empty, is all there is to say.
func (s reportPages) keptOf(r *http.Request, w *words, v Viewer, f *reportFilter, kind string) (kept storage.KeptResult, said string, err error) {
	key, known := s.keptKey(v, f)
	if !known {
		f.waits = figures.ReportOneSite
		return kept, w.t("kept_choose_site"), nil
	}
	kept, ok, err := s.Store.ReadResult(r.Context(), kind, key.String())
	now := s.Clock()
	if err == nil && now.Sub(kept.WantedAt) >= figures.ResultAge { // what nobody reads any more is forgotten
		err = s.Store.WantResult(r.Context(), kind, key.String(), now)
	}
	if err != nil || ok {
		f.made = kept.MadeAt
		return kept, "", err
	}
	f.waits = figures.ReportNotYet
	return kept, w.t("kept_not_yet"), nil
}

// keptKey is what a kept result of the sites of the filters is of: all of them, or one; false where none is of these.
func (s reportPages) keptKey(v Viewer, f *reportFilter) (key figures.ResultKey, known bool) {
	key.Site = f.keep.Get("site")
	if some := s.permitted(v, access.SeeReports); key.Site == "" && some != nil {
		if len(some) != 1 {
			return key, false
		}
		key.Site = some[0]
	}
	return key, key.Site == "" || slices.Contains(s.Bot.Configuration().Now().EverySite(), key.Site)
}

// keptFoot says of when and of what a kept result is. surveys: it has that of each survey as well.
func (s reportPages) keptFoot(w *words, f *reportFilter, kept storage.KeptResult, surveys bool) []string {
	foot := []string{w.t("kept_as_of", w.moment(s.Clock(), kept.MadeAt, s.zoneOf(f.Sites)))}
	other := f.period != "" || f.Service+f.Staff+f.Language+f.Channel != ""
	switch {
	case !surveys && (other || f.Flow != ""):
		foot = append(foot, w.t("kept_filters_site"))
	case other:
		foot = append(foot, w.t("kept_filters"))
	}
	return foot
}

// reportDrivers is what the overall answer goes with.
func (s reportPages) reportDrivers(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	p.Kept = true
	kept, said, err := s.keptOf(r, w, v, f, figures.KindDrivers)
	if p.Lede = said; err != nil || said != "" {
		return p, err
	}
	p.Foot = s.keptFoot(w, f, kept, true)
	all, err := figures.DriversIn(kept.Body)
	if err != nil {
		return p, err
	}
	flow := f.Flow
	if flow == "" { // the survey that most customers answered
		var ids []string
		for id := range all {
			ids = append(ids, id)
		}
		slices.SortFunc(ids, func(a, b string) int {
			return cmp.Or(cmp.Compare(all[b].Customers, all[a].Customers), cmp.Compare(a, b))
		})
		if len(ids) > 0 {
			flow = ids[0]
		}
	}
	d, ok := all[flow]
	if !ok {
		p.Lede = w.t("drivers_none")
		return p, nil
	}
	names := s.namer(w)
	name := func(a figures.Driver) string { return names.question(flow, a.Question, askedInRow) }
	p.Lede = w.driversFinding(names.survey(flow), d, name)
	p.Sections = append(p.Sections, w.driverRows(d, name), w.driverShares(d, name))
	if c := w.driverPlane(d, name); c.Drawing != "" {
		p.Sections = append(p.Sections, c)
	}
	return p, nil
}

// driversFinding names the aspect that the overall answer goes most with. That it goes with none is said of those of
// which enough customers answered both.
func (w *words) driversFinding(title string, d figures.Drivers, name driverName) string {
	var of []figures.Driver // the strongest first
	for _, a := range d.Attributes {
		if a.Correlated() {
			of = append(of, a)
		}
	}
	if len(of) == 0 {
		return w.t("drivers_few", title)
	}
	first, last := of[0], of[len(of)-1]
	switch {
	case first.Low > 0:
		return w.t("drivers_finding", title, name(first), twoOf(first))
	case last.High < 0:
		return w.t("drivers_against", title, name(last), twoOf(last))
	case len(of) < len(d.Attributes):
		return w.t("drivers_unclear_but", title, len(of), len(d.Attributes)-len(of))
	}
	return w.t("drivers_unclear", title)
}

// driverName is what the question of an aspect asks.
type driverName func(a figures.Driver) string

func twoOf(d figures.Driver) string {
	return signedTwo(d.R) + " (" + signedTwo(d.Low) + "–" + signedTwo(d.High) + ")"
}

var (
	driverColumns = []string{"question", "n", "r", "low", "high"}
	shareColumns  = []string{"question", "n", "share_of_explained"}
	planeColumns  = []string{"question", "n", "mean", "mean_low", "mean_high", "r", "low", "high"}
)

// driverRows is how each attribute goes with the overall answer.
func (w *words) driverRows(d figures.Drivers, name driverName) reportSection {
	c := reportSection{ID: "drivers", Title: w.t("drivers_title"), Open: true, columns: driverColumns, Notes: []string{w.t("drivers_note")}}
	c.Head = [4]string{w.t("question_head"), w.t("customers_head"), w.t("interval"), w.t("correlation_head")}
	for _, a := range d.Attributes {
		row := reportRow{Label: name(a), N: strconv.Itoa(a.N), Value: w.t("drivers_from_fifty"), raw: []string{a.Question, strconv.Itoa(a.N), "", "", ""}}
		if a.N < report.FewestCounted {
			row.N, _ = w.ofFew(a.N, d.Customers)
			row.raw[1] = ""
		}
		if a.Correlated() {
			place := func(r float64) float64 { return (r + 1) / 2 }
			row.Value = twoOf(a)
			row.Drawing = chart.Span{Mark: chart.Filled, P: place(a.R), Low: place(a.Low), High: place(a.High), Mean: place(0), Top: 1}.SVG()
			if a.Low <= 0 && a.High >= 0 {
				row.Versus = w.t("drivers_no_sign")
			}
			for i, x := range []float64{a.R, a.Low, a.High} {
				row.raw[2+i] = report.Printed(x, 4)
			}
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// driverShares is how much each attribute adds to what all explain.
func (w *words) driverShares(d figures.Drivers, name driverName) reportSection {
	c := reportSection{ID: "shares", Title: w.t("shares_title"), Open: true, Even: true, columns: shareColumns}
	c.Head = [4]string{w.t("question_head"), w.t("customers_head"), w.t("share"), w.t("share")}
	if d.R2 == 0 {
		c.Notes = []string{w.t("shares_few")}
		return c
	}
	c.Caption = w.t("shares_finding", report.PerCent(d.R2))
	c.Notes = []string{w.t("shares_note")}
	top := 0.0
	for _, a := range d.Attributes {
		top = max(top, a.Share)
	}
	for _, a := range d.Attributes {
		if a.Shared {
			c.Rows = append(c.Rows, reportRow{
				Label: name(a), N: strconv.Itoa(d.Complete), Value: w.percent(a.Share), Drawing: chart.Bar(a.Share / top),
				raw: []string{a.Question, strconv.Itoa(d.Complete), report.Printed(a.Share, 4)},
			})
		}
	}
	return c
}

// driverPlane holds how well attributes are done against how much they go with the overall answer.
func (w *words) driverPlane(d figures.Drivers, name driverName) reportSection {
	c := reportSection{ID: "plane", Title: w.t("plane_title"), Even: true, columns: planeColumns, Notes: []string{w.t("plane_note")}}
	c.Head = [4]string{w.t("question_head"), w.t("customers_head"), w.t("interval"), w.t("mean_score")}
	drawing := chart.Scatter{
		ID: "c-plane", Title: c.Title, Description: w.t("plane_says"), AxisX: w.t("mean_score"), AtX: decimal, AtY: signedTwo,
		Corners: [4]string{w.t("quadrant_concentrate"), w.t("quadrant_keep"), w.t("quadrant_low"), w.t("quadrant_overkill")},
	}
	n := 0.0
	var labels []string
	for _, a := range d.Attributes {
		if !a.Correlated() {
			continue
		}
		n++
		labels = append(labels, name(a))
		drawing.CutX, drawing.CutY = drawing.CutX+a.Mean, drawing.CutY+a.R
		mean := w.t("mean_of", decimal(a.Mean), decimal(a.MeanLow), decimal(a.MeanHigh))
		drawing.Spots = append(drawing.Spots, chart.Spot{Words: name(a) + ": " + mean + ", " + twoOf(a), X: a.Mean, Y: a.R, Low: a.Low, High: a.High})
		row := reportRow{Label: name(a), N: strconv.Itoa(a.N), Value: mean, raw: []string{a.Question, strconv.Itoa(a.N)}}
		for _, x := range []float64{a.Mean, a.MeanLow, a.MeanHigh} {
			row.raw = append(row.raw, decimal(x))
		}
		for _, x := range []float64{a.R, a.Low, a.High} {
			row.raw = append(row.raw, report.Printed(x, 4))
		}
		c.Rows = append(c.Rows, row)
	}
	if n < 2 {
		return c
	}
	for i, label := range differing(labels, askedInMark) {
		drawing.Spots[i].Label = label
	}
	drawing.CutX, drawing.CutY = drawing.CutX/n, drawing.CutY/n
	drawing.X, drawing.Y = axesOf(drawing.Spots, 100, 1)
	drawing.Y[0] = math.Min(drawing.Y[0], 0)
	c.Drawing = drawing.SVG()
	return c
}
