package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// One case over two platforms, through the real binary on both databases: a customer of
// Telegram is unsatisfied, a member of staff takes the case in Slack and talks with them
// from there, and it ends when the customer says so.
func TestACaseFromTelegramIsRecoveredFromSlack(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			newRecovery(t, db.url(t)).run()
		})
	}
}

// recoveryRun is the customer's chat, the two chats of staff, and the machine.
type recoveryRun struct {
	t        *testing.T
	m        *machine
	tg       *telegramtest.Server
	slack    *slackfake.Server
	group    *telegramtest.Chat
	channel  *slackfake.Channel
	ann      *telegramtest.User
	bob, eve *slackfake.User
	card     slackfake.Message // as it was posted
	cardID   int               // of the card in the group
}

func newRecovery(t *testing.T, database string) *recoveryRun {
	tg, slack := telegramtest.New(t), slackfake.New(t)
	r := &recoveryRun{
		t: t, tg: tg, slack: slack, group: tg.NewSupergroup("Staff"), channel: slack.NewChannel("cases"),
		ann: tg.NewUser("Ann Lee", "en"), bob: slack.NewUser("Bob Ray", "en-GB"), eve: slack.NewUser("Eve Low", "en-GB"),
	}
	r.m = slackMachine(t, slack, database, bySocket)
	for name, value := range map[string]string{
		"TELEGRAM_TOKEN": tg.Token, "TELEGRAM_API": tg.URL, "TELEGRAM_MODE": settings.Poll, "TELEGRAM_STAFF_CHAT": r.group.Address(),
		"SLACK_STAFF_CHANNEL": r.channel.ID,
	} {
		r.m.env[name] = value
	}
	r.m.must("site", "add", "main-street", "--name", "Main Street", "--zone", daytimeZone())
	// The customer is asked whether it is settled after a moment instead of a day.
	rules := filepath.Join(r.m.dir, "recovery.yaml")
	write(t, rules, "rules:\n  follow_up: {after: 1s, close: 1d, daytime: 00:00-24:00}\n")
	r.m.must("recovery", "apply", rules)
	r.m.must("staff", "add", "bob", "--name", "Bob Ray", "--site", "main-street")
	return r
}

func (r *recoveryRun) run() {
	server := r.m.serve()
	connected(r.tg, settings.Poll)
	linkOnSlack(r.t, r.m, r.bob, "bob")
	r.complain()
	r.take()
	r.talk()
	r.resolve()
	r.notSettled()
	server.stop()
	r.stored(server)
}

// complain is the low tap: a card in Slack and one in Telegram.
func (r *recoveryRun) complain() {
	r.ann.Start(r.m.invite("--flow", "one_tap_csat", "--site", "main-street", "--event", "service_name=haircut").Token)
	pickOption(r.ann, r.ann.Chat().WaitText("How satisfied or dissatisfied were you with your haircut"), 1).Answer()
	r.card = r.channel.WaitButton("Take")
	r.cardID = r.group.WaitButton("Take").ID
	r.ann.Tap(r.ann.Chat().WaitButton("Skip"), "Skip").Answer()
	r.ann.Chat().WaitText("What went wrong")
	r.ann.Send("It took two hours.")
	contact := r.ann.Chat().WaitText("May someone from our team contact you")
	pickOption(r.ann, contact, 0).Answer()
	r.ann.Chat().WaitText("Thank you for telling us")
	r.cards("It took two hours.")
}

// cards waits until both cards hold these words, and returns them: they are those that
// were posted first.
func (r *recoveryRun) cards(words ...string) (slackfake.Message, telegramtest.Message) {
	r.t.Helper()
	holds := func(text string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
	}
	var here slackfake.Message
	var there telegramtest.Message
	r.slack.Wait("a card in Slack with "+strings.Join(words, ", "), func() bool {
		here = newestOf(r.channel, r.card.TS)
		return holds(here.Text)
	})
	r.group.Wait("a card in Telegram with "+strings.Join(words, ", "), func(all []telegramtest.Message) bool {
		for _, m := range all {
			if m.ID == r.cardID {
				there = m
			}
		}
		return holds(there.Text)
	})
	return here, there
}

// take is the first acting: an outsider is refused, the card says everywhere who has it.
func (r *recoveryRun) take() {
	card := newestOf(r.channel, r.card.TS)
	press := r.eve.Tap(card, "Take")
	press.WaitAcked()
	r.slack.Wait("a refusal", func() bool {
		return slices.ContainsFunc(press.Whispers(), func(w slackfake.Whisper) bool { return strings.Contains(w.Text, "Only staff of this site") })
	})
	r.bob.Tap(card, "Take").WaitAcked()
	here, there := r.cards("Bob Ray, contact by")
	for _, b := range here.Buttons {
		if b.Text == "Take" {
			r.t.Errorf("the taken card in Slack still offers Take: %s", here)
		}
	}
	if strings.Contains(there.String(), "[Take]") {
		r.t.Errorf("the taken card in Telegram still offers Take: %s", there)
	}
}

