// Sends the page's forms in place and fetches the page again when it changed. Without
// this file everything still works, by posting and reloading.
const $ = id => document.getElementById(id)
const page = document.body.dataset
const text = $("box")?.elements.text
let busy = false // a form is on its way
let turn = 0 // numbers the requests: an answer that was overtaken is dropped
let wanted = page.state // what the server last said that there is to see

// load fetches a document of ours. No string becomes markup here: the parser of
// XMLHttpRequest runs no script and the page's policy allows no other way.
const load = (method, url, form) => new Promise((done, fail) => {
	const x = new XMLHttpRequest()
	x.open(method, url)
	x.responseType = "document"
	x.timeout = 30000
	x.setRequestHeader("Aftercare-Live", "1")
	x.onload = () => done(x)
	x.onerror = x.ontimeout = fail
	x.send(form)
})

const say = (id, words = "") => { if ($(id)) $(id).textContent = words }

// toLast scrolls to the newest message or to what is asked: to its beginning, if it is taller
// than the window. scrollIntoView would scroll the page around a frame, too.
function toLast(behavior) {
	const now = $("now")
	const last = now?.matches(".ask") ? now : $("log").querySelector("li:last-child")
	if (!last || document.body.matches(".first")) return
	const head = document.querySelector("header").offsetHeight
	const foot = document.querySelector("footer").offsetHeight
	const box = last.getBoundingClientRect()
	const end = box.bottom + scrollY - (innerHeight - foot) + 16
	scrollTo({ top: Math.min(box.top + scrollY - head - 16, Math.max(end, 0)), behavior })
}

let low = true // the end of the conversation is in sight
addEventListener("scroll", () => { low = innerHeight + scrollY > document.body.scrollHeight - 120 })
addEventListener("resize", () => { if (low) toLast() }) // a keyboard came up

// list puts the items that changed in their places and leaves the rest alone.
function list(news) {
	const list = $("log").querySelector("ol")
	let at = list.firstElementChild
	while (at && !news.getElementById(at.id)) { // it is on an earlier page now, or in another place
		const gone = at
		at = at.nextElementSibling
		gone.remove()
	}
	for (const next of news.querySelectorAll("#log > ol > li")) {
		const old = $(next.id)?.closest("#log > ol > li")
		const same = old?.dataset.mark === next.dataset.mark && old.innerHTML === next.innerHTML
		const li = same ? old : document.adoptNode(next)
		if (!old) li.classList.add("new")
		else if (old !== li) {
			if (at === old) at = old.nextElementSibling
			old.remove()
		}
		if (at === li) at = li.nextElementSibling
		else list.insertBefore(li, at)
	}
	while (at) {
		const gone = at
		at = at.nextElementSibling
		gone.remove()
	}
}

// question puts what is asked now in place of what was; words that were being written and what was
// ticked go along while it is the same question and was not answered itself.
function question(news, own, beside) {
	const old = $("now"), next = news.getElementById("now")
	if (!old || !next) return false
	const same = old.dataset.of === next.dataset.of
	if (same && old.dataset.mark === next.dataset.mark && !own) return false
	if (same && (!own || beside)) {
		const was = old.querySelector("#f"), field = next.querySelector("#f")
		if (was && field) field.value = was.value
		for (const box of old.querySelectorAll("[name=pick]")) {
			const to = [...next.querySelectorAll("[name=pick]")].find(e => e.value === box.value)
			if (to) to.checked = box.checked || beside && to.checked
		}
	}
	old.replaceWith(document.adoptNode(next))
	return !same || own
}

// frame takes over what stands around the conversation.
function frame(news) {
	document.body.className = news.body.className
	document.documentElement.lang = news.documentElement.lang
	document.documentElement.dir = news.documentElement.dir
	for (const id of ["about", "step", "bar", "entries", "earlier", "none"]) {
		const next = news.getElementById(id)
		if ($(id) && next) $(id).replaceChildren(...next.childNodes)
	}
	const box = news.getElementById("box")
	if (box) {
		$("box").hidden = box.hidden
		for (const a of ["placeholder", "aria-label"]) text.setAttribute(a, box.elements.text.getAttribute(a))
	}
	if (!news.getElementById("start")) $("start")?.remove()
	page.state = news.body.dataset.state
}

// show puts what changed in its place and leaves the rest, with its focus, alone.
function show(news, own, beside) {
	const end = low
	const all = document.querySelector("main")
	const held = all.contains(document.activeElement) ? document.activeElement : null
	const nonce = news.querySelector("input[name=nonce]")?.value
	if (nonce) for (const i of document.querySelectorAll("input[name=nonce]")) i.value = nonce
	list(news)
	const asked = question(news, own, beside)
	frame(news)
	count()
	if (held && !held.isConnected) {
		const same = held.id && $(held.id) || held.value && all.querySelector(`button[value="${CSS.escape(held.value)}"]`)
		;(same || $("q") || text)?.focus({ preventScroll: true })
	} else if (asked && own && document.activeElement !== text) $("q")?.focus({ preventScroll: true })
	if (own || end) toLast()
}

// tooLong says by how many characters a text is too long; below 1 it is not.
const tooLong = e => [...e.value.trim()].length - e.dataset.most

// judge says what is wrong with a text at its field, and takes that back once it is mended.
function judge(e, words) {
	const at = $(e === text ? "boxwrong" : "e")
	if (!at) return
	at.textContent = words
	if (words) at.setAttribute("role", "alert")
	else at.removeAttribute("role")
	if (words) e.setAttribute("aria-invalid", "true")
	else e.removeAttribute("aria-invalid")
}

