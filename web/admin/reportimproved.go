package admin

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// mostImproved is how many changes the list counts, the newest.
const mostImproved = 12

// visibleImprovements are those that stand at the sites whose figures somebody may see.
func (s improvementPages) visibleImprovements(ctx context.Context, v Viewer) (all []storage.Improvement, err error) {
	if all, err = s.Store.ImprovementList(ctx); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(i storage.Improvement) bool { return !s.mayReadOf(v, i.Site) }), nil
}

// mayReadOf reports whether somebody may see figures of a site; of every site, whether they may of any.
func (s improvementPages) mayReadOf(v Viewer, id string) bool {
	return v.Can(access.SeeReports, id) || id == "" && v.Anywhere(access.SeeReports)
}

// counting is how a change is counted for a viewer.
func (s improvementPages) counting(v Viewer, i storage.Improvement, among []storage.Improvement) figures.Improvement {
	return figures.Improvement{
		Improvement: i, Among: among, Sites: s.named(v, access.SeeReports), Today: s.Bot.Configuration().Now().NewestDay(s.Clock()),
	}
}

var improvementColumns = []string{
	"id", "site", "day", "reason", "counted", "change", "owner", "effect", "k_before", "n_before", "k_after", "n_after", "by", "low", "high", "less_others", "less_low", "less_high",
}

// improvementList is what was changed, with what came of it.
func (s improvementPages) improvementList(ctx context.Context, w *words, v Viewer, f *reportFilter) (c reportSection, effects map[figures.Effect]int, err error) {
	c = reportSection{ID: "improvements", Title: w.t("improvements"), Open: true, columns: improvementColumns, Notes: []string{w.t("improvements_note", figures.ImprovementDays/7)}}
	c.Head = [4]string{w.t("improvement"), w.t("from_day"), w.t("interval"), w.t("improvement_effect")}
	effects = map[figures.Effect]int{}
	among, err := s.visibleImprovements(ctx, v)
	if err != nil {
		return c, nil, err
	}
	older := 0
	for _, i := range among {
		if i.Note || i.Day > f.To || i.Site != "" && !slices.Contains(f.Sites, i.Site) {
			continue
		}
		if len(c.Rows) == mostImproved {
			older++
			continue
		}
		counting := s.counting(v, i, among)
		m, err := counting.Read(ctx, s.Store)
		many := errors.Is(err, figures.ErrTooMany)
		if err != nil && !many {
			return c, nil, err
		}
		row := reportRow{
			Label: i.Change, URL: "/improvements/" + i.ID, N: i.Day,
			About: voice.Join(" · ", s.improvementPlace(w, i.Site), i.Reason, i.Owner), Value: w.t("improvement_many"),
		}
		row.raw = append([]string{i.ID, i.Site, i.Day, i.Reason, s.namingKey(i.Of), i.Change, i.Owner}, make([]string, len(improvementColumns)-7)...)
		if !many {
			effects[m.Effect()]++
			s.effectRow(w, &row, &m)
		}
		c.Rows = append(c.Rows, row)
	}
	if older > 0 {
		c.Notes = append(c.Notes, w.t("improvements_older", mostImproved, older))
	}
	return c, effects, nil
}

// improvementPlace is where something was changed.
func (s improvementPages) improvementPlace(w *words, id string) string {
	if id == "" {
		return w.t("all_sites")
	}
	return s.siteName(w, id)
}

// effectRow puts what came of a change into its row.
func (s improvementPages) effectRow(w *words, row *reportRow, m *figures.Improved) {
	row.Value = w.effect(m)
	row.raw[7] = string(m.Effect())
	for at, rate := range map[int]report.Clustered{8: m.Before, 10: m.After} {
		if rate.Manner != report.Hidden {
			row.raw[at], row.raw[at+1] = strconv.Itoa(rate.K), strconv.Itoa(rate.N)
		}
	}
	put := func(at int, d report.Difference) {
		for i, x := range []float64{d.By, d.Within.Low, d.Within.High} {
			row.raw[at+i] = report.Printed(x, 6)
		}
	}
	if m.Compared {
		put(12, m.By)
		row.Clear = m.By.Clear()
		row.Drawing = chart.Difference(m.By.By, m.By.Within.Low, m.By.Within.High)
	}
	if m.Beside {
		put(15, m.Against)
		row.Versus = w.t("improvement_beside", w.changed(m.Against))
	}
}

// effect is what came of a change, in words.
func (w *words) effect(m *figures.Improved) string {
	text := w.t("effect_" + string(m.Effect()))
	if m.Compared {
		text += ": " + w.changed(m.By)
	}
	return text
}

// namingKey is a reason as forms and tables write it.
func (s improvementPages) namingKey(n storage.Naming) string {
	if n.Any() {
		return "unsatisfied"
	}
	return strings.Join([]string{n.Flow, n.Question, n.Choice}, "/")
}

// namingText is what is counted before and after a change, in words.
func (s improvementPages) namingText(w *words, n storage.Naming) string {
	if n.Any() {
		return w.t("unsatisfied")
	}
	return s.namer(w).naming(w, n)
}

// naming is a choice of a question of a survey.
func (n namer) naming(w *words, of storage.Naming) string {
	return w.t("choice_of", n.survey(of.Flow), n.question(of.Flow, of.Question, askedInMenu), n.choice(of.Flow, of.Question, of.Choice))
}

// namings are the reasons that can be counted: being unsatisfied, and each choice of customers' surveys as they
// are asked now.
func (s improvementPages) namings(w *words) []option {
	all := []option{{"unsatisfied", w.t("unsatisfied")}}
	names := s.namer(w)
	for id, flow := range s.customerFlow() {
		for i := range flow.Questions {
			q := &flow.Questions[i]
			for _, c := range q.Choices {
				of := storage.Naming{Flow: id, Question: q.Key, Choice: c.Key}
				all = append(all, option{s.namingKey(of), names.naming(w, of)})
			}
		}
	}
	slices.SortFunc(all[1:], func(a, b option) int { return strings.Compare(a.Text+a.Value, b.Text+b.Value) })
	return all
}

// besides is a before and an after, at a site and at the others, as rows.
func (w *words) besides(parts []part) (rows []reportRow) {
	top := 0.1
	for _, x := range parts {
		if x.rate.Rated() {
			top = max(top, x.rate.High())
		}
	}
	for _, x := range parts {
		row := w.rowOf(x)
		if x.rate.Rated() {
			row.Drawing = chart.Span{Mark: markOf(x.rate.Rate), P: x.rate.P, Low: x.rate.Low(), High: x.rate.High(), Mean: math.NaN(), Top: top}.SVG()
		}
		rows = append(rows, row)
	}
	return rows
}
