package admin

import (
	"cmp"
	"context"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

const (
	// todayAlarms is how many alarms Today shows.
	todayAlarms = 3
	// mostAlarms is how many alarms a page reads, the newest.
	mostAlarms = 200
	// alarmStays is for how many days an alarm that is over is shown until somebody says that they know.
	alarmStays = 14
)

// alarmRoutes are what is done about alarms. They are seen on Today and among the reports.
var alarmRoutes = []route{
	{"POST /alarms/{alarm}/known", access.Improve, in(reportPages.knowAlarm)},
}

// alarmView is an alarm that somebody is still to hear of.
type alarmView struct {
	Title, Says, Errs string
	Look, Know        string // addresses
	At                string // the page on which it stands: where saying so leads back to
	Mine              bool   // the viewer may say that they know
	Drawing           template.HTML
}

// watchedSites are those of sites whose rules have alarms.
func (s *site) watchedSites(sites []string) (all []string) {
	snap := s.Bot.Configuration().Now()
	for _, id := range sites {
		if snap.Rules(id).Report.Alarm {
			all = append(all, id)
		}
	}
	return all
}

// openAlarms are those of sites that nobody said they know of, the newest first, and whether there are more of them.
func (s *site) openAlarms(ctx context.Context, w *words, v Viewer, sites []string) (views []alarmView, more bool, err error) {
	if sites = s.watchedSites(sites); len(sites) == 0 {
		return nil, false, nil
	}
	since := s.Clock().UTC().AddDate(0, 0, -alarmStays).Format(time.DateOnly)
	all, err := s.Store.AlarmList(ctx, sites, since, mostAlarms)
	if err != nil {
		return nil, false, err
	}
	all = slices.DeleteFunc(all, func(a storage.Alarm) bool { return !a.Open(since) })
	for i := range all[:min(todayAlarms, len(all))] {
		views = append(views, s.alarmView(w, v, &all[i], "/"))
	}
	return views, len(all) > todayAlarms, nil
}

// alarmsPage is where all alarms are.
const alarmsPage = "/reports/alarms"

func (s *site) alarmView(w *words, v Viewer, a *storage.Alarm, at string) alarmView {
	view := alarmView{
		Title: s.alarmTitle(w, a), Says: w.alarmSays(a), Errs: w.alarmErrs(a), Look: alarmPage(a.Site),
		Know: "/alarms/" + a.ID + "/known", At: at, Mine: v.Can(access.Improve, a.Site),
	}
	then := figures.WatchedThen(a)
	if a.By == figures.BySum && len(then.Sums) > 0 && v.Can(access.SeeWords, a.Site) {
		view.Errs = w.sentences(w.t("alarm_line_"+string(a.Kind)), view.Errs)
		view.Drawing = w.sumDrawing(a.ID, view.Title, then, &then.Sums[0])
	} else {
		view.Drawing = w.weekDrawing(a.ID, view.Title, then, w.weeksThen(then), true)
	}
	return view
}

// alarmPage is where the picture of a site's alarms stands.
func alarmPage(site string) string { return "/reports/level?site=" + site + "#h-alarm" }

func (s *site) alarmTitle(w *words, a *storage.Alarm) string {
	if a.Over != "" {
		return w.t("alarm_title_"+string(a.Kind)+"_over", s.siteName(w, a.Site), w.plainDay(a.Since), w.plainDay(a.Over))
	}
	return w.t("alarm_title_"+string(a.Kind), s.siteName(w, a.Site), w.plainDay(a.Since))
}

// alarmSays is how many were unsatisfied since then, against what is usual.
func (w *words) alarmSays(a *storage.Alarm) string {
	if a.Over != "" {
		return w.sentences(w.t("alarm_says_over", w.said(figures.RateOf(a)), a.N, w.percent(a.Usual)), w.t("alarm_over", w.plainDay(a.Over)))
	}
	return w.t("alarm_says", w.said(figures.RateOf(a)), a.N, w.percent(a.Usual))
}

// alarmErrs is how often such an alarm errs.
func (w *words) alarmErrs(a *storage.Alarm) string {
	if a.By == figures.BySum && a.Sum != nil {
		return w.sumErrs(a.Sum.Apart, a.Sum.After, a.Sum.P1)
	}
	return w.t("alarm_errs_week", report.BeyondWeeks)
}

func (w *words) sumErrs(apart, after, rate float64) string {
	return w.t("alarm_errs_sum", report.Printed(apart, 0), w.percent(rate), report.Printed(after, 0))
}

// plainDay is a day of a report in words.
func (w *words) plainDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return w.t("date_year", w.t("month_day", w.t("month_"+strconv.Itoa(int(t.Month()))), t.Day()), t.Year())
}

