package slack_test

import (
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

const event = `{"type":"event_callback","team_id":"T0AFTERCARE","event_id":"Ev1","authorizations":[{"team_id":"T0AFTERCARE","user_id":"U0BOT","is_bot":true}],"event":{"type":"message","channel":"D1","channel_type":"im","user":"U1","text":"hi","ts":"1700000000.000100"}}`

// knock sends a request and returns the answer.
func knock(h http.Handler, method, stamp, signature string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", body)
	if stamp != "" {
		r.Header.Set("X-Slack-Request-Timestamp", stamp)
	}
	if signature != "" {
		r.Header.Set("X-Slack-Signature", signature)
	}
	out := httptest.NewRecorder()
	h.ServeHTTP(out, r)
	return out
}

// touchy fails the test when its body is read.
type touchy struct{ t *testing.T }

func (r touchy) Read([]byte) (int, error) {
	r.t.Error("the body was read although nothing could be signed")
	return 0, io.EOF
}

func TestForgedDeliveriesAreRefused(t *testing.T) {
	now := time.Now()
	w := newWorld(t, func(c *slack.Config) { c.Clock = func() time.Time { return now } })
	in := newInbox()
	hooks := slack.NewHooks(w.client, in.handle)
	open := slack.NewHooks(slack.New(slack.Config{BotToken: "x"}), in.handle)
	sign := func(at time.Time, body string) (string, string) {
		return slackfake.Sign(w.SigningSecret, at, []byte(body))
	}
	stamp, signature := sign(now, event)
	emptyStamp, emptySignature := slackfake.Sign("", now, []byte(event))
	old, oldSignature := sign(now.Add(-5*time.Minute-2*time.Second), event)
	late, lateSignature := sign(now.Add(5*time.Minute+2*time.Second), event)
	edge, edgeSignature := sign(now.Add(-5*time.Minute+2*time.Second), event)
	big := event[:len(event)-1] + `,"x":"` + strings.Repeat("x", 1<<20) + `"}`
	bigStamp, bigSignature := sign(now, big)
	full := event[:len(event)-1] + `,"x":"` + strings.Repeat("x", 1<<20-len(event)-7) + `"}`
	fullStamp, fullSignature := sign(now, full)
	for _, c := range []struct {
		name             string
		handler          http.Handler
		method           string
		stamp, signature string
		body             io.Reader
		status           int
	}{
		{"GET", hooks.Events, "GET", stamp, signature, nil, 405},
		{"no signature", hooks.Events, "POST", stamp, "", touchy{t}, 401},
		{"no time", hooks.Events, "POST", "", signature, touchy{t}, 401},
		{"odd time", hooks.Events, "POST", "soon", signature, touchy{t}, 401},
		{"too old", hooks.Events, "POST", old, oldSignature, touchy{t}, 401},
		{"from the future", hooks.Events, "POST", late, lateSignature, touchy{t}, 401},
		{"no secret is set", open.Events, "POST", emptyStamp, emptySignature, touchy{t}, 401},
		{"signed with nothing", hooks.Events, "POST", emptyStamp, emptySignature, strings.NewReader(event), 401},
		{"another body", hooks.Events, "POST", stamp, signature, strings.NewReader(event + " "), 401},
		{"another time", hooks.Events, "POST", strconv.FormatInt(now.Unix()+1, 10), signature, strings.NewReader(event), 401},
		{"another version", hooks.Events, "POST", stamp, "v1" + signature[2:], strings.NewReader(event), 401},
		{"half a signature", hooks.Events, "POST", stamp, signature[:20], strings.NewReader(event), 401},
		{"over 1 MB", hooks.Events, "POST", bigStamp, bigSignature, strings.NewReader(big), 413},
		{"good", hooks.Events, "POST", stamp, signature, strings.NewReader(event), 200},
		{"just in time", hooks.Events, "POST", edge, edgeSignature, strings.NewReader(event), 200},
		{"just 1 MB", hooks.Events, "POST", fullStamp, fullSignature, strings.NewReader(full), 200},
	} {
		out := knock(c.handler, c.method, c.stamp, c.signature, c.body)
		if out.Code != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, out.Code, out.Body, c.status)
		}
	}
	if len(in.got) != 3 {
		t.Fatalf("%d updates came through, want 3", len(in.got))
	}
	// A replay within the window carries the key that it had.
	if in.got[0].Key != in.got[1].Key || in.got[0].Key != "sl:T0AFTERCARE:Ev1" {
		t.Errorf("keys %q and %q", in.got[0].Key, in.got[1].Key)
	}
}

