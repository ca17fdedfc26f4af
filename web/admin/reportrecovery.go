package admin

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// caseStep is something that happens to a case, with when.
type caseStep struct {
	key   string
	clock recovery.Clock // that promises it; "" = none
	at    func(*storage.FigureCase) time.Time
	came  caseTrait // that it happened
	due   caseTrait // that it happened, or should have
	late  caseTrait // that it did not in time
}

var caseSteps = []caseStep{
	{"taken", recovery.ClockAcknowledge, func(c *storage.FigureCase) time.Time { return c.Taken }, wasTaken, dueTaken, lateTaken},
	{"contacted", recovery.ClockContact, func(c *storage.FigureCase) time.Time { return c.Contacted }, wasContacted, dueContacted, lateContacted},
	{"resolved", recovery.ClockResolve, func(c *storage.FigureCase) time.Time { return c.Resolved }, wasResolved, dueResolved, lateResolved},
}

// reportRecovery is what became of unsatisfied customers.
func (s reportPages) reportRecovery(r *http.Request, w *words, _ Viewer, f *reportFilter) (p reportPage, err error) {
	p.Days = "days_cases"
	cases, more, err := s.Store.FigureCases(r.Context(), f.FigureFilter)
	if err != nil || more || len(cases) == 0 {
		p.TooMany, p.Empty = more, err == nil && !more
		return p, err
	}
	now, n, of := s.Clock(), len(cases), casesOf(cases)
	all := of.rate(anyCase, anyCase)
	if all.Manner == report.Hidden { // what one case did would be told
		p.Figures = []reportFigure{{Label: w.t("cases_opened"), Value: "–", Meta: w.t("too_few_to_say")}}
		p.Lede = w.t("cases_few")
		return p, nil
	}
	share := func(key string, among, yes caseTrait) reportFigure {
		return w.figureOfPart(w.t(key+"_share"), of.rate(among, yes), n, nil, "").keyed(key)
	}
	recovered := share("recovered", saidHow, wonBack)
	p.Lede = w.t("cases_counted", n)
	if rate := of.rate(saidHow, wonBack); rate.Rated() {
		least := report.RecoveryOf(n, 0, rate.N, rate.K).Floor
		floor := w.percent(least)
		p.Beside = []figures.Told{{Key: "recovered_floor", Number: &figures.Number{Value: least, N: n}}}
		recovered.Meta += " · " + w.t("floor_of_all", floor)
		p.Lede = w.t("recovered_finding", w.said(rate.Rate), rate.N, floor, n)
	}
	p.Figures = []reportFigure{
		reportFigure{Label: w.t("cases_opened"), Value: strconv.Itoa(n), Meta: w.t("in_these_days"), URL: f.behindCases()}.numbered("cases", true, float64(n), nil, 0),
		share("contacted", anyCase, wasContacted),
		recovered,
		share("settled", saidSettled, calledSettled),
		share("reopened", anyCase, wasReopened),
	}
	p.Sections = append(p.Sections, w.funnelOf(of), w.promises(of), w.steps(cases, now))
	p.Foot = append(p.Foot, w.t("recovery_foot"))
	return p, nil
}

// behindCases is the list of answers with a case behind a figure of cases.
func (f *reportFilter) behindCases() string {
	if f.behind() == "" {
		return ""
	}
	return f.behind("level", "1-3")
}

var stepColumns = []string{"step", "cases", "of_cases"}

// funnelOf is how far cases came. What customers said afterwards is a share of those who said
// something, and hidden where they are too few: it would follow from the steps beside it.
func (w *words) funnelOf(cases *caseList) reportSection {
	c := reportSection{ID: "way", Title: w.t("how_far_cases_came"), Open: true, Even: true, columns: stepColumns}
	c.Head = [4]string{w.t("step"), w.t("cases_head"), w.t("share"), w.t("of_cases")}
	add := func(key string, yes caseTrait) {
		rate := cases.rate(anyCase, yes)
		row := reportRow{Label: w.t("step_" + key), N: strconv.Itoa(rate.K), Value: w.rated(rate.Rate), Drawing: chart.Bar(float64(rate.K) / float64(rate.N)), raw: []string{key, strconv.Itoa(rate.K), ""}}
		if rate.Rated() {
			row.raw[2] = report.Printed(rate.P, 6)
		}
		c.Rows = append(c.Rows, row)
	}
	add("opened", anyCase)
	for _, step := range caseSteps {
		add(step.key, step.came)
	}
	add("asked", wasAsked)
	add("answered", saidHow)
	for _, one := range []struct {
		key      string
		said, so caseTrait
	}{{"recovered", saidHow, wonBack}, {"settled", saidSettled, calledSettled}} {
		if said := cases.rate(one.said, anyCase); said.N > 0 && said.Manner == report.Hidden {
			row := reportRow{Label: w.t("step_" + one.key), raw: []string{one.key, "", ""}}
			row.N, row.Value = w.ofFew(said.N, len(cases.traits))
			c.Rows = append(c.Rows, row)
			continue
		}
		add(one.key, one.so)
	}
	return c
}

