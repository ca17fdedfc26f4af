package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func percent(p float64) string { return fmt.Sprintf("%.0f %%", 100*p) }

// drawn reads a drawing as XML and says what breaks the rules of drawings.
func drawn(t *testing.T, what string, svg template.HTML, titled bool) {
	t.Helper()
	text := string(svg)
	d := xml.NewDecoder(strings.NewReader(text))
	ids, depth := map[string]bool{}, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s is no XML: %v\n%s", what, err, text)
		}
		at, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		depth++
		for _, a := range at.Attr {
			if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "fill" || a.Name.Local == "stroke" {
				t.Errorf("%s has a look of its own: %s=%q", what, a.Name.Local, a.Value)
			}
			if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
				t.Errorf("%s draws no number: %s=%q", what, a.Name.Local, a.Value)
			}
			if a.Name.Local == "id" {
				ids[a.Value] = true
			}
		}
		if at.Name.Local == "script" || at.Name.Local == "style" || at.Name.Local == "foreignObject" {
			t.Errorf("%s has a %s", what, at.Name.Local)
		}
	}
	if m := regexp.MustCompile(`aria-labelledby="([^"]*)"`).FindStringSubmatch(text); titled {
		if m == nil || !strings.Contains(text, `role="img"`) {
			t.Fatalf("%s says nothing to who does not see it: %s", what, text)
		}
		for id := range strings.FieldsSeq(m[1]) {
			if !ids[id] {
				t.Errorf("%s names %s, which is not there", what, id)
			}
		}
	} else if !strings.Contains(text, `aria-hidden="true"`) {
		t.Errorf("%s is read out beside its words: %s", what, text)
	}
	for _, m := range regexp.MustCompile(`\b(?:x|y|cx|cy|x1|x2|y1|y2|width)="(-?[\d.]+)%"`).FindAllStringSubmatch(text, -1) {
		var at float64
		if _, err := fmt.Sscan(m[1], &at); err != nil || at < -0.05 || at > 100.05 {
			t.Errorf("%s draws outside itself: %s", what, m[0])
		}
	}
}

func TestDrawingsOfAnythingKeepTheirRules(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const nasty = `"><script>alert(1)</script>&`
	for range 300 {
		var points []Point
		for range r.IntN(20) {
			low := r.Float64()
			p := Point{Label: nasty, Words: nasty, Few: nasty, Mark: Mark(r.IntN(4)), Low: low}
			if r.IntN(3) == 0 {
				p.Alarm = nasty
			}
			p.P = low + (1-low)*r.Float64()
			p.High = p.P + (1-p.P)*r.Float64()
			points = append(points, p)
		}
		usual := math.NaN()
		if r.IntN(2) == 0 {
			usual = r.Float64()
		}
		top := Top(points, usual)
		for _, p := range points {
			if p.Mark != Gap && p.High > top+1e-9 || top > 1 || math.Abs(top*10-math.Round(top*10)) > 1e-9 {
				t.Fatalf("a scale up to %v for %+v", top, p)
			}
		}
		l := Line{ID: "a", Title: nasty, Description: nasty, Points: points, Usual: usual, Percent: percent, Small: r.IntN(2) == 0}
		drawn(t, "a line", l.SVG(), true)
		if strings.Contains(string(l.SVG()), "<script") {
			t.Fatal("words become markup")
		}
		var counts, other [7]int
		for i := range counts {
			counts[i], other[i] = r.IntN(40)*r.IntN(2), r.IntN(3)
		}
		low, whole := Aligned(counts, other)
		name := func(level, n int) string { return nasty }
		for _, c := range [][7]int{counts, other} {
			drawn(t, "levels", Levels{ID: "b", Title: nasty, Description: nasty, Counts: c, Low: low, Whole: whole, Large: r.IntN(2) == 0, Name: name, Percent: percent}.SVG(), true)
		}
		f := Funnel{ID: "f", Title: nasty, Description: nasty, Usual: r.Float64(), Percent: percent, Count: func(n int) string { return nasty }}
		f.Curves = func(n float64) (inner, outer [2]float64) {
			return [2]float64{f.Usual - 1/(n+1), f.Usual + 1/(n+1)}, [2]float64{f.Usual - 2/(n+1), f.Usual + 2/(n+1)}
		}
		for range r.IntN(20) {
			f.Dots = append(f.Dots, Dot{Words: nasty, Label: nasty, N: float64(30 + r.IntN(5000)), P: r.Float64(), Loud: r.IntN(2) == 0})
		}
		drawn(t, "a funnel", f.SVG(), true)
		if strings.Contains(string(f.SVG()), "<script") {
			t.Fatal("words become markup")
		}
		drawn(t, "a span", Span{Mark: Mark(r.IntN(3)), P: r.Float64(), Low: r.Float64(), High: r.Float64(), Mean: usual, Top: top}.SVG(), false)
		drawn(t, "a bar", Bar(r.Float64()*2-0.5), false)
		drawn(t, "bounds", Reach(usual, r.Float64(), r.Float64()), false)
	}
}

func TestTooFewAnswersAreAGap(t *testing.T) {
	points := []Point{
		{Label: "36", Mark: Filled, P: 0.1, Low: 0.05, High: 0.2, Words: "first"},
		{Mark: Filled, P: 0.1, Low: 0.05, High: 0.2},
		{Few: "8 answers", Mark: Gap, P: 0.9, Low: 0.8, High: 1, Words: "not shown"},
		{Mark: Hollow, P: 0.2, Low: 0.1, High: 0.31, Words: "alone"},
	}
	svg := string(Line{ID: "a", Points: points, Usual: math.NaN(), Percent: percent}.SVG())
	if strings.Count(svg, "<polyline") != 1 || strings.Count(svg, "<circle") != 3 || !strings.Contains(svg, "8 answers") || strings.Contains(svg, "not shown") {
		t.Errorf("what is too few is drawn: %s", svg)
	}
	if !strings.Contains(svg, `class="reach"`) || !strings.Contains(svg, `class="hollow"`) || !strings.Contains(svg, "40 %") || strings.Contains(svg, "50 %") {
		t.Errorf("a lone figure has no interval, or the scale is another: %s", svg)
	}
}

// TestLabelsStandApart draws heights: whatever they were, no two labels are on one another afterwards, those that
// were apart stay where they are, and their order stays.
func TestLabelsStandApart(t *testing.T) {
	r := rand.New(rand.NewPCG(30, 11))
	for range 500 {
		n := 1 + r.IntN(8)
		was := make([]float64, n)
		for i := range was {
			was[i] = float64(r.IntN(60))
		}
		now := slices.Clone(was)
		apart(now, labelHeight)
		for i := range was {
			free := true
			for j := range was {
				if i == j {
					continue
				}
				if math.Abs(now[i]-now[j]) < labelHeight-1e-9 {
					t.Fatalf("of %v two stand on one another: %v", was, now)
				}
				if was[i] < was[j] && now[i] > now[j] {
					t.Fatalf("of %v the order changed: %v", was, now)
				}
				free = free && math.Abs(was[i]-was[j]) >= float64(n)*labelHeight
			}
			if free && now[i] != was[i] {
				t.Fatalf("of %v one that stood alone moved: %v", was, now)
			}
		}
	}
}