func TestMutatedRequestsAreRefused(t *testing.T) {
	w, in := newWorld(t), newInbox()
	hooks := slack.NewHooks(w.client, in.handle)
	stamp, signature := slackfake.Sign(w.SigningSecret, time.Now(), []byte(event))
	random := rand.New(rand.NewPCG(1, 2))
	const mutations = 10_000
	for i := range mutations {
		body, s, at := []byte(event), signature, stamp
		switch i % 3 {
		case 0:
			body[random.IntN(len(body))] ^= byte(1 + random.IntN(255))
		case 1:
			raw, _ := hex.DecodeString(s[3:])
			raw[random.IntN(len(raw))] ^= byte(1 + random.IntN(255))
			s = "v0=" + hex.EncodeToString(raw)
		case 2:
			n, _ := strconv.ParseInt(at, 10, 64)
			at = strconv.FormatInt(n+1+random.Int64N(1000), 10)
		}
		if out := knock(hooks.Events, "POST", at, s, strings.NewReader(string(body))); out.Code != 401 {
			t.Fatalf("mutation %d: %d", i, out.Code)
		}
	}
	in.none(t)
	t.Attr("figure", fmt.Sprintf("%d mutations of body, signature and time refused, nothing handled", mutations))
}

func TestOddBodiesAreRefused(t *testing.T) {
	w, in := newWorld(t), newInbox()
	hooks := slack.NewHooks(w.client, in.handle)
	for _, c := range []struct {
		handler http.Handler
		body    string
		status  int
	}{
		{hooks.Events, "", 400},
		{hooks.Events, "garbage", 400},
		{hooks.Events, "[]", 400},
		{hooks.Events, "{}", 400},
		{hooks.Events, strings.Repeat("[", 100_000), 400},
		{hooks.Events, event + event, 400},
		{hooks.Events, `{"type":"url_verification"}`, 400},
		{hooks.Events, `{"type":"something_new"}`, 200},
		{hooks.Events, `{"type":"event_callback"}`, 200},
		{hooks.Events, `{"type":"event_callback","team_id":"T0AFTERCARE","event_id":"Ev2","event":{"type":"unheard_of"}}`, 200},
		{hooks.Interactive, "", 400},
		{hooks.Interactive, "payload=garbage", 400},
		{hooks.Interactive, "payload=%zz", 400},
		{hooks.Interactive, "payload={}", 400},
		{hooks.Interactive, `payload={"type":"block_actions","user":{}}`, 400},
		{hooks.Interactive, `payload={"type":"block_suggestion","user":{"id":"U1","team_id":"T0AFTERCARE"}}`, 200},
		{hooks.Interactive, `payload={"type":"view_submission","user":{"id":"U1","team_id":"T0AFTERCARE"}}`, 200},
		{hooks.Interactive, `payload={"type":"view_submission","user":{"id":"U1","team_id":"T0AFTERCARE"},"view":{"callback_id":"answer","private_metadata":"junk"}}`, 200},
		{hooks.Interactive, `payload={"type":"view_closed","user":{"id":"U1","team_id":"T0AFTERCARE"}}`, 200},
		{hooks.Command, "", 400},
		{hooks.Command, "command=/feedback&user_id=U1", 400},
		{hooks.Command, "command=/feedback&team_id=T0OTHER&user_id=U1", 200},
	} {
		stamp, signature := slackfake.Sign(w.SigningSecret, time.Now(), []byte(c.body))
		if out := knock(c.handler, "POST", stamp, signature, strings.NewReader(c.body)); out.Code != c.status {
			t.Errorf("%.80q: %d %s, want %d", c.body, out.Code, out.Body, c.status)
		}
	}
	in.none(t)
}

