package storage

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
)

const (
	aSession = "0198c0de-0000-7000-8000-000000000001"
	aCase    = "0198c0de-0000-8000-8000-000000000002"
)

var (
	aGroup  = chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-1001"}
	aTopic  = chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-1001", Thread: "7"}
	aThread = chat.Address{Platform: chat.Slack, Account: "T1", Chat: "C1", Thread: "1722.000100"}
	aRoom   = chat.Address{Platform: chat.Web, Chat: "staff"}
	aWords  = Written{At: chat.Address{Platform: chat.Telegram, Account: "42", Chat: "99"}, Ref: "17"}
	inAForm = Written{Ref: "slack:V1:abc"}
)

// slots is every spelling that databases hold. A line may be added; one that changes makes
// rows of earlier releases unreachable.
var slots = []struct {
	text string
	slot Slot
}{
	{"i:" + aSession, Slot{Kind: IntroSlot, Owner: aSession}},
	{"q:" + aSession + ":0", Slot{Kind: QuestionSlot, Owner: aSession, Part: "0"}},
	{"q:" + aSession + ":0:left:1234", Slot{Kind: QuestionSlot, Owner: aSession, Part: "0", Left: "1234"}},
	{"q:" + aSession + ":0:left:q:" + aSession + ":0", Slot{Kind: QuestionSlot, Owner: aSession, Part: "0", Left: chat.Ref("q:" + aSession + ":0")}},
	{"t:" + aSession, Slot{Kind: ThanksSlot, Owner: aSession}},
	{"reply:" + aCase + ":0:telegram:42:99/17", Slot{Kind: ReplySlot, Owner: aCase, Part: "0", Of: aWords}},
	{"reply:" + aCase + ":f1:form/slack:V1:abc", Slot{Kind: ReplySlot, Owner: aCase, Part: "f1", Of: inAForm}},
	{"joined:" + aCase + ":0", Slot{Kind: JoinedSlot, Owner: aCase, Part: "0"}},
	{"closed:" + aCase + ":2", Slot{Kind: ClosedSlot, Owner: aCase, Part: "2"}},
	{"own:" + aCase + ":web:room:n.1:3", Slot{Kind: OwnSlot, Owner: aCase, Part: "web:room:n.1:3"}},
	{"n:" + aSession + ":later", Slot{Kind: NoticeSlot, Owner: aSession, Part: "later"}},
	{"n:" + aSession + ":tg:42:7:1", Slot{Kind: NoticeSlot, Owner: aSession, Part: "tg:42:7"}.Nth(1)},
	{"n::tg:42:7", Slot{Kind: NoticeSlot, Part: "tg:42:7"}.Nth(0)},
	{"case:" + aCase + ":telegram:42:-1001", Slot{Kind: CardSlot, Owner: aCase, At: aGroup}},
	{"case:" + aCase + ":telegram:42:-1001:7", Slot{Kind: CardSlot, Owner: aCase, At: aTopic}},
	{"case:" + aCase + ":web::staff", Slot{Kind: CardSlot, Owner: aCase, At: aRoom}},
	{"case:" + aCase + ":telegram:42:-1001:e:" + aSession, Slot{Kind: EventSlot, Owner: aCase, At: aGroup, Part: aSession}},
	{"case:" + aCase + ":telegram:42:-1001:7:e:" + aSession + ":2", Slot{Kind: EventSlot, Owner: aCase, At: aTopic, Part: aSession}.Nth(2)},
	{
		"case:" + aCase + ":slack:T1:C1:1722.000100:r:clock_struck:acknowledge-100-lead:260301T080000.000000",
		Slot{Kind: ReminderSlot, Owner: aCase, At: aThread, Part: Parts("clock_struck", "acknowledge-100-lead", "260301T080000.000000")},
	},
	{"relay:" + aCase + ":0:telegram:42:-1001/telegram:42:99/17", Slot{Kind: RelaySlot, Owner: aCase, Part: "0", At: aGroup, Of: aWords}},
	{"relay:" + aCase + ":1:web::staff/form/slack:V1:abc", Slot{Kind: RelaySlot, Owner: aCase, Part: "1", At: aRoom, Of: inAForm}},
	{"relay:" + aCase + ":photo-00ff:telegram:42:-1001:7", Slot{Kind: RelaySlot, Owner: aCase, Part: "photo-00ff", At: aTopic}},
	{"said:" + aCase + ":0:telegram:42:99/17>web::staff", Slot{Kind: SaidSlot, Owner: aCase, Part: "0", Of: aWords, At: aRoom}},
	{"lost:" + aCase + ":0:form/slack:V1:abc>telegram:42:-1001:7", Slot{Kind: LostSlot, Owner: aCase, Part: "0", Of: inAForm, At: aTopic}},
	{"mark:" + aCase + ":0:telegram:42:99/17", Slot{Kind: MarkSlot, Owner: aCase, Part: "0", Of: aWords}},
	{"mark:" + aCase + ":0:telegram:42:99/17>telegram:42:-1001", Slot{Kind: MarkSlot, Owner: aCase, Part: "0", Of: aWords, At: aGroup}},
	{"ask:" + aCase + ":r.price.3:tg:42:7", Slot{Kind: AskSlot, Owner: aCase, Part: "r.price.3", Key: "tg:42:7"}},
	{"stays:" + aCase + ":telegram:42:-1001", Slot{Kind: StaysSlot, Owner: aCase, At: aGroup}},
	{"aside:" + aSession + ":web::staff", Slot{Kind: AsideSlot, Owner: aSession, At: aRoom}},
	{"file:" + aSession + ":words:00ff00ff:telegram:42:-1001", Slot{Kind: FileSlot, Owner: aSession, Part: Parts("words", "00ff00ff"), At: aGroup}},
	{"praise:" + aCase + ":telegram:42:-1001", Slot{Kind: PraiseSlot, Owner: aCase, At: aGroup}},
	{"storm:main-street:1772352000:telegram:42:-1001", Slot{Kind: StormSlot, Owner: "main-street", Part: "1772352000", At: aGroup}},
	{"digest::1772352000:slack:T1:C1:1722.000100", Slot{Kind: DigestSlot, Part: "1772352000", At: aThread}},
	{
		"overdue:main-street:1772352000:acknowledge-100-lead:telegram:42:-1001:7",
		Slot{Kind: OverdueSlot, Owner: "main-street", Part: Parts("1772352000", "acknowledge-100-lead"), At: aTopic},
	},
	{"report:main-street:week-2026-03-02:telegram:42:-1001", Slot{Kind: ReportSlot, Owner: "main-street", Part: "week-2026-03-02", At: aGroup}},
	{"gone:front-desk:1772352000000000:web::staff", Slot{Kind: GoneSlot, Owner: "front-desk", Part: "1772352000000000", At: aRoom}},
	{"chat:tg:42:7", Slot{Kind: LinkedSlot, Key: "tg:42:7"}},
	{"hook:" + aCase + ":" + aSession + ":webhook:" + aSession + ":" + aCase, Slot{Kind: HookSlot, Owner: aCase, Part: aSession, At: chat.Address{Platform: chat.Hook, Account: aSession, Chat: aCase}}},
}

