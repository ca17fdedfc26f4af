// Package chart draws figures as SVG on the server: a line with its interval, rows of a figure
// with its interval, the seven levels, bars. A drawing has a title and a description for who does
// not see it, no style and no script of its own, colours by class, and words at the size of text.
// Time runs from left to right in every language. Beside each drawing stands a table of the same:
// that is the page's.
package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// Mark is how sure a figure is, as it is drawn.
type Mark int

// The marks.
const (
	Gap    Mark = iota // too few answers: nothing is drawn but how many there are
	Hollow             // few answers
	Filled
	Bare // on the line, without a mark of its own: one of very many
)

// Point is a figure of a line, 0–1.
type Point struct {
	Label string // below the axis; "" = none
	Words string // all of it in words
	Few   string // what stands in a gap
	Alarm string // an alarm went off there: in words; "" = none did
	Mark  Mark
	P     float64
	Low   float64
	High  float64
}

// At is something that happened on a day of a line, by where on it that is: 0–1. It stands beside the drawing
// under its number.
type At struct {
	X     float64
	N     int
	Words string
}

// Line is a figure over equal spaces of time with its 95 % interval.
type Line struct {
	ID          string // unique on the page
	Title       string
	Description string
	Points      []Point
	Usual       float64 // a dashed line; NaN = none
	Aim         float64 // a line that the figure is to keep to, with its words; 0 = none
	AimWords    string
	Top         float64 // of the scale; 0 = the next 10 % above the highest interval
	Small       bool    // one of many
	Marks       []At
	Percent     func(float64) string
}

// Top is the end of a scale that begins at 0: the next 10 % above all that is drawn.
func Top(points []Point, usual float64) float64 {
	high := 0.0
	if !math.IsNaN(usual) {
		high = usual
	}
	for _, p := range points {
		if p.Mark != Gap {
			high = max(high, p.High)
		}
	}
	return min(1, max(0.1, math.Ceil(high*10-1e-9)/10))
}

// the part of a drawing's height in which the scale lies, in per cent from its upper end.
const above, below = 9.0, 86.0

