package slack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack/slackevents"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

func TestAWholeExchange(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		ann := w.NewUser("Ann Archer", "de-DE")
		direct := w.address(ann.Direct())
		// From a channel, so that the direct messages must be opened first.
		start := ann.Command(w.NewChannel("general"), "")
		u := in.next(t)
		if u.Command != "start" || u.From != direct || !u.Private || u.User != (chat.User{ID: ann.ID, Name: "Ann Archer", Username: "ann.archer", Language: "de-DE"}) {
			t.Errorf("the command is %+v", u)
		}
		start.WaitAcked()
		ref := w.mustSend(ann.Direct(), rating(), "")
		ann.Tap(ann.Direct().FromApp()[0], "2")
		u = in.next(t)
		if u.Kind != chat.Tap || u.Data != rating().Rows[0][1].Data || u.On != ref || u.From != direct || !u.Private || u.User.Name != "Ann Archer" {
			t.Errorf("the tap is %+v", u)
		}
		w.mustSend(ann.Direct(), goldens()["condensed"], ref)
		asked := w.mustSend(ann.Direct(), goldens()["text"], "")
		ann.Tap(ann.Direct().WaitButton("Write an answer"), "Write an answer").WaitAcked()
		modal := ann.WaitModal()
		if modal.Text != "Please tell us what went wrong." || modal.Placeholder != "Type your answer <here> & now" || !modal.Multiline || modal.MaxLength != 1000 {
			t.Errorf("the modal is %+v", modal)
		}
		const words = "It was <b>cold</b> & *wet*"
		modal.Submit(words)
		u = in.next(t)
		if u.Kind != chat.Text || u.Text != words || u.On != asked || u.ReplyTo != asked || u.From != direct || !u.Private || u.User.ID != ann.ID {
			t.Errorf("the answer is %+v", u)
		}
		modal.Submit(words).WaitAcked()
		if again := in.next(t); again.Key != u.Key {
			t.Errorf("submitted twice: %q and %q", u.Key, again.Key)
		}
		ann.Say("see https://example.com/?a=1&b=2 <!channel>")
		if u = in.next(t); u.Text != "see https://example.com/?a=1&b=2 <!channel>" || u.Kind != chat.Text {
			t.Errorf("said %+v", u)
		}
		in.none(t)
	})
}

func TestADateIsPicked(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		ann := w.ann()
		w.mustSend(ann.Direct(), goldens()["date"], "")
		ann.Tap(ann.Direct().FromApp()[0], "Escribir respuesta")
		m := ann.WaitModal()
		if !m.Date || m.Title != "Su respuesta" {
			t.Errorf("the modal is %+v", m)
		}
		m.Submit("2026-11-21")
		if u := in.next(t); u.Text != "2026-11-21" {
			t.Errorf("got %+v", u)
		}
	})
}

