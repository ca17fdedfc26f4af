package admin

import (
	"math"
	"strconv"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/web/chart"
)

var returnColumns = []string{"days", "customers", "share", "low", "high"}

// cameAgain is the share of customers that came again, in words.
func (w *words) cameAgain(r figures.Return) string {
	switch r.Manner() {
	case report.Hidden:
		return w.t("too_few_to_say")
	case report.Counted:
		return w.t("too_few_for_rate")
	case report.Few:
		return w.t("rate_few", w.percent(r.Share), report.PerCent(r.Within.Low), report.PerCent(r.Within.High))
	}
	return w.t("rate", w.percent(r.Share), report.PerCent(r.Within.Low), report.PerCent(r.Within.High))
}

// customersIn are the customers of groups within the same days.
func customersIn(groups [][]figures.Return, days int) (n int) {
	for _, group := range groups {
		if days < len(group) {
			n += group[days].Customers
		}
	}
	return n
}

// returnRow is how many of a whole came again within some days, as a row; before are the first cells of its table.
func (w *words) returnRow(label string, before []string, r figures.Return, whole int) reportRow {
	row := reportRow{Label: label, N: strconv.Itoa(r.Customers), Value: w.cameAgain(r), raw: append(before, strconv.Itoa(r.Days), strconv.Itoa(r.Customers), "", "", "")}
	at := len(row.raw) - 4
	switch r.Manner() {
	case report.Hidden:
		row.N, row.Value = w.ofFew(r.Customers, whole)
		row.raw[at] = ""
	case report.Few, report.Plain:
		row.Drawing = chart.Span{Mark: returnMark(r), P: r.Share, Low: r.Within.Low, High: r.Within.High, Mean: math.NaN(), Top: 1}.SVG()
		for i, x := range []float64{r.Share, r.Within.Low, r.Within.High} {
			row.raw[at+1+i] = report.Printed(x, 6)
		}
	}
	return row
}

// returnMark is how it is drawn.
func returnMark(r figures.Return) chart.Mark { return markOf(report.Rate{Manner: r.Manner()}) }

// returnFigure is such a share as a tile; few is what stands there where there are too few.
func (w *words) returnFigure(label, few string, r figures.Return) reportFigure {
	fig := reportFigure{Label: label, Value: "–", Meta: few}
	if m := r.Manner(); m == report.Few || m == report.Plain {
		fig.Value, fig.Meta = w.percent(r.Share), w.t("interval_of", report.PerCent(r.Within.Low), report.PerCent(r.Within.High), r.Customers)
		fig.Bar = chart.Reach(r.Share, r.Within.Low, r.Within.High)
		if m == report.Few {
			fig.Meta = w.t("clauses", fig.Meta, w.t("few"))
		}
	}
	return fig.numbered("returned_within_"+strconv.Itoa(r.Days), fig.Value != "–", r.Share, &r.Within, r.Customers)
}

// longest is the share within the longest of some times that somebody has been watched for; else the first.
func longest(all []figures.Return, days ...int) figures.Return {
	var found figures.Return
	for _, r := range all {
		for i, d := range days {
			if r.Days == d && (i == 0 || r.Known > 0) {
				found = r
			}
		}
	}
	return found
}
