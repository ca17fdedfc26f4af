package admin

import (
	"net/url"
	"strings"
	"testing"
)

// A setting is found by the words of its title, of its line and of its heading, in any order, without
// script; what nothing is called is said so.
func TestASettingIsFoundByItsWords(t *testing.T) {
	h := newHouse(t, Viewer{Login: "l", SignIn: "boss", Name: "Boss", Owner: true, Language: "en"})
	for query, wants := range map[string][2]string{
		"":            {`href="/settings/sites"`, "No setting is called"},
		"sites":       {`href="/settings/sites"`, `href="/settings/hearing"`},
		"HEAR who":    {`href="/settings/hearing"`, `href="/settings/sites"`},
		"nothing <b>": {"No setting is called “nothing &lt;b&gt;”", `class="cover"`},
	} {
		_, page, _ := strings.Cut(h.get("/settings?q="+url.QueryEscape(query), 200), "<main")
		if !strings.Contains(page, wants[0]) || strings.Contains(page, wants[1]) || !strings.Contains(page, `role="search"`) {
			t.Errorf("%q does not find %s alone", query, wants[0])
		}
	}
}
