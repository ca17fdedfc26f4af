package survey

import (
	"math"
	"slices"
)

// measures are the figures of a judgement before they are given away: no maps, no
// pointers, so that conditions on the judgement cost little.
type measures struct {
	scored, answered float64 // weights
	sum              float64 // Σ wᵢsᵢ
	composite        float64
	hasComposite     bool
	level            int
	lowLevel         bool // the level is an unsatisfied one
	flag             Flag
	gap              float64
	gapState         GapState // "" = no gap
	gapCounts        bool
	critical         bool
	bottom           bool // an attribute is at the bottom of its scale
	mood             int  // level of the worst answer; 0 = none has a level
	settled          bool
}

// unhappy is Judgement.Unhappy.
func (m *measures) unhappy() bool { return m.unsatisfied() || m.bottom }

// felt takes the level of one answer into the mood.
func (m *measures) felt(level int) {
	if level > 0 && (m.mood == 0 || level < m.mood) {
		m.mood = level
	}
}

// contradictory holds the level against the gap (domain S17–S19 with S2).
func (m *measures) contradictory() bool {
	if m.level == 0 {
		return false
	}
	return m.lowLevel && m.gapState == GapVerySatisfied ||
		round4(m.composite) >= mostlyMet && m.gapState == GapUnsatisfied
}

// mostlyMet is the score from which the ladder says that expectations were met.
const mostlyMet = 60

// unsatisfied is domain 3.3: the primary flag, the level once it can no longer move
// with the order of the questions, a critical answer, or an expectation not met. The
// composite alone is not enough: 1, 5, 5 is 66.7, "satisfied".
func (m *measures) unsatisfied() bool {
	return m.flag == Unsatisfied || m.settled && m.lowLevel || m.critical ||
		m.gapCounts && m.gapState == GapUnsatisfied
}

// verdict is the judgement as a flag, for conditions: unsatisfied, else the primary
// answer's flag, else what the level says.
func (m *measures) verdict() Flag {
	switch {
	case m.unsatisfied():
		return Unsatisfied
	case m.flag != NoFlag:
		return m.flag
	case m.level > 0 && !m.lowLevel:
		return Satisfied
	}
	return NoFlag
}

// measure computes the figures of what was entered (domain 3.3). ended says that no
// more will come.
func (v *view) measure(ended bool) measures {
	m := measures{settled: true, gapCounts: !v.flow.GapIgnored}
	ladder := true
	for i := range v.flow.Questions {
		q := &v.flow.Questions[i]
		if q.Scored() {
			m.scored += q.Weight
		}
		a := v.replies[i].answer
		m.critical = m.critical || a != nil && q.calls(a)
		if a == nil || a.Value == nil {
			if q.Scored() && !ended && m.settled && !v.replies[i].skipped && a == nil {
				m.settled = v.notApplicable(q)
			}
			continue
		}
		meant := q.meant(*a.Value)
		if q.Scored() {
			if score, onLadder, ok := q.score(meant); ok {
				m.answered += q.Weight
				m.sum += q.Weight * score
				ladder = ladder && onLadder
			}
		}
		if q.Primary {
			if o := q.option(meant); o != nil {
				m.flag = o.Flag
			}
		}
		m.critical = m.critical || q.isCritical(meant)
		calls := v.callsBelow(i)
		m.bottom = m.bottom || calls
		if o := q.option(meant); o != nil && o.Score != nil && q.Scale.Ladder && (q.Primary || calls || q.Attribute()) {
			level, _ := v.flow.levelOf(*o.Score)
			m.felt(level)
		}
	}
	if m.answered > 0 && m.coverage() >= v.flow.minCoverage()-1e-9 {
		m.composite, m.hasComposite = m.sum/m.answered, true
		if ladder {
			m.level, m.lowLevel = v.flow.levelOf(m.composite)
			m.felt(m.level)
		}
	}
	if gap, ok := v.gap(); ok {
		m.gap, m.gapState = gap, gapState(gap, v.flow.GapTol)
	}
	return m
}

func (m *measures) coverage() float64 {
	if m.scored <= 0 {
		return 0
	}
	return m.answered / m.scored
}

// minCoverage is the share of the scored weight that a composite needs.
func (f *Flow) minCoverage() float64 {
	if f.MinCoverage == 0 {
		return 0.5
	}
	return f.MinCoverage
}

// notApplicable reports whether q will not be asked after these answers; it counts
// as skipped then. While its condition is unknown it may still be asked.
func (v *view) notApplicable(q *Question) bool {
	if q.When == nil {
		return false
	}
	settling := *v
	settling.settling = true
	return settling.holds(q.When) == no
}

func (q *Question) isCritical(meant float64) bool {
	for _, value := range q.Critical {
		if sameValue(value, meant) {
			return true
		}
	}
	return false
}

// calls reports whether a choice that calls staff by itself is among an answer's.
func (q *Question) calls(a *Answer) bool {
	return slices.ContainsFunc(q.Calls, func(key string) bool { return slices.Contains(a.Choices, key) })
}

// gap is perception − expectation of the primary question's pair, else the value of
// the question that asks for the gap directly.
func (v *view) gap() (float64, bool) {
	direct := NoQuestion
	for i := range v.flow.Questions {
		q := &v.flow.Questions[i]
		if q.Primary && q.Pair != "" {
			if e := v.flow.index(q.Pair); e != NoQuestion {
				expected, ok1 := v.meant(e)
				perceived, ok2 := v.meant(i)
				if ok1 && ok2 {
					return perceived - expected, true
				}
			}
		}
		if q.Reported == "gap" && direct == NoQuestion {
			direct = i
		}
	}
	if direct == NoQuestion {
		return 0, false
	}
	return v.meant(direct)
}