// SVG is the drawing.
func (l Line) SVG() template.HTML {
	top := l.Top
	if top <= 0 {
		top = max(Top(l.Points, l.Usual), Top(nil, l.Aim))
	}
	y := func(p float64) float64 { return below - (below-above)*min(1, max(0, p/top)) }
	x := func(i int) float64 {
		if len(l.Points) < 2 {
			return 50
		}
		return 100 * float64(i) / float64(len(l.Points)-1)
	}
	var b strings.Builder
	class := "plot"
	if l.Small {
		class = "plot small"
	}
	begin(&b, class, l.ID, l.Title, l.Description)
	step := 0.1
	for top/step > 6.5 {
		step *= 2
	}
	if l.Small {
		step = top
	}
	for p := 0.0; p <= top+1e-9; p += step {
		fmt.Fprintf(&b, `<line class="grid" x1="-44" x2="100%%" y1="%.1f%%" y2="%.1f%%"/><text x="-3.385em" y="%.1f%%" dy="-4">%s</text>`, y(p), y(p), y(p), html.EscapeString(l.Percent(p)))
	}
	if !math.IsNaN(l.Usual) {
		fmt.Fprintf(&b, `<line class="usual" x1="0" x2="100%%" y1="%.1f%%" y2="%.1f%%"/>`, y(l.Usual), y(l.Usual))
	}
	if l.Aim > 0 {
		fmt.Fprintf(&b, `<line class="happened" x1="-44" x2="100%%" y1="%.1f%%" y2="%.1f%%"/><text text-anchor="end" x="100%%" y="%.1f%%" dy="-4">%s</text>`, y(l.Aim), y(l.Aim), y(l.Aim), html.EscapeString(l.AimWords))
	}
	b.WriteString(`<svg width="100%" height="100%" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">`)
	for from := 0; from < len(l.Points); {
		to := from
		for to < len(l.Points) && l.Points[to].Mark != Gap {
			to++
		}
		if to-from > 1 {
			var band, line []string
			for i := from; i < to; i++ {
				band = append(band, fmt.Sprintf("%.1f,%.1f", x(i), y(l.Points[i].High)))
				line = append(line, fmt.Sprintf("%.1f,%.1f", x(i), y(l.Points[i].P)))
			}
			for i := to - 1; i >= from; i-- {
				band = append(band, fmt.Sprintf("%.1f,%.1f", x(i), y(l.Points[i].Low)))
			}
			fmt.Fprintf(&b, `<polygon class="band" points="%s"/><polyline class="line" points="%s"/>`, strings.Join(band, " "), strings.Join(line, " "))
		}
		from = max(to, from+1)
	}
	b.WriteString(`</svg>`)
	for _, m := range l.Marks {
		at := 100 * min(1, max(0, m.X))
		fmt.Fprintf(&b, `<line class="happened" x1="%.1f%%" x2="%.1f%%" y1="%.1f%%" y2="%.1f%%"><title>%s</title></line><text text-anchor="middle" x="%.1f%%" y="5%%">%d</text>`,
			at, at, above-2, below, html.EscapeString(m.Words), at, m.N)
	}
	labels := 0
	for _, p := range l.Points {
		if p.Label != "" {
			labels++
		}
	}
	for i, p := range l.Points {
		alone := (i == 0 || l.Points[i-1].Mark == Gap) && (i == len(l.Points)-1 || l.Points[i+1].Mark == Gap)
		switch p.Mark {
		case Gap:
			if p.Few != "" && !l.Small {
				fmt.Fprintf(&b, `<text class="gap" text-anchor="%s" x="%.1f%%" y="%.1f%%">%s</text>`, anchor(i, len(l.Points)), x(i), y(top/2), html.EscapeString(p.Few))
			}
		case Hollow, Filled:
			if alone {
				fmt.Fprintf(&b, `<line class="reach" x1="%.1f%%" x2="%.1f%%" y1="%.1f%%" y2="%.1f%%"/>`, x(i), x(i), y(p.Low), y(p.High))
			}
			class, r := "dot", "3.5"
			if p.Mark == Hollow {
				class, r = "hollow", "2.5"
			}
			fmt.Fprintf(&b, `<circle class="%s" r="%s" cx="%.1f%%" cy="%.1f%%"><title>%s</title></circle>`, class, r, x(i), y(p.P), html.EscapeString(p.Words))
		case Bare:
		}
		if p.Alarm != "" {
			fmt.Fprintf(&b, `<text class="alarm" text-anchor="middle" x="%.1f%%" y="%.1f%%" dy="-8">▼<title>%s</title></text>`, x(i), y(p.P), html.EscapeString(p.Alarm))
		}
		if p.Label != "" {
			class := ""
			switch labels--; {
			case labels%2 == 1:
				class = ` class="second"` // a narrow drawing leaves it out
			case labels > 0:
				class = ` class="inner"` // a very narrow one keeps the last alone
			}
			fmt.Fprintf(&b, `<text%s text-anchor="%s" x="%.1f%%" y="96%%">%s</text>`, class, anchor(i, len(l.Points)), x(i), html.EscapeString(p.Label))
		}
	}
	b.WriteString(`</svg>`)
	return done(&b)
}

// anchor keeps words at the ends inside.
func anchor(i, n int) string {
	switch {
	case n > 1 && i == 0:
		return "start"
	case n > 1 && i == n-1:
		return "end"
	}
	return "middle"
}

// Span is a figure between 0 and 1 with its interval, as one row of several on the same scale.
type Span struct {
	Mark         Mark
	P, Low, High float64
	Mean         float64 // a line through all rows; NaN = none
	Top          float64 // of the scale
}

// SVG is the row's drawing. It adds nothing to the words beside it.
func (s Span) SVG() template.HTML {
	top := s.Top
	if !(top > 0) {
		top = 1
	}
	x := func(p float64) float64 { return 2 + 96*min(1, max(0, p/top)) }
	var b strings.Builder
	b.WriteString(`<svg class="whisker" aria-hidden="true">`)
	if !math.IsNaN(s.Mean) {
		fmt.Fprintf(&b, `<line class="mean" x1="%.1f%%" x2="%.1f%%" y1="0" y2="100%%"/>`, x(s.Mean), x(s.Mean))
	}
	class, dash := "dot", ""
	if s.Mark == Hollow {
		class, dash = "hollow", ` class="few"`
	}
	if s.Mark != Gap {
		fmt.Fprintf(&b, `<line%s x1="%.1f%%" x2="%.1f%%" y1="50%%" y2="50%%"/><circle class="%s" cx="%.1f%%" cy="50%%" r="4"/>`, dash, x(s.Low), x(s.High), class, x(s.P))
	}
	b.WriteString(`</svg>`)
	return done(&b)
}

