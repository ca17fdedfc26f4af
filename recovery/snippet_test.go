package recovery

import (
	"strings"
	"testing"
)

func TestASnippetLeavesOutWhatIsNotKnown(t *testing.T) {
	s := Snippet{Text: "Hello {name}, your {service} at {site}: {me} will call.\n{name}!"}
	if got := s.Fill(map[string]string{"name": "Anna", "service": "colour", "site": "Main Street", "me": "Robin"}); got != "Hello Anna, your colour at Main Street: Robin will call.\nAnna!" {
		t.Errorf("%q", got)
	}
	if got := s.Fill(map[string]string{"name": "{me}"}); got != "Hello {me}, your at: will call.\n{me}!" {
		t.Errorf("a name is no placeholder: %q", got)
	}
}

func TestSnippetsAreChecked(t *testing.T) {
	ok := Snippet{"Sorry", "We are sorry, {name}."}
	for want, list := range map[string][]Snippet{
		"{order}, which nothing": {{"Sorry", "Your {order}"}},
		"called \"sorry\"":       {ok, {"sorry", "x"}},
		"needs a name":           {{" ", "x"}},
		"needs words":            {{"a", strings.Repeat("x", longestSnippet+1)}},
		"keep the best":          make([]Snippet, mostSnippets+1),
	} {
		found := false
		for _, p := range checkSnippets(list) {
			found = found || strings.Contains(p.Message, want)
		}
		if !found {
			t.Errorf("nothing says %s: %v", want, checkSnippets(list))
		}
	}
	if p := checkSnippets([]Snippet{ok}); len(p) > 0 {
		t.Error(p)
	}
}
