package slack_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// office serves the installation and has a browser before it.
type office struct {
	*world
	url       string
	browser   *http.Client
	installed []slack.Installation
	fail      error
	now       time.Time
	used      map[string]bool // states
	cookie    string          // that the browser sent last
}

func newOffice(t *testing.T) *office {
	o := &office{now: time.Now(), used: map[string]bool{}}
	o.world = newWorld(t, func(c *slack.Config) { c.Clock = func() time.Time { return o.now } })
	mux := http.NewServeMux()
	at := httptest.NewServer(mux)
	t.Cleanup(at.Close)
	o.url = at.URL + "/hooks/slack/oauth"
	handler := slack.NewOAuth(o.client, slack.OAuth{
		ClientID: o.ClientID, ClientSecret: o.ClientSecret, Key: []byte("a key of 32 bytes"), Redirect: o.url,
		Installed: func(_ context.Context, i slack.Installation) (bool, error) {
			if o.fail == nil {
				o.installed = append(o.installed, i)
			}
			return i.Invite == "", o.fail
		},
		Once: func(_ context.Context, state string, _, _ time.Time) (bool, error) {
			first := !o.used[state]
			o.used[state] = true
			return first, nil
		},
	})
	mux.HandleFunc("/hooks/slack/oauth", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("aftercare_slack_oauth"); err == nil {
			o.cookie = c.Value
		}
		handler.ServeHTTP(w, r)
	})
	jar, _ := cookiejar.New(nil)
	o.browser = &http.Client{Jar: jar, Timeout: 5 * time.Second}
	t.Cleanup(o.browser.CloseIdleConnections)
	return o
}

// visit opens an address and returns status, page and where it ended.
func (o *office) visit(address string) (int, string, *url.URL) {
	o.t.Helper()
	answer, err := o.browser.Get(address)
	if err != nil {
		o.t.Fatal(err)
	}
	defer answer.Body.Close()
	var b strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := answer.Body.Read(buffer)
		b.Write(buffer[:n])
		if err != nil {
			break
		}
	}
	return answer.StatusCode, b.String(), answer.Request.URL
}

func TestAWorkspaceInstallsTheApp(t *testing.T) {
	o := newOffice(t)
	status, page, end := o.visit(o.url + "?invite=ABCDEFGH234567")
	if status != 200 || !strings.Contains(page, "The app is installed in Example.") || o.installed[0].Invite != "ABCDEFGH234567" || len(o.installed) != 1 {
		t.Fatalf("%d %s; installed %v", status, page, o.installed)
	}
	got := o.installed[0]
	if got.Team != o.Team || got.Token != o.BotToken || got.BotUser != o.BotUser || got.Installer != "U0ADMIN" || !slices.Contains(got.Scopes, "chat:write") {
		t.Errorf("installed %s", got)
	}
	if strings.Contains(page, o.BotToken) {
		t.Error("the page shows the token")
	}
	// A state is used once, also by a browser that kept its cookie.
	at, err := url.Parse(o.url)
	if err != nil {
		t.Fatal(err)
	}
	o.browser.Jar.SetCookies(at, []*http.Cookie{{Name: "aftercare_slack_oauth", Value: o.cookie}})
	if status, _, _ := o.visit(end.String()); status != 400 || len(o.Requests("oauth.v2.access")) != 1 {
		t.Errorf("a state came twice: %d, %d codes were exchanged", status, len(o.Requests("oauth.v2.access")))
	}
	// The same link once more: the code is used up, and the browser's cookie is gone.
	if status, _, _ := o.visit(end.String()); status != 400 || len(o.installed) != 1 {
		t.Errorf("a second use: %d, installed %d times", status, len(o.installed))
	}
}

// swap changes a state in nearly every letter.
func swap(r rune) rune {
	if r == 'x' {
		return 'y'
	}
	return 'x'
}

