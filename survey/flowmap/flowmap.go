// Package flowmap draws a flow: what is asked, in which order and on which condition.
// The layout is a list from top to bottom, because that is how a flow runs: what is
// always asked stands on one line, what depends on an answer is indented, and an arrow
// in the margin leads to it from the answer that it depends on. No arrow runs behind a
// box. It is pure: the same flow always gives the same picture.
package flowmap

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/survey"
)

// Map is a laid-out flow. Lengths are pixels at the natural size.
type Map struct {
	Title         string
	Lang          string // of the words
	Width, Height int
	Boxes         []Box // the start, the questions in the order of the file, the end
	Arrows        []Arrow
	Lines         []Line
}

// Box is one question, or the start or the end (then Key is empty).
type Box struct {
	Key         string
	Kind        string // what is asked, in a few words
	Words       string // the question, whole
	Rows        []string
	Condition   string // in words; "" = always asked
	Shown       string // Condition, shortened to fit
	Primary     bool
	X, Y, W, H  int
	unavoidable bool // on the line of what is always asked
}

// Arrow leads from one box to another: down the line of what is always asked, or
// through the margin to a question that depends on an answer.
type Arrow struct {
	From, To    int // indexes of Boxes
	Conditional bool
	Points      [][2]int
}

// Line is a rule across the map with words on it: the service takes place here.
type Line struct {
	Y     int
	Words string
}

// The measures of the drawing, in pixels.
const (
	edge       = 16
	laneGap    = 14
	boxWidth   = 460
	indent     = 44
	spine      = 22 // of the line, from the left of a box
	rowHeight  = 19
	metaHeight = 22
	padding    = 10
	gap        = 26
	labelLine  = 18
	pillHeight = 30
	columns    = 58 // characters of a row, at most
)

// Draw lays out a flow with the words of one language (falling back as the chat does).
func Draw(f survey.Flow, lang string) Map {
	langs := f.Languages
	if lang != "" {
		langs = append([]string{lang}, f.Languages...)
	} else if len(langs) > 0 {
		lang = langs[0]
	}
	m := Map{Title: clean(f.Title.In(langs...)), Lang: lang}
	order := listOrder(f)
	links := dependencies(f, order)
	lanes := assignLanes(links)
	count := 0
	for _, lane := range lanes {
		count = max(count, lane+1)
	}
	left := edge + count*laneGap
	if count > 0 {
		left += laneGap
	}
	y := edge
	m.Boxes = append(m.Boxes, Box{Rows: []string{startWords(f)}, X: left, Y: y, W: 240, H: pillHeight, unavoidable: true})
	y += pillHeight
	for n, i := range order {
		q := f.Questions[i]
		y += gap
		if n > 0 && q.Phase != survey.Pre && f.Questions[order[n-1]].Phase == survey.Pre {
			m.Lines = append(m.Lines, Line{Y: y, Words: serviceWords(f)})
			y += gap
		}
		b := Box{Key: q.Key, Kind: kindWords(q), Words: clean(q.Ask.In(langs...)), Primary: q.Primary, X: left, W: boxWidth, unavoidable: q.When == nil}
		width := columns
		if q.When != nil {
			b.Condition = "if " + Words(*q.When)
			b.Shown = cut(b.Condition, columns+4)
			b.X, b.W, width = left+indent, boxWidth-indent, columns-7
			y += labelLine
		}
		b.Rows = wrap(b.Words, width, 2)
		b.Y, b.H = y, 2*padding+metaHeight+rowHeight*len(b.Rows)-4
		m.Boxes = append(m.Boxes, b)
		y += b.H
	}
	y += gap
	m.Boxes = append(m.Boxes, Box{Rows: []string{"Thanks"}, X: left, Y: y, W: 240, H: pillHeight, unavoidable: true})
	m.Width, m.Height = left+boxWidth+edge, y+pillHeight+edge
	m.Arrows = append(straight(m.Boxes), curved(m.Boxes, links, lanes)...)
	return m
}

// listOrder is the order of the file with what is asked before the service first.
func listOrder(f survey.Flow) []int {
	order := make([]int, len(f.Questions))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(phaseRank(f.Questions[a]), phaseRank(f.Questions[b]))
	})
	return order
}

func phaseRank(q survey.Question) int {
	if q.Phase == survey.Pre {
		return 0
	}
	return 1
}

// link is a dependency between two boxes, by their indexes (0 is the start).
type link struct{ from, to int }

// dependencies are the links from the answers that each condition looks at. The
// judgement is decided by the last scored question before the condition; an attribute
// of the event is known at the start.
func dependencies(f survey.Flow, order []int) []link {
	var out []link
	for n, i := range order {
		c := f.Questions[i].When
		if c == nil {
			continue
		}
		seen := map[int]bool{}
		for _, subject := range subjects(*c) {
			from := source(f, order[:n], subject)
			if !seen[from] {
				seen[from] = true
				out = append(out, link{from, n + 1})
			}
		}
	}
	return out
}