// talk is a reply from Slack, marked as arrived, and the answer to it in both threads. What
// staff say among themselves stays among them.
func (r *recoveryRun) talk() {
	const internal, reply, answer, edited = "she is difficult", "We are <sorry> & redo it for free.", "Thank you, on Tuesday?", "Thank you, on Wednesday?"
	r.bob.SayIn(r.channel, r.card.TS, internal)
	card, _ := r.cards("Bob Ray, contact by")
	r.bob.Tap(card, "Reply").WaitAcked()
	form := r.bob.WaitModal()
	if !strings.Contains(form.Text, "It took two hours.") {
		r.t.Errorf("the form does not quote the customer: %q", form.Text)
	}
	if errs := form.Errors(form.Fill(map[string]string{form.Inputs[0].Label: "   "})); len(errs) != 1 {
		r.t.Errorf("an empty reply is answered with %q", errs)
	}
	for range 2 { // submitted twice
		if errs := form.Errors(form.Fill(map[string]string{form.Inputs[0].Label: reply})); len(errs) != 0 {
			r.t.Errorf("the reply is answered with %q", errs)
		}
	}
	got := r.ann.Chat().WaitText(reply)
	if !strings.Contains(got.Text, "Bob (Main Street)") {
		r.t.Errorf("the customer is not told who writes: %q", got.Text)
	}
	r.cards("resolve by")
	r.slack.Wait("the reply in the thread, marked as arrived", func() bool {
		return slices.ContainsFunc(r.channel.FromApp(), func(m slackfake.Message) bool {
			return m.Thread == r.card.TS && strings.Contains(m.Text, reply) && slices.Contains(m.Reactions, "white_check_mark")
		})
	})
	r.group.Wait("the reply below the card in Telegram, marked as arrived", func(all []telegramtest.Message) bool {
		return slices.ContainsFunc(all, func(m telegramtest.Message) bool {
			return m.ReplyTo == r.cardID && strings.Contains(m.Text, reply) && m.Reaction != ""
		})
	})

	id := r.ann.Send(answer)
	r.inBoth(answer)
	r.ann.Edit(r.ann.Chat(), id, edited)
	r.inBoth(edited)

	replies := 0
	for _, m := range r.ann.Chat().FromBot() {
		if strings.Contains(m.Text, internal) {
			r.t.Errorf("the customer reads what staff said among themselves: %s", m)
		}
		if strings.Contains(m.Text, reply) {
			replies++
		}
	}
	if replies != 1 {
		r.t.Errorf("the customer got the reply %d times", replies)
	}
}

// inBoth waits for words of the customer's below both cards.
func (r *recoveryRun) inBoth(words string) {
	r.t.Helper()
	r.slack.Wait(words+" in the thread in Slack", func() bool {
		return slices.ContainsFunc(r.channel.FromApp(), func(m slackfake.Message) bool {
			return m.Thread == r.card.TS && strings.Contains(m.Text, words)
		})
	})
	r.group.Wait(words+" below the card in Telegram", func(all []telegramtest.Message) bool {
		return slices.ContainsFunc(all, func(m telegramtest.Message) bool { return m.ReplyTo == r.cardID && strings.Contains(m.Text, words) })
	})
}

// resolve closes the case by the menus in Slack.
func (r *recoveryRun) resolve() {
	press := func(card slackfake.Message, text string) {
		r.t.Helper()
		r.bob.Tap(card, text).WaitAcked()
	}
	menu := func(words, button string) slackfake.Message {
		r.t.Helper()
		var now slackfake.Message
		r.slack.Wait("the button "+button, func() bool {
			now = newestOf(r.channel, r.card.TS)
			return strings.Contains(now.Text, words) && slices.ContainsFunc(now.Buttons, func(b slackfake.Button) bool { return b.Text == button })
		})
		return now
	}
	press(menu("waits for Bob Ray", "Resolve"), "Resolve")
	press(menu("What went wrong", "○ Too slow"), "○ Too slow")
	press(menu("What went wrong", "◉ Too slow"), "☐ Apology")
	press(menu("Too slow → Apology", "☑ Apology"), "Resolve")
	r.cards("Resolved", "Too slow", "Apology", "Bob Ray")
	r.ann.Chat().WaitText("We consider this settled")
}

// daytimeZone is a zone in which it is day now: nobody is asked at night.
func daytimeZone() string {
	switch hour := time.Now().UTC().Hour(); {
	case hour >= 10 && hour < 18:
		return "UTC"
	case hour >= 2 && hour < 10:
		return "Asia/Shanghai"
	}
	return "America/Los_Angeles"
}

// notSettled is the survey afterwards, in the chat where the customer answered the first:
// it is not settled, and the same two cards say that the case is open again.
func (r *recoveryRun) notSettled() {
	asked := r.ann.Chat().WaitText("How satisfied or dissatisfied are you with how we handled your concern?")
	pickOption(r.ann, asked, 4).Answer()
	settled := r.ann.Chat().WaitText("Is the matter settled for you?")
	pickOption(r.ann, settled, 2).Answer()
	here, there := r.cards("not settled, says")
	if here.Color != "#a30200" || !slices.ContainsFunc(here.Buttons, func(b slackfake.Button) bool { return b.Text == "Take" }) {
		r.t.Errorf("the reopened card in Slack is %s, %s", here.Color, here)
	}
	if !strings.Contains(there.String(), "[Take]") {
		r.t.Errorf("the reopened card in Telegram is %s", there)
	}
}

// stored looks at what is left once the server has stopped.
func (r *recoveryRun) stored(server *instance) {
	r.t.Helper()
	counts, err := openStore(r.t, r.m).Counts(r.t.Context())
	if err != nil || counts.Cases != 1 || counts.Failed != 0 || counts.Parked != 0 {
		r.t.Errorf("stored %+v, %v", counts, err)
	}
	for _, bad := range r.slack.Refusals() {
		r.t.Errorf("Slack refused %v", bad)
	}
	for _, bad := range r.tg.Refusals() {
		if !ofAKill.MatchString(bad.Description) {
			r.t.Errorf("Telegram refused %s: %d %s", bad.Method, bad.Code, bad.Description)
		}
	}
	for _, canary := range []string{r.slack.BotToken, r.slack.AppToken, r.tg.Token, "two hours", "difficult", "redo it", "Tuesday"} {
		if strings.Contains(server.log.String(), canary) {
			r.t.Errorf("the log holds %q", canary)
		}
	}
}
