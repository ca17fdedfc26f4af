package slack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/chattest"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

func replyForm() *chat.Form {
	return &chat.Form{
		Title: "Reply to Ann", Submit: "Send", Note: "Ann wrote: “It was <cold> & wet”\n\nAnn reads what you write here.",
		Fields: []chat.Field{
			{Name: "text", Label: "Your reply", Hint: "Plain words", Expects: chat.ExpectsLong, Max: 1000},
			{Name: "cause", Label: "Cause", Options: []chat.Option{{Value: "price", Text: "The price"}, {Value: "wait", Text: "Waiting"}}, Value: "wait"},
			{Name: "until", Label: "By when", Expects: chat.ExpectsDate, Value: "2026-11-30", Optional: true},
			{Name: "cost", Label: "Cost", Value: "10", Optional: true},
		},
	}
}

func asking(f *chat.Form) chat.Message {
	return chat.Message{Title: "A case", Lang: "es", Rows: [][]chat.Button{{{Text: "Take", Data: "1t"}, {Text: "Reply to customer", Data: "1kform", Form: f}}}}
}

func TestAButtonWithAFormOpensAModal(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		bob, staff := w.NewUser("Bob", "en"), w.NewChannel("staff")
		top := w.mustSend(staff, card(), "")
		thread := w.address(staff)
		thread.Thread = string(top)
		ref, err := w.client.Send(t.Context(), thread, asking(replyForm()), "")
		if err != nil {
			t.Fatal(err)
		}
		bob.Tap(staff.WaitButton("Reply to customer"), "Reply to customer").WaitAcked()
		m := bob.WaitModal()
		if m.Title != "Reply to Ann" || m.SubmitText != "Send" || m.Text != replyForm().Note || len(m.Inputs) != 4 {
			t.Fatalf("the modal is %+v", m)
		}
		words, cause, until, cost := m.Inputs[0], m.Inputs[1], m.Inputs[2], m.Inputs[3]
		if words.Label != "Your reply" || words.Placeholder != "Plain words" || !words.Multiline || words.MaxLength != 1000 || words.Optional {
			t.Errorf("the words are asked for by %+v", words)
		}
		if diff := cmp.Diff([]string{"The price", "Waiting"}, cause.Options); diff != "" || cause.Value != "Waiting" {
			t.Errorf("the menu is %+v: %s", cause, diff)
		}
		if !until.Date || until.Value != "2026-11-30" || !until.Optional || cost.Value != "10" || cost.MaxLength != 3000 {
			t.Errorf("the others are %+v and %+v", until, cost)
		}
		m.Fill(map[string]string{"Your reply": "We are <sorry> & will\ncall", "Cause": "The price", "Cost": ""}).WaitAcked()
		u := in.next(t)
		want := map[string]string{"text": "We are <sorry> & will\ncall", "cause": "price", "until": "2026-11-30"}
		if diff := cmp.Diff(want, u.Fields); diff != "" {
			t.Errorf("filled in: %s", diff)
		}
		if u.Kind != chat.Filled || u.Data != "1kform" || u.On != ref || u.From != thread || u.User.ID != bob.ID || u.Private || u.Text != "" {
			t.Errorf("the update is %+v", u)
		}
		in.none(t) // opening it told nobody
	})
}

// A trigger lives for three seconds: a form opens whatever else waits to be stored.
func TestAFormOpensWhileTheStoreIsBusy(t *testing.T) {
	for name, serve := range map[string]func(*world, chat.Handler){
		"socket": func(w *world, h chat.Handler) { w.socket(h) },
		"http":   func(w *world, h chat.Handler) { w.hooks(h) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			busy, done := make(chan bool), make(chan bool)
			serve(w, func(context.Context, []chat.Update) ([]chat.Answer, error) {
				busy <- true
				<-done
				return nil, nil
			})
			ann, bob, staff := w.ann(), w.NewUser("Bob", "en"), w.NewChannel("staff")
			w.mustSend(staff, asking(replyForm()), "")
			ann.Say("hello")
			<-busy
			bob.Tap(staff.FromApp()[0], "Reply to customer")
			if m := bob.WaitModal(); len(m.Inputs) != 4 {
				t.Errorf("the modal is %+v", m)
			}
			close(done)
		})
	}
}

