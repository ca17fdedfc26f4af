package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// Staff act from the card in Slack, through the real binary: the first to take it has it,
// whoever comes later or may not act is told so alone, and the card is one message.
func TestACaseIsTakenAndResolvedFromItsCardOnSlack(t *testing.T) {
	t.Parallel()
	for i, db := range databases {
		transport := []string{byHTTP, bySocket}[i%2]
		t.Run(db.name+"/"+transport, func(t *testing.T) {
			t.Parallel()
			actOnSlack(t, db.url(t), transport)
		})
	}
}

func actOnSlack(t *testing.T, database, transport string) {
	slack := slackfake.New(t)
	staff := slack.NewChannel("cases")
	ann, bob, amy := slack.NewUser("Ann Lee", "en-GB"), slack.NewUser("Bob Ray", "en-GB"), slack.NewUser("Amy Low", "en-GB")
	eve := slack.NewUser("Eve Far", "en-GB")
	eve.Belong("T0ELSEWHERE")
	m := slackMachine(t, slack, database, transport)
	m.env["SLACK_STAFF_CHANNEL"] = staff.ID
	m.must("site", "add", "main-street", "--name", "Main Street")
	m.must("staff", "add", "bob", "--name", "Bob Ray", "--site", "main-street")
	m.must("staff", "add", "amy", "--name", "Amy Low", "--everywhere")
	server := m.serve()
	linkOnSlack(t, m, bob, "bob")
	linkOnSlack(t, m, amy, "amy")

	m.invite("--slack-user", ann.ID, "--flow", "one_tap_csat", "--site", "main-street")
	ann.Tap(ann.Direct().WaitButton("2"), "2").WaitAcked()
	card := staff.WaitButton("Take")
	says := func(press *slackfake.Press, words string) {
		t.Helper()
		press.WaitAcked()
		slack.Wait(words, func() bool {
			return slices.ContainsFunc(press.Whispers(), func(w slackfake.Whisper) bool { return strings.Contains(w.Text, words) })
		})
	}
	shows := func(words string) slackfake.Message {
		t.Helper()
		var now slackfake.Message
		slack.Wait("a card with "+words, func() bool {
			for _, each := range staff.FromApp() {
				if each.TS == card.TS {
					now = each
				}
			}
			return strings.Contains(now.Text, words)
		})
		return now
	}

	// The customer's, a stranger's and a foreigner's presses change nothing.
	for _, who := range []*slackfake.User{ann, eve} {
		says(who.Tap(card, "Take"), "Only staff of this site")
	}
	if now := shows("take by"); !slices.ContainsFunc(now.Buttons, func(b slackfake.Button) bool { return b.Text == "Take" }) {
		t.Errorf("after presses of outsiders the card is %s", now)
	}
	silently := func(press *slackfake.Press) {
		t.Helper()
		press.WaitAcked()
		if got := press.Whispers(); len(got) != 0 {
			t.Errorf("what the card and its thread say is whispered as well: %v", got)
		}
	}
	took := bob.Tap(card, "Take")
	taken := shows("Bob Ray")
	silently(took)
	if taken.Color != "#daa038" || slices.ContainsFunc(taken.Buttons, func(b slackfake.Button) bool { return b.Text == "Take" }) {
		t.Errorf("the taken card is %s, %s", taken.Color, taken)
	}
	says(amy.Tap(card, "Take"), "Bob Ray has had it") // with the button that she still saw

	// One keyboard in the card: what was wrong, and what was done.
	bob.Tap(taken, "Resolve").WaitAcked()
	bob.Tap(shows("What went wrong"), "○ Too slow").WaitAcked()
	var last slackfake.Message
	chosen := func(button string) slackfake.Message {
		slack.Wait("the menu with a choice", func() bool {
			last = shows("What went wrong")
			return slices.ContainsFunc(last.Buttons, func(b slackfake.Button) bool { return b.Text == button })
		})
		return last
	}
	bob.Tap(chosen("◉ Too slow"), "☐ Apology").WaitAcked()
	done := bob.Tap(chosen("☑ Apology"), "Resolve")
	now := shows("Resolved")
	silently(done)
	if now.Color != "#2eb886" || !strings.Contains(now.Text, "Too slow") || !strings.Contains(now.Text, "Apology") {
		t.Errorf("the resolved card is %s", now)
	}
	says(amy.Tap(last, "Resolve"), "by Bob Ray") // a resolved case resolved again

	// One card, with its story below it.
	slack.Wait("one card with its story below", func() bool {
		story, cards := 0, 0
		for _, each := range staff.FromApp() {
			switch each.Thread {
			case "":
				cards++
			case card.TS:
				story++
			}
		}
		return cards == 1 && story == len(staff.FromApp())-1 && story >= 2
	})
	for _, r := range slack.Refusals() {
		t.Errorf("Slack refused %v", r)
	}
	server.stop()
	counts, err := openStore(t, m).Counts(t.Context())
	if err != nil || counts.Cases != 1 || counts.Failed != 0 || counts.Parked != 0 || counts.Due != 0 {
		t.Errorf("stored %+v, %v", counts, err)
	}
}

