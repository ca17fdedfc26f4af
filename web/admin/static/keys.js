// Shortcuts: each button says its own in aria-keyshortcuts. In a field only Ctrl+Enter acts: it sends.
const field = e => e.matches?.("input, select, textarea, [contenteditable]")
const seen = e => e.checkVisibility ? e.checkVisibility() : e.offsetParent
let before = ""

function move(by) {
	const all = [...document.querySelectorAll("li.case")].filter(seen)
	const at = all.findIndex(li => li.contains(document.activeElement))
	const to = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))]
	to?.querySelector("a.cover").focus()
}

// into opens a box and puts the caret behind its words.
function into(id) {
	const area = document.querySelector("#" + id + " textarea")
	if (!area || area.form.hidden) return false
	if (location.hash !== "#" + id) location.hash = id
	area.focus()
	area.setSelectionRange(area.value.length, area.value.length)
	return true
}
const target = () => { if (/^#(reply|note)$/.test(location.hash)) into(location.hash.slice(1)) }

const click = e => { e?.click(); return !!e }
const press = key => click(document.querySelector(`[aria-keyshortcuts="${CSS.escape(key)}"]`))

// act presses the button of the row that has the focus.
const row = of => document.activeElement?.closest?.("li.case")?.querySelector(of)
const act = () => click(row(".button"))

// beside goes to the case before or after this one in the list from which one came.
const listed = "aftercare.cases"
function beside(by) {
	const all = JSON.parse(sessionStorage.getItem(listed) || "[]")
	const at = all.indexOf(location.pathname), to = all[at + by]
	if (at >= 0 && to) location.href = to
	return !!to
}
if (document.getElementById("groups")) {
	addEventListener("pagehide", () => sessionStorage.setItem(listed, JSON.stringify([...document.querySelectorAll("li.case a.cover")].map(a => a.pathname))))
}

// mark ticks the row that has the focus.
function mark() {
	const box = row("input[type=checkbox]")
	if (box) box.checked = !box.checked
	return !!box
}

const keys = {
	x: mark, "[": () => beside(-1), "]": () => beside(1), "?": () => { location.href = document.querySelector("link[rel=help]").href },
	j: () => move(1), k: () => move(-1), t: () => act() || press("t"), r: () => into("reply"), n: () => into("note"),
	"/": () => document.querySelector("input[type=search]")?.focus(),
}
const places = { t: "/", c: "/cases", u: "/customers", f: "/surveys", r: "/reports", s: "/settings", a: "/answers", p: "/people" }

// Whoever speaks to their computer turns the single keys off.
const off = "aftercare.keys"
const choice = document.getElementById("keysoff")
if (choice) {
	const box = choice.firstElementChild
	choice.hidden = false
	box.checked = localStorage.getItem(off) !== "off"
	box.onchange = () => localStorage.setItem(off, box.checked ? "on" : "off")
}

addEventListener("keydown", e => {
	if (e.isComposing) return
	if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && e.target.matches?.("textarea[data-box]")) {
		e.preventDefault()
		e.target.readOnly || e.target.form.requestSubmit(e.target.form.querySelector("button"))
		return
	}
	if (e.key === "Escape" && field(e.target)) {
		e.target.blur()
		if (location.hash) location.hash = "main"
		return
	}
	if (e.ctrlKey || e.metaKey || e.altKey || field(e.target) || localStorage.getItem(off) === "off") return
	const was = before
	before = e.key === "g" ? "g" : ""
	if (was === "g" && places[e.key]) {
		const link = [...document.querySelectorAll(".rail li a")].find(a => a.pathname.endsWith(places[e.key]))
		if (click(link)) e.preventDefault()
		return
	}
	if (keys[e.key] ? keys[e.key]() !== false : press(e.key)) e.preventDefault()
})
addEventListener("hashchange", target)
target()
