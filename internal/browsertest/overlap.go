package browsertest

// overlaps are the texts of different elements that lie over each other, in pairs. What a font may leave empty above
// and below its letters counts for nothing, nor does what a box cuts off. What is placed over the page (a bar that
// stands still, a menu that opens, a number beside a sign) is compared with what is placed there with it alone. The
// texts are sorted from the top down and swept once. At most ten pairs are told.
const overlaps = `(() => {
	const out = [], texts = [], layers = new Map(), clips = new Map()
	const placed = ["absolute", "fixed", "sticky"]
	const layerOf = e => {
		if (!e || e === document.body) return null
		if (!layers.has(e)) layers.set(e, placed.includes(getComputedStyle(e).position) ? e : layerOf(e.parentElement))
		return layers.get(e)
	}
	const meet = (a, b) => ({
		left: Math.max(a.left, b.left), right: Math.min(a.right, b.right), top: Math.max(a.top, b.top), bottom: Math.min(a.bottom, b.bottom),
	})
	const clipOf = e => { // what its boxes let be seen of it; null = it is for screen readers alone
		if (!e || e === document.body) return { left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity }
		if (!clips.has(e)) {
			const s = getComputedStyle(e), around = clipOf(e.parentElement)
			const cuts = s.overflowX !== "visible" && s.display !== "inline"
			clips.set(e, s.clipPath !== "none" || !around ? null : cuts ? meet(around, e.getBoundingClientRect()) : around)
		}
		return clips.get(e)
	}
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange()
	while (walk.nextNode()) {
		const n = walk.currentNode, e = n.parentElement
		if (!n.data.trim() || e.closest("select, textarea, script, style, title, desc")) continue
		if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue
		const clip = clipOf(e), size = parseFloat(getComputedStyle(e).fontSize)
		if (!clip) continue
		range.selectNodeContents(n)
		for (const r of range.getClientRects()) {
			const empty = Math.max(0, r.height - size) / 2 + size * .15
			const b = meet({ left: r.left + 1.5, right: r.right - 1.5, top: r.top + empty, bottom: r.bottom - empty }, clip)
			if (b.left < b.right && b.top < b.bottom) texts.push({ ...b, e, layer: layerOf(e), words: n.data.trim().slice(0, 40) })
		}
	}
	texts.sort((a, b) => a.top - b.top)
	let open = []
	for (const b of texts) {
		open = open.filter(a => a.bottom > b.top)
		for (const a of open) {
			if (out.length === 10 || a.e === b.e || a.layer !== b.layer || a.right <= b.left || a.left >= b.right) continue
			out.push(JSON.stringify(a.words) + " and " + JSON.stringify(b.words) + " at " + Math.round(Math.max(a.left, b.left)) + ", " + Math.round(b.top))
		}
		open.push(b)
	}
	return out
})()`

// NoTextOverAnother fails the test if texts of different elements lie over each other.
func (t Tab) NoTextOverAnother(where string) {
	t.Helper()
	for _, pair := range Eval[[]string](t, overlaps) {
		t.Errorf("%s: over each other: %s", where, pair)
	}
}
