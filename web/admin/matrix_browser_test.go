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
// and dark, in the other languages; what is empty once:
// nothing scrolls sideways, nothing is cut off on a phone, axe finds nothing, and the page reads in its language's
// direction. `make browser` runs it; with SCREENSHOTS it leaves a picture of each page.
func TestMatrix(t *testing.T) {
	browser := browsertest.Start(t)
	for _, lang := range pageLanguages {
		t.Run(lang, func(t *testing.T) {
			server := serveFixtures(t, lang)
			for _, l := range browsertest.Looks() {
				if lang != fallback && l.Name != "light" && l.Name != "dark" {
					continue
				}
				tab := browsertest.Open(t, browser) // one a look: a tab that hangs ends the test
				for _, width := range browsertest.Widths() {
					if lang != fallback && width != 390 {
						continue // other words and the other direction: on a phone, light and dark
					}
					tab.Wear(l, width)
					for i, f := range fixtures {
						if f.of == "empty" && l.Name != "light" {
							continue // it has the parts of the full one, and fewer
						}
						where := fmt.Sprintf("%s-%s-%s-%d-%s", f.template, f.of, lang, width, l.Name)
						tab.Visit(server+"/fixture/"+strconv.Itoa(i), l)
						tab.NoSidewaysScroll(where)
						if width < 700 { // at a desk the text that a browser enlarges changes the layout as well
							tab.NothingCutOff(where)
						}
						tab.Picture(where)
						if width == 390 || width == 1280 && l.Name == "light" {
							tab.Accessible(where)
						}
					}
				}
				if got := browsertest.Eval[string](tab, `getComputedStyle(document.documentElement).direction`); got != dir(lang) {
					t.Errorf("the page reads %s", got)
				}
			}
		})
	}
}

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
