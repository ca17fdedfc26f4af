package bot

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

func (w *world) feedback() []storage.Feedback {
	w.t.Helper()
	list, err := w.store.FeedbackList(context.Background(), 100)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func TestAComplaintWithoutASurveyOpensAP2AndARepeatAP1(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	ann := telegramUser("1", "Ann", "en")
	w.command(ann, "complain", "The floor was dirty.")
	k := w.onlyCase()
	switch {
	case k.Decision.Priority != recovery.P2:
		t.Errorf("k.Decision.Priority != recovery.P2: the complaint is %+v", k.Decision)
	case !cmp.Equal(k.Decision.Reasons, []recovery.Reason{recovery.ComplaintMade}):
		t.Errorf("!cmp.Equal(k.Decision.Reasons, []recovery.Reason{recovery.ComplaintMade}): the complaint is %+v", k.Decision)
	case len(k.Decision.Raised) != 0:
		t.Errorf("len(k.Decision.Raised) != 0: the complaint is %+v", k.Decision)
	}
	card := w.slots(staffTG, "case:")[0].Render
	switch {
	case !strings.Contains(card.Title, "Complaint"):
		t.Errorf(`!strings.Contains(card.Title, "Complaint"): the card is %q, %+v`, card.Title, card.Quotes)
	case len(card.Quotes) != 1:
		t.Errorf("len(card.Quotes) != 1: the card is %q, %+v", card.Title, card.Quotes)
	case card.Quotes[0].Text != "The floor was dirty.":
		t.Errorf(`card.Quotes[0].Text != "The floor was dirty.": the card is %q, %+v`, card.Title, card.Quotes)
	}
	w.acted(w.onlyCase(), recovery.NoAction{Reason: "known"})

	w.now = w.now.Add(24 * time.Hour)
	w.command(ann, "complain", "")
	w.say(ann, "It is still dirty.")
	var again storage.Case
	for _, c := range w.cases() {
		if c.ID != k.ID {
			again = c
		}
	}
	if again.Decision.Priority != recovery.P1 || !cmp.Equal(again.Decision.Raised, []recovery.Raise{recovery.RaiseRepeat}) {
		t.Errorf("the second complaint is %+v", again.Decision)
	}
	var kinds []string
	for _, f := range w.feedback() {
		kinds = append(kinds, string(f.Kind)+": "+f.Text)
		if f.Case == "" || f.Identity != ann.person().ID() {
			t.Errorf("the feedback is %+v", f)
		}
	}
	if diff := cmp.Diff([]string{"complaint: It is still dirty.", "complaint: The floor was dirty."}, kinds); diff != "" {
		t.Errorf("the feedback (-want +got):\n%s", diff)
	}
}

func TestAComplaintJoinsTheCaseThatIsOpen(t *testing.T) {
	w, ann := lowTap(t, staffTG)
	w.command(ann, "complain", "And it was cold.")
	k := w.onlyCase()
	if !cmp.Equal(k.Decision.Reasons, []recovery.Reason{recovery.PrimaryL2, recovery.CompositeL2, recovery.ComplaintMade}) {
		t.Errorf("the reasons are %v", k.Decision.Reasons)
	}
	switch f := w.feedback(); {
	case len(f) != 1:
		t.Errorf("len(f) != 1: the feedback is %+v", f)
	case f[0].Case != k.ID:
		t.Errorf("f[0].Case != k.ID: the feedback is %+v", f)
	case f[0].Site != "main-street":
		t.Errorf(`f[0].Site != "main-street": the feedback is %+v`, f)
	}
}

func TestASurveyGoesOnAfterAComplaint(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, InviteRequest{Flow: "post_service_3", Site: "main-street"})
	before := w.session(ann)
	w.command(ann, "suggest", "Open earlier.")
	if now := w.session(ann); now.ID != before.ID || now.Status != survey.Active {
		t.Errorf("the survey does not go on: %s, %s", now.Flow, now.Status)
	}
	w.press(ann, "5")
	if now := w.session(ann); len(now.Answers) != 1 {
		t.Errorf("the survey has %d answers", len(now.Answers))
	}
}

func TestAQuestionWaitsOnTheWatchListWhereStaffCanAnswerIt(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	ann := telegramUser("1", "Ann", "en")
	w.command(ann, "ask", "Are you open on Sunday?")
	k := w.onlyCase()
	switch {
	case !k.Watched():
		t.Errorf("!k.Watched(): the question is %+v, next at %v", k.Decision, k.Next)
	case k.Decision.Priority != recovery.None:
		t.Errorf("k.Decision.Priority != recovery.None: the question is %+v, next at %v", k.Decision, k.Next)
	case !k.Next.IsZero():
		t.Errorf("!k.Next.IsZero(): the question is %+v, next at %v", k.Decision, k.Next)
	}
	if n := w.bot.openings.sites(); len(n) != 0 {
		t.Errorf("questions count for storms: %v", n)
	}
	bob := w.member(1, "Bob", access.Agent)
	w.settle(staffTG)
	says(t, w.onCard(bob, staffTG, w.button(staffTG, "Take")), "Taken", false)
}

func TestWhoeverComplainsAtAnUnknownSiteIsAskedOnceAfterwards(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	w.linkChat("north", groupOf("2"), "nanjing")
	ann := telegramUser("1", "Ann", "en")
	w.command(ann, "complain", "Too loud.")
	chats := []chat.Address{staffTG, groupOf("2")}
	w.wantCards("nobody waits for the site", chats, 1, 0)
	tap := w.button(ann.address, "南京路店")
	eve := telegramUser("2", "Eve", "en")
	says(t, w.tap(eve, tap), "", true)
	w.wantCards("after a stranger's tap", chats, 1, 0)
	says(t, w.tap(ann, tap), "南京路店", false)
	w.wantCards("with the site", chats, 1, 1)
	if k := w.onlyCase(); k.Site != "nanjing" || w.session(ann).Site != "nanjing" {
		t.Errorf("the case is of %q", k.Site)
	}
	w.tap(ann, w.button(ann.address, "Change")) // the words may still be changed
	if rows := w.transcript(ann.address); len(rows) == 0 {
		t.Error("the chat is empty")
	}
}