func TestInstallationsThatAreNotWanted(t *testing.T) {
	o := newOffice(t)
	o.browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/hooks/slack/oauth" {
			return http.ErrUseLastResponse // the person has not come back yet
		}
		return nil
	}
	come := func() string { // begins, and returns the address that Slack sends back to
		answer, err := o.browser.Get(o.url)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return answer.Header.Get("Location")
	}
	for name, spoil := range map[string]func(back *url.URL, q url.Values){
		"no state":        func(_ *url.URL, q url.Values) { q.Del("state") },
		"a forged state":  func(_ *url.URL, q url.Values) { q.Set("state", strings.Map(swap, q.Get("state"))) },
		"a short state":   func(_ *url.URL, q url.Values) { q.Set("state", q.Get("state")[:20]) },
		"another browser": func(*url.URL, url.Values) { o.browser.Jar, _ = cookiejar.New(nil) },
		"too late":        func(*url.URL, url.Values) { o.now = o.now.Add(11 * time.Minute) },
	} {
		back, err := url.Parse(come())
		if err != nil {
			t.Fatal(err)
		}
		q := back.Query()
		spoil(back, q)
		back.RawQuery = q.Encode()
		if status, _, _ := o.visit(back.String()); status != 400 {
			t.Errorf("%s: %d", name, status)
		}
	}
	back, _ := url.Parse(come())
	q := back.Query()
	q.Set("code", "made-up")
	back.RawQuery = q.Encode()
	if status, page, _ := o.visit(back.String()); status != 502 || strings.Contains(page, "made-up") {
		t.Errorf("a code that Slack does not know: %d %s", status, page)
	}
	if status, page, _ := o.visit(o.url + "?error=access_denied&state=x"); status != 200 || !strings.Contains(page, "cancelled") {
		t.Errorf("cancelled: %d %s", status, page)
	}
	if n := len(o.Requests("oauth.v2.access")); n != 1 {
		t.Errorf("%d codes were exchanged", n)
	}
	o.fail = errStoreAway
	if status, _, _ := o.visit(come()); status != 503 {
		t.Errorf("while the store is away: %d", status)
	}
	if answer, err := o.browser.Post(o.url, "", nil); err != nil || answer.StatusCode != 405 {
		t.Errorf("POST: %v %v", answer, err)
	} else {
		answer.Body.Close()
	}
	if len(o.installed) != 0 {
		t.Errorf("installed %v", o.installed)
	}
}

func TestTheDoctorLooksAtEverything(t *testing.T) {
	w := newWorld(t)
	ann := w.NewUser("Ann", "en")
	in, out, old := w.NewChannel("in"), w.NewChannel("out"), w.NewChannel("old")
	out.Kick()
	old.Archive()
	examine := slack.Examine{Channels: []string{in.ID, out.ID, old.ID, "C0NOWHERE"}, SocketMode: true, Probe: ann.ID}
	has := func(findings []slack.Finding, ok bool, words string) {
		t.Helper()
		if !slices.ContainsFunc(findings, func(f slack.Finding) bool {
			return f.OK == ok && strings.Contains(f.What, words) && ok == (f.Fix == "")
		}) {
			t.Errorf("no finding (%v) with %q in %+v", ok, words, findings)
		}
	}
	got := w.client.Doctor(t.Context(), examine)
	for _, words := range []string{"bot token works, in Example", "all permissions", "Socket Mode works", "in the channel in", "Messages tab is on"} {
		has(got, true, words)
	}
	for _, words := range []string{"not in the channel out", "old (" + old.ID + ") is archived", "C0NOWHERE cannot be read"} {
		has(got, false, words)
	}
	w.SwitchMessagesTab(false)
	w.SwitchSocketMode(false)
	w.SetScopes("chat:write")
	got = w.client.Doctor(t.Context(), examine)
	for _, words := range []string{"lacks permissions: im:write, im:history", "Socket Mode does not work", "direct message could not be sent"} {
		has(got, false, words)
	}
	w.Revoke()
	if got = w.client.Doctor(t.Context(), slack.Examine{Team: w.Team}); len(got) != 1 {
		t.Errorf("with a revoked token: %+v", got)
	}
	has(got, false, "bot token does not work")
	none := slack.New(slack.Config{API: w.URL})
	has(none.Doctor(t.Context(), slack.Examine{}), false, "SLACK_BOT_TOKEN")
	none.Close()
}

// TestABroadcastProvokesNoRefusal paces as the account's lease does: one message a
// second and channel with short bursts. The server counts as Slack does.
func TestABroadcastProvokesNoRefusal(t *testing.T) {
	w := newWorld(t)
	w.Limit(slackfake.Limits{PerChannel: 1, Burst: 3})
	for range 1000 {
		u := w.NewUser("Somebody", "en")
		u.Allow()
		for range 3 {
			w.mustSend(u.Direct(), chat.Message{Text: "hello"}, "")
		}
	}
	w.noRefusals()
	u := w.ann()
	for range 3 {
		w.mustSend(u.Direct(), chat.Message{Text: "hello"}, "")
	}
	if _, err := w.send(u.Direct(), chat.Message{Text: "too soon"}, ""); kindOf(err) != chat.RateLimited {
		t.Errorf("a fourth message at once: %v", err)
	}
}