func TestWhatPeopleDo(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		ann, bob, staff := w.ann(), w.NewUser("Bob", "en"), w.NewChannel("staff")
		ts := ann.Say("furst")
		if u := in.next(t); u.Own != chat.Ref(ts) || u.ReplyTo != "" || u.At.Location() != time.UTC || time.Since(u.At) > time.Hour {
			t.Errorf("said %+v", u)
		}
		ann.Edit(ann.Direct(), ts, "first & last")
		if u := in.next(t); u.Kind != chat.Edited || u.On != chat.Ref(ts) || u.Text != "first & last" || u.User.ID != ann.ID || !u.Private {
			t.Errorf("edited %+v", u)
		}
		ann.Share("look", "a.png", "image/png")
		if u := in.next(t); u.Kind != chat.Text || u.Text != "look" || len(u.Files) != 1 || u.Files[0] != (chat.File{Kind: "photo", ID: "F0FILE", Name: "a.png", Type: "image/png", Size: 1234}) {
			t.Errorf("shared %+v", u)
		}
		ann.SayIn(ann.Direct(), ts, "in a thread")
		if u := in.next(t); u.ReplyTo != chat.Ref(ts) || u.From != w.address(ann.Direct()) {
			t.Errorf("in a thread of direct messages: %+v", u)
		}
		ann.Shortcut()
		if u := in.next(t); u.Kind != chat.Command || u.Command != "start" || u.From != w.address(ann.Direct()) {
			t.Errorf("the shortcut is %+v", u)
		}
		// From a message of somebody's, in a channel: what follows is said in direct messages.
		general := w.NewChannel("general")
		bob.SayIn(general, "", "the printer is broken")
		ann.ShortcutOn(general.Messages()[0])
		if u := in.next(t); u.Kind != chat.Command || u.Command != "start" || u.Text != "" || u.From != w.address(ann.Direct()) || !u.Private || u.User.ID != ann.ID {
			t.Errorf("the shortcut on a message is %+v", u)
		}
		ann.Command(ann.Direct(), "Language de")
		if u := in.next(t); u.Command != "language" || u.Text != "de" {
			t.Errorf("the command is %+v", u)
		}
		ann.Command(ann.Direct(), "AbCdEfGhIjKlMnOpQrStUvWx")
		if u := in.next(t); u.Command != "start" || u.Text != "AbCdEfGhIjKlMnOpQrStUvWx" {
			t.Errorf("an invitation is %+v", u)
		}
		staff.Invite(bob)
		if u := in.next(t); u.Kind != chat.Joined || u.From != w.address(staff) || u.Private {
			t.Errorf("joined %+v", u)
		}
		top := w.mustSend(staff, card(), "")
		bob.SayIn(staff, "", "chatter that is not for the app")
		bob.SayIn(staff, string(top), "I will call her")
		thread := w.address(staff)
		thread.Thread = string(top)
		if u := in.next(t); u.Text != "I will call her" || u.From != thread || u.ReplyTo != top || u.Private {
			t.Errorf("in a thread: %+v", u)
		}
		bob.Tap(staff.FromApp()[0], "Claim")
		if u := in.next(t); u.Data != "1a" || u.From != w.address(staff) || u.On != top || u.User.ID != bob.ID || u.Private {
			t.Errorf("the tap is %+v", u)
		}
		inThread := w.address(staff)
		inThread.Thread = string(top)
		reply, err := w.client.Send(t.Context(), inThread, question("in the thread"), "")
		if err != nil {
			t.Fatal(err)
		}
		bob.Tap(staff.WaitButton("Yes"), "Yes")
		if u := in.next(t); u.From != thread || u.On != reply {
			t.Errorf("a tap in a thread is %+v", u)
		}
		in.none(t)
	})
}

// A channel that takes no messages any more is told of at once, and so is its return.
func TestChannelsComeAndGo(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		bob, public, private := w.NewUser("Bob", "en"), w.NewChannel("cases"), w.NewChannel("secrets")
		private.Private = true
		for _, c := range []*slackfake.Channel{public, private} {
			for _, step := range []struct {
				do   func()
				kind chat.Kind
			}{{c.Archive, chat.Blocked}, {c.Unarchive, chat.Joined}, {c.Kick, chat.Blocked}, {func() { c.Invite(bob) }, chat.Joined}} {
				step.do()
				if u := in.next(t); u.Kind != step.kind || u.From != w.address(c) || u.Private {
					t.Errorf("%s: %+v, want %s", c.Name, u, step.kind)
				}
			}
		}
		for _, kind := range []string{"channel_deleted", "group_deleted"} {
			w.Emit(map[string]any{"type": kind, "channel": public.ID})
			if u := in.next(t); u.Kind != chat.Blocked || u.From != w.address(public) {
				t.Errorf("%s: %+v", kind, u)
			}
		}
		w.Emit(map[string]any{"type": "channel_archive", "channel": map[string]any{"id": public.ID}}).WaitAcked()
		in.none(t)
	})
}