// A survey opens where it was left: from a shortcut, the global one or that of anybody's
// message, by the command, and from the App Home.
func TestASurveyOpensFromAnywhere(t *testing.T) {
	t.Parallel()
	slack := slackfake.New(t)
	ann, general := slack.NewUser("Ann Lee", "en-GB"), slack.NewChannel("general")
	m := slackMachine(t, slack, "sqlite:"+filepath.Join(t.TempDir(), "a.db"), bySocket)
	m.must("site", "add", "main-street", "--name", "Main Street")
	server := m.serve()
	m.invite("--slack-user", ann.ID, "--flow", "post_service_3", "--site", "main-street", "--event", "service_name=haircut")
	dm := ann.Direct()
	first := openOnSlack(slack, ann, 1)
	ann.Tap(first, "Later").WaitAcked()
	dm.WaitText("Kept for you until")

	store := openStore(t, m)
	again := func(use func() *slackfake.Press, than string) slackfake.Message {
		t.Helper()
		// A question that is on its way just now is the last one, and not asked again.
		for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
			counts, err := store.Counts(t.Context())
			if err == nil && counts.Due == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("messages are still on their way: %+v, %v", counts, err)
			}
		}
		use().WaitAcked()
		var open slackfake.Message
		slack.Wait("the question below what was said last", func() bool {
			open = openOnSlack(slack, ann, 1)
			return open.TS > than
		})
		return open
	}
	second := again(ann.Shortcut, first.TS)
	ann.SayIn(general, "", "the printer is broken")
	third := again(func() *slackfake.Press { return ann.ShortcutOn(general.Messages()[0]) }, second.TS)
	fourth := again(func() *slackfake.Press { return ann.Command(general, "") }, third.TS)
	fifth := again(func() *slackfake.Press {
		ann.OpenHome().WaitAcked()
		return ann.Tap(ann.WaitHome(1), "Go on")
	}, fourth.TS)
	ann.Tap(fifth, "5").WaitAcked()
	slack.Wait("the answer in place of the buttons", func() bool { return strings.Contains(newestOf(dm, fifth.TS).Text, "You answered: 5") })
	if n := len(general.FromApp()); n != 0 {
		t.Errorf("%d messages of the survey are in a channel", n)
	}
	server.stop()
}

// newestOf is a message as it is now.
func newestOf(c *slackfake.Channel, ts string) slackfake.Message {
	for _, m := range c.Messages() {
		if m.TS == ts {
			return m
		}
	}
	return slackfake.Message{}
}

// A card that somebody deleted comes back with all it holds once it says something else, and goes on.
func TestADeletedCardComesBack(t *testing.T) {
	t.Parallel()
	slack, ann, staff, m := lowOnSlack(t)
	server := m.serve()
	card := staff.WaitButton("Take")
	staff.Delete(card.TS)
	ann.Tap(ann.Direct().WaitText("What was not good?"), "Skip").WaitAcked()
	ann.Direct().WaitText("We are sorry")
	ann.Say("the colour is wrong")
	var anew slackfake.Message
	slack.Wait("a new card", func() bool {
		all := staff.FromApp()
		i := slices.IndexFunc(all, func(each slackfake.Message) bool {
			return each.Thread == "" && strings.Contains(each.Text, "2 of 5") && strings.Contains(each.Text, "the colour is wrong")
		})
		if i >= 0 {
			anew = all[i]
		}
		return i >= 0
	})
	ann.Direct().WaitText("May someone from our team contact you")
	ann.Say("nobody came to help me") // which goes on with what was said
	slack.Wait("the words on the new card", func() bool { return strings.Contains(newestOf(staff, anew.TS).Text, "nobody came") })
	server.stop()
}

