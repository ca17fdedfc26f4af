package flowfile

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	yaml "github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/aftercare/aftercare/survey"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("flow.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("flow.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, source string) error {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(source))
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestSchemaAcceptsWhatParseAccepts(t *testing.T) {
	s := compileSchema(t)
	for _, f := range Templates() {
		_, source, _ := Template(f.ID)
		if err := validate(t, s, string(source)); err != nil {
			t.Errorf("%s: %v", f.ID, err)
		}
		canonical, err := Format(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, string(canonical)); err != nil {
			t.Errorf("%s, written by Format: %v", f.ID, err)
		}
	}
	for name, source := range everything {
		f, err := Parse([]byte(source))
		if err != nil {
			t.Errorf("%s is refused by Parse: %v", name, err)
			continue
		}
		canonical, err := Format(f) // which reads back what it wrote, and compares
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if err := validate(t, s, string(canonical)); err != nil {
			t.Errorf("%s, written by Format: %v\n%s", name, err, canonical)
		}
		if err := validate(t, s, source); err != nil {
			t.Errorf("%s is refused by the schema: %v", name, err)
		}
	}
}

// everything uses each part of the format at least once.
var everything = map[string]string{
	"all ways to answer": `flow: ways
class: transactional
title: Ways
languages: [en, es]
attributes: [order_url, table]
texts: {thanks_neutral: Thanks, notice_bad_form: No}
thanks:
  - {when: {had: {contains: mould}, order: {mentions: [sick, "food poisoning"]}}, say: "We are sorry about {answer of had}."}
  - {when: {income: {left: prefer_not}}, say: {en: Thanks all the same., es: Gracias igualmente.}}
  - say: {en: Thank you., es: Gracias.}
questions:
  - {key: overall, scale: csat5, primary: true, weight: 1, dont_know: true, ask: A}
  - {key: had, options: [{key: soup, label: A}, {key: mould, label: B}, {key: "2", label: C}], max: 3, min: 2, shuffle: true, critical: [mould, "2"], ask: A}
  - {key: why, choice: shortfall, min: 2, critical: price, ask: A}
  - {key: order, text: short, pattern: '[A-Z]{2}-\d{4}', example: {en: AB-1234}, error: {en: As on the bill., es: Como en la cuenta.}, retries: 2, ask: A}
  - {key: guests, number: {min: 1, max: 20, whole: true}, ask: "{answer of order}"}
  - {key: day, date: {from: today-30d, until: today}, example: today, ask: A}
  - {key: event_day, date: {from: 2026-01-01}, ask: A}
  - {key: income, number: {min: 0, max: 100}, prefer_not: true, dont_know: true, ask: A}
  - key: taste
    scale: csat5
    weight: 1
    when: {event.table: {mentions: terrace}, order: {mentions: [a, b]}}
    ask: {en: "How was {row}?", es: "¿Qué tal {row}?"}
    rows: [{key: taste_soup, label: {en: the soup, es: la sopa}}, {key: taste_bread, label: the bread, weight: 2, dimension: tangibles, mix: product}]
  - {key: more, options: [{key: a, label: A}, {key: b, label: B}], max: 2, ask: "More {row}?", rows: [{key: more_soup, label: soup}, {key: more_bread, label: bread, dimension: empathy}]}
`,
	"small": small,
	"all kinds": `flow: kinds
class: mystery
title: {ar: كل الأنواع, es: Todo}
languages: [ar, es]
delay: 0
expires: 1d12h
min_coverage: 0.7
gap_tolerance: 0.25
gap_ignored: true
texts:
  invitation: Hola
  thanks_no_contact: {es: Gracias}
scales:
  stars5: {generator: linear, min: 1, max: 5, min_text: Mal, max_text: Bien}
  mood2:
    generator: ladder
    options: [{value: 0, label: Mal, symbol: 🙁}, {value: 1, label: Bien}]
  sliding:
    generator: linear
    options: [{value: 0, label: A}, {value: 5, label: B, flag: delighted}, {value: 10, label: C}]
  own3:
    ladder: true
    options:
      - {value: 1, label: A, score: 10, flag: unsatisfied}
      - {value: 2, label: B, score: 35, flag: neutral}
      - {value: 3, label: C, score: 90, flag: delighted}
bands:
  - {from: 0, name: Mal, indication: Enfadado, unsatisfied: true}
  - {from: 30, name: Bien}
choices:
  dishes: {max: 2, options: [{key: soup, label: Sopa, mix: product}, {key: "1", label: Uno, dimension: empathy}]}
questions:
  - {key: overall, scale: own3, primary: true, weight: 2, critical: [1, 2], alert: always, ask: A}
  - {key: stars, scale: stars5, reverse: true, rotate: g, mix: price, dimension: tangibles, ask: A}
  - {key: mood, scale: mood2, phase: pre, ask: A}
  - {key: after, scale: mood2, phase: post, pair: mood, alert: bottom, ask: A}
  - {key: slide, scale: sliding, reported: gap, justice: procedural, factor: attraction, measure: tolerance, ask: A}
  - {key: dish, choice: dishes, max: 1, ask: A}
  - {key: own, options: [{key: a, label: A}, {key: b, label: B}], max: 2, ask: A}
  - {key: words, text: short, max: 200, optional: true, ask: A}
  - {key: age, number: {min: 0, max: 120}, ask: A}
  - {key: phone, contact: phone, ask: A}
  - {key: photo, file: true, ask: A}
  - {key: day, date: true, ask: A}
  - {key: hello, message: Hola}
  - key: last
    text: long
    ask: A
    when:
      overall: [1, 2]
      any:
        - {dish: soup}
        - {own: {contains: a}}
        - {words: {answered: false}}
        - all: [{age: {at_least: 18, below: 65}}, {event.tier: [MVC, 5, true]}]
      not: {primary: {above: 2}, judgement: [neutral, satisfied]}
`,
}

