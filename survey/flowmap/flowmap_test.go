package flowmap_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/flowmap"
)

var update = flag.Bool("update", false, "write the pictures of the templates anew")

const pictures = "../../docs/flows"

func TestPicturesOfTheTemplatesAreCurrent(t *testing.T) {
	names := map[string]bool{}
	for _, f := range flowfile.Templates() {
		name := f.ID + ".svg"
		names[name] = true
		path := filepath.Join(pictures, name)
		want := flowmap.Draw(f, "").SVG(true)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what is drawn now; run: go test ./survey/flowmap -update", path)
		}
	}
	files, err := filepath.Glob(filepath.Join(pictures, "*.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if !names[filepath.Base(path)] {
			t.Errorf("%s is the picture of no template", path)
		}
	}
}

// tangled is a flow with whatever makes a drawing hard.
const tangled = `flow: tangled
class: transactional
title: "A <b>& \"tangled\" flow"
languages: [en, zh-Hans]
questions:
  - {key: a, scale: csat5, primary: true, weight: 1, ask: {en: "` + "A < B & C > \\\"D\\\" `#1`" + `", zh-Hans: "您对我们的响应和办理速度满意吗您对我们的响应和办理速度满意吗您对我们的响应和办理速度满意吗"}}
  - {key: gift, scale: yesno, when: {event.tier: MVC}, ask: A question with so many words in it that they do not fit on two rows of a box of this width however small the words are and however one breaks them}
  - {key: b, scale: csat5, weight: 1, ask: Loooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooong}
  - {key: c, choice: reason, when: {any: [{a: unsatisfied}, {b: {below: 3}}], not: {gift: 1}}, ask: C}
  - {key: d, text: long, max: 100, when: {c: {contains: price}}, ask: "D\nwith a line break"}
  - {key: e, number: {min: 0, max: 9}, ask: E}
  - {key: f, contact: phone, when: {not: {all: [{e: {at_least: 3}}, {d: {answered: true}}]}}, ask: F}
  - {key: g, message: G, when: {judgement: [satisfied, delighted], a: {above: 3}}}
`

func drawn(t *testing.T) map[string]flowmap.Map {
	t.Helper()
	f, err := flowfile.Parse([]byte(tangled))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]flowmap.Map{"tangled": flowmap.Draw(f, ""), "tangled in Chinese": flowmap.Draw(f, "zh-Hans"), "empty": flowmap.Draw(survey.Flow{}, "")}
	for _, f := range flowfile.Templates() {
		out[f.ID] = flowmap.Draw(f, "")
	}
	return out
}

func TestEveryQuestionHasABoxThatNothingHides(t *testing.T) {
	for name, m := range drawn(t) {
		for i, b := range m.Boxes {
			if b.X < 0 || b.Y < 0 || b.X+b.W > m.Width || b.Y+b.H > m.Height {
				t.Errorf("%s: box %q reaches out of the picture", name, b.Key)
			}
			if i > 0 && b.Y < m.Boxes[i-1].Y+m.Boxes[i-1].H {
				t.Errorf("%s: box %q overlaps the one before", name, b.Key)
			}
		}
		for _, a := range m.Arrows {
			if !a.Conditional {
				continue
			}
			for i := 1; i < len(a.Points); i++ {
				for n, b := range m.Boxes {
					if n != a.From && n != a.To && crosses(a.Points[i-1], a.Points[i], b) {
						t.Errorf("%s: the arrow to %q runs behind %q", name, m.Boxes[a.To].Key, b.Key)
					}
				}
			}
		}
	}
}

// crosses reports whether a horizontal or vertical stroke touches a box.
func crosses(p, q [2]int, b flowmap.Box) bool {
	return min(p[0], q[0]) <= b.X+b.W && max(p[0], q[0]) >= b.X && min(p[1], q[1]) <= b.Y+b.H && max(p[1], q[1]) >= b.Y
}

