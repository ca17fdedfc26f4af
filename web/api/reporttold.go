package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/page"
)

// Reports makes what the pages of reports show.
type Reports interface {
	// Names lists the reports.
	Names() []string
	// Asks lists the parameters that a report has besides the filters that all have.
	Asks(name string) []string
	// Report makes one of filters that were looked at. A *page.Error says that there is no such part.
	Report(ctx context.Context, name string, by figures.ReportReader, q url.Values) (figures.Report, error)
}

// reportView is a report.
type reportView struct {
	Report  string              `json:"report"`
	State   figures.ReportState `json:"state"`
	From    string              `json:"from,omitempty"`
	To      string              `json:"to,omitempty"`
	AsOf    *time.Time          `json:"as_of,omitempty"`
	Finding string              `json:"finding"`
	Figures []toldView          `json:"figures"`
	Tables  []tableView         `json:"tables"`
}

// toldView is a figure of a report by its key.
type toldView struct {
	Name string `json:"key"`
	figureView
	Value  *float64    `json:"value,omitempty"`
	Change *changeView `json:"change,omitempty"`
}

// changeView is the difference to what a figure is compared with.
type changeView struct {
	By    float64 `json:"by"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Clear bool    `json:"clear"`
}

// tableView is a table of a report: what may not be shown in a row is not there.
type tableView struct {
	Table   string           `json:"table"`
	Columns []string         `json:"columns"`
	Rows    []map[string]any `json:"rows"`
}

// reportNames lists the reports.
func (s *api) reportNames(*request) (answer, error) {
	names := []string{}
	if s.Reports != nil {
		names = s.Reports.Names()
	}
	return answer{status: http.StatusOK, body: map[string]any{"items": names}}, nil
}

// ownMembers say how what single reports are asked for besides has to be written.
var ownMembers = sync.OnceValue(func() []ownMember {
	return []ownMember{
		{"compare", "previous, year or none", regexp.MustCompile(`^(previous|year|none)$`)},
		{"told", "a whole number of people up to 1000, as 22", regexp.MustCompile(`^([1-9]\d{0,2}|1000)$`)},
		{"target", "a whole number of per cent, as 15", regexp.MustCompile(`^[1-9]\d?$`)},
		{"change", "a day, as 2026-03-05", regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)},
		{"level", "a level or a range of levels, as 2 or 1-3", regexp.MustCompile(`^([1-7]|1-[2-7]|2-[3-7]|3-[4-7]|4-[5-7]|5-[67]|6-7)$`)},
		{"count", "days", regexp.MustCompile(`^days$`)},
		{"beside", "a part, as site:main", regexp.MustCompile(`^(site|service|staff|language|channel):.+$`)},
	}
})

// ownMember is one of them.
type ownMember struct {
	name, as string
	fits     *regexp.Regexp
}

// report is the report of an address, the same that its page shows of the same filters.
func (s *api) report(q *request) (answer, error) {
	name := q.PathValue("report")
	var names []string
	if s.Reports != nil {
		names = s.Reports.Names()
	}
	if !slices.Contains(names, name) {
		return answer{}, problemf(notFound, "There is no report %q.%s The reports are %s.", short(name), meant(name, names), strings.Join(names, ", "))
	}
	said, err := parameters(q, slices.Concat(filterMembers, []string{"compare"}, s.Reports.Asks(name)))
	if err != nil {
		return answer{}, err
	}
	f, err := s.figureFilter(q, said)
	if err != nil {
		return answer{}, err
	}
	for _, own := range ownMembers() {
		if v := said.Get(own.name); said.Has(own.name) && !own.fits.MatchString(v) {
			return answer{}, problemf(invalid, "%q is no %s. Write %s.", short(v), own.name, own.as)
		}
	}
	said.Set("from", f.From)
	said.Set("to", f.To)
	by := figures.ReportReader{Sites: q.token.Sites, Trusted: s.trusted}
	if len(by.Sites) == 0 {
		by.Sites = nil
	}
	told, err := s.Reports.Report(q.Context(), name, by, said)
	var refused *page.Error
	switch {
	case errors.As(err, &refused):
		return answer{}, problemf(notFound, "There is no such part in these days, or it may not be shown.")
	case err != nil:
		return answer{}, err
	case told.State == figures.ReportMany:
		return answer{}, tooManyRows(&f)
	case told.State == figures.ReportOneSite:
		return answer{}, problemf(invalid, "This report is made of one site, or of all of them. Name one with site.")
	}
	return answer{status: http.StatusOK, body: viewOfReport(&told)}, nil
}

func viewOfReport(r *figures.Report) reportView {
	v := reportView{Report: r.Name, State: r.State, From: r.From, To: r.To, Finding: r.Finding, Figures: []toldView{}, Tables: []tableView{}}
	if !r.Made.IsZero() {
		at := r.Made.UTC()
		v.AsOf = &at
	}
	for i := range r.Figures {
		v.Figures = append(v.Figures, viewOfTold(&r.Figures[i]))
	}
	for _, t := range r.Tables {
		one := tableView{Table: t.ID, Columns: t.Columns, Rows: []map[string]any{}}
		for _, cells := range t.Rows {
			row := map[string]any{}
			for i, cell := range cells {
				if cell != nil {
					row[t.Columns[i]] = cell
				}
			}
			one.Rows = append(one.Rows, row)
		}
		v.Tables = append(v.Tables, one)
	}
	return v
}

func viewOfTold(t *figures.Told) toldView {
	v := toldView{Name: t.Key, figureView: figureView{Shown: "none"}}
	switch {
	case t.Share != nil:
		v.figureView = viewOfFigure(*t.Share)
	case t.Number != nil:
		v.Shown = "number"
		if !math.IsNaN(t.Number.Value) {
			v.Value = &t.Number.Value
		}
		if t.Number.N > 0 {
			v.N = &t.Number.N
		}
		if in := t.Number.Within; in != nil {
			v.Low, v.High = finite(in.Low), finite(in.High)
		}
	}
	if d := t.Change; d != nil {
		v.Change = &changeView{d.By, d.Within.Low, d.Within.High, d.Clear()}
	}
	return v
}

// finite is a number that JSON can hold; nil = none.
func finite(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return &x
}
