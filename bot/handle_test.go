package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

var haircut = InviteRequest{Flow: "one_tap_csat", Site: "main-street", Event: map[string]string{"service_name": "Haircut"}}

// said are the texts that a chat shows and that begin with this prefix of a slot.
func (w *world) said(to chat.Address, prefix string) []string {
	w.t.Helper()
	var all []string
	for _, d := range w.transcript(to) {
		if strings.HasPrefix(d.Slot, prefix) {
			all = append(all, d.Render.Text)
		}
	}
	return all
}

// only fails unless there is exactly one answer, with this text.
func (w *world) only(got []chat.Answer, text string, alert bool) {
	w.t.Helper()
	want := []chat.Answer{{Text: text, Alert: alert}}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("the answers differ (-want +got):\n%s", diff)
	}
}

// rows is how many rows of buttons a question shows.
func (w *world) rows(c customer, question int) int {
	w.t.Helper()
	slot := questionSlot(w.session(c).ID, question)
	for _, d := range w.transcript(c.address) {
		if d.Slot == slot {
			return len(d.Render.Rows)
		}
	}
	w.t.Fatalf("question %d was never asked", question)
	return 0
}

func TestSomebodyElsesButtonDoesNothing(t *testing.T) {
	for _, buckets := range []int{1, 8} {
		t.Run(fmt.Sprint(buckets, " buckets"), func(t *testing.T) {
			w := newWorldOf(t, buckets)
			ann := telegramUser("1", "Ann", "en")
			w.started(ann, haircut)
			data := w.button(ann.address, "1")
			before := w.session(ann)
			for i := range 10 { // some of them share Ann's bucket
				eve := telegramUser(fmt.Sprint("666", i), "Eve", "es")
				w.only(w.tap(eve, data), "Este botón es de otra encuesta. No se cambió nada.", true)
				w.command(eve, "help", "")
				w.only(w.tap(eve, data), "Este botón es de otra encuesta. No se cambió nada.", true)
				group := w.update(eve, chat.Update{Kind: chat.Tap, Data: data})
				group.Private, group.From.Chat = false, "-5"
				w.only(w.handle(group), "Este botón es de otra encuesta. No se cambió nada.", true)
			}
			if diff := cmp.Diff(before, w.session(ann)); diff != "" {
				t.Errorf("somebody else changed Ann's survey:\n%s", diff)
			}
			if got := w.said(room, "case:"); len(got) != 0 {
				t.Errorf("staff were called: %q", got)
			}
			t.Attr("figure", "30 presses by others, also in a group: no effect")
		})
	}
}

func TestTapOnAFinishedSurveySaysSoAndTakesTheKeyboardAway(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	first := w.button(ann.address, "5")
	w.now = w.now.Add(100 * time.Hour)
	w.expire(w.session(ann))
	w.only(w.tap(ann, first), "This survey has ended.", true)
	if n := w.rows(ann, 0); n != 0 {
		t.Errorf("the old keyboard still has %d rows", n)
	}
	if s := w.session(ann); s.Status != survey.Expired || len(s.Answers) != 0 {
		t.Errorf("the session is %s with %d answers", s.Status, len(s.Answers))
	}
}

func TestTheSameTapTwiceChangesNothing(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	data := w.button(ann.address, "1")
	w.tap(ann, data)
	before, shown := w.session(ann), w.transcript(ann.address)
	w.only(w.tap(ann, data), "That is already your answer.", false)
	if diff := cmp.Diff(before, w.session(ann)); diff != "" {
		t.Errorf("the session changed:\n%s", diff)
	}
	if diff := cmp.Diff(shown, w.transcript(ann.address)); diff != "" {
		t.Errorf("the chat changed:\n%s", diff)
	}
}

func TestARedeliveredUpdateHasNoSecondEffect(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	u := w.update(ann, chat.Update{Kind: chat.Tap, Data: w.button(ann.address, "1")})
	w.handle(u)
	before := w.session(ann)
	if got := w.handle(u, u, u); len(got) != 0 {
		t.Errorf("a redelivery was answered: %v", got)
	}
	if diff := cmp.Diff(before, w.session(ann)); diff != "" {
		t.Errorf("the session changed:\n%s", diff)
	}
}