// source is the box that a condition's subject stands for, among the questions before.
func source(f survey.Flow, before []int, subject string) int {
	from := 0
	for n, i := range before {
		q := f.Questions[i]
		switch {
		case q.Key == subject, subject == "primary" && q.Primary:
			return n + 1
		case subject == "judgement" && (q.Primary || q.Scored() || q.Reported != "" || len(q.Critical) > 0):
			from = n + 1
		}
	}
	return from
}

func subjects(c survey.Cond) []string {
	var out []string
	for _, part := range slices.Concat(c.All, c.Any) {
		out = append(out, subjects(part)...)
	}
	if c.Not != nil {
		out = append(out, subjects(*c.Not)...)
	}
	if c.Subject != "" {
		out = append(out, c.Subject)
	}
	return out
}

// assignLanes gives each source a lane in the margin such that no two that overlap
// share one. Links of one source share a lane. The result is by source.
func assignLanes(links []link) map[int]int {
	last := map[int]int{} // where each source's lane ends
	for _, l := range links {
		last[l.from] = max(last[l.from], l.to)
	}
	var sources []int
	for from := range last {
		sources = append(sources, from)
	}
	slices.Sort(sources)
	lanes := map[int]int{}
	var busyUntil []int // by lane
	for _, from := range sources {
		lane := slices.IndexFunc(busyUntil, func(until int) bool { return until < from })
		if lane < 0 {
			lane = len(busyUntil)
			busyUntil = append(busyUntil, 0)
		}
		busyUntil[lane] = last[from]
		lanes[from] = lane
	}
	return lanes
}

// straight are the arrows down the line of what is always asked.
func straight(boxes []Box) []Arrow {
	var out []Arrow
	from := 0
	for i := 1; i < len(boxes); i++ {
		if !boxes[i].unavoidable {
			continue
		}
		x := boxes[i].X + spine
		out = append(out, Arrow{From: from, To: i, Points: [][2]int{{x, boxes[from].Y + boxes[from].H}, {x, boxes[i].Y}}})
		from = i
	}
	return out
}

// curved are the arrows through the margin.
func curved(boxes []Box, links []link, lanes map[int]int) []Arrow {
	var out []Arrow
	left := boxes[0].X
	for _, l := range links {
		a, b := boxes[l.from], boxes[l.to]
		x := left - laneGap*(lanes[l.from]+1)
		// What leads to a box ends in its upper half; what leads away begins in the lower.
		fromY, toY := a.Y+a.H*3/4, b.Y+b.H/4
		out = append(out, Arrow{From: l.from, To: l.to, Conditional: true, Points: [][2]int{{a.X, fromY}, {x, fromY}, {x, toY}, {b.X, toY}}})
	}
	return out
}

func startWords(f survey.Flow) string {
	switch {
	case slices.ContainsFunc(f.Questions, func(q survey.Question) bool { return q.Phase == survey.Pre }):
		return "Start, before the service"
	case f.Delay > 0:
		return "Start, " + delayWords(f.Delay) + " after the service"
	}
	return "Start"
}

// serviceWords stand between what is asked before the service and what is asked after.
func serviceWords(f survey.Flow) string {
	if f.Delay > 0 {
		return "the service takes place; then " + delayWords(f.Delay)
	}
	return "the service takes place"
}

func delayWords(d time.Duration) string {
	for _, u := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d >= u.length && d%u.length == 0 {
			n := int(d / u.length)
			if n == 1 {
				return "1 " + u.name
			}
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return d.String()
}

// kindWords says what kind of question it is.
func kindWords(q survey.Question) string {
	parts := []string{}
	switch q.Kind {
	case survey.ScaleQ:
		parts = append(parts, "scale "+q.Scale.Key)
	case survey.ChoiceQ:
		if q.Max > 1 {
			parts = append(parts, fmt.Sprintf("up to %d of %d", q.Max, len(q.Choices)))
		} else {
			parts = append(parts, fmt.Sprintf("one of %d", len(q.Choices)))
		}
	case survey.NumberQ:
		parts = append(parts, "number "+number(q.MinValue)+" to "+number(q.MaxValue))
	case survey.ContactQ:
		parts = append(parts, "contact: "+q.Contact)
	default:
		parts = append(parts, string(q.Kind))
	}
	if q.Primary {
		parts = append(parts, "primary")
	}
	if q.Weight > 0 {
		parts = append(parts, "weight "+number(q.Weight))
	}
	if q.Rotate != "" {
		parts = append(parts, "shuffled")
	}
	if len(q.Critical) > 0 {
		values := make([]string, len(q.Critical))
		for i, v := range q.Critical {
			values[i] = number(v)
		}
		parts = append(parts, "critical "+strings.Join(values, ", "))
	}
	if q.Optional {
		parts = append(parts, "can be skipped")
	}
	return strings.Join(parts, " · ")
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
