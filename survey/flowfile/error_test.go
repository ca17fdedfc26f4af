package flowfile

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// small is a file without errors to which the tests add one.
const small = `flow: small
class: transactional
title: Small
languages: [en, zh-Hans]
questions:
  - key: overall
    scale: csat5
    primary: true
    weight: 1
    ask: How was it?
`

func TestSmallFlowIsRead(t *testing.T) {
	f, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if f.ID != "small" || f.Title["en"] != "Small" || f.Questions[0].Ask["en"] != "How was it?" || f.Questions[0].Scale.Key != "csat5" {
		t.Errorf("read %+v", f)
	}
}

// with replaces a line of the small flow, or appends to it when old is "".
func with(old, replacement string) string {
	if old == "" {
		return small + replacement
	}
	if !strings.Contains(small, old) {
		panic("the small flow has no " + old)
	}
	return strings.Replace(small, old, replacement, 1)
}

func TestErrorsSayWhereAndWhatToDo(t *testing.T) {
	const more = "  - key: more\n    text: short\n    ask: Why?\n"
	cases := []struct {
		name         string
		source       string
		line, column int
		message      string
	}{
		{"unknown key", with("weight: 1", "weigth: 1"), 9, 5, `"weigth" is not a key of a question. Did you mean "weight"?`},
		{"unknown key of the flow", with("class:", "klass:"), 2, 1, `"klass" is not a key of a flow. Did you mean "class"?`},
		{"duplicate key", with("    primary: true\n", "    primary: true\n    primary: true\n"), 9, 5, `"primary" is already given in line 8.`},
		{"duplicate question", with("", "  - key: overall\n    text: short\n    ask: Why?\n"), 11, 10, `The key "overall" is already taken by the question in line 6.`},
		{"min of a text", with("", "  - {key: b, text: short, min: 2, ask: B}\n"), 11, 27, `Only a choice can have "min". Remove it.`},
		{"pattern of a scale", with("weight: 1", "pattern: a"), 9, 5, `Only a text can have "pattern". Remove it.`},
		{"pattern with a lookahead", with("", "  - {key: b, text: short, pattern: '(?=a)', ask: B}\n"), 11, 36, "This pattern cannot be read: invalid or unsupported Perl syntax."},
		{"a long pattern", with("", "  - {key: b, text: short, pattern: "+strings.Repeat("a", 201)+", ask: B}\n"), 11, 36, "A pattern has at most 200 characters."},
		{"example where one taps", with("weight: 1", "example: a"), 9, 5, `Only a question that is answered in words can have "example".`},
		{"retries of a message", with("", "  - {key: b, message: B, retries: 2}\n"), 11, 26, `A message asks nothing. Remove "retries".`},
		{"a day that is none", with("", "  - {key: b, date: {from: soon}, ask: B}\n"), 11, 27, `"soon" is no day.`},
		{"whole numbers with decimals", with("", "  - {key: b, number: {min: 0.5, max: 2, whole: true}, ask: B}\n"), 11, 41, "The numbers are whole, so min and max are as well."},
		{"critical choice that is none", with("", "  - {key: b, options: [{key: x, label: X}, {key: y, label: Y}], critical: z, ask: B}\n"), 11, 75, "is not an option of this question"},
		{"a matrix without its gap", with("", "  - {key: b, text: short, ask: B, rows: [{key: c, label: C}, {key: d, label: D}]}\n"), 11, 32, "holds {row}"},
		{"a matrix of one row", with("", "  - {key: b, text: short, ask: \"{row}\", rows: [{key: c, label: C}]}\n"), 11, 47, "A matrix has 2 to 50 rows."},
		{"a row with a key that is taken", with("", "  - {key: b, text: short, ask: \"{row}\", rows: [{key: c, label: C}, {key: overall, label: D}]}\n"), 11, 74, `The key "overall" is already taken`},
		{"a primary matrix", with("primary: true", "primary: true\n    rows: [{key: c, label: C}, {key: d, label: D}]"), 8, 5, "Only one question is primary"},
		{"thanks after those for everybody", with("", "thanks: [{say: A}, {say: B}]\n"), 11, 10, "those below are never said"},
		{"thanks about a question that is none", with("", "thanks: [{say: A, when: {nobody: 1}}]\n"), 11, 26, `There is no question "nobody"`},
		{"words in a scale", with("", "  - {key: b, text: short, ask: B, when: {overall: {mentions: [a]}}}\n"), 11, 52, "Only an answer in words can mention something."},
		{"left for another reason", with("", "  - {key: b, text: short, ask: B, when: {overall: {left: tired}}}\n"), 11, 58, "tired"},
		{"an attribute twice", with("title: Small", "title: Small\nattributes: [a, a]"), 4, 17, "a is already in the list."},
		{"tab", with("    weight", "\tweight"), 9, 1, "There is a tab here. Use spaces."},
		{"tab in the middle", with("scale: csat5", "scale:\tcsat5"), 7, 11, "There is a tab here."},
		{"control character", with("Small", "Sm\x01all"), 3, 10, "control character (U+0001)"},
		{"escaped control character", with("Small", `"Sm\x07all"`), 3, 8, "control character (U+0007)"},
		{"not UTF-8", with("Small", "Sm\xffall"), 3, 10, "not UTF-8"},
		{"empty", "", 1, 1, "The file is empty."},
		{"only a comment", "# nothing\n", 1, 1, "The file is empty."},
		{"a list", "- flow\n", 1, 1, `A flow is a list of "key: value" lines, not a list.`},
		{"a word", "hello\n", 1, 1, `A flow is a list of "key: value" lines, not a text.`},
		{"two documents", small + "---\nflow: b\n", 12, 1, "A file holds one flow."},
		{"second colon", with("title: Small", "title: a: b"), 3, 8, `second ":"`},
		{"bracket left open", with("languages: [en, zh-Hans]", "languages: [en, zh-Hans"), 5, 1, `A "]" or a comma is missing`},
		{"quote left open", with("title: Small", `title: "Small`), 3, 8, `no closing "`},
		{"unknown class", with("transactional", "transaktional"), 2, 8, `Did you mean "transactional"?`},
		{"missing class", strings.Replace(small, "class: transactional\n", "", 1), 1, 1, `A flow needs "class"`},
		{"missing key", with("key: overall\n    ", ""), 6, 5, `A question needs "key"`},
		{"missing words", with("    ask: How was it?\n", ""), 6, 5, `A question needs "ask"`},
		{"empty words", with("How was it?", `""`), 10, 10, "The question is empty."},
		{"bad name", with("flow: small", "flow: Small Flow"), 1, 7, "small letters"},
		{"reserved key", with("key: overall", "key: primary"), 6, 10, "meaning of its own"},
		{"bad language", with("zh-Hans]", "klingonish]"), 4, 17, `"klingonish" is not a language.`},
		{"bad language of a text", with("ask: How was it?", "ask: {english-language: How?}"), 10, 11, "is not a language."},
		{"language twice", with("zh-Hans]", "EN]"), 4, 17, "en is already in the list."},
		{"unknown scale", with("csat5", "csat"), 7, 12, `Did you mean "csat5"?`},
		{"two kinds", with("scale: csat5", "scale: csat5\n    text: long"), 8, 5, `"scale" is already given.`},
		{"no kind", with("    scale: csat5\n", ""), 6, 5, "A question needs one of these keys: scale, choice"},
		{"weight of a text", with("", "  - key: why\n    text: short\n    weight: 1\n    ask: Why?\n"), 13, 5, `Only a scale or a number can have "weight".`},
		{"negative weight", with("weight: 1", "weight: -1"), 9, 13, "weight is 0 or more"},
		{"weight in words", with("weight: 1", "weight: much"), 9, 13, "Weight is a number"},
		{"weight in quotes", with("weight: 1", `weight: "1"`), 9, 13, "without quotes"},
		{"infinite weight", with("weight: 1", "weight: .inf"), 9, 13, "Weight is a number"},
		{"primary in words", with("primary: true", "primary: yes"), 8, 14, "Primary is true or false."},
		{"critical value outside the scale", with("weight: 1", "critical: 0"), 9, 15, "0 is not a value of the scale csat5. Use one of: 1, 2, 3, 4, 5."},
		{"bad duration", with("title: Small", "title: Small\ndelay: soon"), 4, 8, "is a time such as 15m"},
		{"long duration", with("title: Small", "title: Small\ndelay: 400d"), 4, 8, "at most 366d"},
		{"expires at once", with("title: Small", "title: Small\nexpires: 0s"), 4, 10, "is a time such as 15m"},
		{"coverage above one", with("title: Small", "title: Small\nmin_coverage: 2"), 4, 15, "a share above 0 and up to 1"},
		{"unknown text", with("title: Small", "title: Small\ntexts: {intros: Bye}"), 4, 9, `Did you mean "intro"?`},
		{"no questions", small[:strings.Index(small, "questions")] + "questions: []\n", 5, 12, "There are no questions."},
		{"condition about nobody", with("", more+"    when: {overal: unsatisfied}\n"), 14, 12, `There is no question "overal" in this flow. Did you mean "overall"?`},
		{"condition with a bad flag", with("", more+"    when: {overall: unsatisfed}\n"), 14, 21, `Did you mean "unsatisfied"?`},
		{"condition with flags and values", with("", more+"    when: {overall: [unsatisfied, 3]}\n"), 14, 21, "either flags"},
		{"empty condition", with("", more+"    when: {}\n"), 14, 11, "This condition is empty."},
		{"empty any", with("", more+"    when: {any: []}\n"), 14, 17, `"any" is empty.`},
		{"unknown comparison", with("", more+"    when: {overall: {less: 3}}\n"), 14, 22, `"less" is not a key of a comparison.`},
		{"comparison of a text", with("", more+"  - key: b\n    text: short\n    ask: B?\n    when: {more: {below: 3}}\n"), 17, 19, "more has no number to compare."},
		{"judgement with a value", with("", more+"    when: {judgement: 3}\n"), 14, 23, `"3" is not a flag.`},
		{"unknown pair", with("weight: 1", "pair: before"), 9, 11, "is not the key of a question of this flow"},
		{"merge key", with("flow: small", "flow: small\n<<: {a: b}"), 2, 1, "Merging with << is not supported."},
		{"tag", with("title: Small", "title: !!str Small"), 3, 8, `Tags such as "!!str"`},
		{"alias of nothing", with("title: Small", "title: *no"), 3, 8, `There is no anchor "no"`},
		{"anchor twice", strings.Replace(with("title: Small", "title: &a Small"), "ask: How was it?", "ask: &a How?", 1), 10, 10, `The anchor "a" is there twice.`},
		{"max of a scale", with("weight: 1", "max: 2"), 9, 5, `Only a choice or a text can have "max".`},
		{"more than can be chosen", with("", "  - key: c\n    choice: contact\n    max: 4\n    ask: C?\n"), 13, 10, "Max is a whole number from 1 to 3."},
		{"option twice", with("", "  - key: c\n    options:\n      - {key: a, label: A}\n      - {key: a, label: B}\n    ask: C?\n"), 14, 15, `The key "a" is already taken`},
		{"number without an end", with("", "  - key: n\n    number: {min: 1}\n    ask: N?\n"), 12, 13, `A number needs "max"`},
		{"number the wrong way round", with("", "  - key: n\n    number: {min: 5, max: 1}\n    ask: N?\n"), 12, 22, "max must be greater than min."},
		{"message with a question", with("", "  - key: m\n    message: Hello\n    ask: M?\n"), 13, 5, `Remove "ask".`},
		{"condition about a message", with("", "  - key: m\n    message: Hello\n"+more+"    when: {m: {answered: true}}\n"), 16, 12, "is a message and has no answer"},
		{"file that is none", with("", "  - key: m\n    file: false\n    ask: M?\n"), 12, 11, `Write "file: true".`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.source))
			var all Errors
			if !errors.As(err, &all) {
				t.Fatalf("got %v, want an error", err)
			}
			for _, e := range all {
				if strings.Contains(e.Message, c.message) {
					if e.Line != c.line || e.Column != c.column {
						t.Errorf("found at %d:%d, want %d:%d\n%v", e.Line, e.Column, c.line, c.column, err)
					}
					if !strings.Contains(e.Excerpt, "^") || !strings.Contains(e.Excerpt, fmt.Sprintf("%5d | ", e.Line)) {
						t.Errorf("the excerpt is\n%s", e.Excerpt)
					}
					return
				}
			}
			t.Errorf("got %v\nwant the message %q", err, c.message)
		})
	}
}

