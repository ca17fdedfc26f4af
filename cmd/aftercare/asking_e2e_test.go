package main

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// midday is a zone in which it is about noon now: nobody sleeps there.
func midday() string {
	ahead := 12 - time.Now().UTC().Hour()
	if ahead == 0 {
		return "UTC"
	}
	return fmt.Sprintf("Etc/GMT%+d", -ahead)
}

// appeared waits until a page shows something.
func (i *importer) appeared(path, what string, holds func(page string) bool) string {
	i.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		page := i.get(path)
		if holds(page) {
			return page
		}
		if time.Now().After(deadline) {
			i.t.Fatalf("%s never shows %s:\n%s", path, what, page)
		}
	}
}

// eventAnswer is what the API says of an event.
type eventAnswer struct {
	Result     string
	Invitation *struct{ State, Trigger, Flow string }
	NotAsked   *struct{ Reason, Rule, Words string } `json:"not_asked"`
	Asked      []struct {
		State     string
		Decisions []struct{ Decision, Reason, Rule, Words string }
	}
}

// tells tells of an event and returns what is answered.
func (c *caller) tells(body string) (a eventAnswer) {
	c.t.Helper()
	w, said := c.send(http.MethodPost, "/events", body)
	if err := json.Unmarshal(said, &a); err != nil || w.StatusCode >= http.StatusMultipleChoices {
		c.t.Fatalf("told: %s, %v: %s", w.Status, err, said)
	}
	return a
}

// knows waits until of an event something is known.
func (c *caller) knows(id string, holds func(eventAnswer) bool) (a eventAnswer) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(250 * time.Millisecond) { // a token is used only so fast
		_, said := c.send(http.MethodGet, "/events/till/"+id, "")
		a = eventAnswer{}
		if err := json.Unmarshal(said, &a); err == nil && holds(a) {
			return a
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("of %s nothing else is known: %s", id, said)
		}
	}
}

// Two services are told by HTTP to the real binary, on both engines: about one the customer is asked
// in their chat, and their answer opens a case, which the page of cases shows; about the next they are
// left in peace, and it is said why.
func TestAnEventBecomesACaseAndTheNextIsSuppressed(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			tg := telegramtest.New(t)
			ann := tg.NewUser("Ann Lee", "en")
			m := newMachine(t, map[string]string{
				"DATABASE_URL": db.url(t), "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_MODE": settings.Poll,
			})
			m.env["PUBLIC_URL"] = "http://" + m.address
			m.must("site", "add", "main", "--name", "Main Street", "--zone", midday())
			file := m.dir + "/triggers.yaml"
			write(t, file, "triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\n")
			m.must("triggers", "apply", file)
			token := strings.Fields(m.must("token", "create", "till", "--scope", "events:write"))[0]
			m.serve()
			connected(tg, settings.Poll)
			ann.Start(m.invite("--flow", "one_tap_csat", "--site", "main", "--customer", "C-1", "--channel", "telegram").Token)
			pickOption(ann, ann.Chat().WaitText("How satisfied"), 4).Answer()

			c := &caller{t: t, base: "http://" + m.address + "/api/v1", token: token}
			event := func(id string, ago time.Duration) string {
				return fmt.Sprintf(`{"source":"till","id":%q,"site":"main","service":"haircut","ended":%q,"customer":{"id":"C-1","reach":[{"telegram":"customer"}]}}`,
					id, time.Now().UTC().Add(-ago).Format(time.RFC3339))
			}
			if a := c.tells(event("1", time.Minute)); a.Result != "stored" || a.Invitation == nil || a.Invitation.Trigger != "visit" {
				t.Fatalf("it is answered %+v", a)
			}
			first := ann.Chat().WaitText("How satisfied or dissatisfied were you with your haircut?")
			pickOption(ann, first, 0).Answer()
			staff := signedIn(t, m)
			staff.appeared("/cases", "the case", func(page string) bool { return strings.Contains(page, "Ann Lee") })
			c.knows("1", func(a eventAnswer) bool {
				return len(a.Asked) == 1 && slices.Contains([]string{"sent", "started"}, a.Asked[0].State) && len(a.Asked[0].Decisions) == 1
			})

			if a := c.tells(event("2", 26*time.Hour)); a.NotAsked == nil || a.NotAsked.Reason != "pending" || a.NotAsked.Words == "" {
				t.Errorf("the next is answered %+v", a)
			}
			a := c.knows("2", func(a eventAnswer) bool { return len(a.Asked) == 1 && a.Asked[0].State == "suppressed" })
			if d := a.Asked[0].Decisions; len(d) != 1 || d[0].Reason != "pending" || d[0].Rule != "contact.pending" || d[0].Words == "" {
				t.Errorf("it was decided by %+v", d)
			}
			staff.appeared("/asking", "both", func(page string) bool {
				return strings.Contains(page, "answering now") || strings.Contains(page, "has not answered")
			})
		})
	}
}

