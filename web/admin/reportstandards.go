package admin

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// zoneAt is the time zone of a site, as it is known now.
func (s reportPages) zoneAt(id string) *time.Location {
	if zone := s.Bot.Configuration().Now().Site(id).Zone; zone != nil {
		return zone
	}
	return time.UTC
}

// standardsOf reads how the standards were kept in the days of a filter.
func (s reportPages) standardsOf(r *http.Request, f *reportFilter, earlier bool) (all []figures.Standard, more bool, err error) {
	of := f.FigureFilter
	if earlier {
		of = f.earlier
	}
	list, more, err := figures.Served(r.Context(), s.Store, of, s.zoneAt)
	if err != nil || more {
		return nil, more, err
	}
	policy, err := s.asks().Policy(r.Context())
	return figures.Standards(list, policy.Standards), false, err
}

// standardName is a standard as staff read it.
func (w *words) standardName(one *figures.Standard) string {
	if one.Of == nil {
		return w.t("standard_promise")
	}
	limit := func(f *float64) string { return strconv.FormatFloat(*f, 'f', -1, 64) }
	var name string
	switch of, measure := one.Of, w.measure(one.Of.Measure); {
	case of.High == nil:
		name = w.t("standard_at_least", measure, limit(of.Low))
	case of.Low == nil:
		name = w.t("standard_at_most", measure, limit(of.High))
	default:
		name = w.t("standard_between", measure, limit(of.Low), limit(of.High))
	}
	if len(one.Of.Service) > 0 {
		name += " · " + strings.Join(one.Of.Service, ", ")
	}
	return name
}

// reportStandards is how services kept to their standards and promises, and how satisfied customers were where
// they did and where they did not.
func (s reportPages) reportStandards(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	p.Days = "days_services"
	all, more, err := s.standardsOf(r, f, false)
	if err != nil || more {
		p.TooMany = more
		return p, err
	}
	p.Foot = append(p.Foot, w.t("standards_foot"))
	if len(all) == 0 {
		p.Lede = w.t("standards_none")
		return p, nil
	}
	at := strings.TrimSpace(r.URL.Query().Get("standard"))
	chosen := slices.IndexFunc(all, func(one figures.Standard) bool { return one.Key() == at })
	if chosen >= 0 {
		f.keep.Set("standard", at)
	} else if at != "" && f.strict {
		return p, s.nothingHere(nil, r, v)
	}
	chosen = max(0, chosen)
	var choices []choice
	for i := range all {
		choices = append(choices, choice{all[i].Key(), w.standardName(&all[i]), i == chosen})
	}
	if len(all) > 1 {
		p.Asking = []reportAsking{{Name: "standard", Label: w.t("standard_label"), Choices: choices}}
	}
	if err := s.standardTiles(r, w, f, all, &p); err != nil {
		return p, err
	}
	p.Lede = w.standardsFinding(all)
	p.Sections = append(p.Sections, w.of("services").standardsKept(f, all), w.standardsFelt(all))
	if due, ok := w.standardsDue(all); ok {
		p.Sections = append(p.Sections, due)
	}
	p.Sections = append(p.Sections, s.oneStandard(w.of("services"), f, &all[chosen])...)
	if f.Flow+f.Language+f.Channel != "" {
		p.Foot = append(p.Foot, w.t("standards_filtered"))
		return p, nil
	}
	return p, s.silentFailures(r, w, v, f, all, &p)
}

// standardTiles are the shares of services that kept to each standard, beside those before.
func (s reportPages) standardTiles(r *http.Request, w *words, f *reportFilter, all []figures.Standard, p *reportPage) error {
	before := map[string]report.Clustered{}
	if f.compare != "none" {
		earlier, more, err := s.standardsOf(r, f, true)
		if err != nil {
			return err
		}
		for i := range earlier {
			if !more {
				before[earlier[i].Key()] = earlier[i].Kept
			}
		}
	}
	for _, one := range all[:min(len(all), 4)] {
		var was *report.Clustered
		if rate, ok := before[one.Key()]; ok {
			was = &rate
		}
		p.Figures = append(p.Figures, w.of("services").figureOfRate(w.t("standard_kept", w.standardName(&one)), one.Kept, was, f.with("/reports/standards", "standard", one.Key())).keyed("kept "+one.Key()))
	}
	return nil
}

