package figures

import (
	"context"
	"slices"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// ImprovementDays is how many days before a change are held against as many with it. They are named by the day of the
// change alone, so that nobody chooses them once figures are known.
const ImprovementDays = 56

// Effect is what became of a change.
type Effect string

// The effects. Nothing is better or worse whose interval holds 0.
const (
	Better    Effect = "better"
	Worse     Effect = "worse"
	Unchanged Effect = "unchanged" // all its days have passed, and nothing is clear
	Early     Effect = "early"     // nothing is clear yet, and days are to come
	TooFew    Effect = "too_few"   // it is not compared
)

// Improved is a share before a change and with it.
type Improved struct {
	Before, After           report.Clustered // where the change was
	OtherBefore, OtherAfter report.Clustered // at sites without it
	From, Last, First, To   string           // the days before, and those with it
	Over                    bool             // all its days have passed
	By                      report.Difference
	Compared                bool
	Against                 report.Difference // By less what changed at the other sites
	Beside                  bool              // there is an Against
}

// Effect is that of the change at its own sites.
func (m *Improved) Effect() Effect {
	switch {
	case m.Compared && m.By.Clear() && m.By.By < 0:
		return Better
	case m.Compared && m.By.Clear():
		return Worse
	case m.Compared && m.Over:
		return Unchanged
	case m.Over:
		return TooFew
	}
	return Early
}

// Improvement reads a share before a change and with it: of the answers that name its reason, or of the
// unsatisfied. sites are those whose figures the reader may see; today is a day.
type Improvement struct {
	storage.Improvement
	Among []storage.Improvement // all that stand: a site with a change of the same kind is none without it
	Sites []string
	Today time.Time
}

// days are those of a change.
func (i *Improvement) days(m *Improved) error {
	day, err := time.Parse(time.DateOnly, i.Day)
	if err != nil {
		return err
	}
	end := day.AddDate(0, 0, ImprovementDays-1)
	if m.Over = end.Format(time.DateOnly) < i.Today.Format(time.DateOnly); !m.Over {
		end = i.Today
		if day.After(end) { // it is planned: nothing has come of it yet
			end = day
		}
	}
	m.From, m.Last = day.AddDate(0, 0, -ImprovementDays).Format(time.DateOnly), day.AddDate(0, 0, -1).Format(time.DateOnly)
	m.First, m.To = i.Day, end.Format(time.DateOnly)
	return nil
}

// others are the sites without the change.
func (i *Improvement) others(m *Improved) []string {
	if i.Site == "" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(i.Sites), func(id string) bool {
		return id == i.Site || slices.ContainsFunc(i.Among, func(x storage.Improvement) bool {
			return !x.Note && x.ID != i.ID && x.Of == i.Of && (x.Site == id || x.Site == "") && x.Day >= m.From && x.Day <= m.To
		})
	})
}

// From is what a change is counted from.
type From interface {
	storage.Figuring
	Named(ctx context.Context, f storage.FigureFilter, of storage.Naming) ([]string, bool, error)
}

// Read counts it. ErrTooMany: more rows lie in its days.
func (i *Improvement) Read(ctx context.Context, from From) (m Improved, err error) {
	if err := i.days(&m); err != nil {
		return m, err
	}
	others := i.others(&m)
	f := storage.FigureFilter{Sites: i.Sites, From: m.From, To: m.To, Flow: i.Of.Flow, Limit: Most}
	if i.Site != "" {
		f.Sites = append([]string{i.Site}, others...)
	}
	list, more, err := from.Judged(ctx, f)
	if err := tooMany(more, err); err != nil {
		return m, err
	}
	counts := func(j *storage.JudgedSession) bool { return j.Level <= 3 }
	if !i.Of.Any() {
		ids, more, err := from.Named(ctx, f, i.Of)
		if err := tooMany(more, err); err != nil {
			return m, err
		}
		named := make(map[string]bool, len(ids))
		for _, id := range ids {
			named[id] = true
		}
		counts = func(j *storage.JudgedSession) bool { return named[j.ID] }
	}
	var runs [4]report.Run
	for j := range list {
		at := 0
		if list[j].Day >= m.First {
			at = 1
		}
		if i.Site != "" && list[j].Site != i.Site {
			at += 2
		}
		runs[at].Add(list[j].Customer, counts(&list[j]))
	}
	rates := [4]*report.Clustered{&m.Before, &m.After, &m.OtherBefore, &m.OtherAfter}
	for at := range runs {
		*rates[at] = runs[at].Rate()
	}
	for at := 0; at < 4; at += 2 { // before and after are all there is of either
		report.Protect([]string{"before", "after"}, rates[at:at+2])
	}
	m.By, m.Compared = m.After.Minus(m.Before)
	if other, ok := m.OtherAfter.Minus(m.OtherBefore); ok && m.Compared && len(others) > 0 {
		m.Against, m.Beside = report.Difference{By: m.By.By - other.By, Within: report.Between(m.By.By, m.By.Within, other.By, other.Within)}, true
	}
	return m, nil
}
