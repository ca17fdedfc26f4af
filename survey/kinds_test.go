package survey

import (
	"slices"
	"testing"
)

func TestTheTableOfKindsIsWhole(t *testing.T) {
	var listed []string
	keys := map[string]bool{}
	for _, k := range Kinds() {
		listed = append(listed, string(k.Kind))
		if k.Kind.Info().Kind != k.Kind {
			t.Errorf("%s is not found in its own table", k.Kind)
		}
		if !slices.Contains([]Way{Tapped, Typed, Sent, Shown}, k.Way) {
			t.Errorf("%s is answered in the way %q, which is none", k.Kind, k.Way)
		}
		if len(k.Samples) == 0 {
			t.Errorf("%s has no samples, so nothing tests how it is asked", k.Kind)
		}
		if (k.Way == Typed) != (k.parse != nil || k.readOn != nil) {
			t.Errorf("%s is %s, but words are read: %v", k.Kind, k.Way, k.parse != nil || k.readOn != nil)
		}
		for i := range k.Samples {
			q := &k.Samples[i]
			if q.Kind != k.Kind || q.Key == "" || keys[q.Key] {
				t.Errorf("sample %d of %s has the kind %s and the key %q: a key that no other sample has is needed", i, k.Kind, q.Kind, q.Key)
			}
			keys[q.Key] = true
			p := q.Prompt()
			if waits := k.Way == Typed || k.Way == Sent; waits != (p.Expects != "") || waits != (p.Hint != "") {
				t.Errorf("%s is %s and waits for %q with the hint %q", q.Key, k.Way, p.Expects, p.Hint)
			}
			if (k.Way == Typed) != (p.Example != "") {
				t.Errorf("%s is %s and has the example %q", q.Key, k.Way, p.Example)
			}
		}
	}
	want := named(t, read(t, "*.go"), `\w+Q +Kind = "(\w+)"`, 8)
	slices.Sort(listed)
	if slices.Sort(want); !slices.Equal(listed, want) {
		t.Errorf("the table has the kinds %v, the source declares %v", listed, want)
	}
	if none := Kind("riddle").Info(); none.Kind != "" || (&Question{Kind: "riddle"}).Prompt() != (Prompt{}) {
		t.Errorf("a kind that does not exist has %+v and asks %+v", none, (&Question{Kind: "riddle"}).Prompt())
	}
}

// sampled is a flow that asks one sample after its primary question.
func sampled(q Question) Flow {
	f := flow("sampled", primaryQ(scaleQ("overall", csat5(), 1)), q)
	f.Languages = []string{"en"}
	return f
}

func TestEverySampleIsASoundQuestion(t *testing.T) {
	for _, k := range Kinds() {
		for _, q := range k.Samples {
			f := sampled(q)
			for _, p := range Check(f) {
				if p.Severity == Fatal {
					t.Errorf("%s: %v", q.Key, p)
				}
			}
		}
	}
}

func TestEveryTypedKindTakesItsExampleAndRefusesOtherAttempts(t *testing.T) {
	typed := 0
	for _, k := range Kinds() {
		for _, q := range k.Samples {
			if k.Way != Typed {
				continue
			}
			typed++
			f := sampled(q)
			open := Step(f, Step(f, Session{ID: "s", Status: New, Open: NoQuestion}, Open{}, noon).Session, Pick{0, 0}, noon).Session
			if open.Open != 1 {
				t.Fatalf("%s is not open but question %d", q.Key, open.Open)
			}
			p := q.Prompt()
			if tr := Step(f, open, Write{Text: p.Example}, noon); tr.Answer == nil || tr.Answer.Question != q.Key {
				t.Errorf("%s does not take its own example %q: %v", q.Key, p.Example, tr.Effects)
			}
			if p.Form == "" {
				continue
			}
			// Short words with a digit and "@" are meant as an answer of some form, but have none.
			tr := Step(f, open, Write{Text: "1@2@3"}, noon)
			if got := notices(tr); tr.Answer != nil || len(got) != 1 || got[0] == NoticeKept || got[0] == NoticeUnclear {
				t.Errorf("%s answers a failed attempt with the answer %v and the notices %q", q.Key, tr.Answer, got)
			}
		}
	}
	if typed < 8 {
		t.Errorf("only %d samples are typed", typed)
	}
}