const fill = (sentence, n, all) => sentence.replace("{n}", n.toLocaleString(document.documentElement.lang)).replace("{all}", Number(all).toLocaleString(document.documentElement.lang))

// count shows how long a text is: always below a question's field, in the box near its limit.
function count() {
	for (const e of document.querySelectorAll("textarea[data-most]")) {
		const n = [...e.value.trim()].length, at = $(e === text ? "boxcount" : "c")
		if (at) at.textContent = e === text && n < e.dataset.most * .8 ? "" : fill(page.counter, n, e.dataset.most)
		if (e.ariaInvalid === "true" && n && n <= e.dataset.most) judge(e, "")
	}
}

// fits reports whether a form may be sent; what is wrong with it is said at its field.
function fits(form) {
	const e = form.elements.text
	if (e?.dataset?.most) {
		const over = tooLong(e)
		if (over > 0) {
			judge(e, fill(e === text ? page.toolongbox : page.toolong, over, e.dataset.most))
			e.focus()
			return false
		}
	}
	return true
}

async function send(form, button) {
	if (busy || !fits(form)) return
	busy = true
	turn++
	const data = new URLSearchParams(new FormData(form))
	if (button?.name) data.append(button.name, button.value)
	const waits = [setTimeout(say, 250, "status", page.sending), setTimeout(say, 6000, "status", page.slow)]
	const come = () => waits.forEach(clearTimeout)
	say("status")
	say("alert")
	const menu = button?.closest("details.menu")
	if (menu) menu.open = false
	form.setAttribute("aria-busy", "true")
	button?.setAttribute("aria-disabled", "true")
	const words = form.elements.text
	if (words) words.readOnly = true
	const key = form.closest("details.ask")?.dataset.key
	try {
		const x = await load("POST", form.action, data)
		if (x.status === 422) { // not taken: what is wrong stands in the page that came
			come()
			refused(x.response, words)
			throw ""
		}
		if (x.status !== 200) throw x.response?.getElementById("alert")?.textContent
		if (form === $("box")) text.value = "" // it was taken
		const again = key && asking(x.response, key)?.open
		if (key && !again) form.closest("details.ask").open = false
		if (words) words.readOnly = false
		show(x.response, !key, form === $("box"))
		const done = key && !again && asking(document, key)
		if (done) {
			done.open = false
			done.querySelector("form").reset()
		}
		come()
		for (const id of ["status", "alert"]) say(id, x.response.getElementById(id).textContent)
	} catch (why) {
		come()
		say("status")
		if (why !== "") say("alert", typeof why === "string" ? why : page.failed)
	}
	if (words) words.readOnly = false
	button?.removeAttribute("aria-disabled")
	form.removeAttribute("aria-busy")
	busy = false
	fetchNews()
}

// refused says at the field what the server found wrong with it.
function refused(news, words) {
	if (words && words.type !== "hidden") {
		judge(words, news.getElementById(words === text ? "boxwrong" : "e")?.textContent || news.getElementById("boxwrong")?.textContent || page.failed)
		words.focus()
		return
	}
	const next = news.getElementById("now")
	if (next) $("now").replaceWith(document.adoptNode(next))
	$("q")?.focus({ preventScroll: true })
}

async function fetchNews() {
	if (busy || wanted === page.state) return
	const mine = ++turn
	try {
		const x = await load("GET", location.pathname)
		if (x.status !== 200) throw x.status
		if (mine !== turn) return
		show(x.response)
		wanted = page.state
	} catch {
		setTimeout(fetchNews, 3000)
	}
}

let source, again, errors = 0
function listen() {
	clearTimeout(again)
	source?.close()
	if (document.hidden) return // browsers open few connections to one server
	source = new EventSource(`${page.events}?have=${page.state}`)
	source.onmessage = e => { wanted = e.data; fetchNews() }
	source.addEventListener("enough", () => source.close()) // other pages of this link hear the news
	source.onopen = () => { if (errors > 1) say("status"); errors = 0 }
	source.onerror = () => {
		if (++errors > 1) say("status", page.lost)
		if (source.readyState === EventSource.CLOSED) again = setTimeout(listen, 5000)
	}
}

function online() { if ($("offline")) $("offline").hidden = navigator.onLine }

document.addEventListener("visibilitychange", listen)
addEventListener("focus", () => { if (source?.readyState === EventSource.CLOSED) listen() })
addEventListener("online", online)
addEventListener("offline", online)
document.addEventListener("submit", e => {
	if ("leaves" in e.target.dataset) return // to another page
	e.preventDefault()
	send(e.target, e.submitter)
})
document.addEventListener("input", count)

// What goes with no other answer takes the others away, and the other way round.
document.addEventListener("change", e => {
	if (e.target.name !== "pick" || !e.target.checked) return
	const alone = "alone" in e.target.dataset
	for (const box of e.target.form.querySelectorAll("[name=pick]")) {
		if (box !== e.target && (alone || "alone" in box.dataset)) box.checked = false
	}
})
document.addEventListener("click", e => { // a menu gives way to what lies beside it
	for (const d of document.querySelectorAll("details.menu[open]")) if (!d.contains(e.target)) d.open = false
})
document.addEventListener("keydown", e => {
	if (e.key !== "Escape") return
	for (const d of document.querySelectorAll("details.menu[open]")) {
		d.open = false
		d.querySelector("summary").focus()
	}
})
text?.addEventListener("keydown", e => {
	if (e.key !== "Enter" || e.shiftKey || e.isComposing || matchMedia("(pointer: coarse)").matches) return
	e.preventDefault()
	text.form.requestSubmit()
})
online()
count()
listen()
toLast("instant")
