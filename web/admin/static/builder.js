// Saves a card's form while it is written, and draws anew what depends on it: the chat, the map,
// what is found, and what others do meanwhile. Without this module the form has its button.
const state = document.getElementById("saving")
const forms = [...document.querySelectorAll("form[data-saves]")]
let busy = Promise.resolve(), open = 0

const say = words => { if (state) { state.textContent = words; state.dataset.open = open } }
const named = (root, name) => root.querySelector(`[name="${CSS.escape(name)}"]`)
const seens = form => form.querySelectorAll('input[type="hidden"][name$=".was"]')

// of is the thing that a field is about: a sentence of menus has many fields, "PATH|0|verb".
const of = name => name.split("|", 1)[0]

// said is what the fields of each thing say.
const said = form => {
	const all = new Map()
	form.sends = "nothing"
	for (const [name, value] of new FormData(form)) {
		if (!/\.(was|asked)$/.test(name)) all.set(of(name), (all.get(of(name)) ?? "") + name + "\n" + value + "\n")
	}
	form.sends = ""
	return all
}

// load asks for a page or posts a form. The parser of XMLHttpRequest makes the document: no string
// becomes markup.
const load = (method, at, body) => new Promise((done, fail) => {
	const x = new XMLHttpRequest()
	x.open(method, at)
	x.responseType = "document"
	x.timeout = 20000
	x.onload = () => (x.status === 200 && x.response || x.status === 409 || x.status === 422 ? done(x) : fail())
	x.onerror = x.ontimeout = fail
	x.send(body)
})

// twins puts what the server drew in the place of what stands here, where nobody writes.
function twins(fresh) {
	for (const old of document.querySelectorAll("[data-twin]")) {
		const now = fresh.querySelector(`[data-twin="${CSS.escape(old.dataset.twin)}"]`)
		if (now && !old.isEqualNode(now) && !old.contains(document.activeElement)) old.replaceWith(document.adoptNode(now))
	}
}

// single is the field of a thing that has one, if it can show what its twin shows.
function single(form, fresh, name) {
	const all = [...form.elements].filter(e => e.name && of(e.name) === name), twin = named(fresh, name)
	if (all.length !== 1 || !twin || twin.type !== all[0].type) return null
	return all[0].tagName === "SELECT" && ![...all[0].options].some(o => o.value === twin.value) ? null : { field: all[0], twin }
}

// merge takes over what the draft says now. A field in which nobody has written since it was drawn
// shows it; one in which somebody has keeps their words, and what they saw: so the server asks where
// somebody else has changed the same, and nothing is overwritten unseen. sent are the words that the
// answer is about.
function merge(form, fresh, sent) {
	const now = said(form), taken = []
	for (const was of seens(form)) {
		const name = was.name.slice(0, -4), next = named(fresh, was.name), seen = form.seen.get(name) ?? ""
		if (!next) continue
		const one = single(form, fresh, name), mine = sent && (sent.get(name) ?? "") !== seen
		const rests = (now.get(name) ?? "") === (mine ? sent.get(name) ?? "" : seen)
		if (mine && (!one || one.field.type === "checkbox" || /^[[{]/.test(next.value) || sent.get(name).slice(name.length).trim() === one.twin.value.trim())) {
			was.value = next.value
			form.seen.set(name, sent.get(name) ?? "")
		} else if (one && rests && one.field !== document.activeElement && (mine || next.value !== was.value)) {
			if (one.field.type === "checkbox") one.field.checked = one.twin.checked
			else one.field.value = one.twin.value
			was.value = next.value
			taken.push(name)
		}
	}
	const after = said(form)
	for (const name of taken) form.seen.set(name, after.get(name) ?? "")
}

async function post(form) {
	form.sends = "changes"
	const body = new URLSearchParams(new FormData(form)), sent = said(form)
	const answer = await load("POST", form.action, body)
	if (answer.status !== 200) { open = 0; form.submit(); return } // it asks something: the page says what
	merge(form, answer.response, sent)
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

// cards puts the cards around the open one as they are now. The open one stays where somebody writes.
function cards(fresh) {
	const here = document.querySelector(".cardlist"), there = fresh.querySelector(".cardlist")
	const mine = document.getElementById("open"), twin = fresh.getElementById("open")
	const order = list => [...list.querySelectorAll("[data-card]")].map(c => c.dataset.card).join()
	if (!here || !there || !mine || !twin || mine.dataset.card !== twin.dataset.card || order(here) === order(there)) return
	if (document.querySelector("#add") || here.contains(document.activeElement) && !mine.contains(document.activeElement)) return
	const all = [...there.children], at = all.indexOf(twin)
	for (const e of [...here.children]) if (e !== mine) e.remove()
	mine.before(...all.slice(0, at).map(e => document.adoptNode(e)))
	mine.after(...all.slice(at + 1).map(e => document.adoptNode(e)))
	mine.querySelector(".qhead").replaceWith(document.adoptNode(twin.querySelector(".qhead")))
}

// What others did is shown once it is told of, where it disturbs nobody.
let looking = false
document.addEventListener("aftercare:changed", async () => {
	if (looking || open > 0) return
	looking = true
	try {
		const page = (await load("GET", location.href.replace(/#.*/, "").replace(/([?&])done=\w*/, "$1"))).response
		if (open > 0 || !page) return
		for (const form of forms) if (form.isConnected) merge(form, page, null)
		cards(page)
		twins(page)
	} catch { /* the next news tries again */ } finally { looking = false }
})
