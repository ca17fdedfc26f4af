package admin

import (
	"regexp"
	"strings"
	"testing"
)

// chosenIn are the words of what the menus of a page say is chosen; a menu without a mark shows its first choice.
func chosenIn(page string) (all []string) {
	for _, menu := range regexp.MustCompile(`(?s)<select.*?</select>`).FindAllString(page, -1) {
		options := regexp.MustCompile(`(?s)<option[^>]*>([^<]*)`).FindAllStringSubmatch(menu, -1)
		marked := regexp.MustCompile(`(?s)<option[^>]* selected[^>]*>([^<]*)`).FindStringSubmatch(menu)
		switch {
		case marked != nil:
			all = append(all, marked[1])
		case len(options) > 0:
			all = append(all, options[0][1])
		}
	}
	return all
}

// A filter that there is not either narrows the list, and stands in its menu, or does not, and does not: no menu says
// "everything" above a list that shows nothing because of it, and none says a level that narrows nothing.
func TestAMenuSaysWhatNarrowsTheList(t *testing.T) {
	w := newWorld(t)
	w.runs()
	w.unhappy("main", "1", "Anna", wait)
	w.judge(beside("Wash", 5, 40)...)
	robin := w.as("robin")
	for at, c := range map[string]struct{ chosen, shows string }{
		"/reports?site=gone":          {"gone", ""},
		"/reports?flow=gone":          {"gone", ""},
		"/answers?site=gone":          {"gone", ""},
		"/answers?flow=gone":          {"gone", ""},
		"/answers?language=xx":        {"xx", ""},
		"/cases?site=gone":            {"gone", ""},
		"/answers?level=9-12":         {"Every level", "Wash"},
		"/answers?level=abc":          {"Every level", "Wash"},
		"/cases?state=gone":           {"Mine and free first", "Anna"},
		"/cases?priority=P9":          {"Every priority", "Anna"},
		"/cases?reason=gone":          {"Every reason", "Anna"},
		"/list/cases.csv?state=gone":  {"", "main"},
		"/list/cases.csv?reason=gone": {"", "main"},
	} {
		page := body(robin.get(at))
		if chosen := strings.Join(chosenIn(page), " | "); !strings.Contains(chosen+" |", c.chosen+" |") && c.chosen != "" {
			t.Errorf("%s: the menus say %q, want %q", at, chosen, c.chosen)
		}
		if !strings.Contains(page, c.shows) {
			t.Errorf("%s does not show %q", at, c.shows)
		}
		if c.shows != "" && strings.Contains(page, "Save this view") {
			t.Errorf("%s: what narrows nothing can be saved as a view", at)
		}
	}
}
