package telegram_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

func TestACardIsLaidOut(t *testing.T) {
	w := newWorld(t)
	c := w.ann().Chat()
	w.mustSend(c, chat.Message{
		Title: "Open · 2 of 5 · <Ann> & Bob", State: "open", Text: "Haircut\nMonday",
		Facts:  []chat.Fact{{Label: "Site", Value: "Main <st>"}, {Label: "Empty", Value: " "}, {Label: "Phone", Value: "+1 555"}},
		Quotes: []chat.Quote{{Label: "Why", Text: "<b>cold</b> & slow"}, {Text: strings.Repeat("long ", 100)}},
		Footer: "case 142",
		Rows:   [][]chat.Button{{{Text: "Take", Data: "1t", Style: "primary"}, {Text: "Site", URL: "https://example.com/"}}},
	}, "")
	m := w.last(c)
	long := strings.TrimSpace(strings.Repeat("long ", 100))
	want := "🔴 Open · 2 of 5 · <Ann> & Bob\nHaircut\nMonday\n\nSite: Main <st>\nPhone: +1 555\n\nWhy:\n<b>cold</b> & slow\n\n" + long + "\n\ncase 142"
	if m.Text != want {
		t.Error(cmp.Diff(want, m.Text))
	}
	for style, want := range map[string][]string{
		"bold": {"🔴 Open · 2 of 5 · <Ann> & Bob"}, "blockquote": {"<b>cold</b> & slow"},
		"expandable_blockquote": {long}, "italic": {"case 142"},
	} {
		if got := m.Styled(style); !cmp.Equal(got, want) {
			t.Errorf("%s: %s", style, cmp.Diff(want, got))
		}
	}
	if want := [][]telegramtest.Button{{{Text: "Take", Data: "1t", Style: "primary"}, {Text: "Site", URL: "https://example.com/"}}}; !cmp.Equal(m.Buttons, want) {
		t.Error(cmp.Diff(want, m.Buttons))
	}
	w.noRefusals()
}

func TestACardShowsItsColourOnce(t *testing.T) {
	w := newWorld(t)
	c := w.ann().Chat()
	for title, want := range map[string]string{"Taken by Bob": "🟠 Taken by Bob", "🟠 Taken by Bob": "🟠 Taken by Bob", "⏳ Waiting": "⏳ Waiting"} {
		w.mustSend(c, chat.Message{Title: title, State: "taken"}, "")
		if got := w.last(c).Text; got != want {
			t.Errorf("%q is shown as %q", title, got)
		}
	}
}

func TestFactsInMixedDirectionsAreIsolated(t *testing.T) {
	w := newWorld(t)
	c := w.ann().Chat()
	w.mustSend(c, chat.Message{Lang: "ar", Facts: []chat.Fact{{Label: "الهاتف", Value: "+1 555 (2)"}}}, "")
	if got, want := w.last(c).Text, "الهاتف: \u2068+1 555 (2)\u2069"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	w.mustSend(c, chat.Message{Facts: []chat.Fact{{Label: "Phone", Value: "+1 555"}}}, "")
	if got := w.last(c).Text; strings.ContainsAny(got, "\u2068\u2069") {
		t.Errorf("marks where nothing is mixed: %q", got)
	}
}

func TestLongRowsAreBrokenEvenly(t *testing.T) {
	w := newWorld(t)
	c := w.ann().Chat()
	var row []chat.Button
	for _, text := range strings.Fields("0 1 2 3 4 5 6 7 8 9 10") {
		row = append(row, chat.Button{Text: text, Data: "1p" + text})
	}
	w.mustSend(c, chat.Message{Text: "How likely?", Rows: [][]chat.Button{row, {{Text: "Skip", Data: "1s", Selected: true}}}}, "")
	m := w.last(c)
	if len(m.Buttons) != 3 || len(m.Buttons[0]) != 6 || len(m.Buttons[1]) != 5 || m.Buttons[2][0].Text != "✓ Skip" {
		t.Errorf("rows: %v", m.Buttons)
	}
}

