package bot

import (
	"slices"
	"sync"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// ruledTests show messages of which no golden conversation tells: storms, digests, notes that are
// answered, praise, menus and forms of Slack, reminders, links of chats. The rules of messages that
// look at nothing but the message itself are held over them, too (see ruled).
var ruledTests = map[string]func(*testing.T){
	"TestManyCasesAtOnceHangOnOneCard":                       TestManyCasesAtOnceHangOnOneCard,
	"TestAStormSaysWhatIsMostlyWrong":                        TestAStormSaysWhatIsMostlyWrong,
	"TestADigestNamesTheP3OfASite":                           TestADigestNamesTheP3OfASite,
	"TestAfterAMuteManyCasesAreNamedInOneMessage":            TestAfterAMuteManyCasesAreNamedInOneMessage,
	"TestANoteIsMadeACase":                                   TestANoteIsMadeACase,
	"TestANoteIsAnswered":                                    TestANoteIsAnswered,
	"TestDelightedAnswersReachThoseWhoServedIfTheFlowAllows": TestDelightedAnswersReachThoseWhoServedIfTheFlowAllows,
	"TestACardOnSlackHasAMenu":                               TestACardOnSlackHasAMenu,
	"TestACardHasOneReminderAtMost":                          TestACardHasOneReminderAtMost,
	"TestAGroupIsLinkedByACodeOnce":                          TestAGroupIsLinkedByACodeOnce,
	"TestWordsOutsideASurveyAreOneEntryADay":                 TestWordsOutsideASurveyAreOneEntryADay,
	"TestAStopReachesAnEarlierCase":                          TestAStopReachesAnEarlierCase,
	"TestWhatACustomerDoesNotGetIsSaidInWords":               TestWhatACustomerDoesNotGetIsSaidInWords,
	"TestEveryLinkIsLoggedAndToldToTheOtherChats":            TestEveryLinkIsLoggedAndToldToTheOtherChats,
}

// ruledAll are the messages of ruledTests, played once.
var ruledAll = struct {
	sync.Once
	all []spoken
}{}

// ruled plays ruledTests, and gives what they showed, with nothing of what was so then.
func ruled(t *testing.T) []spoken {
	t.Helper()
	ruledAll.Do(func() {
		names := map[string]string{}
		t.Run("ruled", func(t *testing.T) {
			for name, play := range ruledTests {
				names[name] = t.Name() + "/" + name
				listenTo(names[name])
				t.Run(name, play)
			}
		})
		for name, full := range names {
			for _, w := range wantsIn(full) {
				slot, _ := storage.ParseSlot(w.Slot)
				if w.Render.Mark != "" || w.Bare || w.Address.IsZero() {
					continue
				}
				ruledAll.all = append(ruledAll.all, spoken{
					where: name, slot: slot, m: w.Render, lang: w.Render.Lang, on: platforms()[w.Address.Platform],
					toStaff: slices.Contains([]chat.Address{room, staffTG, staffSlack}, w.Address),
				})
			}
		}
	})
	if len(ruledAll.all) < 100 {
		t.Errorf("%d messages of tests were looked at", len(ruledAll.all))
	}
	return ruledAll.all
}

// keepEverywhere is keep for a rule that looks at the message alone.
func keepEverywhere(t *testing.T, what func(spoken) bool, breaks func(spoken) string) {
	t.Helper()
	keepIn(t, slices.Concat(messages(t), ruled(t)), what, breaks)
}

// keep looks at each message, or at those to customers or to staff alone.
func keep(t *testing.T, what func(spoken) bool, breaks func(spoken) string) {
	t.Helper()
	keepIn(t, messages(t), what, breaks)
}

func keepIn(t *testing.T, all []spoken, what func(spoken) bool, breaks func(spoken) string) {
	t.Helper()
	looked := 0
	for _, m := range all {
		if !what(m) {
			continue
		}
		looked++
		if why := breaks(m); why != "" {
			t.Errorf("%s: %s\n%s", m.where, why, drawn(m.m))
		}
	}
	if looked < 10 {
		t.Errorf("%d messages were looked at", looked)
	}
	t.Logf("%d messages", looked)
}
