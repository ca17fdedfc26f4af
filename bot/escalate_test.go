package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
)

// reminders are how many lines were put below the cards in each chat.
func (w *world) reminders(all ...chat.Address) []int {
	w.t.Helper()
	n := make([]int, len(all))
	for i, at := range all {
		for _, d := range w.transcript(at) {
			if strings.Contains(d.Slot, ":r:") {
				n[i]++
			}
		}
	}
	return n
}

func TestEveryStepOfTheEscalationCallsThoseWhoMustHear(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	bob := w.member(1, "Bob", access.Agent)
	lea := w.member(2, "Lea", access.Lead)
	mo := w.member(3, "Mo", access.Admin)
	chats := []chat.Address{staffTG, bob.address, lea.address, mo.address}
	w.lows(100, 1, "main-street", "2") // a P2: thirty minutes to take it
	for _, c := range []struct {
		wait      time.Duration
		cards     []int
		reminders []int
	}{
		{14 * time.Minute, []int{1, 0, 0, 0}, []int{0, 0, 0, 0}},
		{time.Minute, []int{1, 0, 0, 0}, []int{1, 0, 0, 0}},
		{15 * time.Minute, []int{1, 0, 1, 0}, []int{2, 0, 1, 0}},
		{29 * time.Minute, []int{1, 0, 1, 0}, []int{2, 0, 1, 0}},
		{time.Minute, []int{1, 0, 1, 1}, []int{3, 0, 2, 1}},
	} {
		w.now = w.now.Add(c.wait)
		for range 2 { // sweeping again changes nothing
			w.sweep()
		}
		what := fmt.Sprintf("after %v", w.now.Sub(monday))
		w.wantCards(what, chats, c.cards...)
		if diff := cmp.Diff(c.reminders, w.reminders(chats...)); diff != "" {
			t.Errorf("%s: reminders (-want +got):\n%s", what, diff)
		}
	}
	w.settle(lea.address)
	says(t, w.tap(lea, w.button(lea.address, "Take")), "Taken · A-1", false)
	if card := w.slots(staffTG, "case:")[0].Render; card.State != "taken" {
		t.Errorf("the card of the team says %q", card.Title)
	}
}

func TestOutsideHoursAP1CallsWhoIsOnCallIfSomebodyIs(t *testing.T) {
	for _, c := range []struct {
		onCall string
		want   []int
	}{{"night", []int{1, 1, 0}}, {"", []int{1, 0, 0}}} {
		w := newWorld(t)
		setStaff(w.bot, staffTG)
		amy := w.member(1, "Amy", access.Agent)
		lea := w.member(2, "Lea", access.Lead)
		w.withRules(func(r *recovery.Rules) {
			r.OnCall = c.onCall
			r.Hours.Week[time.Monday] = []recovery.Interval{{From: 18 * 60, To: 20 * 60}} // it is ten o'clock in Berlin
		})
		w.bot.snap.Change(func(n *snapshot.Snapshot) {
			n.Policy.Routing.Receivers = map[recovery.Receiver]recovery.Audience{"night": {Staff: []string{"amy"}}}
		})
		w.lows(100, 1, "main-street", "1")
		w.sweep()
		w.wantCards(fmt.Sprintf("on call: %q", c.onCall), []chat.Address{staffTG, amy.address, lea.address}, c.want...)
	}
}

func TestAMutePutsTheEscalationOff(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	lea := w.member(1, "Lea", access.Lead)
	chats := []chat.Address{staffTG, lea.address}
	w.lows(100, 1, "main-street", "2")
	w.lows(200, 1, "main-street", "1")
	until := w.now.Add(3 * time.Hour)
	w.withRules(func(r *recovery.Rules) { r.Mutes = []recovery.Mute{{Until: until}} })
	w.now = w.now.Add(45 * time.Minute)
	w.sweep()
	w.wantCards("in the mute only the P1 calls the lead", chats, 2, 1)
	w.now = until
	w.sweep()
	w.wantCards("after it the other one does", chats, 2, 2)
}

func TestWhereNobodyLeadsTheUsualChatIsReminded(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	w.lows(100, 1, "main-street", "2")
	w.now = w.now.Add(30 * time.Minute)
	w.sweep()
	w.wantCards("no card is doubled", []chat.Address{staffTG}, 1)
	if got := w.reminders(staffTG)[0]; got == 0 {
		t.Error("nobody was reminded")
	}
}

func TestAStormThatWaitsCallsTheLeadOnce(t *testing.T) {
	w := newWorldOf(t, 2)
	setStaff(w.bot, staffTG)
	lea := w.member(1, "Lea", access.Lead)
	w.withRules(func(r *recovery.Rules) { r.Storm = recovery.Storm{Cases: 3, Within: recovery.Span(time.Minute)} })
	w.lows(100, 12, "main-street", "2")
	w.tell()
	w.now = w.now.Add(30 * time.Minute)
	w.sweep()
	w.tell()
	w.tell()
	if got := w.slots(lea.address, "overdue:"); len(got) != 1 || !strings.Contains(got[0].Render.Text, "Salon Anna") {
		t.Errorf("the lead is told %+v", got)
	}
}