func TestEveryErrorIsFoundInOneGo(t *testing.T) {
	source := `flow: Bad Name
clas: transactional
title: {xx-toolong-language-tag-here: A}
questions:
  - key: overall
    scale: nothing
    primary: maybe
    weight: heavy
    ask: How?
  - key: overall
    txt: long
    ask: Why?
    when: {nobody: unsatisfied}
`
	_, err := Parse([]byte(source))
	var all Errors
	if !errors.As(err, &all) {
		t.Fatalf("got %v", err)
	}
	var lines []int
	for _, e := range all {
		lines = append(lines, e.Line)
	}
	want := []int{1, 1, 2, 3, 6, 7, 8, 10, 10, 11, 13}
	if fmt.Sprint(lines) != fmt.Sprint(want) {
		t.Errorf("errors in lines %v, want %v\n%v", lines, want, err)
	}
	var first *Error
	if !errors.As(err, &first) || first != all[0] {
		t.Error("errors.As with an *Error does not find the first")
	}
}

func TestCaretStandsBelowThePlace(t *testing.T) {
	cases := []struct {
		name, source, want string
	}{
		{"plain", with("weight: 1", "weigth: 1"), "    9 |     weigth: 1\n      |     ^"},
		{
			"wide characters are two columns", with("ask: How was it?", `ask: {zh-Hans: "您好", english-words: How?}`),
			"   10 |     ask: {zh-Hans: \"您好\", english-words: How?}\n      |                            ^",
		},
		{
			"long lines are cut around the place", with("ask: How was it?", `ask: {en: "`+strings.Repeat("a", 300)+`", english-words: How?}`),
			"   10 | …" + strings.Repeat("a", 46) + "\", english-words: How?}\n      | " + strings.Repeat(" ", 50) + "^",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.source))
			var first *Error
			if !errors.As(err, &first) {
				t.Fatalf("got %v", err)
			}
			if first.Excerpt != c.want {
				t.Errorf("excerpt\n%s\nwant\n%s", first.Excerpt, c.want)
			}
		})
	}
}

