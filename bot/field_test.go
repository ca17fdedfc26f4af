package bot

import (
	"context"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// fieldFlows are surveys of people who reported what went wrong with theirs.
var fieldFlows = map[string]string{
	"paid":   `questions: [` + fieldOverall + `, {key: paid, number: {min: 0, max: 100000}, ask: What did you pay?}]`,
	"accent": `languages: [es, ar]` + "\n" + `questions: [{key: overall, scale: csat5, primary: true, weight: 1, ask: {es: ¿Qué tal?, ar: كيف؟}}, {key: solved, scale: resolved3, ask: {es: ¿Resuelto?, ar: حل؟}}]`,
	"mood": `scales: {mood: {generator: ladder, options: [{value: 1, label: Awful, symbol: 😡}, {value: 2, label: Bad, symbol: 🙁}, {value: 3, label: So-so, symbol: 😐}, {value: 4, label: Good, symbol: 👍}, {value: 5, label: Great, symbol: ❤️}]}}
questions: [{key: overall, scale: mood, primary: true, weight: 1, ask: How was it?}]`,
	"several":   `questions: [` + fieldOverall + `, {key: what, max: 3, options: [{key: fd, label: "Food & drinks"}, {key: svc, label: Service}, {key: wifi, label: "Wi-Fi + TV"}, {key: none, label: None of these, exclusive: true}], ask: What was good?}]`,
	"tel":       `questions: [` + fieldOverall + `, {key: tel, contact: phone, ask: Where can we call you?}]`,
	"mail":      `questions: [` + fieldOverall + `, {key: mail, contact: email, ask: Your address?}]`,
	"said":      `questions: [` + fieldOverall + `, {key: n1, number: {min: 0, max: 9}, ask: How many nights?}, {key: sum, message: "You said {answer of n1} nights."}]`,
	"effort":    "scales: {effort: {generator: linear, min: 1, max: 5, min_text: Easy, max_text: Hard}}\n" + `questions: [` + fieldOverall + `, {key: eff, scale: effort, reverse: true, weight: 1, critical: 1, ask: How hard?}]`,
	"languages": "languages: [en, nb, he, id, fil]\n" + `questions: [{key: overall, scale: csat5, primary: true, weight: 1, ask: {en: EN, nb: NB, he: HE, id: ID, fil: FIL}}]`,
	"short":     `questions: [` + fieldOverall + `, {key: t, text: short, max: 10, ask: Say}]`,
	"levels": `questions: [` + fieldOverall + `, {key: hurt, options: [{key: "yes", label: Wrong}, {key: "no", label: Fine}], ask: Was anything wrong?},
  {key: bad, scale: yesno, when: {hurt: "yes"}, critical: 1, ask: Was it serious?}, {key: clean, scale: csat5, weight: 1, when: {bad: 1}, ask: And cleanliness?},
  {key: last, text: short, when: {clean: unsatisfied}, ask: What was dirty?}]`,
	"zero": "scales: {ten: {generator: linear, min: 0, max: 10}}\n" + `questions: [{key: rec, scale: ten, primary: true, weight: 1, critical: 0, ask: How easy?}, {key: n, number: {min: 0, max: 10}, ask: How many?}, {key: z, text: short, when: {n: 0}, ask: Why none?}]`,
	"faces": `scales: {faces: {options: [{value: 1, label: Sad, flag: unsatisfied, score: 0}, {value: 2, label: Meh, flag: neutral, score: 35}, {value: 3, label: Good, flag: satisfied, score: 70}, {value: 4, label: Love, flag: delighted, score: 100}]}}
questions: [{key: overall, scale: faces, primary: true, weight: 1, ask: How was it?}]`,
	"date":   `questions: [` + fieldOverall + `, {key: day, date: true, ask: When?}]`,
	"norway": `questions: [` + fieldOverall + `, {key: country, options: [{key: no, label: Norway}, {key: se, label: Sweden}], ask: Where?}, {key: city, text: short, when: {country: no}, ask: Which city?}]`,
}

const fieldOverall = `{key: overall, scale: csat5, primary: true, weight: 1, ask: How was it?}`

// TestWhatPeopleReportedGoesRight plays what people reported of chats that ask: each with what
// is right, through the whole bot. Steps are those of the golden conversations; shown are parts of what
// the chats show after the last step, "staff: " in front where staff see it; never is what no
// chat shows at all.
func TestWhatPeopleReportedGoesRight(t *testing.T) {
	oneTap := []string{"invite Ann flow=one_tap_csat site=main-street service_name=Haircut", "start"}
	of := func(flow string, more ...string) []string {
		return append([]string{"invite Ann flow=" + flow + " site=main-street service_name=Haircut", "start"}, more...)
	}
	in := func(flow, lang string, more ...string) []string {
		return append([]string{"invite Ann flow=" + flow + " site=main-street lang=" + lang, "start"}, more...)
	}
	for _, c := range []struct {
		name         string
		steps        []string
		shown, never []string
	}{
		{"a thumb that Slack spells", append(oneTap, "say :+1:"), []string{"answered: 4"}, []string{"1 – Very", "P1"}},
		{"a thumb that a person spells", append(oneTap, "say +1"), []string{"Very dissatisfied"}, []string{"answered: 1", "P1"}},
		{"a separator of thousands", of("paid", "tap 4", "say 1,000"), []string{"[1000]", "[1]"}, []string{"answered: 1\n"}},
		{"stop, in a word", append(oneTap, "say STOP"), []string{"no more surveys"}, []string{"staff sees"}},
		{"stop, at a question for words", append(oneTap, "tap 2", "tap Skip", "say Stop."), []string{"no more surveys"}, []string{"answered: Stop."}},
		{"a mark with its reason", append(oneTap, "say 2, it was too cold"), []string{"answered: 2", "staff: P2", "staff: it was too cold"}, []string{"No case is open"}},
		{"a mark, a dash and the reason", append(oneTap, "say 2 - too cold"), []string{"answered: 2", "staff: P2", "staff: too cold"}, nil},
		{"a judgement with its reason", append(oneTap, "say very dissatisfied because it took hours"), []string{"answered: 1", "staff: P1", "staff: took hours"}, nil},
		{"a complaint after the thanks", append(oneTap, "tap 5", "say But the stylist burned my ear and I want my money back"), []string{"staff: burned my ear", "complaint"}, []string{"nobody reads"}},
		{"an answer without its accent", in("accent", "es", "tap 4", "say si"), []string{"Sí, del todo"}, nil},
		{"an accent of its own", in("accent", "es", "tap 4", "say Si\u0301"), []string{"Sí, del todo"}, nil},
		{"letters without their vowel signs", in("accent", "ar", "say راض جدا"), []string{"✓ إجابتك: 5"}, nil},
		{"a skin tone", of("mood", "say 👍🏻"), []string{"answered: 4 – Good"}, nil},
		{"one sign three times", of("mood", "say 😡😡😡"), []string{"answered: 1 – Awful", "staff: P1"}, nil},
		{"two choices with & in one", of("several", "tap 5", "say Food & drinks, Service"), []string{"answered: Food & drinks, Service"}, nil},
		{"two choices by numbers", of("several", "tap 5", "say service and Wi-Fi + TV"), []string{"answered: Service, Wi-Fi + TV"}, nil},
		{"none of these", of("several", "tap 5", "tap Service", "tap None of these", "tap Done"), []string{"answered: None of these"}, []string{"answered: Service"}},
		{"a number with (0)", of("tel", "tap 4", "say +44 (0)20 7946 0000"), []string{"+442079460000"}, []string{"+4402"}},
		{"an address with a full stop", of("mail", "tap 4", "say ann@example.com."), []string{"answered: ann@example.com"}, []string{"answered: ann@example.com."}},
		{"an address with a space of no width", of("mail", "tap 4", "say ann@example.com\u200b"), []string{"answered: ann@example.com"}, []string{"answered: ann@example.com\u200b"}},
		{"an answer in later words", of("said", "tap 4", "say 3"), []string{"You said 3 nights."}, []string{"You said  nights", "{n1}"}},
		{"critical on a scale that is reversed", of("effort", "tap 4", "tap 5"), []string{"staff: P2", "staff: a critical answer"}, nil},
		{"the good end of a scale that is reversed", of("effort", "tap 4", "tap 1"), []string{"Thank you"}, []string{"staff sees"}},
		{"an old code of a language", in("languages", "iw"), []string{"HE\n", "[1 👎]", "[5 👍]"}, []string{"EN\n", "issatisfied"}},
		{"a macro code of a language", in("languages", "no"), []string{"NB\n", "[1 👎]", "[5 👍]"}, []string{"EN\n", "issatisfied"}},
		{"another language of the macro code", in("languages", "nn"), []string{"NB\n"}, []string{"EN\n"}},
		{"the oldest code of a language", in("languages", "in"), []string{"ID\n"}, []string{"EN\n"}},
		{"a language that goes by another name", in("languages", "tl"), []string{"FIL\n", "[1 👎]"}, []string{"EN\n"}},
		{"an answer in a language that the scale has no words in", in("languages", "iw", "tap 2"), []string{"✓ 2"}, []string{"answered: 2"}},
		{"something else, with its words", append(oneTap, "tap 2", "say something else: the parking"), []string{"answered: Something else", "the parking"}, nil},
		{"two families are two characters", of("short", "tap 4", "say 👨‍👩‍👧‍👦👨‍👩‍👧‍👦"), []string{"answered: 👨‍👩‍👧‍👦👨‍👩‍👧‍👦"}, []string{"at most 10"}},
		{"what hung on an answer that changed", of("levels", "tap 5", "tap Wrong", "tap Yes", "tap 1", "say floor", "tap Change the answer to: Was anything wrong?", "tap Fine"), []string{"staff: 👁"}, nil},
		{"nought is an answer", of("zero", "tap 0", "say 0"), []string{"Why none?", "staff: P"}, nil},
		{"four faces", of("faces", "tap 4"), []string{"answered: 4 – Love"}, []string{"staff sees"}},
		{"the worst of four faces", of("faces", "tap 1"), []string{"staff: P"}, nil},
		{"a digit of another script", append(oneTap, "say ٥"), []string{"answered: 5"}, nil},
		{"a date with two readings", of("date", "tap 4", "say 05/04/2018"), []string{"[2018-04-05]", "[2018-05-04]"}, []string{"answered: 2018"}},
		{"the key no", of("norway", "tap 4", "tap Norway"), []string{"Which city?"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &story{world: newWorldOf(t, 1), staff: room, team: make(map[string]customer), old: make(map[string]string)}
			setStaff(s.bot, room)
			for id, source := range fieldFlows {
				source = "flow: " + id + "\nclass: transactional\ntitle: F\n" + source
				if !strings.Contains(c.steps[0], "flow="+id+" ") {
					continue
				}
				if _, err := flowfile.Parse([]byte(source)); err != nil {
					t.Fatal(err)
				}
				if _, _, err := s.store.Publish(context.Background(), id, source, s.now); err != nil {
					t.Fatal(err)
				}
			}
			from := 0
			for _, step := range c.steps {
				from = s.out.Len()
				s.do(step)
			}
			last := s.out.String()[from:]
			var customer, staff strings.Builder
			to := &customer
			for line := range strings.Lines(last) {
				switch {
				case strings.HasPrefix(line, "staff sees"):
					to = &staff
				case strings.HasPrefix(line, "customer sees"), !strings.HasPrefix(line, " "):
					to = &customer
				}
				to.WriteString(line)
			}
			for _, want := range c.shown {
				words, forStaff := strings.CutPrefix(want, "staff: ")
				if seen := map[bool]string{true: staff.String(), false: customer.String()}[forStaff]; !strings.Contains(seen, words) {
					t.Errorf("nobody sees %q in\n%s", want, last)
				}
			}
			for _, never := range c.never {
				if strings.Contains(s.out.String(), never) {
					t.Errorf("somebody sees %q in\n%s", never, s.out.String())
				}
			}
		})
	}
}

// TestWhatWouldGoWrongIsSaidBeforeItIsPublished has surveys that people wrote and that did
// something else than they meant.
func TestWhatWouldGoWrongIsSaidBeforeItIsPublished(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][]string{
		`questions: [` + fieldOverall + `, {key: n1, number: {min: 0, max: 9}, ask: How many nights?}, {key: sum, message: "You said {n1} nights with {servce_name}."}]`:                                                  {"{n1}", "{answer of n1}", "{servce_name}", "service_name"},
		"scales: {effort: {generator: linear, min: 1, max: 5, min_text: Easy, max_text: Hard}}\n" + `questions: [` + fieldOverall + `, {key: eff, scale: effort, reverse: true, weight: 1, critical: 5, ask: How hard?}]`: {"the tap on 1", "Write 1 for the tap on 5"},
		`questions: [` + fieldOverall + `, {key: why, options: [{key: a, label: "I would rather have been told at the counter in advance that the part was not in stock, first"}, {key: b, label: Other}], ask: Why?}]`:   {"75"},
		`questions: [` + fieldOverall + `, {key: a, text: short, when: {all: [{overall: {below: 3}}, {overall: {above: 3}}]}, ask: never?}, {key: b, text: short, when: {a: {answered: true}}, ask: never?}]`:             {"\"a\"", "\"b\""},
	} {
		f, err := flowfile.Parse([]byte("flow: f\nclass: transactional\ntitle: F\n" + source))
		if err != nil {
			t.Errorf("%s\n%v", source, err)
			continue
		}
		var said strings.Builder
		for _, p := range survey.Check(f) {
			said.WriteString(p.Message + "\n")
		}
		for _, words := range want {
			if !strings.Contains(said.String(), words) {
				t.Errorf("nobody says %q of\n%s\n%s", words, source, said.String())
			}
		}
	}
}
