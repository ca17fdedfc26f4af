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
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// reportValue is what customers are worth, by the classes that they were given and by what they paid.
func (s reportPages) reportValue(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	told := w.askTold(r, f, &p)
	all, ok, err := s.customersOf(r, w, v, f, &p, false)
	if err != nil || !ok {
		return p, err
	}
	x, people := &all.Value, w.of("customers")
	came := x.Classes[0].Customers.N
	if came == 0 {
		p.Lede = w.t("value_none")
		return p, nil
	}
	classed := x.Classes[len(x.Classes)-1].Customers.K < came
	p.Lede = w.valueFinding(x, classed)
	p.Figures = w.valueTiles(x, classed)
	if classed {
		p.Sections = append(p.Sections, people.classRows(x), w.classFelt(x))
	}
	open, err := s.openMVC(r, w, v, f)
	if err != nil {
		return p, err
	}
	if len(open.Rows) > 0 {
		p.Sections = append(p.Sections, open)
	}
	if c := w.valueTenths(x); len(c.Rows) > 0 {
		p.Sections = append(p.Sections, c)
	}
	if classed {
		p.Sections = append(p.Sections, people.classMonths(x))
		if c := people.classMoves(x); len(c.Rows) > 0 {
			p.Sections = append(p.Sections, c)
		}
	}
	p.Sections = append(p.Sections, w.impact(x, told))
	p.Foot = append(p.Foot, w.t("value_foot", came))
	if x.Paid > 0 {
		p.Foot = append(p.Foot, w.t("value_paid_foot", x.Paid, x.Currency))
	}
	return p, nil
}

// askTold asks how many people an unsatisfied customer is taken to tell; 0 = nothing is estimated.
func (w *words) askTold(r *http.Request, f *reportFilter, p *reportPage) (told int) {
	if n, err := strconv.Atoi(r.URL.Query().Get("told")); err == nil && n > 0 && n <= 1000 {
		told = n
		f.keep.Set("told", strconv.Itoa(n))
	}
	asked := reportAsking{Name: "told", Label: w.t("told_label"), Kind: "number"}
	if told > 0 {
		asked.Value = strconv.Itoa(told)
	}
	p.Asking = []reportAsking{asked}
	return told
}

// className is a class by value in words.
func (w *words) className(tier string) string { return w.t("worth_" + tier) }

// valueFinding is what stands on top: whether the most valuable are less satisfied, else what the top fifth brings.
func (w *words) valueFinding(x *figures.Value, classed bool) string {
	if mvc := x.Classes[0].Unsatisfied; classed && mvc.Rated() {
		return w.t("value_finding", w.rated(mvc.Rate))
	}
	if x.Paid >= report.FewestPlain {
		return w.t("value_top", w.percent(x.TopShare))
	}
	if !classed {
		return w.t("value_unclassed")
	}
	return w.t("value_few")
}

// valueTiles are the most valuable customers, and what is at stake, as numbers.
func (w *words) valueTiles(x *figures.Value, classed bool) (tiles []reportFigure) {
	if classed {
		tiles = append(
			tiles,
			w.of("customers").figureOfRate(w.className(string(recovery.MVC)), x.Classes[0].Customers, nil, "").keyed("most_valuable"),
			w.figureOfRate(w.t("value_unhappy"), x.Classes[0].Unsatisfied, nil, "").keyed("most_valuable_unsatisfied"),
		)
	}
	if x.Paid > 0 {
		tile := reportFigure{Label: w.t("value_top_share"), Value: "–", Meta: w.t("value_from_thirty")}
		if x.Paid >= report.FewestPlain {
			tile.Value, tile.Meta, tile.Bar = w.percent(x.TopShare), w.t("value_top_of", x.Paid), chart.Bar(x.TopShare)
		}
		tiles = append(tiles, tile.numbered("paid_by_top_fifth", x.Paid >= report.FewestPlain, x.TopShare, nil, x.Paid))
	}
	if x.Paid > 0 && x.Unsatisfied.N > 0 {
		tile := reportFigure{Label: w.t("value_stake"), Value: "–", Meta: w.t("value_stake_few")}
		if x.StakeOf >= report.FewestRated {
			tile.Value, tile.Meta = report.Printed(x.Stake, 0)+" "+x.Currency, w.t("value_stake_of", x.StakeOf)
		}
		tiles = append(tiles, tile.numbered("paid_by_unsatisfied", x.StakeOf >= report.FewestRated, x.Stake, nil, x.StakeOf))
	}
	return tiles
}

var classColumns = append(append([]string{"class"}, rateColumns[1:]...), "share_of_paid")

