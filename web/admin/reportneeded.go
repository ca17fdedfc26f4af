package admin

import "github.com/aftercare/aftercare/report"

// needed says what a rate lacks to stand beside another, "" = nothing. Of one that is hidden it does not say how much
// there is.
func (w *words) needed(r report.Clustered) string {
	switch {
	case r.Compared():
		return ""
	case r.Manner == report.Hidden:
		return w.t("needed_some")
	case r.Summed && r.N >= report.FewestPlain: // only the fewest of the customers are known
		return w.t("needed_certain", report.FewestPlain)
	}
	return w.neededFor(r.N, r.Customers)
}

// neededFor is that of so many answers of so many customers.
func (w *words) neededFor(n, customers int) string {
	switch {
	case min(n, customers) >= report.FewestPlain:
		return ""
	case min(n, customers) < report.FewestCounted:
		return w.t("needed_some")
	case n < report.FewestPlain:
		return w.t("needed_answers", n, report.FewestPlain)
	}
	return w.t("needed_customers", customers, report.FewestPlain)
}

// bothNeeded says what the two sides of a standard lack to be held against each other.
func (w *words) bothNeeded(broken, met report.Clustered) string {
	parts := hidden([]part{{key: "broken", rate: broken}, {key: "met", rate: met}})
	first, second := w.needed(parts[0].rate), w.needed(parts[1].rate)
	switch {
	case first == "":
		return w.t("needed_kept", second)
	case second == "":
		return w.t("needed_broken", first)
	}
	return w.t("needed_both", first, second)
}
