package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aftercare/aftercare/report"
)

// reportFiguresCmd shows a figure as the API gives it, and as the pages show it.
type reportFiguresCmd struct {
	outputFlags
	figureFlags
	Metric string `default:"unsatisfied" help:"unsatisfied, watch, top_two, top_box or answered."`
	By     string `help:"Of which parts: site, flow, service, staff, language, channel, day, week or month."`
}

// figureFlags say of what figures are shown.
type figureFlags struct {
	From     string `placeholder:"DAY" help:"From this day on, as 2026-03-05; usually twelve weeks before this week. Days of answered are those of the invitations, UTC."`
	To       string `placeholder:"DAY" help:"Up to this day; usually today."`
	Site     string `placeholder:"ID" help:"Only of this site."`
	Flow     string `placeholder:"ID" help:"Only of this survey."`
	Service  string `help:"Only of this service."`
	Staff    string `help:"Only of whom this person served."`
	Language string `help:"Only of answers in this language, as zh-Hans."`
	Channel  string `help:"Only of telegram, slack or web."`
}

// query are the flags as the API takes them, with others of a command.
func (f *figureFlags) query(others map[string]string) url.Values {
	q := url.Values{}
	for name, value := range map[string]string{
		"from": f.From, "to": f.To, "site": f.Site, "flow": f.Flow, "service": f.Service, "staff": f.Staff, "language": f.Language, "channel": f.Channel,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, value := range others {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// shownFigure is a figure as the API gives it.
type shownFigure struct {
	Key             *string
	Shown           string
	Few             bool
	N, K, Customers int
	Rate, Low, High float64
}

// line is a figure in words.
func (f shownFigure) line() string {
	switch f.Shown {
	case "rate":
		few := ""
		if f.Few {
			few = ", few answers"
		}
		return fmt.Sprintf("%s %% (%s–%s) of %d%s", report.PerCent(f.Rate), report.PerCent(f.Low), report.PerCent(f.High), f.N, few)
	case "counts":
		if f.N >= report.FewestRated { // many answers of a few customers
			return fmt.Sprintf("%d of %d: of fewer than ten customers, too few for a rate", f.K, f.N)
		}
		return fmt.Sprintf("%d of %d: too few for a rate", f.K, f.N)
	}
	return "too few to say"
}

// Run asks the API.
func (c *reportFiguresCmd) Run(a *terminal) error {
	q := c.query(map[string]string{"metric": c.Metric, "by": c.By})
	out, err := a.callAPI(http.MethodGet, "/reports/figures?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printf("%s", out)
	}
	var t struct {
		Unit     string
		From, To string
		Total    shownFigure
		Items    []shownFigure
	}
	if err := json.Unmarshal(out, &t); err != nil {
		return fmt.Errorf("read the figures: %w", err)
	}
	if err := a.printf("%s, %s to %s: %s\n", c.Metric, t.From, t.To, t.Total.line()); err != nil {
		return err
	}
	if t.Unit == "days" {
		if err := a.printf("Counted from sums by day; the ranges are widened by how alike one customer's answers are in these months.\n"); err != nil {
			return err
		}
	}
	for _, one := range t.Items {
		key := *one.Key
		if key == "" {
			key = "(not said)"
		}
		if err := a.printf("  %s: %s\n", key, one.line()); err != nil {
			return err
		}
	}
	return nil
}
