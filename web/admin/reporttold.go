package admin

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
)

// forPeople are the reports of which programs are told nothing: rows are files of their own, the pulse of one's own
// staff is for people who are known, and a digest is a message to them.
var forPeople = []string{"staff", "data", "digest"}

// reportAsks are the parameters that a report has besides the filters.
var reportAsks = map[string][]string{
	"silence": {"target"}, "improvement": {"change"}, "standards": {"standard", justDays}, "expectation": {justDays}, "quality": {justDays}, "compare": {"beside"}, "words": {"level"}, "value": {"told"},
}

// Reports tells programs what the pages of reports show: the same tables, made in the same way, with keys in
// the place of the words that pages have for people.
type Reports struct{ site *site }

// NewReports returns them. Of a configuration it needs the store and the bot, and takes the clock.
func NewReports(c Config) *Reports {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Reports{&site{Config: c}}
}

// Names lists the reports that are told, in the order of their pages.
func (t *Reports) Names() (names []string) {
	for _, one := range reports {
		if !slices.Contains(forPeople, one.name) {
			names = append(names, one.name)
		}
	}
	return names
}

// Asks lists the parameters that a report has besides its filters.
func (t *Reports) Asks(name string) []string { return reportAsks[name] }

// Report makes a report as its page does, of an address that has been looked at: q are its filters.
func (t *Reports) Report(ctx context.Context, name string, by figures.ReportReader, q url.Values) (told figures.Report, err error) {
	v := Viewer{Name: "a program", Language: fallback, Grants: access.Grants{}}
	role := access.Viewer
	if by.Trusted {
		role = access.Lead
	}
	for _, id := range by.Sites {
		v.Grants[id] = role
	}
	if by.Sites == nil {
		v.Grants[access.EverySite] = role
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/reports/"+name+"?"+q.Encode(), nil)
	if err != nil {
		return told, err
	}
	f, err := t.site.reportFilter(r, v)
	if err != nil {
		return told, err
	}
	f.strict = true
	for _, one := range reports {
		if one.name == name && !slices.Contains(forPeople, name) {
			p, err := reportPages{t.site}.made(name, one.make, r, t.site.words(r, v), v, &f)
			return p.told(name, &f), err
		}
	}
	return told, t.site.nothingHere(nil, nil, v)
}

// told is a page for programs.
func (p *reportPage) told(name string, f *reportFilter) figures.Report {
	told := figures.Report{Name: name, State: figures.ReportCounted, Finding: begins(p.Lede), Made: f.made}
	if !p.Kept {
		told.From, told.To = f.From, f.To
	}
	switch {
	case f.waits != "":
		told.State = f.waits
	case p.TooMany:
		told.State = figures.ReportMany
	case p.Empty:
		told.State = figures.ReportEmpty
	}
	for _, tile := range p.Figures {
		if tile.told.Key != "" {
			told.Figures = append(told.Figures, tile.told)
		}
	}
	told.Figures = append(told.Figures, p.Beside...)
	for i := range p.Sections {
		if c := &p.Sections[i]; c.columns != nil {
			told.Tables = append(told.Tables, c.told())
		}
	}
	return told
}

// textColumns are the columns of tables that have words; the others have numbers.
var textColumns = []string{
	"key", "shown", "unit", "flow", "question", "what", "dimension", "quadrant", "cause", "reason", "step", "promise", "state", "id", "site", "day",
	"counted", "change", "owner", "effect", "service", "standard", "kind", "since", "over", "known", "measure", "felt", "why", "standing", "before", "now",
	"class", "month", "became", "against",
}

// told is the table of a chart for programs.
func (c *reportSection) told() figures.ReportTable {
	t := figures.ReportTable{ID: c.ID, Columns: slices.Clone(c.columns)}
	labelled := t.Columns[0] == "label"
	if labelled {
		t.Columns[0] = "key"
	}
	for _, row := range c.Rows {
		raw := row.raw
		if row.told != nil {
			raw = row.told
		}
		cells := make([]any, len(t.Columns))
		for i, text := range raw {
			switch {
			case i == 0 && labelled:
				cells[i] = row.key
			case slices.Contains(textColumns, t.Columns[i]):
				cells[i] = text
			case text != "":
				cells[i] = numberOf(text)
			}
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// numberOf is a cell as what it is: a whole number, another one, yes or no; what is none stays the text.
func numberOf(text string) any {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	if x, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(x, 0) && !math.IsNaN(x) {
		return x
	}
	if yes, err := strconv.ParseBool(text); err == nil {
		return yes
	}
	return text
}

// keyed names a tile for programs.
func (f reportFigure) keyed(key string) reportFigure {
	f.told.Key = key
	return f
}

// numbered names a tile of a number that is no share for programs, if it may be shown.
func (f reportFigure) numbered(key string, shown bool, value float64, within *report.Interval, n int) reportFigure {
	if f.told.Key = key; shown {
		f.told.Number = &figures.Number{Value: value, Within: within, N: n}
	}
	return f
}
