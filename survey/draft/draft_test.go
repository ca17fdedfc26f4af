package draft

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aftercare/aftercare/survey/flowfile"
)

const written = `# Our survey. # 1
flow: visit # 2
class:   transactional # 3
title: "After your visit" # 4

# who reads it # 5
languages: [en, 'de'] # 6
texts: # 7
  intro: # 8
    en: Hello # 9
    de: Hallo # 10
scales: # 11
  faces: # 12
    # our own # 13
    options: # 14
      - {value: 1, flag: unsatisfied, label: Bad} # 15
      - value: 2 # 16
        flag: neutral # 17
        label: {en: So-so, de: Geht so} # 18
      # the best # 19
      - value: 3 # 20
        label: Good # 21
        flag: satisfied # 22
questions: # 23
  # the main one # 24
  - key: overall # 25
    scale: csat5 # 26
    primary: true # 27
    weight: 1 # 28
    ask: How was it? # 29

  - scale: faces # 30
    # why not first # 31
    key: speed # 32
    ask: # 33
      de: Wie schnell? # 34
      # translated # 35
      en: How quick? # 36
  - {key: why, text: long, when: {overall: [unsatisfied, neutral]}, ask: What was it?} # 37
  - key: note # 38
    message: |
      Two lines,
        indented.
    # at the end # 39
`

func applied(t *testing.T, text string, ops ...Op) string {
	t.Helper()
	out, err := Apply(text, ops...)
	if err != nil {
		t.Fatalf("%v: %v", ops, err)
	}
	return out
}

func TestWhatIsNotTouchedStaysByteByByte(t *testing.T) {
	for _, c := range []struct {
		op       Op
		was, now string // the lines that change
	}{
		{Op{Do: Set, Path: "title", Value: "Visits: all", Was: "After your visit"}, `title: "After your visit" # 4`, `title: "Visits: all" # 4`},
		{Op{Do: Set, Path: "title/@de", Value: "Nach dem Besuch"}, `title: "After your visit" # 4`, "title: # 4\n  en: After your visit\n  de: Nach dem Besuch"},
		{Op{Do: Set, Path: "title/@en", Value: "Visits", Was: "After your visit"}, `"After your visit"`, `"Visits"`},
		{Op{Do: Set, Path: "texts/intro/@DE", Value: "", Was: "Hallo"}, "    de: Hallo # 10\n", ""},
		{Op{Do: Set, Path: "texts/intro/@zh-Hans", Value: "你好"}, "    de: Hallo # 10\n", "    de: Hallo # 10\n    zh-Hans: 你好\n"},
		{Op{Do: Set, Path: "texts/invitation/@en", Value: "Come"}, "    de: Hallo # 10\n", "    de: Hallo # 10\n  invitation: Come\n"},
		{Op{Do: Set, Path: "delay", Value: "1h"}, "questions: # 23", "delay: 1h\nquestions: # 23"},
		{Op{Do: Set, Path: "questions/=overall/weight", Value: "2.5", As: Bare, Was: "1"}, "weight: 1", "weight: 2.5"},
		{Op{Do: Set, Path: "questions/=overall/optional", Value: "true", As: Bare}, "How was it? # 29\n", "How was it? # 29\n    optional: true\n"},
		{Op{Do: Set, Path: "questions/=speed/scale", Value: "", Was: "faces"}, "  - scale: faces # 30\n    # why not first # 31\n    key: speed # 32", "    # why not first # 31\n  - key: speed # 32"},
		{Op{Do: Set, Path: "questions/=why/when", Value: "{overall: neutral}", As: YAML, Was: "{overall: [unsatisfied, neutral]}"}, "{overall: [unsatisfied, neutral]}", "{overall: neutral}"},
		{Op{Do: Set, Path: "questions/=why/ask/@de", Value: "Was war's?"}, "ask: What was it?}", "ask: {en: What was it?, de: \"Was war's?\"}}"},
		{Op{Do: Set, Path: "questions/=note/message/@en", Value: "One", Was: "Two lines,\n  indented.\n"}, "message: |\n      Two lines,\n        indented.\n", "message: One\n"},
		{Op{Do: Remove, Path: "questions/=overall"}, written[strings.Index(written, "  # the main one"):strings.Index(written, "\n  - scale: faces")], ""},
		{Op{Do: Remove, Path: "scales/faces/options/=3"}, "      # the best # 19\n      - value: 3 # 20\n        label: Good # 21\n        flag: satisfied # 22\n", ""},
		{Op{Do: Remove, Path: "texts"}, "texts: # 7\n  intro: # 8\n    en: Hello # 9\n    de: Hallo # 10\n", ""},
		{Op{Do: Insert, Path: "questions", Before: "=why", Value: "{key: new, text: short, ask: \"And?\"}", As: YAML}, "  - {key: why", "  - key: new\n    text: short\n    ask: And?\n  - {key: why"},
		{Op{Do: Insert, Path: "scales/faces/options", Value: "{value: 4, flag: delighted, label: Great}", As: YAML}, "flag: satisfied # 22\n", "flag: satisfied # 22\n      - {value: 4, flag: delighted, label: Great}\n"},
		{Op{Do: Move, Path: "questions/=why", Before: "=speed"}, "", ""},
		{Op{Do: Rename, Path: "scales/faces", Value: "smileys"}, "  faces: # 12", "  smileys: # 12"},
		{Op{Do: Insert, Path: "languages", Value: "zh-Hans"}, "[en, 'de']", "[en, 'de', zh-Hans]"},
	} {
		got := applied(t, written, c.op)
		if c.was == "" {
			continue
		}
		if want := strings.Replace(written, c.was, c.now, 1); got != want {
			t.Errorf("%+v:\n%s", c.op, got)
		}
	}
	if got := applied(t, written, Op{Do: Move, Path: "questions/=overall"}); !strings.HasSuffix(got, "  # the main one # 24\n  - key: overall # 25\n    scale: csat5 # 26\n    primary: true # 27\n    weight: 1 # 28\n    ask: How was it? # 29\n    # at the end # 39\n") {
		t.Errorf("moved to the end: %s", got)
	}
}