// mostAlone is how many standards that are not compared are named in a sentence.
const mostAlone = 3

// standardsFinding says which broken standard accounts for most of who is unsatisfied. That none makes a difference is
// said of those whose two sides are compared, and which are not, and why, of the others.
func (w *words) standardsFinding(all []figures.Standard) string {
	best, most, compared := -1, 0.0, 0
	var by report.Broken
	var alone []string
	for i := range all {
		b, ok := report.BrokenBy(all[i].Broken, all[i].Met)
		if !ok {
			alone = append(alone, w.standardName(&all[i])+" ("+w.bothNeeded(all[i].Broken, all[i].Met)+")")
			continue
		}
		if compared++; b.Difference.Clear() && b.Difference.By > 0 && b.Due > most {
			best, most, by = i, b.Due, b
		}
	}
	if best >= 0 {
		one := all[best]
		return w.t("standards_finding", w.standardName(&one), w.said(one.Broken.Rate), w.said(one.Met.Rate), w.changed(by.Difference))
	}
	least := -1
	for i := range all {
		if all[i].Kept.Rated() && (least < 0 || all[i].Kept.P < all[least].Kept.P) {
			least = i
		}
	}
	if least < 0 {
		return w.t("standards_few")
	}
	kept, rate := w.standardName(&all[least]), w.of("services").rated(all[least].Kept.Rate)
	if more := len(alone) - mostAlone; more > 0 {
		alone = append(alone[:mostAlone], w.t("needed_more", more))
	}
	switch list := strings.Join(alone, w.t("list_semicolon")); {
	case compared == 0:
		return w.t("standards_none_compared", kept, rate, list)
	case list != "":
		return w.t("standards_no_effect_but", kept, rate, list)
	}
	return w.t("standards_no_effect", kept, rate)
}

