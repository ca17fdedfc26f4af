package main

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// The transports of Slack.
const (
	bySocket = "socket"
	byHTTP   = "http"
)

// slackMachine is a machine with the app set up, and Slack calling it.
func slackMachine(t *testing.T, slack *slackfake.Server, database, transport string) *machine {
	t.Helper()
	m := newMachine(t, map[string]string{
		"DATABASE_URL": database, "SLACK_BOT_TOKEN": slack.BotToken, "SLACK_API": slack.URL,
	})
	m.env["PUBLIC_URL"] = "http://" + m.address
	if transport == bySocket {
		m.env["SLACK_APP_TOKEN"] = slack.AppToken
		return m
	}
	m.env["SLACK_SIGNING_SECRET"] = slack.SigningSecret
	slack.SetEndpoints(endpoints(m))
	return m
}

func endpoints(m *machine) slackfake.Endpoints {
	hook := m.env["PUBLIC_URL"] + "/hooks/slack/"
	return slackfake.Endpoints{Events: hook + "events", Interactive: hook + "interactive", Command: hook + "command"}
}

// One customer's whole conversation through the real binary, by both transports, on both
// databases, with the process killed in the middle; in every pair of the two with -everypair.
func TestAConversationOnSlackEndsInACardAndThanks(t *testing.T) {
	t.Parallel()
	for i, db := range databases {
		for _, transport := range pairedWith(i, byHTTP, bySocket) {
			t.Run(db.name+"/"+transport, func(t *testing.T) {
				t.Parallel()
				converseOnSlack(t, db.url(t), transport)
			})
		}
	}
}

func converseOnSlack(t *testing.T, database, transport string) {
	slack := slackfake.New(t)
	slack.SetSecond(100 * time.Millisecond)
	staff := slack.NewChannel("cases")
	ann, bob, eve := slack.NewUser("Ann Lee", "en-GB"), slack.NewUser("Bob Ray", "en-GB"), slack.NewUser("Eve Far", "en-GB")
	eve.Belong("T0ELSEWHERE")
	m := slackMachine(t, slack, database, transport)
	m.env["SLACK_STAFF_CHANNEL"] = staff.ID
	m.must("site", "add", "main-street", "--name", "Main Street", "--zone", "Europe/Berlin")
	m.must("staff", "add", "bob", "--name", "Bob Ray", "--role", "admin")
	server := m.serve()

	made := m.invite("--email", ann.Email, "--flow", "post_service_3", "--site", "main-street", "--event", "service_name=haircut", "--event", "agent_name=Maya")
	if made.Person != ann.ID || made.Session == "" {
		t.Fatalf("made %+v", made)
	}
	dm := ann.Direct()
	first := dm.WaitText("Overall, how satisfied or dissatisfied were you with your haircut?")
	if !strings.Contains(first.Notice, "haircut") {
		t.Errorf("read out is %q", first.Notice)
	}

	// Other people's presses change nothing, whoever they are.
	for _, who := range []*slackfake.User{bob, eve} {
		who.Tap(first, "1").WaitAcked()
	}
	if now := dm.WaitButton("1"); now.Edits != 0 || now.TS != first.TS {
		t.Errorf("somebody else's press changed the question: %s", now)
	}
	ann.Tap(first, "2").WaitAcked()
	slack.Repeat().WaitAcked() // the same again
	card := staff.WaitText("Main Street")
	second := openOnSlack(slack, ann, 2)

	// What was acknowledged outlives the process. A card that Slack has and the process did
	// not yet hear of would be sent again, marked.
	untilIt(t, m, "0 waiting", "outbox", "list")
	server.kill()
	server = m.serve()
	ann.Tap(second, "4").WaitAcked()
	third := openOnSlack(slack, ann, 3)
	ann.Tap(third, "5").WaitAcked()
	why := dm.WaitText("What went wrong")
	ann.Tap(why, "Write an answer")
	modal := ann.WaitModal()
	if !strings.Contains(modal.Text, "What went wrong") {
		t.Errorf("the form asks %q", modal.Text)
	}
	modal.Submit("It took two hours <!channel> 🙁").WaitAcked()
	modal.Submit("It took two hours <!channel> 🙁").WaitAcked()
	contact := dm.WaitText("May someone from our team contact you")
	ann.Act(contact, contact.Buttons[0]).WaitAcked()
	dm.WaitText("Thank you for telling us")
	ann.Say("And the parking was full.")

	slack.Wait("one card that holds it all, its story in its thread", func() bool {
		cards, whole, told := 0, false, false
		for _, c := range staff.FromApp() {
			switch {
			case c.Thread != "":
				told = told || c.Thread == card.TS && strings.Contains(c.Text, "parking was full")
			case strings.Contains(c.Text, "Main Street"):
				cards++
				whole = c.TS == card.TS && c.Edits > 0 && strings.Contains(c.Text, "It took two hours <!channel> 🙁") && strings.Contains(c.Text, "Maya")
			}
		}
		return cards == 1 && whole && told
	})

	// Pages, for a customer and for staff.
	ann.OpenHome().WaitAcked()
	if page := ann.WaitHome(1); !strings.Contains(page.Text, "Main Street") || strings.Contains(page.Text, "Open cases") {
		t.Errorf("the customer's page is:\n%s", page.Text)
	}
	bob.OpenHome().WaitAcked()
	if page := bob.WaitHome(1); strings.Contains(page.Text, "Open cases") {
		t.Errorf("who is in the channel but not linked sees:\n%s", page.Text)
	}
	linkOnSlack(t, m, bob, "bob")
	bob.OpenHome().WaitAcked()
	page := bob.WaitHome(2)
	if !strings.Contains(page.Text, "Open cases") || !strings.Contains(page.Text, "P2") {
		t.Errorf("the staff's page is:\n%s", page.Text)
	}
	bob.Tap(page, "Pause surveys").WaitAcked()
	if page = bob.WaitHome(3); !strings.Contains(page.Text, "You get no surveys") {
		t.Errorf("after the pause the page is:\n%s", page.Text)
	}
	if code, _, stderr := m.run("invite", "--slack-user", bob.ID, "--flow", "one_tap_csat"); code != 1 || !strings.Contains(stderr, "wants no surveys") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	eve.Disable()
	if code, _, stderr := m.run("invite", "--slack-user", eve.ID); code != 1 || !strings.Contains(stderr, "deactivated") {
		t.Errorf("a disabled person: exit code %d: %s", code, stderr)
	}
	command := ann.Command(staff, "help")
	command.WaitAcked()
	if got := command.Response(); !strings.Contains(got, "/feedback stop – ") {
		t.Errorf("the command is answered with %s", got)
	}
	server.stop()

	store := openStore(t, m)
	counts, err := store.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if counts.Sessions != 1 || counts.Answers != 5 || counts.Cases != 1 || counts.Due != 0 || counts.Failed != 0 || counts.Parked != 0 {
		t.Errorf("stored: %+v", counts)
	}
	log := server.log.String()
	for _, canary := range []string{slack.BotToken, slack.AppToken, slack.SigningSecret, "two hours", "parking", "canaryOfAResponseURL"} {
		if strings.Contains(log, canary) {
			t.Errorf("the log holds %q", canary)
		}
	}
}