func TestAFormSubmittedTwiceIsOneUpdateAndACorrectedOneAnother(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		wrong := map[string]bool{"too short": true}
		in.answers = func(u chat.Update) chat.Answer {
			if wrong[u.Fields["text"]] {
				return chat.Answer{Text: "Please write <more>.", Field: "text"}
			}
			return chat.Answer{}
		}
		bob, staff := w.NewUser("Bob", "en"), w.NewChannel("staff")
		w.mustSend(staff, asking(&chat.Form{Title: "Reply", Fields: []chat.Field{{Name: "text", Label: "Your reply"}}}), "")
		bob.Tap(staff.FromApp()[0], "Reply to customer")
		m := bob.WaitModal()
		keys := map[string]int{}
		send := func(text string) map[string]string {
			t.Helper()
			said := m.Errors(m.Submit(text))
			keys[in.next(t).Key]++
			return said
		}
		if diff := cmp.Diff(map[string]string{"Your reply": "Please write <more>."}, send("too short")); diff != "" {
			t.Errorf("below the input: %s", diff)
		}
		if bob.WaitModal() != m {
			t.Error("the form is not open any more")
		}
		// Without a change it is another try: what was wrong may be right by now.
		delete(wrong, "too short")
		for range 2 {
			if said := send("too short"); len(said) != 0 {
				t.Errorf("sent again it says %q", said)
			}
		}
		for range 2 {
			send("long enough")
		}
		if len(keys) != 3 {
			t.Errorf("%d different keys, want 3: %v", len(keys), keys)
		}
		if n := len(bob.Tap(staff.FromApp()[0], "Take").Whispers()); n != 0 {
			t.Errorf("%d messages beside the form", n)
		}
	})
}

func TestAnAnswerToAFormThatIsAboutNoFieldIsShownBeside(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		in.answers = func(chat.Update) chat.Answer { return chat.Answer{Text: "Eve has it", Field: "unknown", Alert: true} }
		bob, staff := w.NewUser("Bob", "en"), w.NewChannel("staff")
		w.mustSend(staff, asking(&chat.Form{Title: "Reply", Fields: []chat.Field{{Name: "text", Label: "Your reply"}}}), "")
		bob.Tap(staff.FromApp()[0], "Reply to customer")
		m := bob.WaitModal()
		press := m.Submit("hello")
		if said := m.Errors(press); len(said) != 0 {
			t.Errorf("below the inputs: %q", said)
		}
		in.next(t)
		w.client.Close()
		if got := press.Whispers(); len(got) != 1 || got[0].Text != "Eve has it" || !got[0].Alert {
			t.Errorf("beside: %+v", got)
		}
	})
}