var promiseColumns = []string{"promise", "met", "missed", "not_yet_due", "rate", "low", "high"}

// promises is how many clocks were kept. Clocks run by hours of business and stand still while a
// case sleeps, so it is the case that says which ran out.
func (w *words) promises(cases *caseList) reportSection {
	c := reportSection{ID: "promises", Title: w.t("in_time"), Open: true, Even: true, columns: promiseColumns, Notes: []string{w.t("in_time_foot")}}
	c.Head = [4]string{w.t("promise"), w.t("due_head"), w.t("interval"), w.t("in_time")}
	for _, step := range caseSteps {
		in := cases.inTime(step.came, step.late)
		row := reportRow{
			Label: w.t("step_" + step.key), N: w.t("met_of_due", in.Met+in.Missed, in.NotYetDue), Value: w.rated(in.Rate),
			raw: []string{step.key, strconv.Itoa(in.Met), strconv.Itoa(in.Missed), strconv.Itoa(in.NotYetDue), "", "", ""},
		}
		of := cases.rate(step.due, anyCase)
		if of.N > 0 && !of.Rated() && in.Rate.Rated() { // of too few customers
			in.Rate = of.Rate
			in.Rate.K, in.Rate.N = in.Met, in.Met+in.Missed
			row.Value = w.rated(in.Rate)
		}
		if in.Rate.Rated() {
			row.Drawing = chart.Span{Mark: markOf(in.Rate), P: in.Rate.P, Low: in.Rate.Low(), High: in.Rate.High(), Mean: 0.8, Top: 1}.SVG()
			for i, x := range []float64{in.Rate.P, in.Rate.Low(), in.Rate.High()} {
				row.raw[4+i] = report.Printed(x, 6)
			}
		} else if due := in.Met + in.Missed; in.Rate.Manner == report.Hidden {
			row.N, row.Value = w.ofFew(due, len(cases.traits))
			row.raw = []string{step.key, "", "", "", "", "", ""}
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

var timeColumns = []string{"step", "cases", "median_minutes", "ninety_percent_minutes"}

// steps is how long steps took, with the cases that still wait counted for as long as they have. Of who was erased only
// days are left.
func (w *words) steps(cases []storage.FigureCase, now time.Time) reportSection {
	c := reportSection{ID: "times", Title: w.t("how_long_it_took"), Open: true, Even: true, columns: timeColumns, Notes: []string{w.t("times_foot")}}
	c.Head = [4]string{w.t("step"), w.t("cases_head"), "", w.t("median_and_ninety")}
	all := waitsOf(cases, now)
	for i, step := range caseSteps {
		waits := all[i]
		row := reportRow{Label: w.t("step_" + step.key), N: strconv.Itoa(len(waits)), Value: w.t("too_few_to_say"), raw: []string{step.key, strconv.Itoa(len(waits)), "", ""}}
		if len(waits) < report.FewestCounted {
			row.N, row.Value = w.ofFew(len(waits), len(cases))
			row.raw[1] = ""
		}
		if len(waits) >= report.FewestRated {
			text := [2]string{w.t("figure_not_reached"), w.t("figure_not_reached")}
			for i, took := range report.TookEach(waits, 0.5, 0.9) {
				if !math.IsNaN(took) {
					text[i] = w.span(time.Duration(took * float64(time.Minute)))
					row.raw[2+i] = report.Printed(took, 1)
				}
			}
			row.Value = w.t("half_and_ninety", text[0], text[1])
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// waitsOf are how long cases took to each of caseSteps, in minutes.
func waitsOf(cases []storage.FigureCase, now time.Time) [][]report.Wait {
	all := make([][]report.Wait, len(caseSteps))
	for n := range all {
		all[n] = make([]report.Wait, 0, len(cases))
	}
	for i := range cases {
		k := &cases[i]
		if k.Customer == "" && k.Identity == "" {
			continue
		}
		for n := range caseSteps {
			end, over := caseSteps[n].at(k), true
			if end.IsZero() {
				if end, over = now, false; !k.EndedAt.IsZero() {
					end = k.EndedAt // it ended otherwise, and waits no more
				}
			}
			all[n] = append(all[n], report.Wait{Took: max(0, end.Sub(k.OpenedAt).Minutes()), Over: over})
		}
	}
	return all
}
