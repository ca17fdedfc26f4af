package admin

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/webchat"
	"github.com/aftercare/aftercare/bot"
	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// painters lay messages out as the platforms do.
var painters = map[chat.Platform]func(chat.Message) (chat.Drawn, error){chat.Web: webchat.Draw, chat.Telegram: telegram.Draw, chat.Slack: slack.Draw}

// everyWay is a survey that is answered in every way that has buttons, in two languages.
const everyWay = `flow: every_way
class: transactional
title: {en: Every way, ar: كل الطرق}
languages: [en, ar]
questions:
  - {key: overall, scale: ladder7, primary: true, weight: 1, ask: {en: "How was {service_name}?", ar: "كيف كان {service_name}؟"}}
  - {key: faces, scale: csat5, optional: true, ask: {en: The staff?, ar: الموظفون؟}}
  - {key: friends, scale: nps11, optional: true, ask: {en: Would you recommend us?, ar: هل توصي بنا؟}}
  - {key: what, choice: reason, max: 3, optional: true, when: {overall: unsatisfied}, ask: {en: What was it?, ar: ماذا كان؟}}
  - {key: times, number: {min: 0, max: 10}, optional: true, ask: {en: How often?, ar: كم مرة؟}}
  - {key: day, date: true, optional: true, ask: {en: When?, ar: متى؟}}
  - {key: why, text: long, optional: true, ask: {en: "Why <b>so</b> & not *otherwise*?", ar: لماذا؟}}
  - {key: yes_no, options: [{key: a, label: {en: Yes, ar: نعم}}, {key: b, label: {en: "No", ar: لا}}], optional: true, ask: {en: Again?, ar: مرة أخرى؟}}
`

// TestWhatThePreviewShowsIsWhatTheBotSends: a customer who answers as the preview does is sent, byte for
// byte, what it shows: in every look, on every path, in a language that is written from the right, too.
func TestWhatThePreviewShowsIsWhatTheBotSends(t *testing.T) {
	for on, paint := range painters {
		for _, c := range []struct{ flow, lang, path string }{{"repair", "en", worstPath}, {"every_way", "en", worstPath}, {"every_way", "en", bestPath}, {"every_way", "ar", neutralPath}} {
			t.Run(fmt.Sprint(on, " ", c.flow, " ", c.lang, " ", c.path), func(t *testing.T) {
				t.Parallel()
				sameAsSent(t, on, paint, c.flow, c.lang, c.path)
			})
		}
	}
}