func TestPhrasesBeginFeedbackWhereNothingElseWaitsForWords(t *testing.T) {
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		said string
		kind storage.FeedbackKind
		rest string
	}{
		{"Complaint", storage.Complaint, ""},
		{"I want to complain!", storage.Complaint, ""},
		{"I want to complain about the noise", storage.Complaint, "I want to complain about the noise"},
		{"complaints are boring", "", ""},
		{"Complaint handled really well, thank you", "", ""},
		{"投诉处理得很好,谢谢你们", "", ""},
		{"Queja resuelta muy rápido, gracias", "", ""},
		{"Complaint: nobody came", storage.Complaint, "Complaint: nobody came"},
		{"Quiero quejarme del camarero", storage.Complaint, "Quiero quejarme del camarero"},
		{"投诉", storage.Complaint, ""},
		{"我要投诉服务太差", storage.Complaint, "我要投诉服务太差"},
		{"建议：多开一个窗口", storage.Suggestion, "建议：多开一个窗口"},
		{"请问几点关门?", storage.Enquiry, "请问几点关门?"},
		{"Tengo una pregunta: ¿abren el domingo?", storage.Enquiry, "Tengo una pregunta: ¿abren el domingo?"},
		{"لدي شكوى", storage.Complaint, ""},
		{"Quejarse", "", ""},
		{"hello", "", ""},
	} {
		if kind, rest := texts.Phrase(c.said); kind != c.kind || rest != c.rest {
			t.Errorf("%q is %q, %q; want %q, %q", c.said, kind, rest, c.kind, c.rest)
		}
	}
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, InviteRequest{Flow: "post_service_3", Site: "main-street"})
	for range 3 {
		w.press(ann, "5")
	}
	w.say(ann, "Complaint") // the open question waits for words
	if n := len(w.session(ann).Answers); n != 4 {
		t.Errorf("there are %d answers", n)
	}
	if f := w.feedback(); len(f) != 0 {
		t.Errorf("an answer was taken for a complaint: %+v", f)
	}
	ben := telegramUser("2", "Ben", "en")
	w.say(ben, "I want to complain about the noise")
	if f := w.feedback(); len(f) != 1 || f[0].Kind != storage.Complaint {
		t.Errorf("the feedback is %+v", f)
	}
}

func TestTooLongAComplaintIsRefusedKindly(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.command(ann, "complain", strings.Repeat("x", survey.MaxText+1))
	rows := w.transcript(ann.address)
	switch {
	case len(rows) != 1:
		t.Errorf("len(rows) != 1: the chat shows %+v", rows)
	case !strings.Contains(rows[0].Render.Text, "too long"):
		t.Errorf(`!strings.Contains(rows[0].Render.Text, "too long"): the chat shows %+v`, rows)
	case len(w.cases()) != 0:
		t.Errorf("len(w.cases()) != 0: the chat shows %+v", rows)
	}
	w.command(ann, "complain", strings.Repeat("x", survey.MaxText))
	if len(w.cases()) != 1 {
		t.Error("a complaint of the most characters is refused")
	}
}

// A complaint makes an open case more urgent, by the command and by a phrase: also one of
// an earlier survey, whose conversation goes on.
func TestAComplaintJoinsTheOpenCase(t *testing.T) {
	for n := range 4 {
		later, command := n&1 != 0, n&2 != 0
		w := newWorld(t)
		setStaff(w.bot, staffTG)
		ann := telegramUser("1", "Ann", "en")
		w.customers, w.blocked = []chat.Address{ann.address}, map[chat.Address]bool{}
		w.started(ann, InviteRequest{Flow: "post_service_3", Site: "main-street"})
		for _, text := range []string{"4", "1"} { // one aspect at its lowest: P3
			w.press(ann, text)
		}
		w.command(ann, "cancel", "")
		if p := w.onlyCase().Decision.Priority; p != recovery.P3 {
			t.Fatalf("the case is %s", p)
		}
		if later {
			w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: "main-street"})
			w.command(ann, "cancel", "")
		}
		if command {
			w.command(ann, "complain", "The floor is wet. Somebody fell.")
			w.settleAll()
		} else {
			w.writes(ann, "I want to complain about the floor. Somebody fell.", "")
		}
		k := w.onlyCase()
		if k.Decision.Priority != recovery.P2 || !slices.Contains(k.Decision.Reasons, recovery.ComplaintMade) {
			t.Errorf("later %v, command %v: the case is %s because of %v", later, command, k.Decision.Priority, k.Decision.Reasons)
		}
		switch fs := w.feedback(); {
		case len(fs) != 1:
			t.Errorf("len(fs) != 1: later %v: feedback %+v", later, fs)
		case fs[0].Case != k.ID:
			t.Errorf("fs[0].Case != k.ID: later %v: feedback %+v", later, fs)
		case fs[0].Kind != storage.Complaint:
			t.Errorf("fs[0].Kind != storage.Complaint: later %v: feedback %+v", later, fs)
		}
		if title := w.newest(staffTG, "case").Render.Title; !strings.Contains(title, "P2") {
			t.Errorf("later %v: the card says %q", later, title)
		}
	}
}
