package survey

import (
	"encoding/json"
	"flag"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// randomFlow draws a sound flow: every kind of question, conditions on earlier ones,
// rotation, phases, pairs, reversed and critical items.
func randomFlow(t *rapid.T) Flow {
	n := rapid.IntRange(1, 8).Draw(t, "questions")
	pre := 0
	if rapid.Bool().Draw(t, "phases") {
		pre = rapid.IntRange(0, min(2, n-1)).Draw(t, "pre")
	}
	f := flow("random")
	f.GapIgnored = rapid.Bool().Draw(t, "gap ignored")
	primary := rapid.IntRange(pre, n-1).Draw(t, "primary")
	for i := range n {
		kind := rapid.SampledFrom(append(Kinds(), ScaleQ.Info(), ScaleQ.Info(), ChoiceQ.Info())).Draw(t, "kind").Kind
		if i == primary {
			kind = ScaleQ
		}
		q := randomQuestion(t, fmt.Sprintf("q%d", i), kind)
		q.Primary = i == primary
		if i < pre {
			q.Phase, q.Weight, q.Critical = Pre, 0, nil
		} else if pre > 0 && q.Kind == ScaleQ && f.Questions[0].Kind == ScaleQ && rapid.Bool().Draw(t, "paired") {
			q.Pair = "q0"
		}
		if i > pre && kind != MessageQ && rapid.IntRange(0, 3).Draw(t, "rotates") == 0 {
			q.Rotate = "g"
		}
		if i != primary && i > 0 && rapid.IntRange(0, 2).Draw(t, "conditional") > 0 {
			q.When = randomCond(t, &f, i, 2)
			q.Rotate = ""
		}
		f.Questions = append(f.Questions, q)
	}
	return f
}

func randomQuestion(t *rapid.T, key string, kind Kind) Question {
	q := Question{Key: key, Kind: kind, Ask: both(key, key), Optional: rapid.Bool().Draw(t, "optional")}
	switch kind {
	case ScaleQ:
		q.Scale = rapid.SampledFrom([]Scale{csat5(), ladder7(), expect5(), nps11(), resolved3()}).Draw(t, "scale")
		q.Weight = rapid.SampledFrom([]float64{0, 0.25, 1, 3}).Draw(t, "weight")
		q.Reverse = rapid.IntRange(0, 4).Draw(t, "reverse") == 0
		q.Dimension = rapid.SampledFrom([]string{"", Assurance, Empathy}).Draw(t, "dimension")
		q.Alert = rapid.SampledFrom([]AlertMode{AlertDefault, AlertAlways, AlertBottom, AlertNever}).Draw(t, "alert")
		if rapid.IntRange(0, 3).Draw(t, "critical") == 0 {
			q.Critical = []float64{q.Scale.Options[0].Value}
		}
		if rapid.IntRange(0, 5).Draw(t, "gap") == 0 {
			q.Reported = "gap"
		}
	case ChoiceQ:
		c := choiceQ(key, rapid.IntRange(0, 3).Draw(t, "max"), "a", "b", "c", "d")
		q.Choices, q.Max = c.Choices, c.Max
	case TextQ:
		q.Max = rapid.SampledFrom([]int{0, 20}).Draw(t, "characters")
	case NumberQ:
		q.MaxValue, q.Weight = 100, rapid.SampledFrom([]float64{0, 1}).Draw(t, "weight")
	case ContactQ:
		q.Contact = rapid.SampledFrom([]string{"phone", "email", "way", "time"}).Draw(t, "contact")
	}
	return q
}

func randomCond(t *rapid.T, f *Flow, before, depth int) *Cond {
	switch form := rapid.IntRange(0, 6).Draw(t, "form"); {
	case depth > 0 && form == 0:
		return not(randomCond(t, f, before, depth-1))
	case depth > 0 && form == 1:
		return &Cond{All: []Cond{*randomCond(t, f, before, depth-1), *randomCond(t, f, before, depth-1)}}
	case depth > 0 && form == 2:
		return &Cond{Any: []Cond{*randomCond(t, f, before, depth-1), *randomCond(t, f, before, depth-1)}}
	}
	flags := []Flag{rapid.SampledFrom([]Flag{Unsatisfied, Neutral, Satisfied, Delighted}).Draw(t, "flag")}
	switch rapid.IntRange(0, 4).Draw(t, "subject") {
	case 0:
		return when("judgement", flags...)
	case 1:
		return when("primary", flags...)
	case 2:
		return &Cond{Subject: "event.tier", Values: []string{"MVC"}}
	}
	q := f.Questions[rapid.IntRange(0, before-1).Draw(t, "about")]
	switch q.Kind {
	case ScaleQ:
		if rapid.Bool().Draw(t, "by value") {
			return &Cond{Subject: q.Key, AtMost: num(3)}
		}
		return when(q.Key, flags...)
	case ChoiceQ:
		return &Cond{Subject: q.Key, Contains: "b"}
	}
	answered := rapid.Bool().Draw(t, "answered")
	return &Cond{Subject: q.Key, Answered: &answered}
}

// randomInput draws anything that can happen, most of it about the open question or
// an answered one, with an option that exists.
func randomInput(t *rapid.T, f *Flow, s Session) Input {
	question := s.Open
	switch where := rapid.IntRange(0, 9).Draw(t, "where"); {
	case where == 0:
		question = rapid.IntRange(-2, len(f.Questions)).Draw(t, "question")
	case where <= 3 && len(s.Answers) > 0:
		question = f.index(rapid.SampledFrom(s.Answers).Draw(t, "answered").Question)
	}
	options := 4
	if question >= 0 && question < len(f.Questions) {
		options = max(len(f.Questions[question].Scale.Options), len(f.Questions[question].Choices), 1)
	}
	option := rapid.IntRange(0, options-1).Draw(t, "option")
	if rapid.IntRange(0, 19).Draw(t, "bad option") == 0 {
		option = rapid.SampledFrom([]int{-1, 50}).Draw(t, "option")
	}
	if question >= 0 && question < len(f.Questions) && f.Questions[question].isMultiple() && rapid.Bool().Draw(t, "choose") {
		return rapid.SampledFrom([]Input{Toggle{Question: question, Option: option}, Toggle{Question: question, Option: option}, Done{Question: question}}).Draw(t, "choosing")
	}
	switch rapid.IntRange(0, 19).Draw(t, "input") {
	case 0, 1, 2, 3, 4, 5:
		return Pick{Question: question, Option: option}
	case 6:
		return Toggle{Question: question, Option: option}
	case 7:
		return Done{Question: question}
	case 8, 9:
		return Write{Text: rapid.SampledFrom([]string{"2", "2/5", "two stars", "很不满意", "a, c", "Hello there\x00", "2026-07-31", "+49 170 1234567", "ann@example.org", "", " \u200b", "ａ", "-1", "1e400", "99", string(make([]byte, 30)), "long enough to be refused by a short text"}).Draw(t, "words")}
	case 10:
		return Attach{Files: []File{{Kind: "photo", ID: "x", Size: rapid.SampledFrom([]int64{1, MaxFileSize + 1}).Draw(t, "size")}}, Text: rapid.SampledFrom([]string{"", "see here"}).Draw(t, "caption")}
	case 11, 12:
		return Skip{Question: question}
	case 13:
		return Back{}
	case 14:
		return Keep{Question: question}
	case 15:
		return Change{Question: question}
	case 16:
		return rapid.SampledFrom([]Input{Decline{}, Pause{}, Pause{}, Open{}, Open{}}).Draw(t, "wish")
	case 17, 18:
		return rapid.SampledFrom([]Input{Resume{}, Resume{}, Expire{}}).Draw(t, "time")
	}
	return Speak{Lang: rapid.SampledFrom([]string{"en", "zh-Hans", "ar", "x y", ""}).Draw(t, "lang")}
}

// repeatable reports whether in says which state it wants, so that hearing it twice is
// hearing it once. Words, files, Back, Toggle and a skip of whatever is open say what
// to do next instead; their updates are told apart by their keys before they get here.
func repeatable(in Input) bool {
	switch in := in.(type) {
	case Write, Attach, Back, Toggle:
		return false
	case Skip:
		return in.Question != NoQuestion
	}
	return true
}

func frozen(t *rapid.T, s Session) string {
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// checks sets how many random cases a test tries, unless -rapid.checks says so.
func checks(t *testing.T, n string) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if f == nil || f.Value.String() != f.DefValue || testing.Short() {
		return
	}
	if err := f.Value.Set(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(f.DefValue); err != nil {
			t.Error(err)
		}
	})
}