// A command tells where it was written, for codes that link a channel; its answer is for
// the one who wrote it alone.
func TestACommandTellsWhereItWasWritten(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		in.answers = func(u chat.Update) chat.Answer { return chat.Answer{Text: u.Command + " | " + u.Text} }
		ann, staff := w.ann(), w.NewChannel("cases")
		for _, c := range []struct {
			in            *slackfake.Channel
			words         string
			command, text string
		}{
			{staff, "here ABCDEFGHIJKLMNOP", "here", "ABCDEFGHIJKLMNOP"},
			{ann.Direct(), "Here  ABCDEFGHIJKLMNOP ", "here", "ABCDEFGHIJKLMNOP"},
			{staff, "complain the <printer> & me", "complain", "the <printer> & me"},
			{staff, "suggest", "suggest", ""},
			{staff, "ask when?", "ask", "when?"},
			{staff, "link ABCDEFGHIJKLMNOP", "link", "ABCDEFGHIJKLMNOP"},
		} {
			if said := ann.Command(c.in, c.words).Response(); said != c.command+" | "+c.text {
				t.Errorf("%q is answered with %q", c.words, said)
			}
			u := in.next(t)
			if u.Kind != chat.Command || u.Command != c.command || u.Text != c.text || u.In != w.address(c.in) || u.InPrivate != (c.in == ann.Direct()) ||
				u.From != w.address(ann.Direct()) || !u.Private || !u.Ephemeral {
				t.Errorf("%q is %+v", c.words, u)
			}
		}
		if n := len(staff.Messages()) + len(ann.Direct().Messages()); n != 0 {
			t.Errorf("%d messages are in the channels", n)
		}
	})
}

func question(text string) chat.Message {
	return chat.Message{Text: text, Rows: [][]chat.Button{{{Text: "Yes", Data: "y"}}}}
}

func TestAnswersAreShownToThePersonAlone(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		in.answers = func(u chat.Update) chat.Answer {
			return chat.Answer{Text: "<!channel> " + u.Data + u.Command, Alert: u.Data == "alert"}
		}
		bob, staff := w.NewUser("Bob", "en"), w.NewChannel("staff")
		w.mustSend(staff, chat.Message{Text: "x", Rows: [][]chat.Button{{{Text: "A", Data: "alert"}, {Text: "B", Data: "toast"}}}}, "")
		for data, alert := range map[string]bool{"A": true, "B": false} {
			press := bob.Tap(staff.FromApp()[0], data)
			press.WaitAcked()
			w.client.Close()
			got := press.Whispers()
			if len(got) != 1 || !strings.HasPrefix(got[0].Text, "<!channel> ") || got[0].Alert != alert {
				t.Errorf("%s shows %+v", data, got)
			}
		}
		if got := bob.Command(staff, "help").Response(); got != "<!channel> help" {
			t.Errorf("the command shows %q", got)
		}
		if n := len(staff.FromApp()); n != 1 {
			t.Errorf("the channel has %d messages", n)
		}
	})
}

// What a command is answered with may have buttons; they work from a message that only
// one person sees and that is no message of the channel's.
func TestAnAnswerToACommandHasButtons(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		in.answers = func(u chat.Update) chat.Answer {
			if u.Command != "language" {
				return chat.Answer{}
			}
			return chat.Answer{Text: "Which <language>?", Rows: [][]chat.Button{{{Text: "English", Data: "1g.en"}, {Text: "Español & more", Data: "1g.es", Selected: true}}}}
		}
		ann, general := w.ann(), w.NewChannel("general")
		shown := ann.Command(general, "language").Inline()
		if u := in.next(t); !u.Ephemeral || u.Command != "language" {
			t.Errorf("the command is %+v", u)
		}
		if shown.Text != "Which <language>?" || shown.Notice != "Which <language>?" || len(shown.Buttons) != 2 || shown.Buttons[1].Text != "✓ Español & more" {
			t.Errorf("the answer is %+v", shown)
		}
		ann.Act(shown, shown.Buttons[0]).WaitAcked()
		if u := in.next(t); u.Kind != chat.Tap || u.Data != "1g.en" || u.On != "" || u.User.ID != ann.ID {
			t.Errorf("the tap is %+v", u)
		}
		if n := len(general.Messages()) + len(ann.Direct().Messages()); n != 0 {
			t.Errorf("%d messages are in the channels", n)
		}
		in.none(t)
	})
}

