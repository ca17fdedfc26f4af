package admin

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// reportingRoutes are what leads are told of figures.
var reportingRoutes = []route{
	{pattern: "GET /settings/reporting", deed: access.EditRules, page: reportingKind.look},
	{pattern: "POST /settings/reporting", deed: access.EditRules, page: reportingKind.save},
	{pattern: "POST /reports/digest/now", deed: access.CompareStaff, page: in(reportPages.digestNow)},
}

// reportingPage is the form of what leads of a site are told, and of its targets.
type reportingPage struct {
	ruleSheet
	Goals []int
}

var reportingKind = ruleKind{
	at: "/settings/reporting", template: "reporting.html", title: "reporting", lists: []string{"goal."}, direct: true,
	open: func(_ *site, words *words, c *ruleScope) rulePage { return reportingOf(words, c) },
}

// emptyGoals is how many empty targets the form offers.
const emptyGoals = 2

func reportingOf(words *words, c *ruleScope) *reportingPage {
	p := &reportingPage{ruleSheet: ruleSheet{ruleScope: *c, Own: c.own("report")}}
	r := c.rules().Report
	p.add(field{Name: "weekly", Label: words.t("reporting_weekly"), Kind: "time", Value: minuteText(r.Weekly)})
	p.add(field{Name: "monthly", Label: words.t("reporting_monthly"), Kind: "time", Value: minuteText(r.Monthly)})
	p.add(field{Name: "alarm", Label: words.t("reporting_alarm"), Kind: "check", Value: checked(r.Alarm)})
	figures := []option{{"", words.t("reporting_no_goal")}}
	for _, f := range recovery.GoalFigures() {
		figures = append(figures, option{string(f), words.t("reporting_" + string(f))})
	}
	goals := r.Goals()
	for i := range min(len(goals)+emptyGoals, max(len(goals), recovery.MaxGoals)) {
		g, percent := recovery.Goal{}, ""
		if i < len(goals) {
			g = goals[i]
			percent = strconv.Itoa(g.Percent())
		}
		at, n := fmt.Sprintf("goal.%d.", i), words.t("reporting_goal", i+1)
		p.add(field{Name: at + "figure", Label: n + ", " + words.t("reporting_figure"), Kind: "select", Options: figures, Value: string(g.Figure)})
		p.add(field{Name: at + "percent", Label: n + ", " + words.t("reporting_percent"), Kind: "number", Value: percent})
		p.add(field{Name: at + "from", Label: n + ", " + words.t("from_day"), Kind: "date", Value: g.From})
		p.add(field{Name: at + "until", Label: n + ", " + words.t("to_day"), Kind: "date", Value: g.Until})
		p.Goals = append(p.Goals, i)
	}
	return p
}

// minuteText is the time of day of a list of one at most.
func minuteText(at []recovery.Minute) string {
	if len(at) == 0 {
		return ""
	}
	return at[0].String()
}

func (p *reportingPage) settle(words *words) (out []change) {
	r := p.rules().Report
	// none takes a key out of the file; at a site it says that there is none, whatever holds at every site.
	none := func(empty string) string {
		if p.Site == "" {
			return ""
		}
		return empty
	}
	for name, was := range map[string][]recovery.Minute{"weekly": r.Weekly, "monthly": r.Monthly} {
		x := p.field(name)
		var at recovery.Minute
		switch before := minuteText(was); {
		case x.Value == before:
		case x.Value == "":
			out = append(out, change{"report/" + name, x.Label, before, "–", none("[]")})
		case at.UnmarshalText([]byte(x.Value)) != nil:
			x.Fault = words.t("times_fault")
		default:
			out = append(out, change{"report/" + name, x.Label, cmp.Or(before, "–"), at.String(), flowfile.Scalar(at.String())})
		}
	}
	slices.SortFunc(out, func(a, b change) int { return strings.Compare(a.at, b.at) })
	if x := p.field("alarm"); (x.Value != "") != r.Alarm {
		yes := map[bool]string{true: words.t("switch_on"), false: words.t("switch_off")}
		out = append(out, change{"report/alarm", x.Label, yes[r.Alarm], yes[!r.Alarm], strconv.FormatBool(!r.Alarm)})
	}
	goals, before := p.goals(words), r.Goals()
	if slices.Equal(goals, before) {
		return out
	}
	text := cmp.Or(goalsText(goals), none("[]"))
	out = append(out, change{"report/targets", words.t("targets"), goalsText(before), goalsText(goals), text})
	if r.Target > 0 { // it stands in the list now
		out = append(out, change{"report/target", words.t("targets"), strconv.Itoa(r.Target), "–", none("0")})
	}
	return out
}

