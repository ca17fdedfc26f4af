package admin

import (
	"net/http"
	"slices"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// How much Today shows, and how far back it looks for words.
const (
	todayRows = 5
	saidSince = 30 // days
)

// figure is a rate of a week as it may be shown.
type figure struct {
	Label, Value, Meta string
	Low, Width, Point  string // of the interval, in per cent; "" where there is none
}

// todayPage is the first page: each part is absent when it has nothing to say.
type todayPage struct {
	Wrong      []trouble // what is wrong, a line each
	Mend       bool      // the reader may mend it
	Could      []step    // what one could do
	Sites      []choice  // nil where there is one only
	Search     bool      // cases can be looked for
	Needs      []caseRow
	All        int
	Alarms     []alarmView // what changed, and nobody said yet that they know
	MoreAlarms bool        // than are shown
	Week       []figure
	Trend      *trend // nil where there is none to be seen
	Said       []answerRow
	Empty      bool
	Nobody     bool
}

// today is the first page of who leads. Who works on cases begins at the cases.
func (s *site) today(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !v.Anywhere(access.CompareStaff) {
		return s.start(w, r, v)
	}
	at := r.URL.Query().Get("site")
	if at != "" && !v.Can(access.SeeCases, at) {
		return notAllowed(nil)
	}
	// of are the sites at which the viewer may do something: all of them, or the one that is looked at.
	of := func(d access.Deed) []string {
		switch {
		case at == "":
			return s.named(v, d)
		case v.Can(d, at):
			return []string{at}
		}
		return []string{}
	}
	ctx, words, now := r.Context(), s.words(r, v), s.Clock()
	p := todayPage{Mend: v.Anywhere(access.SeeOutbox), Search: v.Anywhere(access.SeeCases), Sites: s.siteChoices(words, v, access.SeeCases, at)}
	if s.Notes != nil && v.Anywhere(access.SeeSettings) {
		for _, note := range s.Notes(ctx) {
			p.Wrong = append(p.Wrong, troubleOf(words, note))
		}
	}
	var err error
	if p.Could, err = s.could(ctx, words, v); err != nil {
		return err
	}
	sites := s.permitted(v, access.SeeCases)
	if at != "" {
		sites = []string{at}
	}
	var cases []storage.Case
	free := -1
	for _, standing := range []recovery.Standing{recovery.Free, recovery.Held} {
		f := storage.StandingFilter{Standing: standing, Sites: sites, Limit: todayRows}
		some, err := s.Store.Standing(ctx, f)
		if err != nil {
			return err
		}
		n, _, err := s.Store.CountStanding(ctx, f, countUpTo)
		if err != nil {
			return err
		}
		if standing == recovery.Free && at == "" {
			free = n
		}
		cases, p.All = append(cases, some...), p.All+n
	}
	slices.SortFunc(cases, func(a, b storage.Case) int { return a.Place().Compare(b.Place()) })
	cases = cases[:min(todayRows, len(cases))]
	rows, err := s.rows(ctx, words, v, now, cases)
	if err != nil {
		return err
	}
	for i := range rows {
		switch may := v.Staff != "" && v.Can(access.TakeCase, cases[i].Site); {
		case may && cases[i].State == recovery.Open:
			rows[i].Act = "take"
		case may && cases[i].State.Active() && cases[i].Holder.ID == v.Staff:
			rows[i].Act = "reply"
		}
	}
	p.Needs = rows
	readable := of(access.SeeWords)
	newest := s.Bot.Configuration().Now().NewestDay(now)
	day := func(back int) string { return newest.AddDate(0, 0, -back).Format(time.DateOnly) }
	said, err := s.Store.Answered(ctx, storage.AnsweredFilter{Sites: readable, From: day(saidSince), To: day(0), Words: true, Limit: todayRows})
	if err != nil {
		return err
	}
	slices.SortStableFunc(said, func(a, b storage.AnsweredSession) int { return level(a.Level) - level(b.Level) })
	for i := range said {
		p.Said = append(p.Said, s.answerRow(words, &said[i]))
	}
	reported := of(access.SeeReports)
	if p.Alarms, p.MoreAlarms, err = s.openAlarms(ctx, words, v, reported); err != nil {
		return err
	}
	week, _, err := s.gathered(ctx, storage.FigureFilter{Sites: reported, From: day(6), To: day(0), Exact: trendMost})
	if err != nil {
		return err
	}
	answered := 0
	if week != nil {
		answered = week.N()
	}
	if answered > 0 {
		p.Week = append(p.Week, figureOf(words, words.t("unsatisfied_week"), week.Unsatisfied().Rate))
	}
	more, err := s.weekOf(ctx, words, storage.FigureFilter{Sites: reported, From: day(6), To: day(0), Limit: trendMost})
	if err != nil {
		return err
	}
	p.Week = append(p.Week, more...)
	if p.Trend, err = s.trendOf(ctx, words, reported, now); err != nil {
		return err
	}
	p.Empty = len(said) == 0 && answered == 0 && p.All == 0
	p.Nobody = !p.Empty && p.All == 0
	waiting, err := s.waitingBeside(ctx, v, free)
	if err != nil {
		return err
	}
	return s.show(w, r, v, http.StatusOK, "today.html", frame{Own: true, Title: words.t("today"), Meta: words.date(now, s.zoneOf(slices.DeleteFunc(s.named(v, access.SeeCases), func(id string) bool { return id == access.EverySite }))), Here: "/", Waiting: waiting, Counted: true, Modules: []string{"keys.js"}}, p)
}

// level sorts what has none behind what has.
func level(n int) int {
	if n == 0 {
		return 99
	}
	return n
}

// figureOf is a rate in words, under the rule for small numbers.
func figureOf(w *words, label string, r report.Rate) figure {
	f := figure{Label: label}
	percent := report.PerCent
	switch r.Manner {
	case report.Hidden:
		f.Value, f.Meta = "–", w.t("too_few", r.N)
	case report.Counted:
		if f.Value, f.Meta = w.t("k_of_n", r.K, r.N), w.t("too_few_for_rate"); r.N >= report.FewestRated {
			f.Meta = w.t("few_customers_for_rate")
		}
	default:
		f.Value = w.t("percent", percent(r.P))
		f.Meta = w.t("interval_of", percent(r.Within.Low), percent(r.Within.High), r.N)
		if r.Manner == report.Few {
			f.Meta = w.t("clauses", f.Meta, w.t("few"))
		}
		one := func(x float64) string { return report.Printed(100*x, 1) + "%" }
		f.Low, f.Width, f.Point = one(r.Within.Low), one(r.Within.High-r.Within.Low), one(r.P)
	}
	return f
}

// todayRoutes is the first page.
var todayRoutes = []route{{"GET /{$}", "", (*site).today}}
