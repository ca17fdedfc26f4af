package admin

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// No page puts a space or a full stop of its own between texts: Chinese has other ones. words.sentences knows how a
// language writes them.
func TestNoPageJoinsTextsByASpace(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 100 {
		t.Fatal(len(files), err)
	}
	text := `\b(w|words|p\.w|l\.w|d|tongues\(\)\[\w+\])\.t\(`
	joins := regexp.MustCompile(`"[.;]? "\s*\+\s*` + text + `|` + text + `[^{}]*\)\s*\+\s*"[.;]? "\s*\+`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(source), "\n") {
			if joins.MatchString(line) && !strings.Contains(line, "ToLower(") { // what is searched is no text
				t.Errorf("%s:%d joins texts by a space: use words.sentences\n%s", name, i+1, strings.TrimSpace(line))
			}
		}
	}
}

// No report in Chinese has a space behind a full stop.
func TestReportsInChineseHaveNoSpacesBetweenSentences(t *testing.T) {
	w := newWorld(t)
	var all []judged
	for i := range 40 {
		all = append(all, judged{strings.Repeat("a", i+1), "main", "2026-02-20", "Wash", 1 + i%7})
	}
	w.judge(all...)
	speaks := viewer("robin")
	speaks.Language = "zh-Hans"
	v := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(speaks), Clock: w.clock.Now})}
	apart := regexp.MustCompile(`[。：；] +[^ \n<>]+`)
	for _, r := range reports {
		page := body(v.get("/reports/" + r.name + "?from=2026-02-20&to=2026-02-20"))
		for _, p := range regexp.MustCompile(`(?s)<p[ >].*?</p>`).FindAllString(page, -1) {
			if at := apart.FindString(tags.ReplaceAllString(p, "")); at != "" {
				t.Errorf("%s: %q", r.name, at)
			}
		}
	}
}
