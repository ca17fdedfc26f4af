package admin

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/web/chart"
)

// lostFlows are the questions by which these surveys ask for reasons, by survey, and what the choices of these
// questions are called. Any survey may ask those who stay away.
func (s reportPages) lostFlows(w *words, list []storage.GivenSession) (question, labels map[string]string) {
	asks := map[string]bool{}
	for i := range list {
		asks[list[i].Flow] = true
	}
	question, labels = map[string]string{}, map[string]string{}
	newest := map[string]int{}
	for key, flow := range s.Bot.Configuration().Now().Flows {
		if !asks[key.ID] || key.Version < newest[key.ID] {
			continue
		}
		newest[key.ID], question[key.ID] = key.Version, ""
		if i := slices.IndexFunc(flow.Questions, func(q survey.Question) bool { return q.Kind == survey.ChoiceQ }); i >= 0 {
			question[key.ID] = flow.Questions[i].Key
			for _, c := range flow.Questions[i].Choices {
				labels[c.Key] = c.Label.In(w.lang, fallback)
			}
		}
	}
	return question, labels
}

// reportLost is why customers stay away, how their latest visit was, and who came again after being asked; and, apart
// from customers, what mystery guests found.
func (s reportPages) reportLost(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	p.Days, p.LeftOut = "days_lost", "left_out_lost"
	p.Acts = s.leavingActs(w, v, f, whoLost)
	of := f.FigureFilter
	of.Of, of.Exact = storage.OfLost, figures.Most // who came again is looked up by name, as long as anybody can
	list, more, err := s.Store.Given(r.Context(), of)
	if err != nil || more {
		p.TooMany = more
		return p, err
	}
	asked, more, err := askedBy(r.Context(), &s.Config, of)
	if more {
		p.TooMany, p.Instead = true, w.manyAsked(f)
	}
	if err != nil || more {
		return p, err
	}
	visits, more, err := s.Store.Mystery(r.Context(), f.FigureFilter)
	if err != nil || more {
		p.TooMany = more
		return p, err
	}
	p.Foot = append(p.Foot, w.t("lost_foot"))
	if len(list)+asked.N()+len(visits) == 0 {
		p.Lede = w.t("lost_none")
		return p, nil
	}
	question, labels := s.lostFlows(w, list)
	keys, since := figures.KeysOf(asked.List())
	came, err := s.Store.Visits(r.Context(), keys)
	if err != nil {
		return p, err
	}
	waits := figures.Returns(since, came, s.Bot.Configuration().Now().NewestDay(s.Clock()).Format(time.DateOnly))
	reasons, said := figures.Reasons(list, question)
	behind := func(pairs ...string) string {
		return f.behind(append([]string{"judged", string(storage.OfLost)}, pairs...)...)
	}
	last, unsatisfied := w.lostLevels(list, behind)
	p.Figures = []reportFigure{
		w.of("asked").figureOfRate(w.t("lost_answered"), asked.Answered(), nil, "").keyed("answered"),
		w.figureOfPart(w.t("lost_unsatisfied"), unsatisfied.rate, asked.N(), nil, unsatisfied.url).keyed("unsatisfied"),
	}
	if asked.Summed() { // who came again is looked up by name
		p.Foot = append(p.Foot, w.t("lost_returns_many"))
	} else {
		p.Figures = append(p.Figures, w.returned(waits))
	}
	p.Lede = w.lostFinding(reasons, said, asked.N(), labels)
	if len(list) > 0 {
		p.Sections = append(p.Sections, w.lostReasons(reasons, said, labels, behind()), last)
	}
	if len(waits) > 0 {
		p.Sections = append(p.Sections, w.lostReturns(waits))
	}
	p.Sections = append(p.Sections, s.mysterySections(w, visits, s.namer(w, survey.Mystery))...)
	return p, nil
}

// lostFinding names the reason that is named most often, of so many who were asked.
func (w *words) lostFinding(reasons []figures.Reason, said report.Clustered, asked int, labels map[string]string) string {
	if !said.Rated() || len(reasons) == 0 || reasons[0].Named.Manner == report.Hidden {
		if count, _ := w.ofFew(said.N, asked); said.N < report.FewestCounted && count != "0" {
			return w.t("lost_fewest")
		}
		return w.t("lost_few", said.N)
	}
	first := reasons[0]
	return w.t("lost_finding", said.N, cmp.Or(labels[first.Name], readable(first.Name)), w.rated(first.Rate.Rate))
}

var reasonColumns = []string{"reason", "answers", "of_answers", "low", "high", "of_mentions", "cumulative"}

// lostReasons are the reasons, those named most often first. Reasons of fewer than five customers stand in one row,
// with as many others as it takes.
func (w *words) lostReasons(all []figures.Reason, said report.Clustered, labels map[string]string, at string) reportSection {
	c := reportSection{ID: "reasons", Title: w.t("lost_reasons"), Open: true, Even: true, columns: reasonColumns}
	c.Head = [4]string{w.t("reason_head"), w.t("answers_head"), w.t("share"), w.t("of_answers")}
	if said.Manner == report.Hidden {
		c.Notes = []string{w.t("lost_reasons_few")}
		return c
	}
	parts, causes := make([]part, len(all)), make([]report.Cause, len(all))
	for i, one := range all {
		parts[i], causes[i] = part{key: one.Name, rate: one.Named}, one.Cause
	}
	parts = hidden(parts)
	hid, so, named := untold(causes, parts), 0.0, 0
	longest := float64(max(hid, all[0].Mentions))
	for i, one := range all {
		if named += one.Mentions; parts[i].rate.Manner == report.Hidden {
			continue
		}
		so += one.OfMentions
		row := reportRow{
			Label: cmp.Or(labels[one.Name], readable(one.Name)), URL: at, N: strconv.Itoa(one.Mentions), Value: w.rated(one.Rate.Rate), Drawing: chart.Bar(float64(one.Mentions) / longest),
			raw: []string{one.Name, strconv.Itoa(one.Mentions), "", "", "", "", ""},
		}
		if one.Rate.Rated() {
			for k, x := range []float64{one.Rate.P, one.Rate.Low(), one.Rate.High(), one.OfMentions, so} {
				row.raw[2+k] = report.Printed(x, 6)
			}
		}
		c.Rows = append(c.Rows, row)
	}
	if hid > 0 {
		c.Rows = append(c.Rows, reportRow{Label: w.t("rarer_reasons"), N: strconv.Itoa(hid), Value: w.t("mentions", hid), Drawing: chart.Bar(float64(hid) / longest), raw: []string{rarer, strconv.Itoa(hid), "", "", "", "", ""}})
	}
	if c.Notes = append(c.Notes, w.t("lost_reasons_note", said.N)); named > said.N {
		c.Notes = append(c.Notes, w.t("several_named"))
	}
	return c
}

