package browsertest

// cutOff are the words and controls that lie beside the window and cannot be scrolled to: in a bar that
// stands still, in a box that hides what is too wide for it. What is there for screen readers alone, and
// what lies in a box that scrolls, is left out. At most ten are told.
const cutOff = `(() => {
	const wide = document.documentElement.clientWidth, out = []
	const reached = e => {
		for (; e && e !== document.body; e = e.parentElement) {
			const s = getComputedStyle(e)
			if (s.overflowX === "auto" || s.overflowX === "scroll" || s.clipPath !== "none") return true
		}
		return false
	}
	const beside = (r, e, words) => {
		if (out.length < 10 && r.width > 0 && (r.right > wide + 1 || r.left < -1) && e.checkVisibility() && !reached(e)) {
			out.push(words.trim().slice(0, 40) + " at " + Math.round(r.left) + " to " + Math.round(r.right))
		}
	}
	for (const e of document.querySelectorAll("input, select, textarea, button")) {
		beside(e.getBoundingClientRect(), e, e.innerText || e.name || e.id)
	}
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange()
	while (texts.nextNode()) {
		const n = texts.currentNode
		if (!n.data.trim() || n.parentElement.closest("select, textarea, script")) continue
		range.selectNodeContents(n)
		beside(range.getBoundingClientRect(), n.parentElement, n.data)
	}
	return out
})()`

// NothingCutOff fails the test if words or controls lie beside the window where nobody can scroll to.
func (t Tab) NothingCutOff(where string) {
	t.Helper()
	for _, what := range Eval[[]string](t, cutOff) {
		t.Errorf("%s: cut off: %s", where, what)
	}
}
