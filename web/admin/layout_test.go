package admin

import (
	"io/fs"
	"regexp"
	"testing"
)

// measures are the ways in which a script asks how large, or in which look, a page is shown.
var measures = regexp.MustCompile(`matchMedia|visualViewport|ResizeObserver|IntersectionObserver|getComputedStyle|getBoundingClientRect|getClientRects|(inner|outer|client|offset|scroll)(Width|Height)|["']resize["']`)

// TestNoModuleLaysOutAPage: pages are laid out by styles alone, so that one that is open and changes its
// look and width is as if it had been opened so. TestMatrix, which opens each page once, relies on it.
func TestNoModuleLaysOutAPage(t *testing.T) {
	modules, err := fs.Glob(staticFiles, "static/*.js")
	if err != nil || len(modules) < 10 {
		t.Fatalf("%d modules: %v", len(modules), err)
	}
	for _, name := range modules {
		script, err := staticFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if by := measures.Find(script); by != nil {
			t.Errorf("%s looks at the page by %s: TestMatrix has to open the pages that have it anew", name, by)
		}
	}
}
