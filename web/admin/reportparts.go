package admin

import (
	"cmp"
	"context"
	"html/template"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/web/chart"
)

// reportFigure is a number with its interval, a tile.
type reportFigure struct {
	Label, Value, Meta, Change string
	URL                        string
	Bar                        template.HTML
	Clear                      bool // the change is one

	told figures.Told // for programs; without a key it is not told
}

// reportRow is a figure of a part: of a week, a site, a level.
type reportRow struct {
	Label   string
	About   string // below the label
	URL     string // of the answers behind it
	N       string
	Value   string // in words
	Drawing template.HTML
	Versus  string // how it differs, in words
	Clear   bool   // the difference excludes 0

	key  string   // of what it is, for programs
	raw  []string // its cells in the table
	told []string // for programs; nil = as the table has it
}

// reportSection is one chart with its table.
type reportSection struct {
	ID, Title, Caption string
	CSV                string
	Drawing            template.HTML   // "" where the rows are drawn
	Below              []reportDrawing // of the same, of parts
	Rows               []reportRow
	Open               bool // the rows are the chart; else they fold
	Head               [4]string
	Quotes             []string // what people wrote
	Marks              []happened
	Notes              []string
	Even               bool // takes half the width

	columns []string // of the CSV
}

// reportDrawing is one of several drawings.
type reportDrawing struct {
	Label, Meta string
	SVG         template.HTML
}

// reportPage is a report.
type reportPage struct {
	Groups    []reportTab // of reports
	Tabs      []reportTab // the reports of the group
	Form      reportForm
	Lede      string
	Figures   []reportFigure
	Beside    []figures.Told // figures that stand in words only, for programs
	Sections  []reportSection
	Asking    []reportAsking // what the page wants to know besides
	Said      []saidRow      // what customers wrote, under SaidHead
	SaidHead  string
	SaidCSV   string // all of them as a file
	More      string // where what they wrote goes on
	Foot      []string
	Days      string        // the text of which days figures are of; "" = report_days
	LeftOut   string        // the text of what is left out; "" = report_left_out
	Care      *figures.Care // with which the answers were given that it has read; nil = it read none
	Fixed     bool          // nothing of it can be chosen
	Kept      bool          // it was made in the background, of other days than the filters name
	TooMany   bool
	Instead   string // what to do where too many were asked, beside choosing fewer days or one site
	Empty     bool
	Acts      []link     // what may be done here
	Behind    string     // how far figures are behind, if that is more than usual
	Downloads []download // of the rows behind figures
	Alarms    []alarmView
	Now       string // the site whose report somebody may have sent to themselves
	NowDays   string // of which days it is
	Settings  bool   // it shows how something is set, and no figures
}

// reportAsking is a field that only this report has.
type reportAsking struct {
	Name, Label, Kind, Value string
	Choices                  []choice // instead of a field
}

// per cent, without decimals.
func (w *words) percent(p float64) string {
	return w.t("percent", report.PerCent(p))
}

// rated is a rate in words, under the rule for small numbers.
func (w *words) rated(r report.Rate) string {
	switch r.Manner {
	case report.Hidden:
		return w.t("too_few_to_say")
	case report.Counted:
		if r.N >= report.FewestRated { // many answers of a few customers
			return w.t("counted_customers", r.K, r.N)
		}
		return w.t("counted", r.K, r.N)
	case report.Few:
		return w.t("rate_few", w.percent(r.P), report.PerCent(r.Low()), report.PerCent(r.High()))
	}
	return w.t("rate", w.percent(r.P), report.PerCent(r.Low()), report.PerCent(r.High()))
}

// said is a rate within a sentence that goes on behind it.
func (w *words) said(r report.Rate) string {
	if r.Manner == report.Few {
		return w.t("rate_few_said", w.percent(r.P), report.PerCent(r.Low()), report.PerCent(r.High()))
	}
	return w.rated(r)
}

// points are a difference of shares, without a sign where it rounds to none.
func points(x float64) string {
	text := report.PerCent(math.Abs(x))
	if x < 0 && text != "0" {
		return "−" + text
	}
	return text
}

