package chart

import (
	"fmt"
	"html"
	"html/template"
	"strings"
)

// Way is one of the parts that a whole went into.
type Way struct {
	Class string // of its colour: "w0" to "w5"; "" is hatched
	N     int
	Words string // "answered: 289"
}

// Ways is one bar of parts, in their order, as wide as the whole. A part of nothing is left out.
func Ways(id, title, description string, parts []Way) template.HTML {
	sum := 0
	for _, p := range parts {
		sum += p.N
	}
	var b strings.Builder
	begin(&b, "ways", id, title, description)
	hatch := html.EscapeString(id) + "-h"
	b.WriteString(Hatch(hatch))
	at := 0.0
	for _, p := range parts {
		if p.N <= 0 {
			continue
		}
		width := 100 * float64(p.N) / float64(sum)
		fill := `class="` + html.EscapeString(p.Class) + `"`
		if p.Class == "" {
			fill = `fill="url(#` + hatch + `)"`
		}
		fmt.Fprintf(&b, `<rect %s x="%.2f%%" width="%.2f%%" height="28"><title>%s</title></rect>`, fill, at, width, html.EscapeString(p.Words))
		at += width
	}
	b.WriteString(`</svg>`)
	return done(&b)
}

// Hatch is the pattern that parts without a colour are filled with.
func Hatch(id string) string {
	return `<pattern id="` + id + `" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="w0" width="6" height="6"/><line class="hatchline" x1="0" x2="0" y1="0" y2="6"/></pattern>`
}

// Key is the sign of a part beside its words.
func Key(class, id string) template.HTML {
	var b strings.Builder
	b.WriteString(`<svg class="key" viewBox="0 0 12 12" aria-hidden="true">`)
	if class == "" {
		b.WriteString(Hatch(html.EscapeString(id)) + `<rect fill="url(#` + html.EscapeString(id) + `)" width="12" height="12" rx="2"/>`)
	} else {
		b.WriteString(`<rect class="` + html.EscapeString(class) + `" width="12" height="12" rx="2"/>`)
	}
	b.WriteString(`</svg>`)
	return done(&b)
}
