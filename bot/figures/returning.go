package figures

import (
	"slices"

	"github.com/aftercare/aftercare/report"
)

// Return is how many customers came again within some days, with those of lately counted for as long as they have
// been watched.
type Return struct {
	Days      int
	Customers int // all of them
	Known     int // those who were watched for so long, or came only then
	Share     float64
	Within    report.Interval
}

// Manner is how it may be shown.
func (r Return) Manner() report.Manner { return report.Show(0, r.Customers).Manner }

// ReturnedBy is the share that came again within so many days: Kaplan and Meier's. Where nobody has yet, its range
// is that of those who have been watched for so long.
func ReturnedBy(waits []report.Wait, days int) Return {
	r := Return{Days: days, Customers: len(waits), Within: report.Interval{Low: 0, High: 1}}
	for _, x := range waits {
		if x.Took >= float64(days) {
			r.Known++
		}
	}
	if r.Manner() == report.Hidden || r.Manner() == report.Counted {
		return r
	}
	if r.Share, r.Within = report.HappenedBy(waits, float64(days)); r.Share <= 0 {
		r.Share, r.Within = 0, report.Wilson(0, float64(r.Known))
	}
	return r
}

// ReturnsBy are those shares within each of these days, as far as somebody has been watched for so long. The first
// is always there.
func ReturnsBy(waits []report.Wait, days ...int) (all []Return) {
	for _, d := range days {
		r := ReturnedBy(waits, d)
		if len(all) > 0 && r.Known == 0 {
			break
		}
		all = append(all, r)
	}
	return all
}

// returnsOfGroups are the shares of groups of customers within 30, 60 and 90 days: of each group as many. They end
// before the first days, after those, of which one of the groups that are compared has nobody watched for so long.
func returnsOfGroups(waits [][]report.Wait, compared ...int) [][]Return {
	all := make([][]Return, len(waits))
	for _, days := range []int{30, 60, 90} {
		some := make([]Return, len(waits))
		for i := range waits {
			some[i] = ReturnedBy(waits[i], days)
		}
		if days > 30 && slices.ContainsFunc(compared, func(i int) bool { return some[i].Known == 0 }) {
			break
		}
		for i := range some {
			all[i] = append(all[i], some[i])
		}
	}
	return all
}

// Less is how much less often customers came again than others, as a difference of shares. ok is false where one
// may not be compared: both stand from 30 customers on.
//
// Source: MOVER, as report.Between.
func (r Return) Less(than Return) (d report.Difference, ok bool) {
	if min(r.Customers, than.Customers) < report.FewestPlain {
		return d, false
	}
	return report.Difference{By: r.Share - than.Share, Within: report.Between(r.Share, r.Within, than.Share, than.Within)}, true
}

// again is how long after a day somebody came again, or has not until another: in days, of the days on which they
// were served, in order.
func again(visits []int, from, today int) report.Wait {
	for _, day := range visits {
		if day > from {
			return report.Wait{Took: float64(day - from), Over: true}
		}
	}
	return report.Wait{Took: float64(max(0, today-from))}
}
