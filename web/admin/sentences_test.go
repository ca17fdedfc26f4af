package admin

import (
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	joins := regexp.MustCompile(`"[.;]? "\s*\+\s*` + text + `|\+= "[.,;] " \+ ` + text + `|` + text + `[^{}]*\)\s*\+\s*"[.;]? "\s*\+`)
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

// No template puts a space behind a text that ends a sentence in Chinese: gap knows what stands there. A line of a
// form (class sentence) is laid out, and has no spaces of its own.
func TestNoTemplateJoinsSentencesByASpace(t *testing.T) {
	chinese := drawing().words(httptest.NewRequest("GET", "/", nil), Viewer{Language: "zh-Hans"})
	joins := regexp.MustCompile(`\{\{-?t "(\w+)"[^}]*\}\}(?:</(?:a|b|bdi|code|q|span)>)*(?:\{\{(?:if|with|end|else)[^}]*\}\})* +[^\s]`)
	seen := 0
	for _, folder := range []string{"pages/*.html", "pages/parts/*.html"} {
		names, err := fs.Glob(pageFiles, folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			source, err := fs.ReadFile(pageFiles, name)
			if err != nil {
				t.Fatal(err)
			}
			seen++
			for _, m := range joins.FindAllStringSubmatch(string(source), -1) {
				if text := []rune(chinese.t(m[1])); strings.ContainsRune("。！？；：，、", text[len(text)-1]) {
					t.Errorf("%s joins by a space what Chinese writes together: use gap\n%s", name, m[0])
				}
			}
		}
	}
	if seen < 90 {
		t.Errorf("%d templates were looked at", seen)
	}
}

// No page in Chinese has a space behind a stop, nor between two words of one text.
func TestPagesInChineseHaveNoSpacesBetweenSentences(t *testing.T) {
	inline := regexp.MustCompile(`</?(?:a|b|bdi|code|i|em|q|small|span|strong|time)\b[^>]*>`)
	unseen := regexp.MustCompile(`(?s)<(?:svg|script|head|option)\b.*?</(?:svg|script|head|option)>`)
	behind := regexp.MustCompile(`.{0,20}[。！？；：，、] +[^ \n].{0,20}`)
	between := regexp.MustCompile(`.{0,20}\p{Han} +\p{Han}.{0,20}`)
	for _, f := range fixtures {
		page := unseen.ReplaceAllString(render(t, f, "zh-Hans"), "\n")
		lines, texts := tags.ReplaceAllString(inline.ReplaceAllString(page, ""), "\n"), tags.ReplaceAllString(page, "\n")
		for _, at := range slices.Concat(behind.FindAllString(lines, -1), between.FindAllString(texts, -1)) {
			t.Errorf("%s, %s: %q", f.template, f.of, at)
		}
	}
}