// A sheet of 50 appointments is sent to the page of imports of the real binary: 20 customers are
// asked in Telegram, 10 in Slack, and for 20 there is a link to hand out; each is listed so.
func TestFiftyAppointmentsAreAskedWhereEachCanBe(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			tg, slack := telegramtest.New(t), slackfake.New(t)
			slack.SetSecond(20 * time.Millisecond)
			m := slackMachine(t, slack, db.url(t), bySocket)
			m.env["TELEGRAM_TOKEN"], m.env["TELEGRAM_API"], m.env["TELEGRAM_MODE"] = tg.Token, tg.URL, settings.Poll
			m.must("site", "add", "main", "--name", "Main Street", "--zone", midday())
			m.serve()
			connected(tg, settings.Poll)

			var sheet strings.Builder
			sheet.WriteString("Kundennr;Ende;Leistung;Telegram;Slack\n")
			ended := time.Now().UTC().Add(-20 * time.Hour).Format("2006-01-02 15:04")
			want := map[string]string{}
			row := func(customer, telegram, email, listed string) {
				fmt.Fprintf(&sheet, "%s;%s;cut;%s;%s\n", customer, ended, telegram, email)
				want[customer] = listed
			}
			var inTelegram []*telegramtest.User
			for i := range 20 {
				u := tg.NewUser(fmt.Sprintf("Tom %d", i), "en")
				u.Start("")
				inTelegram = append(inTelegram, u)
			}
			for i, u := range inTelegram {
				u.Chat().Wait("a greeting", func(all []telegramtest.Message) bool { return len(all) > 1 })
				row(fmt.Sprintf("T-%02d", i), fmt.Sprint(u.ID), "", "sent · Telegram")
			}
			var inSlack []*slackfake.User
			for i := range 10 {
				u := slack.NewUser(fmt.Sprintf("Sue %d", i), "en-GB")
				inSlack = append(inSlack, u)
				row(fmt.Sprintf("S-%02d", i), "", u.Email, "sent · Slack")
			}
			for i := range 20 {
				row(fmt.Sprintf("H-%02d", i), "", "", "handed out")
			}

			staff := signedIn(t, m)
			at := staff.send("appointments.csv", sheet.String())
			staff.post(at, url.Values{
				"do": {"check"}, "column0": {"customer"}, "column1": {"ended"}, "column2": {"service"}, "column3": {"telegram"}, "column4": {"slack_email"},
				"order": {"year-month-day"}, "site": {"main"}, "basis": {"contract"}, "ask": {"one_tap_csat"},
			})
			if page, _ := staff.until(at, 101); !strings.Contains(page, "<dt>Would be asked</dt><dd>50</dd>") {
				t.Fatalf("checked:\n%s", page)
			}
			staff.post(at, url.Values{"do": {"run"}})
			staff.until(at, 101)

			for _, u := range inTelegram {
				u.Chat().WaitText("How satisfied or dissatisfied were you with your cut?")
			}
			for _, u := range inSlack {
				u.Direct().WaitText("How satisfied or dissatisfied were you with your cut?")
			}
			listed := func(page string) (missing []string) {
				for customer, as := range want {
					_, behind, found := strings.Cut(page, ">"+customer+"<")
					line, _, _ := strings.Cut(behind, "</li>")
					if !found || !strings.Contains(html.UnescapeString(line), as) {
						missing = append(missing, customer)
					}
				}
				return missing
			}
			staff.appeared("/asking", "all fifty, each by itself and counted", func(page string) bool {
				return len(listed(page)) == 0 && strings.Contains(page, "<dt>sent</dt><dd>30</dd>") && strings.Contains(page, "<dt>handed out</dt><dd>20</dd>")
			})
			hand := staff.get("/asking/handout")
			for customer, as := range want {
				if has := strings.Contains(hand, customer); has != (as == "handed out") {
					t.Errorf("%s among the links to hand out: %v", customer, has)
				}
			}
			if links := strings.Count(staff.get("/asking/handout?as=csv"), "http://"+m.address+"/"); links != 20 {
				t.Errorf("%d links to hand out", links)
			}
			store := openStore(t, m)
			asked, err := store.Asks(t.Context(), storage.AskFilter{Since: time.Now().Add(-time.Hour), Limit: 100})
			if here(t, err); len(asked) != 50 {
				t.Errorf("%d asks", len(asked))
			}
		})
	}
}

