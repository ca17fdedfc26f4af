package bot

import (
	"os"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// power is one thing that a flow can say beyond marks and words: how it is written, how it is written
// wrong, and what comes of it in a chat.
type power struct {
	name  string
	keys  []string // of the file, which the schema and docs/flows.md name
	asked string   // the part of a flow file, below overall, a csat5
	wrong [2]string
	// play is what the customer does after a 5, and what must be so then: see fieldStory.
	play []string
}

// powers are what people who write surveys of this kind need most, in the order of the field's list.
var powers = []power{
	{
		"an answer in later words and links", nil, `
  - {key: order, text: short, ask: Which order?}
  - {key: late, scale: yesno, ask: "Was {answer of order} late?"}
  - {key: shop, message: "Look: https://shop.example/o?order={answer of order}"}`,
		[2]string{"Was {answer of order} late", "Was {answer of ordre} late"},
		[]string{"say A&B 1", "= customer: Was A&B 1 late?", "tap Yes", "= customer: https://shop.example/o?order=A%26B"},
	},
	{
		"other, with words",
		[]string{"other"},
		`
  - {key: what, options: [{key: taste, label: The taste}, {key: other, label: Something else, other: true}], ask: What was it?}`,
		[2]string{"other: true", "other: words"},
		[]string{"say something else: the parking", "= what: other, “the parking”"},
	},
	{
		"a choice that goes with no other, and a least number",
		[]string{"exclusive", "min"},
		`
  - {key: what, max: 3, min: 2, options: [{key: taste, label: The taste}, {key: price, label: The price}, {key: none, label: None of these, exclusive: true}], ask: What was it?}`,
		[2]string{"min: 2", "min: 4"},
		[]string{"tap The taste", "tap Done", "= what: -", "tap None of these", "tap Done", "= what: none"},
	},
	{
		"a matrix",
		[]string{"rows"},
		`
  - {key: quality, scale: csat5, ask: "How was {row}?", rows: [{key: food, label: the food}, {key: speed, label: the speed}]}`,
		[2]string{"key: speed", "key: food"},
		[]string{"= customer: How was the food?", "tap 4", "= customer: How was the speed?", "tap 3", "= food: 4", "= speed: 3"},
	},
	{
		"words that mean an option",
		[]string{"also"},
		`
  - {key: what, options: [{key: soup, label: Soup, also: [broth]}, {key: bread, label: Bread}], ask: What was it?}`,
		[2]string{"label: Bread", "label: Bread, also: [broth]"},
		[]string{"say broth", "= what: soup"},
	},
	{
		"a form, an example and words of one's own for what is wrong",
		[]string{"pattern", "example", "error"},
		`
  - {key: order, text: short, pattern: "[A-Z]{2}-[0-9]{4}", example: AB-1234, error: It stands at the top of your bill., ask: Which order?}`,
		[2]string{"[A-Z]{2}-[0-9]{4}", "[A-Z"},
		[]string{"= customer: AB-1234", "say 12", "= customer: It stands at the top of your bill.", "= order: -", "say CD-5678", "= order: CD-5678"},
	},
	{
		"whole numbers",
		[]string{"whole"},
		`
  - {key: guests, number: {min: 1, max: 20, whole: true}, ask: How many were you?}`,
		[2]string{"min: 1", "min: 21"},
		[]string{"say 2.5", "= guests: -", "say 3", "= guests: 3"},
	},
	{
		"days between two",
		[]string{"from", "until"},
		`
  - {key: day, date: {from: today-30d, until: today}, ask: When was it?}`,
		[2]string{"from: today-30d", "from: today+1d"},
		[]string{"say 2026-03-20", "= day: -", "say 2026-02-20", "= day: 2026-02-20"},
	},
	{
		"last words by condition",
		[]string{"thanks"},
		`
  - {key: name, text: short, ask: Your name?}
thanks:
  - {when: {overall: delighted}, say: "Tell others, {answer of name}."}`,
		[2]string{"overall: delighted", "overal: delighted"},
		[]string{"say Zoe", "= customer: Tell others, Zoe."},
	},
	{
		"not known, and rather not said",
		[]string{"dont_know", "prefer_not"},
		`
  - {key: guests, number: {min: 1, max: 20}, dont_know: true, ask: How many were you?}
  - {key: age, number: {min: 1, max: 120}, prefer_not: true, ask: How old are you?}`,
		[2]string{"dont_know: true", "dont_know: perhaps"},
		[]string{"tap I don’t know", "= guests: -", "= customer: don’t know", "tap I’d rather not say", "= age: -"},
	},
	{
		"words that a text mentions",
		[]string{"mentions"},
		`
  - {key: words, text: long, ask: Anything else?}
  - {key: doctor, text: short, when: {words: {mentions: [sick]}}, ask: Did you see a doctor?}`,
		[2]string{"mentions: [sick]", "mentions: []"},
		[]string{"say It made me SICK.", "= customer: Did you see a doctor?"},
	},
	{
		"a choice that calls staff",
		[]string{"critical"},
		`
  - {key: what, options: [{key: taste, label: The taste}, {key: ill, label: It made me ill}], critical: ill, ask: What was it?}`,
		[2]string{"critical: ill", "critical: sick"},
		[]string{"= case: none", "tap It made me ill", "! case: none"},
	},
	{
		"options in an order of one's own",
		[]string{"shuffle"},
		`
  - {key: what, shuffle: true, options: [{key: taste, label: The taste}, {key: price, label: The price}], ask: What was it?}`,
		[2]string{"shuffle: true", "shuffle: perhaps"},
		[]string{"tap The price", "= what: price"},
	},
	{
		"asked again so often, and then a person",
		[]string{"retries"},
		`
  - {key: guests, number: {min: 1, max: 20}, retries: 1, ask: How many were you?}
  - {key: words, text: long, ask: Anything else?}`,
		[2]string{"retries: 1", "retries: 10"},
		[]string{"say blah", "! customer: Anything else?", "say blah blah", "= guests: -", "= customer: Anything else?", "= staff: blah blah"},
	},
}

func (p *power) source() string {
	return "flow: powers\nclass: transactional\ntitle: Powers\nquestions:\n  - {key: overall, scale: csat5, primary: true, weight: 1, ask: How was it?}" + p.asked + "\n"
}

// What a flow can say beyond marks and words stands in the file's format, in its schema and in the docs,
// is refused where it is written wrong, and does what it says in each of the three chats.
func TestWhatAFlowCanSayIsSaidInThreeChats(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../docs/flows.md")
	if err != nil {
		t.Fatal(err)
	}
	schema := string(flowfile.Schema())
	for _, p := range powers {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for _, key := range p.keys {
				if !strings.Contains(schema, `"`+key+`": {`) {
					t.Errorf("the schema has no %s", key)
				}
				if !strings.Contains(string(docs), key+":") && !strings.Contains(string(docs), "`"+key+"`") {
					t.Errorf("docs/flows.md does not tell of %s", key)
				}
			}
			if broken := strings.Replace(p.source(), p.wrong[0], p.wrong[1], 1); broken == p.source() || !refused(broken) {
				t.Errorf("this is not refused:\n%s", broken)
			}
			if refused(p.source()) {
				t.Errorf("this is refused:\n%s", p.source())
			}
			for _, on := range []chat.Platform{chat.Telegram, chat.Slack, chat.Web} {
				p.played(t, on)
			}
		})
	}
}

