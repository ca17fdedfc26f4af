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
	t.found(where, false)
}

// StillAccessible does so, too, but holds a page that was looked at before, and of which only the
// colours have changed since, to the rules of colours.
func (t Tab) StillAccessible(where string) {
	t.Helper()
	t.found(where, true)
}

func (t Tab) found(where string, still bool) {
	t.Helper()
	for _, f := range t.findings(still) {
		t.Errorf("%s: %s", where, f)
	}
}

// look has axe look at the page, and leaves the page as it was. Every rule but those of colours
// judges the elements, their attributes and text, where they are and whether they are seen: while
// these are the same as when nothing was found, so is what it finds.
const look = `(async still => {
	const shape = document.documentElement.outerHTML + [...document.querySelectorAll("*")].map(e => {
		const r = e.getBoundingClientRect()
		return [r.x, r.y, r.width, r.height, e.checkVisibility({ opacityProperty: true, visibilityProperty: true })].join()
	}).join(" ")
	const again = still && window.axeShape === shape
	// Soft hyphens are neither seen nor said; axe takes them for a difference between the two.
	const hyphened = []
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	while (walk.nextNode()) if (walk.currentNode.data.includes("\u00AD")) hyphened.push([walk.currentNode, walk.currentNode.data])
	for (const [text, words] of hyphened) text.data = words.replaceAll("\u00AD", "")
	try {
		const found = await axe.run(document, {
			runOnly: again ? { type: "rule", values: ["color-contrast", "link-in-text-block"] }
				: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
			resultTypes: ["violations"], iframes: false,
		})
		// A bar that stays at the edge lies over a part of what is scrolled beneath it: that counts where it is
		// so wherever the page is scrolled.
		const small = found.violations.find(v => v.id === "target-size")
		if (small) {
			const left = scrollX, top = scrollY, kept = []
			for (const n of small.nodes) {
				const e = document.querySelector(n.target[0])
				e.scrollIntoView({ block: "center", behavior: "instant" })
				const there = await axe.run(e, { runOnly: { type: "rule", values: ["target-size"] }, resultTypes: ["violations"], iframes: false })
				if (there.violations.length > 0) kept.push(n)
			}
			scrollTo({ left, top, behavior: "instant" })
			small.nodes = kept
		}
		if (found.violations.every(v => v.nodes.length === 0)) window.axeShape = shape
		return found.violations.flatMap(v => v.nodes.map(n => ({ Rule: v.id, Help: v.help, Where: n.html, Why: n.failureSummary || "" })))
	} catch (e) {
		return [{ Rule: "axe", Help: String(e), Where: "", Why: "" }]
	} finally {
		for (const [text, words] of hyphened) text.data = words
	}
})`

func (t Tab) findings(still bool) []finding {
	t.Helper()
	if !Eval[bool](t, `!!window.axe`) {
		t.Do(chromedp.Evaluate[chromedp.Void](axe + ";void 0"))
	}
	found, err := chromedp.Run(t.Ctx, chromedp.Evaluate[[]finding](fmt.Sprintf("%s(%t)", look, still), chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("let axe look at the page: %v", err)
	}
	return found
}

func (f finding) String() string {
	return fmt.Sprintf("%s (%s): %s: %s", f.Help, f.Rule, f.Where, strings.Join(strings.Fields(f.Why), " "))
}