// linkShown is where the list of links leads to one.
var linkShown = regexp.MustCompile(`href="/asking/links/([a-z2-9]{10})"`)

// Twenty people scan the code of one standing link at the counter, ten of them into a browser and ten
// into Telegram, at the real binary on both engines: each has a conversation of their own.
func TestTwentyPeopleScanOneCode(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			tg := telegramtest.New(t)
			m := newMachine(t, map[string]string{
				"DATABASE_URL": db.url(t), "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_MODE": settings.Poll,
			})
			m.env["PUBLIC_URL"] = "http://" + m.address
			m.must("site", "add", "main", "--name", "Main Street")
			m.serve()
			connected(tg, settings.Poll)
			staff := signedIn(t, m)
			staff.post("/asking/links/new", url.Values{"name": {"Counter"}, "flow": {"one_tap_csat"}, "site": {"main"}, "service": {"haircut"}, "language": {"en"}})
			found := linkShown.FindStringSubmatch(staff.get("/asking/links"))
			if found == nil {
				t.Fatal("the link is not listed")
			}
			id := found[1]

			var people sync.WaitGroup
			var talks sync.Map // addresses of conversations
			for i := range 10 {
				people.Go(func() {
					jar, _ := cookiejar.New(nil)
					r, err := (&http.Client{Jar: jar, Timeout: patience}).PostForm("http://"+m.address+"/s/"+id, url.Values{})
					if err != nil {
						t.Error(err)
						return
					}
					defer r.Body.Close()
					begun, err := io.ReadAll(r.Body)
					if _, twice := talks.LoadOrStore(r.Request.URL.Path, i); err != nil || twice || !strings.Contains(string(begun), "with your haircut?") {
						t.Errorf("person %d is at %s (as somebody else: %v), and reads:\n%s", i, r.Request.URL, twice, begun)
					}
				})
			}
			var inTelegram []*telegramtest.User
			for i := range 10 {
				u := tg.NewUser(fmt.Sprintf("P %d", i), "en")
				u.Start("s_" + id)
				inTelegram = append(inTelegram, u)
			}
			people.Wait()
			for _, u := range inTelegram {
				pickOption(u, u.Chat().WaitText("with your haircut?"), 4).Answer()
			}
			staff.appeared("/asking/links/"+id, "all twenty", func(page string) bool { return strings.Contains(page, "begun: 20") })
			counts, err := openStore(t, m).Counts(t.Context())
			if here(t, err); counts.Sessions != 10 || counts.Answers != 10 { // of a page nothing is stored before it is answered
				t.Errorf("%d conversations in chats, %d answers", counts.Sessions, counts.Answers)
			}
		})
	}
}

// inDoubt counts the messages of which the servers of a machine said that another may have sent them.
func inDoubt(t *testing.T, m *machine) (n int) {
	t.Helper()
	said := regexp.MustCompile(`settled deliveries in doubt.* count=(\d+)`)
	for _, log := range m.logs {
		for _, found := range said.FindAllStringSubmatch(log.String(), -1) {
			some, err := strconv.Atoi(found[1])
			if err != nil {
				t.Fatal(err)
			}
			n += some
		}
	}
	return n
}

// doubted are the people of these of whom a process found, when it began, that nobody knows whether the
// one before it had sent them a question.
func doubted(t *testing.T, store storage.Store, tg *telegramtest.Server, users []*telegramtest.User) (all []*telegramtest.User) {
	t.Helper()
	for _, u := range users {
		at := chat.Address{Platform: chat.Telegram, Account: strconv.FormatInt(tg.BotID, 10), Chat: strconv.FormatInt(u.ID, 10)}
		who := storage.Person{Platform: at.Platform, Account: at.Account, User: at.Chat}
		rows, err := store.Transcript(t.Context(), storage.BucketOf(who.Hash16(), store.Buckets()), at)
		here(t, err)
		if slices.ContainsFunc(rows, func(d storage.Delivery) bool { return d.Kind == storage.QuestionD && d.Repeated }) {
			all = append(all, u)
		}
	}
	return all
}

