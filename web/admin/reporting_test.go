package admin

import (
	"encoding/csv"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

func init() {
	goal := func(i, fault string) []field {
		return []field{
			{Name: "goal." + i + ".figure", Label: "Target, figure", Kind: "select", Options: []option{{"", "no target"}, {"unsatisfied", "unsatisfied at most"}}, Value: "unsatisfied"},
			{Name: "goal." + i + ".percent", Label: "Target, per cent", Kind: "number", Value: "15", Fault: fault},
			{Name: "goal." + i + ".from", Label: "Target, from", Kind: "date", Value: "2026-07-01"},
			{Name: "goal." + i + ".until", Label: "Target, to", Kind: "date", Value: "2026-12-31"},
		}
	}
	first := []field{
		{Name: "weekly", Label: "The week before, on Mondays at", Kind: "time", Value: "08:00"},
		{Name: "monthly", Label: "The month before, on its first day at", Kind: "time"},
		{Name: "alarm", Label: "Tell when more, or fewer, are unsatisfied", Kind: "check", Value: "on"},
	}
	fixtures = append(
		fixtures,
		fixture{"reporting.html", "empty", frame{Title: "What leads are told"}, &reportingPage{ruleSheet: ruleSheet{form: form{Fields: first}}}},
		fixture{"reporting.html", "full", frame{Title: "What leads are told", Here: "/settings"}, &reportingPage{
			ruleSheet: ruleSheet{
				form: form{Fields: slices.Concat(first, goal("0", ""), goal("1", "A number of 1 to 99."))}, Own: true, Problem: "report.target is 100.",
				ruleScope: ruleScope{Site: "main", Title: "Main Street", Sites: []option{{"", "Every site"}, {"main", "Main Street"}, {"harbour", "Harbour"}}},
			}, Goals: []int{0, 1},
		}},
	)
}

// TestWhatLeadsAreToldIsAForm sets times, alarms and targets for all sites, and otherwise for one.
func TestWhatLeadsAreToldIsAForm(t *testing.T) {
	b := newRuleDesk(t)
	const page = "/settings/reporting"
	b.save(page, "weekly", "08:00", "alarm", "on", "goal.0.figure", "unsatisfied", "goal.0.percent", "15",
		"goal.1.figure", "top_box", "goal.1.percent", "50", "goal.1.from", "2026-07-01", "goal.1.until", "2026-12-31")
	goals := []recovery.Goal{{Figure: "unsatisfied", AtMost: 15}, {Figure: "top_box", AtLeast: 50, From: "2026-07-01", Until: "2026-12-31"}}
	p, text := b.inForce()
	if r := p.At("main", nil).Report; !slices.Equal(r.Goals(), goals) || !r.Alarm || minuteText(r.Weekly) != "08:00" || len(r.Monthly) != 0 {
		t.Fatalf("in force is %+v: %s", r, text)
	}
	b.save(page+"?site=harbour", "weekly", "", "monthly", "09:30", "alarm", "", "goal.0.figure", "", "goal.1.figure", "")
	p, text = b.inForce()
	if r := p.At("harbour", nil).Report; len(r.Goals()) != 0 || r.Alarm || len(r.Weekly) != 0 || minuteText(r.Monthly) != "09:30" {
		t.Errorf("at the site it is %+v: %s", r, text)
	}
	if r := p.At("main", nil).Report; !slices.Equal(r.Goals(), goals) {
		t.Errorf("elsewhere it is %+v", r)
	}
	for fault, fields := range map[string][]string{
		"A number of 1 to 99.": {"goal.0.percent", "100"}, "has a first day": {"goal.1.from", "", "goal.1.until", "2026-12-31"},
	} {
		if out := b.save(page, fields...); !strings.Contains(out, fault) {
			t.Errorf("%v: it does not say %q", fields, fault)
		}
	}
	b.do(page+"?site=harbour", "same")
	if p, _ := b.inForce(); !slices.Equal(p.At("harbour", nil).Report.Goals(), goals) {
		t.Errorf("as everywhere it is %+v", p.At("harbour", nil).Report)
	}
	// The short way to write a target becomes one of the list, and is none at a site that has none.
	b.w.rulesAre("rules: {report: {target: 20}}")
	b.save(page+"?site=harbour", "goal.0.figure", "")
	p, text = b.inForce()
	if len(p.At("harbour", nil).Report.Goals()) != 0 || len(p.At("main", nil).Report.Goals()) != 1 {
		t.Errorf("without a target at one site: %s", text)
	}
	b.save(page, "goal.0.percent", "25")
	p, text = b.inForce()
	if got := p.At("main", nil).Report; len(got.Goals()) != 1 || got.Goals()[0].Percent() != 25 || got.Target != 0 {
		t.Errorf("the target is %+v: %s", got, text)
	}
	for _, f := range recovery.GoalFigures() {
		if !slices.Contains(figures.Metrics(), figures.MetricOf(f)) {
			t.Errorf("%s is no metric", f)
		}
	}
}

// TestADigestIsShownAndSentToWhoeverWantsIt: who hears what, and one of the last week now.
func TestADigestIsShownAndSentToWhoeverWantsIt(t *testing.T) {
	w := newWorld(t)
	w.rulesAre("rules: {report: {weekly: \"08:00\", alarm: true, targets: [{figure: top_box, at_least: 50}]}}\nsites: {harbour: {report: {weekly: [], alarm: false, targets: []}}}")
	robin := w.as("robin")
	page := textOf(body(robin.get("/reports/digest")))
	for _, want := range []string{"Sites whose leads are told of figures: 1 of 2.", "Mondays 08:00 · alarms", "targets: highest level at least 50 %", "No chat hears of it", "Nothing", "Choose one site"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q: %s", want, page)
		}
	}
	if page := body(robin.get("/reports/digest?site=main")); !strings.Contains(page, `action="/reports/digest/now"`) || !strings.Contains(page, "Feb 23, 2026 to Mar 1, 2026") {
		t.Error("nothing sends one now")
	}
	now := func(v *visit) string {
		return textOf(body(v.post("/reports/digest/now", url.Values{"site": {"main"}})))
	}
	if out := now(robin); !strings.Contains(out, "None of your chats is linked") {
		t.Errorf("without a chat: %s", out)
	}
	if err := w.store.PutStaffCode(t.Context(), storage.StaffCode{Hash: "h", Staff: "robin", Expires: w.clock.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.LinkStaff(t.Context(), "h", storage.Person{Platform: chat.Telegram, Account: "42", User: "900"}, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.Configuration().Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.judge(w.worsened("main", 12)...)
	for range 2 {
		w.clock.add(time.Minute)
		if out := now(robin); !strings.Contains(out, "It is on its way to your chat.") {
			t.Errorf("sent: %s", out)
		}
	}
	if n := w.told("900", "Target, very satisfied at least 50 %: missed"); n != 2 {
		t.Errorf("%d reports came", n)
	}
	if out := now(w.as("mei")); !strings.Contains(out, "not") || w.told("900", "Target") != 2 {
		t.Errorf("an agent: %s", out)
	}
	rows, err := csv.NewReader(strings.NewReader(body(robin.get("/reports/digest/table.csv?chart=digest")))).ReadAll()
	if err != nil || len(rows) != 3 || strings.Join(rows[0], ",") != strings.Join(digestColumns, ",") {
		t.Errorf("its table is %v, %v", rows, err)
	}
}

// TestTargetsAreJudgedByTheirOwnDays has a month in which targets are missed and one in which they are met.
func TestTargetsAreJudgedByTheirOwnDays(t *testing.T) {
	w := newWorld(t)
	var all []judged
	for i := range 120 {
		day, level := "2026-01-10", 2
		if i%2 == 0 {
			day = "2026-02-10"
		}
		if i%2 == 0 && i < 110 || i > 100 {
			level = 7
		}
		all = append(all, judged{customer: "c" + string(rune('a'+i%26)) + string(rune('a'+i/26)), site: "main", day: day, service: "Haircut", level: level})
	}
	w.judge(all...)
	w.rulesAre(`rules: {report: {targets: [
  {figure: unsatisfied, at_most: 25}, {figure: unsatisfied, at_most: 25, from: 2026-02-01}, {figure: top_box, at_least: 50, from: 2026-01-01, until: 2026-01-31},
  {figure: top_two, at_least: 50, from: 2026-02-01, until: 2026-03-31}, {figure: answered, at_least: 10}, {figure: top_two, at_least: 50, from: 2026-05-01}]}}`)
	robin := w.as("robin")
	rows, err := csv.NewReader(strings.NewReader(body(robin.get("/reports/level/table.csv?chart=targets&site=main&from=2026-01-01&to=2026-01-31")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range rows[1:] {
		got = append(got, strings.Join(row[len(rateColumns):], " "))
	}
	want := []string{
		"unsatisfied 25 2026-01-01 2026-01-31 missed", "unsatisfied 25 2026-02-01 2026-03-02 met",
		"top_box 50 2026-01-01 2026-01-31 missed", "top_two 50 2026-02-01 2026-03-02 met",
	}
	if !slices.Equal(got, want) {
		t.Errorf("judged are %q, want %q", got, want)
	}
	page := body(robin.get("/reports/level?site=main&from=2026-01-01&to=2026-01-31"))
	if !strings.Contains(page, "target 25 %") || !strings.Contains(textOf(page), "top two levels at least 50 %, Feb 1, 2026 to Mar 31, 2026") {
		t.Error("the line has no target, or a target no days")
	}
	if page := body(robin.get("/reports/level?site=main&service=Haircut")); strings.Contains(page, `id="h-targets"`) {
		t.Error("a part of the answers is held to the target of all")
	}
}
