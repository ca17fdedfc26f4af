package bot

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	diffs "github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// promising are the words by which a text promises something, or says that it is so, in each
// language.
var promising = map[string]*regexp.Regexp{
	"en":      regexp.MustCompile(`(?i)\b(will|within|passed on|told|tells|delivered|here|nobody|with the team|the team can|the team|call you|call or write|sees to it|takes care|we keep (?:this|that|your)|stays open|kept for later|name\} never does)\b`),
	"zh-Hans": regexp.MustCompile(`会|将|[时钟天}]内|转达|转给|送达|这里|没有人|无人|团队`),
	"es":      regexp.MustCompile(`(?i)(?:^|\P{L})(?:\p{L}+(?:remos|rán|rá)|en un plazo|en menos de|transmit\p{L}+|entregad\p{L}+|aquí|nadie|equipo)(?:\P{L}|$)`),
	"ar":      regexp.MustCompile(`(?:^|[\s،:(])(?:سوف|س[أنتي]\p{L}{3,}|خلال|نُ?بلّ?غ|أُبلغ|وصلت?|هنا|لا أحد|الفريق|فريقنا)`),
}

// promise is where a text is shown and what it says is kept, and where it would not be kept and
// is not shown. Each is a golden conversation of testdata, "file: words", where the words are what
// keeps the promise (after a "!", what would break it and does not happen), or a test of
// playedTests. The text is read in the one, and not in the other.
type promise struct{ kept, withheld string }

// promises are all texts that promise something to customers or staff.
var promises = map[string]promise{
	"heard":                     {"later.txt: == 👁 ", "nobody_hears.txt: Thank you. We keep this."},
	"heard_quiet":               {"pulse_words.txt: !staff sees", "later.txt: The team can read this."},
	"heard_added_team":          {"after_the_end.txt: == 👁 ", "nobody_hears.txt: We keep this."},
	"words_joined":              {"played/flood.txt: Nobody listens (30)", "later.txt: The team can read this."},
	"edit_kept":                 {"edited.txt: I changed this", "later.txt: The team can read this."},
	"heard_kept":                {"nobody_hears.txt: !staff sees", "later.txt: The team can read this."}, // and see TestWhatIsSaidToBeKeptIsKept
	"thanks_complaint_kept":     {"nobody_hears.txt: !staff sees", "complain.txt: == 🔴 "},
	"thanks_suggestion_kept":    {"nobody_hears.txt: !staff sees", "complain.txt: Suggestion"},
	"thanks_question_kept":      {"nobody_hears.txt: !staff sees", "complain.txt: Question"},
	"only_text":                 {"web.txt: “📷 photo”", "later.txt: Kept for you until"},
	"notice_paused":             {"later.txt: > tap Go on\ncustomer sees", "stop_words.txt: > say STOP"},
	"notice_paused_page":        {"later_web.txt: > tap 4\ncustomer sees", "later.txt: Kept for you until"},
	"prompt_note":               {"talk.txt: !Careful, she is a regular.\ncustomer sees", "later.txt: Kept for you until"},
	"stopped":                   {"TestWhoStoppedIsNotAskedAfterTheService", "later.txt: Kept for you until"},
	"home_off":                  {"TestAHomePageShowsSurveysAndWishesAndToStaffTheCases", "TestWhoStoppedIsNotAskedAfterTheService"},
	"thanks_pulse":              {"staff_pulse.txt: !staff sees", "one_tap_satisfied.txt: Your answers help us"},
	"stopped_case":              {"stop_words.txt: sees instead (case:", "stop_words_es.txt: Activarlas de nuevo"},
	"intro_pulse_web":           {"pulse_web.txt: Your answers call nobody", "web.txt: 1 question, under a minute"},
	"intro_privacy_pulse":       {"staff_pulse.txt: !staff sees", "later.txt: under a minute. /privacy"},
	"thanks_unsatisfied":        {"promises.txt: I am sorry, Ann.", "promises_over.txt: We will look into it."},
	"thanks_unsatisfied_open":   {"promises_over.txt: == 🔴 ", "one_tap_satisfied.txt: Your answers help us"},
	"thanks_no_contact":         {"post_service_composite.txt: == 🔴 ", "promises.txt: will contact you within"},
	"thanks_neutral":            {"own_bands_neutral.txt: !== 🔴", "one_tap_satisfied.txt: Your answers help us"},
	"thanks_complaint":          {"complain.txt: == 🔴 ", "nobody_hears.txt: We keep your message."},
	"thanks_suggestion":         {"complain.txt: Suggestion", "nobody_hears.txt: We keep your suggestion."},
	"thanks_question":           {"complain.txt: Question", "nobody_hears.txt: We keep your question."},
	"web_way":                   {"web_way.txt: +44 20 7946 0000", "promises.txt: will contact you within"},
	"joined":                    {"talk_web.txt: I am sorry, Ann.", "promises_over.txt: We will look into it."},
	"thanks_unsatisfied_phone":  {"by_phone.txt: Yes, by phone · +442079460000", "promises.txt: will contact you within"},
	"thanks_declined":           {"later.txt: == 👁 ", "one_tap_satisfied.txt: Your answers help us"},
	"notice_too_late":           {"changed.txt: It is really a 2.", "later.txt: Kept for you until"},
	"closed":                    {"talk.txt: == 🟢 Resolved", "promises.txt: will contact you within"},
	"arrived":                   {"TestStaffAndACustomerTalk", "TestAnAnswerOnAPageCountsOnceItIsSeen"},
	"lost_title":                {"TestWhatACustomerDoesNotGetIsSaidInWords", "TestStaffAndACustomerTalk"},
	"lost_unknown":              {"TestAReplyGivenUpInDoubtIsSaidInWords", "TestWhatACustomerDoesNotGetIsSaidInWords"},
	"staff_unknown":             {"TestOnlyAReplyToTheCustomersWordsReachesThem", "TestStaffAndACustomerTalk"},
	"card_unseen":               {"TestAnAnswerOnAPageCountsOnceItIsSeen", "TestStaffAndACustomerTalk"},
	"privacy":                   {"data.txt: == 👁 ", "later.txt: Kept for you until"},
	"privacy_page":              {"data_web.txt: == 👁 ", "web.txt: 1 question, under a minute"},
	"privacy_seen":              {"data.txt: == 👁 ", "data_deaf.txt: We keep your"},
	"menu_complain":             {"complain.txt: == 🔴 ", "nobody_hears.txt: We keep your message."},
	"erased_farewell":           {"TestWhoIsErasedIsToldSo", "TestWhoStoppedIsNotAskedAfterTheService"},
	"reminder_acknowledge":      {"clocks.txt: nobody has it, late since", "talk.txt: I am so sorry"},
	"reminder_acknowledge_soon": {"clocks.txt: nobody has it, 15 min left", "talk.txt: I am so sorry"},
	"chat_gone":                 {"TestAChatOfStaffThatIsGoneIsSaidInTheOthers", "TestStaffAndACustomerTalk"},
	"link_told":                 {"TestEveryLinkIsLoggedAndToldToTheOtherChats", "TestSomebodyElsesButtonDoesNothing"},
}

