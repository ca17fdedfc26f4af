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

// toLast scrolls to the newest message: to its beginning, if it is taller than the
// window. scrollIntoView would scroll the page around a frame, too.
function toLast(behavior) {
	const last = $("log").querySelector("li:last-child")
	if (last) scrollTo({ top: last.offsetTop - document.querySelector("header").offsetHeight - 16, behavior })
}

let low = true // the end of the conversation is in sight
addEventListener("scroll", () => { low = innerHeight + scrollY > document.body.scrollHeight - 120 })
addEventListener("resize", () => { if (low) toLast() }) // a keyboard came up

// asking finds the form of a card's button by what the button does.
const asking = (root, key) => [...root.querySelectorAll("details.ask")].find(d => d.dataset.key === key)

// keep carries forms that are being filled in over to the new copy of their card.
function keep(old, next) {
	for (const d of old.querySelectorAll("details.ask[open]")) {
		const same = asking(next, d.dataset.key)
		if (!same) continue
		same.open = true
		for (const e of d.querySelectorAll("[name^='f.']")) {
			const to = same.querySelector(`[name="${CSS.escape(e.name)}"]`)
			if (to) to.value = e.value
		}
	}
}

// twin finds in the new copy of a card the button that a person was on, by its words: what
// it sends changes with each tick.
const wording = button => button.innerText.replace(/^[☐☑] /, "")
const twin = (card, words) => [...card.querySelectorAll("button, summary")].find(b => wording(b) === words) || card

// show puts what changed in its place and leaves the rest, with its focus, alone.
function show(news, own) {
	const list = $("log").querySelector("ol")
	const end = low
	const held = list.contains(document.activeElement) ? document.activeElement : null
	const on = document.body.classList.contains("room") && held?.closest("li")?.id
	const words = on && wording(held)
	let at = list.firstElementChild
	while (at && !news.getElementById(at.id)) { // it is on an earlier page now
		const gone = at
		at = at.nextElementSibling
		gone.remove()
	}
	const nonce = news.querySelector("input[name=nonce]")?.value
	for (const next of news.querySelectorAll("#log > ol > li")) {
		const old = $(next.id)
		const same = old?.dataset.mark === next.dataset.mark
		if (old && !same) keep(old, next)
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
	if (!news.getElementById("start")) $("start")?.remove()
	$("earlier").replaceChildren(...news.getElementById("earlier").childNodes)
	$("none")?.replaceChildren(...news.getElementById("none").childNodes)
	if (nonce) for (const i of document.querySelectorAll("input[name=nonce]")) i.value = nonce
	const box = news.getElementById("box")
	if (box) {
		for (const a of ["rows", "placeholder", "inputmode", "autocomplete"]) {
			text.removeAttribute(a)
			if (box.elements.text.hasAttribute(a)) text.setAttribute(a, box.elements.text.getAttribute(a))
		}
	}
	page.state = news.body.dataset.state
	if (held && !held.isConnected) {
		const same = held.id && $(held.id) || held.value && list.querySelector(`button[value="${CSS.escape(held.value)}"]`)
		;(same || on && $(on) && twin($(on), words) || list.lastElementChild)?.focus({ preventScroll: true })
	}
	if (own || end) toLast()
}

async function send(form, button) {
	if (busy) return
	busy = true
	turn++
	const data = new URLSearchParams(new FormData(form))
	if (button?.name) data.append(button.name, button.value)
	const slow = setTimeout(say, 250, "status", page.sending)
	say("status")
	say("alert")
	form.setAttribute("aria-busy", "true")
	button?.setAttribute("aria-disabled", "true")
	if (text) text.readOnly = true
	const key = form.closest("details.ask")?.dataset.key
	try {
		const x = await load("POST", form.action, data)
		if (x.status !== 200) throw x.response?.getElementById("alert")?.textContent
		if (form === $("box")) text.value = ""
		else if (form.matches(".field")) form.reset()
		const again = key && asking(x.response, key)?.open
		if (key && !again) form.closest("details.ask").open = false
		show(x.response, !key)
		const done = key && !again && asking(document, key)
		if (done) {
			done.open = false
			done.querySelector("form").reset()
		}
		clearTimeout(slow)
		for (const id of ["status", "alert"]) say(id, x.response.getElementById(id).textContent)
	} catch (why) {
		clearTimeout(slow)
		say("status")
		say("alert", typeof why === "string" ? why : page.failed)
	}
	if (text) text.readOnly = false
	button?.removeAttribute("aria-disabled")
	form.removeAttribute("aria-busy")
	busy = false
	fetchNews()
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

document.addEventListener("visibilitychange", listen)
addEventListener("focus", () => { if (source?.readyState === EventSource.CLOSED) listen() })
document.addEventListener("submit", e => { e.preventDefault(); send(e.target, e.submitter) })
text?.addEventListener("keydown", e => {
	if (e.key !== "Enter" || e.shiftKey || e.isComposing || matchMedia("(pointer: coarse)").matches) return
	e.preventDefault()
	text.form.requestSubmit()
})
listen()
if ($("start")) send($("start"), $("start").querySelector("button"))
else toLast("instant")