func TestAPhoneQuestionOffersTheOwnNumber(t *testing.T) {
	w := newWorld(t)
	ann := w.ann()
	inbox := newInbox()
	w.poll(inbox.handle)
	ref := w.mustSend(ann.Chat(), chat.Message{Text: "Your number?", Lang: "es-MX", Hint: "+34…", Expects: chat.ExpectsPhone, Rows: [][]chat.Button{{{Text: "Omitir", Data: "1s"}}}}, "")
	m := w.last(ann.Chat())
	want := [][]telegramtest.KeyboardButton{{{Text: "Compartir mi número de teléfono", RequestContact: true}}, {{Text: "Omitir"}}}
	if !cmp.Equal(m.Keyboard, want) {
		t.Error(cmp.Diff(want, m.Keyboard))
	}
	ann.ShareContact(m, "+34600000000")
	if u := inbox.next(t); u.Kind != chat.Text || u.Contact != "+34600000000" || u.Text != "" {
		t.Errorf("the own number: %+v", u)
	}
	ann.Write(ann.Chat(), telegramtest.Written{Phone: "+34611111111", Foreign: true})
	if u := inbox.next(t); u.Kind != chat.Text || u.Contact != "" || u.Text != "+34611111111" {
		t.Errorf("somebody else's number: %+v", u)
	}
	// A message with such a keyboard cannot be edited; the answer is posted anew.
	if again := w.mustSend(ann.Chat(), chat.Message{Text: "Thank you."}, ref); again == ref {
		t.Error("the message with the keyboard was edited")
	}
	group := w.NewGroup("Staff")
	w.mustSend(group, chat.Message{Text: "Number?", Expects: chat.ExpectsPhone}, "")
	if m := w.last(group); m.Keyboard != nil {
		t.Errorf("a group was asked to share a number: %v", m.Keyboard)
	}
}

