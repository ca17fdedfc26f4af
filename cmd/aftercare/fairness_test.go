package main

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
)

var hostileFlag = flag.Int("hostile", 100, "how many messages somebody sends to crowd others out")

// Attack H1, through the real binary: somebody who has a case writes and writes, so that both
// chats of staff have all that they take for minutes. The card of another customer, who is as
// unsatisfied as can be, is among the next three messages there all the same.
func TestH1NobodyCrowdsOutAnothersCard(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*crowding) func(text string){
		"Telegram": (*crowding).onTelegram, "Slack": (*crowding).onSlack, "the web": (*crowding).onTheWeb,
	} {
		t.Run("from "+name, func(t *testing.T) {
			if *hostileFlag < 1000 { // the figures are those of one flood at a time
				t.Parallel()
			}
			newCrowding(t).run(open)
		})
	}
}

// slowest is how long the slowest of that many percent of all took: 99 is the p99.
func slowest(took []time.Duration, percent int) time.Duration {
	slices.Sort(took)
	return took[(len(took)*percent+99)/100-1].Round(time.Millisecond)
}

// crowding is a machine with a chat of staff on each platform.
type crowding struct {
	t       *testing.T
	m       *machine
	tg      *telegramtest.Server
	slack   *slackfake.Server
	group   *telegramtest.Chat
	channel *slackfake.Channel
}

func newCrowding(t *testing.T) *crowding {
	tg, slack := telegramtest.New(t), slackfake.New(t)
	c := &crowding{t: t, tg: tg, slack: slack, group: tg.NewSupergroup("Staff"), channel: slack.NewChannel("cases")}
	c.m = slackMachine(t, slack, databases[0].url(t), bySocket)
	for name, value := range map[string]string{
		"TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_MODE": settings.Poll, "TELEGRAM_STAFF_CHAT": c.group.Address(),
		"SLACK_STAFF_CHANNEL": c.channel.ID, "PUBLIC_URL": "http://" + c.m.address,
	} {
		c.m.env[name] = value
	}
	c.m.must("site", "add", "main-street", "--name", "Main Street")
	c.m.must("site", "add", "quiet-lane", "--name", "Quiet Lane")
	return c
}

func (c *crowding) run(open func(*crowding) func(text string)) {
	t := c.t
	server := c.m.serve()
	connected(c.tg, settings.Poll)
	say := open(c)
	c.group.WaitText("Main Street")
	c.channel.WaitText("Main Street")
	tap := c.bystander()
	calm := make([]time.Duration, max(20, *hostileFlag/5)) // a hundredth of them is two, in the long run
	for i := range calm {
		calm[i] = tap()
	}
	crowded := []time.Duration{}
	for n := range *hostileFlag {
		say(fmt.Sprintf("Read this %d", n))
		if n%max(1, *hostileFlag/len(calm)) == 0 {
			crowded = append(crowded, tap())
		}
	}
	t.Attr("figure", fmt.Sprintf("another's taps meanwhile: acknowledged within %v (p99 of %d; half of them within %v), before it within %v (of %d; half within %v)",
		slowest(crowded, 99), len(crowded), slowest(crowded, 50), slowest(calm, 99), len(calm), slowest(calm, 50)))
	eventually(t, "all that was written", func() bool {
		stored := strings.TrimSpace(columns(t, c.m.env["DATABASE_URL"], "SELECT count(*) FROM words WHERE inbound"))
		n, err := strconv.Atoi(stored)
		return err == nil && n >= *hostileFlag
	})

	link := c.m.invite("--flow", "one_tap_csat", "--site", "quiet-lane", "--channel", "web")
	ann := newVisitor(t, "http://"+c.m.address)
	ann.name = "ann"
	page := ann.post("/chat/"+link.Token, "start", "1")
	ann.post("/chat/"+link.Token, "data", pickFrom(t, page, 0))
	opened := time.Now()
	for _, chat := range []struct {
		name string
		sent func() []showing
	}{{"Telegram", c.inGroup}, {"Slack", c.inChannel}} {
		before, at := len(chat.sent()), -1
		eventually(t, "Ann's card on "+chat.name, func() bool {
			at = slices.IndexFunc(chat.sent(), func(s showing) bool { return strings.Contains(s.what, "Quiet Lane") })
			return at >= 0
		})
		card := chat.sent()[at]
		if !strings.Contains(card.what, "P1") {
			t.Errorf("Ann's card on %s is not the most urgent: %s", chat.name, card.what)
		}
		if ahead := at - before; ahead >= 3 {
			t.Errorf("on %s %d messages came before Ann's card", chat.name, ahead)
		}
		if !t.Failed() {
			t.Attr("figure", fmt.Sprintf("%d messages before it: another's P1 card is in the chat of staff on %s after %.1f s, as number %d of what is sent there next",
				*hostileFlag, chat.name, max(0, card.at.Sub(opened)).Seconds(), max(1, at-before+1)))
		}
	}
	server.stop()
}