func TestSlacksOwnRequests(t *testing.T) {
	w, in := newWorld(t), newInbox()
	hooks := slack.NewHooks(w.client, in.handle)
	body := `{"type":"url_verification","token":"x","challenge":"<b>abc</b>"}`
	stamp, signature := slackfake.Sign(w.SigningSecret, time.Now(), []byte(body))
	out := knock(hooks.Events, "POST", stamp, signature, strings.NewReader(body))
	if out.Code != 200 || out.Body.String() != "<b>abc</b>" || !strings.HasPrefix(out.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("the challenge is answered with %d %s %v", out.Code, out.Body, out.Header())
	}
	if out := knock(hooks.Events, "POST", stamp, "v0=00", strings.NewReader(body)); out.Code != 401 {
		t.Errorf("an unsigned challenge: %d", out.Code)
	}
	body = `{"type":"app_rate_limited","team_id":"T0AFTERCARE","minute_rate_limited":1518467820,"api_app_id":"A1"}`
	stamp, signature = slackfake.Sign(w.SigningSecret, time.Now(), []byte(body))
	if out := knock(hooks.Events, "POST", stamp, signature, strings.NewReader(body)); out.Code != 200 {
		t.Errorf("app_rate_limited: %d", out.Code)
	}
	w.troubled("too many")
	// The payload counts only where it is signed.
	r := httptest.NewRequest("POST", "/?payload="+url.QueryEscape(`{"type":"shortcut","user":{"id":"U1","team_id":"T0AFTERCARE"}}`), strings.NewReader(""))
	stamp, signature = slackfake.Sign(w.SigningSecret, time.Now(), nil)
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", signature)
	answer := httptest.NewRecorder()
	hooks.Interactive.ServeHTTP(answer, r)
	if answer.Code != 400 {
		t.Errorf("a payload beside the body: %d", answer.Code)
	}
	in.none(t)
}

func TestSlackIsAskedToRepeatWhileTheStoreIsAway(t *testing.T) {
	w, in := newWorld(t), newInbox()
	w.SetSecond(time.Millisecond)
	in.fail = 2
	w.hooks(in.handle)
	ann := w.ann()
	ann.Say("one")
	ann.Say("two")
	for _, want := range []string{"one", "two"} {
		if u := in.next(t); u.Text != want {
			t.Errorf("got %q, want %q", u.Text, want)
		}
	}
	stamp, signature := slackfake.Sign(w.SigningSecret, time.Now(), []byte(event))
	in.fail = 1
	out := knock(slack.NewHooks(w.client, in.handle).Events, "POST", stamp, signature, strings.NewReader(event))
	if out.Code != 503 || out.Header().Get("Retry-After") == "" || strings.Contains(out.Body.String(), "store is away") {
		t.Errorf("got %d %s %v", out.Code, out.Body, out.Header())
	}
}

func TestATokenThatCannotBeReadJustNow(t *testing.T) {
	fail := true
	w := newWorld(t, func(c *slack.Config) {
		token := c.BotToken
		c.BotToken = ""
		c.Tokens = tokens(func(team string) (string, error) {
			switch {
			case fail:
				return "", errStoreAway
			case team == "T0AFTERCARE":
				return token, nil
			}
			return "", slack.ErrUnknownWorkspace
		})
	})
	in := newInbox()
	hooks := slack.NewHooks(w.client, in.handle)
	stamp, signature := slackfake.Sign(w.SigningSecret, time.Now(), []byte(event))
	if out := knock(hooks.Events, "POST", stamp, signature, strings.NewReader(event)); out.Code != 503 {
		t.Errorf("while the store is away: %d", out.Code)
	}
	fail = false
	if out := knock(hooks.Events, "POST", stamp, signature, strings.NewReader(event)); out.Code != 200 || len(in.got) != 1 {
		t.Errorf("afterwards: %d, %d updates", out.Code, len(in.got))
	}
	other := strings.ReplaceAll(event, "T0AFTERCARE", "T0OTHER")
	stamp, signature = slackfake.Sign(w.SigningSecret, time.Now(), []byte(other))
	if out := knock(hooks.Events, "POST", stamp, signature, strings.NewReader(other)); out.Code != 200 || len(in.got) != 1 {
		t.Errorf("another workspace: %d, %d updates", out.Code, len(in.got))
	}
	to := chat.Address{Platform: chat.Slack, Account: w.Team, Chat: w.NewChannel("x").ID}
	if _, err := w.client.Send(t.Context(), to, chat.Message{Text: "x"}, ""); err != nil {
		t.Error(err)
	}
	w.Revoke()
	if _, err := w.client.Send(t.Context(), to, chat.Message{Text: "x"}, ""); kindOf(err) != chat.Revoked {
		t.Errorf("revoked: %v", err)
	}
	fail = true // a token that was refused is asked for anew
	if _, err := w.client.Send(t.Context(), to, chat.Message{Text: "x"}, ""); kindOf(err) != chat.Temporary {
		t.Errorf("while the store is away: %v", err)
	}
	to.Account = "T0OTHER"
	fail = false
	if _, err := w.client.Send(t.Context(), to, chat.Message{Text: "x"}, ""); kindOf(err) != chat.Revoked {
		t.Errorf("an unknown workspace: %v", err)
	}
}