// linkOnSlack makes a person the member of staff with this id, by a code.
func linkOnSlack(t *testing.T, m *machine, u *slackfake.User, id string) {
	t.Helper()
	var made struct{ Code string }
	if err := json.Unmarshal([]byte(m.must("staff", "code", id, "--json")), &made); err != nil {
		t.Fatal(err)
	}
	if said := u.Command(u.Direct(), "link "+made.Code).Response(); !strings.Contains(said, "linked") {
		t.Fatalf("the code is answered with %q", said)
	}
}

var slackPick = regexp.MustCompile(`^1p[A-Za-z0-9_-]{22}\.[0-9]+\.[0-9]+$`)

// openOnSlack waits until n different questions with options were asked and the newest
// of them is open. After a kill a question may be there twice.
func openOnSlack(slack *slackfake.Server, u *slackfake.User, n int) slackfake.Message {
	var open slackfake.Message
	slack.Wait("a question to tap", func() bool {
		asked := map[string]bool{}
		for _, m := range u.Direct().FromApp() {
			question := asksIn(m.Text)
			if question == "" {
				continue
			}
			asked[question] = true
			if len(asked) == n && len(m.Buttons) > 0 && slackPick.MatchString(m.Buttons[0].Value) {
				open = m
			}
		}
		return open.TS != ""
	})
	return open
}

// Workspaces come by installation and go by removal, while the server runs; their tokens
// are nowhere to be read.
func TestWorkspacesInstallAndRemoveTheAppWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	slack := slackfake.New(t)
	staff := slack.NewChannel("cases")
	ann := slack.NewUser("Ann Lee", "es-ES")
	dir := t.TempDir()
	m := newMachine(t, map[string]string{
		"DATABASE_URL": "sqlite:" + filepath.Join(dir, "a.db"), "SLACK_API": slack.URL, "SLACK_SIGNING_SECRET": slack.SigningSecret,
		"SLACK_CLIENT_ID": slack.ClientID, "SLACK_CLIENT_SECRET": slack.ClientSecret, "SLACK_STAFF_CHANNEL": slack.Team + "/" + staff.ID,
	})
	m.env["PUBLIC_URL"] = "http://" + m.address
	slack.SetEndpoints(endpoints(m))
	server := m.serve()

	if code, _, stderr := m.run("invite", "--slack-user", ann.ID, "--slack-team", slack.Team); code != 1 || !strings.Contains(stderr, "not installed") {
		t.Errorf("before: exit code %d: %s", code, stderr)
	}
	var link installLinkView
	if err := json.Unmarshal([]byte(m.must("slack", "invite", "--json")), &link); err != nil {
		t.Fatal(err)
	}
	if page := installs(t, link.Link); !strings.Contains(page, "The app is installed in Example.") {
		t.Errorf("the page says:\n%s", page)
	}
	m.invite("--slack-user", ann.ID, "--slack-team", slack.Team, "--flow", "one_tap_csat")
	question := ann.Direct().WaitButton("1")
	ann.Tap(question, "1").WaitAcked()
	staff.WaitText("Ann Lee")
	if out := m.must("doctor", "slack"); !strings.Contains(out, "the bot token works") {
		t.Errorf("the doctor says:\n%s", out)
	}
	if !holds(t, dir, slack.Team) {
		t.Error("the workspace is not in the database either")
	}
	if holds(t, dir, slack.BotToken) || strings.Contains(server.log.String(), slack.BotToken) {
		t.Error("the token can be read in the database or the log")
	}

	slack.Uninstall().WaitAcked()
	if code, _, stderr := m.run("invite", "--slack-user", ann.ID, "--slack-team", slack.Team); code != 1 || !strings.Contains(stderr, "not installed") {
		t.Errorf("afterwards: exit code %d: %s", code, stderr)
	}
	server.stop()
	if list, err := openStore(t, m).Installations(t.Context(), "slack"); err != nil || len(list) != 0 {
		t.Errorf("kept: %d, %v", len(list), err)
	}
}
