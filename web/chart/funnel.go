package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// Dot is a part in a funnel: how many answers it has and its share, 0–1.
type Dot struct {
	Words string // all of it in words
	Label string // beside it; "" = none
	N, P  float64
	Loud  bool // it lies where chance seldom puts one
}

// Funnel is the shares of parts over how many answers they have, between curves within which chance
// alone puts them.
type Funnel struct {
	ID          string // unique on the page
	Title       string
	Description string
	Dots        []Dot
	Usual       float64 // the share of all
	Curves      func(n float64) (inner, outer [2]float64)
	Percent     func(float64) string
	Count       func(n int) string // below the axis
}

// curveSteps are the points that a curve is drawn through.
const curveSteps = 48

// SVG is the drawing.
func (f Funnel) SVG() template.HTML {
	least, most, high := math.Inf(1), 1.0, f.Usual
	for _, d := range f.Dots {
		least, most, high = min(least, d.N), max(most, d.N), max(high, d.P)
	}
	most *= 1.05
	least = min(least, most/2)
	_, outer := f.Curves(least)
	top := min(1, max(0.1, math.Ceil(10*max(high, min(outer[1], 2*high))-1e-9)/10))
	y := func(p float64) float64 { return below - (below-above)*min(1, max(0, p/top)) }
	x := func(n float64) float64 { return 100 * min(1, max(0, n/most)) }

	var b strings.Builder
	begin(&b, "plot", f.ID, f.Title, f.Description)
	step := 0.1
	for top/step > 6.5 {
		step *= 2
	}
	for p := 0.0; p <= top+1e-9; p += step {
		fmt.Fprintf(&b, `<line class="grid" x1="-44" x2="100%%" y1="%.1f%%" y2="%.1f%%"/><text x="-3.385em" y="%.1f%%" dy="-4">%s</text>`, y(p), y(p), y(p), html.EscapeString(f.Percent(p)))
	}
	fmt.Fprintf(&b, `<line class="usual" x1="-44" x2="100%%" y1="%.1f%%" y2="%.1f%%"/>`, y(f.Usual), y(f.Usual))
	b.WriteString(`<svg width="100%" height="100%" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">`)
	lines := map[string][]string{}
	for i := range curveSteps + 1 {
		n := least/2 + (most-least/2)*float64(i)/curveSteps
		inner, outer := f.Curves(n)
		for name, p := range map[string]float64{"1 low": inner[0], "2 high": inner[1], "3 low": outer[0], "4 high": outer[1]} {
			if p > 0 && p < top { // what lies outside the drawing is not drawn along its edge
				lines[name] = append(lines[name], fmt.Sprintf("%.1f,%.1f", x(n), y(p)))
			}
		}
	}
	for _, name := range []string{"1 low", "2 high", "3 low", "4 high"} {
		class := "curve"
		if name[0] > '2' {
			class = "curve far"
		}
		if len(lines[name]) > 1 {
			fmt.Fprintf(&b, `<polyline class="%s" points="%s"/>`, class, strings.Join(lines[name], " "))
		}
	}
	b.WriteString(`</svg>`)
	for _, d := range f.Dots {
		class := "dot"
		if d.Loud {
			class = "dot loud"
		}
		fmt.Fprintf(&b, `<circle class="%s" r="4" cx="%.1f%%" cy="%.1f%%"><title>%s</title></circle>`, class, x(d.N), y(d.P), html.EscapeString(d.Words))
		if d.Label != "" {
			side, off := "start", "8"
			if d.N > most/2 {
				side, off = "end", "-8"
			}
			fmt.Fprintf(&b, `<text text-anchor="%s" x="%.1f%%" y="%.1f%%" dx="%s" dy="4">%s</text>`, side, x(d.N), y(d.P), off, html.EscapeString(d.Label))
		}
	}
	for i, share := range []float64{0, 0.5, 1} {
		class := []string{"inner", "second", "last"}[i] // a narrow drawing leaves out the second, a very narrow one the first as well
		fmt.Fprintf(&b, `<text class="%s" text-anchor="%s" x="%.1f%%" y="96%%">%s</text>`, class, anchor(i, 3), 100*share, html.EscapeString(f.Count(int(math.Round(share*most)))))
	}
	b.WriteString(`</svg>`)
	return done(&b)
}
