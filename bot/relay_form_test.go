package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
)

// A button may hang in a chat for a year: what it does then is what the case allows then,
// and it loses nothing.
func TestAButtonFromLastYear(t *testing.T) {
	w, ann, bob, lee := talk(t)
	w.writes(ann, "Hello?", "")
	take, reply, old := w.button(staffTG, "Take"), w.button(staffTG, "Reply"), w.newest(staffTG, relaySlot).ShownRef
	w.onCard(bob, staffTG, w.button(staffTG, "Resolve"))
	w.onCard(bob, staffTG, w.button(staffTG, "Too slow"))
	w.onCard(bob, staffTG, w.button(staffTG, "Apology"))
	done := w.button(staffTG, "Resolve")
	says(t, w.onCard(bob, staffTG, done), "Resolved", false)
	says(t, w.onCard(bob, staffTG, done), "Resolved", false) // the same again
	w.now = w.now.Add(365 * 24 * time.Hour)
	before := w.onlyCase()
	for _, data := range []string{take, reply, done} {
		says(t, w.onCard(lee, staffTG, data), "by Bob", true)
	}
	w.replyIn(lee, staffTG, old, "Are you still there?")
	if said := w.newest(staffTG, "n").Render.Text; !strings.Contains(said, "Reopen it first") {
		t.Errorf("Lee is told %q", said)
	}
	if diff := cmp.Diff(before, w.onlyCase()); diff != "" {
		t.Errorf("the case changed:\n%s", diff)
	}
	sees(t, "Ann", w.got(ann))
}

// Words for buttons of a form that is not filled in as it should be.
func TestAFormSaysWhatIsWrongAtItsField(t *testing.T) {
	w, ann, bob, _ := talk(t)
	in := w.inSlack(bob)
	at := func(act recovery.ActKind, choice string) string {
		return render.Pressed{Hash: ann.person().Hash16(), Case: w.onlyCase().ID, Act: act, Choice: choice, Mask: 1}.Encode()
	}
	before := w.onlyCase()
	for _, c := range []struct {
		data   string
		fields map[string]string
		field  string
		says   string
	}{
		{at(recovery.ActContact, ""), map[string]string{render.FieldText: " "}, render.FieldText, "Write something first"},
		{at(recovery.ActAgree, render.DueTyped), nil, "", "no longer works"},
		{at(recovery.ActNote, ""), map[string]string{render.FieldText: ""}, render.FieldText, "Write something first"},
		{at(recovery.ActAgree, render.DueTyped), map[string]string{render.FieldPlan: "x", render.FieldDue: "next week"}, render.FieldDue, "tomorrow 5pm"},
		{at(recovery.ActAgree, render.DueTyped), map[string]string{render.FieldPlan: "x", render.FieldDue: "2020-01-01"}, render.FieldDue, "in the future"},
		{at(recovery.ActAgree, render.DueMark(monday.Add(time.Hour))), map[string]string{render.FieldPlan: " "}, render.FieldPlan, "what was agreed"},
		{at(render.ResolveCost, "price"), map[string]string{render.FieldCost: "a lot"}, render.FieldCost, "as a number"},
	} {
		var answers []chat.Answer
		if c.fields == nil {
			u := w.update(in, chat.Update{Kind: chat.Tap, Data: c.data, On: "1"})
			u.From, u.Private = staffSlack, false
			answers = w.handle(u)
		} else {
			answers = w.fills(in, staffSlack, c.data, c.fields)
		}
		switch {
		case len(answers) != 1:
			t.Errorf("len(answers) != 1: %v is answered with %+v; want %q at %q", c.fields, answers, c.says, c.field)
		case answers[0].Field != c.field:
			t.Errorf("answers[0].Field != c.field: %v is answered with %+v; want %q at %q", c.fields, answers, c.says, c.field)
		case !answers[0].Alert:
			t.Errorf("!answers[0].Alert: %v is answered with %+v; want %q at %q", c.fields, answers, c.says, c.field)
		case !strings.Contains(answers[0].Text, c.says):
			t.Errorf("!strings.Contains(answers[0].Text, c.says): %v is answered with %+v; want %q at %q", c.fields, answers, c.says, c.field)
		}
	}
	if diff := cmp.Diff(before, w.onlyCase()); diff != "" {
		t.Errorf("the case changed:\n%s", diff)
	}
}

func TestSumsAsPeopleWriteThem(t *testing.T) {
	for in, want := range map[string]int64{"25": 2500, "25.5": 2550, " 25,50 ": 2550, "0": 0, "0.07": 7, "２５．５": 2550, "٢٥٫٥٠": 2550} {
		if got, ok := render.ParseAmount(in); !ok || got != want {
			t.Errorf("%q is %d, %v; want %d", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "-1", "a", "1.234", "1e3", "Inf", "NaN", ".", "1 000", "1.2.3"} {
		if got, ok := render.ParseAmount(in); ok {
			t.Errorf("%q is %d", in, got)
		}
	}
}
