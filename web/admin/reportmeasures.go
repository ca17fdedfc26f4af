package admin

import (
	"math"
	"net/http"
	"strconv"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/web/chart"
)

// customersOf reads what is known of customers over a year into a page; false where what the page says of it is all.
func (s reportPages) customersOf(r *http.Request, w *words, v Viewer, f *reportFilter, p *reportPage, surveys bool) (all figures.CustomerFigures, ok bool, err error) {
	p.Kept = true
	kept, said, err := s.keptOf(r, w, v, f, figures.KindCustomers)
	if p.Lede = said; err != nil || said != "" {
		return all, false, err
	}
	p.Foot = s.keptFoot(w, f, kept, surveys)
	all, err = figures.CustomersIn(kept.Body)
	return all, err == nil, err
}

// reportMeasures are the six measures of satisfaction: what customers do, and what they say that they would.
func (s reportPages) reportMeasures(r *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	all, ok, err := s.customersOf(r, w, v, f, &p, true)
	if err != nil || !ok {
		return p, err
	}
	m, people := &all.Measures, w.of("customers")
	intents := map[string]figures.Intent{}
	for _, one := range m.Intents {
		if one.Flow == f.Flow {
			intents[one.Measure] = one
		}
	}
	if m.Customers == 0 && len(m.Intents) == 0 && len(m.Choosing) == 0 {
		p.Lede = w.t("measures_none")
		return p, nil
	}
	p.Lede = w.measuresFinding(m, intents)
	p.Figures = people.doneTiles(m)
	for _, key := range figures.IntentMeasures() {
		if one, asked := intents[key]; asked {
			p.Figures = append(p.Figures, w.figureOfRate(w.t("stays_"+key), one.Stays, nil, "").keyed("stays_"+key))
		}
	}
	if m.Customers > 0 {
		p.Sections = append(p.Sections, people.returnLine(m), people.returnsAfter(m), people.variety(m))
	}
	if c := w.intending(intents); len(c.Rows) > 0 {
		p.Sections = append(p.Sections, c)
	}
	if one, ok := mostThought(m.Choosing, f.Flow); ok {
		p.Sections = append(p.Sections, s.choosing(w, one))
	}
	p.Foot = append(p.Foot, w.t("measures_counts", m.Customers, m.Visits))
	return p, nil
}

// measuresFinding is what stands on top: that those who were let down come less often, if that is clear; else how
// many come again, or what most say that they would do.
func (w *words) measuresFinding(m *figures.Measures, intents map[string]figures.Intent) string {
	people := w.of("customers")
	if last := len(m.After[0]) - 1; last >= 0 {
		unhappy, happy := m.After[0][last], m.After[2][last]
		if d, ok := unhappy.Less(happy); ok && d.Clear() && d.By < 0 {
			return w.t("measures_less", people.cameAgain(unhappy), unhappy.Days, people.cameAgain(happy), w.changed(d))
		}
	}
	if r := longest(m.Returned, 30, 90); r.Manner() == report.Plain || r.Manner() == report.Few {
		return w.t("measures_again", people.cameAgain(r), r.Days)
	}
	for _, key := range figures.IntentMeasures() {
		if rate := intents[key].Stays; rate.Rated() {
			return w.t("measures_would", w.said(rate.Rate), w.t("intent_"+key))
		}
	}
	return w.t("measures_few", m.Customers)
}

// mostThought is how long customers thought in a survey; "" = in the one that most answered.
func mostThought(all []figures.Choosing, flow string) (most figures.Choosing, ok bool) {
	n := -1
	for _, one := range all {
		if (flow == "" || one.Flow == flow) && len(one.Parts) > 0 && one.Parts[0].Rate.N > n {
			most, n, ok = one, one.Parts[0].Rate.N, true
		}
	}
	return most, ok
}

// doneTiles are what customers do, as numbers.
func (w *words) doneTiles(m *figures.Measures) (tiles []reportFigure) {
	if m.Customers > 0 {
		back := longest(m.Returned, 30, 60, 90)
		tiles = append(
			tiles,
			w.figureOfRate(w.t("measure_repeat"), m.Repeat, nil, "").keyed("repeat"),
			w.returnFigure(w.t("measure_returned", back.Days), w.t("measure_from_ten"), back),
			w.figureOfRate(w.t("measure_several"), m.Several(), nil, "").keyed("several_services"),
		)
	}
	if m.Spending.OfCustomers.N > 0 {
		tile := reportFigure{Label: w.t("measure_spending"), Value: "–", Meta: w.t("mean_from_ten")}
		if x := m.Spending.OfCustomers; x.Shown() {
			tile = tile.numbered("spending_share", true, x.Mean/100, &report.Interval{Low: max(0, x.Within.Low) / 100, High: min(100, x.Within.High) / 100}, x.N)
			tile.Value = w.percent(x.Mean / 100)
			tile.Meta = w.t("interval_of", decimal(max(0, x.Within.Low)), decimal(min(100, x.Within.High)), x.N)
		}
		if m.Spending.OfTotal > 0 {
			tile.Change = w.t("measure_spending_total", w.percent(m.Spending.OfTotal), m.Spending.Paid)
		}
		tiles = append(tiles, tile)
	}
	if t := m.Booking; t.N > 0 {
		tile := reportFigure{Label: w.t("measure_booking"), Value: "–", Meta: w.t("measure_from_ten")}
		if t.N >= report.FewestMeant {
			tile.Meta = w.t("measure_booking_open", t.N)
			if t.Half {
				tile = tile.numbered("days_to_booking", true, t.Median, nil, t.N)
				tile.Value, tile.Meta = w.t("measure_days", decimal(t.Median)), w.t("measure_booking_of", t.N)
			}
		}
		tiles = append(tiles, tile)
	}
	return tiles
}