// TestSessionInvariants is the engine's promise, over random flows and inputs: about
// 100,000 steps; more with -rapid.checks.
func TestSessionInvariants(t *testing.T) {
	checks(t, "7000")
	steps := 0
	rapid.Check(t, func(t *rapid.T) {
		f := randomFlow(t)
		s := Session{
			ID: rapid.StringMatching(`[a-f0-9]{8}`).Draw(t, "id"), Flow: f.ID, Status: New, Open: NoQuestion,
			Attributes: map[string]string{"tier": rapid.SampledFrom([]string{"", "MVC"}).Draw(t, "tier")},
		}
		now, was := noon, frozen(t, s)
		asked := map[int]bool{}
		var in Input = Open{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			steps++
			tr := Step(f, s, in, now)
			if frozen(t, s) != was {
				t.Fatalf("%T%+v changed its argument from %s to %s", in, in, was, frozen(t, s))
			}
			is := frozen(t, tr.Session)
			for _, e := range tr.Effects {
				if ask, ok := e.(Ask); ok {
					asked[ask.Question] = true
				}
			}
			consistent(t, &f, s, tr, asked)
			if back := Step(f, s, Back{}, now).Session; CanGoBack(f, s, now) != (back.Open != s.Open) {
				t.Fatalf("CanGoBack says %v; Back leads from question %d to %d", CanGoBack(f, s, now), s.Open, back.Open)
			}
			if repeatable(in) {
				again := Step(f, tr.Session, in, now)
				if frozen(t, again.Session) != is || again.Answer != nil {
					t.Fatalf("%T%+v twice is not the same as once:\n%s\n%s", in, in, is, frozen(t, again.Session))
				}
			}
			s, was = tr.Session, is
			now = now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, 2 * time.Second, 5 * time.Second, 9 * time.Second, 30 * time.Second, 3 * time.Minute, 20 * time.Minute, 50 * time.Hour}).Draw(t, "later"))
			in = randomInput(t, &f, s)
		}
	})
	t.Attr("figure", fmt.Sprintf("%d steps of sessions of random flows: every one consistent", steps))
}

