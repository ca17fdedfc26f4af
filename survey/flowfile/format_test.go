package flowfile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aftercare/aftercare/survey"
)

func TestTemplatesSurviveFormatting(t *testing.T) {
	for _, f := range Templates() {
		t.Run(f.ID, func(t *testing.T) {
			file, err := Format(f)
			if err != nil {
				t.Fatal(err)
			}
			back, err := Parse(file)
			if err != nil {
				t.Fatalf("%v\n%s", err, file)
			}
			if d := cmp.Diff(f, back); d != "" {
				t.Errorf("read back differs (-flow +read):\n%s", d)
			}
			again, err := Format(back)
			if err != nil || string(again) != string(file) {
				t.Errorf("formatting twice gives another file (%v):\n%s\n%s", err, file, again)
			}
		})
	}
}

func TestAnyFlowSurvivesFormatting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFlow(t)
		file, err := Format(f)
		if err != nil {
			t.Fatalf("%v\n%+v", err, f)
		}
		back, err := Parse(file)
		if err != nil {
			t.Fatalf("%v\n%s", err, file)
		}
		if d := cmp.Diff(f, back); d != "" {
			t.Fatalf("read back differs (-flow +read):\n%s\n%s", d, file)
		}
	})
}

func drawFlow(t *rapid.T) survey.Flow {
	f := survey.Flow{
		ID:        rapid.StringMatching(`[a-z][a-z0-9_]{0,10}`).Draw(t, "id"),
		Class:     survey.Class(rapid.SampledFrom(classes).Draw(t, "class")),
		Praise:    survey.Praise(rapid.SampledFrom([]string{"", "named", "anonymous"}).Draw(t, "praise")),
		Naming:    survey.Naming(rapid.SampledFrom([]string{"", "named", "pseudonymous"}).Draw(t, "identity")),
		Languages: rapid.SampledFrom([][]string{{"en"}, {"zh-Hans", "en"}, {"ar", "es", "pt-BR"}}).Draw(t, "languages"),
		Delay:     time.Duration(rapid.IntRange(0, 30*24*3600).Draw(t, "delay")) * time.Second,
		Expires:   time.Duration(rapid.IntRange(60, 30*24*3600).Draw(t, "expires")) * time.Second,
		Bands:     Bands(),
	}
	f.Title = drawText(t, f.Languages)
	if rapid.Bool().Draw(t, "settings") {
		f.MinCoverage = rapid.Float64Range(0.01, 1).Draw(t, "coverage")
		f.GapTol = rapid.Float64Range(0, 3).Draw(t, "tolerance")
		f.GapIgnored = rapid.Bool().Draw(t, "ignored")
		f.Texts = map[string]survey.Text{}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(TextNames()), 1, 4, rapid.ID[string]).Draw(t, "texts") {
			f.Texts[name] = drawText(t, f.Languages)
		}
	}
	if rapid.Bool().Draw(t, "own bands") {
		f.Bands = survey.BandSet{
			{Level: 1, Low: 0, High: 30, Name: drawText(t, f.Languages), Unsatisfied: true},
			{Level: 2, Low: 30, High: 100, Name: drawText(t, f.Languages), Indication: drawText(t, f.Languages)},
		}
	}
	scales := []survey.Scale{drawScale(t, "own_ladder", true, f.Languages), drawScale(t, "csat5", false, f.Languages)}
	for _, key := range []string{"ladder7", "nps11", "expect5", "promise3"} {
		s, _ := Scale(key)
		scales = append(scales, s)
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "questions") {
		f.Questions = append(f.Questions, drawQuestion(t, f, i, scales))
	}
	return f
}