// classRows are how many customers are in which class, and which share of what was paid they brought.
func (w *words) classRows(x *figures.Value) reportSection {
	c := reportSection{ID: "classes", Title: w.t("classes_title"), Open: true, Even: true, columns: classColumns}
	c.Head = [4]string{w.t("classes_head"), w.t("customers_head"), w.t("interval"), w.t("share")}
	paid := make([]int, len(x.Classes))
	for i, one := range x.Classes {
		paid[i] = one.Paid
	}
	hide := report.Complement(paid, func([]int) bool { return true })
	for i, one := range x.Classes {
		row := w.rateRows([]part{{key: one.Tier, label: w.className(one.Tier), rate: one.Customers}})[0]
		if one.Customers.Manner != report.Hidden { // of all customers, which the foot says; here are those of the class
			row.N = strconv.Itoa(one.Customers.K)
		}
		row.raw = append([]string{cmp.Or(one.Tier, "none")}, append(row.raw[1:], "")...)
		if !hide[i] && one.Paid >= report.FewestRated {
			row.About = w.t("worth_paid", w.percent(one.Share))
			row.raw[len(row.raw)-1] = report.Printed(one.Share, 6)
		}
		c.Rows = append(c.Rows, row)
	}
	for _, by := range x.ByPaid {
		if by.N >= report.FewestCounted && x.Paid >= report.FewestPlain {
			c.Notes = append(c.Notes, w.t("worth_agreement_"+by.Tier, by.N, by.Also))
		}
	}
	c.Notes = append(c.Notes, w.t("classes_note"))
	return c
}

// classFelt is how many are unsatisfied in each class.
func (w *words) classFelt(x *figures.Value) reportSection {
	c := reportSection{ID: "felt", Title: w.t("felt_title"), Open: true, Even: true, columns: rateColumns, Notes: []string{w.t("felt_note")}}
	c.Head = [4]string{w.t("classes_head"), w.t("answers_head"), w.t("interval"), w.t("unsatisfied")}
	var parts []part
	for _, one := range x.Classes {
		if u := one.Unsatisfied; u.N > 0 {
			parts = append(parts, part{key: one.Tier, label: w.className(one.Tier), rate: u})
		}
	}
	c.Rows = w.besideOthers(parts, x.Felt)
	return c
}

var tenthColumns = []string{"tenth", "share_of_paid"}

// valueTenths are which share of what was paid each tenth of the customers brought.
func (w *words) valueTenths(x *figures.Value) reportSection {
	c := reportSection{ID: "tenths", Title: w.t("tenths_title"), Open: true, Even: true, columns: tenthColumns, Notes: []string{w.t("tenths_note")}}
	c.Head = [4]string{w.t("tenths_head"), w.t("customers_head"), w.t("share"), w.t("tenths_share")}
	for i, share := range x.Tenths {
		label := w.t("tenth_n", i+1)
		switch i {
		case 0:
			label = w.t("tenth_first")
		case len(x.Tenths) - 1:
			label = w.t("tenth_last")
		}
		n := (i+1)*x.Paid/len(x.Tenths) - i*x.Paid/len(x.Tenths)
		c.Rows = append(c.Rows, reportRow{
			Label: label, N: strconv.Itoa(n), Value: w.percent(share), Drawing: chart.Bar(share / max(x.Tenths[0], 1e-9)),
			raw: []string{strconv.Itoa(i + 1), report.Printed(share, 6)},
		})
	}
	if len(c.Rows) > 0 {
		c.Caption = w.t("value_top", w.percent(x.TopShare))
	}
	return c
}

// monthColumns are a month and the classes by value.
func monthColumns() []string {
	all := []string{"month"}
	for _, t := range recovery.Tiers() {
		all = append(all, string(t))
	}
	return all
}

// classWays are the colours of the classes.
var classWays = []string{"w1", "w3", "w4", ""}

// classMonths are the classes at the end of each month.
func (w *words) classMonths(x *figures.Value) reportSection {
	c := reportSection{ID: "months", Title: w.t("worth_months_title"), Even: true, Notes: []string{w.t("worth_months_key"), w.t("worth_months_note")}}
	c.Head = [4]string{w.t("when"), w.t("customers_head"), "", w.t("classes_head")}
	c.columns = monthColumns()
	most := 0 // of all months: the whole cannot be fewer
	for _, m := range x.Classed {
		most = max(most, sumOf(m.N))
	}
	for _, m := range x.Classed {
		all := sumOf(m.N)
		row := reportRow{Label: m.Month, N: strconv.Itoa(all), Value: w.t("too_few_to_say"), raw: []string{m.Month, "", "", "", ""}}
		if all < report.FewestCounted {
			row.N, row.Value = w.ofFew(all, most)
			c.Rows = append(c.Rows, row)
			continue
		}
		var said []string
		var ways []chart.Way
		for i, n := range m.N {
			words := w.t("label_value", w.className(string(recovery.Tiers()[i])), w.rated(report.Show(n, all)))
			ways = append(ways, chart.Way{Class: classWays[i], N: n, Words: words})
			row.raw[1+i] = strconv.Itoa(n)
			if n > 0 {
				said = append(said, words)
			}
		}
		row.Value = strings.Join(said, "; ")
		share := func(i int) string { return w.rated(report.Show(m.N[i], all)) }
		c.Rows = append(c.Rows, row)
		c.Below = append(c.Below, reportDrawing{Label: m.Month, Meta: w.t("worth_short", share(0), share(1), share(3)), SVG: chart.Ways("m-"+m.Month, m.Month, row.Value, ways)})
	}
	return c
}

