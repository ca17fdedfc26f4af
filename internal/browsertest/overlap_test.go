package browsertest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Texts that lie over their neighbours are found, in a drawing as well, and no others: not lines that are close, nor
// what is hidden, cut off, said to screen readers alone or placed over the page. A page may be right at one width
// alone.
func TestTextOverAnotherIsNoticed(t *testing.T) {
	const page = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width,initial-scale=1"><title>t</title><style>
		body { margin: 0; font: 16px/1 sans-serif }
		p { margin: 0 }
		.two { display: grid; grid-template-columns: 50% 50%; white-space: nowrap } .up { margin-top: -10px }
		.close { line-height: .95 } .off { opacity: 0 } .gone { visibility: hidden }
		.cut { width: 40px; overflow: hidden; white-space: nowrap; float: left }
		.read { position: absolute; clip-path: inset(50%) } .menu { position: absolute; top: 0; left: 0 }
		.menu + * { clear: both }
	</style><main>
	<p>Below a menu</p><div class="menu"><p>Menu</p><p class="up">Raised</p></div>
	<p class="close">Line by <b>line</b></p><p class="close">and close to each other</p>
	<div class="two"><span>A figure that is much too long for it</span><span>Neighbour</span></div>
	<p>Under <i>all of it</i></p><p class="up off">Clear</p><p class="up gone">Gone</p>
	<p class="cut">What is cut off</p><p>Beside it</p><p>Said<span class="read">to screen readers</span></p>
	<svg width="300" height="40"><text x="0" y="20">week 36</text><text x="30" y="20">week 37</text><text x="200" y="20">week 42</text></svg>
	</main>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(server.Close)
	tab := Open(t, Start(t))
	tab.Wear(Looks()[0], 320)
	tab.Visit(server.URL, Looks()[0])
	tab.NoSidewaysScroll("the page")
	found := func() (pairs []string) {
		for _, what := range Eval[[]string](tab, overlaps) {
			pair, _, _ := strings.Cut(what, " at ")
			pairs = append(pairs, pair)
		}
		slices.Sort(pairs)
		return pairs
	}
	menu, drawn := `"Menu" and "Raised"`, `"week 36" and "week 37"`
	if got, want := found(), []string{`"A figure that is much too long for it" and "Neighbour"`, menu, drawn}; !slices.Equal(got, want) {
		t.Errorf("over each other are %q, want %q", got, want)
	}
	tab.Change(Looks()[0], 1280)
	if got, want := found(), []string{menu, drawn}; !slices.Equal(got, want) {
		t.Errorf("in a wide window over each other are %q, want %q", got, want)
	}
}
