package figures

import (
	"maps"
	"slices"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// dimensions is how many there are.
const dimensions = 5

// qualityCount adds up conversations in any order. It holds what customers found until that is folded.
type qualityCount struct {
	*whom
	flows map[string]*survey.Flow
	by    map[string]*flowQuality
	sums  map[string]*qualitySums // by survey; "" = of all, without what belongs together
}

// flowQuality is what was given in one survey, and held.
type flowQuality struct {
	by    map[uint64]*found
	items [dimensions]map[string]bool // the questions that somebody answered
}

// found is what a customer found.
type found struct {
	felt   [dimensions]felt
	rows   [dimensions]newestValues // where they answered all questions of a dimension
	points newestValues             // that they shared over the dimensions
}

// felt is what a customer found of a dimension, and how that differs from what they expected.
type felt struct{ perceived, gap given }

// newestValues are those of the newest conversation that has them.
type newestValues struct {
	*newest // nil = there are none
	values  []float64
}

// join keeps the newer ones.
func (v *newestValues) join(o newestValues) {
	if o.newest != nil && (v.newest == nil || v.before(o.newest)) {
		*v = o
	}
}

// qualitySums are sums over customers.
type qualitySums struct {
	perceived, gaps [dimensions]means
	items           [dimensions]map[string]bool
	rows            [dimensions]belonging
	points          sharing
}

func newQualityCount(w *whom, flows map[string]*survey.Flow) *qualityCount {
	return &qualityCount{whom: w, flows: flows, by: map[string]*flowQuality{}, sums: map[string]*qualitySums{"": {}}}
}

// add counts a conversation, of whoever is counted.
func (c *qualityCount) add(s *storage.GivenSession) {
	f, who := c.flows[s.Flow], c.of(s)
	if f == nil || !c.counted(who) {
		return
	}
	of := c.by[s.Flow]
	if of == nil {
		of = &flowQuality{by: map[uint64]*found{}}
		c.by[s.Flow] = of
	}
	var points []float64
	var sum, gap, n, paired [dimensions]float64
	var whole [dimensions][]float64
	for j := range f.Questions {
		x := &f.Questions[j]
		at := slices.Index(Dimensions, x.Dimension)
		if at < 0 || x.Phase == survey.Pre {
			continue
		}
		if x.Kind == survey.NumberQ {
			if a := s.Answer(x.Key); a != nil && a.Value != nil {
				if points == nil {
					points = make([]float64, dimensions)
				}
				points[at] += *a.Value
			}
			continue
		}
		height, ok := heightOf(s, x)
		if !ok {
			continue
		}
		of.items[at] = with(of.items[at], x.Key)
		sum[at], n[at] = sum[at]+height, n[at]+1
		whole[at] = append(whole[at], height)
		if asked := QuestionOf(f, x.Pair); asked != nil {
			if expected, ok := heightOf(s, asked); ok {
				gap[at], paired[at] = gap[at]+height-expected, paired[at]+1
			}
		}
	}
	at := newestOf(s)
	if points != nil {
		of.of(who).points.join(newestValues{at, points})
	}
	for i := range dimensions {
		if n[i] == 0 {
			continue
		}
		x := of.of(who)
		x.felt[i].perceived.add(fixedOf(sum[i] / n[i]))
		if paired[i] > 0 {
			x.felt[i].gap.add(fixedOf(gap[i] / paired[i]))
		}
		if len(whole[i]) > 1 && len(whole[i]) == asksOf(f, Dimensions[i]) {
			x.rows[i].join(newestValues{at, slices.Clip(whole[i])})
		}
	}
}

// with is a set with a key.
func with(set map[string]bool, key string) map[string]bool {
	if set == nil {
		set = map[string]bool{}
	}
	set[key] = true
	return set
}

// of is what is held of a customer.
func (of *flowQuality) of(who uint64) *found {
	x := of.by[who]
	if x == nil {
		x = &found{}
		of.by[who] = x
	}
	return x
}

func (c *qualityCount) held() (n int) {
	for _, of := range c.by {
		n += len(of.by)
	}
	return n
}

func (c *qualityCount) drop() { c.by = map[string]*flowQuality{} }

func (c *qualityCount) fold() {
	ids := slices.Sorted(maps.Keys(c.by))
	for i, id := range ids {
		of, sums := c.by[id], c.sums[id]
		if sums == nil {
			sums = &qualitySums{}
			c.sums[id] = sums
		}
		for at := range dimensions {
			for key := range of.items[at] {
				sums.items[at] = with(sums.items[at], key)
			}
		}
		for who, x := range of.by {
			sums.add(x)
			for at, row := range x.rows {
				if row.newest != nil {
					sums.rows[at].add(row.values)
				}
			}
			if c.heldIn(ids[:i], who) {
				continue // as one customer, with what they gave there
			}
			all := found{felt: x.felt, points: x.points}
			for _, other := range ids[i+1:] {
				if o := c.by[other].by[who]; o != nil {
					all.join(o)
				}
			}
			c.sums[""].add(&all)
		}
	}
	c.drop()
}

// heldIn reports whether something of a customer is held in one of these surveys.
func (c *qualityCount) heldIn(ids []string, who uint64) bool {
	return slices.ContainsFunc(ids, func(id string) bool { return c.by[id].by[who] != nil })
}

// join adds what the customer found in another survey, but for what belongs together.
func (x *found) join(o *found) {
	for i := range x.felt {
		x.felt[i].perceived.join(o.felt[i].perceived)
		x.felt[i].gap.join(o.felt[i].gap)
	}
	x.points.join(o.points)
}

// add counts a customer.
func (s *qualitySums) add(x *found) {
	for i := range x.felt {
		s.perceived[i].add(x.felt[i].perceived)
		s.gaps[i].add(x.felt[i].gap)
	}
	if x.points.newest != nil {
		s.points.add(x.points.values)
	}
}

// quality is what was counted of a survey; "" = of all.
func (c *qualityCount) quality(flow string) (q Quality) {
	c.fold()
	sums := c.sums[flow]
	if sums == nil {
		sums = &qualitySums{}
	}
	var asked [dimensions][]AskedQuestion
	var rows [dimensions]*belonging // of the survey whose customers are most
	for i := range rows {
		rows[i] = &belonging{}
	}
	for _, id := range slices.Sorted(maps.Keys(c.sums)) {
		if id == "" || flow != "" && flow != id {
			continue
		}
		of := c.sums[id]
		for at := range dimensions {
			for _, key := range slices.Sorted(maps.Keys(of.items[at])) {
				asked[at] = append(asked[at], AskedQuestion{id, key})
			}
			if of.rows[at].customers > rows[at].customers {
				rows[at] = &of.rows[at]
			}
		}
	}
	q.weigh(sums, asked)
	for i := range q.Dimensions {
		q.Dimensions[i].belong(rows[slices.Index(Dimensions, q.Dimensions[i].Name)])
	}
	return q
}

// asksOf is how many questions of a flow are about a dimension.
func asksOf(f *survey.Flow, dimension string) (n int) {
	for i := range f.Questions {
		if q := &f.Questions[i]; q.Dimension == dimension && q.Phase != survey.Pre && q.Kind == survey.ScaleQ {
			n++
		}
	}
	return n
}