func TestTheSameFieldAsksAndOthersBothWin(t *testing.T) {
	mine := applied(t, written, Op{Do: Set, Path: "questions/=overall/ask/@en", Value: "All in all?", Was: "How was it?"})
	_, err := Apply(mine, Op{Do: Set, Path: "questions/=overall/ask/@en", Value: "And?", Was: "How was it?"})
	if c, ok := errors.AsType[*Conflict](err); !ok || c.Now != "All in all?" {
		t.Errorf("the second one on a field: %v", err)
	}
	if got := applied(t, mine, Op{Do: Set, Path: "questions/=overall/ask/@en", Value: "All in all?", Was: "How was it?"}); got != mine {
		t.Error("who wishes the same is asked")
	}
	both := applied(t, mine, Op{Do: Set, Path: "questions/=overall/weight", Value: "3", As: Bare, Was: "1"})
	if !strings.Contains(both, "All in all?") || !strings.Contains(both, "weight: 3 # 28") {
		t.Errorf("two fields: %s", both)
	}
	if _, err := Apply(mine, Op{Do: Remove, Path: "questions/=overall/ask", Was: "How was it?"}); err == nil {
		t.Error("what somebody changed meanwhile goes unasked")
	}
	for _, op := range []Op{
		{Do: Set, Path: "questions/=gone/ask/@en", Value: "x"},
		{Do: Insert, Path: "questions", Before: "=gone", Value: "{key: q}", As: YAML},
		{Do: Insert, Path: "questions", Value: "{key: why}", As: YAML},
		{Do: Rename, Path: "questions/=gone", Value: "x"},
		{Do: Set, Path: "delay", Value: "1", Was: "x"},
		{Do: Set, Path: "questions/=overall/weight", Value: "many", As: Bare, Was: "1"},
		{Do: "dance", Path: "title"},
		{Do: Set},
		{Do: Remove},
		{Do: Move},
		{Do: Rename},
	} {
		if out, err := Apply(written, op); err == nil || out != written {
			t.Errorf("%+v is done", op)
		}
	}
}

func TestAFileIsTheSameWithoutAChange(t *testing.T) {
	for _, f := range flowfile.Templates() {
		_, source, _ := flowfile.Template(f.ID)
		for _, text := range []string{string(source), strings.ReplaceAll(string(source), "\n", "\r\n"), mark + string(source)} {
			d, err := Parse(text)
			if err != nil {
				t.Fatalf("%s: %v", f.ID, err)
			}
			if len(d.Elements("questions")) != len(f.Questions) {
				t.Errorf("%s has %v", f.ID, d.Elements("questions"))
			}
			title := d.Show("title/@en")
			there := applied(t, text, Op{Do: Set, Path: "title/@en", Value: "x", Was: title})
			if got := applied(t, there, Op{Do: Set, Path: "title/@en", Value: title, Was: "x"}); there == text || got != text && strings.Contains(text, `"`+title+`"`) {
				t.Errorf("%s: there and back is another file", f.ID)
			}
			if got := applied(t, text, Op{Do: Set, Path: "title/@en", Value: title, Was: title}); got != text {
				t.Errorf("%s changes without a change", f.ID)
			}
		}
	}
}

var comment = regexp.MustCompile(`# \d+\b`)

