package admin

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// alarmFixture is an alarm as pages show it.
func alarmFixture(id string) alarmView {
	var points []chart.Point
	for i := range 60 {
		p := float64(i%20) / 20
		points = append(points, chart.Point{Mark: chart.Bare, P: p, Low: p, High: p})
	}
	points[59].P, points[59].Alarm = 1, "An alarm went off on March 2"
	return alarmView{
		Title: "Main Street: more customers are unsatisfied than usual, since February 27, 2026", Says: "Unsatisfied since then: 24 % (14–37) of 51 answers. The usual share is 10 %.",
		Errs: "By chance it goes off at most once in 556 answers.", Look: "/reports/level?site=main", Know: "/alarms/" + id + "/known", At: "/", Mine: true,
		Drawing: chart.Line{ID: id, Title: "More customers are unsatisfied", Points: points, Usual: 1, Top: 1, Small: true, Percent: func(float64) string { return "" }}.SVG(),
	}
}

// rulesAre publishes rules.
func (w *world) rulesAre(source string) {
	w.t.Helper()
	if _, _, err := w.store.PublishRules(w.t.Context(), source, w.clock.Now()); err != nil {
		w.t.Fatal(err)
	}
	if err := w.bot.Configuration().Look(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// rings keeps the alarms of a site, as the program that watches does.
func (w *world) rings(site string) (all []storage.Alarm) {
	w.t.Helper()
	of, err := figures.WatchSite(w.t.Context(), w.store, site, w.clock.Now(), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, better := range []bool{false, true} {
		for _, r := range of.Rings(better) {
			a := of.Alarm(site, r, report.Show(r.Said.K, r.Said.N), w.clock.Now())
			if err := w.store.PutAlarm(w.t.Context(), a); err != nil {
				w.t.Fatal(err)
			}
			all = append(all, a)
		}
	}
	return all
}

// worsened are twenty weeks of five answers a day, one of ten of them unsatisfied, and since some days ago four of ten.
func (w *world) worsened(site string, since int) (all []judged) {
	for back := range 140 {
		day := w.clock.Now().AddDate(0, 0, -back).Format(time.DateOnly)
		for i := range 5 {
			level := 6 + i%2
			if i == 0 && (back%2 == 0 || back <= since) || i == 1 && back <= since {
				level = 2
			}
			all = append(all, judged{fmt.Sprint(site, back, i), site, day, "Haircut", level})
		}
	}
	return all
}

// TestAnAlarmIsSeenOnTodayUntilSomebodyKnows is the way of a lead: something changed, its picture, and that they know.
func TestAnAlarmIsSeenOnTodayUntilSomebodyKnows(t *testing.T) {
	w := newWorld(t)
	w.judge(w.worsened("main", 12)...)
	robin := w.as("robin")
	if page := body(robin.get("/reports/alarms")); !strings.Contains(page, "None of these sites has alarms") {
		t.Errorf("alarms are off, and the page says %s", textOf(page))
	}
	alarms := w.rings("main")
	if len(alarms) != 1 {
		t.Fatalf("%d alarms went off", len(alarms))
	}
	if page := body(robin.get("/")); strings.Contains(page, "Something changed") {
		t.Error("alarms are off, and Today shows one")
	}
	w.rulesAre("rules: {report: {alarm: true}}")
	page := body(robin.get("/"))
	for _, want := range []string{
		"Something changed", "Main Street: more customers are unsatisfied than usual, since Feb 18, 2026", "40 % (", "of 65 answers. The usual share is 10 %.",
		"By chance it goes off at most once in", "An alarm went off on", `href="/reports/level?site=main#h-alarm"`, `action="/alarms/` + alarms[0].ID + `/known"`, "/reports/alarms",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("Today does not say %q: %s", want, textOf(page))
		}
	}
	if page := body(robin.get("/reports/alarms")); !strings.Contains(page, "Alarms in these days: 1. Nobody said yet that they know: 1.") || !strings.Contains(page, "It is on, and nobody said") {
		t.Errorf("the list of alarms says %s", textOf(page))
	}
	if page := body(robin.get("/reports/level")); !strings.Contains(page, "▼ Main Street: more customers") {
		t.Error("the line over time does not mark the alarm")
	}
	// Who works on cases may not say it for the site, nor may the lead of another one.
	hans := viewer("hans")
	hans.Grants = access.Grants{"harbour": access.Lead}
	other := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(hans), Clock: w.clock.Now})}
	if page := body(other.get("/")); strings.Contains(page, "Something changed") {
		t.Error("an alarm is shown to who may not see figures of its site")
	}
	for who, v := range map[string]*visit{"an agent": w.as("mei"), "a viewer": w.as("vera"), "the lead of another site": other} {
		if got := v.post("/alarms/"+alarms[0].ID+"/known", nil); got.Code != http.StatusForbidden && got.Code != http.StatusNotFound {
			t.Errorf("%s says that they know: %d", who, got.Code)
		}
	}
	if got := robin.post("/alarms/none/known", nil); got.Code != http.StatusNotFound {
		t.Errorf("of no alarm: %d", got.Code)
	}

	page = body(robin.post("/alarms/"+alarms[0].ID+"/known", map[string][]string{"at": {"/"}}))
	if !strings.Contains(page, "It is shown no more, until it goes off anew") || strings.Contains(page, "Something changed") {
		t.Errorf("after it is known Today says %s", textOf(page))
	}
	w.rings("main") // the same again
	page = body(robin.get("/reports/alarms"))
	if !strings.Contains(page, "robin said on Mar 2, 2026 that they know") || !strings.Contains(page, "Nobody said yet that they know: 0.") {
		t.Errorf("the list of alarms says %s", textOf(page))
	}
	table := regexp.MustCompile(`/reports/alarms/table\.csv[^"]*`).FindString(page)
	rows, err := csv.NewReader(strings.NewReader(body(robin.get(strings.ReplaceAll(table, "&amp;", "&"))))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != "main" || rows[1][1] != "worse" || rows[1][3] != "2026-02-18" || rows[1][6] != "26" || rows[1][7] != "65" || rows[1][12] != "sum" {
		t.Errorf("its table is %v, %v", rows, err)
	}
	// It is over: after two weeks pages leave it out even where nobody knew.
	_, err = w.store.ChangeAlarm(t.Context(), alarms[0].ID, storage.Audit{}, func(a *storage.Alarm) error {
		a.Known, a.Over = time.Time{}, w.clock.Now().AddDate(0, 0, -10).Format(time.DateOnly)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if page := body(robin.get("/")); !strings.Contains(page, "It was over on Feb 20, 2026.") || !strings.Contains(page, "more customers were unsatisfied than usual, from Feb 18, 2026 to Feb 20, 2026") ||
		!strings.Contains(page, "Unsatisfied in that time: ") || strings.Contains(page, "customers are unsatisfied") {
		t.Errorf("of one that is over Today says %s", textOf(page))
	}
	w.clock.add(5 * 24 * time.Hour)
	if page := body(robin.get("/")); strings.Contains(page, "Something changed") {
		t.Error("one that was over long ago is on Today")
	}
	if page := body(robin.get("/reports/alarms")); !strings.Contains(page, "It is over, and nobody said") {
		t.Errorf("the list of alarms says %s", textOf(page))
	}
}

// TestTheStreamOfASiteStandsOnThePageOfLevels: what is usual, where it rang and how often that errs, for one site
// at a time.
func TestTheStreamOfASiteStandsOnThePageOfLevels(t *testing.T) {
	w := newWorld(t)
	w.judge(w.worsened("main", 12)...)
	w.judge(judged{"h1", "harbour", "2026-03-01", "Haircut", 7}, judged{"h2", "harbour", "2026-03-01", "Haircut", 7}, judged{"h3", "harbour", "2026-03-01", "Haircut", 7}, judged{"h4", "harbour", "2026-03-01", "Haircut", 7}, judged{"h5", "harbour", "2026-03-01", "Haircut", 7})
	robin := w.as("robin")
	const section = `id="h-alarm"`
	for _, at := range []string{"/reports/level", "/reports/level?site=main&service=Haircut"} {
		if page := body(robin.get(at)); strings.Contains(page, section) {
			t.Errorf("%s shows the stream of more or of less than a site", at)
		}
	}
	page := body(robin.get("/reports/level?site=main&period=30"))
	for _, want := range []string{
		section, "More customers are unsatisfied since Feb 18, 2026; the usual share is 10 %.", "Unsatisfied by week, in the limits of chance", "An alarm went off on",
		"How near an alarm is for more unsatisfied customers: 20 %", "How near an alarm is for fewer unsatisfied customers: 5 %", "A change to 20 % is noticed after about 51 answers",
		"Nobody is told: the rules of this site have no alarms.", "By chance fewer than one week in 50 lies outside",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, fault := range tooMuch(page) {
		t.Error(fault)
	}
	if vera := body(w.as("vera").get("/reports/level?site=main")); !strings.Contains(vera, section) || strings.Contains(vera, "How near an alarm is") {
		t.Error("who may not read answers can read them from the steps of a sum")
	}
	if page := body(robin.get("/reports/level?site=harbour")); !strings.Contains(page, "Fewer than 100 answers say what is usual here: nothing is watched yet.") {
		t.Error("of five answers the page does not say that nothing is watched")
	}
	w.rulesAre("rules: {report: {alarm: true}}")
	if page := body(robin.get("/reports/level?site=main")); !strings.Contains(page, "Who leads this site is told in the chat when an alarm goes off.") {
		t.Error("the page does not say who is told")
	}
	// From sums by day it says the same, digit by digit.
	sums := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(viewer("robin")), Clock: w.clock.Now, ExactFigures: 1})}
	if err := bot.SumUp(t.Context(), w.store); err != nil {
		t.Fatal(err)
	}
	figure := regexp.MustCompile(`(?s)<figure[^>]*>\s*<figcaption><div class="sheet-head"><h2 id="h-alarm">.*?</figure>`)
	read := func(v *visit) string { return textOf(figure.FindString(body(v.get("/reports/level?site=main")))) }
	one, added := read(robin), read(sums)
	ranges := regexp.MustCompile(`\(\d+–\d+\)(, few answers)?`) // those of sums are as wide as all answers of the month say
	if one == "" || ranges.ReplaceAllString(one, "") != ranges.ReplaceAllString(added, "") {
		t.Errorf("from rows it is %s\nfrom sums it is %s", one, added)
	}
}