// changed is a difference of rates in words. Nothing is called a change whose interval holds 0.
func (w *words) changed(d report.Difference) string {
	if !d.Clear() {
		return w.t("no_clear_change", points(d.Within.Low), points(d.Within.High))
	}
	if d.By > 0 {
		return w.t("points_up", points(d.By), points(d.Within.Low), points(d.Within.High))
	}
	return w.t("points_down", points(-d.By), points(-d.Within.High), points(-d.Within.Low))
}

func markOf(r report.Rate) chart.Mark {
	switch r.Manner {
	case report.Plain:
		return chart.Filled
	case report.Few:
		return chart.Hollow
	}
	return chart.Gap
}

// figureOfRate is the tile of a rate of all that a page is about.
func (w *words) figureOfRate(label string, r report.Clustered, earlier *report.Clustered, at string) reportFigure {
	return w.figureOfPart(label, r, r.N, earlier, at)
}

// figureOfPart is the tile of a rate of a part of a whole: of those who answered, of all who were asked.
func (w *words) figureOfPart(label string, r report.Clustered, whole int, earlier *report.Clustered, at string) reportFigure {
	f := reportFigure{Label: label, URL: at, told: figures.Told{Share: &r}}
	switch r.Manner {
	case report.Hidden:
		f.Value, f.URL = "–", ""
		_, f.Meta = w.ofFew(r.N, whole)
	case report.Counted:
		if f.Value, f.Meta = w.t("k_of_n", r.K, r.N), w.t("too_few_for_rate"); r.N >= report.FewestRated {
			f.Meta = w.t("few_customers_for_rate")
		}
	default:
		f.Value, f.Meta = w.percent(r.P), w.t("interval_of", report.PerCent(r.Low()), report.PerCent(r.High()), r.N)
		if r.Manner == report.Few {
			f.Meta = w.t("clauses", f.Meta, w.t("few"))
		}
		f.Bar = chart.Reach(r.P, r.Low(), r.High())
	}
	if earlier != nil {
		if d, ok := r.Minus(*earlier); ok {
			f.Change, f.Clear, f.told.Change = w.changed(d), d.Clear(), &d
		}
	}
	return f
}

// part is one of several of which rates are compared.
type part struct {
	key, label, url string
	rate            report.Clustered
	whole           int  // how many all parts together are of; 0 = it is beside no others
	safe            bool // what may not be shown is hidden already
}

// hidden hides what would follow from the total and the other parts, and says of each of how many it is a part.
func hidden(parts []part) []part {
	if len(parts) > 0 && parts[0].safe {
		return ofWhole(parts)
	}
	keys, rates := make([]string, len(parts)), make([]*report.Clustered, len(parts))
	for i := range parts {
		keys[i], rates[i] = parts[i].key, &parts[i].rate
	}
	report.Protect(keys, rates)
	return ofWhole(parts)
}

// ofWhole says of each part of how many it is one.
func ofWhole(parts []part) []part {
	whole := 0
	for i := range parts {
		whole += parts[i].rate.N
	}
	for i := range parts {
		parts[i].whole = whole
	}
	return parts
}

var rateColumns = []string{"label", "shown", "k", "n", "customers", "rate", "low", "high", "unit"}

// ofFew is how many of a whole there are, and what is said of them, where they are too few for anything else. Nobody is
// said to be nobody, which tells of no one, unless the whole is so few that it would tell of these: then all of them
// are elsewhere. Tables leave both empty.
func (w *words) ofFew(n, whole int) (count, says string) {
	if n == 0 && (whole == 0 || whole >= report.FewestCounted) {
		return "0", w.t("none_answered")
	}
	return w.t("under_five"), w.t("too_few_to_say")
}

// unitOf says what a figure is counted from: customers, or sums by day.
func unitOf(summed bool) string {
	if summed {
		return string(figures.Days)
	}
	return string(figures.Customers)
}

