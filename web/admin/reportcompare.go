package admin

import (
	"cmp"
	"math"
	"net/http"
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

// comparable is what conversations may be compared by.
type comparable struct {
	name string // of the filter as well
	set  func(*storage.FigureFilter, string)
	// One answer stands beside all others at once, or against the curves of a funnel.
	funnel bool
}

var comparables = []comparable{
	{"site", func(f *storage.FigureFilter, key string) { f.Sites = []string{key} }, true},
	{"service", func(f *storage.FigureFilter, key string) { f.Service = key }, true},
	{"staff", func(f *storage.FigureFilter, key string) { f.Staff = key }, true},
	{"language", func(f *storage.FigureFilter, key string) { f.Language = key }, false},
	{"channel", func(f *storage.FigureFilter, key string) { f.Channel = key }, false},
}

// partName is a part as staff call it.
func (s reportPages) partName(w *words, by, key string) string {
	switch {
	case by == "site":
		return s.siteName(w, key)
	case key == "":
		return w.t("not_said")
	case by == "language":
		return voice.SelfName(key)
	case by == "channel":
		return w.channel(key)
	}
	return key
}

// reportCompare holds sites, services, those who serve, languages and channels beside each other.
func (s reportPages) reportCompare(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	all, more, err := s.gathered(r.Context(), f.FigureFilter)
	if err != nil || more || all.N() == 0 {
		return reportPage{TooMany: more, Empty: err == nil && !more}, err
	}
	bad := all.Unsatisfied()
	worst, best := figures.Unsatisfied.Levels()
	var found besideFound
	var beside []choice
	for _, by := range comparables {
		if by.name == "staff" && slices.ContainsFunc(f.Sites, func(id string) bool { return !v.Can(access.CompareStaff, id) }) {
			continue
		}
		of, err := all.Parts(r.Context(), figures.By(by.name), nil)
		if err != nil {
			return p, err
		}
		var parts []part
		for key, rate := range figures.Rates(of, worst, best) {
			one := part{key: key, label: s.partName(w, by.name, key), rate: rate}
			if key != "" {
				one.url = f.behind(by.name, key, "level", "1-3")
			}
			parts = append(parts, one)
		}
		for _, one := range hidden(slices.Clone(parts)) {
			if one.key != "" && one.rate.Manner != report.Hidden && len(parts) > 1 {
				beside = append(beside, choice{by.name + ":" + one.key, w.t("by_"+by.name) + ": " + one.label, false})
			}
		}
		if len(parts) < 2 || by.name == "staff" && len(parts) == 2 && (parts[0].key == "" || parts[1].key == "") {
			continue
		}
		c := reportSection{ID: by.name, Title: w.t("unsatisfied_by_" + by.name), Open: true, columns: rateColumns}
		c.Head = [4]string{w.t("by_" + by.name), w.t("answers_head"), w.t("interval"), w.t("unsatisfied")}
		if !by.funnel {
			c.Even, c.Rows = true, w.besideOthers(parts, bad)
			p.Sections = append(p.Sections, c)
			continue
		}
		found.add(w.byChance(&c, parts, bad.P, by.name == "staff"))
		if by.name == "staff" {
			c.Notes = append(c.Notes, w.t("not_for_rewards"))
			if note := w.dependsOn(of); note != "" {
				c.Notes = append(c.Notes, note)
			}
		}
		p.Sections = append(p.Sections, c)
	}
	at := strings.TrimSpace(r.URL.Query().Get("beside"))
	slices.SortFunc(beside, func(a, b choice) int { return cmp.Or(cmp.Compare(a.Text, b.Text), cmp.Compare(a.Value, b.Value)) })
	offered := false
	for i := range beside {
		beside[i].Chosen = beside[i].Value == at
		offered = offered || beside[i].Chosen
	}
	p.Asking = []reportAsking{{Name: "beside", Label: w.t("beside_label"), Choices: append([]choice{{"", w.t("beside_nothing"), at == ""}}, beside...)}}
	if at != "" {
		two, more, err := s.sideBySide(r, w, v, f, all, at, offered)
		if err != nil || more {
			return reportPage{TooMany: more}, err
		}
		p.Sections = slices.Insert(p.Sections, 0, two)
		f.keep.Set("beside", at)
	}
	if p.Lede = w.t("finding_few", bad.N); bad.Rated() {
		p.Lede = w.compareFinding(found)
	}
	p.Foot = append(p.Foot, w.countsOf(all))
	return p, nil
}

// besideFound is how many parts stand out, of how many that are held against all together, and how many are not.
type besideFound struct{ loud, compared, alone int }

func (f *besideFound) add(o besideFound) {
	f.loud, f.compared, f.alone = f.loud+o.loud, f.compared+o.compared, f.alone+o.alone
}

// compareFinding says how many stand out. That none does is said of those that are compared.
func (w *words) compareFinding(f besideFound) string {
	var says string
	switch {
	case f.compared == 0:
		return w.t("compare_none_ready")
	case f.loud == 0:
		says = w.t("compare_calm", f.compared)
	default:
		says = w.t("compare_loud", f.loud, f.compared)
	}
	if f.alone > 0 {
		says = w.sentences(says, w.t("compare_alone", f.alone))
	}
	return says
}

// byChance draws parts between the curves of chance, and makes their rows: those that stand out first, unless
// they are people. One is held against overall, the share of all together as every page has it, where the others
// have enough answers as well.
func (w *words) byChance(c *reportSection, parts []part, overall float64, people bool) (found besideFound) {
	parts = hidden(parts)
	slices.SortFunc(parts, func(a, b part) int { return cmp.Or(cmp.Compare(a.label, b.label), cmp.Compare(a.key, b.key)) })
	each := make([][2]int, len(parts))
	for i, p := range parts {
		share := p.rate.Effective / float64(max(1, p.rate.N)) // answers of one customer tell less than answers of several
		each[i] = [2]int{int(math.Round(share * float64(p.rate.K))), int(math.Round(share * float64(p.rate.N)))}
	}
	of := report.FunnelAround(overall, each)
	all := 0
	for _, n := range each {
		all += n[1]
	}
	rank := make(map[string]int, len(parts))
	rows := make(map[string]reportRow, len(parts))
	drawing := chart.Funnel{ID: "c-" + c.ID, Title: c.Title, Description: w.t("funnel_says"), Usual: overall, Percent: w.percent}
	drawing.Count = func(n int) string { return w.t("n_answers", n) }
	drawing.Curves = func(n float64) (inner, outer [2]float64) {
		a, b := report.FunnelAt(overall, n)
		return [2]float64{a.Low, a.High}, [2]float64{b.Low, b.High}
	}
	top := 0.1
	for _, p := range parts {
		if p.rate.Rated() {
			top = max(top, p.rate.High())
		}
	}
	for i, p := range parts {
		row := w.rowOf(p)
		rank[p.key] = 3
		if p.rate.Rated() {
			row.Drawing = chart.Span{Mark: markOf(p.rate.Rate), P: p.rate.P, Low: p.rate.Low(), High: p.rate.High(), Mean: overall, Top: top}.SVG()
		}
		verdict := of[i].Verdict
		if !p.rate.Compared() || verdict == report.NotShown || all-each[i][1] < report.FewestPlain {
			found.alone++
		} else {
			found.compared++
			row.Versus = w.t("verdict_" + strings.ReplaceAll(string(verdict), " ", "_"))
			dot := chart.Dot{Words: p.label + ": " + row.Value + ". " + row.Versus, N: float64(each[i][1]), P: p.rate.P}
			switch rank[p.key] = 2; verdict {
			case report.SignalHigh, report.SignalLow:
				rank[p.key], dot.Loud, dot.Label = 0, true, p.label
				found.loud++
			case report.LookHigh, report.LookLow:
				rank[p.key] = 1
			}
			row.Clear = dot.Loud
			drawing.Dots = append(drawing.Dots, dot)
		}
		rows[p.key] = row
	}
	if !people {
		slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(rank[a.key], rank[b.key]) })
	}
	for _, p := range parts {
		c.Rows = append(c.Rows, rows[p.key])
	}
	if found.compared > 1 {
		c.Drawing = drawing.SVG()
		c.Notes = append(c.Notes, w.t("funnel_legend", w.percent(overall)))
	} else {
		c.Notes = append(c.Notes, w.t("funnel_few"))
	}
	return found
}

