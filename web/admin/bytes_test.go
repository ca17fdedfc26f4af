package admin

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

// What a browser loads, in bytes: what every page has, a page at its first visit, and what comes
// when a page that is open is fetched again.
const (
	everyPage  = 24 << 10 // tokens.css and admin.css, as files
	firstVisit = 100 << 10
	pageAlone  = 40 << 10
	region     = 15 << 10
	oneModule  = 4 << 10
	allModules = 28 << 10
)

var assetOf = regexp.MustCompile(`/static/admin/([a-z_]+)\.[0-9a-f]+\.(css|js|svg)`)

// weightOf is how many bytes a file of these pages has, as it lies there or packed as it is sent.
func weightOf(t *testing.T, name, encoding string) int {
	t.Helper()
	s := drawing()
	at := s.assets.URL(name)
	r := httptest.NewRequest("GET", at, nil)
	r.SetPathValue("file", path.Base(at))
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	if s.assets.ServeHTTP(w, r); w.Code != 200 {
		t.Fatalf("%s: %d", name, w.Code)
	}
	return w.Body.Len()
}

// firstBytes is how many bytes a browser gets that comes to a page for the first time.
func firstBytes(t *testing.T, html string) int {
	t.Helper()
	sum := len(html)
	for _, m := range assetOf.FindAllStringSubmatch(html, -1) {
		sum += weightOf(t, m[1]+"."+m[2], "gzip")
	}
	return sum
}

func TestPagesAreLight(t *testing.T) {
	if n := weightOf(t, "tokens.css", "") + weightOf(t, "admin.css", ""); n > everyPage {
		t.Errorf("the styles of every page have %d bytes, %d are promised", n, everyPage)
	}
	modules := 0
	names, err := fs.Glob(staticFiles, "static/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		n := weightOf(t, strings.TrimPrefix(name, "static/"), "")
		if modules += n; n > oneModule {
			t.Errorf("%s has %d bytes, %d are promised", name, n, oneModule)
		}
	}
	if modules > allModules {
		t.Errorf("the modules have %d bytes, %d are promised", modules, allModules)
	}
	heaviest, most := "", 0
	for _, f := range fixtures {
		html := render(t, f, "zh-Hans")
		sum := firstBytes(t, html)
		if len(html) > pageAlone || sum > firstVisit {
			t.Errorf("%s %s: %d bytes, with its files %d; %d and %d are promised", f.template, f.of, len(html), sum, pageAlone, firstVisit)
		}
		if sum > most {
			heaviest, most = f.template, sum
		}
	}
	t.Attr("figure", fmt.Sprintf("the heaviest page with its files: %s, %d bytes; styles of every page %d, modules %d", heaviest, most, weightOf(t, "tokens.css", "")+weightOf(t, "admin.css", ""), modules))
}

// The fullest list of cases there can be: what comes when it has changed.
func TestARegionIsLight(t *testing.T) {
	p := inboxPage{May: true}
	for i, g := range groupFilters("robin") {
		group := standingGroup{Key: g.key, Fold: g.fold, Count: "1000+"}
		rows := openRows
		if g.fold {
			rows = foldedRows
		}
		for n := range rows {
			group.Rows = append(group.Rows, caseRow{
				Number: fmt.Sprintf("%c-%d", 'A'+i, 10000+n*37), Level: n%7 + 1, Feeling: "dissatisfied", Priority: "P2", Name: fmt.Sprintf("Customer %x", n*7919), About: "haircut and colour · Main Street",
				Words: strings.Repeat(fmt.Sprintf("%x waited for it, and %x ", n*104729, n*1299709), 8), Clock: when{fmt.Sprint(n, " min left"), "09:15", "soon", int64(1772442900 + n*61)}, Due: fmt.Sprintf("take by 09:%02d", n), Act: "take", Mark: true,
			})
		}
		p.Groups = append(p.Groups, group)
	}
	r := httptest.NewRequest("GET", "/cases", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	full, live := httptest.NewRecorder(), httptest.NewRecorder()
	_ = drawing().show(full, r, someone, 200, "cases.html", frame{Title: "Cases", Own: true}, p)
	if full.Header().Get("Content-Encoding") != "" {
		t.Error("a page that another website may have had opened is packed: its length would tell of its words")
	}
	r.Header.Set("Aftercare-Live", "1")
	_ = drawing().show(live, r, someone, 200, "cases.html", frame{Title: "Cases", Own: true}, p)
	if n := live.Body.Len(); n > region || live.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%d bytes come for a list of cases that has changed, %d are promised", n, region)
	}
	if n := firstBytes(t, full.Body.String()); n > firstVisit {
		t.Errorf("%d bytes come at the first visit of a full list of cases, %d are promised", n, firstVisit)
	}
	t.Attr("figure", fmt.Sprintf("a full list of cases: %d bytes, fetched again %d", full.Body.Len(), live.Body.Len()))
}

// Every page has the style of its kind, wherever it is drawn: what the tests look at is what people see.
func TestPagesHaveTheirStyle(t *testing.T) {
	unknown := maps.Clone(styles)
	for _, f := range fixtures {
		style := styles[f.template]
		delete(unknown, f.template)
		html := render(t, f, "en")
		var loaded []string
		for _, m := range assetOf.FindAllStringSubmatch(html, -1) {
			if m[2] == "css" && m[1] != "admin" && m[1] != "tokens" {
				loaded = append(loaded, m[1]+".css")
			}
		}
		if got := strings.Join(loaded, " "); got != style {
			t.Errorf("%s %s loads %q, want %q", f.template, f.of, got, style)
		}
	}
	for template, style := range unknown {
		t.Errorf("%s styles %s, of which there is no fixture", style, template)
	}
}