func sameAsSent(t *testing.T, on chat.Platform, paint func(chat.Message) (chat.Drawn, error), flow, lang, path string) {
	w := newWorld(t)
	f, _, shipped := flowfile.Template(flow) // without a random order: that is of each session
	if !shipped {
		var err error
		if f, err = flowfile.Parse([]byte(everyWay)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.store.Publish(t.Context(), flow, everyWay, w.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if err := w.bot.Configuration().Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s := newSite(Config{Store: w.store, Bot: w.bot, Draw: painters, Gate: gateOf(viewer("robin")), Clock: w.clock.Now})
	shown := draftPages{s}.chatOf(httptest.NewRequest("GET", "/?e.service_name=Oil&path="+path+"&on="+string(on), nil), viewer("robin"), f, lang)

	customer := chat.Address{Platform: on, Account: "42", Chat: "7"}
	says := func(u chat.Update) {
		w.n++
		u.Key, u.From, u.User, u.Private, u.At = fmt.Sprint("u:", w.n), customer, chat.User{ID: "7", Name: sampleName(lang), Language: lang}, true, w.clock.Now()
		if _, err := w.bot.Handle(t.Context(), []chat.Update{u}); err != nil {
			t.Fatal(err)
		}
	}
	newest := func() (m chat.Message) {
		rows, err := w.store.Transcript(t.Context(), 0, customer)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range rows {
			if len(d.Render.Rows) > 0 && (d.Render.Layout == nil || d.Render.Layout.Answer == "") {
				m = d.Render
			}
		}
		return m
	}
	inv, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: flow, Site: "harbour", Event: map[string]string{"service_name": "Oil"}}) // as the preview: the first
	if err != nil {
		t.Fatal(err)
	}
	says(chat.Update{Kind: chat.Command, Command: "start", Text: inv.Token})
	asked := 0
	for _, turn := range shown.Turns {
		if len(turn.Message.Rows) == 0 {
			continue
		}
		asked++
		real := newest()
		mine := real
		mine.Rows = nil
		var taps []string
		for _, row := range real.Rows { // the session has another id here: all else is the same
			line := slices.Clone(row)
			for i, b := range line {
				d, ok := draw.Decode(b.Data)
				if !ok {
					t.Fatalf("the data %q", b.Data)
				}
				if pressedOn(f, d, path) {
					taps = append(taps, b.Data)
				}
				d.Session = uuid.Nil.String()
				line[i].Data = d.Encode()
			}
			mine.Rows = append(mine.Rows, line)
		}
		if l := mine.Layout; l != nil {
			own := *l
			own.Of = turn.Message.Layout.Of
			mine.Layout = &own
		}
		sent, err := paint(mine)
		if err != nil {
			t.Fatal(err)
		}
		a, errA := json.Marshal(sent)
		b, errB := json.Marshal(turn.Drawn)
		if errA != nil || errB != nil || string(a) != string(b) || !reflect.DeepEqual(sent, turn.Drawn) {
			t.Fatalf("question %d: the preview shows\n%s\nand this is sent\n%s", asked, b, a)
		}
		for _, data := range taps {
			says(chat.Update{Kind: chat.Tap, Data: data})
		}
		if len(taps) == 0 {
			says(chat.Update{Kind: chat.Text, Text: turn.Answer})
		} else if d, _ := draw.Decode(taps[0]); d.Verb == draw.VerbToggle {
			for _, row := range newest().Rows { // that is all
				for _, b := range row {
					if d, _ := draw.Decode(b.Data); d.Verb == draw.VerbDone {
						taps = append(taps, b.Data)
					}
				}
			}
			says(chat.Update{Kind: chat.Tap, Data: taps[len(taps)-1]})
		}
	}
	if least := 4; asked < least || (shown.Card == nil) != (path != worstPath) {
		t.Errorf("%d questions were asked; the card is %v", asked, shown.Card)
	}
}

// pressedOn reports whether a button is one that somebody on a path presses first.
func pressedOn(f survey.Flow, d draw.Tapped, path string) bool {
	q := &f.Questions[d.Question]
	switch d.Verb {
	case draw.VerbPick:
		return q.Kind == survey.ScaleQ && d.Option == optionOn(q, path) || q.Kind == survey.ChoiceQ && d.Option == 0
	case draw.VerbToggle:
		return d.Option == 0
	}
	return false
}

// TestAPreviewIsAnswered: by its buttons and in words; what was said survives a change of the
// draft, and is forgotten where it no longer applies.
func TestAPreviewIsAnswered(t *testing.T) {
	w := newWorld(t)
	s := newSite(Config{Store: w.store, Bot: w.bot, Draw: painters, Gate: gateOf(viewer("robin")), Clock: w.clock.Now})
	f, _, _ := flowfile.Template("nps_why")
	for on := range painters {
		at := url.Values{"on": {string(on)}, "live": {"1"}}
		press := func(text string) {
			t.Helper()
			c := draftPages{s}.chatOf(httptest.NewRequest("GET", "/?"+at.Encode(), nil), viewer("robin"), f, "en")
			if !c.Waits {
				t.Fatalf("%s: nothing is asked", on)
			}
			for _, row := range c.Turns[len(c.Turns)-1].Taps {
				for _, b := range row {
					if strings.HasPrefix(b.Text, text) && b.Say != "" {
						at["a"] = append(slices.Clone(c.Said), b.Say)
						return
					}
				}
			}
			t.Fatalf("%s: there is no %q in %v", on, text, c.Turns[len(c.Turns)-1].Taps)
		}
		press("2")
		c := draftPages{s}.chatOf(httptest.NewRequest("GET", "/?"+at.Encode(), nil), viewer("robin"), f, "en")
		if last := c.Turns[len(c.Turns)-1]; last.Box == "" || len(c.Said) != 1 {
			t.Fatalf("%s: what comes next is %+v", on, last)
		}
		back := maps.Clone(at)
		press("Back")
		if c = (draftPages{s}).chatOf(httptest.NewRequest("GET", "/?"+at.Encode(), nil), viewer("robin"), f, "en"); len(c.Said) != 0 {
			t.Errorf("%s: after Back %v is said", on, c.Said)
		}
		at = back
		at.Set("k", c.Turns[0].Message.Lang)
		at.Set("k", "why")
		at.Set("w", "Nobody answered the phone")
		f2 := f
		for i := range f.Questions {
			if f.Questions[i].Kind == survey.TextQ {
				at.Set("k", f.Questions[i].Key)
			}
		}
		c = draftPages{s}.chatOf(httptest.NewRequest("GET", "/?"+at.Encode(), nil), viewer("robin"), f2, "en")
		if len(c.Said) != 2 || c.Struck != 0 || c.Card == nil {
			t.Errorf("%s: said is %v, struck %d, %s", on, c.Said, c.Struck, c.Case)
		}
		f2.Questions = f.Questions[:1]
		if c = (draftPages{s}).chatOf(httptest.NewRequest("GET", "/?"+at.Encode(), nil), viewer("robin"), f2, "en"); c.Struck != 1 {
			t.Errorf("%s: %d answers no longer apply, want 1", on, c.Struck)
		}
	}
}

// TestAPreviewIsAboutAService: what conditions and words name of the service is a field beside the chat,
// and the chat, the case, and all ways through the survey follow what is written there.
func TestAPreviewIsAboutAService(t *testing.T) {
	h := builder(t)
	const file = `flow: stay
class: transactional
title: Stay
questions:
  - {key: overall, scale: csat5, primary: true, weight: 1, ask: "How was {item}?"}
  - {key: room, text: short, optional: true, when: {event.service_name: stay}, ask: And the room?}
  - {key: why, text: long, optional: true, when: {overall: unsatisfied}, ask: Why?}
`
	if _, err := h.store.PutFlowDraft(t.Context(), storage.FlowDraft{Flow: "stay", Rev: 1, Same: 1, Source: file}); err != nil {
		t.Fatal(err)
	}
	chatOn := func(at string) string {
		page := h.get("/surveys/stay/edit?q=before"+at, http.StatusOK)
		_, chat, _ := strings.Cut(page, `class="phone talk`)
		chat, _, _ = strings.Cut(chat, `class="heard`)
		return chat
	}
	page := h.get("/surveys/stay/edit", http.StatusOK)
	for _, name := range []string{"e.item", "e.service_name", "e.late"} {
		if !strings.Contains(page, `name="`+name+`"`) {
			t.Errorf("there is no field %s", name)
		}
	}
	if plain := chatOn("&path=worst"); strings.Contains(plain, "And the room?") || !strings.Contains(plain, "Why?") {
		t.Errorf("about no service is asked: %s", plain)
	}
	stay := chatOn("&path=worst&e.service_name=stay&e.item=room+12")
	if !strings.Contains(stay, "And the room?") || !strings.Contains(stay, "How was room 12?") {
		t.Errorf("about a stay is asked: %s", stay)
	}
	if kept := h.get("/surveys/stay/edit?q=before&e.service_name=stay", http.StatusOK); !strings.Contains(kept, "e.service_name=stay") {
		t.Error("a change of a card forgets which service it is about")
	}
	ways := h.get("/surveys/stay/edit/paths", http.StatusOK)
	if !strings.Contains(ways, "Ways: 2") || !strings.Contains(ways, "3 Why?") || strings.Contains(ways, "2 And the room?") {
		t.Errorf("the ways are %s", ways)
	}
	for _, want := range []string{"1 How was {item}?", "<td>2</td><td>38</td>", "<td>1</td><td>8</td>", "whatever is answered", ">none<"} {
		if !strings.Contains(ways, want) {
			t.Errorf("of the ways is not said: %s\n%s", want, ways)
		}
	}
	if ways = h.get("/surveys/stay/edit/paths?e.service_name=stay", http.StatusOK); !strings.Contains(ways, "2 And the room?") || !strings.Contains(ways, "Ways: 2") {
		t.Errorf("after a stay the ways are %s", ways)
	}
}