// Buttons that Slack cannot show do not lose the words.
func TestAnAnswerToACommandIsShownWithoutOddButtons(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		in.answers = func(chat.Update) chat.Answer {
			return chat.Answer{Text: strings.Repeat("é", 2001), Rows: [][]chat.Button{{{Text: "nothing behind it"}}}}
		}
		shown := w.ann().Command(w.NewChannel("general"), "help").Inline()
		if n := utf8.RuneCountInString(shown.Text); n != 2000 || !strings.HasSuffix(shown.Text, "…") || len(shown.Buttons) != 0 {
			t.Errorf("the answer has %d characters and %d buttons", n, len(shown.Buttons))
		}
	})
}

func TestTheAppHome(t *testing.T) {
	home := func(_ context.Context, team, user string) (slack.Home, error) {
		return slack.Home{Title: "Your surveys", Sections: []slack.HomeSection{
			{Title: "Open", Items: []slack.HomeItem{{Text: "*Haircut* <!channel>", Detail: team, Buttons: []chat.Button{{Text: "Answer", Data: "1o" + user}}}}},
			{Title: "Language", Rows: [][]chat.Button{{{Text: "English", Data: "1g.en", Selected: true}, {Text: "Deutsch", Data: "1g.de"}}}},
			{Title: "Nothing below this"},
		}}, nil
	}
	transports(t, func(t *testing.T, w *world, in *inbox) {
		ann := w.NewUser("Ann", "en")
		ann.OpenHome().WaitAcked()
		shown := ann.WaitHome(1)
		if shown.Text != "Your surveys\nOpen\n*Haircut* <!channel>\nT0AFTERCARE\nLanguage" || len(shown.Buttons) != 3 || shown.Buttons[1].Text != "✓ English" {
			t.Errorf("the home is %+v", shown)
		}
		ann.Act(shown, shown.Buttons[0])
		if u := in.next(t); u.Kind != chat.Tap || u.Data != "1o"+ann.ID || u.On != "" || u.From != w.address(ann.Direct()) || !u.Private {
			t.Errorf("the tap is %+v", u)
		}
		ann.WaitHome(2) // what was open may be done
		if n := len(w.Requests("conversations.open")); n != 0 {
			t.Errorf("the direct messages were known, and opened %d times", n)
		}
	}, func(c *slack.Config) { c.Home = home })
}

func TestAnAppHomeOfAnySizeFits(t *testing.T) {
	w := newWorld(t)
	ann := w.ann()
	var h slack.Home
	for i := range 60 {
		h.Sections = append(h.Sections, slack.HomeSection{Title: strings.Repeat("t", 200), Text: strings.Repeat("x", 4000), Items: []slack.HomeItem{{Text: fmt.Sprint(i), Buttons: []chat.Button{{Text: "A", Data: "a"}}}}})
	}
	for _, h := range []slack.Home{h, {}, {Title: "only a title"}} {
		if err := w.client.Publish(t.Context(), w.Team, ann.ID, h); err != nil {
			t.Error(err)
		}
	}
	w.noRefusals()
}