// refused reports whether a flow file cannot be published.
func refused(source string) bool {
	f, err := flowfile.Parse([]byte(source))
	if err != nil {
		return true
	}
	for _, p := range survey.Check(f) {
		if p.Severity == survey.Fatal {
			return true
		}
	}
	return false
}

// begun is a conversation by the power's flow in a chat, after a 5.
func (p *power) begun(t *testing.T, on chat.Platform) *story {
	t.Helper()
	s := &story{world: newWorldOf(t, 1), staff: room, team: make(map[string]customer), old: make(map[string]string)}
	if _, _, err := s.store.Publish(t.Context(), "powers", p.source(), s.now); err != nil {
		t.Fatal(err)
	}
	s.do("invite Ann flow=powers site=main-street platform=" + string(on))
	if on == chat.Slack {
		s.who = slackUser("U7001", "Ann", "en")
	}
	s.do("start")
	s.do("tap 5")
	return s
}

// played plays a power in a chat.
func (p *power) played(t *testing.T, on chat.Platform) {
	t.Helper()
	s := p.begun(t, on)
	for _, line := range p.play {
		what, want, held := strings.Cut(line, ": ")
		if !held || strings.HasPrefix(line, "say ") {
			s.do(line)
			continue
		}
		if s.holds(what[2:], want) != (line[0] == '=') {
			t.Errorf("%s: %q does not hold:\n%s", on, line, s.out.String())
		}
	}
}
