package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// What was meant as an answer and is none is asked again, and staff can read it: on the note while
// there is no case, on the card once there is, and it calls nobody.
func TestWhatIsNoAnswerReachesStaff(t *testing.T) {
	for _, typed := range []string{"7", "0", "-1", "2.5", "+1", "9/10", "٧"} {
		t.Run(typed, func(t *testing.T) {
			w := newWorldOf(t, 1)
			setStaff(w.bot, staffTG)
			ann := telegramUser("7001", "Ann", "en")
			w.started(ann, haircut)
			w.say(ann, typed)
			w.settle(staffTG)
			if note := w.news(staffTG, nil); !strings.Contains(note, "“"+typed+"”") || !strings.Contains(note, "Note") {
				t.Errorf("staff see %q", note)
			}
			w.press(ann, "2")
			w.settle(staffTG)
			card := w.newest(staffTG, "case").Render
			if !strings.Contains(drawn(card), "Also wrote: “"+typed+"”") && !strings.Contains(drawn(card), ": “"+typed+"”") {
				t.Errorf("the card is\n%s", drawn(card))
			}
			if !w.onlyCase().Wrote.IsZero() {
				t.Error("the customer waits for an answer to it")
			}
			if n := len(w.shows(staffTG, relaySlot)); n != 0 {
				t.Errorf("%d messages below the card", n)
			}
		})
	}
}

// Where a case is open, what is no answer to the next question stands on its card: too many choices,
// a number out of range, a day that is none, the wrong form. No end of it is lost.
func TestWhatIsNoAnswerStandsOnTheCard(t *testing.T) {
	w := newWorldOf(t, 1)
	setStaff(w.bot, staffTG)
	ann := telegramUser("7001", "Ann", "en")
	source := `
flow: forms
class: transactional
title: Forms
questions:
  - {key: overall, scale: csat5, primary: true, weight: 1, ask: How was it?}
  - {key: what, max: 1, options: [{key: a, label: "1 bread"}, {key: b, label: "2 soup"}], ask: What was it?}
  - {key: paid, number: {min: 1, max: 100}, ask: What did you pay?}
  - {key: day, date: true, ask: When?}
  - {key: order, text: short, pattern: "[A-Z]{2}-[0-9]{4}", ask: Your order number?}
`
	if _, _, err := w.store.Publish(t.Context(), "forms", source, w.now); err != nil {
		t.Fatal(err)
	}
	w.started(ann, InviteRequest{Flow: "forms", Site: "main-street"})
	w.press(ann, "1")
	var said []string
	for _, step := range [][2]string{{"9", "2 soup"}, {"1,000,000", "10"}, {"99.99.2026", "2026-03-01"}, {"AB1234", ""}} {
		said = append(said, step[0])
		w.say(ann, step[0])
		if step[1] != "" {
			w.say(ann, step[1])
		}
	}
	w.settle(staffTG)
	card := drawn(w.newest(staffTG, "case").Render)
	for _, words := range said {
		if !strings.Contains(card, "“"+words+"”") {
			t.Errorf("%q is not on the card:\n%s", words, card)
		}
	}
	for i := range 20 {
		w.say(ann, "XY"+string(rune('a'+i))+"12")
	}
	w.settle(staffTG)
	all := w.news(staffTG, nil)
	for i := range 20 {
		if words := "XY" + string(rune('a'+i)) + "12"; !strings.Contains(all, words) {
			t.Errorf("%q is nowhere", words)
		}
	}
}

