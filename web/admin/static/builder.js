// Saves a card's form while it is written, and draws anew what depends on it: the chat, the map, and
// what is found. Without this module the form has its button.
const draft = globalThis.aftercareDraft, { forms, of, named, said, load, twins, merge } = draft
const state = document.getElementById("saving")
let busy = Promise.resolve()

const say = words => { if (state) { state.textContent = words; state.dataset.open = draft.open } }

async function post(form) {
	form.sends = "changes"
	const body = new URLSearchParams(new FormData(form)), sent = said(form)
	const answer = await load("POST", form.action, body)
	if (answer.status !== 200) { draft.open = 0; form.submit(); return } // it asks something: the page says what
	merge(form, answer.response, sent)
	twins(answer.response)
	if (--draft.open === 0) say((state?.dataset.saved ?? "").replace("{0}", new Date().toTimeString().slice(0, 5)))
}

const retry = form => post(form).catch(() => {
	say(state?.dataset.failed ?? "")
	return new Promise(done => setTimeout(done, 4000)).then(() => retry(form))
})

function save(form) {
	clearTimeout(form.timer)
	form.timer = 0
	draft.open++
	say(state?.dataset.saving ?? "")
	busy = busy.then(() => retry(form))
}

// What names a thing is in the names of its fields, and where a question is asked its answer is the
// page: after such a change the page comes anew.
const renames = name => /\/(key|value|from)$/.test(name)
const asks = (form, name) => named(form, of(name) + ".asked")
const written = e => e.matches("textarea, input:not([type=checkbox])")

for (const form of forms) {
	form.seen = said(form)
	let keyed, answer = ""
	form.addEventListener("pointerdown", () => { keyed = null })
	form.addEventListener("keydown", e => {
		if (e.target.tagName === "SELECT") keyed = e.target
		if (e.key === "Enter" && e.target.dataset.meant !== undefined) { e.preventDefault(); form.requestSubmit() }
	})
	form.addEventListener("change", e => {
		const field = e.target
		if (!field.name || field.name.startsWith("many|")) return
		if (asks(form, field.name)) answer = of(field.name)
		// A menu that is walked by arrows says something at each step: it is meant when it is left.
		if (field.dataset.anew !== undefined && keyed === field) field.dataset.meant = ""
		else if (field.dataset.anew !== undefined || answer || renames(field.name)) form.requestSubmit()
		else save(form)
	})
	form.addEventListener("focusout", e => { if (e.target.dataset.meant !== undefined) form.requestSubmit() })
	form.addEventListener("input", e => {
		if (!written(e.target) || !e.target.name || e.target.name.startsWith("many|") || renames(e.target.name) || asks(form, e.target.name)) return
		clearTimeout(form.timer)
		form.timer = setTimeout(save, 800, form)
	})
	form.addEventListener("submit", e => { form.sends = e.submitter ? "all" : "" })
	// What is asked is answered by its buttons, or by writing there: nothing else that is saved answers it.
	form.addEventListener("formdata", ({ formData }) => {
		if (form.sends === "nothing" || form.sends === "all") return
		if (form.sends !== "changes") { if (form.querySelector('[name$=".asked"]')) formData.append("take", answer); return }
		for (const a of form.querySelectorAll('[name$=".asked"]')) {
			const name = a.name.slice(0, -6)
			for (const key of [...formData.keys()]) if (of(key) === name || key === name + ".was" || key === a.name) formData.delete(key)
		}
	})
}

// Nobody leaves before their words are stored: what leads away waits for them.
function first(e, then) {
	for (const form of forms) if (form.timer && form !== e.target) save(form); else clearTimeout(form.timer)
	if (draft.open === 0) return
	e.preventDefault()
	busy.then(then)
}
document.addEventListener("submit", e => { first(e, () => e.target.requestSubmit(e.submitter)) })
addEventListener("beforeunload", e => { if (draft.open > 0) e.preventDefault() })
document.addEventListener("click", e => {
	const a = e.target.closest?.("a[href]")
	if (a && !e.ctrlKey && !e.metaKey && !e.shiftKey) first(e, () => a.click())
})
