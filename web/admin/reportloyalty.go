package admin

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
)

// reportLoyalty is how loyal customers are, as they say, and where they stand, as their visits say.
func (s reportPages) reportLoyalty(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	all, ok, err := s.customersOf(r, w, v, f, &p, true)
	if err != nil || !ok {
		return p, err
	}
	l, people := all.Loyalty.Of(f.Flow), w.of("customers")
	standing := 0
	if len(l.Standing) > 0 {
		standing = l.Standing[0].N
	}
	if l.Captive.N == 0 && standing == 0 && l.Index.N == 0 {
		if p.Lede = w.t("loyalty_none"); f.Flow != "" {
			p.Lede = w.t("loyalty_not_asked")
		}
		return p, nil
	}
	p.Lede = people.loyaltyFinding(l)
	p.Acts = s.leavingActs(w, v, f, whoCaptive, whoLost)
	if l.Index.N > 0 {
		p.Figures = append(p.Figures, w.indexTile(l))
	}
	if l.Captive.N > 0 {
		p.Figures = append(p.Figures, people.figureOfRate(w.t("loyalty_safe"), l.Safe, nil, "").keyed("safe"), people.figureOfRate(w.t("loyalty_captive"), l.Captive, nil, "").keyed("captive"))
	}
	if standing > 0 {
		p.Figures = append(p.Figures, people.figureOfRate(w.t("standing_loyal"), l.Standing[3], nil, "").keyed("loyal"), people.figureOfRate(w.t("standing_lost"), l.Standing[4], nil, "").keyed("lost"))
	}
	if l.Captive.N > 0 {
		p.Sections = append(p.Sections, people.loyaltyKinds(l))
	}
	if standing > 0 {
		p.Sections = append(p.Sections, people.standings(l))
		if c := people.moves(l); len(c.Rows) > 0 {
			p.Sections = append(p.Sections, c)
		}
	}
	if l.Index.N > 0 {
		p.Sections = append(p.Sections, w.loyaltyIndex(l))
	}
	switch {
	case standing > 0:
		p.Foot = append(p.Foot, w.t("standing_foot"))
	case f.Flow != "":
		p.Foot = append(p.Foot, w.t("standing_of_no_survey"))
	}
	p.Foot = append(p.Foot, w.t("loyalty_foot"))
	return p, nil
}

// loyaltyFinding is what stands on top: who stays for want of a choice, else who stays away.
func (w *words) loyaltyFinding(l *figures.Loyalty) string {
	if l.Captive.Rated() {
		return w.t("loyalty_finding", w.said(l.Safe.Rate), w.said(l.Captive.Rate))
	}
	if len(l.Standing) == 0 {
		return w.t("loyalty_few")
	}
	if lost := l.Standing[4]; lost.Rated() {
		return w.t("standing_finding", w.said(l.Standing[3].Rate), w.said(lost.Rate))
	}
	return w.t("loyalty_few")
}

// indexTile is the index of loyalty as a number.
func (w *words) indexTile(l *figures.Loyalty) reportFigure {
	tile := reportFigure{Label: w.t("loyalty_index"), Value: "–", Meta: w.t("mean_from_ten")}
	if m := l.Index; m.Shown() {
		tile = tile.numbered("index", true, m.Mean, &report.Interval{Low: max(0, m.Within.Low), High: min(100, m.Within.High)}, m.N)
		tile.Value = decimal(m.Mean)
		tile.Meta = w.t("interval_of", decimal(max(0, m.Within.Low)), decimal(min(100, m.Within.High)), m.N)
		tile.Change = w.t("loyalty_root", decimal(l.Root()))
	}
	return tile
}

var kindColumns = []string{"why", "shown", "satisfied", "in_between", "unsatisfied", "customers", "rate", "low", "high"}