// classMoves are how many customers were in which class a year ago, and are now.
func (w *words) classMoves(x *figures.Value) reportSection {
	c := reportSection{ID: "moves", Title: w.t("worth_moves_title"), Open: true, Even: true, columns: moveColumns, Notes: []string{w.t("worth_moves_note")}}
	c.Head = [4]string{w.t("moves_head"), w.t("customers_head"), w.t("interval"), w.t("share")}
	c.Rows = w.moved(x.Moves, func(m figures.Move) string {
		if m.From == m.To {
			return w.t("moves_stayed", w.className(m.From))
		}
		return w.t("moves_from", w.className(m.From), w.className(m.To))
	})
	all, grown := 0, 0
	for _, m := range x.Moves {
		if all += m.N; m.From == string(recovery.MGC) && m.To == string(recovery.MVC) {
			grown += m.N
		}
	}
	if rate := report.Show(grown, all); rate.Rated() {
		c.Caption = w.t("worth_moves_finding", w.rated(rate))
	}
	return c
}

var impactColumns = []string{"what", "value"}

// impact is how many people hear of what unsatisfied customers tell: an estimate that rests on a number that the reader
// assumes, and stands with it. Without that number there is none.
func (w *words) impact(x *figures.Value, told int) reportSection {
	c := reportSection{ID: "impact", Title: w.t("impact_title"), Open: true, Even: true, columns: impactColumns}
	c.Head = [4]string{w.t("impact_head"), w.t("impact_number"), "", w.t("impact_from")}
	unhappy := x.Unsatisfied
	if told == 0 || !unhappy.Rated() {
		c.Notes = []string{w.t("impact_off")}
		if told > 0 {
			c.Notes = []string{w.t("impact_few")}
		}
		return c
	}
	add := func(key string, n int, from string) {
		c.Rows = append(c.Rows, reportRow{Label: w.t("impact_" + key), N: strconv.Itoa(n), Value: from, raw: []string{key, strconv.Itoa(n)}})
	}
	add("unsatisfied", unhappy.K, w.t("impact_counted", unhappy.N))
	add("told", told, w.t("impact_assumed"))
	add("reach", report.Reach(unhappy.K, told), w.t("impact_product"))
	low, high := int(math.Floor(unhappy.Low()*float64(unhappy.N)))*told, int(math.Ceil(unhappy.High()*float64(unhappy.N)))*told
	c.Caption = w.t("impact_finding", report.Reach(unhappy.K, told), told)
	c.Notes = []string{w.t("impact_note", told, low, high)}
	return c
}

var mvcColumns = []string{"case", "site", "state", "priority", "opened"}

// mostOpen is how many cases that staff work on are looked through for those of the most valuable customers.
const mostOpen = 2000

// openMVC are the cases of the most valuable customers that wait for somebody now, those that wait longest first.
func (s reportPages) openMVC(r *http.Request, w *words, v Viewer, f *reportFilter) (c reportSection, err error) {
	c = reportSection{ID: "open", Title: w.t("open_mvc_title"), Open: true, columns: mvcColumns, Notes: []string{w.t("open_mvc_note")}}
	c.Head = [4]string{w.t("open_mvc_head"), w.t("open_mvc_priority"), "", w.t("open_mvc_state")}
	if f.strict { // programs that read figures are told of no single case
		return c, nil
	}
	var sites []string
	for _, id := range f.Sites {
		if v.Can(access.SeeCases, id) {
			sites = append(sites, id)
		}
	}
	if len(sites) == 0 {
		return c, nil
	}
	cases, err := s.Store.Cases(r.Context(), storage.CaseFilter{States: recovery.ActiveStates(), Sites: sites, Limit: mostOpen})
	if err != nil {
		return c, err
	}
	if len(cases) == mostOpen { // the newest: those that wait longest may be missing
		c.Notes = append(c.Notes, w.t("open_mvc_cut", mostOpen))
	}
	var keys []string
	for i := range cases {
		if cases[i].Customer != "" {
			keys = append(keys, cases[i].Customer)
		}
	}
	tiers, err := s.Store.TiersNow(r.Context(), keys)
	if err != nil {
		return c, err
	}
	now := s.Clock()
	for _, k := range slices.Backward(cases) {
		if tiers[k.Customer] != recovery.MVC {
			continue
		}
		row := reportRow{
			Label: k.Name(), About: s.siteName(w, k.Site), URL: "/cases/" + k.Name(), N: k.Decision.Priority.String(),
			Value: w.t("open_mvc_since", w.t("state_"+string(k.State)), w.span(now.Sub(k.OpenedAt))),
			raw:   []string{k.Name(), s.siteName(w, k.Site), string(k.State), k.Decision.Priority.String(), k.OpenedAt.UTC().Format("2006-01-02T15:04:05Z")},
		}
		if k.State == recovery.Open && len(k.Missed) > 0 {
			row.Versus, row.Clear = w.t("open_mvc_late"), true
		}
		c.Rows = append(c.Rows, row)
	}
	return c, nil
}

func sumOf(all []int) (sum int) {
	for _, n := range all {
		sum += n
	}
	return sum
}
