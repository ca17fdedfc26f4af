package slack_test

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
)

func menued() chat.Message {
	return chat.Message{Title: "A case", Lang: "es", Rows: [][]chat.Button{{{Text: "Take", Data: "1t"}, {Text: "More", Menu: []chat.Entry{
		{Text: "Details", Data: "1kdetails"}, {Text: "Note", Data: "1knote"},
	}}}}}
}

// A button that is a menu shows its entries behind three dots; a tap on one is reported as that of a
// button, and the form that answers it opens before the one who tapped, also one that only tells.
func TestAMenuOpensAndIsAnsweredByAForm(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		bob, staff := w.NewUser("Bob", "en"), w.NewChannel("staff")
		ref := w.mustSend(staff, menued(), "")
		in.mu.Lock()
		in.answers = func(u chat.Update) chat.Answer {
			switch {
			case u.Kind != chat.Tap:
				return chat.Answer{}
			case u.Data == "1kdetails":
				return chat.Answer{Form: &chat.Form{Title: "A-1 · Details", Submit: "Cerrar", Note: "Level: 2 of 7\nSite: <Salon> & Anna"}, Lang: "es"}
			}
			return chat.Answer{Form: &chat.Form{Title: "A-1 · Note", Submit: "Guardar", Fields: []chat.Field{{Name: "text", Label: "Note", Expects: chat.ExpectsLong}}}, Lang: "es"}
		}
		in.mu.Unlock()
		bob.Tap(staff.WaitButton("Details"), "Details").WaitAcked()
		m := bob.WaitModal()
		if u := in.next(t); u.Kind != chat.Tap || u.Data != "1kdetails" || u.On != ref {
			t.Errorf("the tap is %+v", u)
		}
		if m.Title != "A-1 · Details" || m.Text != "Level: 2 of 7\nSite: <Salon> & Anna" || len(m.Inputs) != 0 || m.SubmitText != "" {
			t.Errorf("the details are %+v", m)
		}
		m.Close()
		bob.Tap(staff.WaitButton("Note"), "Note").WaitAcked()
		m = bob.WaitModal()
		in.next(t)
		if m.Title != "A-1 · Note" || m.SubmitText != "Guardar" || len(m.Inputs) != 1 {
			t.Fatalf("the note is asked for by %+v", m)
		}
		m.Submit("It was cold.").WaitAcked()
		if u := in.next(t); u.Kind != chat.Filled || u.Data != "1knote" || u.Fields["text"] != "It was cold." || u.On != ref {
			t.Errorf("what was filled in is %+v", u)
		}
	})
}

// What a menu of Slack cannot hold is refused before Slack would.
func TestAMenuHasRoomForFive(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*chat.Message){
		"six entries":    func(m *chat.Message) { m.Rows[0][1].Menu = make([]chat.Entry, 6) },
		"long data":      func(m *chat.Message) { m.Rows[0][1].Menu[0].Data = strings.Repeat("x", 76) },
		"no data":        func(m *chat.Message) { m.Rows[0][1].Menu[1].Data = "" },
		"nothing to see": func(m *chat.Message) { m.Rows[0][1].Menu[1].Text = "\u200b" },
	} {
		m := menued()
		change(&m)
		if _, err := w.client.Send(t.Context(), w.address(w.NewChannel("c"+strings.ReplaceAll(name, " ", "-"))), m, ""); err == nil || chat.AsError(err).Kind != chat.Rejected {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.noRefusals()
}

// A question stands bold below a greeting, on Slack as rich text; what cannot be found in the words
// makes nothing bold.
func TestAQuestionIsBold(t *testing.T) {
	w := newWorld(t)
	to := w.ann().Direct()
	w.mustSend(to, chat.Message{Text: "Hi Ann.\n\nHow <was> it?\n\nJust write it here.", Strong: "How <was> it?"}, "")
	w.mustSend(to, chat.Message{Text: "How was it?", Strong: "Something else"}, "")
	w.noRefusals()
	all := w.Requests("chat.postMessage")
	if b := all[0].Params["blocks"]; !strings.Contains(b, `{"type":"text","text":"How \u003cwas\u003e it?","style":{"bold":true}}`) || strings.Count(b, "bold") != 1 {
		t.Errorf("the blocks are %s", b)
	}
	if text := all[0].Params["text"]; !strings.Contains(text, "How &lt;was&gt; it?") {
		t.Errorf("the text is %s", text)
	}
	if b := all[1].Params["blocks"]; strings.Contains(b, "bold") {
		t.Errorf("the blocks are %s", b)
	}
}
