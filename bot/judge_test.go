package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// What the judge makes of answers is seen by those whom it is about: each key changes what the
// customer is asked and told, whether a case opens and how urgent it is, or what its card says.

// judged plays marks and taps of one customer in a survey and gives the case that it opened.
func (w *world) judged(c customer, r InviteRequest, taps ...string) (k recovery.Case, card string) {
	w.t.Helper()
	before := len(w.cases())
	w.started(c, r)
	for _, tap := range taps {
		w.press(c, tap)
	}
	w.settle(staffTG)
	if len(w.cases()) == before {
		return k, ""
	}
	k = w.newestCase(c).Case
	return k, drawn(w.newest(staffTG, "case").Render)
}

// Who was unsatisfied in the last 90 days, and is again, is more urgent by one step, and the card
// says so; after that time, from a neutral answer, or where a rule says no, they are not.
func TestASecondUnsatisfiedSurveyIsMoreUrgent(t *testing.T) {
	const says = "unsatisfied again within 90 days"
	for _, c := range []struct {
		name          string
		first, second string
		days          int
		tier          string
		opens         bool
		want          recovery.Priority
		raised        bool
	}{
		{"again after a week", "2", "2", 7, "", true, recovery.P1, true},
		{"again after 89 days", "2", "2", 89, "", true, recovery.P1, true},
		{"again after 91 days", "2", "2", 91, "", true, recovery.P2, false},
		{"first satisfied", "5", "2", 7, "", true, recovery.P2, false},
		{"then neutral, and valuable", "2", "3", 7, "MVC", true, recovery.P3, false},
		{"then satisfied", "2", "5", 7, "", false, recovery.None, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorldOf(t, 1)
			setStaff(w.bot, staffTG)
			ann := telegramUser("7001", "Ann", "en")
			r := InviteRequest{Flow: "one_tap_csat", Site: "main-street", Customer: "C-1"}
			w.judged(ann, r, c.first)
			w.now = w.now.Add(time.Duration(c.days) * 24 * time.Hour)
			if c.tier != "" {
				r.Event = map[string]string{"tier": c.tier}
			}
			k, card := w.judged(ann, r, c.second)
			if (card != "") != c.opens || k.Decision.Priority != c.want {
				t.Errorf("a case of priority %v: %t; want %v: %t", k.Decision.Priority, card != "", c.want, c.opens)
			}
			raised := fmt.Sprint(k.Decision.Raised)
			if strings.Contains(raised, string(recovery.RaiseRepeat)) != c.raised || c.raised && !strings.Contains(card, says) {
				t.Errorf("raised by %s; the card is\n%s", raised, card)
			}
		})
	}
}

// Answers that cannot all be meant are marked on the card.
func TestAnswersThatContradictEachOtherAreMarked(t *testing.T) {
	const says = "they contradict each other"
	for gap, want := range map[string]bool{"-2": true, "0": false} {
		w := newWorldOf(t, 1)
		setStaff(w.bot, staffTG)
		ann := telegramUser("7001", "Ann", "en")
		w.judged(ann, InviteRequest{Flow: "ladder7_expect", Site: "main-street"}, "7", gap)
		w.say(ann, "/complain It was awful.")
		w.settle(staffTG)
		card := drawn(w.newest(staffTG, "case").Render)
		if strings.Contains(card, says) != want {
			t.Errorf("7 and %q: the card is\n%s", gap, card)
		}
	}
}

// The lowest mark for one side of a service makes its survey one of somebody unhappy: they are
// asked what went wrong and whether they may be contacted, are not thanked as if pleased, and the
// card tells the mood of that mark.
func TestTheLowestMarkOfOneSideIsHeard(t *testing.T) {
	for speed, unhappy := range map[string]bool{"1": true, "2": false} {
		w := newWorldOf(t, 1)
		setStaff(w.bot, staffTG)
		ann := telegramUser("7001", "Ann", "en")
		k, card := w.judged(ann, InviteRequest{Flow: "post_service_3", Site: "main-street"}, "5", speed, "5")
		if (card != "") != unhappy || unhappy && k.Decision.Priority != recovery.P3 {
			t.Errorf("5, %s, 5: a case of priority %v: %t", speed, k.Decision.Priority, card != "")
		}
		if unhappy && (strings.Contains(card, "pleased") || !strings.Contains(card, "Mood to expect: indignant")) {
			t.Errorf("the mood of the card is another:\n%s", card)
		}
		shown := w.news(ann.address, nil)
		if strings.Contains(shown, "What went wrong?") != unhappy || strings.Contains(shown, "What could we do better") == unhappy {
			t.Errorf("5, %s, 5: they are asked\n%s", speed, shown)
		}
		if unhappy {
			w.press(ann, "Skip")
		}
		w.say(ann, "The queue.")
		asked := w.news(ann.address, nil)
		if strings.Contains(asked, "contact you about this") != unhappy || unhappy && strings.Contains(asked, "keep it that way") {
			t.Errorf("5, %s, 5: in the end they see\n%s", speed, asked)
		}
	}
}

// That no promise was made is an answer by which nothing was broken; a promise that was not kept
// is critical.
func TestThatNothingWasPromisedIsAnAnswer(t *testing.T) {
	for said, critical := range map[string]bool{"No": true, "Nothing was promised": false} {
		w := newWorldOf(t, 1)
		setStaff(w.bot, staffTG)
		ann := telegramUser("7001", "Ann", "en")
		k, _ := w.judged(ann, InviteRequest{Flow: "ladder7_expect", Site: "main-street"}, "6", "-1", "Skip", said)
		reasons := fmt.Sprint(k.Decision.Reasons)
		if strings.Contains(reasons, string(recovery.CriticalAnswer)) != critical {
			t.Errorf("%q: reasons %s", said, reasons)
		}
		want := recovery.P3
		if critical {
			want = recovery.P2
		}
		if k.Decision.Priority != want {
			t.Errorf("%q: priority %v, want %v", said, k.Decision.Priority, want)
		}
	}
}
