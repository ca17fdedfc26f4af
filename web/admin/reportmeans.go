package admin

import (
	"math"
	"strconv"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/web/chart"
)

// meanRow is a mean as a row, on a scale from low to high with a line at another value; NaN = none. key are the
// first cells of its table; how many, of how many customers, the mean and its range follow. whole is how many gave an
// answer that this mean could have been of: see ofFew.
func (w *words) meanRow(label string, key []string, m report.ClusteredMean, whole int, low, high, line float64) reportRow {
	row := reportRow{Label: label, N: strconv.Itoa(m.N), Value: w.t("mean_from_ten"), raw: append(key, "", "", "", "", "")}
	at := len(row.raw) - 5
	if min(m.N, m.Customers) < report.FewestCounted {
		row.N, _ = w.ofFew(m.N, whole)
	} else {
		row.raw[at], row.raw[at+1] = row.N, strconv.Itoa(m.Customers)
	}
	if !m.Shown() {
		return row
	}
	mark := chart.Filled
	if min(m.N, m.Customers) < report.FewestPlain {
		mark = chart.Hollow
	}
	from, to := max(low, m.Within.Low), min(high, m.Within.High)
	place := func(x float64) float64 { return (x - low) / (high - low) }
	number := decimal
	if low < 0 {
		number = signed
	}
	row.Value = w.t("mean_of", number(m.Mean), number(from), number(to))
	row.Drawing = chart.Span{Mark: mark, P: place(m.Mean), Low: place(from), High: place(to), Mean: place(line), Top: 1}.SVG()
	row.raw[at+2], row.raw[at+3], row.raw[at+4] = decimal(m.Mean), decimal(from), decimal(to)
	return row
}

// mostOf is how many answers the mean of most has, of those that stand in rows together: the whole cannot be fewer.
func mostOf(means ...report.ClusteredMean) (most int) {
	for _, m := range means {
		most = max(most, m.N)
	}
	return most
}

// signed is a number with its sign.
func signed(x float64) string {
	text := report.Printed(math.Abs(x), 1)
	switch {
	case text == "0.0":
		return text
	case x < 0:
		return "−" + text
	}
	return "+" + text
}

// rateRows are parts as rows on one scale.
func (w *words) rateRows(parts []part) (rows []reportRow) {
	for _, p := range parts {
		row := w.rowOf(p)
		if p.rate.Rated() {
			row.Drawing = chart.Span{Mark: markOf(p.rate.Rate), P: p.rate.P, Low: p.rate.Low(), High: p.rate.High(), Mean: math.NaN(), Top: 1}.SVG()
		}
		rows = append(rows, row)
	}
	return rows
}
