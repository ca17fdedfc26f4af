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
	"github.com/aftercare/aftercare/web/chart"
)

// zoneAt is the time zone of a site, as it is known now.
func (s reportPages) zoneAt(id string) *time.Location {
	if zone := s.Bot.Configuration().Now().Site(id).Zone; zone != nil {
		return zone
	}
	return time.UTC
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
func (s standardPages) reportStandards(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	p.Days = "days_services"
	in, err := s.served(r, w, v, f, &p)
	if err != nil || in == nil {
		return p, err
	}
	all, of := in.All, p.Lede // of what it is, if that is not what was chosen
	p.Foot = append(p.Foot, w.t("standards_foot"))
	if len(all) == 0 && in.Changed {
		p.Lede = w.t("standards_changed")
		return p, nil
	}
	if in.Changed {
		of = w.sentences(of, w.t("standards_changed"))
	}
	if len(all) == 0 {
		p.Lede = w.sentences(w.t("standards_none"), of)
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
	w.standardTiles(f, in, &p)
	p.Lede = w.sentences(w.standardsFinding(all), of)
	p.Sections = append(p.Sections, w.of("services").standardsKept(f, all), w.standardsFelt(all))
	if due, ok := w.standardsDue(all); ok {
		p.Sections = append(p.Sections, due)
	}
	p.Sections = append(p.Sections, s.oneStandard(w.of("services"), f, in, &all[chosen])...)
	if f.Flow+f.Language+f.Channel != "" {
		p.Foot = append(p.Foot, w.t("standards_filtered"))
		return p, nil
	}
	s.silentFailures(w, v, in, &p)
	return p, nil
}

// standardTiles are the shares of services that kept to each standard, beside those before.
func (w *words) standardTiles(f *reportFilter, in *servedIn, p *reportPage) {
	for _, one := range in.All[:min(len(in.All), 4)] {
		var was *report.Clustered
		if earlier, ok := in.before[one.Key()]; ok {
			was = &earlier.Kept
		}
		p.Figures = append(p.Figures, w.of("services").figureOfRate(w.t("standard_kept", w.standardName(&one)), one.Kept, was, f.with("/reports/standards", "standard", one.Key())).keyed("kept "+one.Key()))
	}
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
		pairs[i] = ofWhole([]part{{key: "broken", label: w.t("standard_broken", name), rate: one.Broken}, {key: "met", label: w.t("standard_met", name), rate: one.Met}})
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
			row.raw = append(row.raw, report.Printed(x, 6))
		}
		if row.Value = w.t("standard_no_ratio", decimal(b.RatioWithin.Low), decimal(b.RatioWithin.High)); !b.RatioWithin.Holds(1) {
			row.Value = w.t("times_as_often", decimal(b.Ratio), decimal(b.RatioWithin.Low), decimal(b.RatioWithin.High))
		}
		if b.RatioWithin.Low > 1 {
			row.Clear = true
			row.Versus = w.t("standard_accounts", w.percent(b.Due), report.PerCent(b.DueWithin.Low), report.PerCent(b.DueWithin.High))
			row.Drawing = chart.Span{Mark: chart.Filled, P: b.Due, Low: b.DueWithin.Low, High: b.DueWithin.High, Mean: math.NaN(), Top: 1}.SVG()
		}
		c.Rows, ok = append(c.Rows, row), true
	}
	return c, ok
}

// oneStandard is how one standard was kept over time, and by sites and services.
func (s standardPages) oneStandard(w *words, f *reportFilter, in *servedIn, one *figures.Standard) (all []reportSection) {
	name := w.standardName(one)
	days := *f
	days.From, days.To = in.From, in.To
	_, spaces := days.stretches(w)
	trend := reportSection{ID: "trend", Title: w.t("standard_over_time", name), columns: rateColumns}
	trend.Head = [4]string{w.t("when"), w.t("services_head"), "", w.t("kept_head")}
	var parts []part
	for _, space := range spaces {
		parts = append(parts, part{key: space.First, label: space.label, url: f.with("/reports/standards", "from", space.First, "to", space.Last, "period", ""), rate: one.Over[space.First], safe: true})
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
		rates map[string]report.Clustered
		label func(string) string
	}{
		{"site", one.Sites, func(id string) string { return s.siteName(w, id) }},
		{"service", one.Services, func(key string) string { return cmp.Or(key, w.t("not_said")) }},
	} {
		if len(g.rates) < 2 {
			continue
		}
		c := reportSection{ID: g.name, Title: w.t("standard_by_"+g.name, name), Open: true, Even: true, columns: rateColumns}
		c.Head = [4]string{w.t("by_" + g.name), w.t("services_head"), w.t("interval"), w.t("kept_head")}
		var parts []part
		for key, rate := range g.rates {
			x := part{key: key, label: g.label(key), rate: rate, safe: true}
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
// customers, the newest of those that were read one by one.
func (s standardPages) silentFailures(w *words, v Viewer, in *servedIn, p *reportPage) {
	if !in.Changed {
		p.Figures = append(p.Figures, w.of("services").figureOfRate(w.t("silent_share"), in.Silent, nil, "").keyed("silent"))
	}
	if in.kept {
		p.Foot = append(p.Foot, w.t("silent_kept"))
		return
	}
	silent := figures.Silent(in.list, in.All, in.heard, s.Clock())
	c := reportSection{ID: "silent", Title: w.t("silent_failures"), Open: true, columns: silentColumns, Notes: []string{w.t("silent_note")}}
	c.Head = [4]string{w.t("when"), w.t("measured_head"), "", w.t("standard_head")}
	slices.SortFunc(silent, func(a, b figures.Held) int {
		return cmp.Or(b.At().Compare(a.At()), cmp.Compare(a.Name(), b.Name()))
	})
	for _, h := range silent {
		if len(c.Rows) == mostSilent || !v.Can(access.SeeCustomers, h.Site) {
			continue
		}
		day, measured := figures.DayOf(h.ServedEvent, reportPages(s).zoneAt), report.Printed(h.Measured, 0)
		row := reportRow{Label: day + " · " + s.siteName(w, h.Site), N: measured, Value: w.standardName(h.Broke), Versus: h.Service, URL: "/customers?" + url.Values{"q": {h.Customer}}.Encode()}
		row.raw = []string{day, s.siteName(w, h.Site), h.Service, row.Value, measured}
		row.told = []string{day, h.Site, h.Service, h.Broke.Key(), measured}
		c.Rows = append(c.Rows, row)
	}
	if len(c.Rows) > 0 {
		c.Notes = append(c.Notes, w.t("silent_newest", len(c.Rows)))
		p.Sections = append(p.Sections, c)
	}
}
