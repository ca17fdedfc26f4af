package browsertest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestAxeNoticesWhatIsWrong opens a page under the policy of our pages with one fault of each
// of several kinds, and one without any.
func TestAxeNoticesWhatIsWrong(t *testing.T) {
	const head = `<!doctype html><html lang="en"><title>t</title><body><main><h1>Title</h1>`
	pages := map[string]string{
		"/good": head + `<p>Words</p><label for="a">Name</label><input id="a">`,
		"/bad":  head + `<p><font color="#ccc">Words</font></p><input id="a"><img src="x.png"><a href="/x"></a>`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; img-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'")
		_, _ = w.Write([]byte(pages[r.URL.Path]))
	}))
	t.Cleanup(server.Close)
	tab := Open(t, Start(t))
	tab.Wear(Looks()[0], 390)
	tab.Visit(server.URL+"/good", Looks()[0])
	tab.Accessible("the good page")
	tab.NoSidewaysScroll("the good page")
	tab.Visit(server.URL+"/bad", Looks()[0])
	var rules []string
	for _, f := range tab.findings() {
		rules = append(rules, f.Rule)
	}
	for _, want := range []string{"color-contrast", "label", "image-alt", "link-name"} {
		if !slices.Contains(rules, want) {
			t.Errorf("nothing is said of %s, only %v", want, rules)
		}
	}
}