// noPromise are texts that hold such a word and promise nothing by it.
var noPromise = []string{
	"type_answer", "write_here", "file_unknown", "file_kept_back", "no_file_here", "privacy_days_conversations", "ask_due", "refused_nameless",
	"refused_not_theirs", "chat_not_here", "thanks_partial", "intro_after", "privacy_asks_copy", "privacy_asks_erase", "home_cases",
	"refused_contact_only_here", "relay_reply", "file_not_sent", "notice_day_range", "asknow_nobody", "asknow_not", "fallback_agent_or_team", "team",
	"raise_repeat_90_days", "menu_privacy", "home_later", "improved", "endpoint_off", "return_says",
}

// noPromiseIn are texts that hold such a word in one language alone and promise nothing by it.
var noPromiseIn = map[string][]string{
	"zh-Hans": {
		"asknow_link", "card_earlier", "chat_linked", "code_seen", "form_reply_note", "home_on", "link_web", "only_text", "prompt_contact", "reason_nps_0_3",
		"reason_nps_4_6", "refused_plan_past", "refused_snooze_past", "return_chance", "staff_stays_thread", "thanks_satisfied", "welcome",
	},
	"es": {"alarm_errs_week", "cause_tangibles", "form_due_is", "link_web", "prompt_agree", "prompt_contact", "welcome"},
	"ar": {"arrived_after_all", "asknow_several", "asknow_waits", "card_earlier", "in_span", "intro_recovery", "link_unknown", "link_web", "reason_remark", "welcome"},
}

