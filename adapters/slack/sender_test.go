package slack_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

func TestTheTextIsCompleteForThoseWhoHearIt(t *testing.T) {
	w := newWorld(t)
	staff := w.NewChannel("staff")
	w.mustSend(staff, card(), "")
	m := staff.FromApp()[0]
	const want = "🔴 Open · 2 of 5 · Ann · Haircut (#142). Nobody has claimed it. Site: Main Street. Priority: 2. Answer by: 17:41. What went wrong?: “*Cold* water <!channel> & nobody cared”. Opened 17:11 UTC."
	if m.Notice != want {
		t.Errorf("the notice is\n%s\nwant\n%s", m.Notice, want)
	}
	if m.Color != "#a30200" {
		t.Errorf("the colour is %q", m.Color)
	}
	taken := card()
	taken.State = "taken"
	w.mustSend(staff, taken, chat.Ref(m.TS))
	taken.State = ""
	if m = staff.FromApp()[0]; m.Color != "#daa038" || m.Edits != 1 {
		t.Errorf("the edited card is %+v", m)
	}
	w.mustSend(staff, taken, chat.Ref(m.TS))
	if m = staff.FromApp()[0]; m.Color != "" || strings.Count(m.Text, "Main Street") != 1 {
		t.Errorf("without a state the card is %+v", m)
	}
	w.noRefusals()
}

func TestNothingThatPeopleWroteIsMarkup(t *testing.T) {
	w := newWorld(t)
	to := w.ann().Direct()
	for _, h := range []string{"<!channel>", "<!here|x>", "<@U123>", "<https://evil.example/|safe>", "*b* _i_ `c`", "&lt;!channel&gt;", ":tada:"} {
		w.mustSend(to, chat.Message{Title: h, Text: h, Quotes: []chat.Quote{{Text: h}}, Facts: []chat.Fact{{Label: "x", Value: h}}}, "")
		// Blocks that Slack refuses are replaced by words, which are as inert.
		w.Inject(slackfake.Fault{Error: "invalid_blocks"})
		w.mustSend(to, chat.Message{Title: h, Text: h}, "")
	}
	for _, m := range to.FromApp() {
		for _, s := range m.Styles {
			if s == "mrkdwn" || strings.HasPrefix(s, "mention") {
				t.Errorf("%s is shown with %s", m, s)
			}
		}
	}
	for _, r := range w.Requests("chat.postMessage") {
		if strings.Contains(r.Params["text"], "<") || r.Params["mrkdwn"] != "false" || r.Params["unfurl_links"] != "false" {
			t.Errorf("sent %v", r.Params)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		fault slackfake.Fault
		kind  chat.ErrorKind
		words string
	}{
		{slackfake.Fault{Error: "channel_not_found"}, chat.Unreachable, "invite the app"},
		{slackfake.Fault{Error: "not_in_channel"}, chat.Unreachable, "/invite"},
		{slackfake.Fault{Error: "is_archived"}, chat.Unreachable, "archived"},
		{slackfake.Fault{Error: "user_disabled"}, chat.Unreachable, "deactivated"},
		{slackfake.Fault{Error: "messages_tab_disabled"}, chat.Rejected, "Messages tab"},
		{slackfake.Fault{Error: "restricted_action_thread_only_channel"}, chat.Rejected, "forbid"},
		{slackfake.Fault{Error: "invalid_auth"}, chat.Revoked, "copy it again"},
		{slackfake.Fault{Error: "token_revoked"}, chat.Revoked, "install the app again"},
		{slackfake.Fault{Error: "account_inactive"}, chat.Revoked, "removed"},
		{slackfake.Fault{Error: "missing_scope"}, chat.Rejected, "permission"},
		{slackfake.Fault{Error: "invalid_arguments"}, chat.Rejected, "invalid_arguments"},
		{slackfake.Fault{Error: "msg_too_long", Times: 2}, chat.Rejected, "msg_too_long"},
		{slackfake.Fault{Error: "invalid_blocks", Times: 2}, chat.Rejected, "invalid_blocks"},
		{slackfake.Fault{Error: "fatal_error"}, chat.InDoubt, "fatal_error"},
		{slackfake.Fault{Error: "service_unavailable"}, chat.Temporary, "service_unavailable"},
		{slackfake.Fault{Error: "ratelimited"}, chat.RateLimited, "ratelimited"},
		{slackfake.Fault{Error: "surprise<b>\nxoxb-11-22-secret"}, chat.Rejected, "surprise"},
		{slackfake.Fault{RetryAfter: 12}, chat.RateLimited, "ratelimited"},
		{slackfake.Fault{Status: 429}, chat.RateLimited, "429"},
		{slackfake.Fault{Status: 500}, chat.InDoubt, "500"},
		{slackfake.Fault{Status: 404}, chat.Temporary, "404"},
		{slackfake.Fault{Status: 302}, chat.Temporary, "302"},
		{slackfake.Fault{Body: "<html>portal</html>"}, chat.InDoubt, "not the Web API's"},
		{slackfake.Fault{Body: "{}"}, chat.InDoubt, "not the Web API's"},
		{slackfake.Fault{Body: `{"ok":true}`}, chat.InDoubt, "names no message"},
		{slackfake.Fault{Reset: true}, chat.InDoubt, "chat.postMessage"},
	} {
		w := newWorld(t)
		w.Inject(c.fault)
		_, err := w.send(w.ann().Direct(), chat.Message{Text: "hello"}, "")
		if err == nil || kindOf(err) != c.kind || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%+v: %v, want %s with %q", c.fault, err, c.kind, c.words)
			continue
		}
		if c.fault.RetryAfter != 0 && chat.AsError(err).RetryAfter != 12*time.Second {
			t.Errorf("wait %v", chat.AsError(err).RetryAfter)
		}
		if strings.Contains(err.Error(), "xoxb-11") || strings.Contains(err.Error(), "127.0.0.1") && c.kind != chat.InDoubt {
			t.Errorf("%v tells too much", err)
		}
	}
}