// Half of a number says who somebody is as well as the whole one: where staff know a customer by a
// pseudonym it is kept back.
func TestAMistypedNumberTellsNobodysName(t *testing.T) {
	for naming, shown := range map[string]bool{"named": true, "pseudonymous": false} {
		w := newWorldOf(t, 1)
		setStaff(w.bot, staffTG)
		ann := telegramUser("7001", "Ann", "en")
		source := `
flow: masked
class: transactional
title: Masked
identity: ` + naming + `
questions:
  - {key: overall, scale: csat5, primary: true, weight: 1, ask: How was it?}
  - {key: phone, contact: phone, ask: Your number?}
`
		if _, _, err := w.store.Publish(t.Context(), "masked", source, w.now); err != nil {
			t.Fatal(err)
		}
		w.started(ann, InviteRequest{Flow: "masked", Site: "main-street"})
		w.press(ann, "1")
		w.say(ann, "07700900")
		w.settle(staffTG)
		if got := strings.Contains(w.news(staffTG, nil), "07700900"); got != shown {
			t.Errorf("%s: staff see half of the number: %v", naming, got)
		}
	}
}

// Words that go with a choice are the customer's own: they stand where words stand, and a card that
// has them does not say that there are none.
func TestWordsOfAChoiceStandAsWords(t *testing.T) {
	for _, c := range []struct{ typed, words, chosen string }{
		{"something else: the parking", "the parking", "Something else"},
		{"price, something else: the parking", "the parking", "Price, Something else"},
		{"Something else - the soup was cold", "the soup was cold", "Something else"},
	} {
		w := newWorldOf(t, 1)
		setStaff(w.bot, staffTG)
		ann := telegramUser("7001", "Ann", "en")
		w.started(ann, haircut)
		w.press(ann, "2")
		w.say(ann, c.typed)
		w.settle(staffTG)
		m := w.newest(staffTG, "case").Render
		if len(m.Quotes) != 1 || m.Quotes[0].Text != c.words || strings.Contains(m.Text, "No words") {
			t.Errorf("%q: the card is\n%s", c.typed, drawn(m))
		}
		found := false
		for _, f := range m.Facts {
			found = found || f.Value == c.chosen
		}
		if !found {
			t.Errorf("%q: the card does not say %q:\n%s", c.typed, c.chosen, drawn(m))
		}
		w.say(ann, "And nobody told me.")
		w.settle(staffTG)
		if m = w.newest(staffTG, "case").Render; len(m.Quotes) != 2 || m.Quotes[0].Label != "Something else" {
			t.Errorf("%q: with more words the card is\n%s", c.typed, drawn(m))
		}
	}
}

// A wish for no more messages is heard whatever it replies to, whoever has the case knows of it, and
// it is answered once.
func TestAReplyMayAskForNoMore(t *testing.T) {
	for _, said := range []string{"stop sending me this", "Please don't write to me any more", "请不要再给我发消息了", "Por favor, no me escriban más", "من فضلكم لا تكتبوا لي بعد الآن"} {
		for _, of := range []string{replySlot} {
			w, ann, bob, _ := talk(t, staffTG)
			w.writes(ann, "It took an hour.", "")
			w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "I am sorry, Ann.")
			before := w.sums(ann.address)
			w.writes(ann, said, w.newest(ann.address, of).ShownRef)
			if id := w.identityOf(ann); id.Stopped.IsZero() {
				t.Errorf("%q in reply to %s stops nothing", said, of)
			}
			if staff := strings.Join(w.shows(staffTG, relaySlot), "\n"); !strings.Contains(staff, said) {
				t.Errorf("%q in reply to %s: staff see %q", said, of, staff)
			}
			if told := w.news(ann.address, before); !strings.Contains(told, "no more surveys") || strings.Contains(told, "The team can read") {
				t.Errorf("%q in reply to %s: Ann is told %q", said, of, told)
			}
		}
	}
	w, ann, bob, _ := talk(t, staffTG)
	w.writes(ann, "It took an hour.", "")
	w.replyIn(bob, staffTG, w.newest(staffTG, relaySlot).ShownRef, "I am sorry, Ann.")
	w.writes(ann, "please stop the music there", w.newest(ann.address, replySlot).ShownRef)
	if !w.identityOf(ann).Stopped.IsZero() {
		t.Error("whoever wants the music to stop gets no more surveys")
	}
}

