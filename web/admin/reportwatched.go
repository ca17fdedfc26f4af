package admin

import (
	"context"
	"errors"
	"html/template"
	"math"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

var watchedColumns = append(append([]string{}, rateColumns...), "lower_limit", "upper_limit")

// watched is the stream of answers of one site against what is usual there: by week with the limits of the chart,
// and as the sums of the alarms. ok is false where the filter is of several sites or of a part of one: alarms are
// of a site.
func (s reportPages) watched(ctx context.Context, w *words, f *reportFilter) (c reportSection, ok bool, err error) {
	if len(f.Sites) != 1 || f.Flow+f.Service+f.Staff+f.Language+f.Channel != "" {
		return c, false, nil
	}
	at := f.Sites[0]
	today := s.Clock().In(s.zoneOf(f.Sites))
	watched, err := figures.WatchSite(ctx, s.Store, at, today, s.ExactFigures)
	if errors.Is(err, figures.ErrTooMany) {
		return c, false, nil
	}
	if err != nil {
		return c, false, err
	}
	c = reportSection{ID: "alarm", Title: w.t("watched_title"), columns: watchedColumns, Head: [4]string{w.t("when"), w.t("answers_head"), "", w.t("unsatisfied")}}
	c.Caption = w.watchedFinding(watched)
	if watched.Chart != nil {
		rates, err := watched.WeekRates(ctx)
		if err != nil {
			return c, false, err
		}
		parts := w.weekParts(watched, rates, f.behind)
		c.Rows = w.watchedWeeks(watched, parts)
		c.Drawing = w.weekDrawing("weeks", w.t("watched_weeks"), watched, parts, false)
		c.Notes = append(c.Notes, w.t("watched_limits", w.percent(watched.Chart.Centre), report.BeyondWeeks))
	}
	if !f.words { // its steps would tell of single answers
		watched.Sums = nil
	}
	for i := range watched.Sums {
		sum := &watched.Sums[i]
		name := w.t("watched_more", w.percent(sum.P1))
		if sum.Better {
			name = w.t("watched_fewer", w.percent(sum.P1))
		}
		c.Below = append(c.Below, reportDrawing{name, w.sumErrs(sum.Answers(sum.P0), sum.Answers(sum.P1), sum.P1), w.sumDrawing("sum-"+strconv.Itoa(i), name, watched, sum)})
	}
	if len(watched.Sums) > 0 {
		c.Notes = append(c.Notes, w.t("watched_sums"))
	}
	key := "watched_told"
	if len(s.watchedSites(f.Sites)) == 0 {
		key = "watched_not_told"
	}
	c.Notes = append(c.Notes, w.t("watched_days", watched.Days[0], watched.Days[watched.Begins]), w.t(key))
	return c, true, nil
}

// watchedFinding says what alarms say now.
func (w *words) watchedFinding(of *figures.Watched) string {
	if of.Chart == nil && len(of.Sums) == 0 {
		return w.t("watched_too_few", report.FewestUsual)
	}
	text := ""
	for _, better := range []bool{false, true} {
		rings := of.Rings(better)
		if len(rings) == 0 {
			continue
		}
		last := rings[len(rings)-1]
		if last.Over != "" || last.Said.N < report.FewestCounted {
			continue
		}
		kind := storage.AlarmWorse
		if better {
			kind = storage.AlarmBetter
		}
		text = w.t("watched_"+string(kind), w.plainDay(last.Since), w.percent(of.Usual))
	}
	if text == "" {
		return w.t("watched_usual", w.percent(of.Usual))
	}
	return text
}

// weekParts are the weeks with their shares; what may not be shown is hidden.
func (w *words) weekParts(of *figures.Watched, rates []report.Clustered, behind func(...string) string) []part {
	parts := make([]part, len(rates))
	for i, rate := range rates {
		monday := of.Mondays[i]
		first, _ := time.Parse(time.DateOnly, monday)
		label := w.spaceLabel(figures.Space{First: monday}, figures.Week)
		parts[i] = part{key: monday, label: label, url: behind("from", monday, "to", first.AddDate(0, 0, 6).Format(time.DateOnly), "level", "1-3"), rate: rate}
	}
	return hidden(parts)
}

// weeksThen are the weeks as they stood when an alarm was kept: nothing is known of their customers.
func (w *words) weeksThen(of *figures.Watched) []part {
	rates := make([]report.Clustered, len(of.Weeks))
	for i, week := range of.Weeks {
		k, n := float64(week.K), float64(week.N)
		rates[i] = report.Clusters{Customers: week.N, M: n, K: k, MM: n, MK: k, KK: k}.Rate()
	}
	return w.weekParts(of, rates, func(...string) string { return "" })
}

// watchedWeeks are the weeks with their limits, as rows.
func (w *words) watchedWeeks(of *figures.Watched, parts []part) (rows []reportRow) {
	for i, p := range parts {
		row, c := w.rowOf(p), &of.Chart.Weeks[i]
		if p.rate.Rated() {
			row.Versus = w.t("watched_between", report.PerCent(c.Floor), report.PerCent(min(1, c.Wide)))
			row.raw = append(row.raw, exact(c.Floor), exact(min(1, c.Wide)))
		} else {
			row.raw = append(row.raw, "", "")
		}
		rows = append(rows, row)
	}
	return rows
}

// weekDrawing is the chart of weeks: the line of their shares in the band of the limits. Weeks of few answers are gaps.
func (w *words) weekDrawing(id, title string, of *figures.Watched, parts []part, small bool) template.HTML {
	if of.Chart == nil {
		return ""
	}
	line := chart.Line{ID: id, Title: title, Description: w.t("watched_weeks_says", len(parts)), Usual: of.Chart.Centre, Small: small, Percent: w.percent}
	rang := map[string]bool{}
	for _, better := range []bool{false, true} {
		for _, r := range of.Rings(better) {
			rang[r.Day] = true
		}
	}
	every := max(1, (len(parts)+5)/6)
	for i, at := range parts {
		c, p := &of.Chart.Weeks[i], chart.Point{}
		if at.rate.Rated() {
			p.Mark, p.P, p.Low, p.High = markOf(at.rate.Rate), at.rate.P, c.Floor, min(1, c.Wide)
			p.Words = at.label + ": " + w.t("watched_week", w.percent(p.P), at.rate.N, report.PerCent(p.Low), report.PerCent(p.High))
			line.Top = max(line.Top, p.P, p.High)
		}
		if i%every == 0 {
			p.Label = at.label
		}
		for day := range rang {
			if p.Mark != chart.Gap && at.key <= day && (i+1 == len(parts) || day < parts[i+1].key) {
				p.Alarm = w.t("alarm_at", w.plainDay(day))
			}
		}
		line.Points = append(line.Points, p)
	}
	line.Top = min(1, max(0.1, math.Ceil(10*line.Top+0.5)/10)) // with room for what stands above a mark
	return line.SVG()
}

// sumDrawing is the sum of an alarm day by day, as a share of its limit, with the days on which it went off.
func (w *words) sumDrawing(id, title string, of *figures.Watched, sum *figures.Sum) template.HTML {
	line := chart.Line{ID: id, Title: title, Description: w.t("watched_sum_says", len(sum.Sums)), Usual: 1, Top: 1, Small: true, Percent: func(p float64) string {
		if p > 0 {
			return w.t("alarm_limit")
		}
		return ""
	}}
	days := of.Days[of.Begins:]
	every := max(1, (len(days)+5)/6)
	for i, value := range sum.Sums {
		p := float64(value) / float64(sum.At)
		point := chart.Point{Mark: chart.Bare, P: p, Low: p, High: p}
		if i%every == 0 {
			point.Label = days[i][len("2026-"):]
		}
		line.Points = append(line.Points, point)
	}
	for _, e := range sum.Episodes {
		line.Points[e.Rang].Alarm = w.t("alarm_at", w.plainDay(days[e.Rang]))
	}
	return line.SVG()
}
