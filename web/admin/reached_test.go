package admin

import (
	"bytes"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"sync"
)

// plainly is what tests of this package did with pages as a browser without script does: by test,
// the addresses that pages offered as links or forms, and those that were asked for and answered.
var plainly = struct {
	sync.Mutex
	offered, done map[string]map[string]bool
	mux           *http.ServeMux
}{offered: map[string]map[string]bool{}, done: map[string]map[string]bool{}, mux: http.NewServeMux()}

// watchRoutes has every route tell what is asked of it. It is called once, before any test runs.
func watchRoutes() {
	for _, list := range [][]route{routes, doors} {
		for i := range list {
			to := list[i]
			plainly.mux.HandleFunc(to.pattern, func(http.ResponseWriter, *http.Request) {})
			list[i].page = func(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
				if to.pattern == "GET /live" || r.Header.Get("Aftercare-Live") != "" {
					return to.page(s, w, r, v)
				}
				seen := &seenWriter{ResponseWriter: w}
				err := to.page(s, seen, r, v)
				if test := runningTest(); test != "" {
					note(plainly.done, test, to.pattern, err == nil && seen.code < 400)
					seen.offers(test, &url.URL{Path: r.URL.Path})
				}
				return err
			}
		}
	}
}

// note remembers something of a test.
func note(of map[string]map[string]bool, test, pattern string, is bool) {
	plainly.Lock()
	defer plainly.Unlock()
	if of[test] == nil {
		of[test] = map[string]bool{}
	}
	of[test][pattern] = of[test][pattern] || is
}

// did reports whether pages offered an address in a test, and whether it was asked for there and
// answered.
func did(test, pattern string) (offered, done bool) {
	plainly.Lock()
	defer plainly.Unlock()
	return plainly.offered[test][pattern], plainly.done[test][pattern]
}

// runningTest is the test on whose goroutine this runs; "" = none.
func runningTest() string {
	var pcs [128]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for {
		f, more := frames.Next()
		if _, name, ok := strings.Cut(f.Function, "web/admin.Test"); ok {
			name, _, _ = strings.Cut(name, ".")
			return "Test" + name
		}
		if !more {
			return ""
		}
	}
}

// seenWriter keeps what a page shows.
type seenWriter struct {
	http.ResponseWriter
	code int
	body bytes.Buffer
}

// WriteHeader keeps the status.
func (w *seenWriter) WriteHeader(code int) { w.code = code; w.ResponseWriter.WriteHeader(code) }

// Write keeps the page.
func (w *seenWriter) Write(p []byte) (int, error) { w.body.Write(p); return w.ResponseWriter.Write(p) }

// Unwrap lets handlers reach what else the writer can do.
func (w *seenWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

var (
	shownLink   = regexp.MustCompile(`<a\b[^>]*\shref="([^"]*)"`)
	shownForm   = regexp.MustCompile(`<form\b[^>]*>`)
	shownButton = regexp.MustCompile(`<button\b[^>]*\sformaction="([^"]*)"[^>]*>`)
	formTarget  = regexp.MustCompile(`\saction="([^"]*)"`)
)

// offers notes the addresses to which the links and the forms of a page lead; a hidden form is script's.
func (w *seenWriter) offers(test string, at *url.URL) {
	page := w.body.String()
	offer := func(method, to string) {
		next, err := at.Parse(html.UnescapeString(to))
		if err != nil || next.Host != "" {
			return
		}
		r := httptest.NewRequest(method, "http://localhost/"+strings.TrimPrefix(strings.TrimPrefix(next.EscapedPath(), "/care"), "/"), nil)
		if _, pattern := plainly.mux.Handler(r); pattern != "" {
			note(plainly.offered, test, pattern, true)
		}
	}
	if to := w.Header().Get("Location"); to != "" {
		offer(http.MethodGet, to)
	}
	for _, m := range shownLink.FindAllStringSubmatch(page, -1) {
		offer(http.MethodGet, m[1])
	}
	for _, form := range shownForm.FindAllString(page, -1) {
		if strings.Contains(form, " hidden") {
			continue
		}
		method, to := http.MethodGet, at.Path
		if strings.Contains(form, `method="post"`) {
			method = http.MethodPost
		}
		if m := formTarget.FindStringSubmatch(form); m != nil {
			to = m[1]
		}
		offer(method, to)
	}
	for _, m := range shownButton.FindAllStringSubmatch(page, -1) {
		offer(http.MethodPost, m[1])
	}
}
