package report

// FewestUsual is how many answers it takes to say what is usual.
const FewestUsual = FewestBaseline

// ApartDays is how many days false alarms are apart at least, on average, where FalseAlarm answers come in less.
const ApartDays = 91

// Watching are the alarms for a usual share of unsatisfied answers, counted of so many: for twice as many and for
// half as many. daily is how many answers a day brings: where they are many, the alarms wait for more of them, so
// that they err as rarely. There is none where too few answers say what is usual, where so many are unsatisfied
// that only charts are of use, and none for fewer where hardly any are.
func Watching(unsatisfied, answers int, daily float64) (all []Alarm) {
	if answers < FewestUsual || unsatisfied < 0 || unsatisfied > answers {
		return nil
	}
	share, apart := float64(unsatisfied)/float64(answers), max(FalseAlarm, ApartDays*daily)
	if p, ok := Usual(share); ok {
		if a, err := AlarmOf(p, 2*p, apart); err == nil {
			all = append(all, a)
		}
	}
	if p, ok := UsualBetter(share); ok {
		if a, err := AlarmOf(p, p/2, apart); err == nil {
			all = append(all, a)
		}
	}
	return all
}

// Episode is for how long an alarm was on. It goes off once: as long as it is on, more of the same is no news.
type Episode struct {
	Since int // the first day of what it is about: before it the sum was 0
	Rang  int // the day whose answers reached the limit
	Over  int // the day whose answers brought the sum back to 0; -1 = it is on
}

// Watched is what an alarm's sum did.
type Watched struct {
	Sums     []int // after each day, 0 to the limit: what is above it does not count
	Episodes []Episode
}

// Over follows the sum over days, that is 0 before the first of them. A day's answers are counted at once: in whatever
// order they came, an alarm comes no earlier than if each was counted by itself, so that false ones are no
// closer than Answers says. The days from running on are not over yet: on them an alarm may go off, but not end.
//
// Source of the day on which a change began: E. S. Page, Biometrika 41 (1954) 100–115.
func (a Alarm) Over(days []Week, running int) Watched {
	r := Watched{Sums: make([]int, len(days))}
	sum, since := 0, 0
	on := false
	for i, d := range days {
		if sum == 0 {
			since = i
		}
		sum = min(a.At, a.after(sum, d.K, d.N))
		r.Sums[i] = sum
		switch {
		case !on && sum == a.At:
			on = true
			r.Episodes = append(r.Episodes, Episode{Since: since, Rang: i, Over: -1})
		case on && sum == 0 && i < running:
			on = false
			r.Episodes[len(r.Episodes)-1].Over = i
		}
	}
	return r
}

// FewestOut is how many answers a week has at least that may be said to lie beyond the limits of a chart.
const FewestOut = FewestPlain

// BeyondWeeks says how often weeks lie beyond the limits of a chart by chance: fewer than one in so many, also
// where they differ more than chance says. It is found by simulation, of 16 weeks that say what is usual.
const BeyondWeeks = 50

// Beyond are the episodes of weeks beyond the limits of a chart, above them or below, of the finished weeks from first
// to before running. Weeks of fewer than FewestOut answers say nothing either way.
func (c Chart) Beyond(weeks []Week, first, running int, better bool) (all []Episode) {
	on := false
	for i := first; i < min(running, len(weeks)); i++ {
		if weeks[i].N < FewestOut {
			continue
		}
		w := &c.Weeks[i]
		out := w.P > w.Wide
		if better {
			out = w.P < w.Floor
		}
		switch {
		case out && !on:
			all = append(all, Episode{Since: i, Rang: i, Over: -1})
		case !out && on:
			all[len(all)-1].Over = i
		}
		on = out
	}
	return all
}
