package survey

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// broken is a sound flow and one way to break it.
type broken struct {
	code  string
	flow  func() Flow
	spoil func(f *Flow)
}

func ladderBands() BandSet {
	low := []float64{0, 10, 20, 30, 40, 60, 80, 100}
	var set BandSet
	for i := range 7 {
		set = append(set, Band{Level: i + 1, Low: low[i], High: low[i+1], Unsatisfied: i < 3, Name: Text{"en": sevenNames[i][0], "zh-Hans": sevenNames[i][1]}})
	}
	return set
}

func whole() Flow {
	f := sevenLevels()
	f.Bands = ladderBands()
	return f
}

func paired() Flow {
	e := scaleQ("expected", quality7(), 0)
	e.Phase = Pre
	p := primaryQ(scaleQ("overall", quality7(), 1))
	p.Pair = "expected"
	return flow("paired", e, p)
}

// reversed begins with a question that is turned round.
func reversed() Flow {
	q := scaleQ("effort", csat5(), 0)
	q.Reverse = true
	return flow("reversed", q, textQ("why"), primaryQ(scaleQ("overall", csat5(), 1)))
}

var breakages = []broken{
	{"no_id", whole, func(f *Flow) { f.ID = "" }},
	{"bad_class", whole, func(f *Flow) { f.Class = "urgent" }},
	{"bad_identity", whole, func(f *Flow) { f.Naming = "secret" }},
	{"bad_praise", whole, func(f *Flow) { f.Praise = "secret" }},
	{"no_language", whole, func(f *Flow) { f.Languages = nil }},
	{"bad_language", whole, func(f *Flow) { f.Languages = append(f.Languages, "e n") }},
	{"duplicate_language", whole, func(f *Flow) { f.Languages = append(f.Languages, "EN") }},
	{"unworded_language", whole, func(f *Flow) { f.Languages = append(slices.Clone(f.Languages), "de") }},
	{"missing_translation", whole, func(f *Flow) { f.Languages = append(f.Languages, "es") }},
	{"missing_translation", whole, func(f *Flow) { f.Texts = map[string]Text{"intro": {"en": "Hello"}} }},
	{"missing_translation", whole, func(f *Flow) { f.Title = nil }},
	{"no_words", whole, func(f *Flow) { f.Questions[0].Ask = Text{"en": "\u200b "} }},
	{"broken_placeholder", whole, func(f *Flow) { f.Questions[0].Ask["en"] = "How was {service_name?" }},
	{"bad_min_coverage", whole, func(f *Flow) { f.MinCoverage = 1.5 }},
	{"bad_gap_tolerance", whole, func(f *Flow) { f.GapTol = -1 }},
	{"bad_delay", whole, func(f *Flow) { f.Delay = -time.Hour }},
	{"bad_expires", whole, func(f *Flow) { f.Expires = 400 * 24 * time.Hour }},
	{"no_questions", whole, func(f *Flow) { f.Questions = nil }},
	{"too_many_scored", whole, func(f *Flow) {
		for _, key := range strings.Split("abcdefg", "") {
			f.Questions = append(f.Questions, scaleQ(key, csat5(), 1))
		}
	}},
	{"unscored", whole, func(f *Flow) { f.Questions[0].Weight = 0 }},
	{"band_level", whole, func(f *Flow) { f.Bands[2].Level = 9 }},
	{"band_empty", whole, func(f *Flow) { f.Bands[2].High = f.Bands[2].Low }},
	{"band_gap", whole, func(f *Flow) { f.Bands[2].High = 29 }},
	{"band_cover", whole, func(f *Flow) { f.Bands[6].High = 90 }},
	{"band_cut", whole, func(f *Flow) { f.Bands[1].Unsatisfied = false }},
	{"no_key", whole, func(f *Flow) { f.Questions[4].Key = "" }},
	{"reserved_key", whole, func(f *Flow) { f.Questions[4].Key = "judgement" }},
	{"duplicate_key", whole, func(f *Flow) { f.Questions[4].Key = "promise" }},
	{"many_primary", whole, func(f *Flow) { f.Questions[1].Primary = true }},
	{"primary_kind", whole, func(f *Flow) { f.Questions[0].Kind, f.Questions[0].Weight = TextQ, 0 }},
	{"primary_pre", whole, func(f *Flow) { f.Questions[0].Phase, f.Questions[0].Weight = Pre, 0 }},
	{"primary_flag", whole, func(f *Flow) { f.Questions[0].Scale.Options[2].Flag = NoFlag }},
	{"primary_condition", whole, func(f *Flow) { f.Questions[0].When = &Cond{Subject: "event.tier", Values: []string{"MVC"}} }},
	{"primary_rotates", whole, func(f *Flow) { f.Questions[0].Rotate = "g" }},
	{"no_primary", whole, func(f *Flow) { f.Questions[0].Primary = false }},
	{"no_primary", func() Flow { return flow("words", textQ("say")) }, func(f *Flow) {}},
	{"pre_scored", paired, func(f *Flow) { f.Questions[0].Weight = 1 }},
	{"pre_order", paired, func(f *Flow) { slices.Reverse(f.Questions) }},
	{"no_post", paired, func(f *Flow) { f.Questions = f.Questions[:1] }},
	{"pair_unknown", paired, func(f *Flow) { f.Questions[1].Pair = "nobody" }},
	{"pair_phase", paired, func(f *Flow) { f.Questions[0].Phase = Post }},
	{"pair_scale", paired, func(f *Flow) { f.Questions[0].Scale = csat5() }},
	{"bad_reported", whole, func(f *Flow) { f.Questions[1].Reported = "sum" }},
	{"gap_kind", whole, func(f *Flow) { f.Questions[4].Reported = "gap" }},
	{"many_gaps", whole, func(f *Flow) { f.Questions[3].Reported = "gap" }},
	{"rotate_phase", paired, func(f *Flow) { f.Questions[0].Rotate, f.Questions[1].Rotate = "g", "g" }},
	{"rotate_single", whole, func(f *Flow) { f.Questions[1].Rotate = "g" }},
	{"bad_kind", whole, func(f *Flow) { f.Questions[4].Kind = "video" }},
	{"bad_max", whole, func(f *Flow) { f.Questions[4].Max = MaxText + 1 }},
	{"bad_max", whole, func(f *Flow) { f.Questions[2].Max = 4 }},
	{"bad_range", whole, func(f *Flow) {
		f.Questions = append(f.Questions, Question{Key: "n", Kind: NumberQ, Weight: 1, Ask: both("n", "n")})
	}},
	{"bad_contact", whole, func(f *Flow) {
		f.Questions = append(f.Questions, Question{Key: "n", Kind: ContactQ, Contact: "pigeon", Ask: both("n", "n")})
	}},
	{"critical_value", whole, func(f *Flow) { f.Questions[3].Critical = []float64{7} }},
	{"critical_value", whole, func(f *Flow) { f.Questions[4].Critical = []float64{0} }},
	{"bad_reverse", whole, func(f *Flow) { f.Questions[0].Reverse, f.Questions[0].Scale.Options[1].Value = true, 2.5 }},
	{"bad_weight", whole, func(f *Flow) { f.Questions[0].Weight = -1 }},
	{"weight_without_score", whole, func(f *Flow) { f.Questions[4].Weight = 1 }},
	{"weight_without_score", whole, func(f *Flow) { f.Questions[3].Weight = 1 }},
	{"unknown_dimension", whole, func(f *Flow) { f.Questions[0].Dimension = "speed" }},
	{"unknown_mix", whole, func(f *Flow) { f.Questions[0].Mix = "luck" }},
	{"unknown_justice", whole, func(f *Flow) { f.Questions[0].Justice = "blind" }},
	{"unknown_factor", whole, func(f *Flow) { f.Questions[0].Factor = "love" }},
	{"bad_alert", whole, func(f *Flow) { f.Questions[0].Alert = "loud" }},
	{"bad_phase", whole, func(f *Flow) { f.Questions[0].Phase = "later" }},
	{"few_options", whole, func(f *Flow) { f.Questions[0].Scale.Options = f.Questions[0].Scale.Options[:1] }},
	{"few_options", whole, func(f *Flow) { f.Questions[5].Choices, f.Questions[5].Max = f.Questions[5].Choices[:1], 1 }},
	{"many_options", whole, func(f *Flow) { f.Questions[5] = choiceQ("c", 1, strings.Split(strings.Repeat("x", 26), "")...) }},
	{"many_options", whole, func(f *Flow) { f.Questions[5] = choiceQ("c", 1, strings.Split(strings.Repeat("x", 101), "")...) }},
	{"many_options", whole, func(f *Flow) {
		s := Scale{Key: "long"}
		for v := range 26 {
			s.Options = append(s.Options, Option{Value: float64(v), Label: both(strings.Repeat("I", v+1), strings.Repeat("I", v+1))})
		}
		f.Questions = append(f.Questions, scaleQ("x", s, 0))
	}},
	{"bad_value", whole, func(f *Flow) { f.Questions[0].Scale.Options[0].Value = inf() }},
	{"duplicate_value", whole, func(f *Flow) { f.Questions[0].Scale.Options[1].Value = 1 }},
	{"scale_order", whole, func(f *Flow) {
		o := f.Questions[0].Scale.Options
		o[0], o[1] = o[1], o[0]
	}},
	{"score_order", func() Flow { return flow("n", primaryQ(scaleQ("nps", nps11(), 1))) }, func(f *Flow) {
		f.Questions[0].Scale.Options[3].Score = num(99)
	}},
	{"flag_order", whole, func(f *Flow) {
		f.Questions[3].Scale.Options[0].Flag, f.Questions[3].Scale.Options[2].Flag = Unsatisfied, Satisfied
	}},
	{"bad_flag", whole, func(f *Flow) { f.Questions[3].Scale.Options[0].Flag = "meh" }},
	{"bad_flag", whole, func(f *Flow) { f.Questions[4].When = when("primary", "meh") }},
	{"ladder_score", whole, func(f *Flow) { f.Questions[0].Scale.Options[0].Score = nil }},
	{"bad_score", whole, func(f *Flow) { f.Questions[0].Scale.Options[6].Score = num(101) }},
	{"ladder_flag", whole, func(f *Flow) { f.Questions[0].Scale.Options[2].Score = num(33.3) }},
	{"ladder_flag", func() Flow { return sevenLevels() }, func(f *Flow) { f.Questions[0].Scale.Options[3].Score = num(50) }},
	{"ladder_label", whole, func(f *Flow) { f.Questions[0].Scale.Options[5].Score = num(90) }},
	{"no_choice_key", whole, func(f *Flow) { f.Questions[2].Choices[0].Key = "" }},
	{"duplicate_choice", whole, func(f *Flow) { f.Questions[2].Choices[0].Key = "wom" }},
	{"long_label", whole, func(f *Flow) { f.Questions[2].Choices[0].Label["en"] = strings.Repeat("x", 76) }},
	{"duplicate_label", whole, func(f *Flow) { f.Questions[2].Choices[0].Label["en"] = "THE  wom." }},
	{"none_with_others", whole, func(f *Flow) { f.Questions[2].Choices[0].Label["en"] = "None of these." }},
	{"exclusive_alone", whole, func(f *Flow) { f.Questions[2].Max = 1; f.Questions[2].Choices[0].Exclusive = true }},
	{"exclusive_other", whole, func(f *Flow) { f.Questions[2].Choices[0].Exclusive, f.Questions[2].Choices[0].Other = true, true }},
	{"empty_also", whole, func(f *Flow) { f.Questions[2].Choices[0].Also = []string{"…"} }},
	{"duplicate_also", whole, func(f *Flow) {
		f.Questions[2].Choices[0].Also = []string{"Wóm"}
		f.Questions[2].Choices[1].Also = []string{"wom"}
	}},
	{"duplicate_also", whole, func(f *Flow) { f.Questions[2].Choices[0].Also = []string{"the wom"} }},
	{"unworded_gap", whole, func(f *Flow) {
		f.Languages = append(slices.Clone(f.Languages), "de")
		f.Questions[0].Ask["de"] = "Wie war {service_name}?"
	}},
	{"bad_attribute", whole, func(f *Flow) { f.Attributes = []string{"my order"} }},
	{"thanks_always", whole, func(f *Flow) { f.Thanks = []Thanks{{Say: both("a", "a")}, {Say: both("b", "b")}} }},
	{"condition_unknown", whole, func(f *Flow) { f.Thanks = []Thanks{{When: when("nobody", Satisfied), Say: both("a", "a")}} }},
	{"condition_left", whole, func(f *Flow) { f.Questions[5].When = &Cond{Subject: "why_bad", Left: LeftDontKnow} }},
	{"condition_left", whole, func(f *Flow) { f.Questions[5].When = &Cond{Subject: "why_bad", Left: "tired"} }},
	{"condition_kind", whole, func(f *Flow) { f.Questions[5].When = &Cond{Subject: "overall", Mentions: []string{"a"}} }},
	{"condition_value", whole, func(f *Flow) { f.Questions[5].When = &Cond{Subject: "why_bad", Mentions: []string{"…"}} }},
	{"reversed_condition", reversed, func(f *Flow) { f.Questions[1].When = &Cond{Subject: "effort", Values: []string{"5"}} }},
	{"reversed_condition", reversed, func(f *Flow) { f.Questions[1].When = &Cond{Subject: "effort", Below: num(2)} }},
	{"reversed_critical", reversed, func(f *Flow) { f.Questions[0].Critical = []float64{5} }},
	{"critical_value", whole, func(f *Flow) { f.Questions[2].Calls = []string{"moon"} }},
	{"bad_retries", whole, func(f *Flow) { f.Questions[4].Retries = MaxRetries + 1 }},
	{"nothing_asked", whole, func(f *Flow) {
		f.Questions = append(f.Questions, Question{Key: "bye", Kind: MessageQ, Ask: both("a", "a"), DontKnow: true})
	}},
	{"not_typed", whole, func(f *Flow) { f.Questions[0].Error = both("a", "a") }},
	{"error_unused", whole, func(f *Flow) { f.Questions[4].Error = both("a", "a") }},
	{"shuffle_nothing", whole, func(f *Flow) {
		q := &f.Questions[2]
		q.Shuffle = true
		for i := range q.Choices {
			q.Choices[i].Other = i > 0
		}
	}},
	{"bad_example", whole, func(f *Flow) {
		f.Questions[4].Pattern, f.Questions[4].Example = "[A-Z]{2}-[0-9]{4}", both("AB-123", "AB-1234")
	}},
	{"bad_example", whole, func(f *Flow) {
		f.Questions = append(f.Questions, Question{Key: "d", Kind: DateQ, Ask: both("a", "a"), Example: both("soon", "2026-01-31")})
	}},
	{"bad_day", whole, func(f *Flow) {
		f.Questions = append(f.Questions, Question{Key: "d", Kind: DateQ, Ask: both("a", "a"), From: "yesterday"})
	}},
	{"bad_days", whole, func(f *Flow) {
		f.Questions = append(f.Questions, Question{Key: "d", Kind: DateQ, Ask: both("a", "a"), From: "today", Until: "today-1d"})
	}},
	{"bad_range", whole, func(f *Flow) {
		f.Questions = append(f.Questions, Question{Key: "n", Kind: NumberQ, MinValue: 0.5, MaxValue: 3, Whole: true, Ask: both("n", "n")})
	}},
	{"long_pattern", whole, func(f *Flow) { f.Questions[4].Pattern = strings.Repeat("a", MaxPattern+1) }},
	{"bad_pattern", whole, func(f *Flow) { f.Questions[4].Pattern = "(?=a)" }},
	{"pattern_untold", whole, func(f *Flow) { f.Questions[4].Pattern = "[A-Z]+" }},
	{"bad_min", whole, func(f *Flow) { f.Questions[2].Min = 9 }},
	{"question_placeholder", whole, func(f *Flow) { f.Questions[5].Ask["en"] = "You said {why_bad}?" }},
	{"unknown_placeholder", whole, func(f *Flow) { f.Questions[0].Ask["en"] = "How was {servce_name}?" }},
	{"unknown_placeholder", whole, func(f *Flow) { f.Questions[2].Choices[0].Label["en"] = "The {itme}" }},
	{"answer_unknown", whole, func(f *Flow) { f.Questions[5].Ask["en"] = "You said {answer of why_bda}?" }},
	{"answer_in_host", whole, func(f *Flow) { f.Questions[5].Ask["en"] = "https://{answer of why_bad}.example.com" }},
	{"answer_kind", whole, func(f *Flow) { f.Questions[4].Kind = FileQ; f.Questions[5].Ask["en"] = "{answer of why_bad}" }},
	{"answer_self", whole, func(f *Flow) { f.Questions[5].Ask["en"] = "{answer of " + f.Questions[5].Key + "}" }},
	{"answer_later", whole, func(f *Flow) { f.Questions[0].Ask["en"] = "{answer of why_bad}" }},
	{"answer_missing", whole, func(f *Flow) { f.Questions[5].Ask["en"], f.Questions[5].When = "{answer of why_bad}", nil }},
	{"answer_early", whole, func(f *Flow) { f.Texts = map[string]Text{"intro": both("{answer of overall}", "a")} }},
	{"condition_form", whole, func(f *Flow) { f.Questions[4].When = &Cond{} }},
	{"condition_form", whole, func(f *Flow) { f.Questions[4].When = &Cond{Subject: "overall", Not: when("overall", Satisfied)} }},
	{"condition_empty", whole, func(f *Flow) { f.Questions[4].When = not(&Cond{Subject: "overall"}) }},
	{"condition_unknown", whole, func(f *Flow) { f.Questions[4].When = &Cond{All: []Cond{*when("nobody", Satisfied)}} }},
	{"condition_self", whole, func(f *Flow) { f.Questions[1].When = &Cond{Any: []Cond{*when("vs_expect", Satisfied)}} }},
	{"condition_later", whole, func(f *Flow) { f.Questions[1].When = when("promise", Satisfied) }},
	{"condition_later", threeQuestions, func(f *Flow) { f.Questions[4].Rotate, f.Questions[3].When = "attributes", when("people", Satisfied) }},
	{"condition_rotated", threeQuestions, func(f *Flow) { f.Questions[2].When = when("speed", Satisfied) }},
	{"condition_kind", whole, func(f *Flow) { f.Questions[5].When = when("why_bad", Satisfied) }},
	{"condition_kind", whole, func(f *Flow) { f.Questions[5].When = &Cond{Subject: "why_bad", Below: num(3)} }},
	{"condition_kind", whole, func(f *Flow) { f.Questions[5].When = &Cond{Subject: "overall", Contains: "past"} }},
	{"condition_kind", whole, func(f *Flow) { f.Questions[5].When = &Cond{Subject: "judgement", Contains: "past"} }},
	{"condition_flag", whole, func(f *Flow) { f.Questions[5].When = when("vs_expect", Unsatisfied, Neutral) }},
	{"condition_value", whole, func(f *Flow) { f.Questions[5].When = &Cond{Subject: "overall", Values: []string{"1", "8"}} }},
	{"condition_value", whole, func(f *Flow) { f.Questions[5].When = &Cond{Subject: "exp_source", Contains: "moon"} }},
	{"dead_condition", whole, func(f *Flow) { f.Questions[5].When = &Cond{Subject: "overall", Below: num(1)} }},
	{"dead_condition", whole, func(f *Flow) {
		f.Questions[5].When = &Cond{All: []Cond{*when("overall", Satisfied), *when("overall", Unsatisfied)}}
	}},
	{"dead_condition", oneTap, func(f *Flow) {
		f.Questions[3].When = &Cond{All: []Cond{*when("overall", Satisfied), *when("judgement", Unsatisfied)}}
	}},
	{"dead_condition", whole, func(f *Flow) {
		f.Questions[5].When = &Cond{All: []Cond{{Subject: "event.tier", Values: []string{"MVC"}}, {Subject: "event.tier", Values: []string{"BZ"}}}}
	}},
	{"unreachable", whole, func(f *Flow) {
		answered := true
		f.Questions[5].When = &Cond{All: []Cond{{Subject: "exp_source", Answered: &answered}, {Subject: "vs_expect", AtLeast: num(1)}}}
	}},
}

