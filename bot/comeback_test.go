package bot

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	counted "github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// cameBack keeps a result in which so many of 40 customers came again who were won back at the site, and 32 of 40 of
// those who were satisfied.
func (w *world) cameBack(won int) {
	w.t.Helper()
	of := func(k int) counted.Return {
		var waits []report.Wait
		for i := range 40 {
			waits = append(waits, report.Wait{Took: 120, Over: false})
			if i < k {
				waits[i] = report.Wait{Took: 20, Over: true}
			}
		}
		return counted.ReturnedBy(waits, 90)
	}
	body, err := json.Marshal(counted.CustomerFigures{Sites: map[string]counted.Comeback{"main-street": {Won: of(won), Content: of(32)}}})
	if err == nil {
		err = w.store.KeepResult(w.t.Context(), storage.KeptResult{Kind: counted.KindCustomers, Key: counted.ResultKey{}.String(), MadeAt: w.now, Body: body})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestLeadsAreToldOnceThatWhoWasWonBackStaysAway tells of a difference whose interval lies below 0, once in a quarter,
// in the language of the site, and when nothing is muted.
func TestLeadsAreToldOnceThatWhoWasWonBackStaysAway(t *testing.T) {
	w, lea := watchedWorld(t)
	told := func() (texts []string) {
		w.now = w.now.Add(time.Hour)
		for _, d := range w.reported(lea.address) {
			if strings.Contains(d.Slot, "return-") {
				texts = append(texts, d.Render.Title+"\n"+d.Render.Text)
			}
		}
		return texts
	}
	if got := told(); len(got) != 0 {
		t.Fatalf("nothing is known, and told is %q", got)
	}
	for _, won := range []int{40, 32, 27} { // more, as many, and fewer by no clear difference
		w.cameBack(won)
		if got := told(); len(got) != 0 {
			t.Errorf("%d of 40 came again, and told is %q", won, got)
		}
	}
	w.cameBack(16)
	old := w.now
	w.now = w.now.AddDate(0, 0, 3)
	if got := told(); len(got) != 0 {
		t.Errorf("of figures that are three days old told is %q", got)
	}
	w.now = old
	w.withRules(func(r *recovery.Rules) { r.Report.Alarm = false })
	if got := told(); len(got) != 0 {
		t.Errorf("nobody wants to be told, and told is %q", got)
	}
	w.withRules(func(r *recovery.Rules) { r.Report.Alarm = true })
	for range 3 {
		got := told()
		if len(got) != 1 {
			t.Fatalf("%d messages: %q", len(got), got)
		}
		for _, want := range []string{
			"Who was won back comes again less often", "within 90 days: of customers who were unsatisfied and won back 40 % (27–57) of 40", "satisfied 80 % (67–91) of 40",
			"That is 40 points fewer (19 to 57).", "was not drawn by lot", "/reports/return?site=main-street",
		} {
			if !strings.Contains(got[0], want) {
				t.Errorf("it does not say %q: %s", want, got[0])
			}
		}
	}
	w.now = w.now.AddDate(0, 3, 0)
	w.cameBack(16)
	if got := told(); len(got) != 2 {
		t.Errorf("a quarter later told are %q", got)
	}
}

// TestWhoWasWonBackIsToldOfWhenAMuteEnds keeps silent while a mute lasts.
func TestWhoWasWonBackIsToldOfWhenAMuteEnds(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	lea := w.member(1, "Lea", access.Lead)
	w.now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	begin := w.now
	w.withRules(func(r *recovery.Rules) {
		r.Report.Alarm, r.Mutes = true, []recovery.Mute{{From: begin.Add(-time.Hour), Until: begin.Add(3 * time.Hour)}}
	})
	w.cameBack(16)
	if got := w.reported(lea.address); len(got) != 0 {
		t.Errorf("told is %+v while it is muted", got)
	}
	w.now = w.now.Add(4 * time.Hour)
	if got := w.reported(lea.address); len(got) != 1 {
		t.Errorf("afterwards told is %+v", got)
	}
}
