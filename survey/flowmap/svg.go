package flowmap

import (
	"fmt"
	"html"
	"strings"
)

// Style is the style sheet of a map. Its colours are variables, so that a page can set
// its own, and follow the reader's choice of light or dark.
const Style = `svg.flowmap{--map-paper:#fff;--map-box:#f6f8fa;--map-ink:#1f2328;--map-soft:#59636e;--map-line:#818b98;--map-if:#0a5bbf;--map-first:#1a7f37}
@media (prefers-color-scheme:dark){svg.flowmap{--map-paper:#0d1117;--map-box:#161b22;--map-ink:#e6edf3;--map-soft:#9198a1;--map-line:#656c76;--map-if:#6cb0ff;--map-first:#4ac26b}}
svg.flowmap text{font-family:system-ui,sans-serif;font-size:14px;fill:var(--map-ink)}
svg.flowmap .paper{fill:var(--map-paper)}
svg.flowmap .box{fill:var(--map-box);stroke:var(--map-line)}
svg.flowmap .first{stroke:var(--map-first);stroke-width:2}
svg.flowmap .key{font-weight:600}
svg.flowmap .kind,svg.flowmap .service{fill:var(--map-soft);font-size:12px}
svg.flowmap .if{fill:var(--map-if);font-size:12px}
svg.flowmap path{fill:none;stroke:var(--map-line);stroke-width:1.5}
svg.flowmap path.cond{stroke:var(--map-if);stroke-dasharray:5 3}
svg.flowmap path.rule{stroke-dasharray:2 4}
svg.flowmap .head{fill:var(--map-line)}
svg.flowmap .head.cond{fill:var(--map-if)}
`

// SVG draws the map. With style it is a picture that stands by itself; without, the page
// around it brings Style. It holds no script, and each question has its whole words as a
// tooltip.
func (m Map) SVG(style bool) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p(`<svg xmlns="http://www.w3.org/2000/svg" class="flowmap" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s" lang="%s">`,
		m.Width, m.Height, m.Width, m.Height, html.EscapeString(m.Title), html.EscapeString(m.Lang))
	p(`<title>%s</title>`, html.EscapeString(m.Title))
	p(`<desc>%s</desc>`, html.EscapeString(m.summary()))
	if style {
		p("<style>\n%s</style>", Style)
	}
	p(`<rect class="paper" width="%d" height="%d"/>`, m.Width, m.Height)
	for _, l := range m.Lines {
		p(`<path class="rule" d="M%d %dH%d"/>`, m.Boxes[0].X+indent, l.Y-4, m.Width-edge)
		p(`<text class="service" x="%d" y="%d">%s</text>`, m.Boxes[0].X+indent, l.Y+12, html.EscapeString(l.Words))
	}
	for _, a := range m.Arrows {
		m.arrow(p, a)
	}
	for _, box := range m.Boxes {
		m.box(p, box)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (m Map) arrow(p func(string, ...any), a Arrow) {
	class := ""
	if a.Conditional {
		class = " cond"
	}
	d := make([]string, len(a.Points))
	for i, pt := range a.Points {
		d[i] = fmt.Sprintf("%d %d", pt[0], pt[1])
	}
	end := a.Points[len(a.Points)-1]
	p(`<path class="edge%s" d="M%s"/>`, class, strings.Join(d, "L"))
	if a.Conditional {
		p(`<polygon class="head%s" points="%d,%d %d,%d %d,%d"/>`, class, end[0], end[1], end[0]-8, end[1]-4, end[0]-8, end[1]+4)
	} else {
		p(`<polygon class="head" points="%d,%d %d,%d %d,%d"/>`, end[0], end[1], end[0]-4, end[1]-8, end[0]+4, end[1]-8)
	}
}

func (m Map) box(p func(string, ...any), b Box) {
	if b.Key == "" {
		p(`<g><rect class="box" x="%d" y="%d" width="%d" height="%d" rx="15"/>`, b.X, b.Y, b.W, b.H)
		p(`<text x="%d" y="%d">%s</text></g>`, b.X+spine-6, b.Y+20, html.EscapeString(b.Rows[0]))
		return
	}
	class := "box"
	if b.Primary {
		class = "box first"
	}
	tip := b.Key + " (" + b.Kind + "): " + b.Words
	if b.Condition != "" {
		tip += " — asked " + b.Condition
	}
	p(`<g><title>%s</title>`, html.EscapeString(tip))
	if b.Condition != "" {
		p(`<text class="if" x="%d" y="%d">%s</text>`, b.X, b.Y-6, html.EscapeString(b.Shown))
	}
	p(`<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="6"/>`, class, b.X, b.Y, b.W, b.H)
	y := b.Y + padding + 14
	p(`<text x="%d" y="%d"><tspan class="key">%s</tspan> <tspan class="kind" dx="6">%s</tspan></text>`,
		b.X+padding, y, html.EscapeString(b.Key), html.EscapeString(b.Kind))
	for _, row := range b.Rows {
		y += rowHeight
		p(`<text x="%d" y="%d">%s</text>`, b.X+padding, y, html.EscapeString(row))
	}
	p(`</g>`)
}

// summary says the picture in words, for those who do not see it.
func (m Map) summary() string {
	var parts []string
	for _, b := range m.Boxes {
		if b.Key == "" {
			continue
		}
		s := b.Key
		if b.Condition != "" {
			s += ", " + b.Condition
		}
		parts = append(parts, s)
	}
	return "Asked from top to bottom: " + strings.Join(parts, "; ") + "."
}

// Mermaid writes the map as a Mermaid flowchart.
func (m Map) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	name := func(i int) string {
		switch i {
		case 0:
			return "start"
		case len(m.Boxes) - 1:
			return "finish"
		}
		return "q_" + m.Boxes[i].Key
	}
	for i, box := range m.Boxes {
		if box.Key == "" {
			fmt.Fprintf(&b, "  %s([\"%s\"])\n", name(i), mermaidText(box.Rows[0]))
			continue
		}
		fmt.Fprintf(&b, "  %s[\"%s<br/>%s<br/>%s\"]\n", name(i), mermaidText(box.Key), mermaidText(box.Kind), mermaidText(box.Words))
	}
	for _, a := range m.Arrows {
		if a.Conditional {
			fmt.Fprintf(&b, "  %s -. \"%s\" .-> %s\n", name(a.From), mermaidText(m.Boxes[a.To].Condition), name(a.To))
		} else {
			fmt.Fprintf(&b, "  %s --> %s\n", name(a.From), name(a.To))
		}
	}
	return b.String()
}

// mermaidText keeps words from being read as Mermaid's own signs.
func mermaidText(s string) string {
	return strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "`", "#96;", "\\", "#92;").Replace(s)
}

// Text writes the map for a terminal.
func (m Map) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", m.Title, m.Boxes[0].Rows[0])
	line := 0
	for n, box := range m.Boxes[1 : len(m.Boxes)-1] {
		if line < len(m.Lines) && m.Lines[line].Y < box.Y {
			fmt.Fprintf(&b, "\n  — %s —\n", m.Lines[line].Words)
			line++
		}
		margin := "  "
		if box.Condition != "" {
			margin = "      "
			fmt.Fprintf(&b, "\n%s%s\n", margin, box.Condition)
		} else {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s%d. %s  (%s)\n%s   %s\n", margin, n+1, box.Key, box.Kind, margin, box.Words)
	}
	b.WriteString("\nThanks\n")
	return b.String()
}