func TestTheAppHomeLooksAsKept(t *testing.T) {
	w := newWorld(t)
	ann := w.ann()
	err := w.client.Publish(t.Context(), w.Team, ann.ID, slack.Home{Title: "Your surveys", Sections: []slack.HomeSection{
		{Title: "Open", Items: []slack.HomeItem{{Text: "Haircut at *Main Street* <!channel>", Detail: "2 questions", Buttons: []chat.Button{{Text: "Answer", Data: "1oAAAAAAAAAAAAAAAAAAAAAA", Style: "primary"}}}}},
		{Title: "Past", Text: "Nothing yet."},
		{Title: "Language", Rows: [][]chat.Button{{{Text: "English", Data: "1g.en", Selected: true}, {Text: "Deutsch", Data: "1g.de"}}}},
		{Title: "Staff", Items: []slack.HomeItem{{Text: "#142 · open · Ann", Buttons: []chat.Button{{Text: "Open in the admin", URL: "https://example.com/cases/142"}}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(w.Requests("views.publish")[0].Body), &got); err != nil {
		t.Fatal(err)
	}
	compare(t, "home", got["view"])
	w.noRefusals()
}

func TestRemovalIsTold(t *testing.T) {
	for _, fails := range []int{0, 1} {
		gone := make(chan string, 10)
		left := fails
		w := newWorld(t, func(c *slack.Config) {
			c.Gone = func(_ context.Context, team string) error {
				if left > 0 {
					left--
					return errStoreAway
				}
				gone <- team
				return nil
			}
		})
		w.SetSecond(time.Millisecond)
		w.hooks(newInbox().handle)
		d := w.Uninstall()
		d.WaitAcked()
		if team := <-gone; team != w.Team || d.Attempts() != fails+1 {
			t.Errorf("told of %s after %d attempts", team, d.Attempts())
		}
		w.Emit(map[string]any{"type": "tokens_revoked", "tokens": map[string]any{"oauth": []string{"U1"}}}).WaitAcked()
		w.Emit(map[string]any{"type": "tokens_revoked", "tokens": map[string]any{"bot": []string{"U1"}}}).WaitAcked()
		if len(gone) != 1 {
			t.Errorf("told %d times of revoked tokens, want once", len(gone))
		}
	}
}

// D12: an event that says nothing of bots is the app's own all the same, once Slack has said
// who the app is, by whichever of its clients.
func TestD12TheAppNeverHearsItself(t *testing.T) {
	selves := &slack.Selves{}
	w := newWorld(t, func(c *slack.Config) { c.Selves = selves })
	other := slack.New(slack.Config{BotToken: w.BotToken, API: w.URL, Selves: selves})
	defer other.Close()
	says := func(user string) int {
		t.Helper()
		n, err := other.Heard(fmt.Appendf(nil, `{"type":"event_callback","team_id":%q,"event_id":"Ev1","event":{"type":"message","channel":"D1","channel_type":"im","user":%q,"text":"x","ts":"1700000000.000100"}}`, w.Team, user))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := says(w.BotUser); n != 1 {
		t.Fatalf("before anybody knows who the app is its words bring %d updates", n)
	}
	if _, err := w.client.Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := says(w.BotUser); n != 0 {
		t.Errorf("the app's own words bring %d updates", n)
	}
	if n := says("U0ANN"); n != 1 {
		t.Errorf("somebody else's words bring %d updates", n)
	}
}

// TestWhatIsNobodysIsAcknowledged has what must neither be handled nor come again.
func TestWhatIsNobodysIsAcknowledged(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		ann, staff := w.ann(), w.NewChannel("staff")
		ts := ann.Say("hello")
		in.next(t)
		d := ann.Direct().ID
		for name, e := range map[string]map[string]any{
			"unknown":          {"type": "brand_new_event", "surprise": 1},
			"no type":          {},
			"bot":              {"type": "message", "channel": d, "channel_type": "im", "user": ann.ID, "bot_id": "B1", "text": "x", "ts": "1700000000.000100"},
			"own":              {"type": "message", "subtype": "bot_message", "channel": d, "channel_type": "im", "text": "x", "ts": "1700000000.000100"},
			"our own, alone":   {"type": "message", "channel": d, "channel_type": "im", "user": w.BotUser, "text": "x", "ts": "1700000000.000100"},
			"our own, changed": {"type": "message", "subtype": "message_changed", "channel": d, "channel_type": "im", "message": map[string]any{"user": w.BotUser, "text": "y", "ts": ts, "edited": map[string]any{"user": w.BotUser}}, "previous_message": map[string]any{"text": "x"}},
			"no user":          {"type": "message", "channel": d, "channel_type": "im", "text": "x", "ts": "1700000000.000100"},
			"no ts":            {"type": "message", "channel": d, "channel_type": "im", "user": ann.ID, "text": "x"},
			"odd ts":           {"type": "message", "channel": d, "channel_type": "im", "user": ann.ID, "text": "x", "ts": "now"},
			"joined":           {"type": "message", "subtype": "channel_join", "channel": staff.ID, "channel_type": "channel", "user": ann.ID, "text": "x", "ts": "1700000000.000100"},
			"somebody joined":  {"type": "member_joined_channel", "user": ann.ID, "channel": staff.ID, "team": w.Team},
			"malformed":        {"type": 5, "channel": []int{1}},
			"deleted":          {"type": "message", "subtype": "message_deleted", "channel": d, "channel_type": "im", "deleted_ts": ts, "ts": ts},
			"a preview":        {"type": "message", "subtype": "message_changed", "channel": d, "channel_type": "im", "message": map[string]any{"user": ann.ID, "text": "x", "ts": ts, "edited": map[string]any{"user": ann.ID}}, "previous_message": map[string]any{"text": "x"}},
			"a changed bot's":  {"type": "message", "subtype": "message_changed", "channel": d, "channel_type": "im", "message": map[string]any{"user": ann.ID, "bot_id": "B1", "text": "x", "ts": ts, "edited": map[string]any{}}},
			"a foreign home":   {"type": "app_home_opened", "user": ann.ID, "channel": d, "tab": "messages"},
			"an empty message": {"type": "message", "channel": d, "channel_type": "im", "user": ann.ID, "text": "", "ts": "1700000000.000100"},
		} {
			e := w.Emit(e)
			e.WaitAcked()
			if n := e.Attempts(); n != 1 {
				t.Errorf("%s was delivered %d times", name, n)
			}
		}
		// One odd field does not lose the words.
		w.Emit(map[string]any{"type": "message", "channel": d, "channel_type": "im", "user": ann.ID, "text": "heard", "ts": "1700000000.000100", "files": "odd", "edited": 1, "blocks": []any{5}})
		if u := in.next(t); u.Text != "heard" {
			t.Errorf("got %+v", u)
		}
		in.none(t)
	})
}

// TestButtonsThatAreNotOurs has taps without effect: links, unknown buttons, old
// ones, those of another person or another organisation.
func TestButtonsThatAreNotOurs(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		ann, mallory, staff := w.ann(), w.NewUser("Mallory", "en"), w.NewChannel("staff")
		mallory.Belong("T0ELSEWHERE")
		w.mustSend(staff, card(), "")
		m := staff.FromApp()[0]
		ann.Tap(m, "Open in the admin").WaitAcked()
		ann.Act(m, slackfake.Button{Text: "?", ActionID: "unknown"}).WaitAcked()
		in.none(t)
		// One from another organisation is told apart, whatever their id.
		mallory.Tap(m, "Claim")
		if u := in.next(t); u.User.ID != "T0ELSEWHERE:"+mallory.ID || u.From != w.address(staff) {
			t.Errorf("a foreign tap is %+v", u)
		}
		mallory.SayIn(staff, m.TS, "I am one of you")
		if u := in.next(t); u.User.ID != "T0ELSEWHERE:"+mallory.ID {
			t.Errorf("foreign words are %+v", u)
		}
		// Forged data comes through as data: whoever sends it is not trusted.
		ann.Act(m, slackfake.Button{Text: "?", ActionID: "b9.9", Value: strings.Repeat("x", 3000)})
		if u := in.next(t); u.User.ID != ann.ID || len(u.Data) != 3000 {
			t.Errorf("forged data is %+v", u)
		}
		staff.Delete(m.TS)
		ann.Tap(m, "Resolve")
		if u := in.next(t); u.On != chat.Ref(m.TS) {
			t.Errorf("a tap on what is gone is %+v", u)
		}
	})
}

func TestAnotherWorkspaceIsDropped(t *testing.T) {
	transports(t, func(t *testing.T, w *world, in *inbox) {
		ann := w.ann()
		w.EmitFrom("T0OTHER", map[string]any{"type": "message", "channel": ann.Direct().ID, "channel_type": "im", "user": ann.ID, "text": "not mine", "ts": "1700000000.000100"}).WaitAcked()
		ann.Say("mine")
		if u := in.next(t); u.Text != "mine" {
			t.Errorf("got %+v", u)
		}
	})
}

func TestTheFakeSpeaksAsSlackDoes(t *testing.T) {
	w := newWorld(t)
	ann := w.ann()
	for _, d := range []*slackfake.Delivery{ann.OpenHome(), w.Uninstall()} {
		if _, err := slackevents.ParseEvent(d.Payload, slackevents.OptionNoVerifyToken()); err != nil {
			t.Errorf("slack-go cannot read %s: %v", d.Payload, err)
		}
	}
}
