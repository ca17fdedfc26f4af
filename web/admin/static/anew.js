// Shows the menus of a condition as soon as one of them says what it is about. Without this module the form
// has a button for that. A menu that is walked by arrows is meant when it is left.
const form = document.querySelector("form.trigger")
const anew = e => e.dataset.anew !== undefined || e.name?.endsWith("|attribute")
let keyed, turn = 0

function show() {
	const mine = ++turn, body = new URLSearchParams(new FormData(form)), x = new XMLHttpRequest()
	body.set("do", "show")
	x.open("POST", form.action)
	x.responseType = "document"
	x.setRequestHeader("Aftercare-Live", "1")
	x.onload = () => {
		const next = x.status === 200 && x.response?.getElementById("when")
		if (!next || mine !== turn) return
		const at = document.activeElement?.name
		document.getElementById("when").replaceWith(next)
		document.getElementsByName(at)[0]?.focus()
	}
	x.send(body)
}

form.querySelector("[value=show]").hidden = true
form.addEventListener("keydown", e => { if (e.target.tagName === "SELECT") keyed = e.target })
form.addEventListener("pointerdown", () => { keyed = null })
form.addEventListener("change", e => {
	if (!anew(e.target)) return
	if (keyed === e.target) keyed.dataset.meant = ""
	else show()
})
form.addEventListener("focusout", e => {
	if (e.target.dataset.meant === undefined) return
	delete e.target.dataset.meant
	show()
})
