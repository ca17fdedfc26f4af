// Keeps on the server what is typed, by box, so that it survives the tab, and tells others that
// somebody is writing. Words never go from one box to the other.
for (const area of document.querySelectorAll("textarea[data-box]")) {
	const form = area.form
	const at = form.action.replace(/\/[^/]*$/, "/draft")
	let timer, sent = area.value
	const body = () => new URLSearchParams({ box: area.dataset.box, text: area.value })
	const save = async () => {
		const text = area.value
		if (text === sent) return
		try {
			const r = await fetch(at, { method: "POST", body: body() })
			if (r.ok) sent = text
		} catch { /* the next stroke tries again */ }
	}
	area.addEventListener("input", () => {
		clearTimeout(timer)
		timer = setTimeout(save, 2000)
	})
	form.addEventListener("submit", () => {
		clearTimeout(timer)
		sent = area.value
	})
	addEventListener("pagehide", () => { if (area.value !== sent) navigator.sendBeacon(at, body()) })
}