// Many customers of a sheet are asked in Telegram while the real process is killed with -9
// again and again: each has one conversation, which begins once, and the page says how far it has got.
// Who sees the question twice is one of those to whom it was on its way when a process died. Where all
// are asked faster than somebody looks, there are more of them.
func TestABroadcastThatIsKilledAsksNobodyTwice(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			for people := atLength(90, 150); broadcastsKilled(t, db.url(t), people) < 2 && !t.Failed(); people *= 3 {
				if people > 2000 {
					t.Fatalf("%d people are asked before a process was killed twice", people)
				}
			}
		})
	}
}

// broadcastsKilled asks so many people, and returns how often it was killed while it did so.
func broadcastsKilled(t *testing.T, database string, people int) (killed int) {
	t.Helper()
	tg := telegramtest.New(t)
	m := newMachine(t, map[string]string{
		"DATABASE_URL": database, "TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_MODE": settings.Poll, "LOG_LEVEL": "info",
	})
	m.env["PUBLIC_URL"] = "http://" + m.address
	m.must("site", "add", "main", "--name", "Main Street", "--zone", midday())
	server := m.serve()
	connected(tg, settings.Poll)
	var sheet strings.Builder
	sheet.WriteString("Kundennr;Ende;Telegram\n")
	ended := time.Now().UTC().Add(-20 * time.Hour).Format("2006-01-02 15:04")
	users := make([]*telegramtest.User, people)
	for i := range users {
		users[i] = tg.NewUser(fmt.Sprintf("Tom %d", i), "en")
		users[i].Start("")
		fmt.Fprintf(&sheet, "T-%d;%s;%d\n", i, ended, users[i].ID)
	}
	for _, u := range users {
		u.Chat().Wait("a greeting", func(all []telegramtest.Message) bool { return len(all) > 1 })
	}
	asked := func() (n int) {
		for _, u := range users {
			for _, said := range u.Chat().Messages() {
				if strings.Contains(said.Text, "How satisfied") {
					n++
					break
				}
			}
		}
		return n
	}
	staff := signedIn(t, m)
	at := staff.send("appointments.csv", sheet.String())
	staff.post(at, url.Values{
		"do": {"check"}, "column0": {"customer"}, "column1": {"ended"}, "column2": {"telegram"},
		"order": {"year-month-day"}, "site": {"main"}, "basis": {"contract"}, "ask": {"one_tap_csat"},
	})
	staff.until(at, 101)
	staff.post(at, url.Values{"do": {"run"}})
	for _, share := range []int{10, 35, 60} {
		for deadline := time.Now().Add(10 * patience); asked() < share; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d of %d are asked", asked(), people)
			}
		}
		if server.kill(); asked() < people {
			killed++
		}
		server = m.serve()
	}
	staff.appeared("/asking", "that all are asked", func(page string) bool {
		return strings.Contains(page, fmt.Sprintf("<dt>sent</dt><dd>%d</dd>", people))
	})
	for deadline := time.Now().Add(10 * patience); asked() < people; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d are asked", asked(), people)
		}
	}
	var twice []*telegramtest.User
	for _, u := range users {
		questions := 0
		for _, said := range u.Chat().Messages() {
			if strings.Contains(said.Text, "How satisfied") && !strings.Contains(said.Text, "(repeat)") {
				questions++
			}
		}
		if questions > 1 {
			twice = append(twice, u)
		}
	}
	server.stop()
	store := openStore(t, m)
	counts, err := store.Counts(t.Context())
	if here(t, err); counts.Sessions != people || counts.Failed != 0 {
		t.Errorf("%d conversations of %d people, %d not sent", counts.Sessions, people, counts.Failed)
	}
	of := doubted(t, store, tg, users)
	if said := inDoubt(t, m); len(of) > said {
		t.Errorf("%d people were in doubt, and the servers said so of %d messages", len(of), said)
	}
	for _, u := range twice {
		if !slices.Contains(of, u) {
			t.Errorf("%s sees the question twice, and nothing was in doubt there", u.Name)
		}
	}
	t.Logf("%d people were in doubt, %d see the question twice", len(of), len(twice))
	return killed
}