// knowAlarm is that somebody knows of an alarm: it is shown no more, until it goes off anew.
func (s reportPages) knowAlarm(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	a, err := s.Store.Alarm(r.Context(), r.PathValue("alarm"))
	if errors.Is(err, storage.ErrNotFound) || err == nil && !v.Can(access.Improve, a.Site) {
		return &page.Error{Code: page.NotFound, Title: "no_alarm", Text: "no_alarm_text"}
	}
	if err != nil {
		return err
	}
	audit := s.audit(v, "alarm.know", a.ID)
	_, err = s.Store.ChangeAlarm(r.Context(), a.ID, audit, func(a *storage.Alarm) error {
		if a.Known.IsZero() {
			a.Known, a.Knows = s.Clock().UTC().Truncate(time.Microsecond), cmp.Or(v.SignIn, v.Staff)
		}
		return nil
	})
	if err != nil {
		return err
	}
	at := "/"
	if r.PostForm.Get("at") == alarmsPage {
		at = alarmsPage
	}
	http.Redirect(w, r, s.Prefix+at+"?done=alarm_known", http.StatusSeeOther)
	return nil
}

// alarmsIn are the alarms of a filter's days and sites, as lines over time mark them.
func (s *site) alarmsIn(ctx context.Context, w *words, f *reportFilter) (all []happened, err error) {
	list, err := s.Store.AlarmList(ctx, f.Sites, f.From, mostAlarms)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if a := &list[i]; f.From <= a.Day && a.Day <= f.To {
			all = append(all, happened{Day: a.Day, Text: "▼ " + s.alarmTitle(w, a), URL: alarmPage(a.Site)})
		}
	}
	return all, nil
}

var alarmColumns = []string{"site", "kind", "day", "since", "over", "known", "k", "n", "rate", "low", "high", "usual", "by", "apart", "after"}

// reportAlarms are the alarms of some days: those that nobody said they know of with their pictures, and all in a list.
func (s reportPages) reportAlarms(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	watched := s.watchedSites(f.Sites)
	list, err := s.Store.AlarmList(r.Context(), f.Sites, f.From, mostAlarms)
	if err != nil {
		return p, err
	}
	list = slices.DeleteFunc(list, func(a storage.Alarm) bool { return a.Day > f.To })
	since, open := s.Clock().UTC().AddDate(0, 0, -alarmStays).Format(time.DateOnly), 0
	c := reportSection{ID: "alarms", Title: w.t("alarms_all"), Open: true, columns: alarmColumns}
	c.Head = [4]string{w.t("alarm_head"), w.t("alarm_day"), "", w.t("alarm_state")}
	for i := range list {
		a := &list[i]
		c.Rows = append(c.Rows, s.alarmRow(w, a))
		if !a.Open(since) || !slices.Contains(watched, a.Site) {
			continue
		}
		if open++; open <= todayAlarms {
			p.Alarms = append(p.Alarms, s.alarmView(w, v, a, alarmsPage))
		}
	}
	if len(c.Rows) > 0 {
		p.Sections = append(p.Sections, c)
	}
	switch {
	case len(watched) == 0 && len(list) == 0:
		p.Lede = w.t("alarms_off")
	case len(list) == 0:
		p.Lede = w.t("alarms_none", len(watched))
	default:
		p.Lede = w.t("alarms_finding", len(list), open)
	}
	if v.Anywhere(access.EditRules) {
		p.Acts = []link{{"/settings/reporting", w.t("reporting")}}
	}
	p.Foot = append(p.Foot, w.t("alarms_foot", figures.UsualDays, figures.WatchedDays, report.FewestUsual))
	return p, nil
}

// alarmRow is an alarm as a row of the list.
func (s reportPages) alarmRow(w *words, a *storage.Alarm) reportRow {
	row := reportRow{Label: s.alarmTitle(w, a), URL: alarmPage(a.Site), About: w.alarmSays(a), N: a.Day, Versus: w.alarmErrs(a)}
	known := ""
	switch {
	case !a.Known.IsZero():
		known = a.Known.Format(time.RFC3339)
		row.Value = w.t("alarm_known", a.Knows, w.plainDay(a.Known.In(s.zoneOf([]string{a.Site})).Format(time.DateOnly)))
	case a.Over == "":
		row.Value = w.t("alarm_on")
	default:
		row.Value = w.t("alarm_past")
	}
	rate := figures.RateOf(a)
	row.raw = []string{a.Site, string(a.Kind), a.Day, a.Since, a.Over, known, strconv.Itoa(a.K), strconv.Itoa(a.N), "", "", "", exact(a.Usual), a.By, "", ""}
	if rate.Rated() {
		row.raw[8], row.raw[9], row.raw[10] = exact(rate.P), exact(rate.Low()), exact(rate.High())
	}
	if a.Sum != nil && a.By == figures.BySum {
		row.raw[13], row.raw[14] = report.Printed(a.Sum.Apart, 0), report.Printed(a.Sum.After, 0)
	}
	return row
}

// exact is a share as tables have it.
func exact(x float64) string { return report.Printed(x, 6) }
