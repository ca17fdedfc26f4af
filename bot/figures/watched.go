package figures

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

const (
	// WatchedDays is how many days, today among them, are watched for alarms at least, and MostWatchedDays how many
	// at most: as many as it takes for FewestWatched answers.
	WatchedDays, MostWatchedDays = 28, 91
	// FewestWatched is how many answers the watched days should have.
	FewestWatched = 100
	// UsualDays is how many days before those say what is usual.
	UsualDays = 112
)

// How an alarm went off.
const (
	BySum  = "sum"  // answer by answer: a sum reached its limit
	ByWeek = "week" // a week lies beyond the limits of a chart
)

// Watched are the answers of a site by day, and what alarms make of them.
type Watched struct {
	Days   []string      // each day in its turn, also those without answers; the last one is running
	Counts []report.Week // of these days
	Begins int           // the first day that is watched; those before say what is usual

	Usual float64 // the share of the unsatisfied on the days that say what is usual
	Sums  []Sum   // none where they are not watched

	Mondays    []string      // weeks, by their first days; the last one is running
	Weeks      []report.Week // of these
	WeeksBegin int           // the first one that is watched
	Chart      *report.Chart // nil where too few weeks say what is usual

	answers *Answers
}

// Sum is an alarm with what its sum did on the watched days.
type Sum struct {
	report.Alarm
	report.Watched
}

// Ring is that an alarm went off.
type Ring struct {
	Better bool   // fewer are unsatisfied; else more
	By     string // BySum, ByWeek
	Since  string // the first day of what it is about
	Day    string // the day on which it went off
	Over   string // the day on which it ended; "" = it is on
	Said   report.Week
}

// WatchSite reads the answers of a site up to its newest day, and makes of them what alarms make. ErrTooMany: they are
// too many to be read one by one, and not added up by day yet. exact is as in a FigureFilter.
func WatchSite(ctx context.Context, from Store, site string, today time.Time, exact int) (*Watched, error) {
	day := func(back int) string { return today.AddDate(0, 0, -back).Format(time.DateOnly) }
	f := storage.FigureFilter{Sites: []string{site}, From: day(MostWatchedDays + UsualDays - 1), To: day(0), Exact: exact}
	all, err := Gather(ctx, from, f)
	if err != nil {
		return nil, err
	}
	over := Spaces(f.From, f.To, Day)
	parts, err := all.Parts(ctx, Day, over)
	if err != nil {
		return nil, err
	}
	days, counts := make([]string, len(over)), make([]report.Week, len(over))
	worst, best := Unsatisfied.Levels()
	for i, d := range over {
		days[i] = d.First
		if of := parts[d.First]; of != nil {
			for level, n := range of.Levels() {
				counts[i].N += n
				if worst <= level+1 && level+1 <= best {
					counts[i].K += n
				}
			}
		}
	}
	w := watchedOf(days, counts)
	w.answers = all
	return w, nil
}

// WeekRates are the shares of the unsatisfied of the weeks, nothing of them hidden yet. There are none of answers
// as they stood once.
func (w *Watched) WeekRates(ctx context.Context) ([]report.Clustered, error) {
	if w.answers == nil || len(w.Mondays) == 0 {
		return nil, nil
	}
	over := Spaces(w.Mondays[0], w.Days[len(w.Days)-1], Week)
	parts, err := w.answers.Parts(ctx, Week, over)
	if err != nil {
		return nil, err
	}
	worst, best := Unsatisfied.Levels()
	shares := Rates(parts, worst, best)
	rates := make([]report.Clustered, len(over))
	for i, space := range over {
		rate, ok := shares[space.First]
		if !ok {
			rate = w.answers.None()
		}
		rates[i] = rate
	}
	return rates, nil
}

// watchedOf is what alarms make of days and their answers.
func watchedOf(days []string, counts []report.Week) *Watched {
	w := &Watched{Begins: max(0, len(days)-WatchedDays)}
	for n := together(counts[w.Begins:]).N; n < FewestWatched && w.Begins > max(0, len(days)-MostWatchedDays); {
		w.Begins--
		n += counts[w.Begins].N
	}
	first := max(0, w.Begins-UsualDays)
	w.Days, w.Counts, w.Begins = days[first:], counts[first:], w.Begins-first
	before := together(w.Counts[:w.Begins])
	w.Usual = float64(before.K) / max(1, float64(before.N))
	for _, a := range report.Watching(before.K, before.N, float64(before.N)/max(1, float64(w.Begins))) {
		w.Sums = append(w.Sums, Sum{a, a.Over(w.Counts[w.Begins:], len(w.Days)-1-w.Begins)})
	}
	w.putWeeks()
	return w
}

// together are the answers of several days.
func together(counts []report.Week) (sum report.Week) {
	for _, d := range counts {
		sum.K, sum.N = sum.K+d.K, sum.N+d.N
	}
	return sum
}

