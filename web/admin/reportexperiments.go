package admin

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// experimentMeasures are what the arms of an experiment are compared by, each a table of its own.
var experimentMeasures = []struct {
	id, title string
	of        func(*figures.ExperimentArm) report.Clustered
}{
	{"answered", "experiment_answered", func(a *figures.ExperimentArm) report.Clustered { return a.Answered }},
	{"unsatisfied", "experiment_unsatisfied", func(a *figures.ExperimentArm) report.Clustered { return a.Unsatisfied }},
}

// planSource is by whom it is said how many customers an experiment needs.
const planSource = "Fleiss, Levin, Paik 2003, 4.2"

// reportExperiments is what came of asking in two ways: over the whole of each experiment, whatever days are chosen.
// Who may choose the days may choose those that suit.
func (s reportPages) reportExperiments(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	p.Kept, p.LeftOut = true, "left_out_experiments"
	if v.Can(access.EditTriggers, access.EverySite) {
		p.Acts = []link{{triggersAt, w.t("triggers")}}
	}
	policy, err := s.asks().Policy(r.Context())
	if err != nil {
		return p, err
	}
	var running []string
	for i := range policy.Triggers {
		if c, ok := policy.Triggers[i].Compares(); ok {
			running = append(running, c.Key())
		}
	}
	of := f.FigureFilter
	of.Limit = figures.Most
	list, more, err := s.Store.Experimented(r.Context(), of, s.Clock().AddDate(0, 0, -figures.ExperimentDays))
	if err != nil || more {
		p.TooMany = more
		return p, err
	}
	all := figures.Experiments(list, running)
	versions, err := versionsCompared(r.Context(), s.Store, all)
	if err != nil {
		return p, err
	}
	figures.Spoil(all, versions)
	p.Foot = append(p.Foot, w.t("experiments_days", figures.ExperimentDays), w.t("experiments_peeking", report.PerCent(figures.SmallestDifference), planSource))
	if len(all) == 0 {
		p.Lede = w.t("experiments_none")
		return p, nil
	}
	if slices.ContainsFunc(all, func(e figures.Experiment) bool { return e.Runs && e.Spoiled.Flow != "" }) {
		p.Foot = append(p.Foot, w.t("experiments_anew"))
	}
	p.Lede = w.t("experiments_finding", len(all), len(running))
	if len(all) == 1 {
		p.Lede = w.experimentFinding(s.namer(w), &all[0])
	}
	p.Sections = append(p.Sections, s.experimentDifferences(w, all))
	for _, m := range experimentMeasures {
		p.Sections = append(p.Sections, s.experimentArms(w, all, m.id, w.t(m.title), m.of))
	}
	return p, nil
}

