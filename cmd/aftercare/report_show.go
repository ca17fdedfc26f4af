package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/aftercare/aftercare/report"
)

// reportShowCmd shows a report as the API gives it, and as its page shows it.
type reportShowCmd struct {
	outputFlags
	figureFlags
	Name     string `arg:"" help:"Which report, as recovery; \"list\" names all of them."`
	Compare  string `help:"Compare with previous, year or none."`
	Target   string `placeholder:"PERCENT" help:"Of silence: how many per cent of the unsatisfied are too many."`
	Told     string `placeholder:"PEOPLE" help:"Of value: how many people an unsatisfied customer is taken to tell."`
	Change   string `placeholder:"DAY" help:"Of improvement: the day of which before and after are compared."`
	Standard string `help:"Of standards: the one that is told of over time, by its key."`
	Beside   string `placeholder:"PART" help:"Of compare: what stands beside all others, as site:main."`
	Count    string `placeholder:"days" help:"Of expectation, quality and standards: with days, of just these days, one by one up to 200,000; some seconds long."`
	Level    string `help:"Of words: only of these levels, as 1-3."`
	Table    string `placeholder:"TABLE" help:"Print this table alone, as CSV."`
}

// shownReport is a report as the API gives it.
type shownReport struct {
	Report, State, From, To, Finding string
	AsOf                             string `json:"as_of"`
	Figures                          []struct {
		shownFigure
		Key   string
		Value *float64
	}
	Tables []struct {
		Table   string
		Columns []string
		Rows    []map[string]any
	}
}

// Run asks the API.
func (c *reportShowCmd) Run(a *terminal) error {
	if c.Name == "list" {
		return c.list(a)
	}
	q := c.query(map[string]string{
		"compare": c.Compare, "target": c.Target, "told": c.Told, "change": c.Change, "standard": c.Standard, "beside": c.Beside, "level": c.Level, "count": c.Count,
	})
	out, err := a.callAPI(http.MethodGet, "/reports/"+url.PathEscape(c.Name)+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printf("%s", out)
	}
	var r shownReport
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	decoder.UseNumber()
	if err := decoder.Decode(&r); err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	if c.Table != "" {
		return r.table(a, c.Table)
	}
	return r.print(a)
}

// list names the reports.
func (c *reportShowCmd) list(a *terminal) error {
	out, err := a.callAPI(http.MethodGet, "/reports", nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printf("%s", out)
	}
	var all struct{ Items []string }
	if err := json.Unmarshal(out, &all); err != nil {
		return fmt.Errorf("read the list of reports: %w", err)
	}
	return a.printf("%s\n", strings.Join(all.Items, "\n"))
}

// cell is what stands in a row under a column.
func cell(row map[string]any, column string) string {
	if v, ok := row[column]; ok {
		return fmt.Sprint(v)
	}
	return ""
}

// table prints one table as CSV.
func (r *shownReport) table(a *terminal, name string) error {
	var names []string
	for _, t := range r.Tables {
		if names = append(names, t.Table); t.Table != name {
			continue
		}
		out := csv.NewWriter(a.stdout)
		_ = out.Write(t.Columns)
		for _, row := range t.Rows {
			cells := make([]string, len(t.Columns))
			for i, column := range t.Columns {
				cells[i] = cell(row, column)
				if _, text := row[column].(string); text {
					cells[i] = report.Inert(cells[i])
				}
			}
			_ = out.Write(cells)
		}
		out.Flush()
		return out.Error()
	}
	if len(names) == 0 {
		return fmt.Errorf("%s has no tables in these days", r.Report)
	}
	return fmt.Errorf("%s has no table %q in these days. It has %s", r.Report, name, strings.Join(names, ", "))
}

// print shows the finding, the figures and the tables.
func (r *shownReport) print(a *terminal) error {
	head := r.Report
	if r.From != "" {
		head += ", " + r.From + " to " + r.To
	}
	if r.AsOf != "" {
		head += ", as of " + r.AsOf
	}
	if err := a.printf("%s\n", head); err != nil {
		return err
	}
	if r.State == "empty" {
		return a.printf("There is nothing to count in these days.\n")
	}
	if err := a.printf("%s\n", r.Finding); err != nil {
		return err
	}
	if r.State == "not_yet" {
		if err := a.printf("A server makes them: `aftercare serve` must run.\n"); err != nil {
			return err
		}
	}
	for _, f := range r.Figures {
		line := f.line()
		if f.Shown == "number" {
			line = numberLine(f.Value, f.Low, f.High, f.N)
		}
		if err := a.printf("  %s: %s\n", f.Key, line); err != nil {
			return err
		}
	}
	for _, t := range r.Tables {
		if err := a.printf("\n%s\n", t.Table); err != nil {
			return err
		}
		out := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintf(out, "  %s\n", strings.Join(t.Columns, "\t"))
		for _, row := range t.Rows {
			cells := make([]string, len(t.Columns))
			for i, column := range t.Columns {
				cells[i] = cell(row, column)
			}
			fmt.Fprintf(out, "  %s\n", strings.Join(cells, "\t"))
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// numberLine is a figure that is no share, in words.
func numberLine(value *float64, low, high float64, n int) string {
	text := ""
	if value != nil {
		text = strconv.FormatFloat(*value, 'f', -1, 64)
		if *value != float64(int(*value)) {
			text = report.Printed(*value, 2)
		}
	}
	if low != 0 || high != 0 {
		text = strings.TrimSpace(fmt.Sprintf("%s (%s–%s)", text, report.Printed(low, 2), report.Printed(high, 2)))
	}
	if n > 0 {
		text += fmt.Sprintf(" of %d", n)
	}
	return text
}
