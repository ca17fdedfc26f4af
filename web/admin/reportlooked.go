package admin

import (
	"context"
	"slices"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// mostLooked is about how many conversations one page looks through for words, whatever fits of them.
const mostLooked = 30_000

// looked are days that are looked through at a time, and about how many conversations they have.
type looked struct {
	first, last string
	n           int
}

// looksOf finds out, once, in which stretches of days conversations are looked through, the newest first. How many
// there are their sums say. What customers wanted said is looked through at once: there is little of it.
func (s saidPages) looksOf(ctx context.Context, f *saidFilter) error {
	if f.looks != nil {
		return nil
	}
	if f.Kind != "" {
		f.looks = []looked{{first: f.From, last: f.To}}
		return nil
	}
	cells, err := s.Store.Cells(ctx, storage.FigureFilter{Sites: f.Sites, From: f.From, To: f.To}, storage.CellsWhole)
	months := map[string]int{}
	for i := range cells {
		for _, n := range cells[i].Levels {
			months[cells[i].Month] += n
		}
	}
	most := mostLooked
	if s.MostLooked > 0 {
		most = s.MostLooked
	}
	f.looks = looksIn(f.From, f.To, months, most)
	return err
}

// looksIn divides days into stretches, the newest first: all of them if they have no more than most conversations, else
// such that each has about a third of it, and one day at least. Conversations are known by month.
func looksIn(from, to string, months map[string]int, most int) (all []looked) {
	first, err1 := time.Parse(time.DateOnly, from)
	last, err2 := time.Parse(time.DateOnly, to)
	total := 0
	for _, n := range months {
		total += n
	}
	if err1 != nil || err2 != nil || total <= most {
		return []looked{{from, to, total}}
	}
	for !first.After(last) {
		month := time.Date(first.Year(), first.Month()+1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -1)
		if month.After(last) {
			month = last
		}
		days, n := int(month.Sub(first)/(24*time.Hour))+1, months[first.Format("2006-01")]
		each := max(1, min(days, days*most/3/max(1, n)))
		for ; !first.After(month); first = first.AddDate(0, 0, each) {
			end := first.AddDate(0, 0, each-1)
			if end.After(month) {
				end = month
			}
			all = append(all, looked{first.Format(time.DateOnly), end.Format(time.DateOnly), n * each / days})
		}
		first = month.AddDate(0, 0, 1)
	}
	slices.Reverse(all)
	return all
}
