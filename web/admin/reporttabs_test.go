package admin

import (
	"strings"
	"testing"
)

// TestReportsStandInTheirGroups looks at the navigation of every report: its group and the report itself are named as
// where one is, and every other report is two links away at most, with the filters.
func TestReportsStandInTheirGroups(t *testing.T) {
	f := &reportFilter{keep: map[string][]string{"site": {"main"}}}
	last, over := "", map[string]bool{}
	for _, one := range reports {
		if one.group != last {
			over[last] = true
		}
		if last = one.group; over[last] {
			t.Errorf("%s stands apart from the other reports of %s", one.name, last)
		}
		for lang, w := range tongues() {
			groups, tabs := w.reportTabs(f, one.name)
			if here(groups) != 1 || here(tabs) != 1 {
				t.Errorf("%s, %s: %d groups and %d reports are where one is", lang, one.name, here(groups), here(tabs))
			}
			reached := map[string]bool{}
			for _, group := range groups {
				name := strings.TrimSuffix(strings.TrimPrefix(group.URL, "/reports/"), "?site=main")
				_, of := w.reportTabs(f, name)
				for _, tab := range append(of, group) {
					if reached[tab.URL] = true; strings.HasPrefix(tab.Text, "report_") {
						t.Errorf("%s: nothing says what %s is called", lang, tab.Text)
					}
				}
			}
			for _, other := range reports {
				if !reached["/reports/"+other.name+"?site=main"] {
					t.Errorf("%s: from %s nothing leads to %s", lang, one.name, other.name)
				}
			}
		}
	}
	if reports[0].name != "level" {
		t.Errorf("/reports opens %s", reports[0].name)
	}
}

func here(tabs []reportTab) (n int) {
	for _, tab := range tabs {
		if tab.Here {
			n++
		}
	}
	return n
}
