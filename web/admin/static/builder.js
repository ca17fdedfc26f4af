// Saves a card's form while it is written, and draws anew what depends on it: the chat, the map,
// what is found. Without this module the form has its button.
const state = document.getElementById("saving")
const forms = [...document.querySelectorAll("form[data-saves]")]
let busy = Promise.resolve(), open = 0

const say = words => { if (state) { state.textContent = words; state.dataset.open = open } }
const named = (root, name) => root.querySelector(`[name="${CSS.escape(name)}"]`)

// send posts a form. The parser of XMLHttpRequest makes the document: no string becomes markup.
const send = form => new Promise((done, fail) => {
	const x = new XMLHttpRequest()
	x.open("POST", form.action)
	x.responseType = "document"
	x.timeout = 20000
	x.onload = () => (x.status === 200 && x.response || x.status === 409 || x.status === 422 ? done(x) : fail())
	x.onerror = x.ontimeout = fail
	x.send(new URLSearchParams(new FormData(form)))
})

// twins puts what the server drew in the place of what stands here, where nobody writes.
function twins(fresh) {
	for (const old of document.querySelectorAll("[data-twin]")) {
		const now = fresh.querySelector(`[data-twin="${CSS.escape(old.dataset.twin)}"]`)
		if (now && !old.isEqualNode(now) && !old.contains(document.activeElement)) old.replaceWith(document.adoptNode(now))
	}
}

async function post(form) {
	const answer = await send(form)
	if (answer.status !== 200) { open = 0; form.submit(); return } // it asks something: the page says what
	for (const was of form.querySelectorAll('input[type="hidden"][name$=".was"]')) {
		const now = named(answer.response, was.name)
		if (now) was.value = now.value
	}
	twins(answer.response)
	if (--open === 0) say((state?.dataset.saved ?? "").replace("{0}", new Date().toTimeString().slice(0, 5)))
}

const retry = form => post(form).catch(() => {
	say(state?.dataset.failed ?? "")
	return new Promise(done => setTimeout(done, 4000)).then(() => retry(form))
})

function save(form) {
	clearTimeout(form.timer)
	form.timer = 0
	open++
	say(state?.dataset.saving ?? "")
	busy = busy.then(() => retry(form))
}

// What names a thing is in the names of its fields: after such a change the page comes anew.
const renames = name => /\/(key|value|from)$/.test(name)
const written = e => e.matches("textarea, input:not([type=checkbox])")

for (const form of forms) {
	let keyed
	form.addEventListener("pointerdown", () => { keyed = null })
	form.addEventListener("keydown", e => {
		if (e.target.tagName === "SELECT") keyed = e.target
		if (e.key === "Enter" && e.target.dataset.meant !== undefined) { e.preventDefault(); form.requestSubmit() }
	})
	form.addEventListener("change", e => {
		const field = e.target
		if (!field.name || field.name.startsWith("many|")) return
		// A menu that is walked by arrows says something at each step: it is meant when it is left.
		if (field.dataset.anew !== undefined && keyed === field) field.dataset.meant = ""
		else if (field.dataset.anew !== undefined || renames(field.name)) form.requestSubmit()
		else save(form)
	})
	form.addEventListener("focusout", e => { if (e.target.dataset.meant !== undefined) form.requestSubmit() })
	form.addEventListener("input", e => {
		if (!written(e.target) || !e.target.name || e.target.name.startsWith("many|") || renames(e.target.name)) return
		clearTimeout(form.timer)
		form.timer = setTimeout(save, 800, form)
	})
}

// Nobody leaves before their words are stored: what leads away waits for them.
function first(e, then) {
	for (const form of forms) if (form.timer && form !== e.target) save(form); else clearTimeout(form.timer)
	if (open === 0) return
	e.preventDefault()
	busy.then(then)
}
document.addEventListener("submit", e => { first(e, () => e.target.requestSubmit(e.submitter)) })
addEventListener("beforeunload", e => { if (open > 0) e.preventDefault() })
document.addEventListener("click", e => {
	const a = e.target.closest?.("a[href]")
	if (a && !e.ctrlKey && !e.metaKey && !e.shiftKey) first(e, () => a.click())
})