// dependsOn says how much of what differs between levels depends on the part that answers are of.
func (w *words) dependsOn(parts map[string]*figures.Answers) string {
	by, n := map[string][]float64{}, 0
	for key, part := range parts {
		if n += part.N(); key == "" || n > figures.Most {
			continue
		}
		for i, count := range part.Levels() {
			for range count {
				by[key] = append(by[key], float64(i+1))
			}
		}
	}
	if n > figures.Most { // it is looked at one by one
		return ""
	}
	var groups [][]float64
	for _, levels := range by {
		if len(levels) >= report.FewestInGroup {
			groups = append(groups, levels)
		}
	}
	in := report.WithinGroupsOf(groups)
	if !in.Shown {
		return ""
	}
	return w.t("depends_on_staff", report.PerCent(in.ICC), report.PerCent(in.Interval.Low), report.PerCent(in.Interval.High))
}

// sideBySide holds one part beside what the filter says: beside all others where that leaves the part open. Of a
// part that is not offered nothing is told: what others have would follow from it.
func (s reportPages) sideBySide(r *http.Request, w *words, v Viewer, f *reportFilter, all *figures.Answers, at string, offered bool) (c reportSection, more bool, err error) {
	name, key, _ := strings.Cut(at, ":")
	i := slices.IndexFunc(comparables, func(by comparable) bool { return by.name == name })
	if i < 0 || key == "" {
		return c, false, s.nothingHere(nil, r, v)
	}
	by := comparables[i]
	other := f.FigureFilter
	by.set(&other, key)
	for _, id := range other.Sites {
		if !v.Can(access.SeeReports, id) || name == "staff" && !v.Can(access.CompareStaff, id) {
			return c, false, notAllowed(nil)
		}
	}
	var one, rest *figures.Answers
	restName := w.t("all_others")
	if fixed := f.keep.Get(name); fixed != "" && fixed != key {
		if one, more, err = s.gathered(r.Context(), other); err != nil || more {
			return c, more, err
		}
		rest, restName = all, s.partName(w, name, fixed)
	} else {
		if !offered && f.strict {
			return c, false, s.nothingHere(nil, r, v)
		}
		if !offered {
			c = reportSection{ID: "beside", Title: w.t("side_by_side", s.partName(w, name, key), restName), Notes: []string{w.t("not_shown")}}
			return c, false, nil
		}
		parts, err := all.Parts(r.Context(), figures.By(name), nil)
		if err != nil {
			return c, false, err
		}
		one, rest = parts[key], figures.Besides(parts, key)
	}
	oneName := s.partName(w, name, key)
	c = reportSection{ID: "beside", Title: w.t("side_by_side", oneName, restName), Open: true, columns: rateColumns}
	c.Head = [4]string{w.t("metric_head"), w.t("answers_head"), w.t("interval"), w.t("share")}
	for _, m := range figures.Metrics() {
		worst, best := m.Levels()
		if worst == 0 {
			continue
		}
		two := hidden([]part{
			{key: "1", label: w.t(string(m)) + " · " + oneName, url: f.behind(name, key, "level", strconv.Itoa(worst)+"-"+strconv.Itoa(best)), rate: one.Rate(worst, best)},
			{key: "2", label: w.t(string(m)) + " · " + restName, rate: rest.Rate(worst, best)},
		})
		for i, p := range two {
			row := w.rowOf(p)
			row.key = string(m) + " " + p.key
			if p.rate.Rated() {
				row.Drawing = chart.Span{Mark: markOf(p.rate.Rate), P: p.rate.P, Low: p.rate.Low(), High: p.rate.High(), Mean: math.NaN(), Top: 1}.SVG()
			}
			if d, ok := two[0].rate.Minus(two[1].rate); ok && i == 0 {
				row.Versus, row.Clear = w.t("against_that", w.changed(d)), d.Clear()
			} else if !ok {
				row.Versus = w.needed(p.rate)
			}
			c.Rows = append(c.Rows, row)
		}
	}
	c.Notes = append(c.Notes, w.t("side_by_side_note"))
	return c, false, nil
}