// meant is the meant value of the answer to question q.
func (v *view) meant(q int) (float64, bool) {
	a := v.replies[q].answer
	if a == nil || a.Value == nil {
		return 0, false
	}
	return v.flow.Questions[q].meant(*a.Value), true
}

// gapState reads a gap: below −tol is unsatisfied, above tol very satisfied. Four
// decimals, so that 4.2 − 4.0 is 0.2.
func gapState(gap, tol float64) GapState {
	switch gap = round4(gap); {
	case gap < -tol:
		return GapUnsatisfied
	case gap > tol:
		return GapVerySatisfied
	}
	return GapSatisfied
}

func judge(f *Flow, answers []Answer, ended bool) Judgement {
	v := newView(f, answers, nil)
	m := v.measure(ended)
	j := Judgement{
		Coverage: m.coverage(), Level: m.level, Low: m.lowLevel, Flag: m.flag, GapState: m.gapState,
		Unsatisfied: m.unsatisfied(), Settled: m.settled, Ended: ended, Mood: m.mood,
		GapIgnored: f.GapIgnored && m.gapState != "", Contradictory: m.contradictory() || v.unfairYetSatisfied(),
	}
	if m.hasComposite {
		j.Composite = &m.composite
	}
	if m.gapState != "" {
		j.Gap, j.Delighted = &m.gap, round4(m.gap) >= 1
	}
	for i := range f.Questions {
		v.alerts(&j, i)
	}
	j.Dimensions = v.dimensions()
	return j
}

// alerts enters what the alert rules look at about question i.
func (v *view) alerts(j *Judgement, i int) {
	q := &v.flow.Questions[i]
	if q.Primary && j.Primary.Key == "" {
		j.Primary = Primary{Key: q.Key, Scale: q.Scale.Key, Silent: q.Alert == AlertNever, BottomOnly: q.Alert == AlertBottom}
	}
	if a := v.replies[i].answer; a != nil && q.Alert != AlertNever && q.calls(a) {
		j.Critical = append(j.Critical, q.Key)
	}
	meant, ok := v.meant(i)
	if !ok {
		return
	}
	low, _, _ := q.span()
	o := q.option(meant)
	if v.callsBelow(i) {
		j.Bottom = append(j.Bottom, q.Key)
	}
	if q.Primary && q.Key == j.Primary.Key {
		j.Primary.Answered, j.Primary.Value = true, *v.replies[i].answer.Value
		j.Primary.Lowest = o != nil && sameValue(meant, low)
		if o != nil && o.Score != nil && q.Scale.Ladder {
			j.Primary.Level, _ = v.flow.levelOf(*o.Score)
		}
	}
	if q.Alert != AlertNever && q.isCritical(meant) {
		j.Critical = append(j.Critical, q.Key)
	}
}

// callsBelow reports whether the answer to question i, which is not the primary one, is so
// low that it calls staff by itself: the lowest of an attribute (rule R4), or what the
// question's alert mode says.
func (v *view) callsBelow(i int) bool {
	q := &v.flow.Questions[i]
	if q.Alert == AlertNever || q.Primary && v.flow.primary() == i {
		return false
	}
	meant, ok := v.meant(i)
	if !ok {
		return false
	}
	o := q.option(meant)
	if o == nil {
		return false
	}
	low, _, _ := q.span()
	lowest := sameValue(meant, low)
	switch q.Alert {
	case AlertAlways:
		return lowest || o.Flag == Unsatisfied
	case AlertBottom:
		return lowest
	}
	return lowest && q.Attribute()
}

// unfairYetSatisfied reports whether somebody who is satisfied with a recovery called every
// side of it, two at least, as unfair as its scale allows.
func (v *view) unfairYetSatisfied() bool {
	p := v.flow.primary()
	if p == NoQuestion {
		return false
	}
	meant, ok := v.meant(p)
	if !ok {
		return false
	}
	if o := v.flow.Questions[p].option(meant); o == nil || o.Flag != Satisfied && o.Flag != Delighted {
		return false
	}
	unfair := 0
	for i := range v.flow.Questions {
		q := &v.flow.Questions[i]
		said, ok := v.meant(i)
		if q.Justice == "" || !ok {
			continue
		}
		if low, _, ok := q.span(); !ok || !sameValue(said, low) {
			return false
		}
		unfair++
	}
	return unfair >= 2
}

// dimensions is the mean score of the answered scale questions of each quality
// dimension. Expectations, asked before the service, are no part of it.
func (v *view) dimensions() map[string]float64 {
	var means map[string]float64
	for i := range v.flow.Questions {
		dimension := v.flow.Questions[i].Dimension
		if dimension == "" {
			continue
		}
		if _, done := means[dimension]; done {
			continue
		}
		sum, n := 0.0, 0
		for k := i; k < len(v.flow.Questions); k++ {
			q := &v.flow.Questions[k]
			if q.Dimension != dimension || q.Kind != ScaleQ || q.Phase == Pre {
				continue
			}
			if meant, ok := v.meant(k); ok {
				if score, _, ok := q.score(meant); ok {
					sum, n = sum+score, n+1
				}
			}
		}
		if n > 0 {
			if means == nil {
				means = make(map[string]float64, 5)
			}
			means[dimension] = sum / float64(n)
		}
	}
	return means
}

// finite reports whether x is a number at all.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