// TestLimitsOfForms has each limit exactly, and one above: words are cut, and what
// cannot be cut is refused.
func TestLimitsOfForms(t *testing.T) {
	long := func(n int) string { return strings.Repeat("é", n) }
	open := func(f chat.Form, b chat.Button) (*slackfake.Modal, error) {
		w, in := newWorld(t), newInbox()
		w.hooks(in.handle)
		bob := w.ann()
		b.Form = &f
		if _, err := w.send(bob.Direct(), chat.Message{Text: "x", Rows: [][]chat.Button{{b}}}, ""); err != nil {
			return nil, err
		}
		shown := bob.Direct().FromApp()[0]
		bob.Act(shown, shown.Buttons[0]).WaitAcked()
		w.client.Close()
		w.noRefusals()
		if len(w.Requests("views.open")) == 0 {
			if u := in.next(t); u.Kind != chat.Tap || u.Data != b.Data {
				t.Errorf("neither a modal nor a tap but %+v", u)
			}
			return nil, nil
		}
		return bob.WaitModal(), nil
	}
	one := func(field chat.Field) chat.Form {
		field.Name = "text"
		if field.Label == "" {
			field.Label = "Words"
		}
		return chat.Form{Title: "T", Fields: []chat.Field{field}}
	}
	b := chat.Button{Text: "B", Data: "d"}
	for _, c := range []struct {
		name  string
		limit int
		make  func(n int) chat.Form
		shown func(*slackfake.Modal) string
	}{
		{"title", 24, func(n int) chat.Form { f := one(chat.Field{}); f.Title = long(n); return f }, func(m *slackfake.Modal) string { return m.Title }},
		{"submit", 24, func(n int) chat.Form { f := one(chat.Field{}); f.Submit = long(n); return f }, func(m *slackfake.Modal) string { return m.SubmitText }},
		{"hint", 150, func(n int) chat.Form { return one(chat.Field{Hint: long(n)}) }, func(m *slackfake.Modal) string { return m.Inputs[0].Placeholder }},
		{"an option", 75, func(n int) chat.Form { return one(chat.Field{Options: []chat.Option{{Value: "v", Text: long(n)}}}) }, func(m *slackfake.Modal) string { return m.Inputs[0].Options[0] }},
	} {
		for n := c.limit; n <= c.limit+1; n++ {
			m, err := open(c.make(n), b)
			if err != nil || m == nil {
				t.Errorf("%s of %d: %+v, %v", c.name, n, m, err)
				continue
			}
			if got := c.shown(m); utf8.RuneCountInString(got) != c.limit || (n > c.limit) != strings.HasSuffix(got, "…") {
				t.Errorf("%s of %d: %d characters", c.name, n, utf8.RuneCountInString(got))
			}
		}
	}
	for n := 3000; n <= 3001; n++ {
		m, err := open(one(chat.Field{Max: n}), b)
		if err != nil || m == nil || m.MaxLength != 3000 {
			t.Errorf("at most %d characters: %+v, %v", n, m, err)
		}
	}
	options := func(n, size int) chat.Form {
		f := one(chat.Field{})
		for i := range n {
			f.Fields[0].Options = append(f.Fields[0].Options, chat.Option{Value: fmt.Sprint(i) + strings.Repeat("v", size), Text: fmt.Sprint(i)})
		}
		return f
	}
	for _, c := range []struct {
		name string
		form chat.Form
		ok   bool
	}{
		{"100 options", options(100, 0), true},
		{"101 options", options(101, 0), false},
		{"an option's value of 75", options(1, 74), true},
		{"an option's value of 76", options(1, 75), false},
		{"an option without words", one(chat.Field{Options: []chat.Option{{Value: "v", Text: "\u200b"}}}), false},
		{"no fields", chat.Form{Title: "T"}, false},
		{"two fields of one name", chat.Form{Title: "T", Fields: []chat.Field{{Name: "a"}, {Name: "a"}}}, false},
		{"a field without a name", chat.Form{Title: "T", Fields: []chat.Field{{Label: "a"}}}, false},
		{"no words of its own", chat.Form{Title: "\u200b", Fields: []chat.Field{{Name: "a", Value: long(4)}}}, true},
	} {
		m, err := open(c.form, b)
		if (err == nil) != c.ok || c.ok && m == nil || !c.ok && kindOf(err) != chat.Rejected {
			t.Errorf("%s: %+v, %v", c.name, m, err)
		}
	}
	// A note is cut until the form fits the button; a form that cannot is a plain button.
	note := one(chat.Field{})
	for _, each := range []string{"é", "<", "\"", "👩‍👩‍👧"} {
		note.Note = strings.Repeat(each, 4000)
		if m, err := open(note, b); err != nil || m == nil || !strings.HasSuffix(m.Text, "…") || utf8.RuneCountInString(m.Text) < 250 {
			t.Errorf("a long note of %q: %+v, %v", each, m, err)
		}
	}
	for name, form := range map[string]chat.Form{
		"options":            options(60, 60),
		"what a field holds": one(chat.Field{Value: long(3000), Expects: chat.ExpectsLong}),
	} {
		if m, err := open(form, b); err != nil || m != nil {
			t.Errorf("with too much of %s: %+v, %v", name, m, err)
		}
	}
	if m, err := open(one(chat.Field{}), chat.Button{Text: "B", Data: strings.Repeat(`"`, 1500)}); err != nil || m != nil {
		t.Errorf("with data that the metadata cannot hold: %+v, %v", m, err)
	}
}

