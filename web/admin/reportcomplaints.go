package admin

import (
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// wanted are the kinds of what customers want said, complaints first.
var wanted = []storage.FeedbackKind{storage.Complaint, storage.Suggestion, storage.Enquiry, storage.Praise}

// reportComplaints is what customers wanted said, and why cases came about. It is what was received:
// never the score of a person.
func (s reportPages) reportComplaints(r *http.Request, w *words, _ Viewer, f *reportFilter) (p reportPage, err error) {
	ctx := r.Context()
	p.Days = "days_complaints"
	said, more, err := s.Store.Received(ctx, f.FigureFilter)
	if err != nil || more {
		p.TooMany = more
		return p, err
	}
	asked, more, err := askedBy(ctx, &s.Config, f.FigureFilter)
	if more {
		p.TooMany, p.Instead = true, w.manyAsked(f)
	}
	if err != nil || more {
		return p, err
	}
	cases, more, err := s.Store.FigureCases(ctx, f.FigureFilter)
	if err != nil || more {
		p.TooMany = more
		return p, err
	}
	if len(said)+len(cases) == 0 {
		p.Empty = true
		return p, nil
	}
	counts := map[storage.FeedbackKind]int{}
	bySite := map[string]int{}
	for _, x := range said {
		counts[x.Kind]++
		if x.Kind == storage.Complaint {
			bySite[x.Site]++
		}
	}
	sites, err := asked.Parts(ctx, figures.Site, nil)
	if err != nil {
		return p, err
	}
	askedAt, services := figures.AnsweredBy(sites), asked.N()
	complaints, of := counts[storage.Complaint], asked.Answered()
	// alone, a few complaints tell of whoever made them; beside so many who were asked they are a share of those
	shown := func(n int) bool { return n == 0 || n >= report.FewestCounted || of.Manner != report.Hidden }
	p.Lede = w.t("complaints_few")
	if shown(complaints) {
		p.Lede = w.t("complaints_counted", complaints)
	}
	tile := reportFigure{Label: w.t("complaints_per_1000"), Value: "–", Meta: w.t("asked_too_few", services)}.keyed("complaints_per_1000")
	if of.Compared() {
		rate, within := report.Per1000(complaints, services)
		tile = tile.numbered("complaints_per_1000", true, rate, &within, services)
		tile.Value, tile.Meta = decimal(rate), w.t("per_1000_of", decimal(within.Low), decimal(within.High), services)
		p.Lede = w.t("complaints_rate", complaints, services, decimal(rate), decimal(within.Low), decimal(within.High))
		if f.compare != "none" {
			if tile.Change, tile.Clear, err = s.timesBefore(r, w, f, complaints, services); err != nil {
				return p, err
			}
		}
	}
	p.Figures = append(p.Figures, tile)
	for _, kind := range wanted {
		one := reportFigure{Label: w.t("received_" + string(kind)), Value: "–", Meta: w.t("too_few_to_say")}
		if shown(counts[kind]) {
			one.Value, one.Meta = strconv.Itoa(counts[kind]), w.t("received")
		}
		p.Figures = append(p.Figures, one.numbered("received_"+string(kind), shown(counts[kind]), float64(counts[kind]), nil, 0))
	}
	if len(bySite) > 0 && len(askedAt) > 1 {
		p.Sections = append(p.Sections, s.complaintsBySite(w, bySite, askedAt))
	}
	p.Sections = append(p.Sections, w.causes(cases, s.causesOf(cases)))
	p.Foot = append(p.Foot, w.t("complaints_foot"))
	return p, nil
}

// timesBefore compares complaints with those of the time before.
func (s reportPages) timesBefore(r *http.Request, w *words, f *reportFilter, now, services int) (text string, clear bool, err error) {
	said, more, err := s.Store.Received(r.Context(), f.earlier)
	if err != nil || more {
		return "", false, err
	}
	asked, more, err := askedBy(r.Context(), &s.Config, f.earlier)
	if err != nil || more || !asked.Answered().Compared() {
		return "", false, err
	}
	before := 0
	for _, x := range said {
		if x.Kind == storage.Complaint {
			before++
		}
	}
	ratio, within := report.Times(now, services, before, asked.N())
	switch {
	case now+before == 0:
		return w.t("none_before_either"), false, nil
	case within.Holds(1):
		high := "∞"
		if !math.IsInf(within.High, 0) {
			high = decimal(within.High)
		}
		return w.t("no_clear_ratio", decimal(within.Low), high), false, nil
	case before == 0:
		return w.t("at_least_times_as_often", decimal(within.Low)), true, nil
	}
	return w.t("times_as_often", decimal(ratio), decimal(within.Low), decimal(within.High)), true, nil
}

var per1000Columns = []string{"label", "asked", "complaints", "per_1000", "low", "high"}

// complaintsBySite is complaints per 1,000 asked at each site.
func (s reportPages) complaintsBySite(w *words, complaints map[string]int, asked map[string]report.Clustered) reportSection {
	c := reportSection{ID: "site", Title: w.t("complaints_by_site"), Open: true, Even: true, columns: per1000Columns}
	c.Head = [4]string{w.t("by_site"), w.t("asked_head"), w.t("interval"), w.t("per_1000")}
	var parts []part
	top := 1.0
	for _, id := range sortedSites(s.site, w, asked) {
		parts = append(parts, part{key: id, label: s.siteName(w, id), rate: asked[id]})
	}
	parts = hidden(parts)
	for _, p := range parts {
		if p.rate.Compared() {
			_, within := report.Per1000(complaints[p.key], p.rate.N)
			top = max(top, within.High)
		}
	}
	for _, p := range parts {
		k, n := complaints[p.key], p.rate.N
		row := reportRow{key: p.key, Label: p.label, N: strconv.Itoa(n), raw: []string{p.label, "", "", "", "", ""}}
		switch p.rate.Manner {
		case report.Hidden:
			if row.N, row.Value = w.ofFew(n, p.whole); n >= report.FewestCounted { // beside others that are few
				row.N, row.Value = "–", w.of("asked").t("not_shown")
			}
		case report.Counted, report.Few:
			row.Value = w.t("counted", k, n)
			row.raw[1], row.raw[2] = row.N, strconv.Itoa(k)
		case report.Plain:
			rate, i := report.Per1000(k, n)
			row.Value = w.t("per_1000_row", decimal(rate), decimal(i.Low), decimal(i.High))
			row.Drawing = chart.Span{Mark: chart.Filled, P: rate, Low: i.Low, High: i.High, Mean: math.NaN(), Top: top}.SVG()
			row.raw = []string{row.Label, row.N, strconv.Itoa(k), decimal(rate), decimal(i.Low), decimal(i.High)}
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// causesOf are the causes that the sites of cases have in force.
func (s reportPages) causesOf(cases []storage.FigureCase) (own []recovery.Cause) {
	seen, last := map[string]bool{}, ""
	for i := range cases {
		at := cases[i].Site
		if i > 0 && at == last {
			continue
		}
		if last = at; !seen[at] {
			seen[at] = true
			own = append(own, s.Bot.Configuration().Now().Rules(at).Causes...)
		}
	}
	return own
}

var causeColumns = []string{"cause", "cases", "of_cases", "of_mentions", "cumulative"}

// rarer is what a table calls the causes that are too rare to tell of, together.
const rarer = "(rarer)"

// untold counts the mentions of the causes that are hidden.
func untold(all []report.Cause, parts []part) (n int) {
	for i, one := range all {
		if parts[i].rate.Manner == report.Hidden {
			n += one.Mentions
		}
	}
	return n
}

// causes are the reasons that staff gave when they closed cases, those named most often first. Causes
// of fewer than five cases, or customers, stand in one row, with as many others as it takes.
func (w *words) causes(cases []storage.FigureCase, own []recovery.Cause) reportSection {
	c := reportSection{ID: "causes", Title: w.t("what_went_wrong"), Open: true, Even: true, columns: causeColumns}
	c.Head = [4]string{w.t("cause"), w.t("cases_head"), w.t("share"), w.t("of_cases")}
	list := casesOf(cases)
	whole := list.rate(namedCause, anyCase)
	closed := whole.N
	if whole.Manner == report.Hidden {
		c.Notes = []string{w.t("causes_few")}
		return c
	}
	all := report.CausesOf(list.mentions(), closed)
	parts := make([]part, len(all))
	for i, one := range all {
		parts[i].rate = list.ofCause(slices.Index(list.causes, one.Name))
	}
	parts = hidden(parts)
	vital, so, hid := 0, 0.0, untold(all, parts)
	longest := float64(max(hid, all[0].Mentions)) // of the bars
	add := func(name, label string, n int, share float64) {
		row := reportRow{Label: label, N: strconv.Itoa(n), Value: w.t("k_of_n", n, closed), Drawing: chart.Bar(float64(n) / longest), raw: []string{name, strconv.Itoa(n), "", "", ""}}
		so += share
		if whole.Rated() {
			row.Value = w.rated(report.Show(n, closed))
			for i, x := range []float64{float64(n) / float64(closed), share, so} {
				row.raw[2+i] = report.Printed(x, 6)
			}
		}
		c.Rows = append(c.Rows, row)
	}
	for i, one := range all {
		if parts[i].rate.Manner == report.Hidden {
			continue
		}
		if one.Vital {
			vital++
		}
		add(one.Name, w.cause(one.Name, own), one.Mentions, one.OfMentions)
	}
	reached := so
	if hid > 0 {
		add(rarer, w.t("rarer_causes"), hid, 1-so)
	}
	if closed >= report.FewestPlain && reached >= 0.8 {
		c.Notes = append(c.Notes, w.t("vital_few", vital, w.percent(all[vital-1].Cumulative)))
	}
	c.Notes = append(c.Notes, w.t("causes_foot", closed, len(cases)))
	return c
}
