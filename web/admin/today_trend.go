package admin

import (
	"context"
	"html/template"
	"math"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// Of the trend on Today.
const (
	trendWeeks = 13
	// trendMost is how many conversations it is made of at most: reports count more, and take their time.
	trendMost = 10_000
)

// trend is the share of unsatisfied customers by week.
type trend struct {
	Drawing template.HTML
	Says    string // in a sentence: what the line cannot say by itself
	Rows    []reportRow
}

// trendOf is the trend of the last weeks, the newest still running; nil where fewer than two weeks have
// answers, or where there are too many to be counted at each look.
func (s *site) trendOf(ctx context.Context, w *words, sites []string, now time.Time) (*trend, error) {
	monday := now.UTC().AddDate(0, 0, -(int(now.UTC().Weekday())+6)%7)
	f := reportFilter{FigureFilter: storage.FigureFilter{
		Sites: sites, From: monday.AddDate(0, 0, -7*(trendWeeks-1)).Format(time.DateOnly), To: now.UTC().Format(time.DateOnly), Limit: trendMost,
	}}
	list, more, err := s.Store.Judged(ctx, f.FigureFilter)
	if err != nil || more {
		return nil, err
	}
	var over []stretch
	for i := range trendWeeks {
		at := monday.AddDate(0, 0, 7*(i-trendWeeks+1))
		_, week := at.ISOWeek()
		over = append(over, stretch{at.Format(time.DateOnly), at.AddDate(0, 0, 6).Format(time.DateOnly), w.t("week_n", week)})
	}
	rates := grouped(list, func(j *storage.JudgedSession) string {
		i, ok := indexOf(over, j.Day)
		if !ok {
			return ""
		}
		return over[i].from
	}, unsatisfied)
	if len(rates) < 2 {
		return nil, nil //nolint:nilnil // a trend of one week is none
	}
	parts := make([]part, len(over))
	for i, o := range over {
		rate, ok := rates[o.from]
		if !ok {
			rate = report.Clusters{}.Rate()
		}
		parts[i] = part{o.from, o.label, "", rate}
	}
	all, usual := rateOf(list, unsatisfied), math.NaN()
	t := trend{Says: w.t("trend_says", len(list))}
	if all.Rated() {
		usual = all.P
		t.Says = w.t("trend_usual", len(list), w.percent(usual))
	}
	t.Drawing, t.Rows = w.lineOf("trend", w.t("trend_title"), parts, usual)
	return &t, nil
}