// loyaltyKinds is why customers come, and how satisfied those are who come for each reason.
func (w *words) loyaltyKinds(l *figures.Loyalty) reportSection {
	c := reportSection{ID: "kinds", Title: w.t("kinds_title"), Open: true, columns: kindColumns, Notes: []string{w.t("kinds_note")}}
	c.Head = [4]string{w.t("kinds_head"), w.t("customers_head"), w.t("interval"), w.t("unsatisfied")}
	var parts []part
	for _, k := range l.Kinds {
		parts = append(parts, part{key: k.Why, label: w.t("kind_" + k.Why), rate: k.Unsatisfied})
	}
	var most *part
	for i, p := range hidden(parts) {
		k := l.Kinds[i]
		row := w.rateRows([]part{p})[0]
		row.About = w.t("kind_of_" + k.Why)
		row.raw = []string{k.Why, string(p.rate.Manner), "", "", "", "", "", "", ""}
		if p.rate.Manner != report.Hidden {
			for n, count := range []int{k.Satisfied, k.Neutral, p.rate.K, p.rate.N} {
				row.raw[2+n] = strconv.Itoa(count)
			}
			if most == nil || p.rate.N > most.rate.N {
				most = &parts[i]
			}
		}
		if p.rate.Rated() {
			for n, x := range []float64{p.rate.P, p.rate.Low(), p.rate.High()} {
				row.raw[6+n] = report.Printed(x, 6)
			}
		}
		c.Rows = append(c.Rows, row)
	}
	if most != nil && l.Captive.Rated() {
		c.Caption = w.t("kinds_finding", most.label, most.rate.N, l.Captive.N)
	}
	return c
}

// loyaltyIndex is the index with its three factors.
func (w *words) loyaltyIndex(l *figures.Loyalty) reportSection {
	c := reportSection{ID: "index", Title: w.t("loyalty_index"), Open: true, Even: true, columns: gapColumns, Notes: []string{w.t("index_note")}}
	c.Head = [4]string{w.t("index_head"), w.t("customers_head"), w.t("interval"), w.t("mean_score")}
	whole := mostOf(append(l.Factors[:], l.Index)...)
	for i, name := range figures.LoyaltyFactors() {
		c.Rows = append(c.Rows, w.meanRow(w.t("factor_"+name), []string{name}, l.Factors[i], whole, 0, 100, math.NaN()))
	}
	c.Rows = append(c.Rows, w.meanRow(w.t("loyalty_index"), []string{"index"}, l.Index, whole, 0, 100, math.NaN()))
	return c
}

var standingColumns = append([]string{"standing"}, rateColumns[1:]...)

// standings are where customers stand.
func (w *words) standings(l *figures.Loyalty) reportSection {
	c := reportSection{ID: "standing", Title: w.t("standing_title"), Open: true, Even: true, columns: standingColumns, Notes: []string{w.t("standing_note")}}
	c.Head = [4]string{w.t("standing_head"), w.t("customers_head"), w.t("interval"), w.t("share")}
	for i, name := range figures.Standings() {
		row := w.rateRows([]part{{key: string(name), label: w.t("standing_" + string(name)), rate: l.Standing[i]}})[0]
		row.About, row.raw[0] = w.t("standing_of_"+string(name)), string(name)
		c.Rows = append(c.Rows, row)
	}
	if !l.Usual {
		c.Notes = append(c.Notes, w.t("standing_unknown"))
	}
	return c
}

var moveColumns = append([]string{"before", "now"}, rateColumns[1:]...)

// moves are how many customers stood where some days ago, and where they stand now.
func (w *words) moves(l *figures.Loyalty) reportSection {
	c := reportSection{ID: "moves", Title: w.t("moves_title", l.Days), Open: true, Even: true, columns: moveColumns, Notes: []string{w.t("moves_note", l.Days)}}
	c.Head = [4]string{w.t("moves_head"), w.t("customers_head"), w.t("interval"), w.t("share")}
	c.Rows = w.moved(l.Moves, func(m figures.Move) string {
		if m.From == m.To {
			return w.t("moves_stayed", w.t("standing_"+m.From))
		}
		return w.t("moves_from", w.t("standing_"+m.From), w.t("standing_"+m.To))
	})
	all, lost := 0, 0
	for _, m := range l.Moves {
		if all += m.N; m.To == string(report.Lost) && m.From != m.To {
			lost += m.N
		}
	}
	if newly := report.Show(lost, all); newly.Rated() {
		c.Caption = w.t("moves_finding", w.rated(newly))
	}
	return c
}

// moved are moves as rows, the most frequent first: each a share of all who could move.
func (w *words) moved(all []figures.Move, label func(figures.Move) string) (rows []reportRow) {
	total := 0
	for _, m := range all {
		total += m.N
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b figures.Move) int { return cmp.Compare(b.N, a.N) })
	for _, m := range sorted {
		row := w.rateRows([]part{{key: m.From + m.To, label: label(m), rate: figures.PerCustomer(m.N, total)}})[0]
		row.raw = append([]string{m.From, m.To}, row.raw[1:]...)
		rows = append(rows, row)
	}
	return rows
}
