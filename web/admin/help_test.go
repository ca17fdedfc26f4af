package admin

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/docs"
)

func TestEveryPageOfTheDocumentationIsAPageOfTheHelp(t *testing.T) {
	names, err := fs.Glob(docs.Files, "*.md")
	if err != nil || len(names) < 10 {
		t.Fatalf("only %d pages, %v", len(names), err)
	}
	h := newHouse(t, Viewer{Login: "l"}) // no role anywhere
	index := h.get("/help", 200)
	bodies := map[string]string{}
	for _, file := range names {
		name := strings.TrimSuffix(file, ".md")
		if !strings.Contains(index, `href="/help/`+name+`"`) {
			t.Errorf("%s is not in the index", name)
		}
		bodies["/help/"+name] = h.get("/help/"+name, 200)
		for _, fault := range faultsOf(bodies["/help/"+name]) {
			t.Errorf("%s: %s", name, fault)
		}
	}
	if n := strings.Count(index, `href="/help/`); n != len(names) {
		t.Errorf("%d topics of %d pages", n, len(names))
	}
	linked := regexp.MustCompile(`(?:href|src)="(/help/[^"#]*)?(#[^"]*)?"`)
	for at, body := range bodies {
		for _, m := range linked.FindAllStringSubmatch(body, -1) {
			to := m[1]
			if to == "" {
				to = at
			}
			if strings.HasSuffix(to, ".svg") {
				if got := h.get(to, 200); !strings.HasPrefix(got, "<svg") {
					t.Errorf("%s is no picture", to)
				}
				continue
			}
			if m[2] != "" && !strings.Contains(bodies[to], `id="`+m[2][1:]+`"`) {
				t.Errorf("%s links to %s%s, and nothing there has that name", at, to, m[2])
			}
			if to != at {
				h.get(to, 200)
			}
		}
	}
	h.get("/help/nothing", 404)
	h.get("/help/flows/nothing.svg", 404)
	h.get("/help/flows/..%2fdocs.go", 404)
}

func TestADocumentsOwnHTMLAndForeignLinksDoNotGetThrough(t *testing.T) {
	got, err := topicOf([]byte("# Title `x`\n\nFirst *one*. Second.\n\nHere <script>alert(1)</script> [a](https://elsewhere.example) "+
		"<https://auto.example> ![p](//elsewhere.example/p.png) [b](flows.md#here) [c](../secret)\n"),
		func(to string) string { return helpLink(docs.Files, "/care", to) })
	if err != nil {
		t.Fatal(err)
	}
	if got.Title != "Title x" || got.Lead != "First one." {
		t.Errorf("title %q, lead %q", got.Title, got.Lead)
	}
	body := string(got.Body)
	for _, bad := range []string{"<script", "href=\"http", "src=", "secret"} {
		if strings.Contains(body, bad) {
			t.Errorf("%q is in\n%s", bad, body)
		}
	}
	if !strings.Contains(body, `<a href="/care/help/flows#here">b</a>`) {
		t.Errorf("a link within the documentation is lost:\n%s", body)
	}
}
