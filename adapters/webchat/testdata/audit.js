// Returns what is wrong with the page for people who see little, see no colours, use a
// keyboard or a screen reader: names, contrast as computed, sizes, landmarks, ids.
(() => {
	const problems = []
	const all = s => [...document.querySelectorAll(s)]
	const shown = e => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && e.getClientRects().length > 0
	const path = e => `<${e.tagName.toLowerCase()} class="${e.className}"> ${JSON.stringify((e.textContent || "").trim().slice(0, 40))}`

	if (!document.documentElement.lang) problems.push("the page has no language")
	if (!document.title) problems.push("the page has no title")
	for (const [what, selector] of [["main landmark", "main"], ["first-level heading", "h1"]]) {
		const n = all(selector).filter(shown).length
		if (n !== 1) problems.push(`the page has ${n} of ${what}, want 1`)
	}
	const ids = new Set()
	for (const e of all("[id]")) {
		if (ids.has(e.id)) problems.push(`two elements have the id ${e.id}`)
		ids.add(e.id)
	}
	for (const e of all("ol > *, ul > *")) if (e.tagName !== "LI") problems.push(`${path(e)} in a list is no item`)
	for (const e of all("dl > div > *")) if (!["DT", "DD"].includes(e.tagName)) problems.push(`${path(e)} in a description list`)

	for (const e of all("button, a, input:not([type=hidden]), select, textarea, iframe").filter(shown)) {
		const by = e.ariaLabelledByElements?.map(l => l.textContent).join(" ")
		const name = e.ariaLabel || by || e.labels?.[0]?.textContent || e.title || e.textContent
		if (!name.trim()) problems.push(`${path(e)} has no name`)
		const plain = words => words.replace(/[☐☑\u00AD\s]/g, "").toLowerCase()
		const said = plain(e.textContent)
		if (e.ariaLabel && said && e.tagName === "BUTTON" && !plain(e.ariaLabel).includes(said)) problems.push(`${path(e)} is called ${e.ariaLabel}, which leaves out what it shows`)
		const box = e.matches("[type=checkbox], [type=radio]") && e.closest("label") || e // its label is pressed, too
		const r = box.getBoundingClientRect()
		const inline = getComputedStyle(e).display.startsWith("inline") && e.tagName === "A" && !e.classList.contains("button")
		if (!inline && (r.width < 44 || r.height < 44)) problems.push(`${path(e)} is ${r.width} × ${r.height} px, want 44 × 44`)
		if (e.tabIndex > 0) problems.push(`${path(e)} changes the order of the Tab key`)
	}

	// With forced colours the colours are the person's own, by pairs of the system.
	if (matchMedia("(forced-colors: active)").matches) return problems

	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })
	const rgba = css => {
		canvas.clearRect(0, 0, 1, 1)
		canvas.fillStyle = css
		canvas.fillRect(0, 0, 1, 1)
		return [...canvas.getImageData(0, 0, 1, 1).data]
	}
	const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0)
	const ratio = (a, b) => {
		const [x, y] = [light(a), light(b)].sort((p, q) => q - p)
		return (x + .05) / (y + .05)
	}
	const ground = e => {
		for (; e; e = e.parentElement) {
			const c = rgba(getComputedStyle(e).backgroundColor)
			if (c[3] === 255) return c
		}
		return rgba("Canvas")
	}
	const texts = new Set()
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement
		if (walk.currentNode.data.trim() && !["SCRIPT", "NOSCRIPT", "STYLE", "OPTION"].includes(e.tagName) && shown(e)) texts.add(e)
	}
	for (const e of texts) {
		const style = getComputedStyle(e)
		const large = parseFloat(style.fontSize) >= 24 || parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700
		const got = ratio(rgba(style.color), ground(e))
		if (got < (large ? 3 : 4.5)) problems.push(`${path(e)} has a contrast of ${got.toFixed(2)}`)
		if (parseFloat(style.fontSize) < 12) problems.push(`${path(e)} is ${style.fontSize} small`)
	}
	for (const e of all("button, textarea, select, input:not([type=hidden])").filter(shown)) {
		const around = ground(e.parentElement)
		const edge = Math.max(ratio(rgba(getComputedStyle(e).borderTopColor), around), ratio(ground(e), around))
		if (edge < 3 && !e.matches(".row > :only-child")) problems.push(`the edge of ${path(e)} has a contrast of ${edge.toFixed(2)}`)
	}
	return problems
})()