func TestSlotsKeepTheirSpelling(t *testing.T) {
	var kinds []SlotKind
	for _, row := range slots {
		if got := row.slot.String(); got != row.text {
			t.Errorf("the slot is spelled %q instead of %q", got, row.text)
		}
		got, ok := ParseSlot(row.text)
		if diff := cmp.Diff(row.slot, got); !ok || diff != "" {
			t.Errorf("%q is read as another slot (%v):\n%s", row.text, ok, diff)
		}
		kinds = append(kinds, row.slot.Kind)
	}
	for _, k := range SlotKinds() {
		if !slices.Contains(kinds, k) {
			t.Errorf("no spelling of the kind %q is kept", k)
		}
	}
}

func TestTextsThatAreNoSlots(t *testing.T) {
	for _, text := range []string{
		"", "q", "q:1", "x:1:2", "t:1:2", "case:1", "case:1:telegram:42", "case:1:::", "case:1:telegram:42:5:", "case:1:a:b:c:d:f",
		"q:1:2:left:", "relay:1:0:telegram:42:5/", "relay:1:0:telegram:42:5/17", "said:1:0:17>web::staff", "mark:1:0:form/", "storm:a:1",
		"file:1:words:telegram:42",
	} {
		if s, ok := ParseSlot(text); ok {
			t.Errorf("%q is read as the slot %+v", text, s)
		}
	}
	if text := (Slot{Kind: "unheard of", Owner: "1"}).String(); text != "" {
		t.Errorf("a slot of no kind is called %q, and an operation would take it", text)
	}
}

func TestASlotHasItsOwnersName(t *testing.T) {
	for _, row := range slots {
		if row.slot.Kind != LinkedSlot && SlotOwner(row.text) != row.slot.Owner {
			t.Errorf("the owner of %q is %q", row.text, SlotOwner(row.text))
		}
	}
}

func FuzzParseSlot(f *testing.F) {
	for _, row := range slots {
		f.Add(row.text)
	}
	f.Add("overdue:s:1:acknowledge-100-a:b:telegram:42:5")
	f.Add("said:c:0:web::a/x>y>web::b")
	f.Fuzz(func(t *testing.T, text string) {
		s, ok := ParseSlot(text)
		if !ok {
			return
		}
		if got := s.String(); got != text {
			t.Fatalf("%q is read as %+v, which is spelled %q", text, s, got)
		}
	})
}

func BenchmarkSlot(b *testing.B) {
	for b.Loop() {
		for _, row := range slots {
			_ = row.slot.String()
			_, _ = ParseSlot(row.text)
		}
	}
}
