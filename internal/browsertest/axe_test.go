package browsertest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
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
	for _, f := range tab.findings(false) {
		rules = append(rules, f.Rule)
	}
	for _, want := range []string{"color-contrast", "label", "image-alt", "link-name"} {
		if !slices.Contains(rules, want) {
			t.Errorf("nothing is said of %s, only %v", want, rules)
		}
	}
}

// A page that is open changes its look and its width as if it had been opened so, and what is wrong
// only there is noticed: colours, what is shown there alone, and what is too wide.
func TestAPageIsLookedAtInEachLookAndWidth(t *testing.T) {
	const page = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width,initial-scale=1"><title>t</title><style>
		body { background: #fff; color: #000; margin: 0 }
		.dark, .wide { display: none }
		@media (prefers-color-scheme: dark) { p { color: #ccc } }
		@media (forced-colors: active) { .dark { display: block } }
		@media (width: 320px) { .wide { display: block; width: 400px; height: 1px } }
	</style><main><h1>Ti&shy;tle</h1><p>Words</p><input class="dark"><div class="wide"></div></main>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(server.Close)
	tab := Open(t, Start(t))
	looks := Looks()
	tab.Wear(looks[0], 390)
	tab.Visit(server.URL, looks[0])
	size := Eval[float64](tab, `parseFloat(getComputedStyle(document.documentElement).fontSize)`)
	for _, tt := range []struct {
		look  string
		width int64
		rules []string
		over  bool
		size  float64
	}{
		{"light", 390, nil, false, size},
		{"dark", 390, []string{"color-contrast"}, false, size},
		{"light", 390, nil, false, size},
		{"forced-colours", 390, []string{"label"}, false, size},
		{"light", 320, nil, true, size},
		{"large-text", 1280, nil, false, 2 * size},
		{"light", 1280, nil, false, size},
		{"dark", 320, []string{"color-contrast"}, true, size},
	} {
		l := looks[slices.IndexFunc(looks, func(l Look) bool { return l.Name == tt.look })]
		tab.Change(l, tt.width)
		if over := Eval[int](tab, tooWide) > 0; over != tt.over {
			t.Errorf("%s at %d: too wide is %v, want %v", tt.look, tt.width, over, tt.over)
		}
		var rules []string
		for _, f := range tab.findings(true) {
			rules = append(rules, f.Rule)
		}
		if !slices.Equal(rules, tt.rules) {
			t.Errorf("%s at %d: axe finds %v, want %v", tt.look, tt.width, rules, tt.rules)
		}
		if got := Eval[float64](tab, `parseFloat(getComputedStyle(document.documentElement).fontSize)`); got != tt.size {
			t.Errorf("%s at %d: the text is %v px large, want %v", tt.look, tt.width, got, tt.size)
		}
		if got := Eval[string](tab, `document.querySelector("h1").textContent`); got != "Ti\u00ADtle" {
			t.Errorf("axe left the title as %q", got)
		}
	}
}

// What is cut off is found where the page itself is no wider than its window, and nothing else is.
func TestWhatIsCutOffIsNoticed(t *testing.T) {
	const page = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width,initial-scale=1"><title>t</title><style>
		body { margin: 0 }
		.bar { position: fixed; inset: auto 0 0; white-space: nowrap }
		.bar i { display: inline-block; width: 250px }
		.clip { position: relative; overflow: clip } .box { overflow-x: auto }
		.wide { width: 600px; text-align: end }
		.read { position: absolute; left: 500px; clip-path: inset(50%) }
	</style><main><p>Whole</p><div class="clip"><p class="wide">Clipped</p></div>
	<div class="box"><p class="wide">Scrolls</p></div><p class="clip"><span class="read">Read</span></p><p class="clip"><b hidden class="wide">Hidden</b></p></main>
	<nav class="bar"><i>First</i><i>Second</i><button>Third</button></nav>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(server.Close)
	tab := Open(t, Start(t))
	tab.Wear(Looks()[0], 320)
	tab.Visit(server.URL, Looks()[0])
	tab.NoSidewaysScroll("the page")
	var found []string
	for _, what := range Eval[[]string](tab, cutOff) {
		word, _, _ := strings.Cut(what, " at ")
		found = append(found, word)
	}
	slices.Sort(found)
	if want := []string{"Clipped", "Third", "Third"}; !slices.Equal(found, want) {
		t.Errorf("cut off are %q, want %q", found, want)
	}
	tab.Wear(Looks()[0], 1280)
	tab.Visit(server.URL, Looks()[0])
	if found := Eval[[]string](tab, cutOff); len(found) > 0 {
		t.Errorf("cut off in a wide window: %q", found)
	}
}

// TestWhatABarLiesOverCanBeScrolled: a button of which a bar at the edge hides a part, as the page stands, is large
// enough; one that is small wherever the page is scrolled is not. The page stays where it was.
func TestWhatABarLiesOverCanBeScrolled(t *testing.T) {
	const page = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width,initial-scale=1"><title>t</title><style>
		body { margin: 0 } header { position: sticky; top: 0 } header button { height: 100px; width: 300px } main { height: 3000px; padding-top: 400px }
		main button { display: block; width: 200px; height: 60px; margin: 0; padding: 0 } main .small button { height: 16px }
		</style><header><button>Bar</button></header><main><h1>t</h1><button id="a">One</button><button>Two</button><div class="small"><button>Three</button><button>Four</button><button>Five</button></div></main></html>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(page)) }))
	t.Cleanup(server.Close)
	tab := Open(t, Start(t))
	tab.Wear(Looks()[0], 390)
	tab.Visit(server.URL, Looks()[0])
	at := Eval[float64](tab, `document.querySelector("#a").scrollIntoView(), scrollBy(0, -55), scrollY`) // 15 of its 60 pixels are seen
	var found []string
	for _, f := range tab.findings(false) {
		if f.Rule == "target-size" {
			found = append(found, f.Where)
		}
	}
	if len(found) == 0 || slices.ContainsFunc(found, func(where string) bool { return strings.Contains(where, "One") || strings.Contains(where, "Two") }) {
		t.Errorf("too small are %q, and the one under the bar is not", found)
	}
	if now := Eval[float64](tab, "scrollY"); now != at || at == 0 {
		t.Errorf("the page was at %v and is at %v", at, now)
	}
}
