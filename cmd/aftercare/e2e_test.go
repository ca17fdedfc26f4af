package main

import (
	"context"
	"encoding/json"
	"flag"
	"net/http/cookiejar"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

var everyPair = flag.Bool("everypair", false, "have a whole conversation in each way to a platform on each database")

// pairedWith are the ways to a platform that are played on database i.
func pairedWith(i int, ways ...string) []string {
	if *everyPair {
		return ways
	}
	return ways[i%len(ways):][:1]
}

// One customer's whole conversation through the real binary, in both modes, on both
// databases, with the process killed twice in the middle; in every pair of the two with -everypair.
func TestAConversationOnTelegramEndsInACardAndThanks(t *testing.T) {
	t.Parallel()
	for i, db := range databases {
		for _, mode := range pairedWith(i, settings.Webhook, settings.Poll) {
			t.Run(db.name+"/"+mode, func(t *testing.T) {
				t.Parallel()
				converseOnTelegram(t, db.url(t), mode)
			})
		}
	}
}

func converseOnTelegram(t *testing.T, database, mode string) {
	tg := telegramtest.New(t)
	staff := tg.NewSupergroup("Staff")
	ann := tg.NewUser("Ann Lee", "en")
	m := newMachine(t, map[string]string{
		"DATABASE_URL": database, "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL,
		"TELEGRAM_STAFF_CHAT": staff.Address(), "TELEGRAM_MODE": mode,
	})
	m.env["PUBLIC_URL"] = "http://" + m.address
	m.must("site", "add", "main-street", "--name", "Main Street", "--zone", "Europe/Berlin")
	server := m.serve()
	connected(tg, mode)

	link := m.invite("--flow", "post_service_3", "--site", "main-street", "--event", "service_name=haircut", "--event", "agent_name=Maya")
	_, token, _ := strings.Cut(link.Telegram, "https://t.me/"+tg.Username+"?start=")
	if token != link.Token || link.Web != m.env["PUBLIC_URL"]+"/chat/"+link.Token {
		t.Fatalf("the links do not lead to the bot: %+v", link)
	}

	ann.Start(token)
	first := ann.Chat().WaitText("Overall, how satisfied or dissatisfied were you with your haircut?")
	pickOption(ann, first, 1).Answer()
	pickOption(ann, first, 1).Answer() // the same tap twice
	staff.WaitText("Main Street")

	// What was acknowledged outlives the process.
	server.kill()
	server = m.serve()
	second := openQuestion(ann, 2)
	pickOption(ann, second, 3)
	server.kill() // before or after that tap was stored: nobody knows
	server = m.serve()
	third := openQuestion(ann, 3)
	pickOption(ann, third, 4)

	ann.Chat().WaitText("What went wrong")
	ann.Send("It took two hours. 🙁")
	contact := ann.Chat().WaitText("May someone from our team contact you")
	pickOption(ann, contact, 0)
	ann.Chat().WaitText("Thank you for telling us")
	staff.Wait("one card that holds it all", func(all []telegramtest.Message) bool {
		cards := 0
		whole := false
		for _, c := range all {
			if !strings.Contains(c.Text, "Main Street") {
				continue
			}
			// Of a card that was in doubt when the process died there are two copies; the
			// newest must hold everything.
			whole = strings.Contains(c.Text, "It took two hours. 🙁") && strings.Contains(c.Text, "Maya")
			if !strings.Contains(c.Text, "(repeat)") {
				cards++
			}
		}
		return cards == 1 && whole
	})
	ann.Write(ann.Chat(), telegramtest.Written{File: "photo"})
	ann.Chat().WaitText("The team can read this")
	staff.Wait("the photo below the card, which names it", func(all []telegramtest.Message) bool {
		card, name, photos := 0, "", 0
		for _, c := range all {
			if strings.Contains(c.Text, "Main Street") && strings.Contains(c.Text, "📷 photo") {
				card, name = c.ID, caseName.FindString(c.Text)
			}
		}
		for _, c := range all {
			if c.File == "photo" && strings.HasPrefix(c.Text, name+" · “Ann Lee”") && c.ReplyTo == card {
				photos++
			}
		}
		return card != 0 && photos == 1
	})
	server.stop()

	store := openStore(t, m)
	counts, err := store.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if counts.Sessions != 1 || counts.Answers != 5 || counts.Cases != 1 || counts.Due != 0 || counts.Failed != 0 || counts.Parked != 0 {
		t.Errorf("stored: %+v", counts)
	}
	for _, r := range tg.Refusals() {
		if !ofAKill.MatchString(r.Description) {
			t.Errorf("Telegram refused %s: %d %s", r.Method, r.Code, r.Description)
		}
	}
	if strings.Contains(server.log.String(), tg.Token) || strings.Contains(server.log.String(), "two hours") {
		t.Errorf("the log holds the token or a customer's words:\n%s", server.log)
	}
	for _, step := range []string{"stop the web server", "stop the bot", "close the database"} {
		if !strings.Contains(server.log.String(), step) {
			t.Errorf("the log does not name the step %q:\n%s", step, server.log)
		}
	}
}

// caseName is a case's name, where its line of the card begins.
var caseName = regexp.MustCompile(`(?m)^[A-Z]+-[0-9]+\b`)

// ofAKill is what Telegram refuses because a process was killed: its poll hangs on for a
// moment, and what it was doing is done again.
var ofAKill = regexp.MustCompile(`terminated by other getUpdates|message is not modified|query is too old`)

// connected waits until the bot's name is stored and updates can come.
func connected(tg *telegramtest.Server, mode string) {
	if mode == settings.Webhook {
		tg.WaitRequests("setWebhook", 1)
		return
	}
	tg.WaitRequests("getUpdates", 1)
}

var pickData = regexp.MustCompile(`^1p[A-Za-z0-9_-]{22}\.[0-9]+\.[0-9]+$`)

// pickOption taps the option with this index, the worst being 0.
func pickOption(u *telegramtest.User, m telegramtest.Message, option int) *telegramtest.Tap {
	for _, row := range m.Buttons {
		for _, b := range row {
			if pickData.MatchString(b.Data) && strings.HasSuffix(b.Data, "."+string(rune('0'+option))) {
				return u.Press(m.Chat, m.ID, b.Data)
			}
		}
	}
	return u.Press(m.Chat, m.ID, "no such option")
}

// asksIn is the line of a message that asks how satisfied somebody was; a greeting may stand above.
func asksIn(text string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(strings.ToLower(line), "how satisfied") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// openQuestion waits until n different questions with options were asked and the newest
// of them is open. After a kill a question may be there twice.
func openQuestion(u *telegramtest.User, n int) telegramtest.Message {
	var open telegramtest.Message
	u.Chat().Wait("a question to tap", func(all []telegramtest.Message) bool {
		asked := map[string]bool{}
		open = telegramtest.Message{}
		for _, m := range all {
			question := asksIn(m.Text)
			if question == "" {
				continue
			}
			asked[question] = true
			if len(asked) == n && len(m.Buttons) > 0 && pickData.MatchString(m.Buttons[0][0].Data) {
				open = m
			}
		}
		return open.ID != 0
	})
	return open
}

// openStore opens a machine's database in the test.
func openStore(t *testing.T, m *machine) storage.Store {
	t.Helper()
	s := settings.Settings{DatabaseURL: settings.Secret(m.env["DATABASE_URL"])}
	store, err := app.OpenStore(context.Background(), s, app.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestTheServerStartsWhileTelegramIsAway(t *testing.T) {
	t.Parallel()
	tg := telegramtest.New(t)
	tg.Storm(func(telegramtest.Request) *telegramtest.Fault { return &telegramtest.Fault{Reset: true} })
	m := newMachine(t, map[string]string{
		"DATABASE_URL": "sqlite:a.db", "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL,
	})
	m.env["PUBLIC_URL"] = "http://" + m.address
	server := m.serve() // ready all the same

	code, _, stderr := m.run("invite", "--channel", "telegram")
	if code != 1 || !strings.Contains(stderr, "no bot is known") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if v := m.invite("--channel", "web"); v.Web == "" {
		t.Errorf("no web link in %+v", v)
	}
	tg.Storm(nil)
	connected(tg, settings.Poll)
	link := m.invite("--channel", "telegram")
	ann := tg.NewUser("Ann Lee", "en")
	ann.Start(link.Token)
	ann.Chat().WaitText("how satisfied")
	server.stop()

	tg.Close() // from now on Telegram is out of reach for good
	if v := m.invite("--channel", "telegram"); !strings.Contains(v.Telegram, tg.Username) {
		t.Errorf("the bot's name is not kept: %+v", v)
	}
}

func TestASecondServerOnTheSamePortSaysWhatToDo(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
	m.serve()
	for _, args := range [][]string{{"serve"}, {"demo", "--listen", m.address}} {
		code, _, stderr := m.run(args...)
		if code != 1 || !strings.Contains(stderr, m.address) || !strings.Contains(stderr, "--listen") {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}

func TestTheDemoNeedsNothingAndLeavesNothing(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	p := m.start("demo", "--listen", m.address)
	p.awaitReady()
	t.Run("what is asked", func(t *testing.T) { asksInTheDemo(t, m.address) })
	t.Run("ends in a case", func(t *testing.T) { demoEndsInACase(t, m.address) })
	browser := newVisitor(t, "http://"+m.address)
	browser.client.Jar, _ = cookiejar.New(nil) // never fails without options
	front := browser.get("/")                  // leads to /demo
	if !strings.Contains(front, "Bella Hair") || !strings.Contains(front, "QuickFix") || !strings.Contains(front, `src="/cases"`) {
		t.Errorf("the front page is:\n%s", front)
	}
	chatPath := regexp.MustCompile(`/chat/[A-Za-z0-9_-]{24}`).FindString(front)
	page := browser.post(chatPath, "start", "1")
	anna := func(cases string) int { return strings.Count(cases, "Anna") } // a case more names her once more
	before := browser.get("/cases")
	page = browser.post(chatPath, "data", pickFrom(t, page, 0))
	if cases := browser.get("/cases"); !strings.Contains(cases, "Bella Hair") || anna(cases) <= anna(before) {
		t.Errorf("the pages of staff show no case more:\n%s", cases)
	}
	if code, _, stderr := m.run("demo", "--listen", "0.0.0.0:8080"); code != 2 || !strings.Contains(stderr, "lets in whoever opens it") {
		t.Errorf("a demo that others reach: exit code %d: %s", code, stderr)
	}
	if !strings.Contains(page, "how quickly") && !strings.Contains(page, "the staff who served") {
		t.Errorf("the next question is not there:\n%s", page)
	}
	for deadline := time.Now().Add(patience); !strings.Contains(browser.get("/reports"), "of answers are unsatisfied"); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the reports do not show the months before")
		}
	}
	p.stop()
	if !strings.Contains(p.log.String(), "Open http://"+m.address+"/demo") {
		t.Errorf("the address is not printed:\n%s", p.log)
	}
	if left := leftIn(t, m.dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestASurveyIsTriedWithoutAnyChatOrDatabase(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	m.made = true // there is to be none
	write(t, filepath.Join(m.dir, "answers.yaml"), "overall: 2\nspeed: 4\npeople: 4\nwhy_bad: It took too long.\ncontact_ok: here\n")
	var got struct {
		Status    string
		Composite float64
		Level     int
		Flag      string
		Case      struct {
			Opens    bool
			Priority string
			Reasons  []string
		}
	}
	out := m.must("survey", "try", "post_service_3", "--answers", "answers.yaml", "--json")
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	// 0.5 × 15 + 0.25 × 70 + 0.25 × 70 of the csat5 scores.
	if got.Status != "completed" || got.Composite != 42.5 || got.Level != 5 || got.Flag != "unsatisfied" || !got.Case.Opens || got.Case.Priority != "P2" {
		t.Errorf("got %s", out)
	}
	write(t, filepath.Join(m.dir, "answers.yaml"), "overall: 2\nspede: 4\n")
	if code, _, stderr := m.run("survey", "try", "post_service_3", "--answers", "answers.yaml"); code != 2 || !strings.Contains(stderr, "spede") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if left := leftIn(t, m.dir); len(left) != 1 {
		t.Errorf("a database was made: %v", left)
	}
}