// putWeeks puts the days together to weeks. One whose Monday is not among them is left out.
func (w *Watched) putWeeks() {
	for i, day := range w.Days {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return
		}
		if t.Weekday() == time.Monday {
			w.Mondays, w.Weeks = append(w.Mondays, day), append(w.Weeks, report.Week{})
			if i < w.Begins {
				w.WeeksBegin = len(w.Weeks)
			}
		}
		if last := len(w.Weeks) - 1; last >= 0 {
			w.Weeks[last].K, w.Weeks[last].N = w.Weeks[last].K+w.Counts[i].K, w.Weeks[last].N+w.Counts[i].N
		}
	}
	before, filled := w.Weeks[:w.WeeksBegin], 0
	for _, x := range before {
		if x.N > 0 {
			filled++
		}
	}
	if filled >= report.FewestWeeks && together(before).N >= report.FewestBaseline {
		c := report.ChartOf(w.Weeks, w.WeeksBegin)
		w.Chart = &c
	}
}

// Rings are the alarms that went off on the watched days, for more unsatisfied answers or for fewer, the newest
// last. Where a week beyond the limits says what a sum says already, it is one alarm.
func (w *Watched) Rings(better bool) (all []Ring) {
	for _, s := range w.Sums {
		for _, e := range s.Episodes {
			if s.Better == better {
				all = append(all, w.ring(Ring{Better: better, By: BySum}, e, func(i int) string { return w.Days[w.Begins+i] }))
			}
		}
	}
	if w.Chart != nil {
		for _, e := range w.Chart.Beyond(w.Weeks, w.WeeksBegin, len(w.Weeks)-1, better) {
			r := w.ring(Ring{Better: better, By: ByWeek}, e, func(i int) string { return sundayOf(w.Mondays[i]) })
			r.Since = w.Mondays[e.Since]
			all = joined(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b Ring) int { return cmp.Compare(a.Day, b.Day) })
	for i, r := range all {
		from, _ := slices.BinarySearch(w.Days, r.Since)
		to := len(w.Days)
		if r.Over != "" {
			at, _ := slices.BinarySearch(w.Days, r.Over)
			to = min(to, at+1)
		}
		all[i].Said = together(w.Counts[from:to])
	}
	return all
}

// ring is an episode by its days.
func (w *Watched) ring(r Ring, e report.Episode, day func(int) string) Ring {
	r.Since, r.Day = day(e.Since), day(e.Rang)
	if e.Over >= 0 {
		r.Over = day(e.Over)
	}
	return r
}

// joined puts an alarm among others: into the one that is on at the same time, if there is one.
func joined(all []Ring, r Ring) []Ring {
	for i := range all {
		x := &all[i]
		if (r.Over == "" || x.Since <= r.Over) && (x.Over == "" || r.Since <= x.Over) {
			x.Day = min(x.Day, r.Day) // when it began the sum says better
			if x.Over == "" || r.Over == "" {
				x.Over = ""
			} else {
				x.Over = max(x.Over, r.Over)
			}
			return all
		}
	}
	return append(all, r)
}

// sundayOf is the last day of the week that begins on a Monday.
func sundayOf(monday string) string {
	t, _ := time.Parse(time.DateOnly, monday)
	return t.AddDate(0, 0, 6).Format(time.DateOnly)
}

// Alarm is what is kept of an alarm that went off, with its picture. rate is the share since then.
func (w *Watched) Alarm(site string, r Ring, rate report.Rate, now time.Time) storage.Alarm {
	a := storage.Alarm{Site: site, Kind: storage.AlarmWorse, Day: r.Day, Made: now, Over: r.Over, AlarmTerms: storage.AlarmTerms{
		By: r.By, Since: r.Since, K: rate.K, N: rate.N, Manner: string(rate.Manner), Low: rate.Low(), High: rate.High(),
		Usual: w.Usual, First: w.Days[0], Begins: w.Begins,
	}}
	if r.Better {
		a.Kind = storage.AlarmBetter
	}
	a.ID = storage.AlarmID(site, a.Kind, r.Day)
	for _, s := range w.Sums {
		if s.Better == r.Better {
			a.Sum = &storage.AlarmSum{Up: s.Up, Down: s.Down, At: s.At, P0: s.P0, P1: s.P1, Apart: s.Answers(s.P0), After: s.Answers(s.P1)}
		}
	}
	for _, d := range w.Counts {
		a.Days = append(a.Days, [2]int{d.K, d.N})
	}
	return a
}

// RateOf is the share that an alarm was told with.
func RateOf(a *storage.Alarm) report.Rate {
	r := report.Rate{K: a.K, N: a.N, Manner: report.Manner(a.Manner), Within: report.Interval{Low: a.Low, High: a.High}}
	if r.Rated() {
		r.P = float64(a.K) / float64(a.N)
	}
	return r
}

// WatchedThen are the answers as they stood when an alarm was kept.
func WatchedThen(a *storage.Alarm) *Watched {
	first, err := time.Parse(time.DateOnly, a.First)
	if err != nil {
		return &Watched{}
	}
	w := &Watched{Begins: min(max(0, a.Begins), len(a.Days)), Usual: a.Usual}
	for i, d := range a.Days {
		w.Days, w.Counts = append(w.Days, first.AddDate(0, 0, i).Format(time.DateOnly)), append(w.Counts, report.Week{K: d[0], N: d[1]})
	}
	if s := a.Sum; s != nil {
		alarm := report.Alarm{Up: s.Up, Down: s.Down, At: s.At, Better: a.Kind == storage.AlarmBetter, P0: s.P0, P1: s.P1}
		w.Sums = []Sum{{alarm, alarm.Over(w.Counts[w.Begins:], len(w.Days)-1-w.Begins)}}
	}
	w.putWeeks()
	return w
}
