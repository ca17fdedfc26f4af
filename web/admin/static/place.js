// The editor by keyboard: what had the focus when the page went has it when the page comes; a card
// moves up and down, the menu behind it opens, the last change is taken back.
const place = "builder:" + location.pathname
const mark = e => {
	if (e?.name) return `[name="${CSS.escape(e.name)}"]` + (e.value && e.matches("button, [type=checkbox]") ? `[value="${CSS.escape(e.value)}"]` : "")
	return e?.id ? "#" + CSS.escape(e.id) : ""
}
document.addEventListener("submit", e => {
	if (e.target.method === "post") sessionStorage.setItem(place, mark(e.submitter ?? document.activeElement))
})
const kept = sessionStorage.getItem(place)
sessionStorage.removeItem(place)
if (kept && !document.querySelector("[autofocus], #add")) {
	const now = document.querySelector(kept) ?? document.querySelector("#open a")
	now?.focus({ preventScroll: true })
	now?.scrollIntoView({ block: "nearest" })
}
document.querySelector("#add button")?.focus()

const press = button => { button?.click(); return !!button }
addEventListener("keydown", e => {
	const card = document.getElementById("open")
	let done
	if (e.altKey && !e.ctrlKey && !e.metaKey) {
		if (e.key === "ArrowUp") done = press(card?.querySelector('.qtools [value^="up|"]'))
		else if (e.key === "ArrowDown") done = press(card?.querySelector('.qtools [value^="down|"]'))
		else if (e.code === "KeyN") done = press(card?.nextElementSibling?.matches(".add") ? card.nextElementSibling : document.querySelector(".add"))
	}
	if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "z" && !e.target.matches?.("textarea, input:not([type=checkbox])")) done = press(document.getElementById(e.shiftKey ? "redo" : "undo"))
	if (done) e.preventDefault()
})
