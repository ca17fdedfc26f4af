package admin

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// What people missed in the room that staff worked in before there were these pages, in the list and on the
// page of a case: each is told apart, found by its headings, and says how long there is, in what currency,
// and what is wrong at its field.
func TestACaseHasWhatTheRoomOfStaffLacked(t *testing.T) {
	w := newWorld(t)
	w.runs()
	if _, _, err := w.store.PublishRules(t.Context(), "rules: {currency: GBP}", w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.Configuration().Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := w.unhappy("main", "1", "Anna", wait)
	second := w.unhappy("main", "2", "Tom", "The fringe is uneven.")
	mei, at, other := w.as("mei"), "/cases/"+first.Name(), "/cases/"+second.Name()
	mei.post(at+"/take", url.Values{"id": {hiddenID(body(mei.get(at)))}})
	mei.post(at+"/note", url.Values{"note": {"The booking was ours."}, "id": {"n1"}})

	page := body(mei.get(at))
	for name, is := range map[string]bool{
		"its own words":                      strings.Contains(page, wait) && strings.Contains(page, "The booking was ours."),
		"no other's words":                   !strings.Contains(page, "fringe"),
		"relative deadlines":                 regexp.MustCompile(`<b data-due="\d+">\d+ (min|h)[^<]* left</b>`).MatchString(page),
		"one first heading":                  strings.Count(page, "<h1") == 1,
		"a heading a section":                headed(page),
		"no region that is read again whole": !strings.Contains(page, `role="log"`) && !strings.Contains(page, "<article"),
	} {
		if !is {
			t.Errorf("the case has not %s:\n%s", name, page)
		}
	}
	if page := body(mei.get(other)); strings.Contains(page, "The booking was ours.") || strings.Contains(page, "forty minutes") {
		t.Error("a case shows words of another")
	}

	// What waits for her stands first, then what nobody has, each late in words; a filter leaves hers.
	w.clock.add(3 * time.Hour)
	list := body(mei.get("/cases"))
	hers, free := strings.Index(list, `id="g-waiting"`), strings.Index(list, `id="g-free"`)
	if strings.Count(list, ">late by ") != 2 || hers < 0 || free < hers || !strings.Contains(list[hers:free], first.Name()) || !strings.Contains(list[free:], second.Name()) {
		t.Errorf("the list:\n%s", list)
	}
	if mine := body(mei.get("/cases?state=waiting")); !strings.Contains(mine, first.Name()) || strings.Contains(mine, second.Name()) {
		t.Errorf("what waits for her is %s", mine)
	}

	// What is wrong with a date is said at the date, which a browser picks.
	page = body(mei.post(at+"/agree", url.Values{"plan": {"A new cut."}, "date": {"2020-01-01"}, "time": {"09:00"}, "id": {"a1"}}))
	if !regexp.MustCompile(`<input id="f-date"[^>]* type="date"[^>]* aria-describedby=" e-date" aria-invalid="true"`).MatchString(page) || !strings.Contains(page, `id="e-date"`) {
		t.Errorf("the fault of the date stands elsewhere:\n%s", page)
	}

	// A cost has its currency, also once the case is open again; nothing is left of the note that it was done.
	page = body(mei.post(at+"/resolve", url.Values{"cause": {"responsiveness"}, "action": {"apology"}, "cost": {"25.50"}, "id": {"r1"}}))
	if w.now(first).State != recovery.Resolved || !strings.Contains(page, "25.50 GBP") {
		t.Errorf("the cost has no currency:\n%s", page)
	}
	mei.post(at+"/reopen", url.Values{"reason": {"She wrote again."}, "id": {"o1"}})
	page = body(mei.get(at))
	if !strings.Contains(page, "25.50 GBP") || strings.Contains(page, "Resolved.</") || regexp.MustCompile(`id="standing"[^>]*>[^<]*(<svg.*?</svg>)?[^<]*Resolved`).MatchString(page) {
		t.Errorf("the case that is open again says:\n%s", page)
	}
}

// headed reports whether every section and every aside of a page is named, by a heading of its own or in words.
func headed(page string) bool {
	parts := regexp.MustCompile(`<(?:section|aside)([^>]*)>`).FindAllStringSubmatchIndex(page, -1)
	for _, p := range parts {
		attributes, rest := page[p[2]:p[3]], page[p[1]:]
		if id := regexp.MustCompile(`aria-labelledby="([^"]+)"`).FindStringSubmatch(attributes); id != nil {
			if !regexp.MustCompile(`<h[123][^>]* id="` + id[1] + `"`).MatchString(page) {
				return false
			}
			continue
		}
		if !strings.Contains(attributes, "aria-label=") && !strings.HasPrefix(strings.TrimSpace(rest), "<h2") {
			return false
		}
	}
	return len(parts) > 3
}