func TestDataThatIsNoButtonIsAnsweredPolitely(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	s := w.session(ann)
	for _, data := range []string{"", "hello", "1p", "9p" + strings.Repeat("A", 22), strings.Repeat("x", 64)} {
		w.only(w.tap(ann, data), "This button no longer works. Send /start to go on.", true)
	}
	for _, d := range []render.Tapped{
		{Verb: render.VerbPick, Session: s.ID, Question: 99, Option: 1},
		{Verb: render.VerbChange, Session: s.ID, Question: len(s.Order) + 40},
	} {
		w.only(w.tap(ann, d.Encode()), "This button no longer works. Send /start to go on.", true)
	}
	outside := render.Tapped{Verb: render.VerbPick, Session: s.ID, Question: 0, Option: 77}.Encode()
	if got := w.tap(ann, outside); len(got) != 1 {
		t.Errorf("an option that does not exist got %v", got)
	}
	if diff := cmp.Diff(s, w.session(ann)); diff != "" {
		t.Errorf("the session changed:\n%s", diff)
	}
}

func TestTooMuchTextIsRefusedKindlyAndAskedAgain(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "1")
	w.press(ann, "Skip")
	before := w.session(ann)
	w.say(ann, strings.Repeat("long ", 2000))
	after := w.session(ann)
	if after.Open != before.Open || len(after.Answers) != len(before.Answers) {
		t.Errorf("open %d, %d answers; want %d, %d", after.Open, len(after.Answers), before.Open, len(before.Answers))
	}
	notices := w.said(ann.address, "n:")
	if len(notices) != 1 || notices[0] != "Thank you, but that is too long. Please send at most 4000 characters." {
		t.Errorf("the customer was told %q", notices)
	}
	rows := w.transcript(ann.address)
	if last := rows[len(rows)-1]; last.Slot != questionSlot(after.ID, after.Open) {
		t.Errorf("the last message is %s; want the question again", last.Slot)
	}
	w.say(ann, "It was late.")
	if a, ok := w.session(ann).Answer("why_bad"); !ok || a.Text != "It was late." {
		t.Errorf("then a short text gave %+v", a)
	}
}

// The limit that is named is that of text, also where one choice or a number up to 20 is asked for: "at most
// 1 characters" was said there. The question waits.
func TestTooMuchTextNamesTheLimitOfTextWhateverIsAsked(t *testing.T) {
	for _, asked := range []string{
		"{key: here, options: [{key: a, label: Yes}, {key: b, label: No}], ask: Was it here?}", "{key: guests, number: {min: 1, max: 20}, ask: How many?}",
	} {
		for _, on := range []chat.Platform{chat.Telegram, chat.Slack, chat.Web} {
			p := power{asked: "\n  - " + asked}
			s := p.begun(t, on)
			told := s.sums(s.who.address)
			s.say(s.who, strings.Repeat("long ", 2000))
			if said := s.news(s.who.address, told); !strings.Contains(said, "at most 4000 characters") {
				t.Errorf("%s, %s: they are told %q", on, asked, said)
			}
			if now := s.session(s.who); now.Open != 1 || len(now.Answers) != 1 {
				t.Errorf("%s, %s: the question does not wait: %+v", on, asked, now.Session)
			}
		}
	}
}

func TestHostileTextIsStoredClean(t *testing.T) {
	w := newWorld(t)
	for i, c := range []struct{ in, want string }{
		{"a\x00b", "ab"},
		{"bad \xff\xfe utf8", "bad \uFFFD\uFFFD utf8"},
		{"\u202Eright to left\u202C", "\u202Eright to left\u202C"},
		{"👩‍👩‍👧‍👦 family", "👩‍👩‍👧‍👦 family"},
		{"<b>bold</b> {first_name} %s '; DROP TABLE answers; --", "<b>bold</b> {first_name} %s '; DROP TABLE answers; --"},
		{"e" + strings.Repeat("\u0301", 1000), "e" + strings.Repeat("\u0301", 1000)},
	} {
		ann := telegramUser(fmt.Sprint(i+1), "An\x00n\xff", "en")
		w.started(ann, haircut)
		w.press(ann, "1")
		w.press(ann, "Skip")
		w.say(ann, c.in)
		a, ok := w.session(ann).Answer("why_bad")
		if !ok || a.Text != c.want {
			t.Errorf("%q was stored as %q", c.in, a.Text)
		}
	}
	parked, err := w.store.ParkedUpdates(context.Background(), 10)
	if err != nil || len(parked) != 0 {
		t.Errorf("parked: %v, %v", parked, err)
	}
	t.Attr("figure", "every text is stored, or cleaned by the rule; none parked")
}

