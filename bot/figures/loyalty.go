package figures

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Loyalty is how loyal customers are, as they say, and where they stand, as their visits say.
type Loyalty struct {
	Bond           // as they say in any survey
	Surveys []Bond `json:",omitempty"` // as they say in each that asks for it, by its id
	// Where customers stand, in the order of Standings, and where they stood before: of those who stood somewhere.
	Standing, Stood []report.Clustered
	Moves           []Move // between the two days
	Days            int    // that lie between them
	Usual           bool   // it is known how often customers of these sites come
	// UsualAt is how many days lie between two visits at a site, where that is known; nil of results of older programs.
	UsualAt map[string]float64 `json:",omitempty"`
}

// Bond is what customers say of what binds them: of each the newest answer.
type Bond struct {
	Flow    string                  `json:",omitempty"` // the survey; "" = any
	Index   report.ClusteredMean    // attraction × satisfaction × participation of each customer, 0–100
	Factors [3]report.ClusteredMean // of the same customers, 0–100
	Kinds   []Kind                  // why customers come, in the order of LoyaltyKinds; those who say it
	Captive report.Clustered        // unsatisfied, and here by habit or for lack of a choice
	Safe    report.Clustered        // satisfied, and here for the value
}

// Of is what they say in one survey alone, without where they stand: that follows from no survey.
func (l *Loyalty) Of(flow string) *Loyalty {
	if flow == "" {
		return l
	}
	for _, one := range l.Surveys {
		if one.Flow == flow {
			return &Loyalty{Bond: one}
		}
	}
	return &Loyalty{}
}

// Kind is how satisfied those are who come for one reason.
type Kind struct {
	Why                string
	N                  int
	Neutral, Satisfied int
	Unsatisfied        report.Clustered
}

// Move is how many customers stand elsewhere than before, or stayed.
type Move struct {
	From, To string
	N        int
}

// LoyaltyKinds are why customers come, the safest first.
func LoyaltyKinds() []string {
	return []string{report.ByValue, report.ByConvenience, report.ByPrice, report.ByReward, report.ByHabit, report.ByMonopoly}
}

// LoyaltyFactors are the parts of the index, as questions are marked with them.
func LoyaltyFactors() [3]string { return [3]string{"attraction", "satisfaction", "participation"} }

// Standings are where customers may stand.
func Standings() []report.Standing {
	return []report.Standing{report.Potential, report.First, report.Repeat, report.Loyal, report.Lost}
}

const (
	// movedDays lie between the two days on which it is looked where customers stand.
	movedDays = 90
	// fewestIntervals are how many intervals of a site say how often its customers come.
	fewestIntervals = 10
	// neverLost stands for that where it is not known: longer than a result looks back.
	neverLost = 400
)

// standing counts where customers stand, and where they stood.
func (c *clientele) standing(l *Loyalty) {
	l.Days = movedDays
	sites := c.usual()
	l.Usual, l.UsualAt = len(sites) > 0, sites
	now, then, moves := map[report.Standing]int{}, map[report.Standing]int{}, map[Move]int{}
	all, before := 0, 0
	for _, p := range c.by {
		usual, known := sites[p.site]
		if !known {
			usual = neverLost
		}
		to := p.standing(c.today, usual)
		now[to]++
		all++
		if len(p.visits) == 0 || p.visits[0] > c.today-movedDays {
			continue
		}
		from := p.standing(c.today-movedDays, usual)
		then[from]++
		before++
		moves[Move{From: string(from), To: string(to)}]++
	}
	for _, s := range Standings() {
		l.Standing = append(l.Standing, PerCustomer(now[s], all))
		l.Stood = append(l.Stood, PerCustomer(then[s], before))
	}
	for m, n := range moves {
		m.N = n
		l.Moves = append(l.Moves, m)
	}
	order := func(s string) int { return slices.Index(Standings(), report.Standing(s)) }
	slices.SortFunc(l.Moves, func(a, b Move) int {
		return cmp.Or(cmp.Compare(order(a.From), order(b.From)), cmp.Compare(order(a.To), order(b.To)))
	})
}

// standing is where a customer stood on a day, by what was known then.
func (p *patron) standing(day int, usual float64) report.Standing {
	visits, _ := slices.BinarySearch(p.visits, day+1)
	var levels []int
	for _, g := range p.levels {
		if g.day <= day {
			levels = append(levels, g.level)
		}
	}
	return report.StandingOf(p.visits[:visits], levels, day, usual).Standing
}

// usual is how many days lie between two visits of a customer, by the site of their newest: the median of all
// intervals there, where it is of ten at least.
func (c *clientele) usual() map[string]float64 {
	between := map[string][]int{}
	for _, p := range c.by {
		for i := 1; i < len(p.visits); i++ {
			between[p.site] = append(between[p.site], p.visits[i]-p.visits[i-1])
		}
	}
	usual := map[string]float64{}
	for site, days := range between {
		if n := len(days); n >= fewestIntervals {
			slices.Sort(days)
			usual[site] = float64(days[(n-1)/2]+days[n/2]) / 2
		}
	}
	return usual
}

// bonds counts what customers say of why they come and of what binds them, in all surveys ("") and in each.
type bonds struct {
	flows map[string]*survey.Flow
	by    map[string]*binding
}