// rowOf is a part as a row, with what a CSV has of it: what is not shown stands in neither.
func (w *words) rowOf(p part) reportRow {
	row := reportRow{key: p.key, Label: p.label, URL: p.url, Value: w.rated(p.rate.Rate), raw: []string{p.label, string(p.rate.Manner), "", "", "", "", "", "", unitOf(p.rate.Summed)}}
	if p.rate.Manner == report.Hidden {
		// Of one that is hidden beside another it would not be true that it has few, unless all of them are few: then
		// none of them may look otherwise than the others.
		if row.URL, row.N, row.Value = "", "–", w.t("not_shown"); p.rate.N == 0 || p.whole > 0 && p.whole < report.FewestCounted {
			row.N, row.Value = w.ofFew(p.rate.N, p.whole)
		}
		return row
	}
	row.N = strconv.Itoa(p.rate.N)
	row.raw[2], row.raw[3] = strconv.Itoa(p.rate.K), row.N
	if !p.rate.Summed { // of sums only the fewest are known
		row.raw[4] = strconv.Itoa(p.rate.Customers)
	}
	if p.rate.Rated() {
		for i, x := range []float64{p.rate.P, p.rate.Low(), p.rate.High()} {
			row.raw[5+i] = report.Printed(x, 6)
		}
	}
	return row
}

// lineOf is a rate over time: its drawing, and its rows.
func (w *words) lineOf(id, title string, parts []part, usual float64, marks ...chart.At) (template.HTML, []reportRow) {
	return w.lined(chart.Line{ID: id, Title: title, Usual: usual, Marks: marks}, parts)
}

// lined fills a line with a rate over time.
func (w *words) lined(line chart.Line, parts []part) (template.HTML, []reportRow) {
	parts = hidden(parts)
	points := make([]chart.Point, len(parts))
	rows := make([]reportRow, len(parts))
	every, said := max(1, (len(parts)+5)/6), -len(parts) // words stand side by side on the narrowest of these drawings
	for i, p := range parts {
		rows[i] = w.rowOf(p)
		points[i] = chart.Point{Mark: markOf(p.rate.Rate), P: p.rate.P, Low: p.rate.Low(), High: p.rate.High(), Words: p.label + ": " + rows[i].Value}
		if i%every == 0 {
			points[i].Label = p.label
		}
		if points[i].Mark == chart.Gap && p.rate.Manner == report.Counted && len(parts) < 20 && i-said >= every {
			points[i].Few, said = w.t("n_answers", p.rate.N), i
		}
	}
	line.Description, line.Points, line.Percent = w.t("line_says", len(parts)), points, w.percent
	return line.SVG(), rows
}

// ranked puts parts in the order in which they may be compared: who has enough answers by the
// upper end of the interval of a bad share, the worst first; the others behind them by name.
func ranked(parts []part) []part {
	slices.SortStableFunc(parts, func(a, b part) int {
		x, y := a.rate.Compared(), b.rate.Compared()
		switch {
		case x && y && a.rate.High() != b.rate.High():
			if a.rate.High() > b.rate.High() {
				return -1
			}
			return 1
		case x != y:
			if x {
				return -1
			}
			return 1
		case a.label < b.label:
			return -1
		case a.label > b.label:
			return 1
		}
		return 0
	})
	return parts
}

// besideOthers are parts as rows on one scale, each against all others together.
func (w *words) besideOthers(parts []part, overall report.Clustered) []reportRow {
	parts = ranked(hidden(parts))
	groups := make([][2]int, len(parts))
	top := 0.1
	for i, p := range parts {
		groups[i] = [2]int{p.rate.K, p.rate.N}
		if p.rate.Rated() {
			top = max(top, p.rate.High())
		}
	}
	mean := math.NaN()
	if overall.Rated() {
		mean = overall.P
	}
	_, against := report.AgainstRestOf(groups)
	rows := make([]reportRow, len(parts))
	for i, p := range parts {
		rows[i] = w.rowOf(p)
		if p.rate.Rated() {
			rows[i].Drawing = chart.Span{Mark: markOf(p.rate.Rate), P: p.rate.P, Low: p.rate.Low(), High: p.rate.High(), Mean: mean, Top: top}.SVG()
		}
		if len(parts) > 1 && against[i].Shown && p.rate.Compared() {
			d := widened(against[i].Difference, p.rate.Effect)
			rows[i].Versus, rows[i].Clear = w.t("against_the_rest", w.changed(d)), d.Clear()
		}
	}
	return rows
}

