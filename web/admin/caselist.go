package admin

import (
	"cmp"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// caseList are cases with whose they are: found once, as a page makes many shares of the same cases.
type caseList struct {
	all   []storage.FigureCase
	whose []int32  // of each, where the name of its customer stands
	names []string // of customers
}

func casesOf(all []storage.FigureCase) *caseList {
	l := &caseList{all: all, whose: make([]int32, len(all))}
	at := make(map[string]int32, len(all))
	for i := range all {
		name := customerOf(&all[i])
		n, ok := at[name]
		if !ok {
			n = int32(len(l.names))
			at[name], l.names = n, append(l.names, name)
		}
		l.whose[i] = n
	}
	return l
}

// customerOf is whose case it is; a case of who was erased is a customer's of its own.
func customerOf(c *storage.FigureCase) string {
	return cmp.Or(c.Customer, c.Identity, "case:"+c.ID)
}

// rate is the share of the cases that fit, clustered by customer.
func (l *caseList) rate(of, yes func(*storage.FigureCase) bool) report.Clustered {
	counts := make([][2]int32, len(l.names))
	for i := range l.all {
		if c := &l.all[i]; of(c) {
			a := &counts[l.whose[i]]
			if a[1]++; yes(c) {
				a[0]++
			}
		}
	}
	return report.RateOf(l.names, counts)
}
