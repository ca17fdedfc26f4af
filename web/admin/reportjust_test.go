package admin

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/bot/figures"
)

// TestJustTheChosenDaysAreCountedWhereSomebodyAsks follows the button on pages of what was counted in the background:
// the page, its tables and what programs are told are those of the days chosen, and of those they are compared with.
func TestJustTheChosenDaysAreCountedWhereSomebodyAsks(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, _ string, _ *sql.DB) {
		r := rand.New(rand.NewPCG(16, 123))
		w.standardsAre(washTakes)
		w.fill(often(r, 60)...)
		w.servedByChance(r, 60)
		w.folds()
		w.keeps()
		rows, fromRows := w.as("robin"), NewReports(Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now})
		kept, fromKept := w.afterOneAnswer("robin")
		for _, name := range countedJust {
			at := "/reports/" + name + "?period=30"
			page := body(kept.get(at))
			asked := "/reports/" + name + "?count=days&period=30"
			if !strings.Contains(page, strings.ReplaceAll(asked, "&", "&amp;")) || !strings.Contains(page, "Count just these days") || !strings.Contains(textOf(page), "Up to 200000 of just these days") {
				t.Fatalf("%s does not say how just these days are had: %s", at, textOf(page))
			}
			one, just := body(rows.get(at)), body(kept.get(asked))
			if text := textOf(just); strings.Contains(text, "This is of the last twelve months") || strings.Contains(text, "Count just these days") {
				t.Errorf("%s is not of just these days: %s", asked, text)
			}
			a, b := tablesOf(t, rows, one), tablesOf(t, kept, just)
			if len(a) == 0 || !reflect.DeepEqual(a, b) {
				t.Errorf("%s: the tables are\n%v\nwant\n%v", asked, b, a)
			}
			x, err1 := fromRows.Report(t.Context(), name, figures.ReportReader{}, url.Values{"period": {"30"}})
			y, err2 := fromKept.Report(t.Context(), name, figures.ReportReader{}, url.Values{"period": {"30"}, "count": {"days"}})
			if err := errors.Join(err1, err2); err != nil || x.From != y.From || x.From == "" || !y.Made.IsZero() || !reflect.DeepEqual(x.Tables, y.Tables) || x.Finding != y.Finding {
				t.Errorf("%s: programs are told\n%v\nwant\n%v: %v", asked, y, x, err)
			}
			if len(x.Figures) != len(y.Figures) {
				t.Fatalf("%s: programs are told %v, want %v", asked, y.Figures, x.Figures)
			}
			for i := range x.Figures { // also how a share changed
				if !reflect.DeepEqual(share(x.Figures[i]), share(y.Figures[i])) || !reflect.DeepEqual(x.Figures[i].Change, y.Figures[i].Change) {
					t.Errorf("%s: programs are told %+v, want %+v", asked, y.Figures[i], x.Figures[i])
				}
			}
		}
	})
}

// TestOneAtATimeHasJustTheDaysCounted asks while somebody else has days counted: whoever goes away reads nothing,
// others wait, and pages that nobody asked that of do not.
func TestOneAtATimeHasJustTheDaysCounted(t *testing.T) {
	w := newWorld(t)
	w.fill(often(rand.New(rand.NewPCG(16, 124)), 12)...)
	w.keeps()
	_, programs := w.afterOneAnswer("robin")
	asks := url.Values{"count": {"days"}}
	justTurn <- struct{}{}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := programs.Report(gone, "expectation", figures.ReportReader{}, asks); !errors.Is(err, context.Canceled) {
		t.Errorf("somebody who went away: %v", err)
	}
	if _, err := programs.Report(t.Context(), "expectation", figures.ReportReader{}, nil); err != nil {
		t.Errorf("a page that does not ask for it: %v", err)
	}
	was := justWait
	justWait = 0
	if _, err := programs.Report(t.Context(), "quality", figures.ReportReader{}, asks); !errors.Is(err, figures.ErrTurn) {
		t.Errorf("somebody who waited long: %v", err)
	}
	justWait = was
	done := make(chan error)
	for range 3 {
		go func() {
			_, err := programs.Report(t.Context(), "quality", figures.ReportReader{}, asks)
			done <- err
		}()
	}
	select {
	case err := <-done:
		t.Errorf("somebody did not wait: %v", err)
		<-justTurn
		return
	default:
	}
	<-justTurn
	for range 3 {
		if err := <-done; err != nil {
			t.Errorf("somebody who waited: %v", err)
		}
	}
	justTurn <- struct{}{} // everybody gave it back
	<-justTurn
}
