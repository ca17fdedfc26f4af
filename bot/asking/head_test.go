package asking_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// lame is a database on which some calls always fail, for a reason that nobody knows.
type lame struct {
	storage.Store
	customer string // of whom nothing can be read
	session  string // the conversation that cannot be read
}

var errLame = errors.New("it is broken")

func (l *lame) Customer(ctx context.Context, id string) (storage.Customer, error) {
	if id == l.customer {
		return storage.Customer{}, errLame
	}
	return l.Store.Customer(ctx, id)
}

func (l *lame) Session(ctx context.Context, b storage.Bucket, id string) (storage.Session, error) {
	if id == l.session {
		return storage.Session{}, errLame
	}
	return l.Store.Session(ctx, b, id)
}

// TestWhatAlwaysFailsLetsOthersHaveTheirTurn: an ask of which something always fails is not first for ever: it is
// looked at later, behind the others, and a case that cannot be opened is given up at last.
func TestWhatAlwaysFailsLetsOthersHaveTheirTurn(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.linked("asked", "7")
		w.triggers(unheard)
		w.told("1", "asked")
		w.pass(2 * time.Hour)
		broken := &lame{Store: w.store, customer: "broken", session: w.asked("1", "asked").Session}
		w.on(broken)
		w.told("2", "broken", lateBy(time.Hour))
		w.told("3", "whole", lateBy(time.Hour))
		w.pass(2 * time.Hour)
		w.pass(48 * time.Hour)
		if x, _ := w.watch("3", "whole"); x.State != "opened" {
			t.Errorf("beside one that fails it is %s %s", x.State, x.Reason)
		}
		for b := range w.store.Buckets() {
			due, err := w.store.AsksDue(t.Context(), storage.Bucket(b), w.now, 10)
			check(t, err)
			for _, x := range due {
				t.Errorf("of %s nothing can be done, and it is due again at once", x.Customer)
			}
		}
		for range 8 {
			w.pass(2 * time.Hour)
		}
		x, decided := w.watch("2", "broken")
		if x.State != "unreachable" || x.Reason != "gave_up" || !x.Due.IsZero() || len(decided) != 2 {
			t.Errorf("in the end it is %s %s, due %v, after %d decisions", x.State, x.Reason, x.Due, len(decided))
		}
		if x := w.asked("1", "asked"); x.State != "sent" || x.Due.IsZero() {
			t.Errorf("the offer that cannot be read is %s, due %v", x.State, x.Due)
		}
	})
}

// TestASiteThatIsRemovedOpensNoCase: a late service is watched, and its site is removed before the time is over, or
// while the case is being opened.
func TestASiteThatIsRemovedOpensNoCase(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers(unheard)
		side := storage.Site{ID: "side", Name: "Side Street", Zone: "Europe/Berlin", Language: "en", Created: noon}
		check(t, w.store.PutSite(t.Context(), side))
		for i := range 4 {
			id := fmt.Sprint("C-", i)
			w.told(id, id, lateBy(time.Hour), func(e *storage.Event) { e.Site = "side" })
		}
		w.told("stays", "stays", lateBy(time.Hour))
		w.pass(2 * time.Hour)
		side.Gone = w.now
		check(t, w.store.PutSite(t.Context(), side))
		check(t, w.bot.Configuration().Refresh(t.Context()))
		w.pass(48 * time.Hour)
		for i := range 4 {
			id := fmt.Sprint("C-", i)
			if x, decided := w.watch(id, id); x.State+" "+x.Reason != "suppressed site_paused" || len(decided) != 1 || !x.Due.IsZero() {
				t.Errorf("it is %s %s after %d decisions, due %v", x.State, x.Reason, len(decided), x.Due)
			}
		}
		if got := w.cases(); len(got) != 1 || got[0].Customer != "stays" {
			t.Errorf("%d cases", len(got))
		}
		got, err := bot.Offers{Bot: w.bot}.Open(t.Context(), bot.Silence{Of: "x", Priority: recovery.P3, Site: "side", Customer: "late"})
		if _, unknown := w.store.Customer(t.Context(), "late"); err != nil || !got.Gone || got.Case != "" || unknown == nil {
			t.Errorf("removed while it opens: %+v, %v", got, err)
		}
	})
}

