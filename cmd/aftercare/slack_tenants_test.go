package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// installs opens an address in a browser of its own, as an administrator does who allows
// everything, and returns the page at the end.
func installs(t *testing.T, address string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	defer browser.CloseIdleConnections()
	response, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("the installation ended with %s", response.Status)
	}
	return string(page)
}

// workspaces are what `slack list` shows.
func workspaces(t *testing.T, m *machine) map[string]workspaceView {
	t.Helper()
	var list []workspaceView
	if err := json.Unmarshal([]byte(m.must("slack", "list", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	all := map[string]workspaceView{}
	for _, v := range list {
		all[v.Workspace] = v
	}
	return all
}

// H2: a stranger installs the app into a workspace of their own. Nothing of it is heard, and
// its token is not used, until the operator approves it; once its token dies, nobody else
// notices.
func TestH2AStrangersWorkspaceIsNotHeardUntilItIsApproved(t *testing.T) {
	t.Parallel()
	tg, evil := telegramtest.New(t), slackfake.New(t)
	group, mallory := tg.NewSupergroup("Staff"), evil.NewUser("Mallory", "en-GB")
	ann := tg.NewUser("Ann Lee", "en")
	dir := t.TempDir()
	m := newMachine(t, map[string]string{
		"DATABASE_URL": "sqlite:" + filepath.Join(dir, "a.db"), "SLACK_API": evil.URL, "SLACK_SIGNING_SECRET": evil.SigningSecret,
		"SLACK_CLIENT_ID": evil.ClientID, "SLACK_CLIENT_SECRET": evil.ClientSecret,
		"TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_STAFF_CHAT": group.Address(), "TELEGRAM_MODE": settings.Poll,
	})
	m.env["PUBLIC_URL"] = "http://" + m.address
	evil.SetEndpoints(endpoints(m))
	server := m.serve()
	connected(tg, settings.Poll)

	if page := installs(t, m.env["PUBLIC_URL"]+"/hooks/slack/oauth"); !strings.Contains(page, "waits for approval") || !strings.Contains(page, evil.Team) {
		t.Errorf("the stranger reads:\n%s", page)
	}
	used := len(evil.Requests(""))
	mallory.Command(mallory.Direct(), "complain you are awful")
	mallory.Say("you are awful")
	eventually(t, "nothing of it is heard", func() bool { return strings.Count(server.log.String(), "it is dropped") >= 2 })
	if v := workspaces(t, m)[evil.Team]; v.Approved != nil || v.Token != "" {
		t.Errorf("the stranger's workspace is listed as %+v", v)
	}
	if out := m.must("slack", "list"); !strings.Contains(out, "waits: aftercare slack approve "+evil.Team) {
		t.Errorf("the list says:\n%s", out)
	}
	if n := len(evil.Requests("")); n != used {
		t.Errorf("the token was used %d times", n-used)
	}
	// Another's complaint comes through, and is the only one.
	ann.Start(m.invite("--flow", "one_tap_csat").Token)
	pickOption(ann, ann.Chat().WaitText("How satisfied or dissatisfied were you"), 1).Answer()
	group.WaitText("Ann Lee")
	for _, msg := range group.FromBot() {
		if strings.Contains(msg.Text, "awful") || strings.Contains(msg.Text, "Mallory") {
			t.Errorf("staff read a stranger's words: %s", msg)
		}
	}

	m.must("slack", "approve", evil.Team)
	waitForLog(t, server, "Slack answers")
	mallory.Command(mallory.Direct(), "complain you are still awful")
	group.WaitText("you are still awful")
	if v := workspaces(t, m)[evil.Team]; v.Approved == nil || v.Token != tokenWorks {
		t.Errorf("the approved workspace is listed as %+v", v)
	}

	// What others post is acknowledged as quickly once the workspace's token is dead.
	link := m.invite("--flow", "one_tap_csat", "--channel", "web")
	bob := newVisitor(t, "http://"+m.address)
	page := bob.post("/chat/"+link.Token, "start", "1")
	bob.post("/chat/"+link.Token, "data", pickFrom(t, page, 1))
	posts := func() time.Duration {
		took := make([]time.Duration, 50)
		for i := range took {
			began := time.Now()
			bob.post("/chat/"+link.Token, "text", "It was late.")
			took[i] = time.Since(began)
		}
		slices.Sort(took)
		return took[len(took)-1]
	}
	calm := posts()

	evil.Revoke()
	mallory.Say("hello?") // whoever answers it learns that the token is dead
	await(t, "http://"+m.address+"/metrics", func(_ int, body string) bool {
		return strings.Contains(body, `aftercare_account_refused{account="`+evil.Team+`",platform="slack"} 1`)
	})
	if status, body := get(t, "http://"+m.address+"/readyz"); status != http.StatusOK {
		t.Errorf("a workspace's dead token makes the server unready: %d %s", status, body)
	}
	if v := workspaces(t, m)[evil.Team]; v.Token != tokenRefused || v.Why == "" {
		t.Errorf("the dead workspace is listed as %+v", v)
	}
	waitForLog(t, server, "refuses this account's credentials")
	t.Attr("figure", fmt.Sprintf("posts of others, of 50 the slowest: acknowledged after %v while the workspace works, after %v while its token is dead",
		calm.Round(time.Millisecond), posts().Round(time.Millisecond)))
	if out := m.must("slack", "list"); !strings.Contains(out, "aftercare slack invite --workspace "+evil.Team) {
		t.Errorf("the list does not say what helps:\n%s", out)
	}
	m.must("slack", "remove", evil.Team)
	if len(workspaces(t, m)) != 0 {
		t.Error("the removed workspace is listed")
	}
	if code, _, stderr := m.run("slack", "approve", evil.Team); code != 1 || !strings.Contains(stderr, "no workspace") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	server.stop()
	t.Attr("figure", "a stranger's workspace: 0 messages to staff and 0 uses of its token before it was approved; ready while its token was dead")
}

// A link installs one workspace; a second one that uses it waits.
func TestALinkInstallsOneWorkspaceOnce(t *testing.T) {
	c := newConsole(t, map[string]string{
		"PUBLIC_URL": "https://care.example", "SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "secret", "SLACK_SIGNING_SECRET": strings.Repeat("s", 32),
	})
	out := c.must("slack", "invite", "--workspace", "T0ABC")
	if !strings.Contains(out, "https://care.example/hooks/slack/oauth?invite=") || !strings.Contains(out, "workspace T0ABC") {
		t.Errorf("%s", out)
	}
	if out := c.must("slack", "list"); !strings.Contains(out, "aftercare slack invite") {
		t.Errorf("%s", out)
	}
	c.refuses(2, "no id of a workspace", "slack", "invite", "--workspace", "example.slack.com")
	c.refuses(2, "--expires", "slack", "invite", "--expires", "0s")
	c.refuses(1, `no workspace "T1"`, "slack", "remove", "T1")
	c.refuses(1, `no workspace "T1"`, "slack", "approve", "T1")
	for _, name := range []string{"SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_SIGNING_SECRET"} {
		delete(c.env, name)
	}
	c.refuses(1, "SLACK_CLIENT_ID", "slack", "list")
}