func inf() float64 { x := 1e308; return x * 10 }

func codes(problems []Problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Code)
	}
	return all
}

func TestCheckFindsNothingInSoundFlows(t *testing.T) {
	for _, f := range []Flow{oneTap(), threeQuestions(), sevenLevels(), whole(), paired(), flow("n", primaryQ(scaleQ("nps", nps11(), 1)))} {
		for _, p := range Check(f) {
			t.Errorf("%s: %+v", f.ID, p)
		}
	}
}

func TestCheckFindsWhatIsBroken(t *testing.T) {
	for _, b := range breakages {
		f := b.flow()
		b.spoil(&f)
		problems := Check(f)
		if !slices.Contains(codes(problems), b.code) {
			t.Errorf("%s was not found; found: %+v", b.code, problems)
		}
		for _, p := range problems {
			if p.Message == "" || !strings.HasSuffix(p.Message, ".") || strings.Contains(p.Message, "%!") || p.Severity != Fatal && p.Severity != Warning {
				t.Errorf("%s: not a plain sentence: %+v", b.code, p)
			}
		}
	}
}

// Every code that Check can say has an example above.
func TestEveryCodeHasAnExample(t *testing.T) {
	said := regexp.MustCompile(`\.(?:fatal|warn)\((?:q|nil|new), "([a-z_]+)"(\+?)`)
	files, err := filepath.Glob("check*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "gap.go")
	count := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range said.FindAllStringSubmatch(string(source), -1) {
			count++
			if m[2] == "" && !slices.ContainsFunc(breakages, func(b broken) bool { return b.code == m[1] }) {
				t.Errorf("%s says %s, which has no example", file, m[1])
			}
		}
	}
	if count < 50 {
		t.Fatalf("found only %d codes in the source", count)
	}
}