// widened is a difference whose interval allows for answers of one customer that are alike.
func widened(d report.Difference, effect float64) report.Difference {
	by := math.Sqrt(max(1, effect))
	d.Within = report.Interval{Low: max(-1, d.By-by*(d.By-d.Within.Low)), High: min(1, d.By+by*(d.Within.High-d.By))}
	return d
}

// reportOf makes the report of an address.
func (s reportPages) reportOf(r *http.Request, v Viewer, name string) (reportPage, *words, error) {
	w := s.words(r, v)
	f, err := s.reportFilter(r, v)
	if err != nil {
		return reportPage{}, nil, err
	}
	for _, one := range reports {
		if one.name != name {
			continue
		}
		p, err := s.made(name, one.make, r, w, v, &f)
		if err != nil {
			return p, nil, err
		}
		p.Lede = begins(p.Lede) // it may begin with what somebody called something
		at := "/reports/" + name
		p.Groups, p.Tabs = w.reportTabs(&f, name)
		p.Form = s.reportForm(w, v, &f, at)
		if p.Fixed {
			for i := range p.Sections {
				p.Sections[i].CSV = at + "/table.csv?chart=" + p.Sections[i].ID
			}
			return p, w, nil
		}
		if p.Behind, err = s.behind(r.Context(), w); err != nil {
			return p, nil, err
		}
		for i := range p.Sections {
			p.Sections[i].CSV = f.with(at+"/table.csv", "chart", p.Sections[i].ID)
		}
		if !p.Kept && !p.Settings {
			p.Foot = append(p.Foot, w.t(cmp.Or(p.Days, "report_days"), f.From, f.To))
		}
		if p.Downloads == nil && !p.Settings { // of rows nothing is left out
			p.Foot = append(p.Foot, w.t(cmp.Or(p.LeftOut, "report_left_out")), w.t("report_rates"))
			line, err := s.careLine(r, w, v, &f, p.Care)
			if err != nil {
				return p, nil, err
			}
			p.Foot = append(p.Foot, line)
		}
		return p, w, nil
	}
	return reportPage{}, nil, s.nothingHere(nil, nil, v)
}

// unusual is how far behind figures have to be for pages to say so: they usually are some seconds.
const unusual = 15 * time.Second

// behind says how far figures are behind what was answered, "" for no more than usual.
func (s *site) behind(ctx context.Context, w *words) (string, error) {
	b, err := s.Store.Behind(ctx)
	if lag := b.Lag(s.Clock()); err == nil && lag >= unusual {
		return w.t("figures_are_behind", w.span(lag)), nil
	}
	return "", err
}

// report shows a report.
func (s reportPages) report(w http.ResponseWriter, r *http.Request, v Viewer) error {
	name := r.PathValue("report")
	if name == "" {
		name = reports[0].name
	}
	p, words, err := s.reportOf(r, v, name)
	if err != nil {
		return err
	}
	return s.show(w, r, v, http.StatusOK, "report.html", frame{Title: words.t("reports"), Here: "/reports"}, p)
}

// reportCSV is what one chart of a report shows, as a table.
func (s reportPages) reportCSV(w http.ResponseWriter, r *http.Request, v Viewer) error {
	p, _, err := s.reportOf(r, v, r.PathValue("report"))
	if err != nil {
		return err
	}
	return sectionCSV(w, r.PathValue("report"), p.Sections, r.URL.Query().Get("chart"), func() error { return s.nothingHere(w, r, v) })
}

// reportRoutes are the addresses of reports. Who may read which figures is read by site.
var reportRoutes = []route{
	{"GET /reports", access.SeeReports, in(reportPages.report)},
	{"GET /reports/{report}", access.SeeReports, in(reportPages.report)},
	{"GET /reports/{report}/table.csv", access.SeeReports, in(reportPages.reportCSV)},
	{"GET /reports/words/words.csv", access.ExportData, in(saidPages.saidCSV)},
}
