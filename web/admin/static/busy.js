// Says on its button that a form is on its way, if that takes a while.
const words = document.getElementById("main").dataset
let pressed, was, timers = []

function back() {
	timers.forEach(clearTimeout)
	pressed?.removeAttribute("aria-busy")
	if (pressed) pressed.textContent = was
	pressed = null
}

addEventListener("submit", e => {
	const button = e.submitter
	if (e.defaultPrevented || e.target.method !== "post" || !button || button.childElementCount > 0) return
	back()
	pressed = button
	was = button.textContent
	button.setAttribute("aria-busy", "true")
	const say = text => () => { button.textContent = text }
	timers = [setTimeout(say(words.busy), 400), setTimeout(say(words.still), 4000)]
})
addEventListener("pageshow", e => { if (e.persisted) back() })
