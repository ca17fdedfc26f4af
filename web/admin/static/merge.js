// What the forms of a draft say, and how they take over what the draft says now. builder.js and together.js
// use it: it stands before them.
const forms = [...document.querySelectorAll("form[data-saves]")]

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

// load asks for a page or posts a form, whose answer has only what follows from it. The parser of
// XMLHttpRequest makes the document: no string becomes markup.
const load = (method, at, body) => new Promise((done, fail) => {
	const x = new XMLHttpRequest()
	x.open(method, at)
	x.responseType = "document"
	if (body) x.setRequestHeader("Aftercare-Live", "1")
	x.timeout = 20000
	x.onload = () => (x.status === 200 && x.response || x.status === 409 || x.status === 422 ? done(x) : fail())
	x.onerror = x.ontimeout = fail
	x.send(body)
})

// patch makes what stands here what the server drew, and touches nothing that says the same.
function patch(old, now) {
	if (old.isEqualNode(now)) return
	const a = [...old.childNodes], b = [...now.childNodes]
	if (a.length > 0 && a.length === b.length && old.cloneNode(false).isEqualNode(now.cloneNode(false)) && a.every((n, i) => n.nodeName === b[i].nodeName)) a.forEach((n, i) => patch(n, b[i]))
	else old.replaceWith(now)
}

// twins puts what the server drew in the place of what stands here, where nobody writes.
function twins(fresh) {
	const drawn = new Map([...fresh.querySelectorAll("[data-twin]")].map(e => [e.dataset.twin, e]))
	for (const old of document.querySelectorAll("[data-twin]")) {
		const now = drawn.get(old.dataset.twin)
		if (now && !old.contains(document.activeElement)) patch(old, now)
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

// open is how many savings are under way.
globalThis.aftercareDraft = { forms, of, named, said, load, twins, merge, open: 0 }
