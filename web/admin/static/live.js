// Fetches the page again (data-at: another address of it) and puts what differs in its place: data-region.
// No string becomes markup.
let turn = 0

const load = () => new Promise((done, fail) => {
	const x = new XMLHttpRequest()
	x.open("GET", document.querySelector("[data-at]")?.dataset.at ?? location.href.replace(/[?&]done=\w*/, ""))
	x.responseType = "document"
	x.timeout = 20000
	x.setRequestHeader("Aftercare-Live", "1")
	x.onload = () => (x.status === 200 && x.response ? done(x.response) : fail())
	x.onerror = x.ontimeout = fail
	x.send()
})

// home is a row's group.
const home = li => (li.closest("details")?.querySelector("summary") ?? li.closest("section")?.querySelector("h2"))?.id
const ids = root => [...root.querySelectorAll("li.case[id]")].map(li => li.id + "@" + home(li))

// list changes rows where they stand. New and moved rows wait behind a line.
function list(old, next) {
	const was = ids(old), now = ids(next)
	for (const li of old.querySelectorAll("li.case[id]")) {
		const twin = next.querySelector("#" + CSS.escape(li.id))
		const gone = !twin || home(twin) !== home(li)
		li.classList.toggle("gone", gone)
		if (gone) {
			const state = li.querySelector(".state")
			if (state) state.textContent = twin?.querySelector(".state").textContent || old.dataset.gone
			continue
		}
		for (const part of [".clock", ".state", ".who", "q"]) {
			const a = li.querySelector(part), b = twin.querySelector(part)
			if (a && b && !a.isEqualNode(b)) a.replaceWith(b)
		}
	}
	for (const count of old.querySelectorAll("h2[id], summary")) {
		const twin = count.id && next.querySelector("#" + CSS.escape(count.id) + " .count")
		if (twin) count.querySelector(".count").textContent = twin.textContent
	}
	const line = document.getElementById("fresh")
	line.hidden = was.filter(id => now.includes(id)).join() === now.join()
	const button = line.firstElementChild
	button.textContent = line.dataset.words.replace("{0}", Math.max(1, now.filter(id => !was.includes(id)).length))
	if (!was.length && now.length) show(old, next)
	button.onclick = () => { show(old, next); line.hidden = true }
}

function show(old, next) {
	const open = [...old.querySelectorAll("details[open] summary")].map(s => s.id)
	old.replaceChildren(...next.childNodes)
	for (const id of open) document.getElementById(id)?.parentElement.setAttribute("open", "")
}

// rest gives the focus to what stays: the heading around a region, or the page.
function rest(at) {
	const e = at.closest("section")?.querySelector("h2") ?? document.getElementById("main")
	e.tabIndex = -1
	e.focus()
}

async function refresh() {
	const mine = ++turn
	const news = await load().catch(() => {})
	if (!news || mine !== turn) return
	if (document.querySelector(":active")) // nothing moves under a finger
		return onpointerup = onkeyup = () => { onpointerup = onkeyup = null; refresh() }
	for (const old of document.querySelectorAll("[data-region]")) {
		let next = news.getElementById(old.id)
		if (!next && old.id === "replies") (next = old.cloneNode(true)).hidden = true
		if (!next || old.contains(document.querySelector("[aria-busy]")) || old.isEqualNode(next)) continue
		const at = document.activeElement
		if (old.id === "groups") list(old, next)
		else if (!old.contains(at) || at.matches("a,button")) {
			old.replaceWith(next)
			if (old === at) next.focus()
			else if (old.contains(at)) [...next.querySelectorAll(at.tagName)].find(e => e.isEqualNode(at))?.focus()
			if (old.contains(at) && !next.contains(document.activeElement)) rest(next.parentElement)
		}
	}
	// Words in a box that goes away are kept.
	const box = document.getElementById("reply"), twin = news.getElementById("reply")
	if (box) {
		const area = box.elements.reply
		area.readOnly = !twin || twin.elements.reply.readOnly
		box.hidden = area.readOnly && !area.value && !box.contains(document.activeElement)
	}
	document.title = news.title
	document.dispatchEvent(new Event("aftercare:shown"))
}

document.addEventListener("aftercare:changed", refresh)
