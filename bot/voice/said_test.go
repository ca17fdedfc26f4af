package voice_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// TestEverySentenceThatIsSaidExists reads the source of bot and its rooms for the ids that
// they use, and walks over the closed sets whose members become ids.
func TestEverySentenceThatIsSaidExists(t *testing.T) {
	said, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	english := said.Of("en").Plain
	used := 0
	need := func(id string) {
		t.Helper()
		used++
		if english[id] == "" {
			t.Errorf("the sentence %q does not exist", id)
		}
	}
	paths, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	paths = append(paths, rooms...)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"Say", "Count", "Tell"}, method.Sel.Name) {
				return true
			}
			if lit, ok := call.Args[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if id, err := strconv.Unquote(lit.Value); err == nil {
					need(id)
				}
			}
			return true
		})
	}
	if used < 50 {
		t.Errorf("only %d sentences were found in the source", used)
	}
	for _, c := range []survey.NoticeCode{
		survey.NoticeEnded, survey.NoticeTooLate, survey.NoticeNotOpen, survey.NoticeUnclear, survey.NoticeTooLong,
		survey.NoticeTooMany, survey.NoticeNothing, survey.NoticeBadNumber, survey.NoticeBadDate, survey.NoticeBadPhone,
		survey.NoticeBadEmail, survey.NoticeNeedFile, survey.NoticeFileTooBig, survey.NoticePaused,
		survey.NoticeFirst, survey.NoticeUnchanged, survey.NoticeWaiting,
	} {
		need("notice_" + string(c))
	}
	for _, k := range survey.Kinds() {
		for i := range k.Samples {
			if hint := k.Samples[i].Prompt().Hint; hint != "" {
				need(hint)
			}
		}
	}
	for _, r := range []recovery.Reason{
		recovery.PrimaryL1, recovery.PrimaryL2, recovery.PrimaryL3, recovery.PrimaryLowest, recovery.PrimaryFlag,
		recovery.NPS03, recovery.NPS46, recovery.CompositeL1, recovery.CompositeL2, recovery.CompositeL3,
		recovery.CriticalAnswer, recovery.AttributeBottom, recovery.GapMinus2, recovery.GapMinus1,
		recovery.ComplaintMade, recovery.MVCNeutral, recovery.SilentFailure, recovery.QuestionAsked, recovery.SuggestionMade, recovery.LinkAsked,
	} {
		need("reason_" + string(r))
	}
	for _, r := range []recovery.Raise{recovery.RaiseTier, recovery.RaiseRepeat, recovery.RaiseStandard} {
		need("raise_" + string(r))
	}
	for _, s := range append(recovery.States(), "watch") {
		need("state_" + string(s))
	}
	for _, a := range render.Acts() {
		if a != render.ShowCase { // its button shows a number
			need("act_" + string(a))
		}
	}
	for _, a := range []recovery.ActKind{recovery.ActContact, recovery.ActNote, recovery.ActAgree, render.ResolveCost} {
		need("prompt_" + string(a))
	}
	for _, span := range render.Snoozes {
		need("snooze_" + span)
	}
	for _, id := range []string{"prompt_due", "joined", "closed", "lost_refused", "lost_blocked", "lost_unknown", "arrived_after_all"} {
		need(id)
	}
	for command, kind := range voice.FeedbackCommands {
		for _, id := range []string{"ask_" + command, "menu_" + command, "wish_" + command, "feedback_" + string(kind), "thanks_" + string(kind)} {
			need(id)
		}
	}
	need("phrases_suggest")
	need("phrases_ask")
	for _, c := range recovery.DefaultRules.Causes {
		need("cause_" + c.Key)
	}
	for _, a := range recovery.ActionKinds() {
		need("action_" + string(a))
	}
	for _, r := range render.NoActionReasons {
		need("no_action_" + r)
	}
	for _, o := range []recovery.Settled{recovery.SettledYes, recovery.SettledPartly, recovery.SettledNo} {
		need("settled_" + string(o))
	}
	for _, o := range []recovery.Recovered{recovery.RecoveredYes, recovery.RecoveredPartly, recovery.RecoveredNot} {
		need("outcome_" + string(o))
	}
	for _, c := range recovery.AllClocks() {
		switch c {
		case recovery.ClockIdle, recovery.ClockSnooze, recovery.ClockFollowUp, recovery.ClockClose:
			continue // the program acts, and says what it did
		case recovery.ClockAcknowledge, recovery.ClockContact, recovery.ClockResolve, recovery.ClockPlan:
			need("reminder_" + string(c) + "_soon")
		}
		need("reminder_" + string(c))
	}
	for _, c := range recovery.Codes() {
		need("refused_" + string(c))
	}
	for _, c := range []string{render.ContactHere, render.ContactPhone, render.ContactNo, render.ContactSkipped, render.ContactWaiting} {
		need("contact_" + c)
	}
	for _, c := range voice.Commands {
		need("menu_" + c)
	}
}