func TestAMessageThatCannotBeEditedIsPostedAnew(t *testing.T) {
	for name, spoil := range map[string]func(*slackfake.Channel, string){
		"deleted": func(c *slackfake.Channel, ts string) { c.Delete(ts) },
		"too old": func(c *slackfake.Channel, ts string) { c.Freeze(ts) },
	} {
		w := newWorld(t)
		to := w.ann().Direct()
		ref := w.mustSend(to, chat.Message{Text: "one"}, "")
		spoil(to, string(ref))
		again := w.mustSend(to, chat.Message{Text: "two"}, ref)
		if again == ref || to.WaitText("two").TS != string(again) {
			t.Errorf("%s: %s after %s", name, again, ref)
		}
	}
	w := newWorld(t)
	ann := w.ann()
	ts := ann.Say("mine")
	if again := w.mustSend(ann.Direct(), chat.Message{Text: "two"}, chat.Ref(ts)); string(again) == ts {
		t.Error("somebody else's message was edited")
	}
	w.Inject(slackfake.Fault{Method: "chat.update", Error: "is_archived"})
	if _, err := w.send(ann.Direct(), chat.Message{Text: "x"}, "1700000000.000100"); kindOf(err) != chat.Unreachable {
		t.Errorf("an update in an archived channel: %v", err)
	}
	if n := len(w.Requests("chat.postMessage")); n != 1 {
		t.Errorf("%d messages were posted", n)
	}
}