func TestUpdatesThatNobodyHandlesAreMarkedAsSeen(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	before := w.session(ann)
	shown := w.transcript(ann.address)
	for _, u := range []chat.Update{
		{Kind: chat.Other}, {Kind: "brand new"}, {Kind: chat.Joined},
	} {
		w.handle(w.update(ann, u))
	}
	group := w.update(ann, chat.Update{Kind: chat.Text, Text: "5"})
	group.Private, group.From.Chat = false, "-100"
	anonymous := w.update(ann, chat.Update{Kind: chat.Command, Command: "start"})
	anonymous.User = chat.User{}
	robot := w.update(ann, chat.Update{Kind: chat.Text, Text: "5"})
	robot.User.Bot = true
	w.handle(group, anonymous, robot)
	if diff := cmp.Diff(before, w.session(ann)); diff != "" {
		t.Errorf("the session changed:\n%s", diff)
	}
	if diff := cmp.Diff(shown, w.transcript(ann.address)); diff != "" {
		t.Errorf("the chat changed:\n%s", diff)
	}
	turn := storage.Turn{Key: group.Key, Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{}, nil }}
	err := w.store.Advance(context.Background(), w.bot.bucketOf(ann.person()), []storage.Turn{turn})[0]
	if !errors.Is(err, storage.ErrSeen) {
		t.Errorf("the update's key: %v; want it seen", err)
	}
}

func TestBlockedAndUnblocked(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	blocked := func() bool {
		id, err := w.store.Identity(context.Background(), w.bot.bucketOf(ann.person()), ann.person().ID())
		if err != nil {
			t.Fatal(err)
		}
		return !id.Blocked.IsZero()
	}
	w.handle(w.update(ann, chat.Update{Kind: chat.Blocked}))
	if !blocked() {
		t.Error("after blocking, the identity counts as reachable")
	}
	w.handle(w.update(ann, chat.Update{Kind: chat.Joined}))
	if blocked() {
		t.Error("after unblocking, the identity counts as blocked")
	}
}

func TestAMovedStaffChatGetsTheCards(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	moved := staffTG
	moved.Chat = "-100999"
	u := w.update(telegramUser("9", "", ""), chat.Update{Kind: chat.Moved, MovedTo: moved})
	u.From, u.Private = staffTG, false
	w.handle(u)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "1")
	if got := w.transcript(moved); len(got) != 1 {
		t.Errorf("the new chat has %d cards; want 1", len(got))
	}
	if other := w.newBot(); other.snap.Now().At(staffTG) != moved {
		t.Error("another program does not know of the move")
	}
}

func TestCaseEventsTellTheStory(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, InviteRequest{Flow: "ladder7_expect", Site: "main-street"})
	w.press(ann, "3")
	w.press(ann, "-2")
	w.say(ann, "hm, I do not know")
	s := w.session(ann)
	events, err := w.store.CaseEvents(context.Background(), s.Bucket, s.Case)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, e.Kind+": "+e.Detail+e.Note)
	}
	want := []string{"opened: P3 primary_L3, composite_L3", "joined: primary_L3, composite_L3, gap_-2", "raised: P2", "customer_wrote: hm, I do not know"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the case's history (-want +got):\n%s", diff)
	}
}

func TestWatchersWakeWhenTheirChatChanges(t *testing.T) {
	w := newWorld(t)
	woken, end := w.bot.Transcripts().Watch(room)
	defer end()
	other, endOther := w.bot.Transcripts().Watch(chat.Address{Platform: chat.Web, Chat: "nobody"})
	defer endOther()
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "1")
	select {
	case <-woken:
	default:
		t.Error("the room was not told of its card")
	}
	select {
	case <-other:
		t.Error("a chat without a change was woken")
	default:
	}
	rows, err := w.bot.Transcripts().Page(context.Background(), room, 0, 100)
	switch {
	case err != nil:
		t.Errorf("err != nil: the room shows %+v, %v", rows, err)
	case len(rows) != 1:
		t.Errorf("len(rows) != 1: the room shows %+v, %v", rows, err)
	case rows[0].Render.State != "open":
		t.Errorf(`rows[0].Render.State != "open": the room shows %+v, %v`, rows, err)
	}
}

// TestManyCallersAtOnce hands the same conversations over from several goroutines, as
// concurrent webhook calls do.
