package slack_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// Whatever somebody sends in direct messages is heard: words, and also what is neither words nor a
// file, with what it says and with the words beside it.
func TestWhatIsSentIsHeardWhateverItIs(t *testing.T) {
	t.Parallel()
	const secret = "a secret"
	var got []chat.Update
	c := slack.New(slack.Config{SigningSecret: secret, HTTPClient: &http.Client{Transport: refusing{}}, Tokens: tokens(func(string) (string, error) { return "xoxb-1", nil })})
	t.Cleanup(c.Close)
	hooks := slack.NewHooks(c, inboxOf(&got))
	thing := func(says string) []chat.File { return []chat.File{{Kind: "unknown", Name: says}} }
	for name, row := range map[string]struct {
		message string
		text    string
		files   []chat.File
	}{
		"words":                          {`"text":"The sink leaks."`, "The sink leaks.", nil},
		"a message passed on":            {`"text":"","attachments":[{"fallback":"[10:00] ann: it leaks","text":"It leaks."}]`, "", thing("It leaks.")},
		"one passed on with words":       {`"text":"see what Ann says","attachments":[{"text":"It leaks."}]`, "see what Ann says", thing("It leaks.")},
		"several passed on":              {`"text":"","attachments":[{"text":"It leaks."},{"fallback":"Still."}]`, "", thing("It leaks. · Still.")},
		"something that says nothing":    {`"text":"","attachments":[{"color":"#fff"}]`, "", thing("")},
		"words beside nothing that says": {`"text":"look","attachments":[{"color":"#fff"}]`, "look", nil},
		"a link with its preview":        {`"text":"see <https://example.com>","attachments":[{"text":"Example Domain","from_url":"https://example.com"}]`, "see https://example.com", nil},
		"a file that is gone":            {`"text":"","files":[{"id":"F1","mode":"tombstone"}]`, "", thing("")},
		"a voice note":                   {`"text":"","files":[{"id":"F1","name":"a.m4a","mimetype":"audio/mp4","subtype":"slack_audio","size":5}]`, "", []chat.File{{Kind: "voice", ID: "F1", Name: "a.m4a", Type: "audio/mp4", Size: 5}}},
		"a picture with words":           {`"text":"look","files":[{"id":"F1","name":"a.png","mimetype":"image/png","size":5}]`, "look", []chat.File{{Kind: "photo", ID: "F1", Name: "a.png", Type: "image/png", Size: 5}}},
	} {
		got = got[:0]
		body := `{"type":"event_callback","team_id":"T1","event_id":"E` + name + `","event":{"type":"message","channel":"D1","channel_type":"im","user":"U1","ts":"1700000000.000100",` + row.message + `}}`
		stamp, signature := slackfake.Sign(secret, time.Now(), []byte(body))
		if out := knock(hooks.Events, "POST", stamp, signature, strings.NewReader(body)); out.Code != 200 {
			t.Fatalf("%s: %d %s", name, out.Code, out.Body)
		}
		if len(got) != 1 || got[0].Kind != chat.Text || got[0].Text != row.text || len(got[0].Files) != len(row.files) || len(row.files) > 0 && got[0].Files[0] != row.files[0] {
			t.Errorf("%s is heard as %+v", name, got)
		}
	}
}