func TestCheckAcceptsWhatCanBeReachedIndirectly(t *testing.T) {
	yes := true
	for name, c := range map[string]*Cond{
		"judgement against a good answer, because of the gap": {All: []Cond{*when("overall", Satisfied), *when("judgement", Unsatisfied)}},
		"a question that depends on a conditional one":        {Subject: "exp_source", Answered: &yes},
		"one choice of several":                               {All: []Cond{{Subject: "exp_source", Contains: "past"}, {Subject: "exp_source", Contains: "ads"}}},
		"an attribute of the event":                           {Subject: "event.amount", Above: num(100)},
		"not a missing answer":                                not(when("overall", Satisfied)),
		"the judgement's level":                               {Subject: "judgement", AtMost: num(2)},
	} {
		f := whole()
		f.Questions[5].When = c
		if problems := Check(f); len(problems) > 0 {
			t.Errorf("%s: %+v", name, problems)
		}
	}
}

func TestDiff(t *testing.T) {
	for _, row := range []struct {
		code   string
		change func(f *Flow)
	}{
		{"class_changed", func(f *Flow) { f.Class = Relationship }},
		{"identity_changed", func(f *Flow) { f.Naming = Pseudonymous }},
		{"bands_changed", func(f *Flow) { f.Bands[2].High, f.Bands[3].Low = 35, 35 }},
		{"question_added", func(f *Flow) { f.Questions = append(f.Questions, textQ("more")) }},
		{"question_removed", func(f *Flow) { f.Questions = f.Questions[:5] }},
		{"order_changed", func(f *Flow) { f.Questions[4], f.Questions[5] = f.Questions[5], f.Questions[4] }},
		{"key_meaning", func(f *Flow) { f.Questions[4].Kind = NumberQ }},
		{"key_meaning", func(f *Flow) { f.Questions[0].Scale = csat5() }},
		{"key_meaning", func(f *Flow) { f.Questions[3].Dimension = Empathy }},
		{"key_meaning", func(f *Flow) { f.Questions[1].Reported = "" }},
		{"tags_changed", func(f *Flow) { f.Questions[0].Dimension = Empathy }},
		{"scale_direction", func(f *Flow) { slices.Reverse(f.Questions[0].Scale.Options) }},
		{"scale_direction", func(f *Flow) { f.Questions[0].Reverse = true }},
		{"scale_direction", func(f *Flow) {
			o := f.Questions[3].Scale.Options
			o[0].Flag, o[2].Flag = o[2].Flag, o[0].Flag
		}},
		{"primary_changed", func(f *Flow) { f.Questions[0].Primary, f.Questions[1].Primary = false, true }},
		{"weight_changed", func(f *Flow) { f.Questions[0].Weight = 2 }},
		{"words_changed", func(f *Flow) { f.Questions[0].Ask["en"] = "How satisfied are you?" }},
		{"labels_changed", func(f *Flow) { f.Questions[0].Scale.Options[0].Label["en"] = "Awful" }},
		{"choice_added", func(f *Flow) { f.Questions[2].Choices = append(f.Questions[2].Choices, Choice{Key: "tv"}) }},
		{"choice_removed", func(f *Flow) { f.Questions[2].Choices = f.Questions[2].Choices[1:] }},
	} {
		old, f := whole(), whole()
		old.Questions[3].Dimension, f.Questions[3].Dimension = Assurance, Assurance
		row.change(&f)
		if found := codes(Diff(old, f)); !slices.Contains(found, row.code) {
			t.Errorf("%s was not found; found: %v", row.code, found)
		}
	}
	if found := Diff(whole(), whole()); len(found) > 0 {
		t.Errorf("the same flow differs: %+v", found)
	}
}
