// Hears that something changed: ids and revisions, never words. What changed is fetched again,
// under the rights of that moment.
const topics = [...document.querySelectorAll("[data-topic]")].map(e => e.dataset.topic)
const bar = document.getElementById("offline")
let source, lost, hidden, seen = {}

const changed = () => document.dispatchEvent(new Event("aftercare:changed"))

function open() {
	if (source || !bar || topics.length === 0) return
	source = new EventSource(bar.dataset.url + "?topics=" + encodeURIComponent(topics.join(",")))
	source.onopen = () => {
		clearTimeout(lost)
		lost = 0
		if (!bar.hidden) changed()
		bar.hidden = true
	}
	source.onmessage = e => {
		const { t, rev } = JSON.parse(e.data)
		const first = !(t in seen)
		if (!first && seen[t] !== rev) changed()
		seen[t] = rev
	}
	source.onerror = () => {
		if (!lost) {
			bar.querySelector("time").textContent = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false })
			lost = setTimeout(() => { bar.hidden = false }, 3000)
		}
		if (source?.readyState === EventSource.CLOSED) {
			shut()
			setTimeout(open, 5000)
		}
	}
}

function shut() {
	source?.close()
	source = null
}

document.addEventListener("visibilitychange", () => {
	clearTimeout(hidden)
	if (document.hidden && localStorage.getItem("aftercare.notify") === "on") return
	if (document.hidden) hidden = setTimeout(shut, 300000)
	else if (!source) {
		open()
		changed()
	}
})
addEventListener("pagehide", shut)
setInterval(() => { if (!document.hidden) changed() }, 30000) // clocks
open()