// TestTwoLateServicesOpenOneCase: of two services of one customer that were late nothing is heard. Staff have one case.
func TestTwoLateServicesOpenOneCase(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.linked("linked", "7")
		w.triggers(unheard)
		for _, customer := range []string{"linked", "nowhere"} {
			for i := range 3 {
				w.told(fmt.Sprint(customer, i), customer, lateBy(time.Hour))
			}
		}
		w.pass(2 * time.Hour)
		w.pass(48 * time.Hour)
		if got := w.cases(); len(got) != 2 {
			t.Errorf("%d cases of two customers", len(got))
		}
		for _, customer := range []string{"linked", "nowhere"} {
			states := map[string]int{}
			for i := range 3 {
				x, _ := w.watch(fmt.Sprint(customer, i), customer)
				states[strings.TrimSpace(x.State+" "+x.Reason)]++
			}
			if states["opened unheard"] != 1 || states["suppressed open_case"] != 2 {
				t.Errorf("of %s it is said: %v", customer, states)
			}
		}
	})
}

// TestWhoIsErasedWhileTheirCaseOpensStaysErased: the erasure ends between the decision and the case.
func TestWhoIsErasedWhileTheirCaseOpensStaysErased(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers(unheard)
		w.told("1", "C-1", lateBy(time.Hour))
		w.pass(2 * time.Hour)
		_, err := bot.Privacy(w.bot).Erase(t.Context(), w.dossier("C-1"), personal.Options{Quiet: true, Mark: true, Why: storage.ErasedOnRequest})
		check(t, err)
		got, err := bot.Offers{Bot: w.bot}.Open(t.Context(), bot.Silence{Of: "x", Priority: recovery.P3, Site: "main", Customer: "C-1"})
		if err != nil || !got.Forgotten || got.Case != "" {
			t.Errorf("it becomes %+v, %v", got, err)
		}
		if people, err := bot.FindPeople(t.Context(), w.bot, "C-1"); err != nil || len(people) > 0 {
			t.Errorf("%d people are C-1 again, %v", len(people), err)
		}
	})
}

// still is a database that nobody may write to.
type still struct {
	storage.Store
	t *testing.T
}

func (s *still) ChangeAsks(context.Context, storage.Bucket, []string, []string,
	func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error),
) error {
	s.t.Error("it takes the lock of a bucket")
	return nil
}

func (s *still) Advance(_ context.Context, _ storage.Bucket, turns []storage.Turn) []error {
	s.t.Error("it writes")
	return make([]error, len(turns))
}

// TestReadingAnEventWritesNothing: what was decided about an event, and a dry run of other triggers, are read.
func TestReadingAnEventWritesNothing(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers(unheard)
		for i := range 3 {
			w.told(fmt.Sprint(i), "C-1", lateBy(time.Hour))
		}
		w.pass(2 * time.Hour)
		w.pass(48 * time.Hour)
		w.on(&still{w.store, t})
		events, err := w.store.EventsOf(t.Context(), []string{"till:1"})
		check(t, err)
		if _, files, err := w.asking.OfEvent(t.Context(), events["till:1"]); err != nil || len(files) != 2 {
			t.Errorf("%d files, %v", len(files), err)
		}
		p, err := triggerfile.Parse([]byte(unheard))
		check(t, err)
		if tried, err := w.asking.Try(t.Context(), p, noon.Add(-time.Hour), nil); err != nil || tried.WouldOpen != 1 || len(tried.Differences) > 0 {
			t.Errorf("a dry run says %+v, %v", tried, err)
		}
	})
}
