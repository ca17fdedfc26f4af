package slackfake_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask makes a call as an app would and returns the error's code, "" for success.
func ask(t *testing.T, s *slackfake.Server, method string, form url.Values) (string, map[string]any) {
	t.Helper()
	if form.Get("token") == "" {
		form.Set("token", s.BotToken)
	}
	answer, err := http.PostForm(s.URL+method, form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var out map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	code, _ := out["error"].(string)
	return code, out
}

func post(channel, blocks string) url.Values {
	return url.Values{"channel": {channel}, "text": {"x"}, "blocks": {blocks}, "unfurl_links": {"false"}, "unfurl_media": {"false"}}
}

// TestLimitsAreEnforced has blocks at a limit, which pass, and one above it.
func TestLimitsAreEnforced(t *testing.T) {
	s := slackfake.New(t)
	c := s.NewChannel("x")
	text := func(n int) string { return `{"type":"plain_text","text":"` + strings.Repeat("é", n) + `"}` }
	button := func(fields string) string {
		return `[{"type":"actions","elements":[{"type":"button",` + fields + `}]}]`
	}
	many := func(n int, of string, apart string) string {
		var all []string
		for i := range n {
			all = append(all, strings.ReplaceAll(of, "#", fmt.Sprint(i)))
		}
		return strings.Join(all, apart)
	}
	rich := func(n int) string {
		return `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"` + strings.Repeat("x", n) + `"}]}]}]`
	}
	for _, l := range []struct {
		name  string
		limit int
		make  func(n int) string
	}{
		{"blocks", 50, func(n int) string { return "[" + many(n, `{"type":"divider"}`, ",") + "]" }},
		{"section", 3000, func(n int) string { return `[{"type":"section","text":` + text(n) + `}]` }},
		{"fields", 10, func(n int) string { return `[{"type":"section","fields":[` + many(n, text(1), ",") + `]}]` }},
		{"field", 2000, func(n int) string { return `[{"type":"section","fields":[` + text(n) + `]}]` }},
		{"header", 150, func(n int) string { return `[{"type":"header","text":` + text(n) + `}]` }},
		{"context", 10, func(n int) string { return `[{"type":"context","elements":[` + many(n, text(1), ",") + `]}]` }},
		{"elements", 25, func(n int) string {
			return `[{"type":"actions","elements":[` + many(n, `{"type":"button","text":`+text(1)+`,"action_id":"a#","value":"v"}`, ",") + `]}]`
		}},
		{"button", 75, func(n int) string { return button(`"text":` + text(n) + `,"action_id":"a","value":"v"`) }},
		{"action_id", 255, func(n int) string {
			return button(`"text":` + text(1) + `,"value":"v","action_id":"` + strings.Repeat("a", n) + `"`)
		}},
		{"value", 2000, func(n int) string {
			return button(`"text":` + text(1) + `,"action_id":"a","value":"` + strings.Repeat("a", n) + `"`)
		}},
		{"url", 3000, func(n int) string {
			return button(`"text":` + text(1) + `,"action_id":"a","url":"` + strings.Repeat("a", n) + `"`)
		}},
		{"label", 75, func(n int) string {
			return button(`"text":` + text(1) + `,"action_id":"a","value":"v","accessibility_label":"` + strings.Repeat("a", n) + `"`)
		}},
		{"block_id", 255, func(n int) string { return `[{"type":"divider","block_id":"` + strings.Repeat("b", n) + `"}]` }},
		{"rich text", 3000, rich},
	} {
		if code, out := ask(t, s, "chat.postMessage", post(c.ID, l.make(l.limit))); code != "" {
			t.Errorf("%s of %d: %v", l.name, l.limit, out)
		}
		if code, _ := ask(t, s, "chat.postMessage", post(c.ID, l.make(l.limit+1))); code != "invalid_blocks" {
			t.Errorf("%s of %d: %q", l.name, l.limit+1, code)
		}
	}
	for name, blocks := range map[string]string{
		"unknown block":  `[{"type":"surprise"}]`,
		"unknown field":  `[{"type":"divider","x":1}]`,
		"empty text":     `[{"type":"section","text":{"type":"plain_text","text":""}}]`,
		"no text":        `[{"type":"section"}]`,
		"mrkdwn button":  button(`"text":{"type":"mrkdwn","text":"x"},"action_id":"a","value":"v"`),
		"odd style":      button(`"text":` + text(1) + `,"action_id":"a","value":"v","style":"green"`),
		"same action_id": `[{"type":"actions","elements":[` + many(2, `{"type":"button","text":`+text(1)+`,"action_id":"a","value":"v"}`, ",") + `]}]`,
		"same block_id":  `[{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}]`,
		"an input":       `[{"type":"input","label":` + text(1) + `,"element":{"type":"plain_text_input","action_id":"a"}}]`,
	} {
		if code, _ := ask(t, s, "chat.postMessage", post(c.ID, blocks)); code != "invalid_blocks" {
			t.Errorf("%s: %q", name, code)
		}
	}
}

func TestMistakesAreRefused(t *testing.T) {
	s := slackfake.New(t)
	c := s.NewChannel("x")
	ann := s.NewUser("Ann", "en")
	form := func(pairs ...string) url.Values {
		v := url.Values{"channel": {c.ID}, "text": {"x"}, "unfurl_links": {"false"}, "unfurl_media": {"false"}}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	_, out := ask(t, s, "chat.postMessage", form())
	ts, _ := out["ts"].(string)
	for _, x := range []struct {
		method string
		form   url.Values
		code   string
	}{
		{"chat.postMessage", form("token", "xoxb-other"), "invalid_auth"},
		{"chat.postMessage", form("channel", "C0NONE"), "channel_not_found"},
		{"chat.postMessage", form("channel", ann.Direct().ID), "channel_not_found"}, // never opened
		{"chat.postMessage", form("channel", ann.ID), "channel_not_found"},
		{"chat.postMessage", form("text", ""), "no_text"},
		{"chat.postMessage", form("text", strings.Repeat("x", 40_001)), "msg_too_long"},
		{"chat.postMessage", form("unfurl_links", "true"), "invalid_arguments"},
		{"chat.postMessage", form("txt", "x"), "invalid_arguments"},
		{"chat.update", url.Values{"channel": {c.ID}, "ts": {ts}, "text": {strings.Repeat("x", 4001)}}, "msg_too_long"},
		{"chat.update", url.Values{"channel": {c.ID}, "ts": {"1.1"}, "text": {"x"}}, "message_not_found"},
		{"chat.update", url.Values{"channel": {c.ID}, "ts": {ts}, "text": {strings.Repeat("x", 4000)}}, ""},
		{"apps.connections.open", url.Values{}, "invalid_auth"},
		{"users.info", url.Values{"user": {"U0NONE"}}, "user_not_found"},
		{"made.up", url.Values{}, "unknown_method"},
	} {
		if code, _ := ask(t, s, x.method, x.form); code != x.code {
			t.Errorf("%s %v: %q, want %q", x.method, x.form, code, x.code)
		}
	}
}

func TestTextAloneDropsTheBlocks(t *testing.T) {
	s := slackfake.New(t)
	c := s.NewChannel("x")
	_, out := ask(t, s, "chat.postMessage", post(c.ID, `[{"type":"section","text":{"type":"plain_text","text":"shown"}}]`))
	if m := c.FromApp()[0]; m.Text != "shown" || m.Notice != "x" {
		t.Errorf("got %+v", m)
	}
	ask(t, s, "chat.update", url.Values{"channel": {c.ID}, "ts": {out["ts"].(string)}, "text": {"<!channel> now"}})
	if m := c.FromApp()[0]; m.Text != "<!channel> now" || len(m.Styles) != 1 || !strings.HasPrefix(m.Styles[0], "mention") {
		t.Errorf("got %+v", m)
	}
}

func TestRepliesToWhatIsGoneStandBeside(t *testing.T) {
	s := slackfake.New(t)
	c := s.NewChannel("x")
	f := post(c.ID, "")
	_, top := ask(t, s, "chat.postMessage", f)
	f.Set("thread_ts", top["ts"].(string))
	if _, out := ask(t, s, "chat.postMessage", f); out["message"].(map[string]any)["thread_ts"] != top["ts"] {
		t.Errorf("the reply is %v", out)
	}
	c.Delete(top["ts"].(string))
	if _, out := ask(t, s, "chat.postMessage", f); out["message"].(map[string]any)["thread_ts"] != nil {
		t.Errorf("the reply is %v", out)
	}
}

func TestHTTPIsTriedAgainAndGivenUp(t *testing.T) {
	s := slackfake.New(t)
	s.SetSecond(time.Millisecond)
	var calls, signed atomic.Int32
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := calls.Add(1)
		if strings.HasPrefix(r.Header.Get("X-Slack-Signature"), "v0=") && (n == 1) == (r.Header.Get("X-Slack-Retry-Num") == "") {
			signed.Add(1)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(func() { s.Close(); app.Close(); http.DefaultClient.CloseIdleConnections() })
	s.SetEndpoints(slackfake.Endpoints{Events: app.URL})
	d := s.Emit(map[string]any{"type": "x"})
	s.Wait("four attempts", func() bool { return d.Attempts() == 4 })
	if signed.Load() != 4 && calls.Load() == 4 {
		t.Errorf("%d of %d requests were right", signed.Load(), calls.Load())
	}
}

func TestRateLimits(t *testing.T) {
	s := slackfake.New(t)
	c := s.NewChannel("x")
	s.Limit(slackfake.Limits{PerChannel: 1, Burst: 2, PerMinute: map[string]int{"users.info": 1}})
	var codes []string
	for range 3 {
		code, _ := ask(t, s, "chat.postMessage", post(c.ID, ""))
		codes = append(codes, code)
	}
	for range 2 {
		code, _ := ask(t, s, "users.info", url.Values{"user": {"U0NONE"}})
		codes = append(codes, code)
	}
	if got := strings.Join(codes, ","); got != ",,ratelimited,user_not_found,ratelimited" {
		t.Errorf("got %s", got)
	}
}
