package admin

import (
	"context"
	"html/template"
	"math"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/storage"
)

// trendMost is how many conversations are read one by one for Today: of more the trend is made of sums by day.
const trendMost = 10_000

// trend is the share of unsatisfied customers by week.
type trend struct {
	Drawing template.HTML
	Says    string // in a sentence: what the line cannot say by itself
	Rows    []reportRow
}

// trendOf is the trend of the last weeks, the newest still running; nil where fewer than two weeks have
// answers, or where there are too many to be counted.
func (s *site) trendOf(ctx context.Context, w *words, sites []string, now time.Time) (*trend, error) {
	from, to := figures.Usual(s.Bot.Configuration().Now().NewestDay(now))
	f := reportFilter{FigureFilter: storage.FigureFilter{Sites: sites, From: from, To: to, Exact: trendMost}}
	all, more, err := s.gathered(ctx, f.FigureFilter)
	if err != nil || more {
		return nil, err
	}
	parts, err := w.unsatisfiedOver(ctx, &f, all)
	if err != nil {
		return nil, err
	}
	said := 0
	for _, p := range parts {
		if p.rate.N > 0 {
			said++
		}
	}
	if said < 2 {
		return nil, nil //nolint:nilnil // a trend of one week is none
	}
	bad, usual := all.Unsatisfied(), math.NaN()
	t := trend{Says: w.t("trend_says", all.N())}
	if bad.Rated() {
		usual = bad.P
		t.Says = w.t("trend_usual", all.N(), w.percent(usual))
	}
	t.Drawing, t.Rows = w.lineOf("trend", w.t("trend_title"), parts, usual)
	return &t, nil
}

// recoveredWithin is of how many days Today counts who was won back: customers say so days after their case.
const recoveredWithin = 28

// weekOf are the figures of a week beside the share of the unsatisfied: how many of those who were asked
// answered, and how many of those whose case opened in the last weeks say that they were won back. One is left
// out where nothing is known of it, or too much to be counted at each look.
func (s *site) weekOf(ctx context.Context, w *words, f storage.FigureFilter) (all []figure, err error) {
	asked, more, err := askedBy(ctx, &s.Config, f)
	if err != nil {
		return nil, err
	}
	if !more {
		if rate := asked.Answered(); rate.N > 0 {
			all = append(all, figureOf(w, w.t("answered_share"), rate.Rate))
		}
	}
	to, err := time.Parse(time.DateOnly, f.To)
	if err != nil {
		return nil, err
	}
	f.From = to.AddDate(0, 0, 1-recoveredWithin).Format(time.DateOnly)
	cases, more, err := s.Store.FigureCases(ctx, f)
	if err != nil {
		return nil, err
	}
	if rate := casesOf(cases).rate(saidHow, wonBack); !more && rate.N > 0 {
		all = append(all, figureOf(w, w.t("recovered_weeks"), rate.Rate))
	}
	return all, nil
}
