package browsertest

import (
	_ "embed" // for axe
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

// axe is axe-core 4.14.1 (MPL 2.0, see axe/LICENSE), as it is published.
//
//go:embed axe/axe.min.js
var axe string

// finding is what axe says of one element.
type finding struct {
	Rule, Help, Where, Why string
}

// Accessible fails the test with everything that axe finds on the page: WCAG 2.0 to 2.2, A
// and AA, and its best practices. What a frame in it shows is a page of its own, and looked
// at there.
func (t Tab) Accessible(where string) {
	t.Helper()
	for _, f := range t.findings() {
		t.Errorf("%s: %s", where, f)
	}
}

func (t Tab) findings() []finding {
	t.Helper()
	if !Eval[bool](t, `!!window.axe`) {
		t.Do(chromedp.Evaluate[chromedp.Void](axe + ";void 0"))
	}
	// Soft hyphens are neither seen nor said; axe takes them for a difference between the two.
	t.Do(chromedp.Evaluate[chromedp.Void](`{
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
		while (walk.nextNode()) if (walk.currentNode.data.includes("\u00AD")) walk.currentNode.data = walk.currentNode.data.replaceAll("\u00AD", "")
	} void 0`))
	t.Do(chromedp.Evaluate[chromedp.Void](`window.axeFound = null; axe.run(document, {
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"], iframes: false,
	}).then(r => window.axeFound = r.violations.flatMap(v => v.nodes.map(n => ({
		Rule: v.id, Help: v.help, Where: n.html, Why: n.failureSummary || "",
	}))), e => window.axeFound = [{Rule: "axe", Help: String(e), Where: "", Why: ""}]); void 0`))
	t.Until(`window.axeFound !== null`)
	return Eval[[]finding](t, `window.axeFound`)
}

func (f finding) String() string {
	return fmt.Sprintf("%s (%s): %s: %s", f.Help, f.Rule, f.Where, strings.Join(strings.Fields(f.Why), " "))
}
