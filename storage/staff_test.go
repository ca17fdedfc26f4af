package storage

import (
	"regexp"
	"strings"
	"testing"
)

// names are of every writing, of none, and such as mean something in an address.
var names = []string{"Salon Schär", "Weiß", "Łódź", "北京店", "صالون", "💇", "New", "new", "Staff", "", "-", strings.Repeat("Ärzte ", 30), strings.Repeat("ß", 100)}

func TestIDsThatAreMadeOfNamesCanStandInRulesAndAddresses(t *testing.T) {
	form := regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,46}[a-z0-9]$`) // of a site in the file of rules, the shortest of all
	for _, name := range names {
		var team []Staff
		for range 12 {
			team = append(team, Staff{ID: StaffID(name, team)})
		}
		seen := map[string]bool{"new": true} // where a page makes a new one
		for _, s := range team {
			if seen[s.ID] || !form.MatchString(s.ID) {
				t.Errorf("%.20q as a member of staff: %q", name, s.ID)
			}
			seen[s.ID] = true
		}
		if id := SiteID(name); id == "new" || !form.MatchString(id) {
			t.Errorf("%.20q as a site: %q", name, id)
		}
	}
	if staff, site := StaffID("Jörg Weiß", nil), SiteID("Salon Schär"); staff != "jorg-weiss" || site != "salon-schar" {
		t.Errorf("made of letters with marks: %q, %q", staff, site)
	}
	if staff, site := StaffID("北京店", nil), SiteID("صالون"); staff != "staff" || site != "main" {
		t.Errorf("made of no letter that can stand in one: %q, %q", staff, site)
	}
}
