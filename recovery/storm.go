package recovery

import (
	"cmp"
	"slices"
	"time"
)

// Storm says when the cases of one site are shown as one card with a count.
type Storm struct {
	Cases  int  `json:"cases"`  // so many within the time begin a storm; 0 = never
	Within Span `json:"within"` // counted in whole minutes
}

// CasesOpened is how many cases opened at a site within one minute. P1 is among the counts:
// a storm's card names how many of them there are, it mutes none.
type CasesOpened struct {
	Site       string
	Minute     time.Time // its beginning
	P1, P2, P3 int
}

func (t CasesOpened) sum() int { return max(t.P1, 0) + max(t.P2, 0) + max(t.P3, 0) }

// Gathering is one storm: the cases that opened at the site in [From, Until) hang on
// one card. Until moves on while the storm lasts.
type Gathering struct {
	Site        string
	From, Until time.Time
	P1, P2, P3  int
}

// Count is how many cases the card counts.
func (g Gathering) Count() int { return g.P1 + g.P2 + g.P3 }

// Gather finds the storms in the counts of cases opened, by site and time. A storm begins
// with the minute in which the cases of the last Within reach Cases, and ends before the
// first minute in which they are less than half of that, so that it does not flicker.
// Cases from before it keep the cards they have. The same counts give the same storms, in
// whatever order they come; two of one minute are added.
func (s Storm) Gather(opened []CasesOpened) []Gathering {
	window := int(time.Duration(s.Within) / time.Minute)
	if s.Cases < 2 || window < 1 {
		return nil
	}
	sites := map[string]map[int64]CasesOpened{}
	for _, t := range opened {
		if t.sum() == 0 {
			continue
		}
		if sites[t.Site] == nil {
			sites[t.Site] = map[int64]CasesOpened{}
		}
		minute := minuteOf(t.Minute)
		sum := sites[t.Site][minute]
		sum.P1, sum.P2, sum.P3 = sum.P1+max(t.P1, 0), sum.P2+max(t.P2, 0), sum.P3+max(t.P3, 0)
		sites[t.Site][minute] = sum
	}
	var all []Gathering
	for site, minutes := range sites {
		all = append(all, s.gather(site, minutes, window)...)
	}
	slices.SortFunc(all, func(a, b Gathering) int { return cmp.Or(cmp.Compare(a.Site, b.Site), a.From.Compare(b.From)) })
	return all
}

func minuteOf(t time.Time) int64 { return t.Truncate(time.Minute).Unix() / 60 }

func (s Storm) gather(site string, minutes map[int64]CasesOpened, window int) []Gathering {
	var order []int64
	for m := range minutes {
		order = append(order, m)
	}
	slices.Sort(order)
	recent := func(m int64) (n int) {
		for i := range int64(window) {
			n += minutes[m-i].sum()
		}
		return n
	}
	var all []Gathering
	for i := 0; i < len(order); i++ {
		m := order[i]
		if n := len(all); n > 0 && m < all[n-1].Until.Unix()/60 || recent(m) < s.Cases {
			continue
		}
		g := Gathering{Site: site, From: time.Unix(m*60, 0).UTC()}
		for ; 2*recent(m) >= s.Cases; m++ {
			t := minutes[m]
			g.P1, g.P2, g.P3 = g.P1+t.P1, g.P2+t.P2, g.P3+t.P3
		}
		g.Until = time.Unix(m*60, 0).UTC()
		all = append(all, g)
	}
	return all
}

// Gathered returns the storm whose card counts a case that opened at the site at t.
func Gathered(storms []Gathering, site string, t time.Time) (Gathering, bool) {
	for _, g := range storms {
		if g.Site == site && !t.Before(g.From) && t.Before(g.Until) {
			return g, true
		}
	}
	return Gathering{}, false
}