// Levels is how answers spread over the seven levels, split at the cut: 1 to 3 to the left, the
// others to the right.
type Levels struct {
	ID          string
	Title       string
	Description string
	Counts      [7]int
	Low, Whole  float64 // the widest left part of all that are compared, and the widest of both parts, as shares; see Aligned
	Large       bool    // with its shares below
	Name        func(level, n int) string
	Percent     func(float64) string
}

// Aligned are the widths that let several bars stand under each other at one cut.
func Aligned(all ...[7]int) (low, whole float64) {
	high := 0.0
	for _, counts := range all {
		n, under := 0, 0
		for i, c := range counts {
			n += c
			if i < 3 {
				under += c
			}
		}
		if n == 0 {
			continue
		}
		low, high = max(low, float64(under)/float64(n)), max(high, 1-float64(under)/float64(n))
	}
	return low, low + high
}

// SVG is the drawing.
func (l Levels) SVG() template.HTML {
	n, under := 0, 0
	for i, c := range l.Counts {
		n += c
		if i < 3 {
			under += c
		}
	}
	var b strings.Builder
	class, height := "levels", 16
	if l.Large {
		class, height = "levels first", 24
	}
	begin(&b, class, l.ID, l.Title, l.Description)
	whole := l.Whole
	if !(whole > 0) {
		whole = 1
	}
	cut := 100 * l.Low / whole
	if n > 0 {
		at := cut - 100*float64(under)/float64(n)/whole
		for i, c := range l.Counts {
			width := 100 * float64(c) / float64(n) / whole
			if c > 0 {
				fmt.Fprintf(&b, `<rect class="l%d" x="%.2f%%" y="4" width="%.2f%%" height="%d"><title>%s</title></rect>`, i+1, at, width, height, html.EscapeString(l.Name(i+1, c)))
			}
			if share := float64(c) / float64(n); l.Large && share >= 0.08 {
				fmt.Fprintf(&b, `<text class="inner" text-anchor="middle" x="%.2f%%" y="44">%s</text>`, at+width/2, html.EscapeString(l.Percent(share)))
			}
			at += width
		}
	}
	fmt.Fprintf(&b, `<line class="cut" x1="%.2f%%" x2="%.2f%%" y1="0" y2="%d"/></svg>`, cut, cut, height+8)
	return done(&b)
}

// Bar is a share of the longest, 0–1, beside words that say it.
func Bar(share float64) template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="bar" aria-hidden="true"><rect class="fill" width="%.1f%%" height="8" rx="2"/></svg>`, 100*min(1, max(0, share)))
	return done(&b)
}

// Reach is an interval on the scale from 0 to 1, with the figure in it, beside words that say it.
// With a NaN for the figure there is none: these are bounds.
func Reach(p, low, high float64) template.HTML {
	var b strings.Builder
	b.WriteString(`<svg class="bar" aria-hidden="true"><rect class="track" width="100%" height="8" rx="4"/>`)
	low, high = min(1, max(0, low)), min(1, max(0, high))
	fmt.Fprintf(&b, `<rect class="range" x="%.1f%%" width="%.1f%%" height="8" rx="4"/>`, 100*low, 100*max(0, high-low))
	if !math.IsNaN(p) {
		fmt.Fprintf(&b, `<rect class="point" x="%.1f%%" y="-2" width="3" height="12" rx="1"/>`, 100*min(1, max(0, p)))
	}
	b.WriteString(`</svg>`)
	return done(&b)
}

// Difference is a difference with its interval on a scale from −1 to 1 whose middle is 0, beside words that say it.
func Difference(by, low, high float64) template.HTML {
	reach := max(0.1, math.Ceil(10*max(math.Abs(low), math.Abs(high))-1e-9)/10)
	x := func(d float64) float64 { return 50 + 48*min(1, max(-1, d/reach)) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="whisker" aria-hidden="true"><line class="mean" x1="50%%" x2="50%%" y1="0" y2="100%%"/><line x1="%.1f%%" x2="%.1f%%" y1="50%%" y2="50%%"/><circle class="dot" cx="%.1f%%" cy="50%%" r="4"/></svg>`,
		x(low), x(high), x(by))
	return done(&b)
}

// begin opens a drawing that says what it shows.
func begin(b *strings.Builder, class, id, title, description string) {
	id = html.EscapeString(id)
	fmt.Fprintf(b, `<svg class="%s" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		class, id, id, id, html.EscapeString(title), id, html.EscapeString(description))
}

// done is the drawing as a template takes it: every text in it went through EscapeString, and all
// else is made of numbers here.
func done(b *strings.Builder) template.HTML {
	return template.HTML(b.String()) //nolint:gosec // as said
}