// returnLine is how many came again after their first visit, by the days that passed.
func (w *words) returnLine(m *figures.Measures) reportSection {
	c := reportSection{ID: "returns", Title: w.t("returns_title"), columns: returnColumns, Notes: []string{w.t("returns_note")}}
	c.Head = [4]string{w.t("within_head"), w.t("customers_head"), w.t("interval"), w.t("share")}
	var points []chart.Point
	for i, r := range m.Returned {
		row := w.returnRow(w.t("within_days", r.Days), nil, r, r.Customers)
		row.Drawing = ""
		c.Rows = append(c.Rows, row)
		at := chart.Point{Mark: returnMark(r), P: r.Share, Low: r.Within.Low, High: r.Within.High, Words: row.Label + ": " + row.Value}
		if i%2 == 1 || len(m.Returned) < 4 {
			at.Label = w.t("measure_days", r.Days)
		}
		points = append(points, at)
	}
	if len(points) > 0 && points[0].Mark != chart.Gap {
		c.Drawing = chart.Line{ID: "c-returns", Title: c.Title, Description: w.t("returns_says"), Points: points, Usual: math.NaN(), Percent: w.percent}.SVG()
	}
	if r := longest(m.Returned, 30, 90); r.Manner() == report.Few || r.Manner() == report.Plain {
		c.Caption = w.t("returns_finding", w.cameAgain(r), r.Days)
	}
	return c
}

var (
	afterColumns = append([]string{"felt"}, returnColumns...)
	// afterKeys are the groups of Measures.After.
	afterKeys = [3]string{"unsatisfied", "watch", "satisfied"}
)

// returnsAfter is how many came again after their first answer, by how satisfied they were.
func (w *words) returnsAfter(m *figures.Measures) reportSection {
	c := reportSection{ID: "after", Title: w.t("after_title"), Open: true, Even: true, columns: afterColumns, Notes: []string{w.t("after_note")}}
	c.Head = [4]string{w.t("after_head"), w.t("customers_head"), w.t("interval"), w.t("share")}
	for n := range m.After[0] {
		for i, key := range afterKeys {
			r := m.After[i][n]
			row := w.returnRow(w.t("after_"+key, r.Days), []string{key}, r, customersIn(m.After[:], n))
			if i == 0 {
				if d, ok := r.Less(m.After[2][n]); ok {
					row.Versus, row.Clear = w.t("after_less", w.changed(d)), d.Clear()
				} else {
					row.Versus = w.t("after_uncompared", report.FewestPlain)
				}
			}
			c.Rows = append(c.Rows, row)
		}
	}
	return c
}

// variety is how many kinds of services customers use.
func (w *words) variety(m *figures.Measures) reportSection {
	c := reportSection{ID: "variety", Title: w.t("variety_title"), Open: true, Even: true, columns: rateColumns, Notes: []string{w.t("variety_note")}}
	c.Head = [4]string{w.t("variety_head"), w.t("customers_head"), w.t("interval"), w.t("share")}
	if k := m.Kinds; k.Shown() {
		c.Caption = w.t("variety_finding", decimal(k.Mean), decimal(max(1, k.Within.Low)), decimal(k.Within.High))
	}
	var parts []part
	for i, rate := range m.Variety {
		label := w.t("variety_n", i+1)
		if i == len(m.Variety)-1 {
			label = w.t("variety_more", i+1)
		}
		parts = append(parts, part{key: strconv.Itoa(i + 1), label: label, rate: rate})
	}
	c.Rows = w.rateRows(parts)
	return c
}

var intentColumns = append([]string{"measure"}, rateColumns[1:]...)

// intending is how many say that they would stay.
func (w *words) intending(intents map[string]figures.Intent) reportSection {
	c := reportSection{ID: "intents", Title: w.t("intents_title"), Open: true, Even: true, columns: intentColumns, Notes: []string{w.t("intents_note")}}
	c.Head = [4]string{w.t("intents_head"), w.t("answers_head"), w.t("interval"), w.t("share")}
	for _, key := range figures.IntentMeasures() {
		one, asked := intents[key]
		if !asked {
			continue
		}
		row := w.rateRows([]part{{key: key, label: w.t("intent_" + key), rate: one.Stays}})[0]
		row.raw[0] = key
		if one.Leaves.Rated() {
			row.Versus = w.t("intent_leaves", w.rated(one.Leaves.Rate))
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// choosing is how long customers thought before they chose.
func (s reportPages) choosing(w *words, one figures.Choosing) reportSection {
	flow := s.customerFlow()[one.Flow]
	label := func(choice string) string {
		if q := figures.QuestionOf(flow, one.Question); q != nil {
			for _, c := range q.Choices {
				if c.Key == choice {
					return c.Label.In(w.lang, voice.Languages[0])
				}
			}
		}
		return readable(choice)
	}
	c := reportSection{ID: "choosing", Title: w.t("choosing_title"), Open: true, Even: true, columns: rateColumns, Notes: []string{w.t("choosing_note")}}
	c.Head = [4]string{w.t("choice_head"), w.t("answers_head"), w.t("interval"), w.t("share")}
	if one.Median != "" {
		c.Caption = w.t("choosing_finding", label(one.Median))
	}
	var parts []part
	for _, p := range one.Parts {
		parts = append(parts, part{key: p.Choice, label: label(p.Choice), rate: p.Rate})
	}
	c.Rows = w.rateRows(parts)
	return c
}