func TestArrowsOfDifferentSourcesDoNotShareALane(t *testing.T) {
	for name, m := range drawn(t) {
		for i, a := range m.Arrows {
			for _, b := range m.Arrows[i+1:] {
				if !a.Conditional || !b.Conditional || a.From == b.From || a.Points[1][0] != b.Points[1][0] {
					continue
				}
				if a.Points[1][1] <= b.Points[2][1] && b.Points[1][1] <= a.Points[2][1] {
					t.Errorf("%s: the arrows from %q and %q lie on each other", name, m.Boxes[a.From].Key, m.Boxes[b.From].Key)
				}
			}
		}
	}
}

func TestAConditionalQuestionHangsOnWhatItDependsOn(t *testing.T) {
	m := drawn(t)["tangled"]
	got := map[string][]string{}
	for _, a := range m.Arrows {
		if a.Conditional {
			got[m.Boxes[a.To].Key] = append(got[m.Boxes[a.To].Key], m.Boxes[a.From].Key)
		}
	}
	for key, want := range map[string]string{"gift": "", "c": "a b gift", "d": "c", "f": "e d", "g": "b a"} {
		if strings.Join(got[key], " ") != want {
			t.Errorf("%s hangs on %q, want %q", key, got[key], want)
		}
	}
}

func TestPicturesAreSafeXMLWithATitle(t *testing.T) {
	for name, m := range drawn(t) {
		svg := m.SVG(true)
		d := xml.NewDecoder(strings.NewReader(svg))
		texts := 0
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := token.(xml.StartElement); ok {
				switch e.Name.Local {
				case "script", "foreignObject", "image", "a", "b":
					t.Errorf("%s: holds <%s>", name, e.Name.Local)
				case "title":
					texts++
				}
			}
		}
		if want := len(m.Boxes) - 1; texts != want {
			t.Errorf("%s: %d titles, want %d", name, texts, want)
		}
		if strings.Contains(m.SVG(false), "<style") {
			t.Errorf("%s: a style sheet though none was asked for", name)
		}
	}
}

func TestMermaidQuotesItsSigns(t *testing.T) {
	got := drawn(t)["tangled"].Mermaid()
	for _, want := range []string{
		`q_a["a<br/>scale csat5 · primary · weight 1<br/>A #lt; B & C #gt; #quot;D#quot; #96;#35;1#96;"]`,
		`q_c -. "if c contains price" .-> q_d`,
		`start -. "if event.tier is MVC" .-> q_gift`,
		`q_a --> q_b`,
		`q_e --> finish`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nis missing in\n%s", want, got)
		}
	}
}

func TestTextIsAReadableList(t *testing.T) {
	f, _, _ := flowfile.Template("expect_perceive")
	want := `Expectation before, perception after
Start, before the service

  1. e_overall  (scale quality7)
     Before your visit: how good do you expect {service_name} to be?

  2. e_rel  (scale quality7)
     How well do you expect us to keep to the agreed time?

  — the service takes place; then 1 hour —

  3. overall  (scale quality7 · primary · weight 1)
     After your visit: how good was {service_name}?

  4. p_rel  (scale quality7)
     How well did we keep to the agreed time?

      if judgement is unhappy
      5. why_bad  (text · can be skipped)
         We are sorry that it was not right. What went wrong?

      if judgement is unhappy
      6. contact_ok  (one of 3 · can be skipped)
         May someone from our team contact you about this?

      if contact_ok is phone
      7. phone  (contact: phone · can be skipped)
         Which number may we call?

Thanks
`
	if got := flowmap.Draw(f, "").Text(); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestConditionsInWords(t *testing.T) {
	f, err := flowfile.Parse([]byte(tangled))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"gift": "event.tier is MVC",
		"c":    "(a is unsatisfied or b is below 3) and gift is not 1",
		"d":    "c contains price",
		"f":    "not (e is at least 3 and d is answered)",
		"g":    "(judgement is satisfied or delighted) and a is above 3",
	}
	for _, q := range f.Questions {
		if q.When == nil {
			continue
		}
		if got := flowmap.Words(*q.When); got != want[q.Key] {
			t.Errorf("%s: %q, want %q", q.Key, got, want[q.Key])
		}
	}
}