// binding is the newest answer of each customer.
type binding struct {
	index   map[string]bond
	reasons map[string]reason
}

// of is where the answers to a survey are counted.
func (b *bonds) of(flow string) *binding {
	if b.by[flow] == nil {
		b.by[flow] = &binding{index: map[string]bond{}, reasons: map[string]reason{}}
	}
	return b.by[flow]
}

// bond is the three factors of a customer, 0–1.
type bond struct {
	said graded
	of   report.Loyalty
}

// reason is why a customer comes, and how satisfied they were then.
type reason struct {
	said graded
	why  string
}

func newBonds(flows map[string]*survey.Flow) *bonds {
	return &bonds{flows: flows, by: map[string]*binding{}}
}

// later reports whether one answer came behind another.
func (g graded) later(than graded) bool {
	return cmp.Or(cmp.Compare(g.day, than.day), cmp.Compare(g.id, than.id)) > 0
}

// add counts a conversation.
func (b *bonds) add(s *storage.GivenSession) {
	f := b.flows[s.Flow]
	if f == nil {
		return
	}
	now := graded{day: dayNumber(s.Day), level: s.Level, id: s.ID}
	if of, ok := factorsOf(s, f); ok {
		for _, flow := range []string{"", s.Flow} {
			in := b.of(flow)
			if was, known := in.index[s.Customer]; !known || now.later(was.said) {
				in.index[s.Customer] = bond{now, of}
			}
		}
	}
	for i := range f.Questions {
		q := &f.Questions[i]
		a := s.Answer(q.Key)
		if q.Kind != survey.ChoiceQ || a == nil || len(a.Choices) != 1 || !slices.ContainsFunc(q.Choices, func(c survey.Choice) bool { return c.Key == report.ByMonopoly }) {
			continue
		}
		if !slices.Contains(LoyaltyKinds(), a.Choices[0]) {
			continue
		}
		for _, flow := range []string{"", s.Flow} {
			in := b.of(flow)
			if was, known := in.reasons[s.Customer]; !known || now.later(was.said) {
				in.reasons[s.Customer] = reason{now, a.Choices[0]}
			}
		}
	}
}

// factorsOf are the three factors of a conversation, each on the straight line between the ends of its scale; the
// main question stands for satisfaction where no other is marked with it.
func factorsOf(s *storage.GivenSession, f *survey.Flow) (of report.Loyalty, ok bool) {
	for i, into := range []*float64{&of.Attraction, &of.Satisfaction, &of.Participation} {
		var q *survey.Question
		for j := range f.Questions {
			if one := &f.Questions[j]; one.Factor == LoyaltyFactors()[i] || i == 1 && one.Primary && q == nil {
				if q == nil || q.Primary {
					q = one
				}
			}
		}
		if q == nil {
			return of, false
		}
		height, given := heightOf(s, q)
		if !given {
			return of, false
		}
		*into = height / 100
	}
	return of, true
}

// tell puts it into the figures.
func (b *bonds) tell(l *Loyalty) {
	b.of("").tell(&l.Bond)
	l.Surveys = nil
	for _, flow := range slices.Sorted(maps.Keys(b.by)) {
		if flow != "" {
			one := Bond{Flow: flow}
			b.by[flow].tell(&one)
			l.Surveys = append(l.Surveys, one)
		}
	}
}

func (b *binding) tell(l *Bond) {
	var each []report.Loyalty
	var factors [3]report.ClusteredSums
	for _, one := range b.index {
		each = append(each, one.of)
		for i, x := range []float64{one.of.Attraction, one.of.Satisfaction, one.of.Participation} {
			factors[i].Add(1, 100*x)
		}
	}
	m := report.LoyaltyOf(each)
	l.Index = keptMean(report.ClusteredMean{N: m.N, Customers: m.N, Mean: m.Mean, Within: m.Within})
	for i := range factors {
		l.Factors[i] = keptMean(factors[i].Mean())
	}
	comes := map[string]*report.Comes{}
	for _, why := range LoyaltyKinds() {
		comes[why] = &report.Comes{Why: why}
	}
	for _, r := range b.reasons {
		switch of := comes[r.why]; {
		case r.said.level <= 3:
			of.Unsatisfied++
		case r.said.level == 4:
			of.Neutral++
		default:
			of.Satisfied++
		}
	}
	var reasons []report.Comes
	for _, why := range LoyaltyKinds() {
		reasons = append(reasons, *comes[why])
	}
	k := report.KindsOf(reasons)
	l.Captive, l.Safe = PerCustomer(k.Captive.K, k.N), PerCustomer(k.Safe.K, k.N)
	for _, r := range reasons {
		n := r.Unsatisfied + r.Neutral + r.Satisfied
		l.Kinds = append(l.Kinds, Kind{r.Why, n, r.Neutral, r.Satisfied, PerCustomer(r.Unsatisfied, n)})
	}
}

// Root is the mean index on the scale of its parts, 0–100; 0 where there is none.
func (l *Bond) Root() float64 {
	if !l.Index.Shown() {
		return 0
	}
	return 100 * math.Cbrt(l.Index.Mean/100)
}
