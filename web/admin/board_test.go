package admin

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/internal/sqlcount"
)

// byHeader lets in whoever a request names.
type byHeader struct{}

func (byHeader) Viewer(r *http.Request) (Viewer, bool, error) {
	return viewer(r.Header.Get("As")), true, nil
}

var rowOf = regexp.MustCompile(`(?s)<li class="case" id="row-([^"]+)">.*?</li>`)

// rowsIn are the rows of a list, as it has them.
func rowsIn(page []byte) (all []string) {
	for _, m := range rowOf.FindAll(page, -1) {
		all = append(all, string(m))
	}
	return all
}

// TestAWatchedListIsReadOnceForAll: of two hundred who are told that the list has changed the first has it
// read; each is shown what their own page shows, with what is theirs.
func TestAWatchedListIsReadOnceForAll(t *testing.T) {
	counter := new(sqlcount.Counter)
	w := newWorldOn(t, counter.Wrap)
	for i, at := range []string{"main", "harbour", "main", "harbour", "main", "main"} {
		k := w.unhappy(at, string(rune('1'+i)), "Customer", wait)
		switch i {
		case 0, 3:
			w.as("robin").post("/cases/"+k.Name()+"/take", nil)
		case 4:
			w.as("mei").post("/cases/"+k.Name()+"/take", nil)
		}
	}
	s := newSite(Config{Store: w.store, Bot: w.bot, Gate: byHeader{}, Clock: w.clock.Now})
	pages := s.handler()
	told := "1" // nobody looks whether it has changed: the test says
	s.board.revision = func() string { return told }
	ask := func(as string, headers ...string) []byte {
		t.Helper()
		r := httptest.NewRequest("GET", "/cases", nil)
		r.Header.Set("As", as)
		for _, h := range headers {
			r.Header.Set(h, "1")
		}
		out := httptest.NewRecorder()
		if pages.ServeHTTP(out, r); out.Code != 200 {
			t.Fatalf("%s: %d", as, out.Code)
		}
		return out.Body.Bytes()
	}
	counter.Reset()
	_ = ask("robin", "Aftercare-Live")
	first := counter.Queries.Load()
	counter.Reset()
	for range 200 {
		_ = ask("robin", "Aftercare-Live")
	}
	_ = ask("mei", "Aftercare-Live") // of one site: her filter is another
	ofMei := counter.Queries.Load()
	counter.Reset()
	for range 200 {
		_ = ask("ada", "Aftercare-Live") // as Mei
	}
	if first == 0 || ofMei > first || counter.Queries.Load() != 0 {
		t.Errorf("the first watcher asked %d times, two hundred more and one of another site %d, two hundred as her %d", first, ofMei, counter.Queries.Load())
	}
	for _, as := range []string{"robin", "mei", "ada", "hans", "vera"} {
		whole, part := ask(as), ask(as, "Aftercare-Live")
		if want, got := rowsIn(whole), rowsIn(part); !slices.Equal(want, got) || len(want) == 0 {
			t.Errorf("%s is shown\n%s\nwhen it changes, and\n%s\non the page", as, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, region := range []string{`id="groups"`, `id="wait"`, `id="railcount"`, "<title>"} {
			if !bytes.Contains(part, []byte(region)) {
				t.Errorf("%s is not sent %s", as, region)
			}
		}
		if bytes.Contains(part, []byte("<nav")) {
			t.Errorf("%s is sent what has not changed as well", as)
		}
	}

	// What is told anew is read anew.
	free := rowOf.FindSubmatch(ask("ada", "Aftercare-Live"))
	w.as("ada").post("/cases/"+string(free[1])+"/take", nil)
	told = "2"
	if got := ask("ada", "Aftercare-Live"); !bytes.Contains(got, []byte(`id="g-waiting"`)) {
		t.Errorf("what Ada took is not among what waits for her:\n%s", got)
	}
	if got, want := rowsIn(ask("mei", "Aftercare-Live")), rowsIn(ask("mei")); !slices.Equal(got, want) {
		t.Errorf("Mei is shown %v, not %v", got, want)
	}
}