// consistent checks one transition.
func consistent(t *rapid.T, f *Flow, s Session, tr Transition, asked map[int]bool) {
	got := tr.Session
	if s.Status.Final() && got.Status != s.Status {
		t.Fatalf("%s became %s", s.Status, got.Status)
	}
	if s.Status.Final() && got.Ended != s.Ended {
		t.Fatal("a session ended twice")
	}
	if got.Status.Final() == got.Ended.IsZero() {
		t.Fatalf("%s, ended %v", got.Status, got.Ended)
	}
	if len(got.Order) > 0 {
		sorted := slices.Sorted(slices.Values(got.Order))
		if len(sorted) != len(f.Questions) || sorted[0] != 0 || sorted[len(sorted)-1] != len(f.Questions)-1 || len(slices.Compact(sorted)) != len(f.Questions) {
			t.Fatalf("%v, sorted %v, is no order of %d questions", got.Order, sorted, len(f.Questions))
		}
	}
	if len(s.Order) > 0 && !slices.Equal(s.Order, got.Order) {
		t.Fatal("the order changed under way")
	}
	if got.Open != NoQuestion {
		if !asked[got.Open] || f.Questions[got.Open].Kind == MessageQ {
			t.Fatalf("question %d is open but was not asked", got.Open)
		}
	} else if got.Status == Active {
		t.Fatal("the session is active but nothing is open")
	}
	seen := map[string]bool{}
	v := view{flow: f, replies: make([]reply, len(f.Questions)), attributes: got.Attributes}
	for _, i := range got.Order {
		a, ok := got.Answer(f.Questions[i].Key)
		if !ok {
			continue
		}
		if !asked[i] {
			t.Fatalf("%s was answered but not asked", a.Question)
		}
		if v.applies(i) == a.Dropped {
			t.Fatalf("%s: applies %v, dropped %v", a.Question, v.applies(i), a.Dropped)
		}
		if !a.Dropped {
			v.enter(i, &a)
		}
	}
	for _, a := range got.Answers {
		if seen[a.Question] || a.Revision < 1 || a.At.IsZero() {
			t.Fatalf("answer %+v", a)
		}
		seen[a.Question] = true
	}
	if tr.Answer != nil {
		stored, ok := got.Answer(tr.Answer.Question)
		earlier, _ := s.Answer(tr.Answer.Question)
		if !ok || stored.Revision != tr.Answer.Revision || tr.Answer.Revision != earlier.Revision+1 {
			t.Fatalf("stored %+v, returned %+v, before %+v", stored, *tr.Answer, earlier)
		}
	}
	judgedRight(t, f, got, tr)
}

