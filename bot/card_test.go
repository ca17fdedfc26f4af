package bot

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// judged is a turn of a one-tap survey whose primary answer has this value and revision.
func judged(t *testing.T, k *storage.Case, value float64, revision int) *turn {
	t.Helper()
	said, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	f, _, ok := flowfile.Template("one_tap_csat")
	if !ok {
		t.Fatal("the template is gone")
	}
	a := survey.Answer{Question: "overall", Value: &value, Revision: revision, At: monday}
	s := survey.Session{ID: "0195a1b2-0000-7000-8000-000000000001", Status: survey.Active, Lang: "en", Answers: []survey.Answer{a}}
	b := &Bot{texts: said, key: []byte("k")}
	b.snap = snapshot.Fixed(&snapshot.Snapshot{Chats: inSettings(room)})
	tn := b.begin(storage.Loaded{
		Now: monday, Case: k, NextCase: 7, Session: &storage.Session{Session: s, Judgement: survey.Judge(f, s.Answers, false)},
	}, "u1", new(reply))
	if tn.flow = snapshot.NewFlow(f); tn.desk != nil {
		tn.desk.flow = tn.flow
	}
	return tn
}

func (t *turn) decideNewest() { t.decide(&t.session.Answers[0], true) }

func TestALowAnswerOpensACase(t *testing.T) {
	tn := judged(t, nil, 1, 1)
	tn.decideNewest()
	k := tn.out.Case
	if k == nil {
		t.Fatal("no case opened")
	}
	switch {
	case k.Number != 7:
		t.Errorf("k.Number != 7: the case is %+v", k.Case)
	case k.State != recovery.Open:
		t.Errorf("k.State != recovery.Open: the case is %+v", k.Case)
	case k.Decision.Priority != recovery.P1:
		t.Errorf("k.Decision.Priority != recovery.P1: the case is %+v", k.Case)
	case k.Due != recovery.DueFrom(recovery.P1, monday):
		t.Errorf("k.Due != recovery.DueFrom(recovery.P1, monday): the case is %+v", k.Case)
	}
	if tn.session.Case != k.ID {
		t.Errorf("the session names the case %q; want %q", tn.session.Case, k.ID)
	}
	again := judged(t, nil, 1, 1)
	again.decideNewest()
	if again.out.Case.ID != k.ID {
		t.Error("the same turn run again makes another case")
	}
}

func TestANeutralAnswerCallsNobody(t *testing.T) {
	tn := judged(t, nil, 3, 1)
	tn.decideNewest()
	if tn.end(); tn.out.Case != nil || len(tn.out.Slots) != 0 {
		t.Errorf("the change is %+v", tn.out)
	}
}

func TestACustomerWhoChangesALowAnswer(t *testing.T) {
	for _, c := range []struct {
		name     string
		state    recovery.State
		value    float64
		changed  bool
		opens    bool
		priority recovery.Priority
		events   string
	}{
		{"1 to 5, nobody acknowledged: watch", recovery.Open, 5, true, false, recovery.P1, "customer_changed"},
		{"1 to 5, somebody has it: it stays open", recovery.Taken, 5, true, true, recovery.P1, "customer_changed"},
		{"1 to 2: marked, and no less urgent", recovery.Open, 2, true, true, recovery.P1, "customer_changed"},
		{"1 to 1: nothing", recovery.Open, 1, false, true, recovery.P1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			low := judged(t, nil, 1, 1)
			low.decideNewest()
			low.kase().State = c.state
			tn := judged(t, low.kase(), c.value, 2)
			tn.decideNewest()
			k := tn.kase()
			switch {
			case k.Changed != c.changed:
				t.Errorf("k.Changed != c.changed: changed %v, decision %+v", k.Changed, k.Decision)
			case k.Decision.Opens != c.opens:
				t.Errorf("k.Decision.Opens != c.opens: changed %v, decision %+v", k.Changed, k.Decision)
			case k.Decision.Watch == c.opens:
				t.Errorf("k.Decision.Watch == c.opens: changed %v, decision %+v", k.Changed, k.Decision)
			case k.Decision.Priority != c.priority:
				t.Errorf("k.Decision.Priority != c.priority: changed %v, decision %+v", k.Changed, k.Decision)
			}
			var events []string
			for _, e := range tn.out.Events {
				events = append(events, e.Kind)
			}
			if got := strings.Join(events, " "); got != c.events {
				t.Errorf("the events are %q; want %q", got, c.events)
			}
			if wrote := tn.out.Case != nil; wrote != (c.events != "") {
				t.Errorf("the case was written: %v", wrote)
			}
		})
	}
}

func TestWhatIsAddedLaterMakesACaseMoreUrgentNeverLess(t *testing.T) {
	low := judged(t, nil, 2, 1)
	low.decideNewest()
	before := low.kase().Due
	tn := judged(t, low.kase(), 1, 2)
	tn.decideNewest()
	if tn.kase().Decision.Priority != recovery.P1 || !tn.kase().Due.Contact.Before(before.Contact) {
		t.Errorf("priority %v, due %+v", tn.kase().Decision.Priority, tn.kase().Due)
	}
	want := []recovery.Reason{recovery.PrimaryL2, recovery.CompositeL2, recovery.PrimaryL1, recovery.CompositeL1}
	if diff := cmp.Diff(want, tn.kase().Decision.Reasons); diff != "" {
		t.Errorf("the reasons (-want +got):\n%s", diff)
	}
}

// TestACardStaysReadable fills a card with as much as people can write.
func TestACardStaysReadable(t *testing.T) {
	tn := judged(t, nil, 1, 1)
	tn.identity = &storage.Identity{Name: strings.Repeat("Ann ", 100), Username: "ann"}
	tn.session.Test = true
	tn.session.Attributes = map[string]string{"service_name": strings.Repeat("Haircut ", 50)}
	tn.session.Answers = append(tn.session.Answers, survey.Answer{Question: "why_bad", Text: strings.Repeat("<b>slow</b> ", 400), Revision: 1})
	tn.decideNewest()
	for range 20 {
		tn.keepWords(strings.Repeat("words ", 300), nil, false)
	}
	c := tn.desk.view()
	m := c.Card(c.StaffVoice())
	if !strings.HasPrefix(m.Title, "🔴 Test · P1 · 1 of 5 · ") || !strings.HasPrefix(m.Text, "A-7 · ") {
		t.Errorf("the title is %q", m.Title)
	}
	if n := len([]rune(m.Title)); n > 200 {
		t.Errorf("the title has %d characters", n)
	}
	if len(m.Quotes) != 6 {
		t.Errorf("%d quotes; want the answer and the newest five", len(m.Quotes))
	}
	for _, q := range m.Quotes {
		if n := len([]rune(q.Text)); n > render.LongestQuote {
			t.Errorf("a quote of %d characters", n)
		}
	}
	if len(tn.out.Words) != 20 {
		t.Errorf("%d words were kept; want all 20", len(tn.out.Words))
	}
}
