package bot

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/aftercare/aftercare/storage"
)

// playedTests are the tests that stand for a conversation where a story cannot tell it: of lost
// connections, links, erasure. They are played once more, and everything that they show is noted.
var playedTests = map[string]func(*testing.T){
	"TestWhoStoppedIsNotAskedAfterTheService":              TestWhoStoppedIsNotAskedAfterTheService,
	"TestSomebodyElsesButtonDoesNothing":                   TestSomebodyElsesButtonDoesNothing,
	"TestAnAnswerOnAPageCountsOnceItIsSeen":                TestAnAnswerOnAPageCountsOnceItIsSeen,
	"TestStaffAndACustomerTalk":                            TestStaffAndACustomerTalk,
	"TestOnlyAReplyToTheCustomersWordsReachesThem":         TestOnlyAReplyToTheCustomersWordsReachesThem,
	"TestWhatACustomerDoesNotGetIsSaidInWords":             TestWhatACustomerDoesNotGetIsSaidInWords,
	"TestAReplyGivenUpInDoubtIsSaidInWords":                TestAReplyGivenUpInDoubtIsSaidInWords,
	"TestWhoIsErasedIsToldSo":                              TestWhoIsErasedIsToldSo,
	"TestAChatOfStaffThatIsGoneIsSaidInTheOthers":          TestAChatOfStaffThatIsGoneIsSaidInTheOthers,
	"TestWhatAChatOfStaffMissedComesWhenItIsBack":          TestWhatAChatOfStaffMissedComesWhenItIsBack,
	"TestEveryLinkIsLoggedAndToldToTheOtherChats":          TestEveryLinkIsLoggedAndToldToTheOtherChats,
	"TestAWebLinkGivesNoRights":                            TestAWebLinkGivesNoRights,
	"TestAHomePageShowsSurveysAndWishesAndToStaffTheCases": TestAHomePageShowsSurveysAndWishesAndToStaffTheCases,
}

// overheard is all that the worlds of a test have shown to anybody, by the test's name.
var overheard struct {
	mu sync.Mutex
	by map[string]*strings.Builder
	// wants are the messages, by the test's name.
	wants map[string][]storage.Want
}

// listenTo begins to note what a test shows.
func listenTo(test string) {
	overheard.mu.Lock()
	defer overheard.mu.Unlock()
	if overheard.by == nil {
		overheard.by, overheard.wants = map[string]*strings.Builder{}, map[string][]storage.Want{}
	}
	overheard.by[test] = &strings.Builder{}
}

// overhear notes words if the test, or one that it is a part of, is listened to.
func overhear(test, words string) {
	overheard.mu.Lock()
	defer overheard.mu.Unlock()
	for name, b := range overheard.by {
		if test == name || strings.HasPrefix(test, name+"/") {
			b.WriteString(words + "\n")
		}
	}
}

// overhearWant notes a message whole.
func overhearWant(test string, w storage.Want) {
	overheard.mu.Lock()
	defer overheard.mu.Unlock()
	for name := range overheard.by {
		if test == name || strings.HasPrefix(test, name+"/") {
			overheard.wants[name] = append(overheard.wants[name], w)
		}
	}
}

func wantsIn(test string) []storage.Want {
	overheard.mu.Lock()
	defer overheard.mu.Unlock()
	return overheard.wants[test]
}

func heardIn(test string) string {
	overheard.mu.Lock()
	defer overheard.mu.Unlock()
	if b := overheard.by[test]; b != nil {
		return b.String()
	}
	return ""
}

func listenedTo(test string) bool {
	overheard.mu.Lock()
	defer overheard.mu.Unlock()
	for name := range overheard.by {
		if strings.HasPrefix(test, name) {
			return true
		}
	}
	return false
}

// overhearing is a store that notes what is to be shown, once that is committed.
type overhearing struct {
	storage.Store
	test string
}

func (o overhearing) Advance(ctx context.Context, b storage.Bucket, turns []storage.Turn) []error {
	shown := make([][]storage.Want, len(turns))
	turns = append([]storage.Turn(nil), turns...)
	for i := range turns {
		apply := turns[i].Apply
		turns[i].Apply = func(l storage.Loaded) (storage.Change, error) {
			c, err := apply(l)
			shown[i] = nil
			for _, op := range c.Slots {
				if op.Want != nil {
					shown[i] = append(shown[i], *op.Want)
				}
			}
			return c, err
		}
	}
	errs := o.Store.Advance(ctx, b, turns)
	for i, err := range errs {
		for _, w := range shown[i] {
			if err == nil {
				overhear(o.test, drawn(w.Render))
				overhearWant(o.test, w)
			}
		}
	}
	return errs
}

// playTests plays the tests and returns what each of them has shown.
func playTests(t *testing.T) map[string]string {
	t.Helper()
	shown := map[string]string{}
	names := map[string]string{}
	t.Run("played", func(t *testing.T) {
		for name, play := range playedTests {
			names[name] = t.Name() + "/" + name
			listenTo(names[name])
			t.Run(name, play)
		}
	})
	for name, full := range names {
		if shown[name] = heardIn(full); shown[name] == "" {
			t.Errorf("%s shows nothing", name)
		}
	}
	return shown
}