func drawText(t *rapid.T, languages []string) survey.Text {
	words := rapid.OneOf(
		rapid.SampledFrom([]string{"Yes", "no", "1", "1e3", "~", "a: b", "- a", "# a", "{x}", "[x]", "'", `"`, `\`, "您好,{service_name}", "مرحبا", "a\nb\n", " a ", "\ttab", "&a", "*a", "!a", "|", ">", "%", "@", "`", "?", ": ", "a #b", "👍🏽", "a\u200fb\u200d", "a\u2028b", "<<", "=", "0x1F", "---", "...", "2026-01-01"}),
		rapid.StringOfN(rapid.Rune().Filter(func(c rune) bool {
			return (c >= ' ' || c == '\n' || c == '\t') && c != 0x7f && c != 0xFFFD && (c < 0xD800 || c > 0xDFFF)
		}), 1, 20, -1).Filter(func(s string) bool { return strings.TrimSpace(s) != "" }),
	)
	out := survey.Text{}
	for _, l := range rapid.SliceOfNDistinct(rapid.SampledFrom(languages), 1, len(languages), rapid.ID[string]).Draw(t, "tags") {
		out[l] = words.Draw(t, "words")
	}
	return out
}

func drawScale(t *rapid.T, key string, ladder bool, languages []string) survey.Scale {
	s := survey.Scale{Key: key, Ladder: ladder}
	if rapid.Bool().Draw(t, "ends") {
		s.MinText, s.MaxText = drawText(t, languages), drawText(t, languages)
	}
	for i := range rapid.IntRange(2, 7).Draw(t, "options") {
		op := survey.Option{Value: float64(i) - 1.5, Label: drawText(t, languages)}
		switch flag := rapid.SampledFrom(flags).Draw(t, "flag"); {
		case ladder && flag == "unsatisfied":
			op.Score = new(rapid.Float64Range(0, 29.99).Draw(t, "score"))
			op.Flag = survey.Unsatisfied
		case ladder:
			op.Score, op.Flag = new(rapid.Float64Range(40, 100).Draw(t, "score")), survey.Satisfied
		default:
			op.Flag = survey.Flag(flag)
			if rapid.Bool().Draw(t, "scored") {
				op.Score = new(rapid.Float64Range(0, 100).Draw(t, "score"))
			}
		}
		if rapid.Bool().Draw(t, "symbol") {
			op.Symbol = "🙂"
		}
		if rapid.Bool().Draw(t, "short") {
			op.Short = drawText(t, languages)
		}
		s.Options = append(s.Options, op)
	}
	return s
}

func drawQuestion(t *rapid.T, f survey.Flow, i int, scales []survey.Scale) survey.Question {
	q := survey.Question{Key: fmt.Sprintf("q%d", i), Ask: drawText(t, f.Languages), Optional: rapid.Bool().Draw(t, "optional")}
	word := func(name string, list []string) string {
		return rapid.SampledFrom(append([]string{""}, list...)).Draw(t, name)
	}
	q.Kind = rapid.SampledFrom(append(survey.Kinds(), survey.ScaleQ.Info())).Draw(t, "kind").Kind
	switch q.Kind {
	case survey.ScaleQ:
		q.Scale = rapid.SampledFrom(scales).Draw(t, "scale")
		q.Primary, q.Reverse = rapid.Bool().Draw(t, "primary"), rapid.Bool().Draw(t, "reverse")
		q.Weight = float64(rapid.IntRange(0, 10).Draw(t, "weight")) / 7
		q.Factor, q.Reported = word("factor", factors), word("reported", []string{"gap"})
		for _, op := range rapid.SliceOfNDistinct(rapid.SampledFrom(q.Scale.Options), 0, 2, func(op survey.Option) float64 { return op.Value }).Draw(t, "critical") {
			q.Critical = append(q.Critical, op.Value)
		}
	case survey.ChoiceQ:
		q.Max = rapid.IntRange(1, 2).Draw(t, "max")
		if rapid.Bool().Draw(t, "shipped") {
			q.Choices = shippedChoices()[rapid.SampledFrom(Lists()).Draw(t, "list")].Choices
			break
		}
		for j, key := range []string{"a", "no", "B-2", "1"} {
			q.Choices = append(q.Choices, survey.Choice{Key: key, Label: drawText(t, f.Languages), Dimension: word("dimension", dimensions), Mix: word("mix", mixes)})
			if j > 0 && rapid.Bool().Draw(t, "enough") {
				break
			}
		}
	case survey.TextQ:
		q.Long, q.Max = rapid.Bool().Draw(t, "long"), rapid.IntRange(0, 4000).Draw(t, "max")
	case survey.NumberQ:
		q.MinValue = rapid.Float64Range(-1e6, 0).Draw(t, "min")
		q.MaxValue = rapid.Float64Range(1, 1e6).Draw(t, "max")
	case survey.ContactQ:
		q.Contact = rapid.SampledFrom(contacts).Draw(t, "contact")
	}
	q.Dimension, q.Mix, q.Justice = word("dimension", dimensions), word("mix", mixes), word("justice", justices)
	q.Measure, q.Alert = word("measure", []string{"tolerance"}), survey.AlertMode(word("alert", alerts))
	q.Rotate = word("rotate", []string{"attributes", "no"})
	q.Phase = survey.Phase(word("phase", []string{"pre"}))
	if i > 0 {
		q.Pair = word("pair", []string{f.Questions[0].Key})
		if rapid.Bool().Draw(t, "when") {
			c := drawCond(t, f.Questions, 0)
			q.When = &c
		}
	}
	return q
}

// drawCond draws a condition as Parse makes them: one test each.
func drawCond(t *rapid.T, before []survey.Question, depth int) survey.Cond {
	form := "test"
	if depth < 3 {
		form = rapid.SampledFrom([]string{"test", "test", "all", "any", "not"}).Draw(t, "form")
	}
	several := func() []survey.Cond {
		var out []survey.Cond
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			out = append(out, drawCond(t, before, depth+1))
		}
		return out
	}
	switch form {
	case "all":
		return survey.Cond{All: several()}
	case "any":
		return survey.Cond{Any: several()}
	case "not":
		c := drawCond(t, before, depth+1)
		return survey.Cond{Not: &c}
	}
	number := rapid.SampledFrom([]float64{-1, 0, 2.5}).Draw(t, "number")
	switch rapid.SampledFrom([]string{"judgement", "event", "primary", "question"}).Draw(t, "subject") {
	case "judgement":
		return survey.Cond{Subject: "judgement", Flags: []survey.Flag{survey.Unsatisfied, survey.Neutral}}
	case "event":
		return survey.Cond{Subject: "event.tier", Values: []string{"MVC", "true", "5", "a: b", "no"}}
	case "primary":
		return survey.Cond{Subject: "primary", AtLeast: &number}
	}
	q := rapid.SampledFrom(before).Draw(t, "question")
	switch q.Kind {
	case survey.ScaleQ:
		return rapid.SampledFrom([]survey.Cond{
			{Subject: q.Key, Flags: []survey.Flag{survey.Delighted}},
			{Subject: q.Key, Values: []string{"-1", "0.5"}},
			{Subject: q.Key, Below: &number},
			{Subject: q.Key, Above: &number},
			{Subject: q.Key, AtMost: &number},
		}).Draw(t, "scale test")
	case survey.ChoiceQ:
		return rapid.SampledFrom([]survey.Cond{
			{Subject: q.Key, Values: []string{q.Choices[0].Key, q.Choices[1].Key}},
			{Subject: q.Key, Contains: q.Choices[1].Key},
		}).Draw(t, "choice test")
	case survey.MessageQ:
		return survey.Cond{Subject: "judgement", Flags: []survey.Flag{survey.Satisfied}}
	}
	return survey.Cond{Subject: q.Key, Answered: new(rapid.Bool().Draw(t, "answered"))}
}

func TestFlowThatNoFileCanDescribeIsRefused(t *testing.T) {
	good, _, _ := Template("one_tap_csat")
	twice := good
	twice.Questions = append([]survey.Question(nil), good.Questions...)
	other := twice.Questions[0]
	other.Key = "other"
	other.Scale.Ladder = false
	twice.Questions = append(twice.Questions, other)
	unnamed := good
	unnamed.ID = "No Name"
	text := good
	text.Texts = map[string]survey.Text{"farewell": {"en": "Bye"}}
	kind := good
	kind.Questions = []survey.Question{{Key: "a", Kind: "riddle", Ask: survey.Text{"en": "?"}}}
	for name, f := range map[string]survey.Flow{"two scales of one name": twice, "bad name": unnamed, "unknown text": text, "unknown kind": kind} {
		if file, err := Format(f); err == nil {
			t.Errorf("%s: written as\n%s", name, file)
		}
	}
}

func TestDurationsAreReadAndWritten(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"15m": 15 * time.Minute, "1h": time.Hour, "72h": 72 * time.Hour, "7d": 168 * time.Hour, "1h30m": 90 * time.Minute,
		"0": 0, "0s": 0, "45s": 45 * time.Second, "366d": maxDuration,
	} {
		got, ok := parseDuration(s)
		if !ok || got != want {
			t.Errorf("%s is read as %v %v, want %v", s, got, ok, want)
		}
		if back, ok := parseDuration(formatDuration(want)); !ok || back != want {
			t.Errorf("%v is written as %s, which is read (%t) as %v", want, formatDuration(want), ok, back)
		}
	}
	for _, s := range []string{"", "h", "1", "1 h", "-1h", "1h1h", "1m1h", "1.5h", "99999999999h", "1w", "١h"} {
		if d, ok := parseDuration(s); ok {
			t.Errorf("%q is read as %v", s, d)
		}
	}
	for d, want := range map[time.Duration]string{72 * time.Hour: "72h", 168 * time.Hour: "7d", 90 * time.Minute: "1h30m"} {
		if got := formatDuration(d); got != want {
			t.Errorf("%v is written as %s, want %s", d, got, want)
		}
	}
}
