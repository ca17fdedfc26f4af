package chart

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"slices"
	"strings"
)

// Spot is one of several things in a plane, with the interval of its height.
type Spot struct {
	Words        string // all of it in words
	Label        string // beside it
	X            float64
	Y, Low, High float64
	Hollow       bool
}

// Scatter is things in a plane, parted by a cut on each axis.
type Scatter struct {
	ID          string // unique on the page
	Title       string
	Description string
	Spots       []Spot
	X, Y        [2]float64 // the ends of the axes
	CutX, CutY  float64
	AtX, AtY    func(float64) string // a value of an axis in words
	AxisX       string
	Corners     [4]string // above left, above right, below left, below right
}

// SVG is the drawing. Labels stand on the side where there is room.
func (s Scatter) SVG() template.HTML {
	place := func(v float64, of [2]float64) float64 {
		if !(of[1] > of[0]) {
			return 0.5
		}
		return min(1, max(0, (v-of[0])/(of[1]-of[0])))
	}
	x := func(v float64) float64 { return 100 * place(v, s.X) }
	y := func(v float64) float64 { return below - (below-above)*place(v, s.Y) }
	var b strings.Builder
	begin(&b, "plot scatter", s.ID, s.Title, s.Description)
	for i := range 5 {
		v := s.Y[0] + (s.Y[1]-s.Y[0])*float64(i)/4
		fmt.Fprintf(&b, `<line class="grid" x1="-44" x2="100%%" y1="%.1f%%" y2="%.1f%%"/><text class="scale" x="-3.385em" y="%.1f%%" dy="-4">%s</text>`, y(v), y(v), y(v), html.EscapeString(s.AtY(v)))
	}
	fmt.Fprintf(&b, `<line class="usual" x1="0" x2="100%%" y1="%.1f%%" y2="%.1f%%"/><line class="usual" x1="%.1f%%" x2="%.1f%%" y1="%.1f%%" y2="%.1f%%"/>`,
		y(s.CutY), y(s.CutY), x(s.CutX), x(s.CutX), float64(above), float64(below))
	for i, text := range s.Corners {
		at, side := "0", "start"
		if i%2 == 1 {
			at, side = "100%", "end"
		}
		height, off := float64(above), 12
		if i > 1 {
			height, off = below, -6
		}
		fmt.Fprintf(&b, `<text class="corner" text-anchor="%s" x="%s" y="%.1f%%" dy="%d">%s</text>`, side, at, height, off, html.EscapeString(text))
	}
	heights := make([]float64, len(s.Spots))
	for i, p := range s.Spots {
		heights[i] = y(p.Y)
	}
	apart(heights, labelHeight)
	for i, p := range s.Spots {
		class, dash := "dot", ""
		if p.Hollow {
			class, dash = "hollow", " few"
		}
		fmt.Fprintf(&b, `<line class="reach%s" x1="%.1f%%" x2="%.1f%%" y1="%.1f%%" y2="%.1f%%"/><circle class="%s" r="4" cx="%.1f%%" cy="%.1f%%"><title>%s</title></circle>`,
			dash, x(p.X), x(p.X), y(p.Low), y(p.High), class, x(p.X), y(p.Y), html.EscapeString(p.Words))
		side, off := "start", 8
		if x(p.X) > 50 {
			side, off = "end", -8
		}
		fmt.Fprintf(&b, `<text class="name" text-anchor="%s" x="%.1f%%" y="%.1f%%" dx="%d" dy="4">%s</text>`, side, x(p.X), heights[i], off, html.EscapeString(p.Label))
	}
	for i, v := range []float64{s.X[0], s.X[1]} {
		fmt.Fprintf(&b, `<text text-anchor="%s" x="%.1f%%" y="96%%">%s</text>`, anchor(i, 2), x(v), html.EscapeString(s.AtX(v)))
	}
	fmt.Fprintf(&b, `<text class="inner" text-anchor="middle" x="50%%" y="96%%">%s</text></svg>`, html.EscapeString(s.AxisX))
	return done(&b)
}

// labelHeight is how much of the height of a drawing one line of words takes.
const labelHeight = 6.5

// apart moves heights so that none is nearer to another than gap, each as little as that takes: those that are
// too near to each other are spread about their middle.
func apart(heights []float64, gap float64) {
	order := make([]int, len(heights))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(heights[a], heights[b]) })
	type block struct {
		of  []int
		mid float64
	}
	var blocks []block
	for _, i := range order {
		blocks = append(blocks, block{[]int{i}, heights[i]})
		for n := len(blocks); n > 1; n = len(blocks) {
			a, b := blocks[n-2], blocks[n-1]
			na, nb := float64(len(a.of)), float64(len(b.of))
			if b.mid-a.mid >= gap*(na+nb)/2 {
				break
			}
			blocks = append(blocks[:n-2], block{append(a.of, b.of...), (a.mid*na + b.mid*nb) / (na + nb)})
		}
	}
	for _, b := range blocks {
		top := b.mid - gap*float64(len(b.of)-1)/2
		for n, i := range b.of {
			heights[i] = top + gap*float64(n)
		}
	}
}
