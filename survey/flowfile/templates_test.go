package flowfile

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/internal/wording"
	"github.com/aftercare/aftercare/survey"
)

// published is testdata/templates.json: the templates as they were agreed on.
type published struct {
	Scales map[string]struct {
		Ladder  bool
		Options []struct {
			Value float64
			Score *float64
			Flag  survey.Flag
		}
	}
	Choices map[string]struct {
		Max     *int
		Options []struct{ Key string }
	}
	Templates []struct {
		ID        string
		Delay     string `json:"default_delay"`
		Anonymous bool
		Questions []struct {
			Key, Type, Scale, Choices, Contact, When  string
			Dim, Mix, Justice, Factor, Measure, Phase string
			Reported, Pair, Alert                     string
			Weight                                    float64
			Primary, Optional, Rotate                 bool
			Critical                                  []float64
			On                                        map[string]string
		}
	}
}

func readPublished(t *testing.T) published {
	t.Helper()
	raw, err := os.ReadFile("testdata/templates.json")
	if err != nil {
		t.Fatal(err)
	}
	var p published
	d := json.NewDecoder(strings.NewReader(string(raw)))
	if err := d.Decode(&p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestShippedScalesAreThePublishedOnes(t *testing.T) {
	p := readPublished(t)
	if got, want := len(Scales()), len(p.Scales); got != want {
		t.Errorf("%d scales are shipped, want %d", got, want)
	}
	for key, want := range p.Scales {
		got, ok := Scale(key)
		if !ok {
			t.Errorf("the scale %s is not shipped", key)
			continue
		}
		if got.Key != key || got.Ladder != want.Ladder || len(got.Options) != len(want.Options) {
			t.Errorf("%s: key %q, ladder %v, %d options; want ladder %v, %d options", key, got.Key, got.Ladder, len(got.Options), want.Ladder, len(want.Options))
			continue
		}
		for i, w := range want.Options {
			g := got.Options[i]
			if g.Value != w.Value || g.Flag != w.Flag || !cmp.Equal(g.Score, w.Score) {
				t.Errorf("%s option %d: got value %v flag %v score %v", key, i, g.Value, g.Flag, g.Score)
			}
		}
	}
}

func TestShippedChoicesAreThePublishedOnes(t *testing.T) {
	p := readPublished(t)
	if got, want := len(Lists()), len(p.Choices); got != want {
		t.Errorf("%d lists are shipped, want %d", got, want)
	}
	for key, want := range p.Choices {
		got, ok := shippedChoices()[key]
		if !ok || len(got.Choices) != len(want.Options) {
			t.Errorf("%s: shipped %v with %d options, want %d", key, ok, len(got.Choices), len(want.Options))
			continue
		}
		most := 1
		if want.Max != nil {
			most = *want.Max
		}
		if got.Max != most {
			t.Errorf("%s: at most %d may be chosen, want %d", key, got.Max, most)
		}
		for i, w := range want.Options {
			g := got.Choices[i]
			if g.Key != w.Key {
				t.Errorf("%s option %d is %q, want %q", key, i, g.Key, w.Key)
			}
		}
	}
}

func TestShippedLadderHasSevenLevels(t *testing.T) {
	bands := Bands()
	lows := []float64{0, 10, 20, 30, 40, 60, 80}
	if len(bands) != len(lows) {
		t.Fatalf("%d bands, want %d", len(bands), len(lows))
	}
	for i, b := range bands {
		high := 100.0
		if i+1 < len(lows) {
			high = lows[i+1]
		}
		if b.Level != i+1 || b.Low != lows[i] || b.High != high || b.Unsatisfied != (i < 3) {
			t.Errorf("band %d is %+v", i, b)
		}
		for _, lang := range []string{"en", "zh-Hans", "es", "ar"} {
			if b.Name[lang] == "" || b.Expectation[lang] == "" || b.Indication[lang] == "" {
				t.Errorf("level %d lacks its name or one of its two halves in %s", b.Level, lang)
			}
		}
	}
	// The same name has the same score, so the scale's words name the levels.
	ladder, _ := Scale("ladder7")
	for i, op := range ladder.Options {
		if d := cmp.Diff(op.Label, bands[i].Name); d != "" {
			t.Errorf("level %d (-option +band):\n%s", i+1, d)
		}
		if *op.Score < bands[i].Low || *op.Score > bands[i].High {
			t.Errorf("option %d scores %v, outside its level", i+1, *op.Score)
		}
	}
}

// whens are the published conditions as data; "primary" stands for the primary question.
func whens(primary string) map[string]*survey.Cond {
	zero := 0.0
	unhappy := survey.Cond{Subject: "judgement", Flags: []survey.Flag{survey.Unhappy}}
	return map[string]*survey.Cond{
		"":                                      nil,
		"always":                                nil,
		"primary flag = unsatisfied or neutral": {Subject: primary, Flags: []survey.Flag{survey.Unsatisfied, survey.Neutral}},
		"primary flag = unsatisfied":            {Subject: primary, Flags: []survey.Flag{survey.Unsatisfied}},
		"judgement = unsatisfied":               &unhappy, // whoever calls staff is asked as one who was let down
		"judgement ≠ unsatisfied":               {Not: &unhappy},
		"contact_ok = phone":                    {Subject: "contact_ok", Values: []string{"phone"}},
		"unhappy, but not of the primary question": {All: []survey.Cond{
			unhappy, {Not: &survey.Cond{Subject: primary, Flags: []survey.Flag{survey.Unsatisfied}}},
		}},
		"vs_expect < 0": {Subject: "vs_expect", Below: &zero},
	}
}

// delays is what the published words about the time of sending mean. What is scheduled
// or sent once has no delay of its own.
var delays = map[string]time.Duration{
	"15 min after the service closes":        15 * time.Minute,
	"1 h":                                    time.Hour,
	"3 h":                                    3 * time.Hour,
	"part A at booking; part B 1 h after":    time.Hour,
	"scheduled":                              0,
	"15 min after the request closes":        15 * time.Minute,
	"2 h, not after 21:00":                   2 * time.Hour,
	"24 h; re-check of the fix after 7 days": 24 * time.Hour,
	"10 min after the ticket closes, working hours": 10 * time.Minute,
	"24 h after resolved":                           24 * time.Hour,
	"once; never repeated":                          0,
	"every 4 weeks":                                 0,
}

var templateClasses = map[string]survey.Class{
	"nps_why": survey.Relationship, "six_measures": survey.Relationship, "lost_customer": survey.Relationship,
	"post_recovery": survey.Recovery, "staff_pulse": survey.Pulse, "mystery_visit": survey.Mystery,
}

func TestTemplatesAreThePublishedOnes(t *testing.T) {
	p := readPublished(t)
	if got, want := len(Templates()), len(p.Templates); got != want {
		t.Errorf("%d templates are shipped, want %d", got, want)
	}
	for _, want := range p.Templates {
		t.Run(want.ID, func(t *testing.T) {
			f, source, ok := Template(want.ID)
			if !ok || len(source) == 0 {
				t.Fatalf("the template is not shipped: %t, %d bytes", ok, len(source))
			}
			delay, known := delays[want.Delay]
			if !known {
				t.Fatalf("the time of sending %q is not known to this test", want.Delay)
			}
			class := survey.Transactional
			if c, ok := templateClasses[want.ID]; ok {
				class = c
			}
			expected := survey.Flow{
				ID: want.ID, Class: class, Languages: wording.Languages(), Delay: delay, Expires: 72 * time.Hour,
				Bands: Bands(),
			}
			primary := ""
			for _, q := range want.Questions {
				if q.Primary {
					primary = q.Key
				}
			}
			for _, q := range want.Questions {
				when, known := whens(primary)[q.When]
				if !known {
					t.Fatalf("the condition %q is not known to this test", q.When)
				}
				e := survey.Question{
					Key: q.Key, Kind: survey.Kind(q.Type), Contact: q.Contact,
					Primary: q.Primary, Optional: q.Optional, Weight: q.Weight, Dimension: q.Dim, Mix: q.Mix,
					Justice: q.Justice, Factor: q.Factor, Measure: q.Measure, Reported: q.Reported, Critical: q.Critical,
					Alert: survey.AlertMode(q.Alert), Pair: q.Pair, When: when,
				}
				if q.Phase == "pre" {
					e.Phase = survey.Pre
				}
				if q.Rotate {
					e.Rotate = "attributes"
				}
				switch e.Kind {
				case survey.ScaleQ:
					e.Scale, _ = Scale(q.Scale)
				case survey.ChoiceQ:
					list := shippedChoices()[q.Choices]
					e.Choices, e.Max = list.Choices, list.Max
				case survey.TextQ:
					e.Long = true
				}
				expected.Questions = append(expected.Questions, e)
				if q.On["0"] == `offer "Reopen ticket"` {
					expected.Questions = append(expected.Questions, reopenTicket())
				}
			}
			if d := cmp.Diff(expected, wordless(f)); d != "" {
				t.Errorf("the template differs (-published +shipped):\n%s", d)
			}
			parsed, err := Parse(source)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(f, parsed); d != "" {
				t.Errorf("Template's file and flow differ (-flow +file):\n%s", d)
			}
		})
	}
}

// wordless is a flow without its words, which another test reads.
func wordless(f survey.Flow) survey.Flow {
	f.Title = nil
	f.Questions = slices.Clone(f.Questions)
	for i := range f.Questions {
		f.Questions[i].Ask = nil
	}
	return f
}

// reopenTicket is how the offer to reopen a ticket is made: words with the ticket's own
// address, where the event brings one.
func reopenTicket() survey.Question {
	known := true
	return survey.Question{
		Key: "reopen", Kind: survey.MessageQ,
		When: &survey.Cond{All: []survey.Cond{
			{Subject: "resolved", Values: []string{"0"}}, {Subject: "event.ticket_url", Answered: &known},
		}},
	}
}

func TestTemplateThatIsNotShippedIsNotFound(t *testing.T) {
	if _, _, ok := Template("no_such_template"); ok {
		t.Error("found a template that does not exist")
	}
}