func TestLadderInvariantIsRefusedWithItsLine(t *testing.T) {
	scale := func(option string) string {
		return with("questions:", "scales:\n  mood:\n    ladder: true\n    options:\n      - {value: 1, label: Bad, score: 0, flag: unsatisfied}\n      - "+option+"\nquestions:")
	}
	cases := []struct {
		name, option, message string
		column                int
	}{
		{"unsatisfied at 30", "{value: 2, label: X, score: 30, flag: unsatisfied}", "unsatisfied means a score below 30", 30},
		{"neutral below 30", "{value: 2, label: X, score: 29.9, flag: neutral}", "unsatisfied means a score below 30", 30},
		{"neutral at 40", "{value: 2, label: X, score: 40, flag: neutral}", "neutral means a score from 30 to below 40", 30},
		{"satisfied at 39", "{value: 2, label: X, score: 39, flag: satisfied}", "neutral means a score from 30 to below 40", 30},
		{"delighted at 20", "{value: 2, label: X, score: 20, flag: delighted}", "unsatisfied means a score below 30", 30},
		{"score left out", "{value: 2, label: X, flag: satisfied}", "Every option of a ladder has a score.", 9},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(scale(c.option)))
			var first *Error
			if !errors.As(err, &first) || !strings.Contains(first.Message, c.message) {
				t.Fatalf("got %v, want %q", err, c.message)
			}
			if first.Line != 10 || first.Column != c.column {
				t.Errorf("at %d:%d, want 10:%d\n%v", first.Line, first.Column, c.column, err)
			}
		})
	}
	for _, good := range []string{"{value: 2, label: X, score: 29.9, flag: unsatisfied}", "{value: 2, label: X, score: 30, flag: neutral}", "{value: 2, label: X, score: 40, flag: satisfied}"} {
		if _, err := Parse([]byte(scale(good))); err != nil {
			t.Errorf("%s is refused: %v", good, err)
		}
	}
}