func TestSchemaRefusesBrokenFiles(t *testing.T) {
	s := compileSchema(t)
	for name, source := range map[string]string{
		"unknown key":               with("weight: 1", "weigth: 1"),
		"unknown key of the flow":   with("", "color: red\n"),
		"unknown class":             with("transactional", "casual"),
		"missing class":             strings.Replace(small, "class: transactional\n", "", 1),
		"missing words":             with("    ask: How was it?\n", ""),
		"empty words":               with("How was it?", `" "`),
		"bad name":                  with("flow: small", "flow: Small Flow"),
		"reserved key":              with("key: overall", "key: judgement"),
		"no questions":              small[:strings.Index(small, "questions")] + "questions: []\n",
		"no kind":                   with("    scale: csat5\n", ""),
		"two kinds":                 with("scale: csat5", "scale: csat5\n    text: long"),
		"negative weight":           with("weight: 1", "weight: -1"),
		"weight in words":           with("weight: 1", "weight: much"),
		"bad duration":              with("title: Small", "title: Small\ndelay: soon"),
		"coverage above one":        with("title: Small", "title: Small\nmin_coverage: 2"),
		"unknown text":              with("title: Small", "title: Small\ntexts: {thank: Bye}"),
		"unknown comparison":        with("", "  - {key: b, text: short, ask: B, when: {overall: {less: 3}}}\n"),
		"empty condition":           with("", "  - {key: b, text: short, ask: B, when: {}}\n"),
		"empty any":                 with("", "  - {key: b, text: short, ask: B, when: {any: []}}\n"),
		"message with a question":   with("", "  - {key: b, message: Hello, ask: B}\n"),
		"file that is none":         with("", "  - {key: b, file: false, ask: B}\n"),
		"number without an end":     with("", "  - {key: b, number: {min: 1}, ask: B}\n"),
		"a day that is none":        with("", "  - {key: b, date: {from: yesterday}, ask: B}\n"),
		"days without any":          with("", "  - {key: b, date: {}, ask: B}\n"),
		"a long pattern":            with("", "  - {key: b, text: short, ask: B, pattern: "+strings.Repeat("a", 201)+"}\n"),
		"no retries":                with("", "  - {key: b, text: short, ask: B, retries: 0}\n"),
		"a matrix of one row":       with("", "  - {key: b, text: short, ask: \"{row}\", rows: [{key: c, label: C}]}\n"),
		"a row without a key":       with("", "  - {key: b, text: short, ask: \"{row}\", rows: [{label: C}, {key: d, label: D}]}\n"),
		"thanks without words":      with("", "thanks: [{when: {overall: 1}}]\n"),
		"left for another reason":   with("", "  - {key: b, text: short, ask: B, when: {overall: {left: tired}}}\n"),
		"score above 100":           with("questions:", "scales: {s: {options: [{value: 1, label: A, score: 101, flag: satisfied}, {value: 2, label: B, flag: neutral}]}}\nquestions:"),
		"option without a flag":     with("questions:", "scales: {s: {options: [{value: 1, label: A}, {value: 2, label: B, flag: neutral}]}}\nquestions:"),
		"scale without any options": with("questions:", "scales: {s: {ladder: true}}\nquestions:"),
	} {
		if validate(t, s, source) == nil {
			t.Errorf("%s is accepted by the schema", name)
		}
		if _, err := Parse([]byte(source)); err == nil {
			t.Errorf("%s is accepted by Parse", name)
		}
	}
}

// TestEveryKindOfQuestionIsWrittenAndRead walks over the kinds, so that none can be
// forgotten in the reader, the writer or the schema.
func TestEveryKindOfQuestionIsWrittenAndRead(t *testing.T) {
	s := compileSchema(t)
	for _, k := range survey.Kinds() {
		for _, q := range k.Samples {
			f, _, _ := Template("one_tap_csat")
			f.Questions = []survey.Question{q}
			if q.Kind == survey.ScaleQ {
				f.Questions[0].Scale, _ = Scale("csat5")
			}
			source, err := Format(f)
			if err != nil {
				t.Errorf("%s cannot be written: %v", q.Key, err)
				continue
			}
			if _, err := Parse(source); err != nil {
				t.Errorf("%s is written and then refused: %v", q.Key, err)
			}
			if err := validate(t, s, string(source)); err != nil {
				t.Errorf("%s is refused by the schema: %v", q.Key, err)
			}
		}
	}
}

// TestSchemaKnowsTheKeysOfTheReader keeps the two lists of keys the same.
func TestSchemaKnowsTheKeysOfTheReader(t *testing.T) {
	var s struct {
		Properties struct {
			Texts struct{ Properties map[string]any }
		}
		Defs map[string]struct {
			Properties map[string]any
			OneOf      []struct{ Required []string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	if got, want := sortedKeys(s.Defs["question"].Properties), slices.Sorted(slices.Values(questionKeys)); !slices.Equal(got, want) {
		t.Errorf("the schema has the question keys %v, the reader %v", got, want)
	}
	var kinds []string
	for _, one := range s.Defs["question"].OneOf {
		kinds = append(kinds, one.Required...)
	}
	if !slices.Equal(kinds, kindKeys) {
		t.Errorf("the schema takes one of %v as the kind of a question, the reader %v", kinds, kindKeys)
	}
	if got, want := sortedKeys(s.Properties.Texts.Properties), slices.Sorted(slices.Values(TextNames())); !slices.Equal(got, want) {
		t.Errorf("the schema has the texts %v, the reader %v", got, want)
	}
}