// judgedRight checks what a transition says the answers mean: without the dropped
// ones, and said exactly once whenever an answer was stored or the session ended.
func judgedRight(t *rapid.T, f *Flow, got Session, tr Transition) {
	judged, closed := 0, 0
	for _, e := range tr.Effects {
		switch e := e.(type) {
		case Judged:
			judged++
			var kept []Answer
			for _, a := range got.Answers {
				if !a.Dropped {
					kept = append(kept, a)
				}
			}
			if want := Judge(*f, kept, got.Status.Final()); !reflect.DeepEqual(want, e.Judgement) {
				t.Fatalf("judged %+v, want %+v", e.Judgement, want)
			}
		case Close:
			closed++
			if e.Status != got.Status {
				t.Fatalf("closed as %s, is %s", e.Status, got.Status)
			}
		case Ask:
			if e.Question != got.Open {
				t.Fatalf("asks %d while %d is open", e.Question, got.Open)
			}
		}
	}
	if judged > 1 || closed > 1 || tr.Answer != nil && judged != 1 || closed == 1 && judged != 1 {
		t.Fatalf("judged %d times, closed %d times, answer %v", judged, closed, tr.Answer)
	}
}

// TestJudgementIsBounded holds for any answers, also to questions that do not exist.
func TestJudgementIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := randomFlow(t)
		var answers []Answer
		for i := range f.Questions {
			if rapid.Bool().Draw(t, "answered") {
				x := rapid.SampledFrom([]float64{-3, -1, 0, 1, 2, 3, 5, 7, 10, 100, 1e9}).Draw(t, "value")
				answers = append(answers, Answer{Question: f.Questions[i].Key, Value: &x, Skipped: rapid.Bool().Draw(t, "skipped")})
			}
		}
		answers = append(answers, Answer{Question: "nobody"})
		j := Judge(f, answers, rapid.Bool().Draw(t, "ended"))
		if j.Coverage < 0 {
			t.Fatalf("the coverage is below 0: %+v", j)
		}
		if j.Coverage > 1 {
			t.Fatalf("the coverage is above 1: %+v", j)
		}
		if j.Level < 0 {
			t.Fatalf("the level is below 0: %+v", j)
		}
		if j.Level > 7 {
			t.Fatalf("the level is above 7: %+v", j)
		}
		if j.Composite != nil && (*j.Composite < 0 || *j.Composite > 100) {
			t.Fatalf("the composite is outside 0 to 100: %+v", j)
		}
		if j.Composite == nil && j.Level != 0 {
			t.Fatalf("a level without a composite: %+v", j)
		}
		if (j.Gap == nil) != (j.GapState == "") {
			t.Fatalf("a gap and its state do not go together: %+v", j)
		}
		if j.Flag == Unsatisfied && !j.Unsatisfied {
			t.Fatalf("flagged unsatisfied, and not: %+v", j)
		}
		for d, mean := range j.Dimensions {
			if mean < 0 || mean > 100 {
				t.Fatalf("dimension %s is %v", d, mean)
			}
		}
	})
}