// versionsCompared are the versions of the surveys that experiments compare, of those that were published anew since
// one of them began.
func versionsCompared(ctx context.Context, store storage.Store, all []figures.Experiment) (versions []storage.FlowSource, err error) {
	newest, err := store.FlowSources(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range newest {
		compared := func(e figures.Experiment) bool {
			return e.Holds(x.Flow) && !e.Began.IsZero() && x.Published.After(e.Began)
		}
		if x.Version < 2 || !slices.ContainsFunc(all, compared) {
			continue
		}
		of, err := store.FlowVersions(ctx, x.Flow)
		if err != nil {
			return nil, err
		}
		versions = append(versions, of...)
	}
	return versions, nil
}

// experimentSpoiled says, by a text, which survey was published anew and when.
func (w *words) experimentSpoiled(names namer, text string, e *figures.Experiment, first ...any) string {
	return w.t(text, append(first, names.apart(e.Spoiled.Flow), w.plainDay(e.Spoiled.At.Format(time.DateOnly)))...)
}

// experimentFinding says what came of an experiment.
func (w *words) experimentFinding(names namer, e *figures.Experiment) string {
	switch {
	case e.Spoiled.Flow != "":
		return w.experimentSpoiled(names, "experiment_spoiled", e, e.Name)
	case !e.Reached() && e.Runs:
		return w.t("experiment_runs", e.Name, e.Asked(), e.Planned)
	case !e.Reached():
		return w.t("experiment_early", e.Name, e.Asked(), e.Planned)
	}
	return w.t("experiment_finding", e.Name, w.experimentDiffers(e, 0), w.experimentDiffers(e, 1))
}

// experimentDiffers says how a measure of the other arm differs, or what it lacks to be compared.
func (w *words) experimentDiffers(e *figures.Experiment, measure int) string {
	of := experimentMeasures[measure].of
	d, ok := e.Difference(of)
	switch {
	case ok && d.Clear():
		return w.changed(d)
	case ok:
		return w.t("no_clear_difference", points(d.Within.Low), points(d.Within.High))
	}
	people := w.of("customers")
	if few := people.needed(of(&e.Arms[0])); few != "" {
		return few
	}
	return people.needed(of(&e.Arms[1]))
}

var experimentColumns = []string{
	"label", "state", "day", "customers", "planned", "answered_difference", "answered_low", "answered_high", "unsatisfied_difference", "unsatisfied_low",
	"unsatisfied_high",
}

// experimentDifferences are the experiments, each with how far it has got and, from its planned end on, what differs.
func (s reportPages) experimentDifferences(w *words, all []figures.Experiment) reportSection {
	c := reportSection{ID: "experiments", Title: w.t("report_experiments"), Open: true, columns: experimentColumns}
	c.Head = [4]string{w.t("experiment_head"), w.t("answered_of_head"), w.t("interval"), w.t("experiment_difference")}
	for i := range all {
		e := &all[i]
		state, began, day := "ended", w.t("experiment_not_begun"), ""
		says := w.t("experiment_state_ended")
		if e.Runs {
			state, says = "runs", w.t("experiment_state_runs")
		}
		if e.Spoiled.Flow != "" {
			state, says = "spoiled", w.experimentSpoiled(s.namer(w), "experiment_state_spoiled", e)
		}
		if !e.Began.IsZero() {
			day = e.Began.Format(time.DateOnly)
			began = w.t("experiment_began", w.plainDay(day))
		}
		row := reportRow{
			key: e.Key, Label: e.Name, About: w.t("experiment_ways", s.experimentWay(w, e, invitation.UsualArm), s.experimentWay(w, e, invitation.OtherArm), began),
			N: w.t("experiment_of", e.Asked(), e.Planned), Value: says,
			raw: append([]string{e.Name, state, day, strconv.Itoa(e.Asked()), strconv.Itoa(e.Planned)}, make([]string, 6)...),
		}
		if e.Reached() {
			row.Value = w.t("experiment_differs_answered", w.experimentDiffers(e, 0))
			row.Versus = w.t("experiment_differs_unsatisfied", w.experimentDiffers(e, 1))
		}
		for m := range experimentMeasures {
			d, ok := e.Difference(experimentMeasures[m].of)
			if !ok {
				continue
			}
			if m == 0 {
				row.Clear, row.Drawing = d.Clear(), chart.Difference(d.By, d.Within.Low, d.Within.High)
			}
			for k, x := range []float64{d.By, d.Within.Low, d.Within.High} {
				row.raw[5+3*m+k] = report.Printed(x, 6)
			}
		}
		c.Rows = append(c.Rows, row)
	}
	if len(all) == 1 && all[0].Reached() {
		c.Caption = w.t("experiment_decide")
	}
	c.Notes = append(c.Notes, w.t("experiments_note", report.PerCent(figures.SmallestDifference)))
	return c
}

// experimentArms are the shares of a measure in each arm. Both have one scale.
func (s reportPages) experimentArms(w *words, all []figures.Experiment, id, title string, of func(*figures.ExperimentArm) report.Clustered) reportSection {
	c := reportSection{ID: id, Title: title, Open: true, Even: true, columns: rateColumns}
	c.Head = [4]string{w.t("experiment_head"), w.t(id + "_of_head"), w.t("interval"), w.t("share")}
	var parts []part
	for i := range all {
		e, both := &all[i], make([]part, len(all[i].Arms))
		for k := range e.Arms {
			arm := &e.Arms[k]
			both[k] = part{key: e.Key + "/" + string(arm.Arm), label: w.t("experiment_arm_"+string(arm.Arm), e.Name, s.experimentWay(w, e, arm.Arm)), rate: of(arm)}
		}
		parts = append(parts, hidden(both)...)
	}
	c.Rows = w.of("customers").besides(parts)
	return c
}

// experimentWay is what an arm does, in words.
func (s reportPages) experimentWay(w *words, e *figures.Experiment, arm invitation.Arm) string {
	way := e.Of(arm)
	if e.Surveys {
		return w.t("experiment_survey", s.namer(w).apart(way))
	}
	var span recovery.Span
	switch err := span.UnmarshalText([]byte(way)); {
	case err != nil:
		return way
	case span == 0:
		return w.t("trigger_at_once")
	}
	return w.t("trigger_after", spanText(w, span))
}