func TestOversizedAndOverdeepFilesAreRefused(t *testing.T) {
	bomb := "x: &x0 {overall: unsatisfied}\n"
	for i := 1; i <= 8; i++ {
		prev := fmt.Sprintf("*x%d", i-1)
		bomb += fmt.Sprintf("x%d: &x%d {any: [%s]}\n", i, i, strings.Repeat(prev+", ", 19)+prev)
	}
	var keys strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&keys, "k%d: 1\n", i)
	}
	cases := []struct{ name, source, message string }{
		{"too large", strings.Repeat("# comment\n", MaxSize/10+1), "at most 262144"},
		{"brackets", strings.Repeat("[", 200_000), "nested too deeply"},
		{"braces", strings.Repeat("{a: ", 50_000), "nested too deeply"},
		{"dashes", strings.Repeat("- ", 100_000), "nested too deeply"},
		{"question marks", strings.Repeat("? a\n", 60_000), "without the question mark"},
		{"keys", keys.String(), "more than 1000 keys side by side"},
		{"anchors", strings.Repeat("&a ", 80_000), "nested too deeply"},
		{"tags", strings.Repeat("!a ", 80_000), "nested too deeply"},
		{"alias bomb", with("", "    when: *x4\n") + "bomb: 1\n" + bomb, "unfolds to more than 50000 values"},
		{"alias of itself", with("", "  - key: b\n    text: short\n    ask: B?\n    when: &w {not: *w}\n"), "nested too deeply"},
		{"alias that is itself", with("ask: How was it?", "ask: &w *w"), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.source))
			if err == nil || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %.400v, want %q", err, c.message)
			}
		})
	}
}

func TestAliasesStandForWhatTheyName(t *testing.T) {
	f, err := Parse([]byte(with("ask: How was it?", "ask: &how {en: How?, zh-Hans: 怎么样?}") + "  - key: b\n    text: short\n    ask: *how\n"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Questions[1].Ask["zh-Hans"] != "怎么样?" {
		t.Errorf("read %v", f.Questions[1].Ask)
	}
}