func TestChannelsThatCannotBeWrittenTo(t *testing.T) {
	w := newWorld(t)
	for name, spoil := range map[string]func(*slackfake.Channel){
		"archived": func(c *slackfake.Channel) { c.Archive() },
		"kicked":   func(c *slackfake.Channel) { c.Kick() },
	} {
		c := w.NewChannel(name)
		ref := w.mustSend(c, card(), "")
		spoil(c)
		if _, err := w.send(c, card(), ""); kindOf(err) != chat.Unreachable {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.send(c, card(), ref); kindOf(err) != chat.Unreachable {
			t.Errorf("%s, an update: %v", name, err)
		}
	}
	w.SwitchMessagesTab(false)
	if _, err := w.send(w.ann().Direct(), rating(), ""); kindOf(err) != chat.Rejected || !strings.Contains(err.Error(), "Messages tab") {
		t.Errorf("with the Messages tab off: %v", err)
	}
	bob := w.NewUser("Bob", "en")
	bob.Disable()
	if _, err := w.client.Open(t.Context(), w.Team, bob.ID); kindOf(err) != chat.Unreachable {
		t.Errorf("a disabled user: %v", err)
	}
	if _, err := w.client.Person(t.Context(), w.Team, bob.ID); kindOf(err) != chat.Unreachable {
		t.Errorf("a disabled user: %v", err)
	}
}

func TestARepliesThreadMayBeGone(t *testing.T) {
	w := newWorld(t)
	c := w.NewChannel("staff")
	top := w.mustSend(c, card(), "")
	inThread := w.mustSend(c, chat.Message{Text: "in the thread", Replies: top}, "")
	if m := c.WaitText("in the thread"); m.Thread != string(top) || m.TS != string(inThread) {
		t.Errorf("the reply is %+v", m)
	}
	to := w.address(c)
	to.Thread = string(top)
	if _, err := w.client.Send(t.Context(), to, chat.Message{Text: "by address"}, ""); err != nil {
		t.Fatal(err)
	}
	if m := c.WaitText("by address"); m.Thread != string(top) {
		t.Errorf("the reply is %+v", m)
	}
	c.Delete(string(top))
	ref, err := w.client.Send(t.Context(), to, chat.Message{Text: "to nobody"}, "")
	if err != nil {
		t.Fatal(err)
	}
	gone, ok := errors.AsType[*slack.ThreadGoneError](w.troubled("is gone"))
	if !ok || gone.Thread != top || gone.Posted != ref {
		t.Errorf("told %t: %+v", ok, gone)
	}
	w.Inject(slackfake.Fault{Error: "cannot_reply_to_message"})
	if _, err := w.client.Send(t.Context(), to, chat.Message{Text: "beside it"}, ""); err != nil {
		t.Errorf("a message that takes no replies: %v", err)
	}
}

func TestAPersonIsReachedInTheirDirectMessages(t *testing.T) {
	w := newWorld(t)
	ann := w.NewUser("Ann", "en")
	to := chat.Address{Platform: chat.Slack, Account: w.Team, Chat: ann.ID}
	ref, err := w.client.Send(t.Context(), to, chat.Message{Text: "one"}, "")
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.client.Send(t.Context(), to, chat.Message{Text: "two"}, ref)
	if err != nil || again != ref || ann.Direct().FromApp()[0].Text != "two" {
		t.Errorf("edited %s as %s: %v; it reads %q", ref, again, err, ann.Direct().FromApp()[0].Text)
	}
	open, err := w.client.Open(t.Context(), w.Team, ann.ID)
	if err != nil || open != w.address(ann.Direct()) {
		t.Errorf("opened %s: %v", open, err)
	}
	if n := len(w.Requests("conversations.open")); n != 1 {
		t.Errorf("opened %d times", n)
	}
	who, err := w.client.PersonByEmail(t.Context(), w.Team, ann.Email)
	if err != nil || who != (chat.User{ID: ann.ID, Name: "Ann", Username: "ann", Language: "en"}) {
		t.Errorf("found %+v: %v", who, err)
	}
	if _, err := w.client.PersonByEmail(t.Context(), w.Team, "nobody@example.com"); kindOf(err) != chat.Unreachable {
		t.Errorf("an unknown address: %v", err)
	}
	w.noRefusalsBut("users_not_found")
}

func (w *world) noRefusalsBut(code string) {
	w.t.Helper()
	for _, r := range w.Refusals() {
		if r.Code != code {
			w.t.Errorf("the server refused %v", r)
		}
	}
}

func TestForeignAddressesAreRejected(t *testing.T) {
	w := newWorld(t)
	for _, to := range []chat.Address{
		{},
		{Platform: chat.Telegram, Account: w.Team, Chat: "D1"},
		{Platform: chat.Slack, Chat: "D1"},
		{Platform: chat.Slack, Account: w.Team},
		{Platform: chat.Slack, Account: "T0OTHER", Chat: "D1"},
	} {
		if _, err := w.client.Send(t.Context(), to, chat.Message{Text: "x"}, ""); kindOf(err) != chat.Rejected {
			t.Errorf("%v: %v", to, err)
		}
	}
	if n := len(w.Requests("chat.postMessage")); n != 0 {
		t.Errorf("%d messages were posted", n)
	}
}

func TestAMethodThatIsClosedIsNotAskedAgain(t *testing.T) {
	now := time.Now()
	w := newWorld(t, func(c *slack.Config) { c.Clock = func() time.Time { return now } })
	to := w.ann().Direct()
	ref := w.mustSend(to, chat.Message{Text: "one"}, "")
	w.Inject(slackfake.Fault{Method: "chat.update", RetryAfter: 30})
	for range 3 {
		_, err := w.send(to, chat.Message{Text: "two"}, ref)
		if e := chat.AsError(err); e.Kind != chat.RateLimited || e.RetryAfter != 30*time.Second || e.Account {
			t.Errorf("got %+v", e)
		}
	}
	if n := len(w.Requests("chat.update")); n != 1 {
		t.Errorf("asked %d times", n)
	}
	w.mustSend(to, chat.Message{Text: "posting goes on"}, "")
	now = now.Add(31 * time.Second)
	w.mustSend(to, chat.Message{Text: "two"}, ref)
}

// blocksOf sends a message and returns its blocks, or the error.
func blocksOf(t *testing.T, m chat.Message) ([]map[string]any, error) {
	t.Helper()
	w := newWorld(t)
	_, err := w.send(w.ann().Direct(), m, "")
	if err != nil {
		return nil, err
	}
	w.noRefusals()
	var out []map[string]any
	if err := json.Unmarshal([]byte(w.Requests("chat.postMessage")[0].Params["blocks"]), &out); err != nil {
		t.Fatal(err)
	}
	return out, nil
}

// TestLimitsOfBlockKit has each limit exactly, and one above. The server refuses
// whatever is beyond one.
func TestLimitsOfBlockKit(t *testing.T) {
	long := func(n int) string { return strings.Repeat("é", n) }
	button := func(b chat.Button) chat.Message {
		return chat.Message{Text: "x", Rows: [][]chat.Button{{b}}}
	}
	element := func(blocks []map[string]any) map[string]any {
		return blocks[1]["elements"].([]any)[0].(map[string]any)
	}
	for _, c := range []struct {
		name  string
		limit int
		make  func(n int) chat.Message
		shown func([]map[string]any) string
	}{
		{"text", 3000, func(n int) chat.Message { return chat.Message{Text: long(n)} }, func(b []map[string]any) string { return b[0]["text"].(map[string]any)["text"].(string) }},
		{"footer", 2000, func(n int) chat.Message { return chat.Message{Footer: long(n)} }, func(b []map[string]any) string {
			return b[0]["elements"].([]any)[0].(map[string]any)["text"].(string)
		}},
		{"button", 75, func(n int) chat.Message { return button(chat.Button{Text: long(n), Data: "d"}) }, func(b []map[string]any) string {
			return element(b)["text"].(map[string]any)["text"].(string)
		}},
		{"label", 75, func(n int) chat.Message { return button(chat.Button{Text: "1", Data: "d", Label: long(n)}) }, func(b []map[string]any) string { return element(b)["accessibility_label"].(string) }},
		{"fact's label", 200, func(n int) chat.Message { return chat.Message{Facts: []chat.Fact{{Label: long(n), Value: "v"}}} }, func(b []map[string]any) string {
			text := b[0]["fields"].([]any)[0].(map[string]any)["text"].(string)
			return strings.TrimSuffix(text, ": v")
		}},
	} {
		for n := c.limit; n <= c.limit+1; n++ {
			blocks, err := blocksOf(t, c.make(n))
			if err != nil {
				t.Errorf("%s of %d: %v", c.name, n, err)
				continue
			}
			got := c.shown(blocks)
			if utf8.RuneCountInString(got) != c.limit || (n > c.limit) != strings.HasSuffix(got, "…") {
				t.Errorf("%s of %d: %d characters, …%q", c.name, n, utf8.RuneCountInString(got), got[len(got)-4:])
			}
		}
	}
	for _, c := range []struct {
		name  string
		limit int
		make  func(n int) chat.Message
	}{
		{"data", 2000, func(n int) chat.Message { return button(chat.Button{Text: "1", Data: long(n)}) }},
		{"link", 3000, func(n int) chat.Message {
			return button(chat.Button{Text: "1", URL: "https://example.com/" + strings.Repeat("x", n-20)})
		}},
		{"rows", 25, func(n int) chat.Message {
			m := chat.Message{Text: "x"}
			for i := range n {
				m.Rows = append(m.Rows, []chat.Button{{Text: "b", Data: fmt.Sprint(i)}})
			}
			return m
		}},
	} {
		for n := c.limit; n <= c.limit+1; n++ {
			if _, err := blocksOf(t, c.make(n)); (n > c.limit) != (kindOf(err) == chat.Rejected) || n <= c.limit && err != nil {
				t.Errorf("%s of %d: %v", c.name, n, err)
			}
		}
	}
}

func TestMuchOfEverythingStillFits(t *testing.T) {
	m := chat.Message{Title: strings.Repeat("t", 4000), Text: strings.Repeat("&", 40_000), Footer: strings.Repeat("f", 4000)}
	for i := range 80 {
		m.Facts = append(m.Facts, chat.Fact{Label: fmt.Sprint("fact ", i), Value: strings.Repeat("v", 100)})
		m.Quotes = append(m.Quotes, chat.Quote{Label: "said", Text: fmt.Sprint("quote ", i)})
	}
	for i := range 11 {
		var row []chat.Button
		for j := range 26 {
			row = append(row, chat.Button{Text: fmt.Sprint(i, j), Data: fmt.Sprint(i, ".", j)})
		}
		m.Rows = append(m.Rows, row)
	}
	blocks, err := blocksOf(t, m)
	if err != nil || len(blocks) > 50 {
		t.Fatalf("%d blocks: %v", len(blocks), err)
	}
	rows := 0
	for _, b := range blocks {
		if b["type"] == "actions" {
			rows++
		}
	}
	if rows != 22 {
		t.Errorf("%d rows of buttons", rows)
	}
	// The most that escaping can grow a text: it is cut for the notice alone.
	w := newWorld(t)
	to := w.ann().Direct()
	ref := w.mustSend(to, chat.Message{Text: strings.Repeat("&", 3000)}, "")
	w.mustSend(to, chat.Message{Text: strings.Repeat("<", 3000)}, ref)
	if n := utf8.RuneCountInString(w.Requests("chat.update")[0].Params["text"]); n > 4000 || n < 3900 {
		t.Errorf("the notice has %d characters", n)
	}
	if shown := to.FromApp()[0].Text; shown != strings.Repeat("<", 3000) {
		t.Errorf("%d characters are shown", len(shown))
	}
	w.noRefusals()
}

func TestOddMessagesAreRejected(t *testing.T) {
	w := newWorld(t)
	to := w.ann().Direct()
	for name, m := range map[string]chat.Message{
		"empty":         {},
		"only spaces":   {Text: " \n\u200b"},
		"no label":      {Text: "x", Rows: [][]chat.Button{{{Data: "d"}}}},
		"no data":       {Text: "x", Rows: [][]chat.Button{{{Text: "1"}}}},
		"a bad link":    {Text: "x", Rows: [][]chat.Button{{{Text: "1", URL: "javascript:alert(1)"}}}},
		"no UTF-8 data": {Text: "x", Rows: [][]chat.Button{{{Text: "1", Data: "\xff"}}}},
	} {
		if _, err := w.send(to, m, ""); kindOf(err) != chat.Rejected {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(w.Requests("chat.postMessage")); n != 0 {
		t.Errorf("%d were sent", n)
	}
}

func TestAFileOfAnotherPlatformIsNamed(t *testing.T) {
	w := newWorld(t)
	staff := w.NewChannel("staff")
	w.mustSend(staff, chat.Message{Text: "From Ann", Files: []chat.File{{Kind: "photo", ID: "x"}, {Kind: "document", ID: "y", Name: "bill & more.pdf"}}}, "")
	m := staff.FromApp()[0]
	for _, words := range []string{"From Ann", "📷", "📎 bill & more.pdf"} {
		if !strings.Contains(m.Notice, words) {
			t.Errorf("%q is not in %q", words, m.Notice)
		}
	}
}
