package admin

import (
	"net/http"
	"slices"
	"strconv"
	"time"

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
}

var caseSteps = []caseStep{
	{"taken", recovery.ClockAcknowledge, func(c *storage.FigureCase) time.Time { return c.First.Acknowledged }},
	{"contacted", recovery.ClockContact, func(c *storage.FigureCase) time.Time { return c.First.Contacted }},
	{"resolved", recovery.ClockResolve, func(c *storage.FigureCase) time.Time { return c.First.Resolved }},
}

// reportRecovery is what became of unsatisfied customers.
func (s *site) reportRecovery(r *http.Request, w *words, _ Viewer, f *reportFilter) (p reportPage, err error) {
	cases, more, err := s.Store.FigureCases(r.Context(), f.FigureFilter)
	if err != nil || more || len(cases) == 0 {
		return reportPage{TooMany: more, Empty: err == nil && !more}, err
	}
	now := s.Clock()
	var answered, recovered, settled, reopened, contacted int
	for i := range cases {
		c := &cases[i]
		if c.Outcome.Recovered != recovery.RecoveredUnknown {
			answered++
		}
		if c.Outcome.Recovered == recovery.RecoveredYes {
			recovered++
		}
		if c.Outcome.Settled == recovery.SettledYes {
			settled++
		}
		if c.Reopens > 0 {
			reopened++
		}
		if !c.First.Contacted.IsZero() {
			contacted++
		}
	}
	n := len(cases)
	rec := report.RecoveryOf(n, contacted, answered, recovered)
	tile := func(label string, rate report.Rate, meta string) reportFigure {
		t := w.figureOfRate(w.t(label), report.Clustered{Rate: rate}, nil, "")
		if meta != "" && rate.Rated() {
			t.Meta += " · " + meta
		}
		return t
	}
	floor := ""
	if n >= report.FewestRated {
		floor = w.t("floor_of_all", w.percent(rec.Floor))
	}
	p.Figures = []reportFigure{
		{Label: w.t("cases_opened"), Value: strconv.Itoa(n), Meta: w.t("in_these_days"), URL: f.behindCases()},
		tile("contacted_share", rec.Contacted, ""),
		tile("recovered_share", rec.Recovered, floor),
		tile("settled_share", report.Show(settled, answered), ""),
		tile("reopened_share", report.Show(reopened, n), ""),
	}
	if n < report.FewestCounted { // what one case did would be told
		p.Figures = []reportFigure{{Label: w.t("cases_opened"), Value: "–", Meta: w.t("too_few_to_say")}}
		p.Lede = w.t("cases_few")
		return p, nil
	}
	p.Lede = w.t("cases_counted", n)
	if rec.Recovered.Rated() {
		p.Lede = w.t("recovered_finding", w.rated(rec.Recovered), answered, w.percent(rec.Floor), n)
	}
	p.Sections = append(p.Sections, w.funnelOf(cases, answered, recovered, settled), w.promises(cases), w.steps(cases, now))
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

// funnelOf is how far cases came.
func (w *words) funnelOf(cases []storage.FigureCase, answered, recovered, settled int) reportSection {
	c := reportSection{ID: "way", Title: w.t("how_far_cases_came"), Open: true, Even: true, columns: stepColumns}
	c.Head = [4]string{w.t("step"), w.t("cases_head"), w.t("share"), w.t("of_cases")}
	n := len(cases)
	count := func(yes func(*storage.FigureCase) bool) (k int) {
		for i := range cases {
			if yes(&cases[i]) {
				k++
			}
		}
		return k
	}
	add := func(key string, k int) {
		rate := report.Show(k, n)
		row := reportRow{Label: w.t("step_" + key), N: strconv.Itoa(k), Value: w.rated(rate), Drawing: chart.Bar(float64(k) / float64(n)), raw: []string{key, strconv.Itoa(k), ""}}
		if rate.Rated() {
			row.raw[2] = strconv.FormatFloat(rate.P, 'f', 6, 64)
		}
		c.Rows = append(c.Rows, row)
	}
	add("opened", n)
	for _, step := range caseSteps {
		add(step.key, count(func(c *storage.FigureCase) bool { return !step.at(c).IsZero() }))
	}
	add("asked", count(func(c *storage.FigureCase) bool { return !c.Outcome.Asked.IsZero() }))
	add("answered", answered)
	add("recovered", recovered)
	add("settled", settled)
	return c
}

var promiseColumns = []string{"promise", "met", "missed", "not_yet_due", "rate", "low", "high"}

// promises is how many clocks were kept. Clocks run by hours of business and stand still while a
// case sleeps, so it is the case that says which ran out.
func (w *words) promises(cases []storage.FigureCase) reportSection {
	c := reportSection{ID: "promises", Title: w.t("in_time"), Open: true, Even: true, columns: promiseColumns, Notes: []string{w.t("in_time_foot")}}
	c.Head = [4]string{w.t("promise"), w.t("due_head"), w.t("interval"), w.t("in_time")}
	for _, step := range caseSteps {
		var waits []report.Wait
		for i := range cases {
			missed := slices.Contains(cases[i].Missed, step.clock)
			wait := report.Wait{Over: !step.at(&cases[i]).IsZero()}
			if missed {
				wait.Took = 2
			}
			waits = append(waits, wait)
		}
		in := report.InTimeOf(waits, 1)
		row := reportRow{
			Label: w.t("step_" + step.key), N: w.t("met_of_due", in.Met+in.Missed, in.NotYetDue), Value: w.rated(in.Rate),
			raw: []string{step.key, strconv.Itoa(in.Met), strconv.Itoa(in.Missed), strconv.Itoa(in.NotYetDue), "", "", ""},
		}
		if in.Rate.Rated() {
			row.Drawing = chart.Span{Mark: markOf(in.Rate), P: in.Rate.P, Low: in.Rate.Low(), High: in.Rate.High(), Mean: 0.8, Top: 1}.SVG()
			for i, x := range []float64{in.Rate.P, in.Rate.Low(), in.Rate.High()} {
				row.raw[4+i] = strconv.FormatFloat(x, 'f', 6, 64)
			}
		} else if in.Rate.Manner == report.Hidden {
			row.N, row.raw = w.t("under_five"), []string{step.key, "", "", "", "", "", ""}
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

var timeColumns = []string{"step", "cases", "median_minutes", "ninety_percent_minutes"}

// steps is how long steps took, with the cases that still wait counted for as long as they have.
func (w *words) steps(cases []storage.FigureCase, now time.Time) reportSection {
	c := reportSection{ID: "times", Title: w.t("how_long_it_took"), Open: true, Even: true, columns: timeColumns, Notes: []string{w.t("times_foot")}}
	c.Head = [4]string{w.t("step"), w.t("cases_head"), "", w.t("median_and_ninety")}
	for _, step := range caseSteps {
		var waits []report.Wait
		for i := range cases {
			k := &cases[i]
			end, over := step.at(k), true
			if end.IsZero() {
				if end, over = now, false; !k.EndedAt.IsZero() {
					end = k.EndedAt // it ended otherwise, and waits no more
				}
			}
			waits = append(waits, report.Wait{Took: max(0, end.Sub(k.OpenedAt).Minutes()), Over: over})
		}
		row := reportRow{Label: w.t("step_" + step.key), N: strconv.Itoa(len(waits)), Value: w.t("too_few_to_say"), raw: []string{step.key, strconv.Itoa(len(waits)), "", ""}}
		if len(waits) >= report.FewestRated {
			text := [2]string{w.t("figure_not_reached"), w.t("figure_not_reached")}
			for i, share := range []float64{0.5, 0.9} {
				if took, ok := report.TookMost(waits, share); ok {
					text[i] = w.span(time.Duration(took * float64(time.Minute)))
					row.raw[2+i] = strconv.FormatFloat(took, 'f', 1, 64)
				}
			}
			row.Value = w.t("half_and_ninety", text[0], text[1])
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}