// Whoever says outside any reply that they want no more is stopped, and their case hears of it.
func TestWhoHasTheCaseKnowsThatTheCustomerWantsNoMore(t *testing.T) {
	w, ann, _, _ := talk(t, staffTG)
	w.writes(ann, "stop messaging me", "")
	if staff := strings.Join(w.shows(staffTG, relaySlot), "\n"); !strings.Contains(staff, "stop messaging me") {
		t.Errorf("staff see %q", staff)
	}
}

func (w *world) identityOf(c customer) storage.Identity {
	w.t.Helper()
	id, err := w.store.Identity(w.t.Context(), w.bot.bucketOf(c.person()), c.person().ID())
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// A changed answer says from what to what: to the customer, in the first line of the card, and
// beside the answer on it.
func TestAChangedAnswerSaysFromWhatToWhat(t *testing.T) {
	for _, c := range []struct{ lang, customer, head, site string }{
		{"en", "4 – Satisfied (was 2)", "now 4, was 2 of 5", "main-street"},
		{"zh-Hans", "4 – 满意（原为2）", "现4，原2/5", "nanjing"},
	} {
		w := newWorldOf(t, 1)
		setStaff(w.bot, staffTG)
		ann := telegramUser("7001", "Ann", c.lang)
		w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: c.site, Language: c.lang})
		w.press(ann, "2")
		w.press(ann, map[string]string{"en": "Change", "zh-Hans": "修改"}[c.lang])
		w.press(ann, "4")
		w.settle(staffTG)
		if got := w.news(ann.address, nil); !strings.Contains(got, c.customer) {
			t.Errorf("%s: the customer sees\n%s", c.lang, got)
		}
		m := w.newest(staffTG, "case").Render
		if !strings.Contains(m.Title, c.head) || strings.Count(drawn(m), "原为")+strings.Count(drawn(m), "(was 2)") != 1 {
			t.Errorf("%s: the card is\n%s", c.lang, drawn(m))
		}
		// What was answered before it is not said of one that was only tapped again.
		w.press(ann, map[string]string{"en": "Change", "zh-Hans": "修改"}[c.lang])
		w.press(ann, "2")
		w.settle(staffTG)
		if m := w.newest(staffTG, "case").Render; !strings.Contains(m.Title, map[string]string{"en": "now 2, was 4 of 5", "zh-Hans": "现2，原4/5"}[c.lang]) {
			t.Errorf("%s: the title is %q", c.lang, m.Title)
		}
	}
}

// The question of a message is strong, whatever stands above it and below.
func TestTheQuestionIsStrong(t *testing.T) {
	strong := 0
	for _, m := range messages(t) {
		if m.m.Strong == "" {
			continue
		}
		if strong++; !strings.Contains(m.m.Text, m.m.Strong) {
			t.Errorf("%s: %q is no part of %q", m.where, m.m.Strong, m.m.Text)
		}
	}
	asked := 0
	for _, m := range messages(t) {
		if inChats(m) && m.slot.Kind == storage.QuestionSlot && len(m.buttons()) > 1 {
			if asked++; m.m.Strong == "" {
				t.Errorf("%s: no question is strong in %q", m.where, m.m.Text)
			}
		}
	}
	if strong < 50 || asked < 50 {
		t.Errorf("%d messages ask, %d have a strong question", asked, strong)
	}
}

// Who complains by themselves is asked one thing, without a greeting, and may leave it; the survey
// that was open before goes on.
func TestWhoComplainsIsAskedOneThing(t *testing.T) {
	w := newWorldOf(t, 1)
	setStaff(w.bot, staffTG)
	ann := telegramUser("7001", "Ann", "en")
	w.started(ann, haircut)
	before := w.sums(ann.address)
	w.command(ann, "complain", "")
	asked := w.news(ann.address, before)
	if strings.Contains(asked, "Hi ") || strings.Contains(asked, "under a minute") || strings.Contains(asked, "Later") || !strings.Contains(asked, "[Never mind]") {
		t.Errorf("the question is\n%s", asked)
	}
	before = w.sums(ann.address)
	w.press(ann, "Never mind")
	if told := w.news(ann.address, before); !strings.Contains(told, "All right.") || strings.Contains(told, "questions") {
		t.Errorf("they are told %q", told)
	}
	if n := len(w.cases()); n != 0 {
		t.Errorf("%d cases", n)
	}
	w.say(ann, "2")
	if s := w.session(ann); s.Flow != "one_tap_csat" || len(s.Answers) != 1 {
		t.Errorf("the survey does not go on: %+v", s.Session)
	}
}