// A text with a word of promise is shown where it is kept, and is not shown where it would not
// be: one that names no such pair is a promise that nobody watches.
func TestEveryPromiseIsKeptOrNotMade(t *testing.T) {
	said, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	played := playTests(t)
	english := said.Of("en").Plain
	for id, p := range promises {
		if english[id] == "" {
			t.Errorf("there is no text %s", id)
			continue
		}
		conversation := func(where string) (shown string) {
			file, words, golden := strings.Cut(where, ": ")
			if !golden {
				if _, known := playedTests[where]; !known {
					t.Errorf("%s: %s is no test that is played", id, where)
				}
				return played[where]
			}
			b, err := os.ReadFile(filepath.Join("testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			if shown = string(b); strings.HasPrefix(file, "played/") { // too much to be kept as it is shown
				shown = play(t, shown)
			}
			broken, not := strings.CutPrefix(words, "!")
			if not == strings.Contains(shown, broken) {
				t.Errorf("%s: %s does not bear out %q", id, file, words)
			}
			return shown
		}
		reads := func(where string) bool { // in whatever language it is held
			shown := conversation(where)
			return slices.ContainsFunc([]string{"en", "zh-Hans", "es", "ar"}, func(lang string) bool { return shows(shown, said.Of(lang).Plain[id]) })
		}
		if !reads(p.kept) {
			t.Errorf("%s, %q, is not shown in %s", id, english[id], p.kept)
		}
		if reads(p.withheld) {
			t.Errorf("%s is shown in %s, where it would not be kept", id, p.withheld)
		}
	}
	for lang, words := range promising {
		for id, text := range said.Of(lang).Plain {
			_, watched := promises[id]
			harmless := slices.Contains(noPromise, id) || slices.Contains(noPromiseIn[lang], id)
			if words.MatchString(text) && !watched && !harmless {
				t.Errorf("%s promises something in %s, %q, and nothing watches it", id, lang, text)
			}
		}
		for _, id := range noPromiseIn[lang] {
			if !words.MatchString(said.Of(lang).Plain[id]) {
				t.Errorf("%s holds no word of promise in %s", id, lang)
			}
		}
	}
}

// templatePromises are the texts of shipped flows that promise something, by flow and question.
var templatePromises = map[string]promise{
	"it_helpdesk reopen": {"reopen_ticket.txt: sees", "no_ticket_url.txt: customer sees"},
}

// noTemplatePromise are questions whose words hold such a word and promise nothing by it: they ask
// whether somebody of the team may be in touch, or about work and services here.
var noTemplatePromise = regexp.MustCompile(`^(\w+ contact_ok|expect_perceive e_overall|lost_customer \w+|six_measures [a-z_ ]+|staff_pulse \w+)$`)

// The shipped flows promise nothing that no conversation keeps.
func TestEveryPromiseOfTheTemplatesIsKeptOrNotMade(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range flowfile.Templates() {
		read := func(where string, words survey.Text) {
			where = f.ID + " " + where
			for lang, text := range words {
				if promising[lang] == nil || !promising[lang].MatchString(text) || noTemplatePromise.MatchString(where) {
					continue
				}
				p, watched := templatePromises[where]
				if !watched {
					t.Errorf("%s promises something in %s, %q, and nothing watches it", where, lang, text)
					continue
				}
				seen[where] = true
				for _, at := range []string{p.kept, p.withheld} {
					file, words, _ := strings.Cut(at, ": ")
					b, err := os.ReadFile(filepath.Join("testdata", file))
					if err != nil || !strings.Contains(string(b), words) {
						t.Errorf("%s: %s does not bear out %q (%v)", where, file, words, err)
					}
					if lang == "en" && shows(string(b), text) != (at == p.kept) {
						t.Errorf("%s: %s shows it: %t", where, file, at != p.kept)
					}
				}
			}
		}
		for _, q := range f.Questions {
			read(q.Key, q.Ask)
			for _, c := range q.Choices {
				if q.Key != "contact_ok" && q.Key != "reason" {
					read(q.Key+" "+c.Key, c.Label)
				}
			}
		}
		for id, words := range f.Texts {
			read(id, words)
		}
		for _, th := range f.Thanks {
			read("thanks", th.Say)
		}
	}
	for where := range templatePromises {
		if !seen[where] {
			t.Errorf("%s promises nothing", where)
		}
	}
}

// What is promised is promised in each language at the same step of the same conversation, and
// nowhere else: so that what keeps a promise, or does not make it, does so in all of them.
func TestPromisesAreMadeAlikeInEveryLanguage(t *testing.T) {
	t.Parallel()
	said, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, file := range []string{"promises", "promises_over", "nobody_hears", "later", "after_the_end", "complain", "stop_words", "pulse_web", "one_tap_satisfied"} {
		source, err := os.ReadFile(filepath.Join("testdata", file+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		var taps []tapped
		english := promisesMade(t, said.Of("en"), string(source), &taps)
		for _, ids := range english {
			for _, id := range ids {
				shown[id] = true
			}
		}
		for _, lang := range []string{"zh-Hans", "es", "ar"} {
			again := slices.Clone(taps)
			if diff := diffs.Diff(english, promisesMade(t, said.Of(lang), string(source), &again)); diff != "" {
				t.Errorf("%s promises otherwise in %s (-en +%s):\n%s", file, lang, lang, diff)
			}
		}
	}
	if len(shown) < 12 {
		t.Errorf("only %d promises were made: %v", len(shown), shown)
	}
}

// tapped is a button by where it stands: what it says is another word in each language.
type tapped struct {
	slot     string
	row, col int
}

// promisesMade plays a conversation in a language and returns which promises its customer has
// read after each step. In English it notes which buttons were tapped; else it taps those.
func promisesMade(t *testing.T, in *voice.Words, source string, taps *[]tapped) (after [][]string) {
	t.Helper()
	s := &story{world: newWorld(t), staff: room, team: make(map[string]customer), old: make(map[string]string)}
	for _, line := range strings.Split(source, "\n") {
		line, happens := strings.CutPrefix(line, "> ")
		if !happens {
			continue
		}
		if strings.HasPrefix(line, "invite") {
			line += " lang=" + in.Tag + " language=" + in.Tag
		}
		if text, ok := strings.CutPrefix(line, "tap "); ok {
			var at tapped
			if in.Tag == "en" {
				at = s.where(text)
				*taps = append(*taps, at)
			} else {
				at, *taps = (*taps)[0], (*taps)[1:]
			}
			s.tap(s.who, s.standing(at))
			s.settle(s.staff)
			s.now = s.now.Add(10 * time.Second)
		} else {
			s.do(line)
		}
		var ids []string
		all := ""
		if !s.who.address.IsZero() {
			for _, d := range s.transcript(s.who.address) {
				all += drawn(d.Render)
			}
		}
		longest := slices.SortedFunc(maps.Keys(promises), func(a, b string) int {
			return cmp.Or(len(in.Plain[b])-len(in.Plain[a]), strings.Compare(a, b))
		})
		for _, id := range longest { // one text may begin as another does
			if text := in.Plain[id]; text != "" && shows(all, text) {
				ids = append(ids, id)
				all = showing(text).ReplaceAllString(all, "")
			}
		}
		slices.Sort(ids)
		after = append(after, ids)
	}
	return after
}

// where is where the newest button with this text stands.
func (s *story) where(text string) (at tapped) {
	s.t.Helper()
	data := s.button(s.who.address, text)
	for _, d := range s.transcript(s.who.address) {
		for row, buttons := range d.Render.Rows {
			for col, b := range buttons {
				if b.Data == data {
					at = tapped{slotName(d.Slot), row, col}
				}
			}
		}
	}
	return at
}

// standing is the button that stands there.
func (s *story) standing(at tapped) (data string) {
	s.t.Helper()
	for _, d := range s.transcript(s.who.address) {
		if slotName(d.Slot) == at.slot && at.row < len(d.Render.Rows) && at.col < len(d.Render.Rows[at.row]) {
			data = d.Render.Rows[at.row][at.col].Data
		}
	}
	if data == "" {
		s.t.Fatalf("no button stands at %+v", at)
	}
	return data
}

var filler = regexp.MustCompile(`\[[^\]]*\]|\{[a-z_]+\}`)

// shows reports whether a story shows a text, whatever fills its placeholders.
func shows(story, text string) bool { return showing(text).MatchString(story) }

func showing(text string) *regexp.Regexp {
	var parts []string
	for _, part := range filler.Split(text, -1) {
		// A story sets lines in.
		parts = append(parts, strings.ReplaceAll(regexp.QuoteMeta(part), "\n", `\n\s*`))
	}
	return regexp.MustCompile(strings.Join(parts, `[^\n]*`))
}