// TestAnySequenceOfChangesChangesNothingElse holds every change to two rules: what the text
// says is what the model of values says (Apply itself refuses anything else), and every
// comment that is not part of what was taken away is there afterwards.
func TestAnySequenceOfChangesChangesNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := written
		refused := 0
		for range rapid.IntRange(1, 12).Draw(t, "ops") {
			d, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			op := anyOp(t, d)
			next, err := Apply(text, op)
			if err != nil {
				if next != text {
					t.Fatalf("%+v is refused and changes the text", op)
				}
				if strings.Contains(err.Error(), "can only be changed in the file") {
					t.Fatalf("%+v: %v in\n%s", op, err, text)
				}
				refused++
				continue
			}
			before, after := comment.FindAllString(text, -1), comment.FindAllString(next, -1)
			gone := slices.DeleteFunc(slices.Clone(before), func(c string) bool { return slices.Contains(after, c) })
			switch op.Do {
			case Remove:
			case Set:
				if len(gone) > 0 && op.Value != "" {
					t.Fatalf("%+v takes %v away:\n%s", op, gone, next)
				}
			default:
				if len(gone) > 0 {
					t.Fatalf("%+v takes %v away:\n%s", op, gone, next)
				}
			}
			if n := len(after); n != len(slices.Compact(slices.Sorted(slices.Values(after)))) {
				t.Fatalf("%+v doubles a comment:\n%s", op, next)
			}
			text = next
		}
	})
}

// anyOp is a change that somebody at the cards may make.
func anyOp(t *rapid.T, d *Doc) Op {
	words := rapid.SampledFrom([]string{"Hello", "a: b # c", "zwei\nZeilen", "是", "- x", "\"q\" 'r'", "true", "3", "{y}", " "})
	list := rapid.SampledFrom([]string{"questions", "scales/faces/options"}).Draw(t, "list")
	if !d.Has(list) {
		list = "questions"
	}
	all := d.Elements(list)
	one := "#0"
	if len(all) > 0 {
		one = rapid.SampledFrom(all).Draw(t, "one")
	}
	before := ""
	if len(all) > 0 && rapid.Bool().Draw(t, "before") {
		before = rapid.SampledFrom(all).Draw(t, "which")
	}
	word := "label"
	if list == "questions" {
		word = "ask"
	}
	switch rapid.IntRange(0, 6).Draw(t, "do") {
	case 0, 1:
		path := list + "/" + one + "/" + word + "/@" + rapid.SampledFrom([]string{"en", "de", "zh-Hans"}).Draw(t, "lang")
		return Op{Do: Set, Path: path, Value: words.Draw(t, "words"), Was: d.Show(path)}
	case 2:
		path := rapid.SampledFrom([]string{"title/@de", "texts/intro/@en", "texts/thanks_neutral/@en", "delay", list + "/" + one + "/weight", list + "/" + one + "/symbol"}).Draw(t, "field")
		return Op{Do: Set, Path: path, Value: rapid.SampledFrom([]string{"", "7", "1h"}).Draw(t, "value"), Was: d.Show(path)}
	case 3:
		value := fmt.Sprintf("{key: k%d, ask: {en: Why, de: Warum}, when: {overall: [1, 2]}}", rapid.IntRange(0, 99).Draw(t, "key"))
		return Op{Do: Insert, Path: list, Before: before, Value: value, As: YAML}
	case 4:
		return Op{Do: Remove, Path: list + "/" + one}
	case 5:
		return Op{Do: Set, Path: list + "/" + one + "/when", As: YAML, Value: rapid.SampledFrom([]string{"", "{all: [{overall: 1}, {not: {speed: 2}}]}"}).Draw(t, "when"), Was: d.Show(list + "/" + one + "/when")}
	}
	return Op{Do: Move, Path: list + "/" + one, Before: before}
}

func TestTheRuleOfCommentsNoticesABreach(t *testing.T) {
	if n := len(comment.FindAllString(written, -1)); n != 39 {
		t.Errorf("%d comments are looked for", n)
	}
}

func FuzzApply(f *testing.F) {
	f.Add(written, "questions/=overall/ask/@en", "x")
	f.Add("a: &x {b: 1}\nc: *x\n", "c/b", "2")
	f.Fuzz(func(t *testing.T, text, path, value string) {
		if len(text) > 2000 {
			return
		}
		for _, op := range []Op{{Do: Set, Path: path, Value: value}, {Do: Remove, Path: path}, {Do: Move, Path: path}, {Do: Insert, Path: path, Value: value, As: YAML}} {
			out, err := Apply(text, op)
			if err != nil && out != text {
				t.Error("refused, and changed")
			}
		}
	})
}