// Whatever stands in a form, Slack takes it and shows it as words.
func TestHostileWordsInForms(t *testing.T) {
	w, in := newWorld(t), newInbox()
	w.hooks(in.handle)
	ann := w.ann()
	for _, h := range append(chattest.Hostile(), "", strings.Repeat("<&\"", 2000)) {
		f := &chat.Form{Title: h, Submit: h, Note: h, Fields: []chat.Field{{Name: "text", Label: h, Hint: h, Value: h, Expects: chat.ExpectsLong, Optional: true}, {Name: "one", Label: h, Options: []chat.Option{{Value: "1", Text: "1 " + h}}}}}
		w.mustSend(ann.Direct(), chat.Message{Text: "x", Rows: [][]chat.Button{{{Text: "Reply", Data: "1k", Form: f}}}}, "")
		all := ann.Direct().FromApp()
		ann.Tap(all[len(all)-1], "Reply").WaitAcked()
		w.client.Close()
		if strings.HasPrefix(all[len(all)-1].Buttons[0].ActionID, "form:") {
			if m := ann.WaitModal(); len(m.Inputs) != 2 || len(m.Inputs[1].Options) != 1 {
				t.Errorf("%.40q: the modal is %+v", h, m)
			}
			continue
		}
		if u := in.next(t); u.Kind != chat.Tap || u.Data != "1k" { // too much for a button
			t.Errorf("%.40q: %+v", h, u)
		}
	}
	in.none(t)
	w.noRefusals()
}

// TestForgedForms has what only a forged program sends: it opens and tells nothing, or
// tells no more than who sent it.
func TestForgedForms(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		bob, staff := w.NewUser("Bob", "en"), w.NewChannel("staff")
		w.mustSend(staff, asking(replyForm()), "")
		shown := staff.FromApp()[0]
		for _, value := range []string{"", "x", "[]", `{}`, `{"d":"1k","t":"T","f":[]}`, `{"d":"1k","t":"T","f":[{"n":"a"},{"n":"a"}]}`, `{"d":"` + strings.Repeat("x", 3000) + `","t":"T","f":[{"n":"a"}]}`} {
			bob.Act(shown, slackfake.Button{Text: "?", ActionID: "form:b0.1", Value: value}).WaitAcked()
		}
		w.client.Close()
		if n := len(w.Requests("views.open")); n != 0 {
			t.Errorf("%d modals were opened", n)
		}
		in.none(t)
	})
	w, in := newWorld(t), newInbox()
	hooks := w.hooks(in.handle)
	submit := func(view map[string]any) {
		t.Helper()
		raw, err := json.Marshal(map[string]any{"type": "view_submission", "team": map[string]any{"id": w.Team}, "user": map[string]any{"id": "U1", "team_id": w.Team}, "view": view})
		if err != nil {
			t.Fatal(err)
		}
		body := "payload=" + url.QueryEscape(string(raw))
		stamp, signature := slackfake.Sign(w.SigningSecret, time.Now(), []byte(body))
		if out := knock(hooks.Interactive, "POST", stamp, signature, strings.NewReader(body)); out.Code != 200 {
			t.Errorf("%v: %d", view, out.Code)
		}
	}
	for _, metadata := range []string{"", "x", "{}", `{"c":"C1","ts":"now","d":"1k"}`, `{"c":"C1","ts":"1.1"}`} {
		submit(map[string]any{"id": "V1", "callback_id": "form", "private_metadata": metadata})
	}
	in.none(t)
	values := map[string]any{"odd": map[string]any{"value": map[string]any{"value": "x"}}, "field:a": map[string]any{"other": map[string]any{"value": "x"}}, "field:b": map[string]any{"value": map[string]any{"value": "kept", "type": 5}}}
	submit(map[string]any{"id": "V1", "callback_id": "form", "private_metadata": `{"d":"1k"}`, "state": map[string]any{"values": values}})
	u := in.next(t)
	if diff := cmp.Diff(map[string]string{"b": "kept"}, u.Fields); diff != "" || u.User.ID != "U1" || u.On != "" || !u.Private {
		t.Errorf("%+v: %s", u, diff)
	}
	submit(map[string]any{"id": strings.Repeat("V", 500), "callback_id": "form", "private_metadata": `{"d":"1k"}`})
	if u := in.next(t); len(u.Key) > 200 || len(u.Fields) != 0 {
		t.Errorf("a view with a long id has the key %q", u.Key)
	}
}