// bystander is another customer, who is satisfied: they tap what they have tapped before, which
// is stored as any tap is and shown to nobody. It returns how long a tap takes.
func (c *crowding) bystander() func() time.Duration {
	path := "/chat/" + c.m.invite("--flow", "one_tap_csat", "--site", "quiet-lane", "--channel", "web").Token
	bob := newVisitor(c.t, "http://"+c.m.address)
	bob.name = "bob"
	page := bob.post(path, "start", "1")
	satisfied := pickFrom(c.t, page, 4)
	return func() time.Duration {
		began := time.Now()
		bob.post(path, "data", satisfied)
		return time.Since(began)
	}
}

// showing is a request by which a chat of staff shows something new.
type showing struct {
	what string
	at   time.Time
}

func (c *crowding) inGroup() (all []showing) {
	for _, r := range c.tg.Requests("") {
		if r.Chat == c.group.Address() && (strings.HasPrefix(r.Method, "send") || r.Method == "editMessageText") {
			all = append(all, showing{fmt.Sprint(r.Params), r.At})
		}
	}
	return all
}

func (c *crowding) inChannel() (all []showing) {
	for _, r := range c.slack.Requests("") {
		said := fmt.Sprint(r.Params, r.Body)
		if (r.Method == "chat.postMessage" || r.Method == "chat.update") && strings.Contains(said, c.channel.ID) {
			all = append(all, showing{said, r.At})
		}
	}
	return all
}

// onTelegram is a customer there with a case, as onSlack and onTheWeb are: what they write
// goes to staff.
func (c *crowding) onTelegram() func(text string) {
	mallory := c.tg.NewUser("Mallory", "en")
	mallory.Start(c.m.invite("--flow", "one_tap_csat", "--site", "main-street", "--channel", "telegram").Token)
	pickOption(mallory, mallory.Chat().WaitText("How satisfied or dissatisfied were you"), 1)
	mallory.Send("/cancel")
	mallory.Chat().WaitText("The survey has ended")
	return func(text string) { mallory.Send(text) }
}

func (c *crowding) onSlack() func(text string) {
	mallory := c.slack.NewUser("Mallory", "en-GB")
	c.m.invite("--slack-user", mallory.ID, "--flow", "one_tap_csat", "--site", "main-street")
	mallory.Tap(mallory.Direct().WaitButton("2"), "2").WaitAcked()
	mallory.Command(mallory.Direct(), "cancel").WaitAcked()
	mallory.Direct().WaitText("The survey has ended")
	return func(text string) { mallory.Say(text) }
}

func (c *crowding) onTheWeb() func(text string) {
	link := c.m.invite("--flow", "one_tap_csat", "--site", "main-street", "--channel", "web")
	mallory := newVisitor(c.t, "http://"+c.m.address)
	mallory.name = "mallory"
	page := mallory.post("/chat/"+link.Token, "start", "1")
	mallory.post("/chat/"+link.Token, "data", pickFrom(c.t, page, 1))
	mallory.post("/chat/"+link.Token, "text", "/cancel")
	return func(text string) { mallory.post("/chat/"+link.Token, "text", text) }
}
