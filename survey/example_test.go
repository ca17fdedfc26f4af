package survey_test

import (
	"fmt"
	"time"

	"github.com/aftercare/aftercare/survey"
)

// visit asks how it was, and why if it was not good.
func visit() survey.Flow {
	en := func(words string) survey.Text { return survey.Text{"en": words} }
	option := func(value, score float64, label string, flag survey.Flag) survey.Option {
		return survey.Option{Value: value, Label: en(label), Score: &score, Flag: flag}
	}
	return survey.Flow{
		ID: "visit", Version: 1, Class: survey.Transactional, Title: en("Your visit"), Languages: []string{"en"},
		Questions: []survey.Question{
			{
				Key: "overall", Kind: survey.ScaleQ, Primary: true, Weight: 1, Ask: en("How was it?"),
				Scale: survey.Scale{Key: "mood3", Options: []survey.Option{
					option(1, 0, "Bad", survey.Unsatisfied), option(2, 50, "So so", survey.Neutral), option(3, 100, "Good", survey.Satisfied),
				}},
			},
			{
				Key: "why", Kind: survey.TextQ, Optional: true, Ask: en("What went wrong?"),
				When: &survey.Cond{Subject: "overall", Flags: []survey.Flag{survey.Unsatisfied, survey.Neutral}},
			},
			{Key: "when", Kind: survey.DateQ, Ask: en("When were you here?")},
		},
	}
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// A session is run by giving each input to Step, and showing the effects that it returns.
// Nothing is kept between two calls but the Session.
func ExampleStep() {
	f := visit()
	s := survey.Session{ID: "1b4e28ba-2fa1-41d2-883f-0016d3cca427", Flow: f.ID, Version: f.Version, Status: survey.New, Open: survey.NoQuestion}
	for _, in := range []survey.Input{
		survey.Open{},
		survey.Pick{Question: 0, Option: 0},
		survey.Write{Text: "Nobody came."},
		survey.Write{Text: "2026-31-07"},
		survey.Write{Text: "2026/7/31"},
	} {
		tr := survey.Step(f, s, in, noon)
		for _, e := range tr.Effects {
			switch e := e.(type) {
			case survey.Ask:
				fmt.Println("ask:", f.Questions[e.Question].Ask.In("en"))
			case survey.Notice:
				fmt.Println("notice:", e.Code)
			case survey.Close:
				fmt.Println("end:", e.Status)
			}
		}
		s = tr.Session
	}
	when, _ := s.Answer("when")
	fmt.Println("answered:", when.Text)
	// Output:
	// ask: How was it?
	// ask: What went wrong?
	// ask: When were you here?
	// notice: bad_date
	// ask: When were you here?
	// end: completed
	// answered: 2026-07-31
}

// What the answers mean is computed from the answers alone, at any time.
func ExampleJudge() {
	bad := 1.0
	j := survey.Judge(visit(), []survey.Answer{{Question: "overall", Value: &bad, Revision: 1, At: noon}}, false)
	fmt.Println(j.Flag, *j.Composite, j.Unsatisfied)
	// Output: unsatisfied 0 true
}

// A flow is checked before it is published. What is found says what to do.
func ExampleCheck() {
	f := visit()
	f.Questions[0].Primary = false
	f.Questions[1].When.Subject = "mood"
	for _, p := range survey.Check(f) {
		if p.Severity == survey.Fatal {
			fmt.Printf("%s: %s\n", p.Code, p.Message)
		}
	}
	// Output:
	// no_primary: No question is primary. Mark the one that decides whether somebody is satisfied.
	// condition_unknown: The condition of "why" names "mood", which is no question with an answer.
}

// Whoever asks questions looks up what follows from a kind instead of naming the kinds.
func ExampleKind_Info() {
	for _, q := range visit().Questions {
		kind, waits := q.Kind.Info(), q.Prompt()
		fmt.Printf("%s: %s, %q\n", q.Key, kind.Way, waits.Form)
	}
	// Output:
	// overall: tapped, ""
	// why: typed, ""
	// when: typed, "a date, as 2026-01-31"
}