// Nobody hears of a case in a channel that was archived or that the app is not in: the
// operator sees which, and it is made good once the channel takes messages again.
func TestAChannelThatTakesNoCardsIsNoticed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil, mend func(*slackfake.Channel, *slackfake.User)
	}{
		"archived":             {func(ch *slackfake.Channel, _ *slackfake.User) { ch.Archive() }, func(ch *slackfake.Channel, _ *slackfake.User) { ch.Unarchive() }},
		"the app is not in it": {func(ch *slackfake.Channel, _ *slackfake.User) { ch.Kick() }, (*slackfake.Channel).Invite},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slack, ann, staff, m := lowOnSlack(t)
			c.spoil(staff, ann)
			server := m.serve()
			ann.Direct().WaitText("What was not good?") // the survey goes on
			eventually(t, "the chat that takes no messages in the list", func() bool {
				return strings.Contains(m.must("staff", "chat", "list"), "takes no messages: ")
			})
			if code, out, _ := m.run("doctor", "slack"); code != 1 || !strings.Contains(out, staff.ID) {
				t.Errorf("the doctor finds nothing: %d\n%s", code, out)
			}
			c.mend(staff, ann)
			staff.WaitButton("Take")
			slack.Wait("one card", func() bool { return len(staff.FromApp()) >= 1 })
			server.stop()
			counts, err := openStore(t, m).Counts(t.Context())
			if err != nil || counts.Cases != 1 || counts.Failed != 0 {
				t.Errorf("stored %+v, %v", counts, err)
			}
		})
	}
}

// eventually waits until ok, which is asked again and again.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	pause := 20 * time.Millisecond
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(pause) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for %s", patience, what)
		}
		pause = min(2*pause, 250*time.Millisecond) // some conditions cost a process
	}
}

// lowOnSlack is a machine on which a customer answered badly; the server is stopped.
func lowOnSlack(t *testing.T) (*slackfake.Server, *slackfake.User, *slackfake.Channel, *machine) {
	t.Helper()
	slack := slackfake.New(t)
	staff, ann := slack.NewChannel("cases"), slack.NewUser("Ann Lee", "en-GB")
	m := slackMachine(t, slack, "sqlite:"+filepath.Join(t.TempDir(), "a.db"), bySocket)
	m.env["SLACK_STAFF_CHANNEL"] = staff.ID
	server := m.serve()
	m.invite("--slack-user", ann.ID, "--flow", "one_tap_csat")
	question := ann.Direct().WaitButton("2")
	server.stop()
	ann.Tap(question, "2") // heard when the server runs again
	return slack, ann, staff, m
}

// A customer of Slack and staff in Slack: words, a file and a change come into the thread,
// the reply arrives in direct messages, and one that cannot arrive is told in words.
func TestStaffAndACustomerTalkOnSlack(t *testing.T) {
	t.Parallel()
	slack, ann, channel, m := lowOnSlack(t)
	bob := slack.NewUser("Bob Ray", "en-GB")
	m.must("staff", "add", "bob", "--name", "Bob Ray", "--everywhere")
	server := m.serve()
	linkOnSlack(t, m, bob, "bob")
	dm := ann.Direct()
	ann.Tap(dm.WaitText("What was not good?"), "Skip").WaitAcked()
	ann.Tap(dm.WaitText("We are sorry"), "Skip").WaitAcked()
	contact := dm.WaitText("May someone from our team contact you")
	ann.Act(contact, contact.Buttons[0]).WaitAcked()
	dm.WaitText("Thank you for telling us")
	card := channel.WaitButton("Reply")
	below := func(words string) slackfake.Message {
		t.Helper()
		var found slackfake.Message
		slack.Wait(words+" in the thread", func() bool {
			for _, each := range channel.FromApp() {
				if each.Thread == card.TS && strings.Contains(each.Text, words) {
					found = each
				}
			}
			return found.TS != ""
		})
		return found
	}
	reply := func(on slackfake.Message, text string) {
		t.Helper()
		bob.Tap(on, "Reply").WaitAcked()
		form := bob.WaitModal()
		if errs := form.Errors(form.Fill(map[string]string{form.Inputs[0].Label: text})); len(errs) != 0 {
			t.Fatalf("the reply is answered with %q", errs)
		}
	}

	ts := ann.Say("The printer <!here> is broken")
	below("The printer <!here> is broken")
	ann.Edit(dm, ts, "The printer upstairs is broken")
	words := below("The printer upstairs is broken")
	ann.Share("", "jam.png", "image/png")
	below("jam.png")

	reply(words, "We bring you another one.") // from the button below the customer's own words
	if got := dm.WaitText("We bring you another one."); !strings.Contains(got.Text, "Bob") {
		t.Errorf("the customer reads %q", got.Text)
	}
	slack.Wait("the mark on the reply", func() bool { return slices.Contains(below("We bring you another one.").Reactions, "white_check_mark") })

	ann.Disable()
	reply(newestOf(channel, card.TS), "It is on its way.")
	lost := below("did not")
	if !strings.Contains(lost.Text, "It is on its way.") || slices.Contains(lost.Reactions, "white_check_mark") {
		t.Errorf("of the reply that was lost the thread says %s", lost)
	}
	server.stop()
}
