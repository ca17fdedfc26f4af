package survey

import (
	"testing"
	"time"
)

// sevenQuestions is the longest flow that Check does not warn about: seven scored
// questions, conditions on the judgement behind them, rotation and dimensions.
func sevenQuestions() Flow {
	f := flow("seven", primaryQ(scaleQ("overall", csat5(), 0.4)))
	for i, dimension := range []string{Reliability, Responsiveness, Assurance, Empathy, Tangibles, Tangibles} {
		f.Questions = append(f.Questions, dimensioned(scaleQ(string(rune('a'+i)), quality7(), 0.1), dimension, "attributes"))
	}
	f.Questions = append(f.Questions,
		asked(textQ("why_bad"), when("judgement", Unsatisfied)),
		asked(textQ("why_good"), not(when("judgement", Unsatisfied))),
		asked(choiceQ("contact_ok", 1, "here", "phone", "no"), when("judgement", Unsatisfied)))
	return f
}

// BenchmarkStepAndJudge is one answer in the middle of a flow with seven scored
// questions: the transition and, as an effect of it, what the answers mean.
func BenchmarkStepAndJudge(b *testing.B) {
	f := sevenQuestions()
	s := Step(f, Session{ID: "6f2a", Status: New, Open: NoQuestion}, Open{}, noon).Session
	for range 4 {
		s = Step(f, s, Pick{Question: s.Open, Option: 1}, noon).Session
	}
	in := Pick{Question: s.Open, Option: 2}
	b.ReportAllocs()
	for b.Loop() {
		if t := Step(f, s, in, noon); t.Answer == nil {
			b.Fatal("the answer was refused")
		}
	}
}

// BenchmarkWholeSession is a session from its opening to its end, nine inputs.
func BenchmarkWholeSession(b *testing.B) {
	f := sevenQuestions()
	b.ReportAllocs()
	for b.Loop() {
		s := Step(f, Session{ID: "6f2a", Status: New, Open: NoQuestion}, Open{}, noon).Session
		for range 7 {
			s = Step(f, s, Pick{Question: s.Open, Option: 4}, noon.Add(time.Second)).Session
		}
		if s = Step(f, s, Write{Text: "thank you"}, noon).Session; s.Status != Completed {
			b.Fatalf("the session is %s", s.Status)
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	f := sevenQuestions()
	var answers []Answer
	for i := range 7 {
		answers = append(answers, answered(f.Questions[i].Key, 4))
	}
	b.ReportAllocs()
	for b.Loop() {
		if j := Judge(f, answers, false); j.Composite == nil {
			b.Fatal("no composite")
		}
	}
}

// BenchmarkTyped matches words against every label of a scale.
func BenchmarkTyped(b *testing.B) {
	f := sevenQuestions()
	s := Step(f, Session{ID: "6f2a", Status: New, Open: NoQuestion}, Open{}, noon).Session
	b.ReportAllocs()
	for b.Loop() {
		if t := Step(f, s, Write{Text: "Very Satisfied!"}, noon); t.Answer == nil {
			b.Fatal("the words were refused")
		}
	}
}