// standardsKept is the share of services that kept to each standard.
func (w *words) standardsKept(f *reportFilter, all []figures.Standard) reportSection {
	c := reportSection{ID: "kept", Title: w.t("standards_kept"), Open: true, Even: true, columns: rateColumns, Notes: []string{w.t("standards_kept_note")}}
	c.Head = [4]string{w.t("standard_head"), w.t("services_head"), w.t("interval"), w.t("kept_head")}
	for _, one := range all {
		row := w.rowOf(part{key: one.Key(), label: w.standardName(&one), url: f.with("/reports/standards", "standard", one.Key()), rate: one.Kept})
		if one.Kept.Rated() {
			row.Drawing = chart.Span{Mark: markOf(one.Kept.Rate), P: one.Kept.P, Low: one.Kept.Low(), High: one.Kept.High(), Mean: math.NaN(), Top: 1}.SVG()
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// standardsFelt is who is unsatisfied where a standard was broken, and where it was kept.
func (w *words) standardsFelt(all []figures.Standard) reportSection {
	c := reportSection{ID: "felt", Title: w.t("standards_felt"), Open: true, Even: true, columns: rateColumns, Notes: []string{w.t("standards_felt_note")}}
	c.Head = [4]string{w.t("standard_head"), w.t("answers_head"), w.t("interval"), w.t("unsatisfied")}
	top := 0.1
	pairs := make([][]part, len(all))
	for i, one := range all {
		name := w.standardName(&one)
		pairs[i] = hidden([]part{{key: "broken", label: w.t("standard_broken", name), rate: one.Broken}, {key: "met", label: w.t("standard_met", name), rate: one.Met}})
		for _, x := range pairs[i] {
			if x.rate.Rated() {
				top = max(top, x.rate.High())
			}
		}
	}
	for i, one := range all {
		for k, x := range pairs[i] {
			row := w.rowOf(x)
			row.key = one.Key() + " " + x.key
			if x.rate.Rated() {
				row.Drawing = chart.Span{Mark: markOf(x.rate.Rate), P: x.rate.P, Low: x.rate.Low(), High: x.rate.High(), Mean: math.NaN(), Top: top}.SVG()
			}
			if d, ok := one.Broken.Minus(one.Met); ok && k == 0 {
				row.Versus, row.Clear = w.t("against_kept", w.changed(d)), d.Clear()
			} else if !ok {
				row.Versus = w.needed(x.rate)
			}
			c.Rows = append(c.Rows, row)
		}
	}
	return c
}

var dueColumns = []string{"label", "broken_n", "broken_customers", "met_n", "met_customers", "ratio", "ratio_low", "ratio_high", "due", "due_low", "due_high"}

// standardsDue is how many times as often customers are unsatisfied where a standard was broken, and which share of
// all who are unsatisfied that accounts for. ok is false where nothing can be said of any.
func (w *words) standardsDue(all []figures.Standard) (c reportSection, ok bool) {
	c = reportSection{ID: "due", Title: w.t("standards_due"), Open: true, columns: dueColumns, Notes: []string{w.t("standards_due_note")}}
	c.Head = [4]string{w.t("standard_head"), w.t("answers_head"), w.t("interval"), w.t("standards_due_head")}
	for _, one := range all {
		b, so := report.BrokenBy(one.Broken, one.Met)
		if !so || math.IsNaN(b.Ratio) {
			continue
		}
		row := reportRow{key: one.Key(), Label: w.standardName(&one), N: strconv.Itoa(b.Broken.N + b.Met.N), raw: []string{w.standardName(&one)}}
		for _, n := range []int{b.Broken.N, one.Broken.Customers, b.Met.N, one.Met.Customers} {
			row.raw = append(row.raw, strconv.Itoa(n))
		}
		for _, x := range []float64{b.Ratio, b.RatioWithin.Low, b.RatioWithin.High, b.Due, b.DueWithin.Low, b.DueWithin.High} {
			row.raw = append(row.raw, strconv.FormatFloat(x, 'f', 6, 64))
		}
		if row.Value = w.t("standard_no_ratio", decimal(b.RatioWithin.Low), decimal(b.RatioWithin.High)); !b.RatioWithin.Holds(1) {
			row.Value = w.t("times_as_often", decimal(b.Ratio), decimal(b.RatioWithin.Low), decimal(b.RatioWithin.High))
		}
		if b.RatioWithin.Low > 1 {
			row.Clear = true
			row.Versus = w.t("standard_accounts", w.percent(b.Due), hundredths(b.DueWithin.Low), hundredths(b.DueWithin.High))
			row.Drawing = chart.Span{Mark: chart.Filled, P: b.Due, Low: b.DueWithin.Low, High: b.DueWithin.High, Mean: math.NaN(), Top: 1}.SVG()
		}
		c.Rows, ok = append(c.Rows, row), true
	}
	return c, ok
}

// oneStandard is how one standard was kept over time, and by sites and services.
func (s reportPages) oneStandard(w *words, f *reportFilter, one *figures.Standard) (all []reportSection) {
	name := w.standardName(one)
	over, spaces := f.stretches(w)
	by := func(key func(figures.Held) string) map[string][]figures.Held {
		groups := map[string][]figures.Held{}
		for _, h := range one.Held {
			groups[key(h)] = append(groups[key(h)], h)
		}
		return groups
	}
	days := by(func(h figures.Held) string { return figures.SpaceOf(over, figures.DayOf(h.ServedEvent, s.zoneAt)) })
	trend := reportSection{ID: "trend", Title: w.t("standard_over_time", name), columns: rateColumns}
	trend.Head = [4]string{w.t("when"), w.t("services_head"), "", w.t("kept_head")}
	var parts []part
	for _, space := range spaces {
		parts = append(parts, part{key: space.First, label: space.label, url: f.with("/reports/standards", "from", space.First, "to", space.Last, "period", ""), rate: figures.KeptOf(days[space.First])})
	}
	usual := math.NaN()
	if one.Kept.Rated() {
		usual = one.Kept.P
		trend.Notes = []string{w.t("standard_band", w.percent(usual))}
	}
	trend.Drawing, trend.Rows = w.lineOf("trend", trend.Title, parts, usual)
	all = append(all, trend)
	for _, g := range []struct {
		name  string
		key   func(figures.Held) string
		label func(string) string
	}{
		{"site", func(h figures.Held) string { return h.Site }, func(id string) string { return s.siteName(w, id) }},
		{"service", func(h figures.Held) string { return h.Service }, func(key string) string { return cmp.Or(key, w.t("not_said")) }},
	} {
		groups := by(g.key)
		if len(groups) < 2 {
			continue
		}
		c := reportSection{ID: g.name, Title: w.t("standard_by_"+g.name, name), Open: true, Even: true, columns: rateColumns}
		c.Head = [4]string{w.t("by_" + g.name), w.t("services_head"), w.t("interval"), w.t("kept_head")}
		var parts []part
		for key, held := range groups {
			x := part{key: key, label: g.label(key), rate: figures.KeptOf(held)}
			if key != "" {
				x.url = f.with("/reports/standards", g.name, key)
			}
			parts = append(parts, x)
		}
		c.Rows = w.besideOthers(parts, one.Kept)
		worstKept(parts, c.Rows)
		all = append(all, c)
	}
	return all
}

// worstKept puts rows whose share is good in the order of the lower end of its range, the worst first; those that
// may not be compared stay behind them. Parts stand as the rows do.
func worstKept(parts []part, rows []reportRow) {
	n := 0
	for n < len(parts) && parts[n].rate.Compared() {
		n++
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(parts[a].rate.Low(), parts[b].rate.Low()) })
	was := slices.Clone(rows)
	for i, k := range order {
		rows[i] = was[k]
	}
}

var silentColumns = []string{"day", "site", "service", "standard", "measured"}

// mostSilent is how many failures in silence are listed.
const mostSilent = 10

// silentFailures are services that broke a standard and of which nothing was heard: how many, and, for who may see
// customers, the newest of them.
func (s reportPages) silentFailures(r *http.Request, w *words, v Viewer, f *reportFilter, all []figures.Standard, p *reportPage) error {
	of := storage.FigureFilter{From: f.From, Limit: f.Limit} // a case at another site, or of another service, is one as well
	sites, err := s.Store.Sites(r.Context())
	if err != nil {
		return err
	}
	for _, x := range sites {
		of.Sites = append(of.Sites, x.ID)
	}
	of.To = s.Bot.Configuration().Now().NewestDay(s.Clock()).Format(time.DateOnly) // what was heard later was heard
	cases, more, err := s.Store.FigureCases(r.Context(), of)
	if err != nil {
		return err
	}
	if more {
		*p = reportPage{TooMany: true, Days: p.Days}
		return nil
	}
	heard := map[string]bool{}
	for i := range cases {
		heard[cases[i].Customer] = true
	}
	silent, broke, rate := figures.Silent(all, heard, s.Clock())
	p.Figures = append(p.Figures, w.of("services").figureOfRate(w.t("silent_share"), rate, nil, "").keyed("silent"))
	c := reportSection{ID: "silent", Title: w.t("silent_failures"), Open: true, columns: silentColumns, Notes: []string{w.t("silent_note")}}
	c.Head = [4]string{w.t("when"), w.t("measured_head"), "", w.t("standard_head")}
	order := make([]int, len(silent))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(silent[b].At().Compare(silent[a].At()), cmp.Compare(silent[a].Name(), silent[b].Name()))
	})
	for _, i := range order {
		h := silent[i]
		if len(c.Rows) == mostSilent || !v.Can(access.SeeCustomers, h.Site) {
			continue
		}
		day, measured := figures.DayOf(h.ServedEvent, s.zoneAt), strconv.FormatFloat(math.Round(h.Measured), 'f', -1, 64)
		row := reportRow{Label: day + " · " + s.siteName(w, h.Site), N: measured, Value: w.standardName(broke[i]), Versus: h.Service, URL: "/customers?" + url.Values{"q": {h.Customer}}.Encode()}
		row.raw = []string{day, s.siteName(w, h.Site), h.Service, row.Value, measured}
		row.told = []string{day, h.Site, h.Service, broke[i].Key(), measured}
		c.Rows = append(c.Rows, row)
	}
	if len(c.Rows) > 0 {
		c.Notes = append(c.Notes, w.t("silent_newest", len(c.Rows)))
		p.Sections = append(p.Sections, c)
	}
	return nil
}
