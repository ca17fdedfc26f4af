package slack_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// FuzzDecode gives signed rubbish to all three hooks: it is taken or refused, never
// answered with a 5xx, and every update that comes of it is whole.
func FuzzDecode(f *testing.F) {
	const tap = `{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1","name":"ann","team_id":"T1"},"trigger_id":"1.2.3","container":{"type":"message","message_ts":"1700000000.000100","channel_id":"D1"},"message":{"text":"q","ts":"1700000000.000100"},"actions":[{"action_id":"b0.0","value":"1p.1","action_ts":"1700000001.000100","type":"button"}]}`
	const submission = `{"type":"view_submission","team":{"id":"T1"},"user":{"id":"U1","team_id":"T1"},"view":{"id":"V1","callback_id":"answer","hash":"1.h","private_metadata":"{\"c\":\"D1\",\"ts\":\"1.2\"}","state":{"values":{"answer":{"answer":{"value":"words"}}}}}}`
	for _, seed := range []string{
		event, tap, submission, strings.Replace(tap, "b0.0", "write", 1), strings.Replace(tap, `"channel_id":"D1"`, `"channel_id":"C1","thread_ts":"1.1"`, 1),
		`{"type":"shortcut","team":null,"user":{"id":"U1","team_id":"T1"},"trigger_id":"1"}`,
		`{"type":"event_callback","team_id":"T1","event_id":"E","event":{"type":"message","subtype":"message_changed","channel":"D1","channel_type":"im","message":{"user":"U1","text":"<@U1|x> &lt;","ts":"1.2","edited":{}}}}`,
		`{"type":"event_callback","team_id":"T1","event_id":"E","event":{"type":"app_home_opened","user":"U1","channel":"D1","tab":"home"}}`,
		`{"type":"url_verification","challenge":"x"}`, `team_id=T1&user_id=U1&command=/feedback&text=help+me&trigger_id=1`,
	} {
		f.Add(seed)
	}
	const secret = "a secret"
	var got []chat.Update
	nobody := &http.Client{Transport: refusing{}}
	c := slack.New(slack.Config{SigningSecret: secret, HTTPClient: nobody, Tokens: tokens(func(string) (string, error) { return "xoxb-1", nil })})
	hooks := slack.NewHooks(c, inboxOf(&got))
	f.Fuzz(func(t *testing.T, body string) {
		for _, form := range []struct {
			handler http.Handler
			body    string
		}{{hooks.Events, body}, {hooks.Interactive, "payload=" + url.QueryEscape(body)}, {hooks.Command, body}} {
			got = got[:0]
			stamp, signature := slackfake.Sign(secret, time.Now(), []byte(form.body))
			if out := knock(form.handler, "POST", stamp, signature, strings.NewReader(form.body)); out.Code != 200 && out.Code != 400 {
				t.Errorf("%q: %d %s", body, out.Code, out.Body)
			}
			for _, u := range got {
				if u.Key == "" || u.Kind == "" || u.From.Platform != chat.Slack || u.From.Account == "" || u.From.Chat == "" || u.At.Location() != time.UTC || !utf8.ValidString(u.Text+u.Data+u.Key) {
					t.Errorf("%q became %+v", body, u)
				}
			}
		}
		c.Close()
	})
}

// refusing is a network on which nobody answers.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errStoreAway }

func FuzzRender(f *testing.F) {
	f.Add("title", "text", "<!channel>", "open")
	f.Add("", "\x00", "مرحبا", "")
	f.Add("a", "z\u0301\u0301", strings.Repeat("&", 5000), "watch")
	w := slackfake.New(f)
	c := slack.New(slack.Config{BotToken: w.BotToken, API: w.URL})
	ann := w.NewUser("Ann", "en")
	ann.Allow()
	to := chat.Address{Platform: chat.Slack, Account: w.Team, Chat: ann.Direct().ID}
	f.Cleanup(c.Close)
	f.Fuzz(func(t *testing.T, title, text, quote, state string) {
		m := chat.Message{Title: title, Text: text, State: state, Quotes: []chat.Quote{{Label: title, Text: quote}}, Facts: []chat.Fact{{Label: quote, Value: text}}, Rows: [][]chat.Button{{{Text: "1", Data: "d", Label: quote}}}, Expects: chat.ExpectsText, Hint: quote, Lang: title}
		ref, err := c.Send(t.Context(), to, m, "")
		if err != nil && kindOf(err) != chat.Rejected {
			t.Errorf("%+v: %v", m, err)
		}
		if len(w.Refusals()) > 0 {
			t.Errorf("%+v: Slack refused %v", m, w.Refusals())
		}
		if err == nil {
			ann.Direct().Delete(string(ref))
		}
	})
}
