package admin

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
)

// What customers wanted said counts by the day on which it came at its site, on every page that counts it: whoever
// looks at a day in Auckland or in Los Angeles reads of that day, and of no hour beside it.
func TestWhatCustomersWantedSaidCountsByTheDayAtItsSite(t *testing.T) {
	w := newWorld(t)
	const day = "2026-03-02" // also now, UTC
	zones := map[string]string{"main": "Pacific/Auckland", "harbour": "America/Los_Angeles"}
	var all []storage.Feedback
	for id, name := range zones {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.PutSite(t.Context(), storage.Site{ID: id, Name: id, Zone: name, Language: "en", Created: w.clock.now}); err != nil {
			t.Fatal(err)
		}
		first, err := time.ParseInLocation(time.DateOnly, day, zone)
		if err != nil {
			t.Fatal(err)
		}
		next := first.AddDate(0, 0, 1)
		for at, n := range map[time.Time]int{first.Add(-time.Minute): 40, first: 6, next.Add(-time.Minute): 7, next: 50} {
			for range n {
				all = append(all, storage.Feedback{
					ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", len(all)), Kind: storage.Complaint, Site: id, Text: "late", At: at,
				})
			}
		}
	}
	if err := w.store.Advance(t.Context(), 0, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Feedback: all}, nil }}})[0]; err != nil {
		t.Fatal(err)
	}
	w.bot.Configuration().Renew(t.Context())
	for id := range zones {
		if _, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: "one_tap_csat", Site: id}); err != nil {
			t.Fatal(err)
		}
	}
	robin := w.as("robin")
	for id := range zones {
		filter := "from=" + day + "&to=" + day + "&site=" + id
		table, err := csv.NewReader(robin.get("/reports/words/words.csv?kind=complaint&" + filter).Body).ReadAll()
		if err != nil || len(table) != 1+13 {
			t.Errorf("%s: the table of words has %d rows, not 13, %v", id, len(table)-1, err)
		}
		for page, says := range map[string]string{"complaints": "13 complaints came in", "silence": "13 complaints, assuming"} {
			if text := textOf(body(robin.get("/reports/" + page + "?" + filter))); !strings.Contains(text, says) {
				t.Errorf("%s: %s does not say %q: %s", id, page, says, text)
			}
		}
	}
}
