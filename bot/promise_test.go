package bot

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/bot/voice"
)

// promising are the words by which a text promises something, or says that it is so.
var promising = regexp.MustCompile(`(?i)\b(will|within|passed on|told|tells|delivered|here|nobody|with the team|the team can|the team|call you|call or write|sees to it|takes care)\b`)

// promise is where a text is shown and what it says is kept, and where it would not be kept and
// is not shown: a line of a golden conversation, "file: words", or a test by its name.
type promise struct{ kept, withheld string }

// promises are all texts that promise something to customers or staff.
var promises = map[string]promise{
	"heard":                     {"later.txt: == 👁 ", "nobody_hears.txt: Thank you. We keep this."},
	"heard_quiet":               {"slack/staff_pulse.en.txt: nobody is called", "later.txt: The team can read this."},
	"heard_added_team":          {"after_the_end.txt: == 👁 ", "nobody_hears.txt: We keep this."},
	"words_joined":              {"TestAFloodOfWordsJoins", "later.txt: The team can read this."},
	"edit_kept":                 {"TestNobodyIsUnheard", "later.txt: The team can read this."},
	"stopped":                   {"TestWhoStoppedIsNotAskedAfterTheService", "later.txt: Kept for later."},
	"stopped_case":              {"stop_words.txt: sees instead (case:", "stop_words_es.txt: Activarlas de nuevo"},
	"intro_privacy":             {"TestSomebodyElsesButtonDoesNothing", "slack/staff_pulse.en.txt: Nobody is alerted because of your answers"},
	"intro_pulse_web":           {"pulse_web.txt: Your answers call nobody", "web.txt: 1 question, under a minute"},
	"intro_privacy_pulse":       {"slack/staff_pulse.en.txt: Nobody is alerted because of your answers", "later.txt: sees your answers; other customers do not"},
	"thanks_unsatisfied":        {"promises.txt: I am sorry, Ann.", "promises_over.txt: We will look into it."},
	"thanks_unsatisfied_open":   {"promises_over.txt: == 🔴 ", "one_tap_satisfied.txt: Your answers help us"},
	"thanks_no_contact":         {"slack/one_tap_csat.en.txt: will not contact you about it", "promises.txt: will contact you within"},
	"thanks_neutral":            {"slack/one_tap_csat.en.txt: We will use it to do better", "one_tap_satisfied.txt: Your answers help us"},
	"thanks_complaint":          {"complain.txt: == 🔴 ", "nobody_hears.txt: We keep your message."},
	"thanks_suggestion":         {"complain.txt: Suggestion", "nobody_hears.txt: We keep your suggestion."},
	"thanks_question":           {"complain.txt: Question", "nobody_hears.txt: We keep your question."},
	"web_way":                   {"TestAnAnswerOnAPageCountsOnceItIsSeen", "promises.txt: will contact you within"},
	"joined":                    {"talk.txt: is here now", "promises_over.txt: We will look into it."},
	"closed":                    {"talk.txt: == 🟢 Resolved", "promises.txt: will contact you within"},
	"arrived":                   {"TestStaffAndACustomerTalk", "TestAnAnswerOnAPageCountsOnceItIsSeen"},
	"lost_title":                {"TestWhatACustomerDoesNotGetIsSaidInWords", "TestStaffAndACustomerTalk"},
	"lost_unknown":              {"TestWhatACustomerDoesNotGetIsSaidInWords", "TestStaffAndACustomerTalk"},
	"staff_unknown":             {"TestAButtonFromLastYear", "TestStaffAndACustomerTalk"},
	"card_unseen":               {"TestAnAnswerOnAPageCountsOnceItIsSeen", "TestStaffAndACustomerTalk"},
	"privacy":                   {"TestCustomersAskForTheirDataInTheChat", "later.txt: Kept for later."},
	"privacy_ask":               {"TestCustomersAskForTheirDataInTheChat", "nobody_hears.txt: We keep your question."},
	"menu_complain":             {"complain.txt: == 🔴 ", "nobody_hears.txt: We keep your message."},
	"erased_farewell":           {"TestAnErasedPersonIsNowhere", "later.txt: Kept for later."},
	"reminder_acknowledge":      {"clocks.txt: Nobody has taken this case", "talk.txt: is here now"},
	"reminder_acknowledge_soon": {"clocks.txt: Nobody has taken this case yet", "talk.txt: is here now"},
	"chat_gone":                 {"TestWhatAChatOfStaffMissedComesWhenItIsBack", "TestStaffAndACustomerTalk"},
	"link_told":                 {"TestEveryLinkIsLoggedAndToldToTheOtherChats", "TestStaffAndACustomerTalk"},
}

// noPromise are texts that hold such a word and promise nothing by it.
var noPromise = []string{
	"type_answer", "file_unknown", "file_kept_back", "no_file_here", "privacy_days_conversations", "ask_due", "refused_nameless",
	"refused_not_theirs", "chat_not_here", "thanks_partial", "intro_after", "privacy_asks_copy", "privacy_asks_erase", "home_cases",
	"refused_contact_only_here", "relay_reply", "file_not_sent", "notice_day_range", "fallback_agent_or_team", "aside_note", "team", "raise_repeat_90_days",
}

// A text with a word of promise is shown where it is kept, and is not shown where it would not
// be: one that names no such pair is a promise that nobody watches.
func TestEveryPromiseIsKeptOrNotMade(t *testing.T) {
	said, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	known := testNames(t)
	english := said.Of("en").Plain
	for id, text := range english {
		p, watched := promises[id]
		switch {
		case !promising.MatchString(text):
			continue
		case slices.Contains(noPromise, id):
			continue
		case !watched:
			t.Errorf("%s promises something, %q, and names no conversation that keeps it and none that does not make it", id, text)
			continue
		}
		for _, where := range []string{p.kept, p.withheld} {
			file, words, golden := strings.Cut(where, ": ")
			if !golden {
				if !known[where] {
					t.Errorf("%s: there is no test %s", id, where)
				}
				continue
			}
			story, err := os.ReadFile(filepath.Join("testdata", file))
			if err != nil || !strings.Contains(string(story), words) {
				t.Errorf("%s: %s does not show %q (%v)", id, file, words, err)
				continue
			}
			// Where it is withheld it stands nowhere in the story, unless the story is about both.
			if where == p.withheld && shows(string(story), text) && !strings.HasPrefix(file, "slack/") {
				t.Errorf("%s is shown in %s, where it would not be kept", id, file)
			}
		}
	}
	for id := range promises {
		if english[id] == "" {
			t.Errorf("there is no text %s", id)
		}
	}
}

var filler = regexp.MustCompile(`\[[^\]]*\]|\{[a-z_]+\}`)

// shows reports whether a story shows a text, whatever fills its placeholders.
func shows(story, text string) bool {
	var parts []string
	for _, part := range filler.Split(text, -1) {
		parts = append(parts, regexp.QuoteMeta(part))
	}
	return regexp.MustCompile(strings.Join(parts, `[^\n]*`)).MatchString(story)
}

// testNames are the tests of the packages that texts are shown by.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, pattern := range []string{"*_test.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Test") {
					all[f.Name.Name] = true
				}
			}
		}
	}
	return all
}
