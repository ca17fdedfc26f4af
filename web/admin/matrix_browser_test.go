//go:build matrix

package admin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"

	"github.com/aftercare/aftercare/internal/browsertest"
)

// TestMatrix walks every page through all looks and widths in English, and on a phone, light
// and dark, in the other languages; what is empty in light alone: nothing scrolls sideways, no text lies over another,
// nothing is cut off on a phone, axe finds nothing, and the page reads in its language's direction. A page is opened
// once and changes its looks and widths as it stands: no script of ours lays out a page (TestNoModuleLaysOutAPage).
// `make browser` runs it; with SCREENSHOTS it leaves a picture of each page.
func TestMatrix(t *testing.T) {
	browser := browsertest.Start(t)
	for _, lang := range pageLanguages {
		t.Run(lang, func(t *testing.T) {
			server := serveFixtures(t, lang)
			looks, widths := browsertest.Looks(), browsertest.Widths()
			if lang != fallback {
				looks, widths = looks[:2], []int64{390} // other words and the other direction: on a phone, light and dark
			}
			const tabs = 2 // that walk beside each other
			for first := range tabs {
				t.Run(fmt.Sprintf("tab %d", first), func(t *testing.T) {
					t.Parallel()
					tab := browsertest.Open(t, browser)
					for i := first; i < len(fixtures); i += tabs {
						walkFixture(tab, fmt.Sprintf("%s/fixture/%d", server, i), lang, fixtures[i], looks, widths)
					}
				})
			}
		})
	}
}

// walkFixture looks at a page in looks and widths; what is empty has the parts of the full one, and fewer:
// in the first look alone.
func walkFixture(tab browsertest.Tab, url, lang string, f fixture, looks []browsertest.Look, widths []int64) {
	tab.Helper()
	if f.of == "empty" {
		looks = looks[:1]
	}
	tab.Walk(url, looks, widths, func(l browsertest.Look, width int64) {
		where := fmt.Sprintf("%s-%s-%s-%d-%s", f.template, f.of, lang, width, l.Name)
		tab.NoSidewaysScroll(where)
		tab.NoTextOverAnother(where)
		if width < 700 { // at a desk the text that a browser enlarges changes the layout as well
			tab.NothingCutOff(where)
		}
		tab.Picture(where)
		tab.AccessibleIn(l, width, where)
	})
	if lang == fallback {
		walkRows(tab, f, looks[0])
	}
	if got := browsertest.Eval[string](tab, `getComputedStyle(document.documentElement).direction`); got != dir(lang) {
		tab.Errorf("%s: the page reads %s", f.template, got)
	}
}

// walkRows looks at a page that has rows of cases, of people or of surveys at the widths of tablets:
// there a row may turn into one line that has no room for its words.
func walkRows(tab browsertest.Tab, f fixture, l browsertest.Look) {
	tab.Helper()
	if !browsertest.Eval[bool](tab, `document.querySelector(".rows>:is(.case,.flow)") !== null`) {
		return
	}
	for _, width := range []int64{744, 1024} {
		where := fmt.Sprintf("%s-%s-rows-%d", f.template, f.of, width)
		tab.Change(l, width)
		tab.NoSidewaysScroll(where)
		tab.NothingCutOff(where)
		tab.NoTextOverAnother(where)
		for _, words := range browsertest.Eval[[]string](tab, squeezed) {
			tab.Errorf("%s: the column is narrower than 8rem: %s", where, words)
		}
		tab.Picture(where)
	}
}

// squeezed are the words of customers and the names in rows that have less than 8rem of room.
const squeezed = `[...document.querySelectorAll(".rows>.case>q,.rows>.flow>.grow")].filter(e => e.getClientRects().length &&
	e.getBoundingClientRect().width < 8 * parseFloat(getComputedStyle(document.documentElement).fontSize)).map(e => e.textContent.slice(0, 60))`

// serveFixtures serves the pages of the fixtures, each by its number, as the admin would.
func serveFixtures(t *testing.T, lang string) (url string) {
	t.Helper()
	v := someone
	v.Language = lang
	c := Config{Gate: gateOf(v)}
	was := routes
	routes = append(slices.Clone(was), route{pattern: "GET /fixture/{n}", page: func(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil {
			return err
		}
		f := fixtures[n]
		if f.template == "setup_try.html" || f.template == "demo.html" {
			w.Header().Set("Content-Security-Policy", framed)
		}
		return s.show(w, r, v, http.StatusOK, f.template, f.frame, f.page)
	}})
	h := New(c)
	routes = was
	all := http.NewServeMux()
	all.Handle("/", h)
	shown := func(w http.ResponseWriter, _ *http.Request) { // what frames show: other pages, walked by themselves
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>A page</title>"))
	}
	all.HandleFunc("GET /chat/x", shown)
	all.HandleFunc("GET /cases", shown)
	server := httptest.NewServer(all)
	t.Cleanup(server.Close)
	return server.URL
}