func TestMessagesThatAreOurFaultAreRejectedUnsent(t *testing.T) {
	w := newWorld(t)
	c := w.ann().Chat()
	button := func(b chat.Button) chat.Message { return chat.Message{Text: "x", Rows: [][]chat.Button{{b}}} }
	var many [][]chat.Button
	for range 101 {
		many = append(many, []chat.Button{{Text: "1", Data: "a"}})
	}
	for name, m := range map[string]chat.Message{
		"nothing":        {},
		"nothing to see": {Text: "\u200b \u2066\n"},
		"no text":        button(chat.Button{Data: "a"}),
		"no act":         button(chat.Button{Text: "x"}),
		"65 bytes":       button(chat.Button{Text: "x", Data: strings.Repeat("x", 65)}),
		"not UTF-8":      button(chat.Button{Text: "x", Data: "\xff"}),
		"script":         button(chat.Button{Text: "x", URL: "javascript:alert(1)"}),
		"101 buttons":    {Text: "x", Rows: many},
	} {
		if _, err := w.send(c, m, ""); kindOf(err) != chat.Rejected {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.client.Send(t.Context(), chat.Address{Platform: chat.Telegram, Account: "1", Chat: "2"}, chat.Message{Text: "x"}, ""); kindOf(err) != chat.Rejected {
		t.Errorf("another bot's chat: %v", err)
	}
	if n := len(w.Requests("sendMessage")); n != 0 {
		t.Errorf("%d requests were made", n)
	}
	w.mustSend(c, button(chat.Button{Text: "x", Data: strings.Repeat("x", 64)}), "")
	w.mustSend(c, chat.Message{Text: "x", Rows: many[:100]}, "")
	w.noRefusals()
}

func kindOf(err error) chat.ErrorKind {
	if err == nil {
		return ""
	}
	return chat.AsError(err).Kind
}

func TestTelegramsErrorsSayWhatToDo(t *testing.T) {
	w := newWorld(t)
	c := w.ann().Chat()
	seven := 7 * time.Second
	for _, e := range []struct {
		name  string
		fault telegramtest.Fault
		kind  chat.ErrorKind
		after time.Duration
	}{
		{"blocked", telegramtest.Fault{Code: 403, Description: "Forbidden: bot was blocked by the user"}, chat.Unreachable, 0},
		{"deactivated", telegramtest.Fault{Code: 403, Description: "Forbidden: user is deactivated"}, chat.Unreachable, 0},
		{"not started", telegramtest.Fault{Code: 403, Description: "Forbidden: bot can't initiate conversation with a user"}, chat.Unreachable, 0},
		{"kicked", telegramtest.Fault{Code: 403, Description: "Forbidden: bot was kicked from the supergroup chat"}, chat.Unreachable, 0},
		{"no member", telegramtest.Fault{Code: 403, Description: "Forbidden: bot is not a member of the supergroup chat"}, chat.Unreachable, 0},
		{"chat not found", telegramtest.Fault{Code: 400, Description: "Bad Request: chat not found"}, chat.Unreachable, 0},
		{"peer", telegramtest.Fault{Code: 400, Description: "Bad Request: PEER_ID_INVALID"}, chat.Unreachable, 0},
		{"no rights", telegramtest.Fault{Code: 400, Description: "Bad Request: not enough rights to send text messages to the chat"}, chat.Unreachable, 0},
		{"our fault", telegramtest.Fault{Code: 400, Description: "Bad Request: message is too long"}, chat.Rejected, 0},
		{"our fault, quoted", telegramtest.Fault{Code: 400, Description: "Bad Request: inline keyboard: 'the customer said'"}, chat.Rejected, 0},
		{"no method", telegramtest.Fault{Code: 404, Description: "Not Found: method not found"}, chat.Rejected, 0},
		{"bad token", telegramtest.Fault{Code: 404, Description: "Not Found"}, chat.Revoked, 0},
		{"revoked", telegramtest.Fault{Code: 401, Description: "Unauthorized"}, chat.Revoked, 0},
		{"429", telegramtest.Fault{Code: 429, RetryAfter: 7}, chat.RateLimited, seven},
		{"429 in the header", telegramtest.Fault{Code: 429, RetryAfter: 7, HeaderOnly: true}, chat.RateLimited, seven},
		{"429 of a proxy", telegramtest.Fault{HTML: 429, RetryAfter: 7}, chat.RateLimited, seven},
		{"429 without a time", telegramtest.Fault{Code: 429, Description: "Too Many Requests"}, chat.RateLimited, time.Second},
		{"429 for an age", telegramtest.Fault{Code: 429, RetryAfter: 999999999}, chat.RateLimited, 24 * time.Hour},
		{"500", telegramtest.Fault{Code: 500}, chat.InDoubt, 0},
		{"502 page", telegramtest.Fault{HTML: 502}, chat.InDoubt, 0},
		{"403 of a proxy", telegramtest.Fault{HTML: 403}, chat.Temporary, 0},
		{"portal", telegramtest.Fault{HTML: 200}, chat.InDoubt, 0},
		{"redirect", telegramtest.Fault{HTML: 302}, chat.Temporary, 0},
		{"reset", telegramtest.Fault{Reset: true}, chat.InDoubt, 0},
		{"truncated", telegramtest.Fault{Truncated: true}, chat.InDoubt, 0},
	} {
		t.Run(e.name, func(t *testing.T) {
			w.Inject(e.fault)
			_, err := w.send(c, chat.Message{Text: "the customer's words"}, "")
			got := chat.AsError(err)
			if got.Kind != e.kind || got.RetryAfter != e.after {
				t.Errorf("got %v (%v), want %v (%v)", err, got.RetryAfter, e.kind, e.after)
			}
			if text := err.Error(); strings.Contains(text, secretOf(w.Token)) || strings.Contains(text, "customer") || strings.Contains(text, "http") {
				t.Errorf("the error tells too much: %s", text)
			}
		})
	}
}

func TestA429InSeveralChatsIsTheWholeBots(t *testing.T) {
	w := newWorld(t)
	w.Inject(telegramtest.Fault{Code: 429, RetryAfter: 3, Times: -1})
	refused := func(n int, account bool) {
		t.Helper()
		for i := range n {
			_, err := w.send(w.ann().Chat(), chat.Message{Text: "x"}, "")
			if got := chat.AsError(err).Account; got != account {
				t.Errorf("refusal %d: Account is %v", i+1, got)
			}
		}
	}
	refused(4, false)
	refused(2, true)
	w.ClearFaults()
	if _, err := w.send(w.ann().Chat(), chat.Message{Text: "x"}, ""); err != nil {
		t.Fatal(err)
	}
	// What went through shows that the others were too hasty each on their own.
	w.Inject(telegramtest.Fault{Code: 429, RetryAfter: 3, Times: -1})
	refused(4, false)
}

func TestWhatNeverLeftIsTemporary(t *testing.T) {
	w := newWorld(t)
	c := w.ann().Chat()
	w.Close()
	_, err := w.send(c, chat.Message{Text: "x"}, "")
	if kindOf(err) != chat.Temporary || strings.Contains(err.Error(), secretOf(w.Token)) {
		t.Errorf("with nobody listening: %v", err)
	}
}

func TestAHangEndsWithTheContext(t *testing.T) {
	w := newWorld(t)
	c := w.ann().Chat()
	w.Inject(telegramtest.Fault{Hang: true, Acts: true})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := w.client.Send(ctx, w.address(c), chat.Message{Text: "x"}, "")
		done <- err
	}()
	c.WaitText("x")
	cancel()
	if err := <-done; kindOf(err) != chat.InDoubt || !errors.Is(err, context.Canceled) {
		t.Errorf("a hang: %v", err)
	}
}

func TestMigratedGroupsTellTheirNewAddress(t *testing.T) {
	w := newWorld(t)
	group := w.NewGroup("Staff")
	fresh := group.Migrate(w.ann())
	_, err := w.send(group, chat.Message{Text: "x"}, "")
	if e := chat.AsError(err); e.Kind != chat.MovedChat || e.To != w.address(fresh) {
		t.Errorf("got %v to %v", err, e.To)
	}
}

func TestEditing(t *testing.T) {
	w := newWorld(t)
	ann := w.ann()
	c := ann.Chat()
	question := chat.Message{Text: "How was it?", Rows: [][]chat.Button{{{Text: "1", Data: "a"}}}}
	at := w.mustSend(c, question, "")
	if again := w.mustSend(c, question, at); again != at {
		t.Errorf("an unchanged message moved to %q", again)
	}
	if again := w.mustSend(c, chat.Message{Text: "You answered 1"}, at); again != at {
		t.Errorf("the edited message moved to %q", again)
	}
	if all := c.FromBot(); len(all) != 1 || all[0].Text != "You answered 1" || all[0].Buttons != nil {
		t.Errorf("the chat: %v", all)
	}
	c.Delete(c.FromBot()[0].ID)
	if again := w.mustSend(c, question, at); again == at {
		t.Error("a vanished message was not posted anew")
	}
	for _, odd := range []chat.Ref{"x", "-1", "0"} {
		if again := w.mustSend(c, question, odd); again == odd {
			t.Errorf("ref %q names a message", odd)
		}
	}
	w.Inject(telegramtest.Fault{Method: "editMessageText", Code: 403})
	if _, err := w.send(c, question, at); kindOf(err) != chat.Unreachable {
		t.Errorf("an edit for one who blocked: %v", err)
	}
}

func TestFormsThatTelegramRefusesAreGivenUp(t *testing.T) {
	w := newWorld(t)
	ann := w.ann()
	w.Inject(telegramtest.Fault{Method: "sendMessage", Code: 400, Description: `Bad Request: can't parse entities: Unsupported start tag "secret words" at byte offset 1`})
	w.mustSend(ann.Chat(), chat.Message{Title: "Title & more", Text: "<b>"}, "")
	if m := w.last(ann.Chat()); m.Text != "Title & more\n<b>" || len(m.Entities) != 0 {
		t.Errorf("as plain text: %+v", m)
	}
	if strings.Contains(w.log.String(), "secret words") {
		t.Errorf("the log quotes the message:\n%s", w.log)
	}

	forum := w.NewSupergroup("Forum", 7)
	to := w.address(forum)
	to.Thread = "7"
	if _, err := w.client.Send(t.Context(), to, chat.Message{Text: "in the topic"}, ""); err != nil || w.last(forum).Thread != 7 {
		t.Errorf("in a topic: %v, %+v", err, w.last(forum))
	}
	forum.DeleteTopic(7)
	if _, err := w.client.Send(t.Context(), to, chat.Message{Text: "beside"}, ""); err != nil || w.last(forum).Thread != 0 {
		t.Errorf("without the topic: %v, %+v", err, w.last(forum))
	}

	mine := ann.Send("mine")
	w.mustSend(ann.Chat(), chat.Message{Text: "a reply", Replies: chat.Ref(itoa(mine))}, "")
	if m := w.last(ann.Chat()); m.ReplyTo != mine {
		t.Errorf("replies to %d, want %d", m.ReplyTo, mine)
	}
	ann.Chat().Delete(mine)
	w.mustSend(ann.Chat(), chat.Message{Text: "still said", Replies: chat.Ref(itoa(mine))}, "")

	w.Inject(telegramtest.Fault{Method: "sendMessage", Code: 400, Description: "Bad Request: message to be replied not found"})
	w.mustSend(ann.Chat(), chat.Message{Text: "without the reply", Replies: chat.Ref(itoa(ann.Send("again")))}, "")
	if m := w.last(ann.Chat()); m.Text != "without the reply" || m.ReplyTo != 0 {
		t.Errorf("a server that insists on the reply: %+v", m)
	}
	w.Inject(telegramtest.Fault{Method: "sendMessage", Times: -1, Code: 400, Description: `Bad Request: can't parse entities: "private words"`})
	if _, err := w.send(ann.Chat(), chat.Message{Text: "x"}, ""); kindOf(err) != chat.Rejected || strings.Contains(err.Error(), "private") {
		t.Errorf("refused in every form: %v", err)
	}
	w.ClearFaults()

	w.mustSend(ann.Chat(), chat.Message{Text: "Card", Rows: [][]chat.Button{{{Text: "Open", URL: "http://localhost:8080/x"}, {Text: "Take", Data: "1t"}}}}, "")
	if m := w.last(ann.Chat()); !strings.HasSuffix(m.Text, "Open: http://localhost:8080/x") || len(m.Buttons) != 1 || m.Buttons[0][0].Text != "Take" {
		t.Errorf("a local link: %v", m)
	}
}
