package admin

import (
	"math"
	"net/http"
	"strconv"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// wanted are the kinds of what customers want said, complaints first.
var wanted = []storage.FeedbackKind{storage.Complaint, storage.Suggestion, storage.Enquiry, storage.Praise}

// reportComplaints is what customers wanted said, and why cases came about. It is what was received:
// never the score of a person.
func (s *site) reportComplaints(r *http.Request, w *words, _ Viewer, f *reportFilter) (p reportPage, err error) {
	ctx := r.Context()
	said, more, err := s.Store.Received(ctx, f.FigureFilter)
	if err != nil || more {
		return reportPage{TooMany: more}, err
	}
	asked, more, err := s.Store.Asked(ctx, f.FigureFilter)
	if err != nil || more {
		return reportPage{TooMany: more}, err
	}
	cases, more, err := s.Store.FigureCases(ctx, f.FigureFilter)
	if err != nil || more {
		return reportPage{TooMany: more}, err
	}
	if len(said)+len(cases) == 0 {
		return reportPage{Empty: true}, nil
	}
	counts := map[storage.FeedbackKind]int{}
	bySite, askedAt := map[string]int{}, map[string]int{}
	for _, x := range said {
		counts[x.Kind]++
		if x.Kind == storage.Complaint {
			bySite[x.Site]++
		}
	}
	for _, a := range asked {
		askedAt[a.Site]++
	}
	complaints := counts[storage.Complaint]
	p.Lede = w.t("complaints_counted", complaints)
	tile := reportFigure{Label: w.t("complaints_per_1000"), Value: "–", Meta: w.t("asked_too_few", len(asked))}
	if len(asked) >= report.FewestPlain {
		rate, within := report.Per1000(complaints, len(asked))
		tile.Value, tile.Meta = decimal(rate), w.t("per_1000_of", decimal(within.Low), decimal(within.High), len(asked))
		p.Lede = w.t("complaints_rate", complaints, len(asked), decimal(rate), decimal(within.Low), decimal(within.High))
		if f.compare != "none" {
			if tile.Change, tile.Clear, err = s.timesBefore(r, w, f, complaints, len(asked)); err != nil {
				return p, err
			}
		}
	}
	p.Figures = append(p.Figures, tile)
	for _, kind := range wanted {
		p.Figures = append(p.Figures, reportFigure{Label: w.t("received_" + string(kind)), Value: strconv.Itoa(counts[kind]), Meta: w.t("received")})
	}
	if len(bySite) > 0 && len(askedAt) > 1 {
		p.Sections = append(p.Sections, s.complaintsBySite(w, f, bySite, askedAt))
	}
	p.Sections = append(p.Sections, w.causes(cases, s.causesOf(cases)))
	p.Foot = append(p.Foot, w.t("complaints_foot"))
	return p, nil
}

// timesBefore compares complaints with those of the time before.
func (s *site) timesBefore(r *http.Request, w *words, f *reportFilter, now, services int) (text string, clear bool, err error) {
	said, more, err := s.Store.Received(r.Context(), f.earlier)
	if err != nil || more {
		return "", false, err
	}
	asked, more, err := s.Store.Asked(r.Context(), f.earlier)
	if err != nil || more || len(asked) < report.FewestPlain {
		return "", false, err
	}
	before := 0
	for _, x := range said {
		if x.Kind == storage.Complaint {
			before++
		}
	}
	ratio, within := report.Times(now, services, before, len(asked))
	if math.IsNaN(ratio) || math.IsInf(ratio, 0) || within.Holds(1) {
		high := "∞"
		if !math.IsInf(within.High, 0) {
			high = decimal(within.High)
		}
		return w.t("no_clear_ratio", decimal(within.Low), high), false, nil
	}
	return w.t("times_as_often", decimal(ratio), decimal(within.Low), decimal(within.High)), true, nil
}

var per1000Columns = []string{"label", "asked", "complaints", "per_1000", "low", "high"}

// complaintsBySite is complaints per 1,000 asked at each site.
func (s *site) complaintsBySite(w *words, f *reportFilter, complaints, asked map[string]int) reportSection {
	c := reportSection{ID: "site", Title: w.t("complaints_by_site"), Open: true, Even: true, columns: per1000Columns}
	c.Head = [4]string{w.t("by_site"), w.t("asked_head"), w.t("interval"), w.t("per_1000")}
	top := 1.0
	for id, n := range asked {
		if n >= report.FewestPlain {
			_, i := report.Per1000(complaints[id], n)
			top = max(top, i.High)
		}
	}
	for _, id := range sortedSites(s, w, asked) {
		n := asked[id]
		row := reportRow{Label: s.siteName(w, id), N: strconv.Itoa(n), Value: w.t("too_few_to_say"), raw: []string{s.siteName(w, id), "", "", "", "", ""}}
		switch {
		case n < report.FewestCounted:
			row.N = w.t("under_five")
		case n < report.FewestPlain:
			row.Value = w.t("counted", complaints[id], n)
			row.raw[1], row.raw[2] = row.N, strconv.Itoa(complaints[id])
		default:
			rate, i := report.Per1000(complaints[id], n)
			row.Value = w.t("per_1000_row", decimal(rate), decimal(i.Low), decimal(i.High))
			row.Drawing = chart.Span{Mark: chart.Filled, P: rate, Low: i.Low, High: i.High, Mean: math.NaN(), Top: top}.SVG()
			row.raw = []string{row.Label, row.N, strconv.Itoa(complaints[id]), decimal(rate), decimal(i.Low), decimal(i.High)}
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// causesOf are the causes that the sites of cases have in force.
func (s *site) causesOf(cases []storage.FigureCase) (own []recovery.Cause) {
	seen := map[string]bool{}
	for i := range cases {
		if at := cases[i].Site; !seen[at] {
			seen[at] = true
			own = append(own, s.Bot.Configuration().Now().Rules(at).Causes...)
		}
	}
	return own
}

var causeColumns = []string{"cause", "cases", "of_cases", "of_mentions", "cumulative"}

// causes are the reasons that staff gave when they closed cases, those named most often first.
func (w *words) causes(cases []storage.FigureCase, own []recovery.Cause) reportSection {
	c := reportSection{ID: "causes", Title: w.t("what_went_wrong"), Open: true, Even: true, columns: causeColumns}
	c.Head = [4]string{w.t("cause"), w.t("cases_head"), w.t("share"), w.t("of_cases")}
	mentions, closed := map[string]int{}, 0
	for i := range cases {
		if r := cases[i].Resolution; r != nil && r.Cause != "" {
			mentions[r.Cause]++
			closed++
		}
	}
	if closed < report.FewestCounted {
		c.Notes = []string{w.t("causes_few", closed)}
		return c
	}
	vital := 0
	all := report.CausesOf(mentions, closed)
	for _, one := range all {
		name := w.cause(one.Name, own)
		row := reportRow{
			Label: name, N: strconv.Itoa(one.Mentions), Value: w.t("k_of_n", one.Mentions, closed), Drawing: chart.Bar(float64(one.Mentions) / float64(all[0].Mentions)),
			raw: []string{one.Name, strconv.Itoa(one.Mentions), "", "", ""},
		}
		if closed >= report.FewestRated {
			rate := report.Show(one.Mentions, closed)
			row.Value = w.rated(rate)
			for i, x := range []float64{one.OfCases, one.OfMentions, one.Cumulative} {
				row.raw[2+i] = strconv.FormatFloat(x, 'f', 6, 64)
			}
		}
		if one.Vital {
			vital++
		}
		c.Rows = append(c.Rows, row)
	}
	if closed >= report.FewestPlain {
		c.Notes = append(c.Notes, w.t("vital_few", vital, w.percent(all[vital-1].Cumulative)))
	}
	c.Notes = append(c.Notes, w.t("causes_foot", closed, len(cases)))
	return c
}