// lostLevels is how those who stay away found their latest visit, and the part of it that were unsatisfied: a figure of
// them hides what the table hides.
func (w *words) lostLevels(list []storage.GivenSession, behind func(...string) string) (c reportSection, unsatisfied part) {
	c = reportSection{ID: "last", Title: w.t("lost_levels"), Open: true, Even: true, columns: rateColumns, Notes: []string{w.t("lost_levels_note")}}
	c.Head = [4]string{w.t("level_head"), w.t("answers_head"), w.t("interval"), w.t("share")}
	groups := [][2]int{{1, 3}, {4, 4}, {5, 5}, {6, 7}}
	var parts, of []part
	for _, g := range groups {
		levels := strconv.Itoa(g[0]) + "-" + strconv.Itoa(g[1])
		label := w.t("levels_between", g[0], g[1])
		if g[0] == g[1] {
			label = w.t("level_n", g[0])
		}
		var named report.Run
		for i := range list {
			if g[0] <= list[i].Level && list[i].Level <= g[1] {
				named.Add(list[i].Customer, true)
			}
		}
		parts = append(parts, part{key: levels, rate: named.Rate()})
		of = append(of, part{key: levels, label: label, url: behind("level", levels), rate: figures.LastLevel(list, g[0], g[1])})
	}
	parts = hidden(parts)
	for i := range of {
		if parts[i].rate.Manner == report.Hidden && parts[i].rate.N > 0 {
			of[i].rate.Rate, of[i].url = of[i].rate.Hide(), ""
		}
		row := w.rowOf(of[i])
		if of[i].rate.Rated() {
			row.Drawing = chart.Span{Mark: markOf(of[i].rate.Rate), P: of[i].rate.P, Low: of[i].rate.Low(), High: of[i].rate.High(), Mean: math.NaN(), Top: 1}.SVG()
		}
		c.Rows = append(c.Rows, row)
	}
	return c, of[0]
}

// returned is the share of who was asked that came again within so many days, with those of lately counted for as long
// as they are known.
func (w *words) returned(waits []report.Wait) reportFigure {
	r := longest(figures.ReturnsBy(waits, 30, 60, 90), 30, 60, 90)
	return w.of("asked").returnFigure(w.t("lost_returned", max(30, r.Days)), w.t("lost_returned_few"), r)
}

// lostReturns is how many came again within some days after they were asked.
func (w *words) lostReturns(waits []report.Wait) reportSection {
	c := reportSection{ID: "returned", Title: w.t("lost_returns"), Open: true, columns: returnColumns, Notes: []string{w.t("lost_returns_note")}}
	c.Head = [4]string{w.t("within_head"), w.t("asked_head"), w.t("interval"), w.t("share")}
	for _, r := range figures.ReturnsBy(waits, 14, 30, 60, 90, 180) {
		c.Rows = append(c.Rows, w.of("asked").returnRow(w.t("within_days", r.Days), nil, r, len(waits)))
	}
	return c
}

// mysterySections are what mystery guests found: how often they were unsatisfied, by site, and the questions.
func (s reportPages) mysterySections(w *words, visits []storage.GivenSession, names namer) (all []reportSection) {
	if len(visits) == 0 {
		return nil
	}
	list := make([]storage.JudgedSession, len(visits))
	for i, v := range visits {
		list[i] = storage.JudgedSession{ID: v.ID, Day: v.Day, Flow: v.Flow, Site: v.Site, Level: v.Level, Customer: v.Customer}
		for _, a := range v.Answers {
			if !a.Skipped && a.Score != nil {
				list[i].Scores = append(list[i].Scores, storage.GivenScore{Question: a.Question, Score: *a.Score})
			}
		}
	}
	w = w.of("visits")
	worst, best := figures.Unsatisfied.Levels()
	c := reportSection{ID: "mystery", Title: w.t("mystery_by_site"), Open: true, Even: true, columns: rateColumns, Notes: []string{w.t("mystery_note")}}
	c.Head = [4]string{w.t("by_site"), w.t("visits_head"), w.t("interval"), w.t("unsatisfied")}
	var parts []part
	for at, rate := range figures.Grouped(list, func(j *storage.JudgedSession) string { return j.Site }, worst, best) {
		parts = append(parts, part{key: at, label: s.siteName(w, at), rate: rate})
	}
	c.Rows = w.besideOthers(parts, figures.Of(list, worst, best))
	all = append(all, c)
	given := figures.Questions(list)
	if len(given) == 0 {
		return all
	}
	questions := w.questionMeans(given, names)
	questions.ID, questions.Title = "mysteryquestions", w.t("mystery_questions")
	return append(all, questions)
}
