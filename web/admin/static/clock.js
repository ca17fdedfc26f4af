// Counts down the seconds in which words can be taken back; then looks whether they are sent.
setInterval(() => {
	for (const e of document.querySelectorAll("[data-seconds]")) {
		const left = Number(e.textContent) - 1
		if (left >= 0) e.textContent = left
		if (left <= 0) document.dispatchEvent(new Event("aftercare:changed"))
	}
}, 1000)
