package main

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// What Slack never sent is refused by the real server and leaves nothing behind; what it
// sent twice, or what cannot be used, is acknowledged and changes nothing.
func TestForgedAndOddRequestsOfSlackChangeNothing(t *testing.T) {
	t.Parallel()
	slack := slackfake.New(t)
	ann := slack.NewUser("Ann Lee", "en-GB")
	m := slackMachine(t, slack, "sqlite:"+filepath.Join(t.TempDir(), "a.db"), byHTTP)
	server := m.serve()
	m.invite("--slack-user", ann.ID, "--flow", "one_tap_csat")
	question := ann.Direct().WaitButton("1")

	const events, interactive, command = "events", "interactive", "command"
	form := func(payload string) string { return url.Values{"payload": {payload}}.Encode() }
	person := `"team":{"id":"` + slack.Team + `"},"user":{"id":"` + ann.ID + `","team_id":"` + slack.Team + `"}`
	tap := form(`{"type":"block_actions",` + person + `,"container":{"message_ts":"` + question.TS + `","channel_id":"` + ann.Direct().ID + `"},"actions":[{"action_id":"b0.0","value":"` + question.Buttons[0].Value + `","action_ts":"1.1"}]}`)
	now := time.Now()
	for _, c := range []struct {
		name, path, body string
		at               time.Time
		secret           string
		status           int
	}{
		{"a forged tap", interactive, tap, now, "not the secret", 401},
		{"a stale tap", interactive, tap, now.Add(-6 * time.Minute), slack.SigningSecret, 401},
		{"a tap from the future", interactive, tap, now.Add(6 * time.Minute), slack.SigningSecret, 401},
		{"an oversized request", events, `{"type":"event_callback","x":"` + strings.Repeat("x", 1<<20) + `"}`, now, slack.SigningSecret, 413},
		{"no JSON", interactive, form("{"), now, slack.SigningSecret, 400},
		{"no command", command, "command=&user_id=U1", now, slack.SigningSecret, 400},
		{"malformed blocks", interactive, form(`{"type":"view_submission",` + person + `,"view":{"id":"V1","callback_id":"form","private_metadata":"{\"d\":\"1k\"}","state":{"values":{"field:a":5}}}}`), now, slack.SigningSecret, 400},
		{"an unknown event", events, `{"type":"event_callback","team_id":"` + slack.Team + `","event_id":"Ev9","event":{"type":"moon_landing"}}`, now, slack.SigningSecret, 200},
		{"an unknown action", interactive, form(`{"type":"block_actions",` + person + `,"actions":[{"action_id":"x","value":"1zzz","action_ts":"1.2"}]}`), now, slack.SigningSecret, 200},
		{"an unknown form", interactive, form(`{"type":"view_submission",` + person + `,"view":{"id":"V1","callback_id":"other"}}`), now, slack.SigningSecret, 200},
		{"a form of no case", interactive, form(`{"type":"view_submission",` + person + `,"view":{"id":"V2","callback_id":"form","private_metadata":"{\"d\":\"1kAAAA\"}"}}`), now, slack.SigningSecret, 200},
		{"another workspace", command, "command=/feedback&team_id=T0OTHER&user_id=" + ann.ID, now, slack.SigningSecret, 200},
	} {
		stamp, signature := slackfake.Sign(c.secret, c.at, []byte(c.body))
		r, err := http.NewRequest(http.MethodPost, m.env["PUBLIC_URL"]+"/hooks/slack/"+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Slack-Request-Timestamp", stamp)
		r.Header.Set("X-Slack-Signature", signature)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != c.status {
			t.Errorf("%s: %s, want %d", c.name, answer.Status, c.status)
		}
	}
	if now := newestOf(ann.Direct(), question.TS); now.Edits != 0 {
		t.Errorf("the question was changed: %s", now)
	}
	server.stop()
	counts, err := openStore(t, m).Counts(t.Context())
	if err != nil || counts.Answers != 0 || counts.Cases != 0 || counts.Parked != 0 {
		t.Errorf("stored %+v, %v", counts, err)
	}
	if strings.Contains(server.log.String(), slack.SigningSecret) {
		t.Error("the log holds the secret")
	}
}