// Whoever wants no more surveys while a case of theirs, or what they wrote outside of a survey, is
// with staff is told that it stays, in each chat and in whatever way they say so; and staff read what
// they wrote. On Telegram and Slack another survey is open by then. A page of the web chat has one survey:
// words that only may be a stop are said there to those who have the case.
func TestAStopReachesAnEarlierCase(t *testing.T) {
	const stays = "What you told us stays with the team"
	survey := InviteRequest{Flow: "post_service_3", Site: "main-street"}
	unhappy := func(w *world, ann customer) {
		w.begun(ann, survey)
		for range 3 {
			w.press(ann, "1")
		}
		w.press(ann, "Skip")
		w.say(ann, "I waited.")
		w.press(ann, "No, thanks")
	}
	earlier := map[string]func(*world, customer){
		"a case": unhappy,
		"an entry": func(w *world, ann customer) {
			w.begun(ann, survey)
			w.press(ann, "Not now")
			w.say(ann, "Your barber ruined my hair.")
		},
		"a case that is closed": func(w *world, ann customer) {
			unhappy(w, ann)
			w.acted(w.newestCase(ann), recovery.NoAction{Reason: "known"})
		},
	}
	ways := []struct {
		name, words string // words = what staff read
		stop        func(*world, customer) []chat.Answer
	}{
		{"a word", "STOP", func(w *world, ann customer) []chat.Answer { return w.say(ann, "STOP") }},
		{"a sentence", "unsubscribe me", func(w *world, ann customer) []chat.Answer { return w.say(ann, "unsubscribe me") }},
		{"a word said again", "enough", func(w *world, ann customer) []chat.Answer { w.say(ann, "enough"); return w.say(ann, "enough") }},
		{"a command", "", func(w *world, ann customer) []chat.Answer {
			if ann.address.Platform == chat.Slack {
				return w.slash(ann, "stop", "")
			}
			return w.command(ann, "stop", "")
		}},
		{"a button", "", func(w *world, ann customer) []chat.Answer {
			w.say(ann, "enough")
			return w.press(ann, "No more surveys")
		}},
	}
	for _, on := range []chat.Platform{chat.Telegram, chat.Slack, chat.Web} {
		for before, has := range earlier {
			for _, way := range ways {
				if on == chat.Web && (way.name == "a word said again" || way.name == "a button") {
					continue
				}
				w := newWorldOf(t, 1)
				setStaff(w.bot, staffTG)
				ann := w.visits(on, 0)
				has(w, ann)
				w.now = w.now.Add(time.Hour)
				if on != chat.Web {
					w.started(ann, haircut)
				}
				w.settle(staffTG)
				staff, told := w.sums(staffTG), w.sums(ann.address)
				answers := way.stop(w, ann)
				w.settle(staffTG)
				if w.identityOf(ann).Stopped.IsZero() {
					t.Errorf("%s, %s, %s: nothing is stopped", on, before, way.name)
				}
				open := before != "a case that is closed"
				said := w.news(ann.address, told)
				for _, a := range answers { // a command of Slack is answered beside
					said += a.Text
				}
				if strings.Contains(said, stays) != open || !strings.Contains(said, "no more surveys") || strings.Contains(said, "The team can read") {
					t.Errorf("%s, %s, %s: Ann is told %q", on, before, way.name, said)
				}
				if read := w.news(staffTG, staff); open && !strings.Contains(read, way.words) || way.words == "" && read != "" {
					t.Errorf("%s, %s, %s: staff read %q", on, before, way.name, read)
				}
			}
		}
	}
}