// goals are the targets as the form has them: one without a figure is none.
func (p *reportingPage) goals(words *words) (list []recovery.Goal) {
	for _, i := range p.Goals {
		at := fmt.Sprintf("goal.%d.", i)
		g := recovery.Goal{Figure: recovery.Figure(p.field(at + "figure").Value), From: p.field(at + "from").Value, Until: p.field(at + "until").Value}
		if g.Figure == "" {
			continue
		}
		percent, err := strconv.Atoi(p.field(at + "percent").Value)
		if err != nil || percent < 1 || percent > 99 {
			p.field(at + "percent").Fault = words.t("reporting_percent_fault")
		}
		if g.Figure == recovery.FigureUnsatisfied {
			g.AtMost = percent
		} else {
			g.AtLeast = percent
		}
		if g.Until != "" && (g.From == "" || g.Until < g.From) {
			p.field(at + "until").Fault = words.t("reporting_until_fault")
		}
		list = append(list, g)
	}
	return list
}

func (p *reportingPage) same(words *words) []change {
	return []change{{at: "report", label: words.t("reporting"), was: words.t("rules_own"), now: words.t("rules_same_as")}}
}

// goalsText are targets as the file has them.
func goalsText(list []recovery.Goal) string {
	lines := make([]string, len(list))
	for i, g := range list {
		text := fmt.Sprintf("- {figure: %s, ", g.Figure)
		if g.AtMost > 0 {
			text += fmt.Sprintf("at_most: %d", g.AtMost)
		} else {
			text += fmt.Sprintf("at_least: %d", g.AtLeast)
		}
		if g.From != "" {
			text += ", from: " + flowfile.Scalar(g.From)
		}
		if g.Until != "" {
			text += ", until: " + flowfile.Scalar(g.Until)
		}
		lines[i] = text + "}"
	}
	return strings.Join(lines, "\n")
}

var digestColumns = []string{"site", "weekly", "monthly", "alarm", "targets", "hears"}

// reportDigest is what goes to which chat, and when.
func (s reportPages) reportDigest(_ *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	snap := s.Bot.Configuration().Now()
	c := reportSection{ID: "digest", Title: w.t("digest_told"), Open: true, columns: digestColumns, Notes: []string{w.t("digest_note")}}
	c.Head = [4]string{w.t("by_site"), "", "", w.t("digest_told")}
	p.Settings = true
	told := 0
	for _, id := range f.Sites {
		if _, known := snap.Sites[id]; !known {
			continue
		}
		r, hears := snap.Rules(id).Report, bot.Digests{Bot: s.Bot}.Hears(id)
		row := reportRow{Label: s.siteName(w, id), About: w.t("digest_hears", strings.Join(hears, w.t("comma")))}
		if len(hears) == 0 {
			row.About = w.t("digest_hears_nobody")
		}
		var says, goals []string
		if len(r.Weekly) > 0 {
			says = append(says, w.t("digest_weekly", r.Weekly[0]))
		}
		if len(r.Monthly) > 0 {
			says = append(says, w.t("digest_monthly", r.Monthly[0]))
		}
		if r.Alarm {
			says = append(says, w.t("digest_alarm"))
		}
		if len(says) > 0 {
			told++
		}
		for _, g := range r.Goals() {
			goals = append(goals, w.goal(g))
		}
		if len(goals) > 0 {
			row.Versus = w.t("digest_targets", strings.Join(goals, " · "))
		}
		row.Value = cmp.Or(strings.Join(says, " · "), w.t("digest_nothing"))
		row.raw = []string{id, minuteText(r.Weekly), minuteText(r.Monthly), strconv.FormatBool(r.Alarm), strings.Join(goals, "; "), strings.Join(hears, "; ")}
		c.Rows = append(c.Rows, row)
	}
	p.Lede = w.t("digest_finding", told, len(c.Rows))
	if len(c.Rows) > 0 {
		p.Sections = append(p.Sections, c)
	}
	if len(f.Sites) == 1 && v.Staff != "" && v.Can(access.CompareStaff, f.Sites[0]) {
		p.Now, p.NowDays = f.Sites[0], w.wholeWeek(s.Clock(), s.zoneOf(f.Sites))
	} else {
		p.Foot = append(p.Foot, w.t("digest_one_site"))
	}
	if v.Anywhere(access.EditRules) {
		p.Acts = []link{{"/settings/reporting", w.t("reporting")}}
	}
	return p, nil
}

// digestNow sends somebody the report of the last week to their own chat.
func (s reportPages) digestNow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	at := r.PostForm.Get("site")
	if _, known := s.Bot.Configuration().Now().Sites[at]; !known || !v.Can(access.CompareStaff, at) || v.Staff == "" {
		return notAllowed(nil)
	}
	done := "digest_sent"
	sent, err := bot.Digests{Bot: s.Bot}.Send(r.Context(), at, v.Staff)
	switch {
	case errors.Is(err, figures.ErrTooMany):
		done = "digest_many"
	case err != nil:
		return perhapsDone(err)
	case sent == 0:
		done = "digest_no_chat"
	}
	q := url.Values{"site": {at}, "done": {done}}
	http.Redirect(w, r, s.Prefix+"/reports/digest?"+q.Encode(), http.StatusSeeOther)
	return nil
}

// wholeWeek names the days that such a report is of.
func (w *words) wholeWeek(now time.Time, zone *time.Location) string {
	due := recovery.LastWeek(now, zone)
	return w.t("digest_days", w.plainDay(due.First), w.plainDay(due.Last))
}
