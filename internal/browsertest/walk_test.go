package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// A walk opens a page once, comes to every look and width, and finds what is wrong in one of them alone.
func TestAWalkFindsWhatIsWrongInOneLookAndWidth(t *testing.T) {
	const page = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width,initial-scale=1"><title>t</title><style>
		body { background: #fff; color: #000; margin: 0 }
		.wide { height: 1px }
		.words { width: 12rem }
		@media (prefers-color-scheme: dark) { p { color: #ccc } }
		@media (prefers-color-scheme: dark) and (width: 320px) { .wide { width: 400px } }
		@media (prefers-contrast: more) { p { color: #ddd } }
	</style><main><h1>Title</h1><p>Words</p><div class="wide"></div><div class="words">Words</div></main>`
	opened := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			opened++
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(server.Close)
	tab := Open(t, Start(t))
	var seen, found []string
	tab.Walk(server.URL+"/", Looks(), Widths(), func(l Look, width int64) {
		where := fmt.Sprintf("%s %d", l.Name, width)
		seen = append(seen, where)
		if Eval[int](tab, tooWide) > 0 {
			found = append(found, where+" wide")
		}
		for _, f := range tab.findings(l.Name == "more-contrast") {
			found = append(found, where+" "+f.Rule)
		}
	})
	slices.Sort(found)
	if want := []string{
		"dark 1280 color-contrast", "dark 320 color-contrast", "dark 320 wide", "dark 390 color-contrast", "large-text 320 wide",
		"more-contrast 1280 color-contrast", "more-contrast 320 color-contrast", "more-contrast 390 color-contrast",
	}; !slices.Equal(found, want) {
		t.Errorf("found is %q, want %q", found, want)
	}
	if all := len(Looks()) * len(Widths()); len(slices.Compact(slices.Sorted(slices.Values(seen)))) != all || opened != 1 {
		t.Errorf("%d openings show %q, want 1 and %d", opened, seen, all)
	}
}
